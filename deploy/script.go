package deploy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// scriptKind deploys by programs of the team's own: one that deploys a version, one that
// says what is live, and perhaps one that goes back. They run on gonogo's machine, without
// a shell, and end with gonogo. A program whose end gonogo didn't see is never run again
// by itself: what the status program says decides, and else a person.
var scriptKind = Kind{
	Name:    "script",
	About:   "programs of your own that deploy a version, say what is live, and go back: for Kubernetes, Docker Compose over SSH, Fly and scripts of any kind",
	Example: `{deploy: {run: [./deploy.sh, "{release.version}"]}, status: {run: [./status.sh], version: "$.version"}}`,
	New:     newScript,
	ByHand:  ByHand{Back: scriptBack},
	Target:  Target{Field: "status", Noun: "status program"},
}

type scriptSettings struct {
	Deploy   scriptCommand `yaml:"deploy" require:"the program that deploys a version, { run: [program, argument, …] }"`
	Status   scriptStatus  `yaml:"status" require:"the program that prints what is live, { run: [program, …], version: $.version }"`
	Rollback scriptCommand `yaml:"rollback"` // the program that goes back to an earlier version; default: the deploy program, with that version
	Dir      string        `yaml:"dir"`      // the working directory, relative to the configuration's folder; default: the configuration's folder
}

// scriptCommand is a program that changes what is live.
type scriptCommand struct {
	Run           []string       `yaml:"run"`            // the program and its arguments, which are run without a shell; {release.version}, {release.commit} and {environment} stand for what is deployed and where, and for rollback {rollback.version} and {rollback.from}
	Timeout       limit.Duration `yaml:"timeout"`        // the time limit; default: 20m
	Env           []string       `yaml:"env"`            // the environment variables that the program sees, besides PATH, HOME, LANG and GONOGO_RUN, which identifies the run; default: none
	NewPrivileges bool           `yaml:"new_privileges"` // whether the program may gain privileges, as sudo does; default: false
}

// unset reports whether nothing is said of a program.
func (c scriptCommand) unset() bool {
	return len(c.Run) == 0 && c.Timeout == 0 && len(c.Env) == 0 && !c.NewPrivileges
}

// scriptStatus is the program that says what is live.
type scriptStatus struct {
	Run     []string       `yaml:"run"`     // the program and its arguments, which are run without a shell; it must change nothing
	Timeout limit.Duration `yaml:"timeout"` // the time limit, 10s at most; default: 9s
	Env     []string       `yaml:"env"`     // the environment variables that the program sees, besides PATH, HOME and LANG; default: none
	Version string         `yaml:"version"` // where the live version is in what the program prints: a path in JSON, such as $.version, or a regular expression with one group
	State   string         `yaml:"state"`   // where the state is, in the same way: active, deploying or failed; default: what is live is active
	Mark    string         `yaml:"mark"`    // where the value of GONOGO_RUN is that the deploy program was given, in the same way; default: nowhere
	States  scriptStates   `yaml:"states"`  // other words for the states
}

type scriptStates struct {
	Active    []string `yaml:"active"`    // words for active, such as Running
	Deploying []string `yaml:"deploying"` // words for deploying, such as Progressing
	Failed    []string `yaml:"failed"`    // words for failed, such as Degraded
}

// The times that programs may take if the settings say nothing.
const (
	scriptTimeout = 20 * time.Minute
	statusTimeout = 9 * time.Second
	longestStatus = 10 * time.Second // which gonogo waits for any platform
)

type script struct {
	scriptSettings
	appID   string
	environ func(string) (string, bool)
	status  statusReader
	jobs    scriptJobs
}

