package github

import (
	"cmp"
	"slices"
	"time"
)

// WorkflowRun is a run of a workflow in GitHub Actions.
type WorkflowRun struct {
	Workflow  string // the name of its file, such as ci.yml
	Of        string // SHA of its commit
	Event     string // what started it; empty: push
	State     string // queued, requested, pending, waiting or in_progress, or its conclusion; empty: success
	Fork      bool   // the commit came from another repository
	Artifacts []Artifact

	Ref        string            // the branch or tag that it runs on; empty: main
	Title      string            // empty: the title of its commit
	Inputs     map[string]string // that it was started with
	Attempt    int               // how often it ran; 0: once
	Started    time.Time         // when the attempt began; zero: when the run was made
	By         string            // who started the attempt; empty: the one who writes through the API
	At         time.Time         // when it was made; zero: when its commit was
	Cancelling bool              // it was asked to end
	Deleted    bool
	Reviews    []Review // of the deployments that it waited for
}

func (r WorkflowRun) attempt() int   { return max(r.Attempt, 1) }
func (r WorkflowRun) branch() string { return cmp.Or(r.Ref, defaultBranch) }

// Artifact is what a run left.
type Artifact struct {
	Name    string
	Zip     []byte
	Expired bool
	Digest  string // empty: GitHub doesn't say
}

// SetRuns replaces all runs. Later ones are newer.
func (h *Host) SetRuns(runs []WorkflowRun) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runs = slices.Clone(runs)
}

// status is how the run is, in the words of the API.
func (r WorkflowRun) status() string {
	if running(r.State) {
		return r.State
	}
	return "completed"
}

// started is when the newest attempt began.
func (r WorkflowRun) started() time.Time {
	if r.Started.IsZero() {
		return r.At
	}
	return r.Started
}

func (r WorkflowRun) event() string { return cmp.Or(r.Event, "push") }

// reviewed reports whether a deployment of the run was approved.
func (r WorkflowRun) reviewed() bool { return r.passed(true) || r.passed(false) }

// began is when a run was made.
func (h *Host) began(r WorkflowRun) time.Time {
	if !r.At.IsZero() {
		return r.At
	}
	commit, _ := h.opts.Code.find(r.Of)
	return commit.At
}
