package github

import (
	"slices"
	"time"
)

// Check is a check run, or a commit status.
type Check struct {
	Name string // of the check run, or the context of the status
	App  string // the slug of the App that made it; empty: a commit status
	Of   string // SHA of its commit; empty: every commit has it

	// Suite tells check suites apart, which a commit has one of for each run of a
	// workflow. Of the check runs of one suite that have the same name, GitHub lists
	// only the latest.
	Suite int

	// State is how it is. Of a check run it is queued or in_progress, or its
	// conclusion; of a status pending, success, failure or error.
	State string
	At    time.Time // when it began; zero: when its commit was made
}

// over reports whether a check run has ended.
func (c Check) over() bool { return c.State != "queued" && c.State != "in_progress" }

// SetChecks replaces all checks. Later ones are newer.
func (h *Host) SetChecks(checks []Check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = slices.Clone(checks)
}

// numbered is a check with its ID.
type numbered struct {
	Check
	id int64
}

// checksOf are the check runs of a commit, or its statuses, the newest first, of which
// each suite and name, or each context, has one.
func (h *Host) checksOf(commit Commit, runs bool) []numbered {
	type key struct {
		suite     int
		name, app string
	}
	seen := map[key]bool{}
	var found []numbered
	for i, check := range slices.Backward(h.checks) {
		if check.Of != "" && check.Of != commit.SHA || (check.App != "") != runs || seen[key{check.Suite, check.Name, check.App}] {
			continue
		}
		seen[key{check.Suite, check.Name, check.App}] = true
		if check.At.IsZero() {
			check.At = commit.At
		}
		found = append(found, numbered{check, id(commit.SHA)*1000 + int64(i) + 1})
	}
	return found
}
