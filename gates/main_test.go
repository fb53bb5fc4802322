package gates

import (
	"context"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness/answer"
)

func TestMain(m *testing.M) {
	if run := os.Getenv("GATES_TEST_COMMAND"); run != "" {
		runUntilKilled(run)
		return
	}
	goleak.VerifyTestMain(m)
}

// decoding gives build the way to settings in YAML, as the configuration does. What the
// configuration notes of their text alone, such as a secret in plain text, is no error
// here.
func decoding(settings string, build func(decode func(any) error) (Built, error)) (Built, error) {
	d := strictyaml.NewDecoder("settings.yml", strictyaml.Format{}, os.LookupEnv)
	root, ok := d.Read([]byte(strings.ReplaceAll(settings, "\t", " ")))
	if !ok {
		return Built{}, d.Err()
	}
	read := d.FaultCount()
	b, err := build(d.Settings(root, "the gate"))
	if d.FaultCount() > read {
		return b, d.Err()
	}
	return b, err
}

// decoded builds a gate of a kind from settings in YAML.
func decoded(kind Kind, settings string, deps Deps) (Built, error) {
	return decoding(settings, func(decode func(any) error) (Built, error) { return kind.Build(decode, deps) })
}

// built builds a gate that must be without fault.
func built(t *testing.T, kind Kind, settings string, deps Deps) Built {
	t.Helper()
	b, err := decoded(kind, settings, deps)
	if err != nil {
		t.Fatalf("%s: %v\n%s", kind.Name, err, settings)
	}
	return b
}

// faulty builds a gate that must have a fault, and gives its sentence.
func faulty(t *testing.T, kind Kind, settings string, deps Deps) string {
	t.Helper()
	_, err := decoded(kind, settings, deps)
	if err == nil {
		t.Fatalf("%s was built without a fault from\n%s", kind.Name, settings)
	}
	return err.Error()
}

// measured runs one gate as a run does.
func measured(t *testing.T, b Built, scope Scope) answer.Evidence {
	t.Helper()
	var got answer.Evidence
	Runner{}.Run(context.Background(), []Job{{Name: "it", Gate: b.Gate, Scope: scope, Secrets: b.Secrets}},
		func(Job) error { return nil },
		func(_ Job, ev answer.Evidence) { got = ev })
	return got
}

// odd says how evidence differs from a verdict and a summary that contains
// every one of some words.
func odd(ev answer.Evidence, verdict answer.Verdict, words ...string) string {
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
