package work

import (
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
)

// Change is what a deployment or a rollback does to an environment.
type Change struct {
	Environment string        `json:"environment"`
	From        build.Build   `json:"from"`           // what was live, as far as gonogo knew; for a rollback, as it found it
	Meant       build.Build   `json:"meant,omitzero"` // for a rollback that found something else: the version that was confirmed
	To          build.Build   `json:"to"`
	Reason      string        `json:"reason,omitempty"`      // why, for a rollback
	Incident    string        `json:"incident,omitempty"`    // what caused a rollback
	Stops       string        `json:"stops,omitempty"`       // the run whose deployment a rollback stops
	Overrode    *Lock         `json:"overrode,omitempty"`    // a person's lock that a rollback ignored
	Passes      []PassedHold  `json:"passes,omitempty"`      // other holds that a rollback ignored
	Rehearsal   bool          `json:"rehearsal,omitempty"`   // a rehearsal: the version that it leaves counts as before
	Auto        bool          `json:"auto,omitempty"`        // of a rollback: gonogo started it by itself
	Scheduled   string        `json:"scheduled,omitempty"`   // ID of the scheduled deployment that it was; empty: a person started it
	NoWayBack   bool          `json:"no_way_back,omitempty"` // that there is no way back was accepted
	Settles     string        `json:"settles,omitempty"`     // the choice, if a run only ends an earlier pin
	Deputy      string        `json:"deputy,omitempty"`      // role for which that person acted as a deputy
	Basis       *answer.Basis `json:"basis,omitempty"`       // what GO was decided on
	Override    *Override     `json:"override,omitempty"`    // of a deployment: what would have been NO-GO; nil: nothing
	Approvals   []string      `json:"approvals,omitempty"`

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // of a rollback, as in RunCancelAsked
}

// Override is what two people let a deployment go out past.
type Override struct {
	ID          string           `json:"id"`
	By          string           `json:"by"` // who asked for it
	ConfirmedBy string           `json:"confirmed_by"`
	Reason      string           `json:"reason"`
	Items       []OverriddenItem `json:"items"`
}

// OverriddenItem is one answer that didn't pass.
type OverriddenItem struct {
	Item        string `json:"item"`
	Environment string `json:"environment,omitempty"` // of an item that is asked once per environment
	Title       string `json:"title"`
	Why         string `json:"why"` // it doesn't pass, in a few words
}

// Went is what a change goes from and to. One that settles an earlier rollback by
// returning goes the other way.
func (c *Change) Went() (from, to build.Build) {
	if c.Settles == ChooseReturn {
		return c.To, c.From
	}
	return c.From, c.To
}

// Compared is the commits that a change brought, according to the repository.
type Compared struct {
	Ahead   int             `json:"ahead,omitempty"`   // how many it brought
	Behind  int             `json:"behind,omitempty"`  // how many it removed
	Commits []ChangedCommit `json:"commits,omitempty"` // the newest that it brought or, if it brought none, removed
	URL     string          `json:"url,omitempty"`     // where to read all of them
	Unknown string          `json:"unknown,omitempty"` // why it is not known, in a few words; empty: it is
}

// ChangedCommit is a commit as shown to people.
type ChangedCommit struct {
	SHA    string `json:"sha"`
	Title  string `json:"title"`
	Author string `json:"author,omitempty"`
	Why    string `json:"why,omitempty"` // why people should see it first, such as "changes db/migrations"; empty: no reason
}

// PassedHold is a hold that a rollback ignored.
type PassedHold struct {
	Hold   string    `json:"hold"` // its ID
	What   string    `json:"what"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since"`
}

// Lock blocks deployments to an environment.
type Lock struct {
	Claim  string    `json:"claim"` // "run/ID" of the run that holds it, or the key of the act with which a person took it
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Run    string    `json:"run,omitempty"` // the run that holds it; empty: a person does
	At     time.Time `json:"at"`
	Under  *Lock     `json:"-"` // a person's lock that a rollback ignored; it is restored afterwards

	Until    time.Time `json:"until,omitzero"` // when it ends by itself; zero: it doesn't
	Reminded time.Time `json:"-"`              // when whoever holds it was reminded last
}

// Over reports whether the lock's time is over.
func (l Lock) Over(now time.Time) bool { return !l.Until.IsZero() && !now.Before(l.Until) }
