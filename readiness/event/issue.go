package event

import (
	"time"
)

// IssueAct is something done to an issue.
type IssueAct string

// The acts.
const (
	OpenIssue   IssueAct = "open"
	UpdateIssue IssueAct = "update"
	CloseIssue  IssueAct = "close"
	ReopenIssue IssueAct = "reopen"
	JoinIssue   IssueAct = "join" // nothing is written: another answer's issue lists this one from now on
)

// IssueAway is why gonogo can't keep an issue any longer, though its gate may
// still fail.
type IssueAway string

// Why an issue is away.
const (
	IssueMoved   IssueAway = "moved"   // transferred to another repository
	IssueLocked  IssueAway = "locked"  // only people with write access may comment
	IssueDeleted IssueAway = "deleted" // or transferred to where gonogo has no access
)

// IssueIntended is the intent to do something to the issue of an answer.
type IssueIntended struct {
	Item        string   `json:"item"`
	Environment string   `json:"environment,omitempty"`
	Act         IssueAct `json:"act"`
}

// IssueWritten is the result. An issue that moved away was not written to.
type IssueWritten struct {
	Item        string    `json:"item"`
	Environment string    `json:"environment,omitempty"`
	Act         IssueAct  `json:"act"`
	Number      int       `json:"number"`
	URL         string    `json:"url"`
	Open        bool      `json:"open"`
	Said        string    `json:"said"`           // digest of what it says
	Lead        string    `json:"lead,omitempty"` // the answer whose issue this is, "item@environment"; empty: this one's own
	Away        IssueAway `json:"away,omitempty"` // the next failure opens another; empty: it is where it was
}

// IssueDelayed says that an issue has to wait.
type IssueDelayed struct {
	Item        string    `json:"item"`
	Environment string    `json:"environment,omitempty"`
	Why         string    `json:"why"`
	Until       time.Time `json:"until,omitzero"`
}
