package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gonogo/bot/config"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/store"
)

// oldLedger is the README's story as a gonogo recorded it that knew nothing of
// scopes, definitions and several open releases: testdata/ledger-before-scopes.jsonl,
// up to a record, imported as people import an export.
func oldLedger(t *testing.T, upTo uint64) (file string) {
	t.Helper()
	source, err := os.Open("testdata/ledger-before-scopes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	part, err := os.Create(filepath.Join(t.TempDir(), "export.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(source)
	lines.Buffer(nil, 1<<20)
	for n := uint64(0); lines.Scan() && (upTo == 0 || n < upTo); n++ {
		if _, err := part.Write(append(lines.Bytes(), '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "gonogo.db")
	environ := func(name string) (string, bool) {
		value, ok := storyVariables[name]
		return value, ok
	}
	if code := run(t.Context(), []string{"ledger", "import", part.Name(), "--ledger", file}, system{Out: io.Discard, Err: &journal{}, Environ: environ}); code != 0 {
		t.Fatalf("import ended with %d", code)
	}
	return file
}

// storyVariables stand for the practice world in which the ledger was recorded.
var storyVariables = map[string]string{
	"ALERT_WEBHOOK_TOKEN": "token", "ODOO_DATABASE_URL": "postgres://127.0.0.1:9/odoo", "PROMETHEUS_URL": "http://127.0.0.1:9", "REPORTS_DIR": "/reports",
	"STAGING_APP_ID": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90", "STAGING_URL": "http://127.0.0.1:9", "PRODUCTION_APP_ID": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e91", "PRODUCTION_URL": "http://127.0.0.1:9",
}

// storyChecklist is the checklist of that story with the gates set as they were when
// the ledger was recorded.
func storyChecklist(t *testing.T, state *history.State) *checklist.Checklist {
	t.Helper()
	cfg, err := config.Load("testdata/story-of-old-ledger.yml", func(name string) (string, bool) { v, ok := storyVariables[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	for key, ev := range state.OpenRelease().Evidence {
		if it, ok := cfg.Checklist.Item(key.Item); ok && it.Gate != nil {
			it.Gate.Settings = ev.Settings
		}
	}
	for i := range cfg.Checklist.Environments {
		cfg.Checklist.Environments[i].App = "" // there is no platform to ask
	}
	return cfg.Checklist.Index()
}

// openOld opens an old ledger as a start does, and binds it.
func openOld(t *testing.T, file string) (storage.Log, *storage.Ledger, *checklist.Checklist) {
	t.Helper()
	log, err := store.Store{Bolt: file}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Now: time.Now, Log: newLogger(io.Discard, nil)})
	if err != nil {
		t.Fatal(err)
	}
	list := storyChecklist(t, ledger.State())
	stop := inBackground(t, ledger.Run)
	t.Cleanup(stop)
	a := &app{ledger: ledger, list: list, named: instanceOf(log, newLogger(io.Discard, nil))}
	for range 2 { // a second start binds nothing anew
		if err := a.prepare(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return log, ledger, list
}

// A ledger of before goes on: what was answered and approved counts as it did,
// and ends when its question changes.
func TestOldLedgerGoesOn(t *testing.T) {
	const approved = 79 // the record of the fourth approval
	_, ledger, list := openOld(t, oldLedger(t, approved))
	state := ledger.State()
	view := readiness.View{Checklist: list, State: state, Now: lastApproval(t, state).Add(time.Minute)}
	if !state.Bound || state.Open != "19.0.2" || len(state.Opens) != 1 {
		t.Fatalf("bound %t, open %q of %v", state.Bound, state.Open, state.Opens)
	}
	if live := state.Live["staging"]; live.Arrival != 2 || live.Version != "19.0.2" {
		t.Errorf("live on staging is arrival %d of %s, want 2 of 19.0.2: adopted, then deployed", live.Arrival, live.Version)
	}
	for _, section := range list.Sections {
		for _, it := range section.Items {
			if s := view.Standing(it, it.Keys()[0]); !s.Through || s.Evidence.Definition != it.Definition || s.Evidence.Scope != "" {
				t.Errorf("%s is %+v", it.ID, s)
			}
		}
	}
	if a := view.Approval("production"); !a.Complete() {
		t.Errorf("the approvals of before: %s", a.Summary())
	}
	if d := view.Decide("production"); !d.Go {
		t.Errorf("production was GO, and is held back by %+v", d.Blockers)
	}

	reviewed, _ := list.Item("reviewed")
	reviewed.Manual.By = []string{"security_officer"}
	list.Index()
	if view.Through(reviewed) || view.Approval("production").Complete() {
		t.Error("another question, and the answer and the approvals still count")
	}
}

// lastApproval is when the last role approved.
func lastApproval(t *testing.T, s *history.State) time.Time {
	t.Helper()
	var last time.Time
	for _, given := range s.OpenRelease().SignOffs["production"] {
		if given.At.After(last) {
			last = given.At
		}
	}
	if last.IsZero() {
		t.Fatal("nobody has approved")
	}
	return last
}

// Each record of an old ledger is kept as it was: the chain holds, and what
// binds it comes after.
func TestOldLedgerIsKept(t *testing.T) {
	file := oldLedger(t, 0)
	log, ledger, _ := openOld(t, file)
	var kinds []string
	for record, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, record.Kind)
	}
	if n := len(kinds); n != 166 || kinds[n-1] != "answers.bound" {
		t.Errorf("%d records, the last is %s; want 165 of before and answers.bound", n, kinds[n-1])
	}
	var bound event.AnswersBound
	data, err := event.Encode(readiness.Bind(readiness.View{Checklist: storyChecklist(t, ledger.State()), State: ledger.State()}))
	if err != nil || json.Unmarshal(data, &bound) != nil || len(bound.Definitions) == 0 {
		t.Errorf("what binds it cannot be read back: %v", err)
	}
	if report, err := storage.Verify(t.Context(), log); err != nil {
		t.Errorf("the chain: %+v, %v", report, err)
	}
}
