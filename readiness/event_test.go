package readiness

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// full is one event of each kind with every field set.
func full() []Event {
	ev := Evidence{
		Verdict: Failed, Summary: "3 of 134 tests failed",
		Measures: []Measure{{Name: "failed", Value: "3", Unit: "tests", Limit: "0", OK: false}},
		Details:  []string{"test_approve failed", "<&> “quoted”"}, Note: "flaky", Link: "https://ci.example/1?a=1&b=2",
		File:     &File{Name: "report.xml", SHA256: strings.Repeat("0a", 32)},
		Settings: "8f2d", Took: 1500 * time.Millisecond, By: "U0DEV",
	}
	return []Event{
		AnchorPosted{Subject: "run/r1", Channel: "C0RELEASES", TS: "1762160400.000100"},
		EnvironmentAdopted{Environment: "staging", Version: "19.0.1", Commit: "c0ffee", By: "U0DEV"},
		EvidenceRecorded{Release: "19.0.1", Item: "suite", Environment: "staging", Evidence: ev},
		ItemUnchecked{Release: "19.0.1", Item: "suite", Environment: "staging", By: "U0DEV"},
		ReleaseOpened{Version: "19.0.1", Commit: "c0ffee", By: "U0PM"},
		RunCancelAsked{Run: "r1", By: "U0DEV"},
		RunEnded{Run: "r1", Outcome: Interrupted, Reason: "gonogo was stopped"},
		StepEnded{Run: "r1", Step: "suite@staging", Item: "suite", Environment: "staging", Evidence: ev},
		StepStarted{Run: "r1", Step: "suite@staging"},
		RunStarted{Run: "r1", What: RunGates, Title: "all gates", Release: "19.0.1", By: "U0DEV", Channel: "C0RELEASES", Steps: []string{"suite@staging"}},
		SignOffAsked{Release: "19.0.1", Environment: "production", By: "U0PM"},
		SignOffGiven{Release: "19.0.1", Environment: "production", Role: "technical_lead", By: "U0TL", Approved: true, Comment: "go",
			Basis: Basis{Commit: "c0ffee", Gates: "77aa", Items: map[string]bool{"suite@staging": true}}},
		SignOffRevoked{Release: "19.0.1", Environment: "production", Role: "technical_lead", By: "U0TL"},
	}
}

// line is how this test keeps an event in its file.
type line struct {
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// The events' JSON is what stands in people's ledgers: a change here must
// still read what was written before it.
func TestEventsAreKeptAsTheyWere(t *testing.T) {
	const file = "testdata/events.jsonl"
	if *update {
		var out bytes.Buffer
		for _, e := range full() {
			if err := json.NewEncoder(&out).Encode(line{e.Kind(), mustEncode(t, e)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	want := full()
	for i, text := range strings.Split(strings.TrimSpace(string(stored)), "\n") {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, l.Kind)
		got, err := DecodeEvent(l.Kind, l.Data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("%s as it was written (-want +got):\n%s", l.Kind, diff)
		}
	}
	slices.Sort(kinds)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(decoders)), kinds); diff != "" {
		t.Errorf("kinds of events in %s (-known +stored):\n%s", file, diff)
	}
}

func TestEventsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		data, err := EncodeEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeEvent(e.Kind(), data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s came back changed (-wrote +read):\n%s", e.Kind(), diff)
		}
	})
}

// drawEvent draws an event of any kind with any text in it.
func drawEvent(t *rapid.T) Event {
	text := rapid.String()
	evidence := rapid.Custom(func(t *rapid.T) Evidence {
		return Evidence{
			Verdict: Verdict(text.Draw(t, "verdict")), Summary: text.Draw(t, "summary"), Details: rapid.SliceOf(text).Draw(t, "details"),
			Note: text.Draw(t, "note"), Link: text.Draw(t, "link"), Settings: text.Draw(t, "settings"), By: text.Draw(t, "by"),
			Measures: rapid.SliceOf(rapid.Make[Measure]()).Draw(t, "measures"), File: rapid.Ptr(rapid.Make[File](), true).Draw(t, "file"),
			Took: time.Duration(rapid.Int64().Draw(t, "took")),
		}
	})
	return rapid.OneOf(
		asEvent(rapid.Make[AnchorPosted]()), asEvent(rapid.Make[EnvironmentAdopted]()), asEvent(rapid.Make[ItemUnchecked]()),
		asEvent(rapid.Make[ReleaseOpened]()), asEvent(rapid.Make[RunCancelAsked]()), asEvent(rapid.Make[RunEnded]()),
		asEvent(rapid.Make[RunStarted]()), asEvent(rapid.Make[StepStarted]()), asEvent(rapid.Make[SignOffAsked]()),
		asEvent(rapid.Make[SignOffGiven]()), asEvent(rapid.Make[SignOffRevoked]()),
		rapid.Custom(func(t *rapid.T) Event {
			return EvidenceRecorded{Release: text.Draw(t, "release"), Item: text.Draw(t, "item"), Environment: text.Draw(t, "env"), Evidence: evidence.Draw(t, "evidence")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return StepEnded{Run: text.Draw(t, "run"), Step: text.Draw(t, "step"), Item: text.Draw(t, "item"), Evidence: evidence.Draw(t, "evidence")}
		}),
	).Draw(t, "event")
}

func asEvent[E Event](g *rapid.Generator[E]) *rapid.Generator[Event] {
	return rapid.Map(g, func(e E) Event { return e })
}

func TestUnknownEventIsKept(t *testing.T) {
	data := []byte(`{"environment": "production",  "percent": 5}`)
	e, err := DecodeEvent("canary.moved", data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data) // the caller may use its buffer again
	if want := (Unknown{Type: "canary.moved", Data: []byte(`{"environment": "production",  "percent": 5}`)}); !cmp.Equal(want, e) {
		t.Fatalf("read %+v, want %+v", e, want)
	}
	if got := mustEncode(t, e); string(got) != `{"environment": "production",  "percent": 5}` || e.Kind() != "canary.moved" {
		t.Errorf("written again as %s %s", e.Kind(), got)
	}
	before, after := NewState(), NewState()
	after.Apply(monday, e)
	if diff := cmp.Diff(before, after, sameState); diff != "" {
		t.Errorf("an unknown event changed the state:\n%s", diff)
	}
}

func TestTornEventIsRefused(t *testing.T) {
	if e, err := DecodeEvent("release.opened", []byte(`{"version": 19`)); err == nil || !strings.HasPrefix(err.Error(), "decode release.opened: ") {
		t.Errorf("read %+v, error %v; want an error that names the event", e, err)
	}
}
