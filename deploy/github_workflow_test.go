package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/config"
	"gonogo/deploy"
	practice "gonogo/playground/upstream/github"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"gonogo/suite"
)

const pipelineConfiguration = `
project: Shop
slack: { releases: C0123ABCD }
connections: { repo: { github: { repository: acme/shop } } }
checklist: [{ section: tests, items: [{ item: tests, title: Tests, blocks: [], manual: {} }] }]
environments:
  staging:
    deploy:
      github_workflow:
        connection: repo
        workflow: deploy.yml
        ref: main
        timeout: 10m
        inputs: { version: "{release.version}", mark: "{run}" }
        live: { environment: production, version: '(?:Deploy|Back to) (\S+)' }
        rollback: { workflow: back.yml, inputs: { to: "{rollback.version}", from: "{rollback.from}", mark: "{run}" } }
`

// The workflows of a team: one deploys, one goes back.
var (
	outWorkflow = practice.Workflow{File: "deploy.yml", Inputs: []string{"version", "mark"}, Required: []string{"version"}, RunName: "Deploy ${{ inputs.version }} (${{ inputs.mark }})",
		Jobs: []string{"build", "deploy"}, Into: "production"}
	backWorkflow = practice.Workflow{File: "back.yml", Inputs: []string{"to", "from", "mark"}, Required: []string{"to"}, RunName: "Back to ${{ inputs.to }} (${{ inputs.mark }})", Jobs: []string{"back"}, Into: "production"}
)

var pipelineCommit = strings.Repeat("c4", 20)

// pipeline is a repository whose workflows deploy. Version 1 is live.
type pipeline struct {
	*practice.Host
	server *httptest.Server
}

func newPipeline(t *testing.T, opts practice.Options) pipeline {
	t.Helper()
	opts.Repository, opts.Token = "acme/shop", "t0ken-of-the-test"
	opts.Code = practice.Code{Commits: []practice.Commit{{SHA: pipelineCommit, Message: "Go on", At: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}}, Branches: map[string]string{"main": pipelineCommit}}
	host, err := practice.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	host.SetWorkflows(outWorkflow, backWorkflow)
	host.SetRuns([]practice.WorkflowRun{{Workflow: "deploy.yml", Of: pipelineCommit, Event: "workflow_dispatch", Title: "Deploy 1"}})
	host.SetDeployments(practice.Deployment{Environment: "production", Ref: "main", SHA: pipelineCommit, Run: 1, State: "success"})
	server := httptest.NewUnstartedServer(host.Handler())
	server.Config.SetKeepAlivesEnabled(false) // no connection outlives what is asked
	server.Start()
	t.Cleanup(server.Close)
	return pipeline{host, server}
}

func (p pipeline) world(t *testing.T, configuration string, log storage.Log) *smallWorld {
	environ := func(name string) (string, bool) {
		value, ok := map[string]string{"GITHUB_TOKEN": "t0ken-of-the-test", "GITHUB_API_URL": p.server.URL + "/api/v3"}[name]
		return value, ok
	}
	return newWorld(t, "gonogo.yml", []byte(configuration), environ, log)
}

// started are the workflows that were started, with their versions.
func (p pipeline) started() string {
	var all []string
	for _, write := range p.Writes() {
		if strings.HasSuffix(write.Route, "/cancel") {
			all = append(all, "cancel")
			continue
		}
		var body struct{ Inputs map[string]string }
		if err := json.Unmarshal(write.Body, &body); err != nil {
			return err.Error()
		}
		switch {
		case body.Inputs["to"] != "":
			all = append(all, "back "+body.Inputs["to"])
		default:
			all = append(all, "deploy "+body.Inputs["version"])
		}
	}
	return strings.Join(all, ", ")
}

func inPipeline(t *testing.T, opts practice.Options, configuration string, test func(*smallWorld, pipeline)) {
	t.Helper()
	p := newPipeline(t, opts)
	synctest.Test(t, func(t *testing.T) {
		w := p.world(t, configuration, storagetest.NewMemory())
		defer w.start()()
		test(w, p)
	})
}

