package commands

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxAct is how many characters an encoded act may have: Slack carries no more
// in the value of a button,
// https://docs.slack.dev/reference/block-kit/block-elements/button-element.
const MaxAct = 2000

// Act is one thing to do: a verb with its parameters by name. A button or a form
// carries it, so nothing that is pressed is parsed as a sentence. What a person
// types becomes the same Act by the usage of its verb, and Typed writes it back.
//
// Which of the parameters a verb takes follows from its usage in the list of
// verbs; an Act with others is refused.
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
	From        string   `json:"from,omitempty"` // version to leave
	To          string   `json:"to,omitempty"`   // version to go back to
	Commit      string   `json:"commit,omitempty"`
	Kind        string   `json:"kind,omitempty"`   // of a release
	Until       string   `json:"until,omitempty"`  // a day, 2026-12-31
	Page        string   `json:"page,omitempty"`   // of a report
	Before      string   `json:"before,omitempty"` // number of a record
	Hold        string   `json:"hold,omitempty"`
	DryRun      bool     `json:"dry_run,omitempty"`
	Rehearsal   bool     `json:"rehearsal,omitempty"`   // of a rollback: only tried
	NoWayBack   bool     `json:"no_way_back,omitempty"` // of a deployment: that there is no way back is accepted
	Text        string   `json:"text,omitempty"`        // reason, comment or note
}

// say is a verb with the items or sections that it is about.
func say(verb string, items ...string) Act { return Act{Verb: verb, Items: items} }

// on is a verb with the environment that it is about.
func on(verb, env string) Act { return Act{Verb: verb, Environment: env} }

// Item is the one item, section or other name that an act is about, or "".
func (a Act) item() string {
	if len(a.Items) == 0 {
		return ""
	}
	return a.Items[0]
}

// Encode writes an act for a button or a form. ok is false when it is longer
// than a button can carry; only free text makes it so.
func (a Act) Encode() (value string, ok bool) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // it would make < six characters
	if err := enc.Encode(a); err != nil {
		return "", false
	}
	value = strings.TrimSuffix(out.String(), "\n")
	return value, utf8.RuneCountInString(value) <= MaxAct
}

// errOtherVersion says that what a button carries was not written by this
// version of gonogo, or not by gonogo.
var errOtherVersion = errors.New("not an act of this version")

// DecodeAct reads what Encode wrote. It is strict: an unknown field or verb, or a
// parameter that the verb does not take, is an error. Values of messages that an
// earlier version sent are sentences; they are read too.
func DecodeAct(value string) (Act, error) {
	if !strings.HasPrefix(value, "{") {
		return decodeSentence(value)
	}
	var a Act
	dec := json.NewDecoder(strings.NewReader(value))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		return Act{}, fmt.Errorf("%w: %w", errOtherVersion, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Act{}, fmt.Errorf("%w: something follows it", errOtherVersion)
	}
	v, ok := verbNamed(a.Verb)
	if !ok {
		return Act{}, fmt.Errorf("%w: verb %q", errOtherVersion, a.Verb)
	}
	if name := v.excess(a); name != "" {
		return Act{}, fmt.Errorf("%w: %q takes no %s", errOtherVersion, a.Verb, name)
	}
	return a, nil
}

// excess names a parameter that an act has and its verb does not take, or "".
func (v verb) excess(a Act) string {
	for _, name := range slices.Sorted(parameterNames()) {
		if a.value(name) != nil && !v.takes(name) {
			return name
		}
	}
	return ""
}

// parameters is the one list of what can follow a verb: the name that stands in
// a usage, and where an Act keeps it.
var parameters = map[string]func(*Act) *string{
	"ENV":          func(a *Act) *string { return &a.Environment },
	"VERSION":      func(a *Act) *string { return &a.Release },
	"to VERSION":   func(a *Act) *string { return &a.To },
	"from VERSION": func(a *Act) *string { return &a.From },
	"COMMIT":       func(a *Act) *string { return &a.Commit },
	"KIND":         func(a *Act) *string { return &a.Kind },
	"DIGEST":       func(a *Act) *string { return &a.Digest },
	"RUN":          func(a *Act) *string { return &a.Run },
	"PLAN":         func(a *Act) *string { return &a.Plan },
	"RUNBOOK":      func(a *Act) *string { return &a.Runbook },
	"INCIDENT":     func(a *Act) *string { return &a.Incident },
	"DATE":         func(a *Act) *string { return &a.Until },
	timeName:       func(a *Act) *string { return &a.Until },
	"HOLD":         func(a *Act) *string { return &a.Hold },
	"PAGE":         func(a *Act) *string { return &a.Page },
	"NUMBER":       func(a *Act) *string { return &a.Before },
	"REASON":       func(a *Act) *string { return &a.Text },
}

