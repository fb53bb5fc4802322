// Package kindtest builds and runs gates in the tests of their kinds, as the
// configuration and a run do.
package kindtest

import (
	"context"
	"strings"
	"testing"

	"gonogo/bot/config/strictyaml"
	"gonogo/gates"
	"gonogo/readiness/answer"
)

// variable gives every variable a value.
func variable(name string) (string, bool) { return "value of " + name, true }

// Decode gives build the way to settings in YAML, as the configuration does. What the
// configuration notes of their text alone, such as a secret in plain text, is no error
// here.
func Decode(settings string, build func(decode func(any) error) (gates.Built, error)) (gates.Built, error) {
	d := strictyaml.NewDecoder("settings.yml", strictyaml.Format{}, variable)
	root, ok := d.Read([]byte(strings.ReplaceAll(settings, "\t", " ")))
	if !ok {
		return gates.Built{}, d.Err()
	}
	read := d.FaultCount()
	b, err := build(d.Settings(root, "the gate"))
	if d.FaultCount() > read {
		return b, d.Err()
	}
	return b, err
}

// Build builds a gate of a kind from settings in YAML.
func Build(kind gates.Kind, settings string, deps gates.Deps) (gates.Built, error) {
	return Decode(settings, func(decode func(any) error) (gates.Built, error) { return kind.Build(decode, deps) })
}

// Built builds a gate that must be without fault.
func Built(t *testing.T, kind gates.Kind, settings string, deps gates.Deps) gates.Built {
	t.Helper()
	b, err := Build(kind, settings, deps)
	if err != nil {
		t.Fatalf("%s: %v\n%s", kind.Name, err, settings)
	}
	return b
}

// Faulty builds a gate that must have a fault, and gives its sentence.
func Faulty(t *testing.T, kind gates.Kind, settings string, deps gates.Deps) string {
	t.Helper()
	_, err := Build(kind, settings, deps)
	if err == nil {
		t.Fatalf("%s was built without a fault from\n%s", kind.Name, settings)
	}
	return err.Error()
}

// Measured runs one gate as a run does.
func Measured(t *testing.T, b gates.Built, scope gates.Scope) answer.Evidence {
	t.Helper()
	var got answer.Evidence
	gates.Runner{}.Run(context.Background(), []gates.Job{{Name: "it", Gate: b.Gate, Scope: scope, Secrets: b.Secrets}},
		func(gates.Job) error { return nil },
		func(_ gates.Job, ev answer.Evidence) { got = ev })
	return got
}

// Odd says how evidence differs from a verdict and a summary that contains
// every one of some words.
func Odd(ev answer.Evidence, verdict answer.Verdict, words ...string) string {
	if ev.Verdict != verdict {
		return "got " + string(ev.Verdict) + ", want " + string(verdict) + ": " + ev.Summary
	}
	for _, word := range words {
		if !strings.Contains(ev.Summary, word) {
			return "got " + ev.Summary + ", want " + word + " in it"
		}
	}
	return ""
}
