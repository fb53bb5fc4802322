package runs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// ScheduleOptions is what scheduled checks are made with.
type ScheduleOptions struct {
	Ledger    *storage.Ledger
	Checklist *checklist.Checklist
	Gates     map[answer.Key]gates.Built
	Targets   map[string]string
	Secrets   []string
	Parallel  int // concurrent checks; 0: 8
	Now       func() time.Time
	Log       *slog.Logger
}

// Schedule checks the items that have `every`, while a release is open.
//
// A check's result is evidence like that of a run, by nobody. A result that is known
// already is recorded only from time to time (renewal), so that 500 items every 15
// minutes add some five megabytes a day to the ledger and not a hundred. When an answer
// flips, that is an event of its own, and people are told.
//
// When a check is due follows from the ledger: its pace after the evidence there is, or
// at once where that no longer counts. So a restart neither forgets a check nor makes
// all of them at once; there is also some jitter. After errors in a row the pauses
// grow. An answer that a run is measuring is left to that run, and one that a person
// declared not applicable is left alone.
type Schedule struct {
	opts ScheduleOptions
	turn chan struct{} // a slot for each concurrent check
}

// NewSchedule prepares scheduled checks and starts nothing.
func NewSchedule(opts ScheduleOptions) *Schedule {
	if opts.Parallel == 0 {
		opts.Parallel = 8
	}
	return &Schedule{opts, make(chan struct{}, opts.Parallel)}
}

const (
	mostNap  = time.Minute // how often to look whether something is due
	renewal  = time.Hour   // after which unchanged evidence is recorded again
	mostPace = 8           // how many times its pace an answer waits that can't be measured
)

// Run checks until ctx ends, with one goroutine an answer.
func (s *Schedule) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, section := range s.opts.Checklist.AllSections() {
		for _, it := range section.Items {
			if it.Every == 0 || it.Off {
				continue
			}
			for _, key := range it.Keys() {
				built, measured := s.opts.Gates[key]
				if !measured || built.Condition != nil {
					continue
				}
				c := check{Schedule: s, item: it, key: key, built: built}
				all.Go(func() { c.run(ctx) })
			}
		}
	}
	<-ctx.Done()
	all.Wait()
	return nil
}

// check is the scheduled check of one answer. The goroutine in run owns it.
type check struct {
	*Schedule
	item  *checklist.Item
	key   answer.Key
	built gates.Built
	last  time.Time // when it was made last; zero: not by this process
}

func (c *check) run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := c.due()
		if wait <= 0 {
			c.make(ctx)
			wait = c.due()
		}
		timer := time.NewTimer(retry.Jitter(max(time.Second, min(wait, mostNap))))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// due is how long the check has to wait; zero or less: it is due.
func (c *check) due() time.Duration {
	state, now := c.opts.Ledger.State(), c.opts.Now()
	release := c.release(state)
	if release == nil || c.underway(state) || c.view(state, release).Standing(c.item, c.key).Waiting != "" {
		return mostNap
	}
	known, measured := release.Evidence[c.key]
	switch {
	case known.Verdict == answer.NotApplicable:
		return mostNap
	case !measured || known.Settings != c.built.Settings || c.item.Scope == answer.DeploymentScope && known.Subject.Arrival != state.Live[c.key.Environment].Arrival:
		return 0
	}
	var from time.Time
	for _, made := range []time.Time{known.At, c.last} {
		if made.After(from) && !made.After(now) { // a time in the future was recorded by a wrong clock
			from = made
		}
	}
	return from.Add(c.pace(release)).Sub(now)
}

// release is the release to check: what is live there for an item of deployment scope,
// otherwise the one opened last. It is nil if that is not open.
func (c *check) release(s *history.State) *history.Release {
	if c.item.Scope != answer.DeploymentScope {
		return s.OpenRelease()
	}
	version := s.Live[c.key.Environment].Version
	if !s.IsOpen(version) {
		return nil
	}
	return s.Releases[version]
}