func newScript(decode func(any) error, deps Deps) (Strategy, error) {
	var s scriptSettings
	if err := decode(&s); err != nil {
		return nil, err
	}
	reader, faults := newStatusReader(s.Status)
	if faults = append(faults, s.faults()...); len(faults) > 0 {
		return nil, faults
	}
	if len(s.Rollback.Run) == 0 {
		s.Rollback = s.Deploy
	}
	for timeout, usual := range map[*limit.Duration]time.Duration{&s.Deploy.Timeout: scriptTimeout, &s.Rollback.Timeout: scriptTimeout, &s.Status.Timeout: statusTimeout} {
		*timeout = cmp.Or(*timeout, limit.Duration(usual))
	}
	id := s.id()
	if !filepath.IsAbs(s.Dir) {
		s.Dir = filepath.Join(deps.Dir, s.Dir)
	}
	if deps.Hide != nil {
		deps.Hide(slices.Concat(s.Deploy.Env, s.Rollback.Env, s.Status.Env)...)
	}
	made := &script{scriptSettings: s, appID: id, environ: deps.Environ, status: reader, jobs: scriptJobs{running: map[string]*scriptJob{}, stopped: map[string]bool{}}}
	if made.environ == nil {
		made.environ = os.LookupEnv
	}
	return made, nil
}

// placeholder is what stands for something in an argument.
var placeholder = regexp.MustCompile(`\{[a-z]+(\.[a-z]+)?\}`)

// scriptNames are the placeholders that each program may have.
var scriptNames = map[string][]string{
	"deploy":   {"{release.version}", "{release.commit}", "{environment}"},
	"rollback": {"{rollback.version}", "{rollback.from}", "{release.version}", "{release.commit}", "{environment}"},
	"status":   nil,
}

func (s *scriptSettings) faults() (faults gates.Faults) {
	note := func(field, problem string, args ...any) {
		faults = append(faults, gates.Fault{Field: field, Problem: fmt.Sprintf(problem, args...)})
	}
	for field, c := range map[string]scriptCommand{"deploy": s.Deploy, "rollback": s.Rollback, "status": {Run: s.Status.Run, Env: s.Status.Env}} {
		if field == "rollback" && c.unset() {
			continue
		}
		if len(c.Run) == 0 || c.Run[0] == "" {
			note(field, "%s has no program; write run: [program, argument, …]", field)
			continue
		}
		for i, word := range c.Run {
			for _, name := range placeholder.FindAllString(word, -1) {
				if !slices.Contains(scriptNames[field], name) {
					note(fmt.Sprintf("%s.run.[%d]", field, i), "%s stands for nothing in %s; %s", name, field, scriptKnows(field))
				}
			}
		}
		for i, name := range c.Env {
			if name == "" || strings.ContainsAny(name, "= ") {
				note(fmt.Sprintf("%s.env.[%d]", field, i), "env lists names of variables, whose values come from gonogo's own")
			}
		}
	}
	if time.Duration(s.Status.Timeout) > longestStatus {
		note("status.timeout", "status has at most %s, since gonogo asks it each minute", longestStatus)
	}
	if len(s.Deploy.Run) > 0 && !strings.Contains(strings.Join(s.Deploy.Run, " "), "{release.") {
		note("deploy.run", "the deploy program isn't told what to deploy; add {release.version} or {release.commit} to its arguments")
	}
	return faults
}

// scriptKnows lists the placeholders of a program.
func scriptKnows(field string) string {
	if len(scriptNames[field]) == 0 {
		return "it takes no placeholders, since it says what is live without being told"
	}
	return "use " + strings.Join(scriptNames[field], ", ")
}

// App implements [Strategy].
func (s *script) App() App { return App{ID: s.appID, Kind: scriptKind.Name} }

// id identifies what a status program looks at: with other arguments that is another
// target, of which what was recorded before says nothing. The folder counts as it is
// written, so that a configuration may be moved.
func (s *scriptSettings) id() string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{s.Dir}, s.Status.Run...), "\x00")))
	return fmt.Sprintf("%s-%x", filepath.Base(s.Status.Run[0]), sum[:4])
}