// switches are the options that are said or not.
var switches = map[string]func(*Act) *bool{
	"--dry-run":     func(a *Act) *bool { return &a.DryRun },
	"--rehearsal":   func(a *Act) *bool { return &a.Rehearsal },
	"--no-way-back": func(a *Act) *bool { return &a.NoWayBack },
}

// parameterNames are the names of all parameters: those of the lists, and that of
// items, which are several.
func parameterNames() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(itemsName) {
			return
		}
		for name := range switches {
			if !yield(name) {
				return
			}
		}
		for name := range parameters {
			if !yield(name) {
				return
			}
		}
	}
}

const (
	itemsName = "ITEM"
	timeName  = "TIME" // one word or two, "Fri 16:00"
)

// value is what an act has for a parameter; nil: nothing.
func (a Act) value(name string) []string {
	if name == itemsName {
		return a.Items
	}
	if on, is := switches[name]; is {
		if *on(&a) {
			return []string{""}
		}
		return nil
	}
	if s := *parameters[name](&a); s != "" {
		return []string{s}
	}
	return nil
}

// set gives an act a parameter; a second value is added to items only.
func (a *Act) set(name, value string) {
	if on, is := switches[name]; is {
		*on(a) = true
		return
	}
	if name == itemsName {
		a.Items = append(slices.Clip(a.Items), value)
		return
	}
	*parameters[name](a) = value
}

// formValues are the inputs of forms whose values are parameters of the act.
var formValues = map[string]string{"environment": "ENV", "version": "VERSION", "commit": "COMMIT", "until": "DATE", "kind": "KIND", "item": itemsName,
	"reason": "REASON", "comment": "REASON", "note": "REASON"}

// filled is an act with the values of the form that was submitted with it.
func (a Act) filled(form map[string]string) Act {
	for input, name := range formValues {
		if value, ok := form[input]; ok {
			a.clear(name)
			if value = strings.TrimSpace(value); value != "" {
				a.set(name, value)
			}
		}
	}
	return a
}

// Carried is what a form has to carry: its act without the parameters that its
// inputs ask for, since these come back with the values.
func (f Form) Carried() Act {
	act := f.Act
	for _, in := range f.Inputs {
		if name, ok := formValues[in.Name]; ok {
			act.clear(name)
		}
	}
	return act
}

// clear takes a parameter from an act.
func (a *Act) clear(name string) {
	if on, is := switches[name]; is {
		*on(a) = false
		return
	}
	if name == itemsName {
		a.Items = nil
		return
	}
	*parameters[name](a) = ""
}

// choosable are the parameters that tell apart the buttons of a question, and
// the inputs that ask for them.
var choosable = []struct{ name, input, label string }{
	{"VERSION", "version", "Release"}, {"ENV", "environment", "Environment"}, {itemsName, "item", "Item"},
}

// fitting is a reply in which everything can be pressed. Buttons whose free text
// is longer than a button can carry become a form that has it filled in.
func fitting(r Reply) Reply {
	var long []Button
	for _, part := range r.Parts {
		actions, _ := part.(Actions)
		for _, b := range actions {
			if _, ok := b.Act.Encode(); !ok {
				long = append(long, b)
			}
		}
	}
	if len(long) == 0 || r.Form != nil {
		return r
	}
	form := Form{Title: short(r.Title, 24), Submit: "Go on", Act: long[0].Act}
	for _, by := range choosable {
		if options := choices(long, by.name); len(long) > 1 && len(options) == len(long) {
			form.Inputs = append(form.Inputs, Input{Name: by.input, Label: by.label, Kind: Choice, Options: options, Initial: options[0].Value})
			break
		}
	}
	form.Inputs = append(form.Inputs, Input{Name: "reason", Label: "What you wrote", Kind: LongText, Initial: long[0].Act.Text})
	r.Form = &form
	return r
}

// choices are the values that buttons have for a parameter, each once.
func choices(buttons []Button, name string) []Option {
	var options []Option
	for _, b := range buttons {
		values := b.Act.value(name)
		if len(values) != 1 {
			return nil
		}
		option := Option{values[0], b.Label}
		if !slices.ContainsFunc(options, func(o Option) bool { return o.Value == option.Value }) {
			options = append(options, option)
		}
	}
	return options
}
