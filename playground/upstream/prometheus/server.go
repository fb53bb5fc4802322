package prometheus

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Options say what a server watches.
type Options struct {
	URL      string        // where the server is reached, without a slash at its end
	Interval time.Duration // between two readings of a target, and two looks at the rules
	Past     time.Duration // for how long it has been reading targets when it starts
	Targets  []Target
	Rules    []Rule
	Notify   func([]Alert)    // takes the alerts that fire or have ceased to; it does not block
	Now      func() time.Time // nil: time.Now
}

// Sample is a value that a target has at the moment.
type Sample struct {
	Name   string
	Labels Labels
	Value  float64
}

// Server is one Prometheus.
type Server struct {
	opts    Options
	store   *store
	targets []*target
	rules   []*rule

	mu sync.Mutex // guards what targets and rules remember
}

// New reads the rules and starts nothing. The error names the rule that cannot
// be read.
func New(opts Options) (*Server, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Notify == nil {
		opts.Notify = func([]Alert) {}
	}
	s := &Server{opts: opts, store: newStore()}
	for _, t := range opts.Targets {
		s.targets = append(s.targets, &target{Target: t})
	}
	return s, s.Load(opts.Rules)
}

// Load replaces the rules, as a reload with another rule file does. A rule that stays as
// it is keeps its alerts; those of others are forgotten. On an error, which names the rule
// that can't be read, the rules stay as they are.
func (s *Server) Load(rules []Rule) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var loaded []*rule
	for _, r := range rules {
		read, err := newRule(r)
		if err != nil {
			return fmt.Errorf("the practice rule %s cannot be read: %w", r.Name, err)
		}
		for _, before := range s.rules {
			if before.Name == r.Name && before.Query == r.Query && before.For == r.For {
				read = before
			}
		}
		loaded = append(loaded, read)
	}
	s.rules = loaded
	return nil
}

// Run reads the targets and looks at the rules once an interval, until ctx
// ends. First it reads what the targets had in the past, and later what it missed
// because the machine was busy, so that a busy machine makes no gap in the series.
func (s *Server) Run(ctx context.Context) error {
	last := s.opts.Now().Add(-s.opts.Past)
	tick := time.NewTicker(s.opts.Interval)
	defer tick.Stop()
	for {
		last = s.recall(last)
		s.Tick()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// recall reads the targets as they were once an interval since a moment, and
// returns since when something has been missed the next time: a tick may be late by
// half an interval.
func (s *Server) recall(since time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	for ; since.Before(now); since = since.Add(s.opts.Interval) {
		for _, t := range s.targets {
			t.read(since, s.store)
		}
	}
	return now.Add(s.opts.Interval * 3 / 2)
}

// Tick reads the targets and looks at the rules, once.
func (s *Server) Tick() {
	s.mu.Lock()
	now := s.opts.Now()
	for _, t := range s.targets {
		t.read(now, s.store)
	}
	var news []Alert
	for _, r := range s.rules {
		r.look(s.opts.Now, s.store)
		news = append(news, r.news(now, s.opts)...)
	}
	s.mu.Unlock()
	if len(news) > 0 {
		s.opts.Notify(news)
	}
}

// Add gives a series a sample of some moment; moments go forward.
func (s *Server) Add(sample Sample, at time.Time) {
	labels := sample.Labels.with(Labels{metricName: sample.Name})
	s.store.add(labels.key(), labels, at, sample.Value)
}

// Forget drops every sample, as a server does that has lost its disk. Alerts
// and targets stay as they are until the next look.
func (s *Server) Forget() { s.store.forget() }