// scriptVersion matches versions that are safe as an argument of any program: none is
// taken for an option, and a shell that a script hands it to leaves it whole.
var scriptVersion = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+/@:-]{0,127}$`)

// Refuses implements [Strategy].
func (s *script) Refuses(version string) string {
	if scriptVersion.MatchString(version) {
		return ""
	}
	return fmt.Sprintf("a program is given only versions of letters, digits and “._+/@:-”, 128 at most, and not %q; open the release under another name", phrase.Excerpt(version))
}

// Missing implements [ProgramRunner].
func (s *script) Missing() string {
	for _, name := range []string{s.scriptSettings.Deploy.Run[0], s.Status.Run[0], s.scriptSettings.Rollback.Run[0]} {
		if why := program.Missing(name, s.Dir); why != "" {
			return why
		}
	}
	return ""
}

// Current implements [Strategy]. While a deployment is under way, and after one failed, the
// version may be the wanted one or the old one, so what is live isn't known.
func (s *script) Current(ctx context.Context) (Current, error) {
	told, err := s.ask(ctx)
	if err != nil {
		return Current{}, err
	}
	switch told.state {
	case StateStarting:
		return Current{}, &Passing{statusPace, failed("the status program says that %s is being deployed, so it isn't known what is live", orNothing(told.version))}
	case StateFailed:
		return Current{}, &Passing{statusPace, failed("the status program says that deploying %s failed, so it isn't known what is live", orNothing(told.version))}
	}
	return Current{Live: build.Build{Version: told.version, Deployment: told.version}, Mark: told.mark, Unnamed: "check what the status program prints"}, nil
}

// Was implements [Strategy]. Programs number no deployments: each is known by its version.
func (s *script) Was(_ context.Context, deployment string) (Current, error) {
	return Current{Live: build.Build{Version: deployment, Deployment: deployment}}, nil
}

// scriptBack is what a person does by hand if the configuration can't be used.
func scriptBack(_ App, to build.Build) []HandStep {
	return []HandStep{{"On gonogo's machine, as its user and in the folder of its configuration, run the program that the environment's rollback.run (or deploy.run) names, for " +
		cmp.Or(to.Version, "the earlier version") + "; then run the one of status.run and see what is live", ""}}
}

// StepsByHand implements [HandStepper].
func (s *script) StepsByHand(environment, choice string, to, live build.Build) []HandStep {
	c := s.scriptSettings.Rollback
	if choice == work.ChooseReturn {
		c = s.scriptSettings.Deploy
	}
	words, err := c.arguments(environment, to, live)
	if err != nil {
		return scriptBack(s.App(), to)
	}
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		dir = s.Dir
	}
	title := "On gonogo's machine, as its user"
	if names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.Env, s.Status.Env)))); len(names) > 0 {
		title += " and with the environment variables " + strings.Join(names, ", ")
	}
	return []HandStep{{title + ", run the program, and then look at what is live",
		strings.Join([]string{"cd " + quoted(dir), quoted(words...), quoted(s.Status.Run...)}, "\n")}}
}

// bare matches words that a POSIX shell leaves as they are.
var bare = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,-]+$`)

// quoted writes words for a POSIX shell.
func quoted(words ...string) string {
	text := make([]string, len(words))
	for i, word := range words {
		if text[i] = word; !bare.MatchString(word) {
			text[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(text, " ")
}

// arguments replaces the placeholders of a program.
func (c scriptCommand) arguments(environment string, to, from build.Build) ([]string, error) {
	if !scriptVersion.MatchString(to.Version) {
		return nil, failed("there is no version to give to %s", c.Run[0])
	}
	if to.Commit == "" && strings.Contains(strings.Join(c.Run, " "), "{release.commit}") {
		return nil, failed("the commit of %s isn't known, and the program takes it; open the release with its commit", to.Version)
	}
	fill := strings.NewReplacer("{release.version}", to.Version, "{release.commit}", to.Commit, "{environment}", environment,
		"{rollback.version}", to.Version, "{rollback.from}", from.Version)
	words := make([]string, len(c.Run))
	for i, word := range c.Run {
		words[i] = fill.Replace(word)
	}
	return words, nil
}

// scriptJobs are the programs that deploy right now, or did since gonogo started.
type scriptJobs struct {
	mu      sync.Mutex
	running map[string]*scriptJob // by run and step
	stopped map[string]bool       // runs that start no more programs
}
