package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/watch"
	"gonogo/readiness/event"
	"gonogo/storage"
)

// Each of the things that a bot needs keeps it from being ready while it is
// missing, and no longer.
func TestReady(t *testing.T) {
	health := well()
	o := options(func() Health { return health })
	now := lastFrame
	o.Now = func() time.Time { return now }
	base, _ := start(t, New(o))
	for _, tt := range []struct {
		name   string
		change func(h *Health)
		after  time.Duration // the last frame
		want   []string
	}{
		{"well", func(*Health) {}, 0, nil},
		{"a while ago", func(*Health) {}, 45 * time.Second, nil},
		{"deaf", func(*Health) {}, 2 * time.Minute, []string{"nothing has come in from Slack for 2m0s"}},
		{"never heard", func(h *Health) { h.Sockets, h.LastFrame = 0, time.Time{} }, 0, []string{"Slack is not connected"}},
		{"switched off", func(h *Health) { h.Sockets, h.Trouble = 0, "switch Socket Mode on" }, time.Hour, []string{"Slack is not connected: switch Socket Mode on"}},
		{"one socket of two", func(h *Health) { h.Sockets, h.Trouble = 1, "too many" }, 0, nil},
		{"another process", func(h *Health) { h.Strays = 2 }, 0,
			[]string{"another process uses the same Slack app token and takes part of what people say; stop it, or give it an app of its own"}},
		{"nearly full", func(h *Health) { h.Queue = 7 }, 0, nil},
		{"full", func(h *Health) { h.Queue = 8 }, 0, []string{"the queue is full: 8 requests from Slack wait"}},
		{"a slow write", func(h *Health) { h.Ledger.Writing = lastFrame }, 5 * time.Second, nil},
		{"a write that hangs", func(h *Health) { h.Ledger.Writing = lastFrame }, 7 * time.Second,
			[]string{"a write to the ledger has been under way for 7s; look at its disk"}},
		{"a failed write", func(h *Health) { h.Ledger.Failing, h.Ledger.Failed = errors.New("secret"), lastFrame }, 0,
			[]string{"the ledger could not be written at 2025-11-03T09:00:00Z; gonogo's log says why"}},
		{"a ledger that was moved", func(h *Health) {
			h.Ledger.Failing, h.Ledger.Failed = fmt.Errorf("secret: %w", &storage.Unusable{Path: "/secret/gonogo.db", Problem: "was deleted or moved while gonogo was using it", NextStep: "move it back"}), lastFrame
		}, 0, []string{"the ledger was deleted or moved while gonogo was using it; move it back"}},
		{"a failure that is over", func(h *Health) { h.Ledger.Failed = lastFrame }, 0, nil},
		{"a ledger that needs a restart", func(h *Health) {
			h.Ledger.Failing, h.Ledger.Failed = fmt.Errorf("secret: %w", storage.ErrRestart), lastFrame
		}, 0,
			[]string{"the ledger can't be written until gonogo is restarted; it was last tried at 2025-11-03T09:00:00Z, and gonogo's log says why"}},
		{"a full disk", func(h *Health) {
			h.Ledger.Failing, h.Ledger.Room = fmt.Errorf("append: %w", syscall.ENOSPC), storage.Room{Held: 1 << 20, Size: 1 << 20, Low: true}
		}, 0, []string{"the ledger can't be written, since its disk or a quota is full; free some space there"}},
		{"a full disk after a rollback", func(h *Health) { h.Ledger.Room = storage.Room{Free: 3 << 20, Held: 1 << 19, Size: 1 << 20, Low: true} }, 0,
			[]string{"only 3 MiB are free on the ledger's disk, and part of the room that is kept for a rollback is used, so the next rollback may not be recorded; free some space on the ledger's disk"}},
		{"a disk that is nearly full", func(h *Health) { h.Ledger.Room = storage.Room{Free: 3 << 20, Held: 1 << 20, Size: 1 << 20, Low: true} }, 0,
			[]string{"only 3 MiB are free on the ledger's disk; free some space there"}},
		{"a reserve that isn't whole", func(h *Health) { h.Ledger.Room = storage.Room{Free: 1 << 30, Held: 1 << 19, Size: 1 << 20} }, 0,
			[]string{"part of the room that is kept for a rollback is used, so the next rollback may not be recorded; free some space on the ledger's disk"}},
		{"a disk that can't be looked at", func(h *Health) { h.Ledger.Room = storage.Room{Size: 1 << 20, Err: errors.New("secret")} }, 0,
			[]string{"how much space is free on the ledger's disk can't be found out; look at that disk"}},
		{"room on the disk", func(h *Health) { h.Ledger.Room = storage.Room{Free: 1 << 30, Held: 1 << 20, Size: 1 << 20} }, 0, nil},
		{"a record ahead of the clock", func(h *Health) { h.Ledger.Ahead = 5*time.Minute + 400*time.Millisecond }, 0,
			[]string{"the last record of the ledger is 5m0s ahead of the clock, so what was recorded may count for too long; check the clock of gonogo's host"}},
		{"a trouble that was found", func(h *Health) {
			h.Standing.Troubles = []watch.Trouble{{Kind: event.TroubleBotToken, Why: "set the new token"}}
		}, 0, []string{"set the new token"}},
		{"a trouble that is no reason", func(h *Health) {
			h.Standing.Troubles = []watch.Trouble{{Kind: event.TroubleGitHub, Why: "set the new token"}}
		}, 0, nil},
		{"not looked at yet", func(h *Health) { h.Standing.Pending = []string{"it is not known yet"} }, 0, []string{"it is not known yet"}},
		{"several", func(h *Health) { h.Sockets, h.Queue = 0, 9 }, 0, []string{"Slack is not connected", "the queue is full: 9 requests from Slack wait"}},
	} {
		health, now = well(), lastFrame.Add(tt.after)
		tt.change(&health)
		status, _, text := do(t, "GET", base+"/readyz", "")
		var got Condition
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		want := Condition{Ready: tt.want == nil, Reasons: append([]string{}, tt.want...)}
		if diff := cmp.Diff(want, Condition{Ready: got.Ready, Reasons: got.Reasons}); diff != "" || (status == 200) != want.Ready {
			t.Errorf("%s: %d (-want +got):\n%s", tt.name, status, diff)
		}
		if _, _, text := do(t, "GET", base+"/metrics", ""); strings.Contains(text, "\ngonogo_ready 1\n") != want.Ready {
			t.Errorf("%s: the metrics say otherwise than /readyz", tt.name)
		} else if !strings.Contains(text, fmt.Sprintf("\ngonogo_slack_stray_sockets %d\n", health.Strays)) {
			t.Errorf("%s: the metrics do not count %d sockets of other processes", tt.name, health.Strays)
		}
		if status, _, _ := do(t, "GET", base+"/healthz", ""); status != 200 {
			t.Errorf("%s: /healthz is %d, want 200", tt.name, status)
		}
	}
}