// TestWorkflow deploys, rolls back and decides by workflows, on a server that returns the
// runs that it starts and on one that doesn't.
func TestWorkflow(t *testing.T) {
	for choice, want := range map[string]struct{ live, writes string }{
		work.ChooseKeep:   {"1", "deploy 2, back 1"},
		work.ChooseReturn: {"2", "deploy 2, back 1, deploy 2"},
	} {
		for _, silent := range []bool{false, true} {
			inPipeline(t, practice.Options{NoRunDetails: silent}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
				run := w.deployed()
				if run.Outcome != work.Completed {
					w.Fatalf("the deployment ended %q at %+v: %s", run.Outcome, run.Current(), run.Reason)
				}
				followed, _ := run.Step("follow")
				if diff := cmp.Diff([]work.StepPart{{Name: "build", Status: "good"}, {Name: "deploy", Status: "good"}}, followed.Parts); diff != "" {
					w.Errorf("parts: %s", diff)
				}
				if live := w.ledger.State().Live["staging"]; live.Version != "2" || !live.Verified || live.App != "github_workflow:repo:deploy.yml:production" {
					w.Errorf("live %+v", live)
				}
				if now, err := w.cfg.Environments["staging"].Strategy.Current(w.Context()); err != nil || now.Mark != run.ID {
					w.Errorf("made by %q, %v; want %s", now.Mark, err, run.ID)
				}
				w.backAnd(choice)
				if diff := cmp.Diff(want.writes, p.started()); diff != "" {
					w.Errorf("started (-want +got):\n%s", diff)
				}
				if live := w.ledger.State().Live["staging"]; live.Version != want.live {
					w.Errorf("live %+v, want %s", live, want.live)
				}
			})
		}
	}
}

// TestWorkflowFails deploys with workflows that fail. Each says why, and was started once
// or not at all.
func TestWorkflowFails(t *testing.T) {
	with := func(change func(w *practice.Workflow)) practice.Workflow {
		w := outWorkflow
		change(&w)
		return w
	}
	for name, tt := range map[string]struct {
		workflow    practice.Workflow
		why, writes string
	}{
		"a job fails":                        {with(func(w *practice.Workflow) { w.Outcome = "failure" }), "workflow run 2 failed in the job “deploy”, at the step “Step of deploy”; see http", "deploy 2"},
		"it is cancelled by hand":            {with(func(w *practice.Workflow) { w.Outcome = "cancelled" }), "workflow run 2 was cancelled at GitHub", "deploy 2"},
		"it takes too long":                  {with(func(w *practice.Workflow) { w.Outcome = "timed_out" }), "GitHub ended workflow run 2, since it ran too long", "deploy 2"},
		"its file is invalid":                {with(func(w *practice.Workflow) { w.Outcome = "startup_failure" }), "GitHub can't run the workflow deploy.yml", "deploy 2"},
		"it skips everything":                {with(func(w *practice.Workflow) { w.Outcome = "skipped" }), "skipped all of its jobs", "deploy 2"},
		"it ends in an unknown way":          {with(func(w *practice.Workflow) { w.Outcome = "stale" }), `ended as "stale"`, "deploy 2"},
		"it deploys somewhere else":          {with(func(w *practice.Workflow) { w.Into = "elsewhere" }), "timed out: 1 is live, and not 2", "deploy 2"},
		"no runner takes it":                 {with(func(w *practice.Workflow) { w.Stays = "queued" }), "timed out: it waits for a runner since", "deploy 2"},
		"nobody reviews it":                  {with(func(w *practice.Workflow) { w.Stays = "waiting" }), "timed out: it waits for the protection rules of the environment production, such as a review at GitHub", "deploy 2"},
		"another run of its group goes on":   {with(func(w *practice.Workflow) { w.Stays = "pending" }), "timed out: it waits for another run of its concurrency group", "deploy 2"},
		"it is disabled":                     {with(func(w *practice.Workflow) { w.State = "disabled_manually" }), "Cannot trigger a 'workflow_dispatch' on a disabled workflow", ""},
		"it can't be started by hand":        {with(func(w *practice.Workflow) { w.NoManual = true }), "Workflow does not have 'workflow_dispatch' trigger", ""},
		"it has other inputs":                {with(func(w *practice.Workflow) { w.Inputs = []string{"version"} }), `Unexpected inputs provided: ["mark"]; compare the workflow's file`, ""},
		"it was renamed":                     {with(func(w *practice.Workflow) { w.File = "release.yml" }), "it has no such workflow on its default branch", ""},
		"the name of its run has no version": {with(func(w *practice.Workflow) { w.RunName = "Ship it (${{ inputs.mark }})" }), `it isn't known what is live`, "deploy 2"},
	} {
		t.Run(name, func(t *testing.T) {
			inPipeline(t, practice.Options{}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
				if err := w.release(); err != nil {
					w.Fatal(err)
				}
				p.SetWorkflows(tt.workflow, backWorkflow)
				run := w.deployed()
				if run.Asked != nil {
					run.Reason = run.Asked.Why
				}
				if run.Outcome == work.Completed || !strings.Contains(run.Reason, tt.why) {
					w.Errorf("it ended %q: %s, want %s", run.Outcome, run.Reason, tt.why)
				}
				if got := p.started(); got != tt.writes {
					w.Errorf("started %q, want %q", got, tt.writes)
				}
			})
		})
	}
}

