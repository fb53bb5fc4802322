package runs_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/runs"
	"gonogo/storage/storagetest"
)

// TestOwnGates measures one item for two environments that have gates of their
// own: each answer is its own gate's, and is current.
func TestOwnGates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, storagetest.NewMemory(), "http", map[string]gate{"rows": never})
		it := b.checklist.Sections[0].Items[0]
		it.Environments, it.Gate.Own = []string{"staging", "production"}, map[string]string{"production": "p"}
		b.checklist.Index()
		staging, production := it.Keys()[0], it.Keys()[1]
		b.keys = it.Keys()
		b.runs = runs.New(runs.Options{Ledger: b.ledger, Checklist: b.checklist, Now: time.Now, Log: slog.New(slog.DiscardHandler), Gates: map[answer.Key]gates.Built{
			staging:    {Gate: answers(answer.Passed), Settings: "s"},
			production: {Gate: answers(answer.Failed), Settings: "p"},
		}})
		stop := b.open()
		defer stop()
		b.start("k")
		synctest.Wait()
		view := readiness.View{Checklist: b.checklist, State: b.ledger.State(), Now: time.Now()}
		got := map[string]answer.Verdict{}
		for _, key := range it.Keys() {
			got[key.String()] = view.Standing(it, key).Verdict() // none where the answer is stale
		}
		if diff := cmp.Diff(map[string]answer.Verdict{"rows@staging": answer.Passed, "rows@production": answer.Failed}, got); diff != "" {
			t.Errorf("verdicts (-want +got):\n%s", diff)
		}
	})
}