// What doesn't make the bot unready is still listed, and each kind of trouble has a
// metric.
func TestTroubles(t *testing.T) {
	health := well()
	health.Strays = 1
	health.Standing = watch.Standing{Troubles: []watch.Trouble{{Kind: event.TroubleGitHub, Why: "GitHub rejects the token; set a new one"}},
		Unchecked: []string{"whether gonogo can post in #releases: the token lacks channels:read"}}
	o := options(func() Health { return health })
	o.Now = func() time.Time { return lastFrame }
	base, _ := start(t, New(o))
	_, _, text := do(t, "GET", base+"/readyz", "")
	var got Condition
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"GitHub rejects the token; set a new one"}, got.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(health.Standing.Unchecked, got.Unchecked); diff != "" {
		t.Errorf("unchecked (-want +got):\n%s", diff)
	}
	_, _, text = do(t, "GET", base+"/metrics", "")
	for _, k := range watch.Kinds {
		want := 0
		if k.Trouble == event.TroubleGitHub || k.Trouble == event.TroubleOtherProcess {
			want = 1
		}
		if line := fmt.Sprintf("\ngonogo_trouble{kind=%q} %d\n", k.Trouble, want); !strings.Contains(text, line) {
			t.Errorf("the metrics lack %q", line)
		}
	}
	if !strings.Contains(text, "\ngonogo_unchecked 1\n") {
		t.Error("the metrics do not count what can't be found out")
	}
}

// A trouble in the bot's own numbers has the same words as long as it lasts.
func TestOwnTroublesKeepTheirWords(t *testing.T) {
	h := well()
	h.Ledger.Writing, h.Ledger.Ahead, h.Strays = lastFrame, 3*time.Minute, 1
	first := h.Own(lastFrame.Add(time.Minute))
	h.Ledger.Ahead = 2 * time.Minute
	later := h.Own(lastFrame.Add(time.Hour))
	if diff := cmp.Diff(first, later); diff != "" || len(first) != 4 {
		t.Errorf("%d troubles (-first +later):\n%s", len(first), diff)
	}
	for _, trouble := range first {
		if !own[trouble.Kind] {
			t.Errorf("%s would be told twice in /readyz", trouble.Kind)
		}
	}
}

// /healthz answers for the goroutine that owns the ledger.
func TestHealthy(t *testing.T) {
	hanging := false
	o := options(well)
	o.Alive = func(ctx context.Context) error {
		if !hanging {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
	s := New(o)
	s.limits.alive = 20 * time.Millisecond
	base, _ := start(t, s)
	for _, tt := range []struct {
		hanging bool
		status  int
		want    string
	}{
		{false, 200, `{"status":"alive"}`},
		{true, 503, `{"error":"the ledger has not answered for 20ms; restart gonogo if its disk is well"}`},
		{false, 200, `{"status":"alive"}`},
	} {
		hanging = tt.hanging
		if status, _, text := do(t, "GET", base+"/healthz", ""); status != tt.status || strings.TrimSpace(text) != tt.want {
			t.Errorf("hanging %t: %d %s, want %d %s", tt.hanging, status, text, tt.status, tt.want)
		}
	}
	o.Alive = func(context.Context) error { return storage.ErrStopped }
	base, _ = start(t, New(o))
	if status, _, _ := do(t, "GET", base+"/healthz", ""); status != 503 {
		t.Errorf("with a ledger that has stopped: %d, want 503", status)
	}
}
