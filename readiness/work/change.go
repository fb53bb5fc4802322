package work

import (
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
)

// Change is what a deployment or a rollback does to an environment.
type Change struct {
	Environment string        `json:"environment"`
	From        build.Build   `json:"from"`           // what was live, as far as gonogo knew; of a rollback, as it found it
	Meant       build.Build   `json:"meant,omitzero"` // of a rollback that found something else live: what it was confirmed to leave
	To          build.Build   `json:"to"`
	Reason      string        `json:"reason,omitempty"`      // why, for a rollback
	Incident    string        `json:"incident,omitempty"`    // what began a rollback
	Stops       string        `json:"stops,omitempty"`       // run of the deployment that a rollback stops
	Overrode    *Lock         `json:"overrode,omitempty"`    // a person's lock that a rollback went past
	Passes      []PassedHold  `json:"passes,omitempty"`      // other holds that a rollback went past
	Rehearsal   bool          `json:"rehearsal,omitempty"`   // a rollback that is only tried: the version that it leaves is as good as before
	NoWayBack   bool          `json:"no_way_back,omitempty"` // a first deployment: whoever started it accepted that there is no way back
	Settles     string        `json:"settles,omitempty"`     // what a person chose, where a run only ends the pin that an earlier rollback left
	Deputy      string        `json:"deputy,omitempty"`      // role for which whoever chose it acted as a deputy
	Basis       *answer.Basis `json:"basis,omitempty"`       // what GO was decided on
	Approvals   []string      `json:"approvals,omitempty"`

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // of a rollback, as in RunCancelAsked
}

// Went is what a change goes from and to. One that only settles an earlier
// rollback by returning goes the other way round.
func (c *Change) Went() (from, to build.Build) {
	if c.Settles == ChooseReturn {
		return c.To, c.From
	}
	return c.From, c.To
}

// Compared is which commits a change brought, as the repository tells.
type Compared struct {
	Ahead   int             `json:"ahead,omitempty"`   // how many it brought
	Behind  int             `json:"behind,omitempty"`  // how many it took back
	Commits []ChangedCommit `json:"commits,omitempty"` // the newest that it brought or, where it brought none, took back
	URL     string          `json:"url,omitempty"`     // where to read all of them
	Unknown string          `json:"unknown,omitempty"` // why it is not known, in a few words; empty: it is
}

// ChangedCommit is a commit as people tell it by.
type ChangedCommit struct {
	SHA    string `json:"sha"`
	Title  string `json:"title"`
	Author string `json:"author,omitempty"`
}

// PassedHold is a hold that a rollback went past.
type PassedHold struct {
	Hold   string    `json:"hold"` // its ID
	What   string    `json:"what"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since"`
}

// Lock keeps deployments off an environment.
type Lock struct {
	Claim  string    `json:"claim"` // "run/ID" of the run that holds it, or the key of the act by which a person took it
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Run    string    `json:"run,omitempty"` // the run that holds it; empty: a person does
	At     time.Time `json:"at"`
	Under  *Lock     `json:"-"` // a person's lock that a rollback went past; it comes back afterwards
}
