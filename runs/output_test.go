package runs

import (
	"context"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"gonogo/runs/transcript"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Blank lines, however many, are nothing to tell of, and what comes after them
// is.
func TestTellProgressOfBlankLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logger := slog.New(slog.DiscardHandler)
		ledger, err := storage.OpenLedger(t.Context(), storagetest.NewMemory(), storage.Options{Log: logger})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go ledger.Run(ctx)
		b := &runbookRun{Runs: New(Options{Ledger: ledger, Now: time.Now, Log: logger}), id: "r"}
		if err := b.journal(event.RunStarted{Run: "r", What: work.Runbook, Plan: []work.Planned{{Name: "step-1"}}}); err != nil {
			t.Fatal(err)
		}
		printed := transcript.New("")
		defer b.tellProgress(ctx, "step-1", printed)()
		for _, print := range []struct{ text, doing string }{
			{"one\n", "one"}, {strings.Repeat("\n", 4*transcript.TailBytes), "one"}, {"two\n", "two"},
		} {
			if _, err := printed.Write([]byte(print.text)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * lastWord) // of the bubble's time
			if step, _ := b.run().Step("step-1"); step.Doing != print.doing {
				t.Errorf("it is at %q, want %q", step.Doing, print.doing)
			}
		}
	})
}
