// Package workflow is the strategy github_workflow: it deploys by starting a workflow of
// GitHub Actions, follows its run, and cancels it if it must.
//
//	start.go    starts the workflow, once, and finds its run
//	follow.go   waits until the run has succeeded, and says what it waits for
//	cancel.go   cancels the run of a deployment that is stopped
//	live.go     reads what is live from GitHub's record, site.go from the site itself
//	examine.go  looks whether the workflow takes what it is given, for the doctor
//
// The run is known by the ID that GitHub returns, or by the mark of gonogo's run in its
// name. A run that shows neither is never started again by itself: a person is asked.
// What is live is never guessed either: without a source for it nothing is deployed.
//
// deploy/github_workflow_test.go tests it from the configuration to the rollback, with
// gonogo killed at each append and at each call to GitHub.
package workflow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/clients/github"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// Kind deploys by starting a workflow of GitHub Actions.
var Kind = deploy.Kind{
	Name:    kindName,
	About:   "a workflow of GitHub Actions that gonogo starts and follows, and cancels if it must",
	Example: `{connection: repo, workflow: deploy.yml, ref: main, inputs: {version: "{release.version}", run: "{run}"}, live: {environment: production, version: 'Deploy (\S+)'}}`,
	New:     newStrategy,
	ByHand:  deploy.ByHand{Back: backByHand},
	Target:  deploy.Target{Field: "live", Noun: "target"},
}

const kindName = "github_workflow"

type settings struct {
	Connection string            `yaml:"connection" require:"the GitHub connection to deploy through"`
	Workflow   string            `yaml:"workflow" require:"the name of the workflow's file, such as deploy.yml"`
	Ref        string            `yaml:"ref" require:"the branch or tag on which the workflow runs"`
	Inputs     map[string]string `yaml:"inputs"`   // the workflow's inputs; {release.version}, {release.commit} and {environment} stand for what is deployed and where, and {run} for a mark of the run, which must be shown in the workflow's run-name; default: none
	Timeout    limit.Duration    `yaml:"timeout"`  // how long the workflow may take, waiting for runners and reviews included; default: 1h
	Live       liveSettings      `yaml:"live"`     // where it is recorded what is live; without it, nothing is deployed
	Rollback   rollbackSettings  `yaml:"rollback"` // how the earlier version is brought back; default: the same workflow, with that version
}

type rollbackSettings struct {
	Workflow string            `yaml:"workflow"` // the name of the workflow's file; default: the one that deploys
	Ref      string            `yaml:"ref"`      // the branch or tag on which the workflow runs; default: the one for deployments
	Inputs   map[string]string `yaml:"inputs"`   // the workflow's inputs, in which {rollback.version} and {rollback.from} also stand for the versions; default: those for deployments
}

type liveSettings struct {
	Environment string `yaml:"environment"` // the environment at GitHub whose last successful deployment is live; either this or url
	URL         string `yaml:"url"`         // the URL that answers with what is live
	Version     string `yaml:"version"`     // where the version is: for environment, a regular expression with one group for the name of the workflow run that deployed; for url, a path in JSON, such as $.version, or a regular expression with one group; default for environment: the ref that was deployed, as ref says
}

