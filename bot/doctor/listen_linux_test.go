package doctor

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonogo/bot/config"
	"gonogo/bot/doctor/finding"
	"gonogo/bot/web"
)

// serving runs the listeners of a gonogo that last heard from Slack at a time, and
// returns its address.
func serving(t *testing.T, socket string, heard time.Time) string {
	s := web.New(web.Options{Listen: "127.0.0.1:0", Socket: socket, Log: slog.New(slog.DiscardHandler),
		Health: func() web.Health { return web.Health{Sockets: 2, Wanted: 2, LastFrame: heard} }})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	address, err := s.Addr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// TestListenBesideARunningGonogo finds out who has the address.
func TestListenBesideARunningGonogo(t *testing.T) {
	t.Parallel()
	socket, now := filepath.Join(t.TempDir(), "s"), time.Now()
	running := serving(t, socket, now)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	for name, test := range map[string]struct {
		listen string
		level  finding.Level
		says   string
	}{
		"its own":         {running, finding.Sound, " is in use by the running gonogo"},
		"another program": {other.Listener.Addr().String(), finding.Faulty, " is in use, but not by the running gonogo; "},
		"another gonogo":  {serving(t, filepath.Join(t.TempDir(), "s"), now.Add(-time.Second)), finding.Faulty, " is in use, but not by the running gonogo; "},
		"nobody":          {free.Addr().String(), finding.Warning, " is free, so the running gonogo doesn't listen there; restart it"},
		"any port":        {"127.0.0.1:0", finding.Sound, " takes any free port"},
	} {
		x := examiner{Options{Config: &config.Config{Listen: test.listen}, Socket: socket}}
		found := x.listen(t.Context())
		if len(found) != 1 || found[0].Level != test.level || !strings.HasPrefix(found[0].Says, test.listen+test.says) {
			t.Errorf("%s: got %v", name, found)
		}
	}
}