// TestWorkflowFaults deploys while GitHub is at fault. The workflow is started once.
func TestWorkflowFaults(t *testing.T) {
	writes := func(c practice.Call) bool { return c.Write }
	for name, tt := range map[string]struct {
		what  func(practice.Call) bool
		fault practice.Fault
		times int
	}{
		"the answer is lost":              {writes, practice.Fault{Drop: true, Done: true}, 1},
		"a 502 after it has begun":        {writes, practice.Fault{Status: 502, Done: true}, 1},
		"a 502 before it has begun":       {func(c practice.Call) bool { return strings.HasSuffix(c.Route, "/jobs") }, practice.Fault{Status: 502}, 9},
		"the limit is used up":            {writes, practice.Fault{Mode: practice.SecondaryLimit}, 1},
		"too many requests":               {func(c practice.Call) bool { return strings.HasSuffix(c.Path, "/actions/runs/2") }, practice.Fault{Mode: practice.TooMany}, 1},
		"the run isn't shown for a while": {func(c practice.Call) bool { return strings.HasSuffix(c.Path, "/actions/runs/2") }, practice.Fault{Status: 404}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			inPipeline(t, practice.Options{RetryAfter: 30 * time.Second}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
				if err := w.release(); err != nil {
					w.Fatal(err)
				}
				times := tt.times
				p.OnCall(func(c practice.Call) practice.Fault {
					if times == 0 || !tt.what(c) {
						return practice.Fault{}
					}
					times--
					return tt.fault
				})
				run := w.deployed()
				if run.Outcome != work.Completed || p.started() != "deploy 2" || times > 0 {
					w.Errorf("ended %q at %+v, asking %+v: %s; started %q, %d faults left", run.Outcome, run.Current(), run.Asked, run.Reason, p.started(), times)
				}
			})
		})
	}
}

// unmarkedConfiguration passes no mark on.
var unmarkedConfiguration = strings.Replace(pipelineConfiguration, `, mark: "{run}" }
        live`, ` }
        live`, 1)

// TestWorkflowUnmarked loses the answer to the start of a workflow whose runs show no
// mark. Nothing tells its run from others, so a person is asked, and nothing is started
// again; what is live then tells that it got through.
func TestWorkflowUnmarked(t *testing.T) {
	inPipeline(t, practice.Options{}, unmarkedConfiguration, func(w *smallWorld, p pipeline) {
		if err := w.release(); err != nil {
			w.Fatal(err)
		}
		p.OnCall(func(c practice.Call) practice.Fault { return practice.Fault{Drop: c.Write, Done: c.Write} })
		run := w.deployed()
		if run.Asked == nil || !run.Asked.Interrupted || !strings.Contains(run.Asked.Why, "no input carries {run}; see whether there is one") {
			w.Fatalf("it ended %q, asking %+v: %s", run.Outcome, run.Asked, run.Reason)
		}
		p.OnCall(nil)
		for _, again := range []string{"once", "twice"} { // between them, a person looks at GitHub's page
			if err := w.runs.Answer(w.Context(), again, run.ID, work.ChooseContinue, "U0DEV"); err != nil {
				w.Fatal(err)
			}
			time.Sleep(5 * time.Minute)
			p.look(w.T, 2)
		}
		if run := w.ended(run.ID); run.Outcome != work.Completed || p.started() != "deploy 2" {
			w.Errorf("it ended %q, asking %+v: %s; started %q", run.Outcome, run.Asked, run.Reason, p.started())
		}
	})
}

