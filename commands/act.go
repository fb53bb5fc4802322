package commands

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
)

// DecodeAct reads what Act.Encode wrote. It is strict: an unknown field or verb, or a
// parameter that the verb does not take, is an error. Values of messages that an
// earlier version sent are sentences; they are read too.
func DecodeAct(value string) (reply.Act, error) {
	if !strings.HasPrefix(value, "{") {
		return decodeSentence(value)
	}
	a, err := reply.DecodeAct(value)
	if err != nil {
		return reply.Act{}, err
	}
	v, ok := verbNamed(a.Verb)
	if !ok {
		return reply.Act{}, fmt.Errorf("%w: verb %q", reply.ErrOtherVersion, a.Verb)
	}
	if name := v.excess(a); name != "" {
		return reply.Act{}, fmt.Errorf("%w: %q takes no %s", reply.ErrOtherVersion, a.Verb, name)
	}
	return a, nil
}

// excess names a parameter that an act has and its verb does not take, or "".
func (v verb) excess(a reply.Act) string {
	for _, name := range slices.Sorted(parameterNames()) {
		if valueOf(a, name) != nil && !v.takes(name) {
			return name
		}
	}
	return ""
}

// parameters is the one list of what can follow a verb: the name that stands in
// a usage, and where an Act keeps it.
var parameters = map[string]func(*reply.Act) *string{
	"ENV":          func(a *reply.Act) *string { return &a.Environment },
	"VERSION":      func(a *reply.Act) *string { return &a.Release },
	"to VERSION":   func(a *reply.Act) *string { return &a.To },
	"from VERSION": func(a *reply.Act) *string { return &a.From },
	"COMMIT":       func(a *reply.Act) *string { return &a.Commit },
	"KIND":         func(a *reply.Act) *string { return &a.Kind },
	"DIGEST":       func(a *reply.Act) *string { return &a.Digest },
	"RUN":          func(a *reply.Act) *string { return &a.Run },
	"PLAN":         func(a *reply.Act) *string { return &a.Plan },
	"RUNBOOK":      func(a *reply.Act) *string { return &a.Runbook },
	"INCIDENT":     func(a *reply.Act) *string { return &a.Incident },
	"DATE":         func(a *reply.Act) *string { return &a.Until },
	timeName:       func(a *reply.Act) *string { return &a.Until },
	"HOLD":         func(a *reply.Act) *string { return &a.Hold },
	"PAGE":         func(a *reply.Act) *string { return &a.Page },
	"NUMBER":       func(a *reply.Act) *string { return &a.Before },
	"REASON":       func(a *reply.Act) *string { return &a.Text },
}

// switches are the options that are said or not.
var switches = map[string]func(*reply.Act) *bool{
	"--dry-run":     func(a *reply.Act) *bool { return &a.DryRun },
	"--rehearsal":   func(a *reply.Act) *bool { return &a.Rehearsal },
	"--no-way-back": func(a *reply.Act) *bool { return &a.NoWayBack },
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

// valueOf is what an act has for a parameter; nil: nothing.
func valueOf(a reply.Act, name string) []string {
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

// setParameter gives an act a parameter; a second value is added to items only.
func setParameter(a *reply.Act, name, value string) {
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
func filled(a reply.Act, form map[string]string) reply.Act {
	for input, name := range formValues {
		if value, ok := form[input]; ok {
			clearParameter(&a, name)
			if value = strings.TrimSpace(value); value != "" {
				setParameter(&a, name, value)
			}
		}
	}
	return a
}

// Carried is what a form has to carry: its act without the parameters that its
// inputs ask for, since these come back with the values.
func Carried(f *reply.Form) reply.Act {
	act := f.Act
	for _, in := range f.Inputs {
		if name, ok := formValues[in.Name]; ok {
			clearParameter(&act, name)
		}
	}
	return act
}

// clearParameter takes a parameter from an act.
func clearParameter(a *reply.Act, name string) {
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
func fitting(r reply.Reply) reply.Reply {
	var long []reply.Button
	for _, part := range r.Parts {
		actions, _ := part.(reply.Actions)
		for _, b := range actions {
			if _, ok := b.Act.Encode(); !ok {
				long = append(long, b)
			}
		}
	}
	if len(long) == 0 || r.Form != nil {
		return r
	}
	form := reply.Form{Title: reply.Shorten(r.Title, 24), Submit: "Go on", Act: long[0].Act}
	for _, by := range choosable {
		if options := choices(long, by.name); len(long) > 1 && len(options) == len(long) {
			form.Inputs = append(form.Inputs, reply.Input{Name: by.input, Label: by.label, Kind: reply.Choice, Options: options, Initial: options[0].Value})
			break
		}
	}
	form.Inputs = append(form.Inputs, reply.Input{Name: "reason", Label: "What you wrote", Kind: reply.LongText, Initial: long[0].Act.Text})
	r.Form = &form
	return r
}

// choices are the values that buttons have for a parameter, each once.
func choices(buttons []reply.Button, name string) []reply.Option {
	var options []reply.Option
	for _, b := range buttons {
		values := valueOf(b.Act, name)
		if len(values) != 1 {
			return nil
		}
		option := reply.Option{Value: values[0], Label: b.Label}
		if !slices.ContainsFunc(options, func(o reply.Option) bool { return o.Value == option.Value }) {
			options = append(options, option)
		}
	}
	return options
}
