package main

import (
	"bytes"
	"context"
	"errors"
	"gonogo/readiness/event"
	"gonogo/storage"
	"gonogo/storage/store"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outputConfig needs nothing from outside; its one gate passes.
const outputConfig = `
project: Full disk
slack: { releases: C0RELEASES }
storage: { bolt: ledger.db }
environments:
  production: { url: "https://example.invalid" }
checklist:
  - section: ready
    title: Ready to go
    items:
      - { item: passes, title: It passes, gate: { command: { run: ["true"] } } }
`

// TestOutputThatCannotBeWritten has every subcommand that prints an answer print
// it to a full device: a script must not take half an answer, or none, for one.
func TestOutputThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	config, ledger := filepath.Join(dir, "gonogo.yml"), filepath.Join(dir, "ledger.db")
	text := strings.Replace(outputConfig, "ledger.db", ledger, 1)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	exported := openedLedger(t, ledger)
	for _, args := range [][]string{
		{"status", "-c", config}, {"timeline", "-c", config}, {"history", "-c", config}, {"report", "-c", config},
		{"check", "-c", config}, {"check", "--json", "-c", config}, {"check", "--env", "production", "-c", config},
		{"config", "check", config}, {"config", "schema"}, {"doctor", "-c", config}, {"doctor", "--json", "-c", config},
		{"ledger", "verify", "-c", config}, {"ledger", "export", "-c", config},
		{"ledger", "backup", filepath.Join(dir, "copy.db"), "-c", config}, {"ledger", "import", exported, "--ledger", filepath.Join(dir, "new.db")},
		{"--help"}, {"ledger"},
	} {
		code, said := toFull(t, args...)
		if want := "the output is incomplete: it could not be written: no space left on device\n"; code != 1 || !strings.HasSuffix(said, want) {
			t.Errorf("%s > /dev/full ended with %d and said %q; want 1 and in the end %q", strings.Join(args, " "), code, said, want)
		}
	}
	if code, said := toFull(t, "status", "-c", filepath.Join(dir, "none.yml")); code != 2 || !strings.Contains(said, "none.yml") {
		t.Errorf("without a configuration status ended with %d and said %q; want 2 and what is missing", code, said)
	}
}

// toFull runs gonogo as a process that prints to a full device.
func toFull(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	var stderr bytes.Buffer
	gonogo := exec.CommandContext(t.Context(), os.Args[0], args...)
	gonogo.Env = append(os.Environ(), asProgram+"=1")
	gonogo.Stdout, gonogo.Stderr = full, &stderr
	var ended *exec.ExitError
	if err := gonogo.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return gonogo.ProcessState.ExitCode(), stderr.String()
}

// openedLedger makes a ledger with one release, and an export of it.
func openedLedger(t *testing.T, path string) (exported string) {
	t.Helper()
	log, err := store.Store{Bolt: path}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	data, err := event.Encode(event.ReleaseOpened{Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(context.Background(), storage.Fence{}, storage.Record{Kind: event.ReleaseOpened{}.Kind(), Data: data}); err != nil {
		t.Fatal(err)
	}
	exported = path + ".jsonl"
	file, err := os.Create(exported)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(storage.Export(t.Context(), log, file), file.Close()); err != nil {
		t.Fatal(err)
	}
	return exported
}