// TestWorkflowLost loses the request that starts the workflow on its way. That can't be
// told from a run that isn't shown yet, so a person is asked, and nothing is sent again.
func TestWorkflowLost(t *testing.T) {
	inPipeline(t, practice.Options{}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
		if err := w.release(); err != nil {
			w.Fatal(err)
		}
		p.OnCall(func(c practice.Call) practice.Fault { return practice.Fault{Drop: c.Write} })
		run := w.deployed()
		p.OnCall(nil)
		if run.Asked == nil || !strings.Contains(run.Asked.Why, "GitHub shows no run of deploy.yml that is known to be this one; see whether there is one") {
			w.Fatalf("it ended %q, asking %+v: %s", run.Outcome, run.Asked, run.Reason)
		}
		if err := w.runs.Answer(w.Context(), "again", run.ID, work.ChooseContinue, "U0DEV"); err != nil {
			w.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if run := w.ended(run.ID); run.Asked == nil || p.started() != "" {
			w.Errorf("it ended %q, asking %+v: %s; started %q", run.Outcome, run.Asked, run.Reason, p.started())
		}
		if err := w.runs.Answer(w.Context(), "leave", run.ID, work.ChooseAbandon, "U0DEV"); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Minute)
		if run := w.ended(run.ID); run.Outcome != work.Interrupted || len(w.ledger.State().Locks) > 0 {
			w.Errorf("it ended %q with locks %v", run.Outcome, w.ledger.State().Locks)
		}
	})
}

// TestWorkflowUnnamed starts a workflow whose runs show no mark on a server that doesn't
// return its run. It is on its way, and nothing tells which run it is.
func TestWorkflowUnnamed(t *testing.T) {
	inPipeline(t, practice.Options{NoRunDetails: true}, unmarkedConfiguration, func(w *smallWorld, p pipeline) {
		run := w.deployed()
		if run.Asked == nil || !strings.Contains(run.Asked.Why, "GitHub started a run of deploy.yml and didn't say which") || p.started() != "deploy 2" {
			w.Errorf("it ended %q, asking %+v: %s; started %q", run.Outcome, run.Asked, run.Reason, p.started())
		}
	})
}

// look has somebody look at a run.
func (p pipeline) look(t *testing.T, run int) {
	t.Helper()
	p.ByHand(run, func(r *practice.WorkflowRun) { r.State = "success" })
	p.SetDeployments(practice.Deployment{Environment: "production", Ref: "main", SHA: pipelineCommit, Run: run, State: "success"})
}

// TestWorkflowAgain has somebody run a workflow again while gonogo follows it.
func TestWorkflowAgain(t *testing.T) {
	inPipeline(t, practice.Options{}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
		stuck := outWorkflow
		stuck.Stays = "in_progress"
		p.SetWorkflows(stuck, backWorkflow)
		id := w.begun()
		time.Sleep(5 * time.Minute)
		p.ByHand(2, func(r *practice.WorkflowRun) { r.Attempt, r.By, r.State = 2, "ada", "queued" })
		time.Sleep(time.Minute)
		if step := w.ledger.State().Runs[id].Current(); !strings.Contains(step.Doing, "it is attempt 2, run again by ada") {
			w.Errorf("it says %q", step.Doing)
		}
		p.SetWorkflows(outWorkflow, backWorkflow)
		if run := w.ended(id); run.Outcome != work.Completed {
			w.Errorf("it ended %q: %s", run.Outcome, run.Reason)
		}
	})
}

// TestWorkflowOfSite reads what is live from the site, however it answers.
func TestWorkflowOfSite(t *testing.T) {
	p := newPipeline(t, practice.Options{})
	status, text := http.StatusOK, `{"app": {"version": "1"}}`
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	defer site.Close()
	ofSite := strings.Replace(pipelineConfiguration, `environment: production, version: '(?:Deploy|Back to) (\S+)'`, `url: "`+site.URL+`/version?key=s3cret", version: "$.app.version"`, 1)
	strategy := p.world(t, ofSite, storagetest.NewMemory()).cfg.Environments["staging"].Strategy
	if app := strategy.App().String(); strings.Contains(app, "s3cret") || !strings.HasPrefix(app, "github_workflow:repo:deploy.yml:site-") {
		t.Errorf("its app is %s", app)
	}
	for _, tt := range []struct {
		status     int
		text, want string
	}{
		{200, text, ""},
		{503, text, "answers with status 503 instead of its version"},
		{302, text, "answers with status 302"},
		{200, "<html>", "it isn't JSON"},
		{200, `{"app": {"version": ""}}`, `"" is no version`},
		{200, `{"app": {}}`, "it has no text at $.app.version"},
	} {
		status, text = tt.status, tt.text
		now, err := strategy.Current(t.Context())
		if said := fmt.Sprint(err); (err != nil) != (tt.want != "") || err != nil && (!strings.Contains(said, tt.want) || strings.Contains(said, "s3cret")) || err == nil && now.Live.Version != "1" {
			t.Errorf("%d %s: %+v, %v; want %q", tt.status, tt.text, now.Live, err, tt.want)
		}
	}
	site.Close()
	if _, err := strategy.Current(t.Context()); err == nil || !strings.Contains(err.Error(), "refuses connections") {
		t.Errorf("away: %v", err)
	}
	private := p.world(t, ofSite+"outgoing: { private_addresses: false }\n", storagetest.NewMemory()).cfg.Environments["staging"].Strategy
	if _, err := private.Current(t.Context()); err == nil || !strings.Contains(err.Error(), "outgoing.private_addresses is false") {
		t.Errorf("a private address: %v", err)
	}
}