// workflowFile matches the name of a workflow's file.
var workflowFile = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*\.ya?ml$`)

// workflowTimeout is how long a workflow may take if the settings say nothing.
const workflowTimeout = time.Hour

// strategy is the strategy.
type strategy struct {
	settings
	client *github.Client
	live   liveSource
	yaml   func(text []byte, into any) error

	mu    sync.Mutex
	begun map[int64]begunRun // workflow runs that this process follows, or stopped following before they ended
}

// begunRun is what a workflow run is of.
type begunRun struct{ run, version string }

func newStrategy(decode func(any) error, deps deploy.Deps) (deploy.Strategy, error) {
	var s settings
	if err := decode(&s); err != nil {
		return nil, err
	}
	s.Timeout = cmp.Or(s.Timeout, limit.Duration(workflowTimeout))
	s.Rollback.Workflow, s.Rollback.Ref = cmp.Or(s.Rollback.Workflow, s.Workflow), cmp.Or(s.Rollback.Ref, s.Ref)
	if s.Rollback.Inputs == nil {
		s.Rollback.Inputs = s.Inputs
	}
	faults := s.faults()
	platform, err := deploy.ClientOf[*github.Client](deps, github.Kind, s.Connection)
	var obstacle *deploy.Obstacle
	if err != nil && !errors.As(err, &obstacle) {
		faults = append(faults, gates.Fault{Field: "connection", Problem: err.Error()})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	g := &strategy{settings: s, client: platform, yaml: deps.YAML, begun: map[int64]begunRun{}}
	if s.Live == (liveSettings{}) {
		obstacle = &deploy.Obstacle{Why: "nothing says what is live there; add live: { environment: NAME } or live: { url: …, version: … }"}
	}
	if obstacle != nil {
		return nil, &deploy.Obstacle{Why: obstacle.Why, App: g.App()}
	}
	if g.live, err = s.Live.source(platform, s.Ref, deps); err != nil {
		return nil, err
	}
	return g, nil
}

// workflowNames are the placeholders that settings may have; those of a rollback may
// also have those of backNames.
var (
	workflowNames = []string{"{release.version}", "{release.commit}", "{environment}", "{run}"}
	backNames     = []string{"{rollback.version}", "{rollback.from}"}
)

// mostInputs is how many inputs GitHub takes.
const mostInputs = 25

func (s *settings) faults() (faults gates.Faults) {
	note := func(field, problem string, args ...any) {
		faults = append(faults, gates.Fault{Field: field, Problem: fmt.Sprintf(problem, args...)})
	}
	for field, text := range s.texts() {
		known := workflowNames
		if strings.HasPrefix(field, "rollback.") {
			known = slices.Concat(backNames, workflowNames)
		}
		for _, name := range deploy.Placeholder.FindAllString(text, -1) {
			if !slices.Contains(known, name) {
				note(field, "%s stands for nothing here; use %s", name, strings.Join(known, ", "))
			}
		}
	}
	for field, name := range map[string]string{"workflow": s.Workflow, "rollback.workflow": s.Rollback.Workflow} {
		if !workflowFile.MatchString(name) && (field == "workflow" || name != s.Workflow) {
			note(field, "%q isn't the name of a workflow's file; write it like deploy.yml, without a folder", name)
		}
	}
	told := strings.Join(append(slices.Collect(maps.Values(s.Inputs)), s.Ref), " ")
	if !strings.Contains(told, "{release.") {
		note("inputs", "the workflow isn't told what to deploy; add an input such as version: \"{release.version}\"")
	}
	if max(len(s.Inputs), len(s.Rollback.Inputs)) > mostInputs {
		note("inputs", "GitHub takes at most %d inputs", mostInputs)
	}
	return append(faults, s.Live.faults(s.Ref)...)
}

// texts are the settings in which placeholders may be, by field.
func (s *settings) texts() map[string]string {
	texts := map[string]string{"ref": s.Ref, "rollback.ref": s.Rollback.Ref}
	for name, text := range s.Inputs {
		texts["inputs."+name] = text
	}
	for name, text := range s.Rollback.Inputs {
		if s.Inputs[name] != text {
			texts["rollback.inputs."+name] = text
		}
	}
	if s.Rollback.Ref == s.Ref {
		delete(texts, "rollback.ref")
	}
	return texts
}

// App implements [deploy.Strategy]. A workflow with another place that says what is live is
// another target.
func (g *strategy) App() deploy.App {
	return deploy.App{ID: strings.Join([]string{g.Connection, g.Workflow, g.Live.target()}, ":"), Kind: kindName}
}

// target names what the settings look at. A URL may hold a secret, and isn't shown.
func (l liveSettings) target() string {
	if l.URL == "" {
		return url.PathEscape(l.Environment) // a slash would begin the name of a component
	}
	sum := sha256.Sum256([]byte(l.URL))
	return fmt.Sprintf("site-%x", sum[:4])
}

// Refuses implements [deploy.Strategy].
func (g *strategy) Refuses(version string) string {
	if !deploy.SafeVersion(version) {
		return fmt.Sprintf("a workflow is given only versions of letters, digits and “._+/@:-”, 128 at most, and not %q; open the release under another name", phrase.Excerpt(version))
	}
	if strings.Contains(g.Ref, "{release.version}") {
		return deploy.RefusesRef(strings.ReplaceAll(g.Ref, "{release.version}", version))
	}
	return ""
}

// Current implements [deploy.Strategy].
func (g *strategy) Current(ctx context.Context) (deploy.Current, error) {
	now, err := g.live.read(ctx)
	if err != nil {
		return deploy.Current{}, err
	}
	id, run, err := g.goingOn(ctx)
	if err != nil {
		return deploy.Current{}, err
	}
	if id != 0 {
		now.Next, now.NextBy, now.NextMark = &build.Build{Version: run.version}, fmt.Sprintf("workflow run %d", id), run.run
	}
	return now, nil
}

// goingOn is a workflow run that gonogo started and that hasn't ended; 0: there is none.
func (g *strategy) goingOn(ctx context.Context) (int64, begunRun, error) {
	g.mu.Lock()
	begun := maps.Clone(g.begun)
	g.mu.Unlock()
	for id, of := range begun {
		run, err := g.client.WorkflowRun(ctx, id)
		err = classifyGitHubRead(err)
		if err != nil && !isGone(err) {
			return 0, begunRun{}, err
		}
		if err == nil && !run.Over() {
			return id, of, nil
		}
		g.forget(id)
	}
	return 0, begunRun{}, nil
}

func (g *strategy) remember(id int64, of begunRun) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begun[id] = of
}

func (g *strategy) forget(id int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.begun, id)
}

// Was implements [deploy.Strategy]. Each deployment is known by its version.
func (g *strategy) Was(_ context.Context, deployment string) (deploy.Current, error) {
	return deploy.Current{Live: build.Build{Version: deployment, Deployment: deployment}}, nil
}

// backByHand is what a person does by hand if the configuration can't be used.
func backByHand(app deploy.App, to build.Build) []deploy.HandStep {
	connection, workflow, _ := strings.Cut(app.ID, ":")
	workflow, _, _ = strings.Cut(workflow, ":")
	return []deploy.HandStep{{Console: fmt.Sprintf("At GitHub, in the repository of the connection %s, open Actions, cancel the runs of %s that haven't ended, and run the workflow that the environment's rollback.workflow names "+
		"(or %s) for %s", connection, workflow, workflow, cmp.Or(to.Version, "the earlier version"))}}
}

// StepsByHand implements [deploy.HandStepper].
func (g *strategy) StepsByHand(environment, choice string, to, live build.Build) []deploy.HandStep {
	call := g.back()
	if choice == work.ChooseReturn {
		call = g.out()
	}
	call, err := call.fill(environment, "by-hand", to, live)
	if err != nil {
		return backByHand(g.App(), to)
	}
	_, repository := g.client.Names()
	words := []string{"gh", "workflow", "run", call.file, "--repo", repository, "--ref", call.ref}
	for _, name := range slices.Sorted(maps.Keys(call.inputs)) {
		words = append(words, "-f", name+"="+call.inputs[name])
	}
	return []deploy.HandStep{{Console: fmt.Sprintf("In the repository %s at GitHub, open Actions, cancel the runs of %s that haven't ended, and run the workflow %s", repository, g.Workflow, call.file), Command: deploy.Quoted(words...)}}
}

// isGone reports whether GitHub doesn't have what was asked for.
func isGone(err error) bool {
	var gone *deploy.Gone
	return errors.As(err, &gone)
}

// slowestPoll is how long a poll waits at most.
const slowestPoll = 10 * time.Second

// classifyGitHubRead sorts why a read failed.
func classifyGitHubRead(err error) error {
	var limited *github.Limited
	var refused *github.Refused
	switch {
	case errors.As(err, &limited):
		return &deploy.Passing{After: max(time.Until(limited.Until), slowestPoll), Cause: err}
	case errors.As(err, new(*github.Unavailable)):
		return &deploy.Passing{After: slowestPoll, Cause: err}
	case errors.As(err, &refused) && refused.Gone():
		return &deploy.Gone{Cause: err}
	case errors.As(err, &refused) && (refused.Status == 401 || refused.Status == 403):
		return &deploy.Denied{Cause: err}
	}
	return err
}

// classifyGitHubWrite sorts what became of a write.
func classifyGitHubWrite(err error) error {
	if errors.As(err, new(*github.Unsure)) {
		return &deploy.Unknown{Cause: err}
	}
	return classifyGitHubRead(err)
}
