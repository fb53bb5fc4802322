package event

import "time"

// The events of postmortems: what people talk about after a rollback.

// PostmortemOpened says that a rollback is to be examined.
type PostmortemOpened struct {
	Rollback    string `json:"rollback"` // its run
	Environment string `json:"environment"`
	From        string `json:"from"` // version that was rolled back
	To          string `json:"to"`
	Incident    string `json:"incident,omitempty"` // empty: a person asked for the rollback
}

// PostmortemPlanned says on which day a postmortem takes place.
type PostmortemPlanned struct {
	Rollback string    `json:"rollback"`
	On       time.Time `json:"on"` // the day, as 00:00 UTC of it
	By       string    `json:"by"`
}

// PostmortemEnded says that a postmortem is done.
type PostmortemEnded struct {
	Rollback string `json:"rollback"`
	By       string `json:"by,omitempty"` // empty: its issue was closed
	Note     string `json:"note,omitempty"`
}

// PostmortemIssueIntended is the intent to do something to the issue of a postmortem.
type PostmortemIssueIntended struct {
	Rollback string   `json:"rollback"`
	Act      IssueAct `json:"act"`
}

// PostmortemIssueWritten is the result, or what was read of the issue since.
type PostmortemIssueWritten struct {
	Rollback  string    `json:"rollback"`
	Act       IssueAct  `json:"act,omitempty"` // empty: it was only read
	Number    int       `json:"number"`
	URL       string    `json:"url"`
	Open      bool      `json:"open"`
	Said      string    `json:"said"`                 // digest of what it says
	FollowUps []string  `json:"follow_ups,omitempty"` // open tasks in it
	Away      IssueAway `json:"away,omitempty"`       // nothing is written to it any more
}
