package grammar

import (
	"slices"
	"strings"

	"gonogo/commands/reply"
)

// parameters is the list of what can follow a verb: the name in a usage, and the field
// of an Act for it.
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
	"TRIGGER":      func(a *reply.Act) *string { return &a.Trigger },
	"INCIDENT":     func(a *reply.Act) *string { return &a.Incident },
	"STORM":        func(a *reply.Act) *string { return &a.Storm },
	"SEEN":         func(a *reply.Act) *string { return &a.Seen },
	"DATE":         func(a *reply.Act) *string { return &a.Until },
	timeName:       func(a *reply.Act) *string { return &a.Until },
	"HOLD":         func(a *reply.Act) *string { return &a.Hold },
	"PAGE":         func(a *reply.Act) *string { return &a.Page },
	"NUMBER":       func(a *reply.Act) *string { return &a.Before },
	"REASON":       func(a *reply.Act) *string { return &a.Text },
}

// switches are the parameters without a value.
var switches = map[string]func(*reply.Act) *bool{
	"--dry-run":     func(a *reply.Act) *bool { return &a.DryRun },
	"--rehearsal":   func(a *reply.Act) *bool { return &a.Rehearsal },
	"--take-over":   func(a *reply.Act) *bool { return &a.TakeOver },
	"--no-way-back": func(a *reply.Act) *bool { return &a.NoWayBack },
}

// Parameters are the names of all parameters: those of the lists, and that of
// items, which are several.
func Parameters() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(Items) {
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
	Items    = "ITEM"
	timeName = "TIME" // one word or two, "Fri 16:00"
)

// valueOf is an act's value for a parameter; nil: none.
func valueOf(a reply.Act, name string) []string {
	if name == Items {
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

// Set sets a parameter of an act; items takes more than one value.
func Set(a *reply.Act, name, value string) {
	if on, is := switches[name]; is {
		*on(a) = true
		return
	}
	if name == Items {
		a.Items = append(slices.Clip(a.Items), value)
		return
	}
	*parameters[name](a) = value
}

// clearParameter removes a parameter from an act.
func clearParameter(a *reply.Act, name string) {
	if on, is := switches[name]; is {
		*on(a) = false
		return
	}
	if name == Items {
		a.Items = nil
		return
	}
	*parameters[name](a) = ""
}

// formValues are the inputs of forms that are parameters of an act.
var formValues = map[string]string{"environment": "ENV", "version": "VERSION", "commit": "COMMIT", "until": "DATE", "kind": "KIND", "item": Items,
	"reason": "REASON", "comment": "REASON", "note": "REASON"}

// Fill returns an act with the values of the form that was submitted with it.
func Fill(a reply.Act, form map[string]string) reply.Act {
	for input, name := range formValues {
		if value, ok := form[input]; ok {
			clearParameter(&a, name)
			if value = strings.TrimSpace(value); value != "" {
				Set(&a, name, value)
			}
		}
	}
	return a
}

// Carried is the act that a form carries: without the parameters that its inputs ask
// for, since these come back with the values.
func Carried(f *reply.Form) reply.Act {
	act := f.Act
	for _, in := range f.Inputs {
		if name, ok := formValues[in.Name]; ok {
			clearParameter(&act, name)
		}
	}
	return act
}

// NearlyEnvironment asks known whether a word is close to the name of an environment.
const NearlyEnvironment = "nearly ENV"
