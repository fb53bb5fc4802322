package event

import (
	"encoding/json"
	"strings"
	"time"

	"gonogo/readiness/answer"
)

// Event is something that happened. Events are facts in the past tense; they
// are appended to the ledger and never changed. Their JSON form is kept for
// the ledger's life: fields are added, never renamed.
type Event interface {
	// Kind is the event's type in the ledger.
	Kind() string
}

// ReleaseOpened opens a release, or reopens one with its earlier answers. A command
// that names no release means the one opened last.
type ReleaseOpened struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`  // empty: unknown
	By      string `json:"by,omitempty"`      // empty: gonogo itself
	Channel string `json:"channel,omitempty"` // Slack channel it was opened in

	ReleaseKind string `json:"release_kind,omitempty"` // of the configuration's release kinds; empty: the usual one

	// Beside says that other releases stay open, except for those in Closes. Events
	// from before several releases could be open lack it and close all.
	Beside bool     `json:"beside,omitempty"`
	Closes []string `json:"closes,omitempty"` // versions that this opening supersedes
}

// ReleaseClosed closes a release. Its answers are kept, and opening it again
// brings them back.
type ReleaseClosed struct {
	Release string `json:"release"`
	By      string `json:"by"`
	Reason  string `json:"reason,omitempty"`
}

// AnswersBound binds answers from before questions had definitions to the questions of
// a configuration.
type AnswersBound struct {
	Definitions map[string]answer.Definition `json:"definitions"` // by item, or by Key.String() if an environment has settings of its own
	Gates       map[string]string            `json:"gates"`       // by environment: what a basis from then must say to stay valid
}

// Definition is the question behind an answer, by Key.String().
func (e AnswersBound) Definition(key string) answer.Definition {
	if own, ok := e.Definitions[key]; ok {
		return own
	}
	item, _, _ := strings.Cut(key, "@")
	return e.Definitions[item]
}

// QuestionsKept records a person's word that items ask the same as before in other
// words, so their answers stay valid.
type QuestionsKept struct {
	Release string                       `json:"release"`
	Items   map[string]answer.Definition `json:"items"` // by item: the question as it is now
	By      string                       `json:"by"`
}

// EvidenceRecorded answers an item outside a run: a person checked or skipped it.
type EvidenceRecorded struct {
	Release     string          `json:"release"`
	Item        string          `json:"item"`
	Environment string          `json:"environment,omitempty"`
	Evidence    answer.Evidence `json:"evidence"`
	Scheduled   bool            `json:"scheduled,omitempty"` // found by a scheduled check
}

// ItemUnchecked takes back an item's answer.
type ItemUnchecked struct {
	Release     string `json:"release"`
	Item        string `json:"item"`
	Environment string `json:"environment,omitempty"`
	By          string `json:"by"`
}

// SignOffAsked puts a release before the roles of an environment.
type SignOffAsked struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	By          string `json:"by"`
}

// SignOffGiven is one role's approval or rejection, with its basis.
type SignOffGiven struct {
	Release     string       `json:"release"`
	Environment string       `json:"environment"`
	Role        string       `json:"role"`
	By          string       `json:"by"`
	Approved    bool         `json:"approved"`
	Comment     string       `json:"comment,omitempty"`
	Basis       answer.Basis `json:"basis"`
	Deputy      bool         `json:"deputy,omitempty"` // By stood in for the role as a deputy
}

// SignOffRevoked takes a sign-off back.
type SignOffRevoked struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Role        string `json:"role"`
	By          string `json:"by"`
}

// ItemFlipped says that a scheduled check changed an answer's result from passing to
// not passing, or back.
type ItemFlipped struct {
	Release     string         `json:"release"`
	Item        string         `json:"item"`
	Environment string         `json:"environment,omitempty"`
	Verdict     answer.Verdict `json:"verdict"`
	Summary     string         `json:"summary,omitempty"`
}

// Nudged asks the people responsible for an answer to act; without an item, those whose
// sign-offs an environment lacks.
type Nudged struct {
	Release     string `json:"release"`
	Item        string `json:"item,omitempty"`
	Environment string `json:"environment,omitempty"`
	By          string `json:"by"`
}

// StatusSeen remembers that a person looked at the status. It is written once
// in some minutes.
type StatusSeen struct {
	By string `json:"by"`
}

// WaiverGiven lets an item count as met for one environment until a moment, on
// a person's word. It takes the place of an earlier one.
type WaiverGiven struct {
	Release     string        `json:"release"`
	Item        string        `json:"item"`
	Environment string        `json:"environment"`
	Reason      string        `json:"reason"`
	Until       time.Time     `json:"until"`
	By          string        `json:"by"`
	Shown       *answer.Shown `json:"shown,omitempty"` // what was waived; nil in ledgers from before it was recorded
}

// WaiverRevoked takes a waiver back.
type WaiverRevoked struct {
	Release     string `json:"release"`
	Item        string `json:"item"`
	Environment string `json:"environment"`
	By          string `json:"by"`
}

// CommitFound is the commit of a release that was opened without one.
type CommitFound struct {
	Release string `json:"release"`
	Commit  string `json:"commit"`
}

// TagMoved says that the tag of a release's version names another commit than
// it did, or than the release was opened with.
type TagMoved struct {
	Release string `json:"release"`
	Was     string `json:"was"`
	Is      string `json:"is"`
}

// AnchorPosted records the message that shows a subject, so that it is found again
// after a crash, and what it shows once that is final, so that it isn't sent again
// after each start.
type AnchorPosted struct {
	Subject string `json:"subject"` // "run/ID", "signoff/RELEASE/ENVIRONMENT", "incident/ID"
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Shows   string `json:"shows,omitempty"` // digest of a final state; empty: of one that may change, or not known

	// Repeated says that the last PostIntended of the subject may have been carried out
	// more than once, so that copies of the message may still arrive.
	Repeated bool `json:"repeated,omitempty"`
}

// PostIntended says that a message is about to be posted, or a file about to be
// shared, so that Slack is searched for it before it is posted again.
type PostIntended struct {
	Subject string `json:"subject"` // as in AnchorPosted
	Channel string `json:"channel"`
	Thread  string `json:"thread,omitempty"` // timestamp of the message above it
	Mark    string `json:"mark,omitempty"`   // in the message's metadata; empty: it is a file
	File    string `json:"file,omitempty"`   // Slack's ID of the file

	// Worsened is when an alert got worse last of what the message says; zero: none did.
	Worsened time.Time `json:"worsened,omitzero"`
}

// PostRefused says that Slack refuses a message about an alert or a run, for a reason that
// asking again doesn't help. It is over with the subject's next AnchorPosted.
type PostRefused struct {
	Subject string `json:"subject"`           // as in AnchorPosted
	Channel string `json:"channel,omitempty"` // empty: Slack refuses messages in every channel
	Why     string `json:"why"`               // the end of a sentence, with the next step
}

// Unknown is an event of a newer gonogo: kept as it was written, and ignored.
type Unknown struct {
	Type string
	Data json.RawMessage
}