func (c *check) view(s *history.State, release *history.Release) readiness.View {
	return readiness.View{Checklist: c.opts.Checklist, State: s, Now: c.opts.Now(), Version: release.Version}
}

// pace is how long after the last check the next is due.
func (c *check) pace(release *history.Release) time.Duration {
	pace := c.item.Every
	for range release.Streak(c.key) {
		pace = min(2*pace, mostPace*c.item.Every)
	}
	if c.item.MaxAge > 0 && pace > c.item.MaxAge {
		pace = max(c.item.Every, c.item.MaxAge)
	}
	return pace
}

// underway reports whether a run is about to measure the answer.
func (c *check) underway(state *history.State) bool {
	for _, run := range state.OpenRuns() {
		if step, ok := run.Step(c.key.String()); ok && run.What == work.Gates && step.Ended.IsZero() {
			return true
		}
	}
	return false
}

// make makes the check when it has a slot, and journals what is new.
func (c *check) make(ctx context.Context) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return
	}
	state, began := c.opts.Ledger.State(), c.opts.Now()
	release := c.release(state)
	if release == nil || c.underway(state) {
		return
	}
	c.last = began
	m := &measurement{item: c.item, key: c.key, version: release.Version}
	scope := ScopeFor(c.view(state, release), c.key, c.opts.Targets)
	job := m.job(gates.Job{Name: c.key.String(), Scope: scope, Secrets: c.opts.Secrets}, c.built, c.opts.Ledger.State)
	var found answer.Evidence
	gates.Runner{Parallel: 1}.Run(ctx, []gates.Job{job}, func(gates.Job) error { return nil },
		func(_ gates.Job, ev answer.Evidence) { found = ev })
	if ctx.Err() != nil || found.Verdict == "" {
		return
	}
	found.Settings = c.built.Settings
	found = m.evidence(c.view(c.opts.Ledger.State(), release), found)
	if err := c.journal(ctx, release.Version, release.Evidence[c.key], found); err != nil && ctx.Err() == nil {
		c.opts.Log.Error("a scheduled check could not be recorded", "item", c.key.String(), "error", err)
	}
}

// journal records the result of a check, if it is still new and the release is still
// the one that was checked. seen is the evidence that the check began with.
func (c *check) journal(ctx context.Context, release string, seen, ev answer.Evidence) error {
	if events := c.news(c.opts.Ledger.State(), c.opts.Now(), release, seen, ev); len(events) == 0 {
		return nil
	}
	_, err := c.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		return c.news(s, now, release, seen, ev), nil
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", c.key, err)
	}
	return nil
}

func (c *check) news(s *history.State, now time.Time, version string, seen, ev answer.Evidence) []event.Event {
	release := c.release(s)
	if release == nil || release.Version != version {
		return nil
	}
	known := release.Evidence[c.key]
	if known.Verdict == answer.NotApplicable || !known.At.Equal(seen.At) || known.By != seen.By || known.Verdict != seen.Verdict {
		return nil // a person or a run has answered since
	}
	var events []event.Event
	flipped := release.Flip(c.key, ev, now)
	if flipped || c.worthWriting(release, known, ev, now) {
		events = append(events, event.EvidenceRecorded{Release: version, Item: c.key.Item, Environment: c.key.Environment, Evidence: ev, Scheduled: true})
	}
	if flipped {
		events = append(events, event.ItemFlipped{Release: version, Item: c.key.Item, Environment: c.key.Environment, Verdict: ev.Verdict, Summary: ev.Summary})
	}
	return events
}

// worthWriting reports whether evidence differs from what is known, or is due to be
// recorded again.
func (c *check) worthWriting(release *history.Release, known, ev answer.Evidence, now time.Time) bool {
	again := renewal
	if c.item.MaxAge > 0 {
		again = min(again, c.item.MaxAge/2)
	}
	return known.Verdict != ev.Verdict || known.Settings != ev.Settings || known.Subject.Arrival != ev.Subject.Arrival || now.Sub(known.At) >= again ||
		ev.Verdict == answer.Errored && release.Streak(c.key) < history.SteadyErrors
}
