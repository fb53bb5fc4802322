package event

import (
	"time"

	"gonogo/readiness/work"
)

// The events of deployment reviews: workflow runs at GitHub that wait for the reviewers
// of an environment, which gonogo is one of. A review is one attempt of one run.

// ReviewFound says that a workflow run waits.
type ReviewFound struct {
	Review      string    `json:"review"`      // ID: the environment, the run and its attempt, such as production/123/1
	Environment string    `json:"environment"` // of gonogo's configuration
	Run         int64     `json:"run"`
	Attempt     int       `json:"attempt"`
	Release     string    `json:"release"`
	Commit      string    `json:"commit"`
	Title       string    `json:"title"`
	URL         string    `json:"url"`
	By          string    `json:"by"` // login of who started the attempt
	Began       time.Time `json:"began"`
	Deployment  string    `json:"deployment,omitempty"` // ID of the run of gonogo's that started it; empty: somebody else did
	Given       int       `json:"given,omitempty"`      // answers to the run that the environment had already, those of earlier attempts
}

// ReviewRequested says that GitHub asked gonogo's protection rule about a workflow run. It
// is looked up before anything else is recorded of it.
type ReviewRequested struct {
	Delivery    string `json:"delivery"`    // GitHub's ID of the delivery
	Environment string `json:"environment"` // of gonogo's configuration
	Run         int64  `json:"run"`
}

// ReviewCompared says which commits would go out.
type ReviewCompared struct {
	Review   string        `json:"review"`
	Since    string        `json:"since,omitempty"` // commit that is live, as far as GitHub knows; empty: none
	Compared work.Compared `json:"compared"`
}

// ReviewDelayed says why a review isn't answered although it could be.
type ReviewDelayed struct {
	Review string `json:"review"`
	Why    string `json:"why,omitempty"` // a sentence without its dot; empty: nothing delays it any more
}

// ReviewIntended is recorded before GitHub is sent an answer.
type ReviewIntended struct {
	Review  string `json:"review"`
	Approve bool   `json:"approve,omitempty"` // false: it is rejected
	Comment string `json:"comment"`
}

// ReviewReportIntended is recorded before GitHub is told why a run waits for gonogo's
// protection rule.
type ReviewReportIntended struct {
	Review  string `json:"review"`
	Comment string `json:"comment"`
}

// ReviewReported says that GitHub has the last intended report, or doesn't take it.
type ReviewReported struct {
	Review  string `json:"review"`
	Refused string `json:"refused,omitempty"` // why GitHub doesn't take it
}

// ReviewRejectionAsked says that a person wants a deployment rejected.
type ReviewRejectionAsked struct {
	Review string `json:"review"`
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// ReviewOutcome is how a review ended.
type ReviewOutcome string

// The outcomes of reviews.
const (
	ReviewApproved   ReviewOutcome = "approved"
	ReviewRejected   ReviewOutcome = "rejected"
	ReviewSuperseded ReviewOutcome = "superseded" // a newer run waits or went out; GitHub still waits
	ReviewOver       ReviewOutcome = "over"       // the run no longer waits, without an answer
)

// ReviewEnded says that gonogo has nothing more to answer.
type ReviewEnded struct {
	Review  string        `json:"review"`
	Outcome ReviewOutcome `json:"outcome"`
	By      string        `json:"by,omitempty"`  // login of who answered at GitHub; empty: gonogo, or nobody
	Why     string        `json:"why,omitempty"` // the end of a sentence
}
