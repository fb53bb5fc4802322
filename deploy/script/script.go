// Package script is the strategy script: it deploys with programs of the team's own, one
// that deploys a version, one that says what is live, and perhaps one that goes back.
//
//	script.go  the settings, and what is live
//	steps.go   the steps of a deployment and of a rollback
//	run.go     starts a program, once, and follows it
//	status.go  asks the status program, and reads what it prints
//
// The programs run on gonogo's machine, without a shell, and end with gonogo. One whose
// end gonogo didn't see is never run again by itself: what the status program says
// decides, and else a person.
//
// deploy/script_test.go tests it from the configuration to the rollback, with gonogo
// killed at its appends.
package script

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// Kind is the kind of strategy.
var Kind = deploy.Kind{
	Name:    "script",
	About:   "programs of your own that deploy a version, say what is live, and go back: for Kubernetes, Docker Compose over SSH, Fly and scripts of any kind",
	Example: `{deploy: {run: [./deploy.sh, "{release.version}"]}, status: {run: [./status.sh], version: "$.version"}}`,
	New:     newStrategy,
	ByHand:  deploy.ByHand{Back: backByHand},
	Target:  deploy.Target{Field: "status", Noun: "status program"},
}

type settings struct {
	Deploy   command        `yaml:"deploy" require:"the program that deploys a version, { run: [program, argument, …] }"`
	Status   statusSettings `yaml:"status" require:"the program that prints what is live, { run: [program, …], version: $.version }"`
	Rollback command        `yaml:"rollback"` // the program that goes back to an earlier version; default: the deploy program, with that version
	Dir      string         `yaml:"dir"`      // the working directory, relative to the configuration's folder; default: the configuration's folder
}

// command is a program that changes what is live.
type command struct {
	Run           []string       `yaml:"run"`            // the program and its arguments, which are run without a shell; {release.version}, {release.commit} and {environment} stand for what is deployed and where, and for rollback {rollback.version} and {rollback.from}
	Timeout       limit.Duration `yaml:"timeout"`        // the time limit; default: 20m
	Env           []string       `yaml:"env"`            // the environment variables that the program sees, besides PATH, HOME, LANG and GONOGO_RUN, which identifies the run; default: none
	NewPrivileges bool           `yaml:"new_privileges"` // whether the program may gain privileges, as sudo does; default: false
}

// unset reports whether nothing is said of a program.
func (c command) unset() bool {
	return len(c.Run) == 0 && c.Timeout == 0 && len(c.Env) == 0 && !c.NewPrivileges
}

// statusSettings is the program that says what is live.
type statusSettings struct {
	Run     []string       `yaml:"run"`     // the program and its arguments, which are run without a shell; it must change nothing
	Timeout limit.Duration `yaml:"timeout"` // the time limit, 10s at most; default: 9s
	Env     []string       `yaml:"env"`     // the environment variables that the program sees, besides PATH, HOME and LANG; default: none
	Version string         `yaml:"version"` // where the live version is in what the program prints: a path in JSON, such as $.version, or a regular expression with one group
	State   string         `yaml:"state"`   // where the state is, in the same way: active, deploying or failed; default: what is live is active
	Mark    string         `yaml:"mark"`    // where the value of GONOGO_RUN is that the deploy program was given, in the same way; default: nowhere
	States  stateWords     `yaml:"states"`  // other words for the states
}

type stateWords struct {
	Active    []string `yaml:"active"`    // words for active, such as Running
	Deploying []string `yaml:"deploying"` // words for deploying, such as Progressing
	Failed    []string `yaml:"failed"`    // words for failed, such as Degraded
}

// The times that programs may take if the settings say nothing.
const (
	usualTimeout  = 20 * time.Minute
	statusTimeout = 9 * time.Second
	longestStatus = 10 * time.Second // which gonogo waits for any platform
)

type strategy struct {
	settings
	appID   string
	environ func(string) (string, bool)
	status  statusReader
	jobs    processes
}

func newStrategy(decode func(any) error, deps deploy.Deps) (deploy.Strategy, error) {
	var s settings
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
	for timeout, usual := range map[*limit.Duration]time.Duration{&s.Deploy.Timeout: usualTimeout, &s.Rollback.Timeout: usualTimeout, &s.Status.Timeout: statusTimeout} {
		*timeout = cmp.Or(*timeout, limit.Duration(usual))
	}
	id := s.id()
	if !filepath.IsAbs(s.Dir) {
		s.Dir = filepath.Join(deps.Dir, s.Dir)
	}
	if deps.Hide != nil {
		deps.Hide(slices.Concat(s.Deploy.Env, s.Rollback.Env, s.Status.Env)...)
	}
	made := &strategy{settings: s, appID: id, environ: deps.Environ, status: reader, jobs: processes{running: map[string]*process{}, stopped: map[string]bool{}}}
	if made.environ == nil {
		made.environ = os.LookupEnv
	}
	return made, nil
}

// placeholders are the placeholders that each program may have.
var placeholders = map[string][]string{
	"deploy":   {"{release.version}", "{release.commit}", "{environment}"},
	"rollback": {"{rollback.version}", "{rollback.from}", "{release.version}", "{release.commit}", "{environment}"},
	"status":   nil,
}

