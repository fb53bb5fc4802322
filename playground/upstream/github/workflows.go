package github

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Workflow is a workflow of GitHub Actions that can be started through the API.
//
// A run that was started so, or whose deployment was approved, goes one state further each time that it is looked at: from
// queued to in_progress to completed.
type Workflow struct {
	File     string   // its name, such as deploy.yml
	State    string   // empty: active
	NoManual bool     // it has no workflow_dispatch
	Inputs   []string // of its workflow_dispatch
	Required []string // those of them that must be given
	RunName  string   // names its runs; ${{ inputs.NAME }} stands for an input
	Jobs     []string // one after another
	Text     string   // its file; empty: it is made of the above
	Into     string   // the environment that its last job deploys to; empty: none

	Stays   string // the status that its runs don't get past: queued, pending, waiting or in_progress; empty: none
	Outcome string // the conclusion of its runs; empty: success
	Clings  bool   // its runs don't end when they are cancelled
}

// text is a workflow's file.
func (w Workflow) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nrun-name: %s\non:\n  push:\n", w.File, w.RunName)
	if !w.NoManual {
		b.WriteString("  workflow_dispatch:\n    inputs:\n")
	}
	for _, name := range w.Inputs {
		if !w.NoManual {
			fmt.Fprintf(&b, "      %s:\n        required: %t\n", name, slices.Contains(w.Required, name))
		}
	}
	b.WriteString("jobs:\n")
	for _, name := range w.Jobs {
		fmt.Fprintf(&b, "  %s:\n    runs-on: ubuntu-latest\n    steps: [{run: ./%s.sh}]\n", name, name)
	}
	return b.String()
}

// Deployment is what GitHub records about a deployment to an environment.
type Deployment struct {
	Environment string
	Ref, SHA    string
	Run         int    // the workflow run that deploys, by its number; 0: something else does
	State       string // such as success
	At          time.Time
}

// SetWorkflows replaces all workflows. Runs go on as theirs says from then on.
func (h *Host) SetWorkflows(workflows ...Workflow) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.workflows = slices.Clone(workflows)
}

// SetDeployments replaces all deployments. Later ones are newer.
func (h *Host) SetDeployments(deployments ...Deployment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deployments = slices.Clone(deployments)
}

// Runs are all runs of workflows as they are now.
func (h *Host) Runs() []WorkflowRun {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.runs)
}

// ByHand changes a run, by its number, as a person does on GitHub's pages.
func (h *Host) ByHand(run int, change func(*WorkflowRun)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.runs[run-1])
}

func (h *Host) workflow(file string) (Workflow, bool) {
	i := slices.IndexFunc(h.workflows, func(w Workflow) bool { return w.File == file })
	if i < 0 {
		return Workflow{}, false
	}
	return h.workflows[i], true
}

var inputInName = regexp.MustCompile(`\$\{\{ *inputs\.([A-Za-z0-9_-]+) *\}\}`)

// begin starts a run of a workflow.
func (h *Host) begin(w Workflow, ref, sha string, inputs map[string]string) int {
	title := inputInName.ReplaceAllStringFunc(w.RunName, func(text string) string { return inputs[inputInName.FindStringSubmatch(text)[1]] })
	h.runs = append(h.runs, WorkflowRun{Workflow: w.File, Of: sha, Ref: ref, Event: "workflow_dispatch", State: "queued", Title: title, Inputs: inputs, By: h.opts.Login, At: h.now()})
	return len(h.runs)
}

// running reports whether a state is a status, and not a conclusion.
func running(state string) bool {
	return slices.Contains([]string{"queued", "requested", "pending", "waiting", "in_progress"}, state)
}

// look has a run that was started through the API, or approved, go one state further.
func (h *Host) look(i int) {
	run := &h.runs[i]
	w, known := h.workflow(run.Workflow)
	switch {
	case run.Event != "workflow_dispatch" && !run.reviewed() || !running(run.State) || !known:
	case run.Cancelling && !w.Clings:
		h.finish(i, w, "cancelled")
	case run.State == w.Stays, run.State == "waiting" && run.Event != "workflow_dispatch":
	case run.State != "in_progress" && (w.Stays == "waiting" || w.Stays == "pending") && !run.reviewed():
		run.State = w.Stays
	case run.State != "in_progress":
		run.State = "in_progress"
		h.record(i, w, "in_progress")
	case w.Outcome != "":
		h.finish(i, w, w.Outcome)
	default:
		h.finish(i, w, "success")
	}
}

func (h *Host) finish(i int, w Workflow, conclusion string) {
	h.runs[i].State = conclusion
	switch conclusion {
	case "success", "failure":
		h.record(i, w, conclusion)
	default:
		h.record(i, w, "error")
	}
}

// record records the state of a run's deployment. One that succeeded replaces the others.
func (h *Host) record(i int, w Workflow, state string) {
	if w.Into == "" {
		return
	}
	mine := slices.IndexFunc(h.deployments, func(d Deployment) bool { return d.Run == i+1 && running(d.State) })
	if mine < 0 && state != "in_progress" {
		return
	}
	if mine < 0 {
		h.deployments = append(h.deployments, Deployment{Environment: w.Into, Ref: h.runs[i].branch(), SHA: h.runs[i].Of, Run: i + 1, At: h.now()})
		mine = len(h.deployments) - 1
	}
	for n := range h.deployments {
		if d := &h.deployments[n]; state == "success" && d.Environment == w.Into && d.State == "success" {
			d.State = "inactive"
		}
	}
	h.deployments[mine].State = state
}

// job is a job of a run, and how it is.
type job struct{ name, state, failed string }

// jobsOf are the jobs of a run. While it is in progress, its last job is.
func (h *Host) jobsOf(run WorkflowRun) (jobs []job) {
	w, _ := h.workflow(run.Workflow)
	for i, name := range w.Jobs {
		j := job{name: name, state: "success"}
		switch last := i == len(w.Jobs)-1; {
		case last, run.State != "in_progress" && running(run.State):
			j.state = run.State
		}
		if j.state == "failure" {
			j.failed = fmt.Sprintf("Step of %s", name)
		}
		jobs = append(jobs, j)
	}
	return jobs
}
