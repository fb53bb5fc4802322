package reply

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Actions are buttons. What a button does can also be typed.
type Actions []Button

// Button is an act to press.
type Button struct {
	Label   string // begins with a verb; at most 75 characters are shown
	Act     Act
	Style   Style
	Confirm string // a question that is asked first; empty: none
	Yes     string // the answer that confirms; empty: the Label
	No      string // the answer that doesn't; empty: "Keep as it is"
}

// Style is how much a button stands out; it never carries meaning alone.
type Style string

// The styles of a button.
const (
	Plain   Style = ""
	Primary Style = "primary"
	Danger  Style = "danger"
)

// MaxAct is how many characters an encoded act may have: a button's value in Slack
// can't be longer,
// https://docs.slack.dev/reference/block-kit/block-elements/button-element.
const MaxAct = 2000

// Act is one thing to do: a verb with its parameters by name. A button or a form
// carries it, so nothing that is pressed is parsed as a sentence. What a person
// types becomes the same Act by the usage of its verb.
//
// Which of the parameters a verb takes follows from its usage; an Act with others
// is refused.
type Act struct {
	Verb        string   `json:"verb"`              // its words, "ready check"
	Release     string   `json:"release,omitempty"` // version of the release that it is about
	Environment string   `json:"env,omitempty"`
	Items       []string `json:"items,omitempty"`  // by name: items, ITEM@ENV, sections
	Digest      string   `json:"digest,omitempty"` // of what was shown
	Run         string   `json:"run,omitempty"`
	Plan        string   `json:"plan,omitempty"`
	Runbook     string   `json:"runbook,omitempty"`
	Incident    string   `json:"incident,omitempty"`
	Trigger     string   `json:"trigger,omitempty"`
	Storm       string   `json:"storm,omitempty"` // of incidents
	Seen        string   `json:"seen,omitempty"`  // the newest news of the storm that was shown
	From        string   `json:"from,omitempty"`  // version to roll back from
	To          string   `json:"to,omitempty"`    // version to roll back to
	Commit      string   `json:"commit,omitempty"`
	Kind        string   `json:"kind,omitempty"`   // of a release
	Until       string   `json:"until,omitempty"`  // a day, 2026-12-31
	Page        string   `json:"page,omitempty"`   // of a report
	Before      string   `json:"before,omitempty"` // number of a record
	Hold        string   `json:"hold,omitempty"`
	DryRun      bool     `json:"dry_run,omitempty"`
	Rehearsal   bool     `json:"rehearsal,omitempty"`   // of a rollback: only a rehearsal
	TakeOver    bool     `json:"take_over,omitempty"`   // of a lock: another person's is replaced
	NoWayBack   bool     `json:"no_way_back,omitempty"` // of a deployment: that there is no way back was accepted
	Text        string   `json:"text,omitempty"`        // reason, comment or note
}

// Do is an act of a verb on items or sections.
func Do(verb string, items ...string) Act { return Act{Verb: verb, Items: items} }

// DoOn is an act of a verb on an environment.
func DoOn(verb, env string) Act { return Act{Verb: verb, Environment: env} }

// Encode writes an act for a button or a form. ok is false if it is longer than a
// button can carry, which only free text can cause.
func (a Act) Encode() (value string, ok bool) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // it would turn < into six characters
	if err := enc.Encode(a); err != nil {
		return "", false
	}
	value = strings.TrimSuffix(out.String(), "\n")
	return value, utf8.RuneCountInString(value) <= MaxAct
}

// ErrOtherVersion says that what a button carries was written by another version of
// gonogo, or by somebody else.
var ErrOtherVersion = errors.New("not an act of this version")

// DecodeAct reads what Encode wrote. An unknown field, or anything after the act, is an
// error that wraps ErrOtherVersion.
func DecodeAct(value string) (Act, error) {
	var a Act
	dec := json.NewDecoder(strings.NewReader(value))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		return Act{}, fmt.Errorf("%w: %w", ErrOtherVersion, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Act{}, fmt.Errorf("%w: something follows it", ErrOtherVersion)
	}
	return a, nil
}
