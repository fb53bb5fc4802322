package readiness

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Event is something that happened. Events are facts in the past tense; they
// are appended to the ledger and never changed. Their JSON form is kept for
// the ledger's life: fields are added, never renamed.
type Event interface {
	// Kind is the event's type in the ledger.
	Kind() string
}

// ReleaseOpened makes a release the open one. What an earlier release had does
// not carry over.
type ReleaseOpened struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"` // empty: unknown
	By      string `json:"by,omitempty"`     // empty: gonogo itself
}

// EvidenceRecorded answers an item outside a run: a person checked or skipped it.
type EvidenceRecorded struct {
	Release     string   `json:"release"`
	Item        string   `json:"item"`
	Environment string   `json:"environment,omitempty"`
	Evidence    Evidence `json:"evidence"`
}

// ItemUnchecked takes back what was answered for an item.
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

// SignOffGiven is one role's approval or rejection, with what it was given on.
type SignOffGiven struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Role        string `json:"role"`
	By          string `json:"by"`
	Approved    bool   `json:"approved"`
	Comment     string `json:"comment,omitempty"`
	Basis       Basis  `json:"basis"`
}

// SignOffRevoked takes a sign-off back.
type SignOffRevoked struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Role        string `json:"role"`
	By          string `json:"by"`
}

// EnvironmentAdopted declares a version to be live and known good on an
// environment, on a person's word.
type EnvironmentAdopted struct {
	Environment string `json:"environment"`
	Version     string `json:"version"`
	Commit      string `json:"commit,omitempty"`
	By          string `json:"by"`
}

// RunStarted opens a run with all the steps it means to do.
type RunStarted struct {
	Run     string   `json:"run"`
	What    string   `json:"what"`  // one of the run kinds: gates, …
	Title   string   `json:"title"` // for people: "all gates", "section tests"
	Release string   `json:"release"`
	By      string   `json:"by,omitempty"`
	Channel string   `json:"channel,omitempty"` // where it was asked for
	Steps   []string `json:"steps"`             // names, unique in the run; for gates, Key.String()
}

// StepStarted is the intent to do a step, written before its effect.
type StepStarted struct {
	Run  string `json:"run"`
	Step string `json:"step"`
}

// StepEnded is the outcome of a step. For a gate it is evidence for its item.
type StepEnded struct {
	Run         string   `json:"run"`
	Step        string   `json:"step"`
	Item        string   `json:"item,omitempty"`
	Environment string   `json:"environment,omitempty"`
	Evidence    Evidence `json:"evidence"`
}

// RunCancelAsked is a person's wish that a run stop.
type RunCancelAsked struct {
	Run string `json:"run"`
	By  string `json:"by"`
}

// RunEnded closes a run.
type RunEnded struct {
	Run     string  `json:"run"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // one sentence, where the outcome needs one
}

// AnchorPosted remembers the message that shows a subject, so that it is found
// again after a crash.
type AnchorPosted struct {
	Subject string `json:"subject"` // "run/ID", "signoff/RELEASE/ENVIRONMENT"
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// Unknown is an event of a newer gonogo: kept as it was written, and ignored.
type Unknown struct {
	Type string
	Data json.RawMessage
}

// Kind implements [Event].
func (ReleaseOpened) Kind() string      { return "release.opened" }
func (EvidenceRecorded) Kind() string   { return "evidence.recorded" }
func (ItemUnchecked) Kind() string      { return "item.unchecked" }
func (SignOffAsked) Kind() string       { return "signoff.asked" }
func (SignOffGiven) Kind() string       { return "signoff.given" }
func (SignOffRevoked) Kind() string     { return "signoff.revoked" }
func (EnvironmentAdopted) Kind() string { return "environment.adopted" }
func (RunStarted) Kind() string         { return "run.started" }
func (StepStarted) Kind() string        { return "run.step_started" }
func (StepEnded) Kind() string          { return "run.step_ended" }
func (RunCancelAsked) Kind() string     { return "run.cancel_asked" }
func (RunEnded) Kind() string           { return "run.ended" }
func (AnchorPosted) Kind() string       { return "anchor.posted" }
func (u Unknown) Kind() string          { return u.Type }

// decoders is the one list of event types; a new event is one line here.
var decoders = map[string]func([]byte) (Event, error){
	ReleaseOpened{}.Kind():      decode[ReleaseOpened],
	EvidenceRecorded{}.Kind():   decode[EvidenceRecorded],
	ItemUnchecked{}.Kind():      decode[ItemUnchecked],
	SignOffAsked{}.Kind():       decode[SignOffAsked],
	SignOffGiven{}.Kind():       decode[SignOffGiven],
	SignOffRevoked{}.Kind():     decode[SignOffRevoked],
	EnvironmentAdopted{}.Kind(): decode[EnvironmentAdopted],
	RunStarted{}.Kind():         decode[RunStarted],
	StepStarted{}.Kind():        decode[StepStarted],
	StepEnded{}.Kind():          decode[StepEnded],
	RunCancelAsked{}.Kind():     decode[RunCancelAsked],
	RunEnded{}.Kind():           decode[RunEnded],
	AnchorPosted{}.Kind():       decode[AnchorPosted],
}

func decode[E Event](data []byte) (Event, error) {
	var e E
	err := json.Unmarshal(data, &e)
	return e, err
}

// EncodeEvent writes an event's data as JSON.
func EncodeEvent(e Event) (json.RawMessage, error) {
	if u, ok := e.(Unknown); ok {
		return u.Data, nil
	}
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Kind(), err)
	}
	return data, nil
}

// DecodeEvent reads an event as EncodeEvent wrote it. A type that this gonogo
// does not know comes back as [Unknown].
func DecodeEvent(kind string, data json.RawMessage) (Event, error) {
	read, ok := decoders[kind]
	if !ok {
		return Unknown{Type: kind, Data: bytes.Clone(data)}, nil
	}
	e, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	return e, nil
}
