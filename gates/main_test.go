package gates

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"go.uber.org/goleak"

	"gonogo/gates/glob"
	"gonogo/readiness/answer"
)

func TestMain(m *testing.M) {
	if run := os.Getenv("GATES_TEST_COMMAND"); run != "" {
		runUntilKilled(run)
		return
	}
	goleak.VerifyTestMain(m)
}

// decoding gives strict settings from YAML, as the configuration does.
func decoding(settings string) func(any) error {
	return func(into any) error {
		d := yaml.NewDecoder(bytes.NewBufferString(settings), yaml.Strict(),
			yaml.CustomUnmarshaler(decodeShapes[wantedModules]), yaml.CustomUnmarshaler(decodeShapes[glob.Patterns]), yaml.CustomUnmarshaler(decodeShapes[statuses]), yaml.CustomUnmarshaler(decodeShapes[words]),
			yaml.CustomUnmarshaler(func(into *rawSettings, text []byte) error {
				into.Keep(decoding(string(text)))
				return nil
			}))
		return d.Decode(into)
	}
}

// decodeShapes reads a value that has several shapes.
func decodeShapes[T any](into *T, text []byte) error {
	union := any(into).(interface {
		Decode(func(any) error) error
	})
	return union.Decode(func(shape any) error { return yaml.UnmarshalWithOptions(text, shape, yaml.Strict()) })
}

// built builds a gate that must be without fault.
func built(t *testing.T, kind, settings string, deps Deps) Built {
	t.Helper()
	b, err := Build(kind, decoding(settings), deps)
	if err != nil {
		t.Fatalf("%s: %v\n%s", kind, err, settings)
	}
	return b
}

// faulty builds a gate that must have a fault, and gives its sentence.
func faulty(t *testing.T, kind, settings string, deps Deps) string {
	t.Helper()
	_, err := Build(kind, decoding(settings), deps)
	if err == nil {
		t.Fatalf("%s was built without a fault from\n%s", kind, settings)
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