// TestWorkflowLive reads what is live from what GitHub records of its deployments.
func TestWorkflowLive(t *testing.T) {
	p := newPipeline(t, practice.Options{})
	strategy := p.world(t, pipelineConfiguration, storagetest.NewMemory()).cfg.Environments["staging"].Strategy
	byTag := strings.NewReplacer("ref: main", `ref: "v{release.version}"`, `, version: '(?:Deploy|Back to) (\S+)'`, "").Replace(pipelineConfiguration)
	tagged := p.world(t, byTag, storagetest.NewMemory()).cfg.Environments["staging"].Strategy
	p.SetRuns([]practice.WorkflowRun{{Workflow: "deploy.yml", Of: pipelineCommit, Event: "workflow_dispatch", Title: "Deploy 7 (gonogo-1a2b3c4d)"}, {Workflow: "deploy.yml", Of: pipelineCommit, Event: "workflow_dispatch", Title: "Ship"}})
	d := func(run int, ref, state string) practice.Deployment {
		return practice.Deployment{Environment: "production", Ref: ref, SHA: pipelineCommit, Run: run, State: state}
	}
	many := []practice.Deployment{d(1, "v7", "success")}
	for range 21 {
		many = append(many, d(1, "v8", "failure"))
	}
	for name, tt := range map[string]struct {
		deployments []practice.Deployment
		live, why   string // by the name of the run
		tag, tagWhy string // by the ref
	}{
		"the last one succeeded":          {[]practice.Deployment{d(1, "v7", "success")}, "7", "", "7", ""},
		"the last one failed":             {[]practice.Deployment{d(1, "v7", "success"), d(2, "v8", "failure"), d(2, "v8", "error")}, "7", "", "7", ""},
		"another one is under way":        {[]practice.Deployment{d(1, "v7", "success"), d(2, "v8", "in_progress"), d(2, "v9", "waiting")}, "7", "", "7", ""},
		"somebody took it down":           {[]practice.Deployment{d(1, "v6", "success"), d(1, "v7", "inactive")}, "", "", "", ""},
		"there is none":                   {nil, "", "", "", ""},
		"none of many succeeded":          {many, "", "none of the last 20 deployments to GitHub's environment production succeeded", "", "none of the last 20"},
		"its run is called otherwise":     {[]practice.Deployment{d(2, "main", "success")}, "", `the name of the workflow run that deployed to production last is "Ship", and nothing in it matches`, "", `is "main", and nothing in it matches`},
		"another program made it":         {[]practice.Deployment{d(0, "v7", "success")}, "", "no workflow run made GitHub's last successful deployment to production", "7", ""},
		"only another environment has it": {[]practice.Deployment{{Environment: "test", Ref: "v7", SHA: pipelineCommit, State: "success"}}, "", "", "", ""},
	} {
		p.SetDeployments(tt.deployments...)
		now, err := strategy.Current(t.Context())
		byRef, refErr := tagged.Current(t.Context())
		for _, got := range []struct {
			live, want string
			err        error
			why        string
		}{{now.Live.Version, tt.live, err, tt.why}, {byRef.Live.Version, tt.tag, refErr, tt.tagWhy}} {
			if got.live != got.want || (got.err != nil) != (got.why != "") || got.err != nil && !strings.Contains(got.err.Error(), got.why) {
				t.Errorf("%s: live %q, %v; want %q, %q", name, got.live, got.err, got.want, got.why)
			}
		}
		if now.Live.Version != "" && now.Mark != "1a2b3c4d" || byRef.Live.Version != "" && byRef.Digest != pipelineCommit {
			t.Errorf("%s: made by %q, of %q", name, now.Mark, byRef.Digest)
		}
	}
}

