package incidents_test

import (
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	practice "gonogo/playground/upstream/alertmanager"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/incidents"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// atCutover is a practice Alertmanager with an alert of production, one of staging and a
// critical one that names no environment.
func atCutover(t *testing.T) *silencer {
	t.Helper()
	m := newSilencer(t, "am:9093")
	m.practice = practice.New(practice.Options{Receiver: "gonogo", Webhook: func() string { return "" }})
	for _, labels := range []map[string]string{
		{"alertname": "SiteDown", "severity": "critical", "environment": "production"},
		{"alertname": "Latency", "environment": "staging"},
		{"alertname": "DiskFull", "severity": "critical"},
	} {
		m.practice.Fire(practice.Alert{Labels: labels})
	}
	return m
}

// keepQuiet silences production's alerts during its cutovers until stop is called.
func keepQuiet(t *testing.T, log storage.Log, sources ...incidents.Silencer) *quieted {
	t.Helper()
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	stopLedger := runstest.Background(t, ledger.Run)
	stopSilences := runstest.Background(t, incidents.NewSilences(incidents.SilenceOptions{Ledger: ledger, Sources: sources,
		Environments: map[string]deploy.Environment{"production": {Name: "production", Silence: map[string]string{"environment": "production"}}, "staging": {Name: "staging"}},
		Now:          time.Now, Log: slog.New(slog.DiscardHandler)}).Run)
	return &quieted{t: t, ledger: ledger, stop: sync.OnceFunc(func() {
		stopSilences()
		stopLedger()
	})}
}

// cutover is the silence of the cutover of r1.
func (q *quieted) cutover() history.Silence { return q.ledger.State().Silences["r1/detach"] }

// beginsOn are the events of a run on an environment, until its cutover has begun.
func beginsOn(environment string) []event.Event {
	return []event.Event{
		event.RunStarted{Run: "r1", What: work.Deployment, Change: &work.Change{Environment: environment}, Plan: []work.Planned{{Name: "update"}, {Name: "detach", Role: work.RoleCutover},
			{Name: "attach", Role: work.RoleCutover}, {Name: "public", Role: work.RoleCutover}, {Name: "verify"}}},
		event.StepStarted{Run: "r1", Step: "update"}, event.StepEnded{Run: "r1", Step: "update"}, event.StepStarted{Run: "r1", Step: "detach"},
	}
}

// ends are the events from there until the cutover is done.
func ends() (all []event.Event) {
	for _, step := range []string{"attach", "public"} {
		all = append(all, event.StepStarted{Run: "r1", Step: step}, event.StepEnded{Run: "r1", Step: step})
	}
	return append([]event.Event{event.StepEnded{Run: "r1", Step: "detach"}}, all...)
}

func TestCutoverIsSilenced(t *testing.T) {
	for _, tt := range []struct {
		name string
		so   func(q *quieted, m *silencer)

		muted          bool
		posts, deletes int
		failed         string
	}{
		{"as it begins", func(*quieted, *silencer) {}, true, 1, 0, ""},
		{"it takes long", func(q *quieted, _ *silencer) { q.after(12 * time.Minute) }, true, 5, 0, ""},
		{"it is between two steps", func(q *quieted, _ *silencer) { _ = q.record(event.StepEnded{Run: "r1", Step: "detach"}) }, true, 1, 0, ""},
		{"it is done", func(q *quieted, _ *silencer) { _ = q.record(ends()...) }, false, 1, 1, ""},
		{"it is done, the response is lost", func(q *quieted, m *silencer) {
			m.set(func() { m.loseNext = true })
			_ = q.record(ends()...)
		}, false, 1, 1, ""},
		{"it is done, and Alertmanager is down", func(q *quieted, m *silencer) {
			m.set(func() { m.down = true })
			_ = q.record(ends()...)
			q.after(10 * time.Minute)
			m.set(func() { m.down = false })
		}, false, 1, 0, ""},
		{"it fails", func(q *quieted, _ *silencer) {
			_ = q.record(event.RunEnded{Run: "r1", Outcome: work.Unsuccessful, Reason: "the platform refused it"})
		}, false, 1, 1, ""},
		{"it is cancelled", func(q *quieted, _ *silencer) {
			_ = q.record(event.RunCancelAsked{Run: "r1", By: "U0CALL"}, event.RunEnded{Run: "r1", Outcome: work.Cancelled})
		}, false, 1, 1, ""},
		{"it asks a person", func(q *quieted, _ *silencer) {
			_ = q.record(event.RunAsked{Run: "r1", Step: "detach", Why: "the platform doesn't say", Choices: []string{work.ChooseContinue}})
			_ = q.record(event.RunAnswered{Run: "r1", Step: "detach", Choice: work.ChooseContinue, By: "U0CALL"})
		}, false, 1, 1, ""},
		{"gonogo is killed", func(q *quieted, _ *silencer) {
			q.stop()
			q.after(6 * time.Minute)
		}, false, 1, 0, ""},
		{"somebody ends it", func(q *quieted, m *silencer) {
			if err := m.Expire(q.t.Context(), q.cutover().Sources[m.Host()].ID); err != nil {
				q.t.Fatal(err)
			}
			q.after(10 * time.Minute)
		}, false, 1, 1, "somebody ended it in Alertmanager, or Alertmanager lost it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := atCutover(t)
				q := keepQuiet(t, storagetest.NewMemory(), m)
				defer q.stop()
				if err := q.record(beginsOn("production")...); err != nil {
					t.Fatal(err)
				}
				if muted := m.muted(t); !slices.Equal(muted, []string{"SiteDown"}) {
					t.Fatalf("silences %v, want SiteDown alone", muted)
				}
				tt.so(q, m)
				x, now := q.cutover(), time.Now()
				if muted := len(m.muted(t)) > 0; muted != tt.muted || m.posts != tt.posts || m.deletes != tt.deletes {
					t.Errorf("silenced %t after %d POST and %d DELETE, want %t, %d, %d", muted, m.posts, m.deletes, tt.muted, tt.posts, tt.deletes)
				}
				if x.InForce(now) != tt.muted || x.Failed(now) != tt.failed {
					t.Errorf("in force %t, failed %q: %+v", x.InForce(now), x.Failed(now), x)
				}
			})
		})
	}
}