func (s *settings) faults() (faults gates.Faults) {
	note := func(field, problem string, args ...any) {
		faults = append(faults, gates.Fault{Field: field, Problem: fmt.Sprintf(problem, args...)})
	}
	for field, c := range map[string]command{"deploy": s.Deploy, "rollback": s.Rollback, "status": {Run: s.Status.Run, Env: s.Status.Env}} {
		if field == "rollback" && c.unset() {
			continue
		}
		if len(c.Run) == 0 || c.Run[0] == "" {
			note(field, "%s has no program; write run: [program, argument, …]", field)
			continue
		}
		for i, word := range c.Run {
			for _, name := range deploy.Placeholder.FindAllString(word, -1) {
				if !slices.Contains(placeholders[field], name) {
					note(fmt.Sprintf("%s.run.[%d]", field, i), "%s stands for nothing in %s; %s", name, field, known(field))
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

// known lists the placeholders of a program.
func known(field string) string {
	if len(placeholders[field]) == 0 {
		return "it takes no placeholders, since it says what is live without being told"
	}
	return "use " + strings.Join(placeholders[field], ", ")
}

// App implements [deploy.Strategy].
func (s *strategy) App() deploy.App { return deploy.App{ID: s.appID, Kind: Kind.Name} }

// id identifies what a status program looks at: with other arguments that is another
// target, of which what was recorded before says nothing. The folder counts as it is
// written, so that a configuration may be moved.
func (s *settings) id() string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{s.Dir}, s.Status.Run...), "\x00")))
	return fmt.Sprintf("%s-%x", filepath.Base(s.Status.Run[0]), sum[:4])
}

// Refuses implements [deploy.Strategy].
func (s *strategy) Refuses(version string) string {
	if deploy.SafeVersion(version) {
		return ""
	}
	return fmt.Sprintf("a program is given only versions of letters, digits and “._+/@:-”, 128 at most, and not %q; open the release under another name", phrase.Excerpt(version))
}

// Missing implements [deploy.ProgramRunner].
func (s *strategy) Missing() string {
	for _, name := range []string{s.settings.Deploy.Run[0], s.Status.Run[0], s.settings.Rollback.Run[0]} {
		if why := program.Missing(name, s.Dir); why != "" {
			return why
		}
	}
	return ""
}

// Current implements [deploy.Strategy]. While a deployment is under way, and after one failed, the
// version may be the wanted one or the old one, so what is live isn't known.
func (s *strategy) Current(ctx context.Context) (deploy.Current, error) {
	told, err := s.ask(ctx)
	if err != nil {
		return deploy.Current{}, err
	}
	switch told.state {
	case deploy.StateStarting:
		return deploy.Current{}, &deploy.Passing{After: statusPace, Cause: fmt.Errorf("the status program says that %s is being deployed, so it isn't known what is live", deploy.OrNothing(told.version))}
	case deploy.StateFailed:
		return deploy.Current{}, &deploy.Passing{After: statusPace, Cause: fmt.Errorf("the status program says that deploying %s failed, so it isn't known what is live", deploy.OrNothing(told.version))}
	}
	return deploy.Current{Live: build.Build{Version: told.version, Deployment: told.version}, Mark: strings.TrimSuffix(told.mark, returns), Unnamed: "check what the status program prints"}, nil
}

// Was implements [deploy.Strategy]. Programs number no deployments: each is known by its version.
func (s *strategy) Was(_ context.Context, deployment string) (deploy.Current, error) {
	return deploy.Current{Live: build.Build{Version: deployment, Deployment: deployment}}, nil
}

// backByHand is what a person does by hand if the configuration can't be used.
func backByHand(_ deploy.App, to build.Build) []deploy.HandStep {
	return []deploy.HandStep{{Console: "On gonogo's machine, as its user and in the folder of its configuration, run the program that the environment's rollback.run (or deploy.run) names, for " +
		cmp.Or(to.Version, "the earlier version") + "; then run the one of status.run and see what is live"}}
}

// StepsByHand implements [deploy.HandStepper].
func (s *strategy) StepsByHand(environment, choice string, to, live build.Build) []deploy.HandStep {
	c := s.settings.Rollback
	if choice == work.ChooseReturn {
		c = s.settings.Deploy
	}
	words, err := c.arguments(environment, to, live)
	if err != nil {
		return backByHand(s.App(), to)
	}
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		dir = s.Dir
	}
	title := "On gonogo's machine, as its user"
	if names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.Env, s.Status.Env)))); len(names) > 0 {
		title += " and with the environment variables " + strings.Join(names, ", ")
	}
	return []deploy.HandStep{{Console: title + ", run the program, and then look at what is live",
		Command: strings.Join([]string{"cd " + deploy.Quoted(dir), deploy.Quoted(words...), deploy.Quoted(s.Status.Run...)}, "\n")}}
}

// arguments replaces the placeholders of a program.
func (c command) arguments(environment string, to, from build.Build) ([]string, error) {
	return deploy.Placeholders{Of: c.Run[0], Environment: environment, To: to, From: from}.Fill(c.Run...)
}

// processes are the programs that deploy right now, or did since gonogo started.
type processes struct {
	mu      sync.Mutex
	running map[string]*process // by run and step
	stopped map[string]bool     // runs that start no more programs
}

// add adds a program before it is started, unless its run was stopped. Those that have
// ended are forgotten, with what they printed.
func (ps *processes) add(run, key string, p *process) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.stopped[run] {
		return false
	}
	maps.DeleteFunc(ps.running, func(_ string, old *process) bool { return old.over() })
	ps.running[key] = p
	return true
}