// TestWorkflowDeleted deletes a run that is followed: how it ended isn't known.
func TestWorkflowDeleted(t *testing.T) {
	inPipeline(t, practice.Options{}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
		stuck := outWorkflow
		stuck.Stays = "in_progress"
		p.SetWorkflows(stuck, backWorkflow)
		id := w.begun()
		time.Sleep(time.Minute)
		p.ByHand(2, func(r *practice.WorkflowRun) { r.Deleted = true })
		if run := w.ended(id); run.Outcome != work.Unsuccessful || !strings.Contains(run.Reason, "it was deleted, so it isn't known how it ended") {
			w.Errorf("it ended %q, asking %+v: %s", run.Outcome, run.Asked, run.Reason)
		}
	})
}

// TestWorkflowCancelled cancels a deployment, and another by a rollback: GitHub is told.
func TestWorkflowCancelled(t *testing.T) {
	for name, clings := range map[string]bool{"it ends": false, "it doesn't end": true} {
		t.Run(name, func(t *testing.T) {
			inPipeline(t, practice.Options{}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
				stuck := outWorkflow
				stuck.Stays, stuck.Clings = "in_progress", clings
				p.SetWorkflows(stuck, backWorkflow)
				if err := w.release(); err != nil {
					w.Fatal(err)
				}
				id, err := w.deploy()
				if err != nil {
					w.Fatal(err)
				}
				time.Sleep(time.Minute)
				if err := w.runs.Cancel(w.Context(), "cancel", id, "U0DEV"); err != nil {
					w.Fatal(err)
				}
				run := w.ended(id)
				switch {
				case !clings && (run.Outcome != work.Cancelled || p.Runs()[1].State != "cancelled" || p.started() != "deploy 2, cancel"):
					w.Errorf("it ended %q, asking %+v: %s; %q", run.Outcome, run.Asked, run.Reason, p.started())
				case clings && (run.Asked == nil || !strings.Contains(run.Asked.Why, "was told to cancel workflow run 2, which hasn't ended yet")):
					w.Errorf("it ended %q, asking %+v: %s", run.Outcome, run.Asked, run.Reason)
				}
			})
		})
	}
}

// TestWorkflowOvertaken rolls back while the workflow of a deployment runs.
func TestWorkflowOvertaken(t *testing.T) {
	for _, clings := range []bool{false, true} {
		inPipeline(t, practice.Options{}, pipelineConfiguration, func(w *smallWorld, p pipeline) {
			if run := w.deployed(); run.Outcome != work.Completed {
				w.Fatal(run.Reason)
			}
			stuck := outWorkflow
			stuck.Stays, stuck.Clings = "in_progress", clings
			p.SetWorkflows(stuck, backWorkflow)
			if err := w.openNext("3"); err != nil {
				w.Fatal(err)
			}
			if _, err := w.runs.Deploy(w.Context(), runs.DeployRequest{Key: "next", Environment: "staging", Version: "3", By: "U0DEV"}); err != nil {
				w.Fatal(err)
			}
			time.Sleep(time.Minute)
			back, err := w.rollBack()
			if err != nil {
				w.Fatal(err)
			}
			run := w.ended(back)
			if run.Asked == nil || run.Asked.Why != "2 is live: keep it, or return to 3?" || p.started() != "deploy 2, deploy 3, cancel, back 2" {
				w.Errorf("it asks %+v: %s; %q", run.Asked, run.Reason, p.started())
			}
			stopped, _ := run.Step("stopped")
			if want := map[bool]string{false: "it has ended", true: "it hasn't ended, and may change things beside the rollback"}[clings]; !strings.HasPrefix(stopped.Evidence.Summary, want) {
				w.Errorf("stopped: %s", stopped.Evidence.Summary)
			}
		})
	}
}

// openNext opens another release.
func (w *smallWorld) openNext(version string) error {
	_, err := w.ledger.Update(w.Context(), func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.ReleaseOpened{Version: version}}, nil
	})
	return err
}