// Where no labels are configured, nothing is silenced.
func TestCutoverWithoutLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := atCutover(t)
		q := keepQuiet(t, storagetest.NewMemory(), m)
		defer q.stop()
		if err := q.record(beginsOn("staging")...); err != nil || m.posts > 0 || len(q.ledger.State().Silences) > 0 {
			t.Errorf("error %v, %d POST, silences %v", err, m.posts, q.ledger.State().Silences)
		}
	})
}

// Peers tell each other of a silence and of its prolonging, so only one of them is told.
func TestCutoverInSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := atCutover(t), newSilencer(t, "b:9093")
		b.practice = a.practice
		q := keepQuiet(t, storagetest.NewMemory(), a, b)
		defer q.stop()
		if err := q.record(beginsOn("production")...); err != nil {
			t.Fatal(err)
		}
		q.after(6 * time.Minute)
		if len(a.muted(t)) != 1 || b.posts > 0 || a.posts != 3 {
			t.Errorf("muted %v after %d and %d POST: %+v", a.muted(t), a.posts, b.posts, q.cutover())
		}
		_ = q.record(ends()...)
		if len(a.muted(t)) > 0 {
			t.Errorf("still silenced: %+v", q.cutover())
		}
	})
}

// A gonogo that dies at any append of a cutover with one prolonged silence creates it
// once, and ends it.
func TestCutoverDeath(t *testing.T) {
	for n := 1; ; n++ {
		lived := false
		synctest.Test(t, func(t *testing.T) {
			m, log := atCutover(t), &mortal{storagetest.NewMemory(), n}
			q := keepQuiet(t, log, m)
			begun := q.record(beginsOn("production")...) == nil
			q.after(3 * time.Minute)
			done := begun && q.record(ends()...) == nil
			q.stop()
			lived = log.left > 0
			q = keepQuiet(t, log.Reopen(), m)
			defer q.stop()
			if !begun {
				_ = q.record(beginsOn("production")...)
			}
			if q.after(time.Minute); !done {
				if x := q.cutover(); len(m.muted(t)) != 1 || !x.InForce(time.Now()) {
					t.Errorf("dead at append %d: it isn't silenced: %+v", n, x)
				}
				_ = q.record(ends()...)
			}
			q.after(time.Minute)
			if m.mostAtOnce != 1 || len(m.muted(t)) > 0 || q.cutover().InForce(time.Now()) {
				t.Errorf("dead at append %d: had %d silences at once, muted %v: %+v", n, m.mostAtOnce, m.muted(t), q.cutover())
			}
		})
		if lived {
			if n < 8 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}
