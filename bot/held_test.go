package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"gonogo/readiness/event"
	"gonogo/storage"
	"gonogo/storage/store"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// heldLedger is a configuration with a ledger in which a release was opened, and
// how the commands that look at it are run.
func heldLedger(t *testing.T) (ledger string, look func(ctx context.Context, args ...string) (code int, said string)) {
	t.Helper()
	dir := t.TempDir()
	config, ledger := filepath.Join(dir, "gonogo.yml"), filepath.Join(dir, "ledger.db")
	if err := os.WriteFile(config, []byte(strings.Replace(outputConfig, "ledger.db", ledger, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	openedLedger(t, ledger)
	return ledger, func(ctx context.Context, args ...string) (int, string) {
		var out bytes.Buffer
		code := run(ctx, append(args, "-c", config), system{Out: &out, Err: &out, Environ: func(string) (string, bool) { return "", false }})
		return code, out.String()
	}
}

// TestLedgerIsAwaited has a look at a ledger that a bot still holds wait for it:
// a bot that stops no longer answers, and lets the ledger go a moment later.
func TestLedgerIsAwaited(t *testing.T) {
	t.Parallel()
	ledger, look := heldLedger(t)
	log, err := store.Store{Bolt: ledger}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (store.Store{Bolt: ledger}).OpenReadOnly(t.Context()); !store.InUse(err) { // takes as long as a look once waited
		t.Fatalf("the ledger is not held: %v", err)
	}
	said := make(chan string)
	go func() {
		code, shown := look(t.Context(), "status")
		if code != 0 {
			shown = "failed: " + shown
		}
		said <- shown
	}()
	if _, err := (store.Store{Bolt: ledger}).OpenReadOnly(t.Context()); !store.InUse(err) {
		t.Fatalf("the ledger is not held: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if shown := <-said; !strings.Contains(shown, "Full disk 1.0.0") {
		t.Errorf("status says %q", shown)
	}
}

// TestLedgerStaysHeld says of a holder that does not let go what is known.
func TestLedgerStaysHeld(t *testing.T) {
	t.Parallel()
	ledger, look := heldLedger(t)
	log, err := store.Store{Bolt: ledger}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	code, said := look(t.Context(), "status")
	pid := os.Getpid()
	want := fmt.Sprintf("%s is in use by another gonogo, process %d, which does not answer: it is starting or stopping, or hangs; try again in a moment; if it still does not answer, "+
		"end it with kill -9 %d and start gonogo again, which loses nothing that was recorded\n", ledger, pid, pid)
	if code != 2 || said != want {
		t.Errorf("status ended with %d and said %q; want 2 and %q", code, said, want)
	}
}

// TestWordsWithoutABot says of what only a running bot can do how to get there,
// and shows no steps of a rollback.
func TestWordsWithoutABot(t *testing.T) {
	t.Parallel()
	ledger, look := heldLedger(t)
	flag := " --config " + filepath.Join(filepath.Dir(ledger), "gonogo.yml")
	for word, want := range map[string]string{
		"continue": "Only the bot can look again and continue; the platform's console can't do it.",
		"abandon":  "It ends the rollback in the ledger only; there is nothing to do in the platform's console.",
		"record":   "Only the bot can ask the platform and record what is live; there is nothing to do in the platform's console.",
	} {
		code, said := look(t.Context(), "rollback", word, "production")
		again := want + " Start the bot with gonogo serve" + flag + ", then run this again: gonogo rollback " + word + " production" + flag + "\n"
		if code != 1 || !strings.Contains(said, "No running bot answers at ") || !strings.Contains(said, again) || strings.Contains(said, "doctl") || strings.Contains(said, "Roll production back by hand") {
			t.Errorf("rollback %s ended with %d and said:\n%s", word, code, said)
		}
	}
	if code, said := look(t.Context(), "rollback", "continue", "moon"); code != 1 || !strings.Contains(said, "there is no environment moon") {
		t.Errorf("an environment that there is not ended with %d:\n%s", code, said)
	}
}

// TestConfigCheckWithoutALedger speaks of no answers that would end where there
// are none yet.
func TestConfigCheckWithoutALedger(t *testing.T) {
	t.Parallel()
	ledger, look := heldLedger(t)
	if code, said := look(t.Context(), "config", "check", "--ledger"); code != 0 || !strings.Contains(said, "It ends no answer, waiver or approval in the ledger.") {
		t.Errorf("with a ledger it ended with %d and said:\n%s", code, said)
	}
	if err := os.Remove(ledger); err != nil {
		t.Fatal(err)
	}
	if code, said := look(t.Context(), "config", "check", "--ledger"); code != 0 || !strings.Contains(said, "There is no ledger with a release yet, so it ends nothing.") {
		t.Errorf("without a ledger it ended with %d and said:\n%s", code, said)
	}
}

// TestConfigCheckListsWhatIsStranded names what the ledger has on an environment
// that the configuration does not have.
func TestConfigCheckListsWhatIsStranded(t *testing.T) {
	t.Parallel()
	ledger, look := heldLedger(t)
	log, err := store.Store{Bolt: ledger}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	data, err := event.Encode(event.EnvironmentLocked{Environment: "old", Claim: "k", By: "U0DEV", Reason: "a look"})
	if err != nil {
		t.Fatal(err)
	}
	term, err := log.Claim(t.Context(), "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = log.Append(t.Context(), storage.Fence{Term: term, After: 1}, storage.Record{Kind: event.EnvironmentLocked{}.Kind(), Data: data})
	if err := errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
	want := "environment old is no longer configured: the lock by U0DEV (a look): it holds nothing, and comes back with an environment of this name; unlock it before the restart\n"
	if code, said := look(t.Context(), "config", "check", "--ledger"); code != 0 || !strings.Contains(said, want) {
		t.Errorf("it ended with %d and said:\n%s", code, said)
	}
}
