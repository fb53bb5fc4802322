package github

import (
	"slices"
)

// WorkflowRun is a run of a workflow in GitHub Actions.
type WorkflowRun struct {
	Workflow  string // the name of its file, such as ci.yml
	Of        string // SHA of its commit
	Event     string // what started it; empty: push
	State     string // queued or in_progress, or its conclusion; empty: success
	Fork      bool   // the commit came from another repository
	Artifacts []Artifact
}

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