// TestWorkflowDeaths kills gonogo at some of its appends, and at each of them in the long
// tests. The next one goes on, and starts no workflow a second time.
func TestWorkflowDeaths(t *testing.T) {
	suite.LeftToFull(t)
	stride := 4
	if suite.Long {
		stride = 1
	}
	for n, alive := 1, false; !alive; n += stride {
		p := newPipeline(t, practice.Options{})
		synctest.Test(t, func(t *testing.T) {
			log := &mortal{storagetest.NewMemory(), n}
			w := p.world(t, pipelineConfiguration, log)
			stop := w.start()
			w.outAndBack()
			stop()
			if alive = log.left > 0; alive && n < 12 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			w = p.world(t, pipelineConfiguration, log.Reopen())
			defer w.start()()
			w.outAndBack()
			w.startedOnce(p, fmt.Sprintf("after dying at append %d", n))
		})
	}
}

// killed is a log whose process is killed from outside: nothing gets in from there on.
type killed struct {
	*storagetest.Memory
	dead atomic.Bool
}

func (k *killed) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if k.dead.Load() {
		return 0, errors.New("dead")
	}
	return k.Memory.Append(ctx, fence, records...)
}

// TestWorkflowKilledAtCalls kills gonogo at its calls to GitHub: while a call is on its way, and
// when GitHub has done it. The next one goes on, and starts no workflow a second time.
func TestWorkflowKilledAtCalls(t *testing.T) {
	suite.LeftToFull(t)
	stride := 5
	if suite.Long {
		stride = 1
	}
	for _, done := range []bool{false, true} {
		for n, alive := 1, false; !alive; n += stride {
			alive = killedAtCall(t, n, done)
			if alive && n < 30 {
				t.Errorf("only %d calls; the test sees less than it thinks", n)
			}
		}
	}
}

func killedAtCall(t *testing.T, n int, done bool) (alive bool) {
	p := newPipeline(t, practice.Options{})
	synctest.Test(t, func(t *testing.T) {
		log := &killed{Memory: storagetest.NewMemory()}
		var calls atomic.Int64
		p.OnCall(func(practice.Call) practice.Fault {
			switch at := calls.Add(1); {
			case at == int64(n):
				log.dead.Store(true)
				return practice.Fault{Drop: true, Done: done}
			case at > int64(n):
				return practice.Fault{Drop: true} // who is dead asks nothing
			}
			return practice.Fault{}
		})
		w := p.world(t, pipelineConfiguration, log)
		stop := w.start()
		w.outAndBack()
		stop()
		alive = !log.dead.Load()
		p.OnCall(nil)
		w = p.world(t, pipelineConfiguration, log.Reopen())
		defer w.start()()
		w.outAndBack()
		w.startedOnce(p, fmt.Sprintf("killed at call %d (done: %t)", n, done))
	})
	return alive
}

// startedOnce checks that no workflow was started twice, and that all runs have ended, but
// for those in which a person is asked whether one was started.
func (w *smallWorld) startedOnce(p pipeline, when string) {
	w.Helper()
	if got := p.started(); strings.Count(got, "deploy") > 1 || strings.Count(got, "back") > 1 {
		w.Errorf("%s it started %q", when, got)
	}
	for _, run := range w.ledger.State().Runs {
		asked := run.Asked != nil && (run.Asked.Choices[0] == work.ChooseKeep || strings.Contains(run.Asked.Why, "gonogo doesn't start it again"))
		if run.Outcome != work.Completed && !asked {
			w.Errorf("%s, %s is %q at %+v, asking %+v: %s", when, run.Title, run.Outcome, run.Current(), run.Asked, run.Reason)
		}
	}
}

