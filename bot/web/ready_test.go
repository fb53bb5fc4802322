package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		{"a failure that is over", func(h *Health) { h.Ledger.Failed = lastFrame }, 0, nil},
		{"several", func(h *Health) { h.Sockets, h.Queue = 0, 9 }, 0, []string{"Slack is not connected", "the queue is full: 9 requests from Slack wait"}},
	} {
		health, now = well(), lastFrame.Add(tt.after)
		tt.change(&health)
		status, _, text := do(t, "GET", base+"/readyz", "")
		var got condition
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		want := condition{Ready: tt.want == nil, Reasons: append([]string{}, tt.want...)}
		if diff := cmp.Diff(want, condition{Ready: got.Ready, Reasons: got.Reasons}); diff != "" || (status == 200) != want.Ready {
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

// /healthz answers for the goroutine that owns the ledger.
func TestHealthy(t *testing.T) {
	hanging := false
	o := options(well)
	o.Alive = func(ctx context.Context) error {
		if hanging {
			<-ctx.Done()
		}
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
