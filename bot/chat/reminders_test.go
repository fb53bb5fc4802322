package chat

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/commands"
	"gonogo/playground/workspace"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// reminding is a Chat with real commands on a ledger, and a clock that the test
// moves.
type reminding struct {
	*world
	list   *checklist.Checklist
	log    *storagetest.Memory
	ledger *storage.Ledger
	ahead  atomic.Int64 // of the real time, in nanoseconds
	end    func()       // of the ledger
}

func (r *reminding) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// begin starts a Chat on what the log holds.
func (r *reminding) begin() {
	r.t.Helper()
	log := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(r.t.Context(), r.log, storage.Options{Now: r.now, Log: log})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- ledger.Run(ctx) }()
	r.ledger, r.end = ledger, func() {
		cancel()
		if err := <-over; err != nil {
			r.t.Errorf("the ledger: %v", err)
		}
	}
	r.commands = commands.New(commands.Options{Ledger: ledger, Checklist: r.list, Releases: releases, Now: r.now, Log: log})
	r.opts.Now = r.now
	r.start()
}

// restart ends all and begins again on the same log.
func (r *reminding) restart() {
	r.t.Helper()
	r.quit()
	r.end()
	r.log = r.log.Reopen()
	r.begin()
}

func (r *reminding) happens(events ...event.Event) {
	r.t.Helper()
	if _, err := r.ledger.Update(r.ctx, func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		r.t.Fatal(err)
	}
}

// later moves the clock. That something happens then spares the test the seconds
// after which Chat looks at the time by itself.
func (r *reminding) later(d time.Duration) {
	r.t.Helper()
	r.ahead.Add(int64(d))
	r.happens(event.StatusSeen{By: owner})
}

// says waits for as many messages with the texts, in order, and no others.
func (r *reminding) says(texts ...string) {
	r.t.Helper()
	r.await("the reminders", func() bool {
		all := r.Messages(releases)
		for n, text := range texts {
			if n >= len(all) || !mentions(all[n], text) {
				return false
			}
		}
		return true
	})
	if n := len(r.Messages(releases)); n != len(texts) {
		r.t.Errorf("%d messages, want %d: %+v", n, len(texts), r.Messages(releases))
	}
}

// What is asked after a deployment is told once when it comes due and once when
// it is overdue, with no release open and with restarts in between.
func TestRemindersAreSentOnce(t *testing.T) {
	t.Parallel()
	r := &reminding{world: newWorld(t, workspace.Options{}, Options{}), log: storagetest.NewMemory()}
	r.list = (&checklist.Checklist{Project: "Practice", Environments: []checklist.Environment{{Name: "production"}},
		Afterwards: []checklist.Section{{ID: "day-1", Title: "Day 1", Weight: 1, Live: "production", Within: 24 * time.Hour,
			Items: []*checklist.Item{{ID: "restored", Title: "A backup was restored", Manual: &checklist.Manual{}}}}}}).Index()
	r.begin()
	defer func() { r.quit(); r.end() }()
	r.happens(event.ReleaseOpened{Version: "1.0", By: owner},
		event.VersionWentLive{Environment: "production", Run: "r1", Verified: true, Build: build.Build{Version: "1.0"}},
		event.ReleaseClosed{Release: "1.0", By: owner})
	r.restart()
	if n := len(r.Messages(releases)); n != 0 {
		t.Errorf("%d messages before it comes due", n)
	}
	r.later(19 * time.Hour) // the last quarter of its day
	r.says("Day 1 of 1.0 is due soon")
	r.restart()
	r.later(6 * time.Hour)
	r.says("Day 1 of 1.0 was due", "Day 1 of 1.0 is overdue")
	r.restart()
	r.later(48 * time.Hour)
	r.happens(event.EvidenceRecorded{Release: "1.0", Item: "restored", Evidence: answer.Evidence{Verdict: answer.Passed, By: owner}})
	r.says("Day 1 of 1.0", "Day 1 of 1.0 is settled")
	r.restart()
	r.says("Day 1 of 1.0", "Day 1 of 1.0 is settled")
}
