//go:build soak

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/playground/upstream/github"
)

// storm breaks one thing after another until its context ends; with kills, the
// bot too.
func (s *soak) storm(kills bool) func(context.Context) {
	return func(ctx context.Context) {
		for {
			turns := s.breakages(kills)
			rand.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
			for _, turn := range turns {
				if !sleepIn(ctx, 4*time.Second) {
					return
				}
				turn.do(ctx)
				s.add(turn.name)
			}
		}
	}
}

type breakage struct {
	name string
	do   func(context.Context)
}

// breakages are what goes wrong. Each is over when it returns.
func (s *soak) breakages(kills bool) []breakage {
	slack := s.slack
	all := []breakage{
		{"all sockets cut", func(context.Context) { slack.Cut() }},
		{"sockets asked to go", func(context.Context) { slack.Disconnect("warning") }},
		{"sockets dismissed", func(context.Context) { slack.Disconnect("refresh_requested") }},
		{"sockets gone deaf", func(context.Context) { slack.Freeze() }},
		{"posts answered 500, done all the same", func(context.Context) { slack.Lose("chat.postMessage", 2) }},
		{"updates answered 500, done all the same", func(context.Context) { slack.Lose("chat.update", 2) }},
		{"uploads answered 500, done all the same", func(context.Context) { slack.Lose("files.completeUploadExternal", 1) }},
		{"posts answered fatal_error, not done", func(context.Context) { slack.Fail("chat.postMessage", "fatal_error", 2) }},
		{"searches answered 500", func(context.Context) { slack.Lose("conversations.history", 2) }},
		{"posts answered 429", func(context.Context) { slack.RateLimit("chat.postMessage", 3, 3*time.Second) }},
		{"updates answered 429", func(context.Context) { slack.RateLimit("chat.update", 3, 3*time.Second) }},
		{"private answers answered 429", func(context.Context) { slack.RateLimit("chat.postEphemeral", 2, 2*time.Second) }},
		{"no new sockets, and all cut", func(context.Context) { slack.Fail("apps.connections.open", "internal_error", 3); slack.Cut() }},
		{"a post answered after 10 s", func(ctx context.Context) { s.late(ctx, "chat.postMessage", 10*time.Second) }},
		{"an update answered after 30 s", func(ctx context.Context) { s.late(ctx, "chat.update", 30*time.Second) }},
		{"DigitalOcean fails for 10 s", s.cloud.fails},
		{"GitHub fails for 10 s", s.githubFails},
		{"disk full for 8 s", s.fillDisk},
	}
	if kills {
		kill := breakage{"kill -9 and restart", func(context.Context) { s.kill(); s.startBot() }}
		all = append(all, kill, kill, kill, breakage{"kill -9 between a post and its note", s.killInPost})
	}
	return all
}

// sleepIn waits, and tells whether the context lasted that long.
func sleepIn(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// late keeps one answer of Slack's back.
func (s *soak) late(ctx context.Context, method string, d time.Duration) {
	until := make(chan struct{})
	defer close(until)
	select {
	case <-s.slack.Hold(method, until):
		sleepIn(ctx, d)
	case <-time.After(d):
	}
}

// killInPost kills the bot when Slack has the next card and the bot does not know.
func (s *soak) killInPost(ctx context.Context) {
	until := make(chan struct{})
	defer close(until)
	select {
	case <-s.slack.Hold("chat.postMessage", until):
	case <-time.After(10 * time.Second):
	}
	s.kill()
	s.startBot()
}

// fillDisk leaves no room on the ledger's disk for a while.
func (s *soak) fillDisk(ctx context.Context) {
	if s.small == "" {
		return
	}
	ballast := filepath.Join(s.small, "ballast")
	file, err := os.Create(ballast)
	if err != nil {
		s.t.Error(err)
		return
	}
	for chunk := 1 << 20; chunk > 0; {
		if _, err = file.Write(make([]byte, chunk)); errors.Is(err, syscall.ENOSPC) {
			chunk /= 2
		} else if err != nil {
			s.t.Error(err)
			break
		}
	}
	_ = file.Close() // removed at once
	sleepIn(ctx, 8*time.Second)
	if err := os.Remove(ballast); err != nil {
		s.t.Error(err)
	}
}

func (s *soak) githubFails(ctx context.Context) {
	modes := []github.Mode{github.Down, github.SecondaryLimit, github.TooMany}
	s.host.SetMode(modes[rand.IntN(len(modes))])
	sleepIn(ctx, 10*time.Second)
	s.host.SetMode(github.Up)
}

// cloudWeather is what goes wrong at DigitalOcean.
type cloudWeather struct {
	platform *digitalocean.Platform
	mu       sync.Mutex
	bad      bool
	writes   int
}

func (c *cloudWeather) fails(ctx context.Context) {
	c.set(true)
	sleepIn(ctx, 10*time.Second)
	c.set(false)
}

func (c *cloudWeather) set(bad bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bad = bad
}

// lostWrites are what becomes of writes in bad weather, one after the other.
var lostWrites = []digitalocean.Fault{
	{Status: http.StatusBadGateway, Done: true},
	{Drop: true, Done: true},
	{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}},
	{Status: 524, Done: true},
	{Status: http.StatusInternalServerError, Done: true},
}

// fault loses the answer of one write after another, and every third reading.
func (c *cloudWeather) fault(call digitalocean.Call) digitalocean.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.bad:
		return digitalocean.Fault{}
	case call.Write:
		c.writes++
		return lostWrites[c.writes%len(lostWrites)]
	case call.N%3 == 0:
		return digitalocean.Fault{Status: http.StatusServiceUnavailable}
	}
	return digitalocean.Fault{}
}