// TestWorkflowExamined has the doctor look whether the workflows take what they are given.
func TestWorkflowExamined(t *testing.T) {
	p := newPipeline(t, practice.Options{})
	with := func(change func(w *practice.Workflow)) practice.Workflow {
		w := outWorkflow
		change(&w)
		return w
	}
	examiner := p.world(t, pipelineConfiguration, storagetest.NewMemory()).cfg.Environments["staging"].Strategy.(deploy.Examiner)
	for name, tt := range map[string]struct {
		workflow     practice.Workflow
		fault, warns string
	}{
		"all is well":             {outWorkflow, "", ""},
		"it is disabled":          {with(func(w *practice.Workflow) { w.State = "disabled_manually" }), "the workflow deploy.yml is off (disabled_manually); enable it", ""},
		"it isn't there":          {with(func(w *practice.Workflow) { w.File = "release.yml" }), "it has no such workflow on its default branch", ""},
		"it has no trigger":       {with(func(w *practice.Workflow) { w.NoManual = true }), "the workflow deploy.yml has no workflow_dispatch under on", ""},
		"it lacks an input":       {with(func(w *practice.Workflow) { w.Inputs = []string{"version"} }), "the workflow deploy.yml has no input mark", ""},
		"it needs another":        {with(func(w *practice.Workflow) { w.Inputs = append(w.Inputs, "why"); w.Required = append(w.Required, "why") }), "needs the input why; add it to inputs", ""},
		"its name shows no mark":  {with(func(w *practice.Workflow) { w.RunName = "Deploy ${{ inputs.version }}" }), "", "the run-name of the workflow deploy.yml doesn't show the input with {run}"},
		"its triggers are a list": {with(func(w *practice.Workflow) { w.Text = "on: [push, workflow_dispatch]" }), "the workflow deploy.yml has no input mark", "doesn't show"},
		"its file can't be read":  {with(func(w *practice.Workflow) { w.Text = "on: [push" }), "", "it isn't known whether the workflow takes its inputs: deploy.yml can't be read"},
	} {
		p.SetWorkflows(tt.workflow, backWorkflow)
		faults, warnings := examiner.Examine(t.Context())
		if got := strings.Join(faults, "\n"); !strings.Contains(got, tt.fault) || (got == "") != (tt.fault == "") {
			t.Errorf("%s: faults %q, want %q", name, got, tt.fault)
		}
		if got := strings.Join(warnings, "\n"); !strings.Contains(got, tt.warns) || (got == "") != (tt.warns == "") {
			t.Errorf("%s: warnings %q, want %q", name, got, tt.warns)
		}
	}
}

// TestWorkflowByHand lists the command that a person can use instead.
func TestWorkflowByHand(t *testing.T) {
	p := newPipeline(t, practice.Options{})
	hand := p.world(t, pipelineConfiguration, storagetest.NewMemory()).cfg.Environments["staging"].Strategy.(deploy.HandStepper)
	to, live := build.Build{Version: "1"}, build.Build{Version: "2"}
	for choice, want := range map[string]string{
		"":                "gh workflow run back.yml --repo acme/shop --ref main -f 'from=2' -f 'mark=by-hand' -f 'to=1'",
		work.ChooseReturn: "gh workflow run deploy.yml --repo acme/shop --ref main -f 'mark=by-hand' -f 'version=1'",
	} {
		steps := hand.StepsByHand("staging", choice, to, live)
		if len(steps) != 1 || steps[0].Command != want {
			t.Errorf("%q: %+v, want %s", choice, steps, want)
		}
	}
}

// TestWorkflowSettings holds what is wrong with settings against what is said of it.
func TestWorkflowSettings(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{`"{release.version}", mark`, `"2", mark`, "the workflow isn't told what to deploy"},
		{`"{release.version}", mark`, `"{version}", mark`, "{version} stands for nothing here; use {release.version}, {release.commit}, {environment}, {run}"},
		{`"{release.version}", mark`, `"{rollback.version}", mark`, "{rollback.version} stands for nothing here"},
		{`workflow: deploy.yml`, `workflow: .github/workflows/deploy.yml`, "isn't the name of a workflow's file; write it like deploy.yml"},
		{`, version: '(?:Deploy|Back to) (\S+)'`, ``, "GitHub records the ref of each deployment, which is the same here for every version"},
		{`'(?:Deploy|Back to) (\S+)'`, `$.version`, "version is a regular expression with exactly one group for the name"},
		{`environment: production, version`, `environment: production, url: "https://shop.example/version", version`, "live has both environment and url"},
		{`environment: production, version`, `version`, "live says nothing about where to look"},
		{`connection: repo`, `connection: nope`, `there is no connection "nope"`},
	} {
		_, err := config.Parse("gonogo.yml", []byte(strings.Replace(pipelineConfiguration, tt.old, tt.new, 1)), os.LookupEnv)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s for %s: got %v, want %s", tt.new, tt.old, err, tt.want)
		}
	}
	without := strings.Replace(pipelineConfiguration, `        live: { environment: production, version: '(?:Deploy|Back to) (\S+)' }`+"\n", "", 1)
	cfg, err := config.Parse("gonogo.yml", []byte(without), func(name string) (string, bool) {
		value, ok := map[string]string{"GITHUB_TOKEN": "t0ken"}[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(cfg.Obstacles["staging"], "nothing says what is live there; add live") {
		t.Errorf("without live: %v, %v", cfg.Obstacles, err)
	}
}
