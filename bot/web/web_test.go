package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gonogo/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a server until the test ends; stop ends it before that and gives
// what Run returned.
func start(t *testing.T, s *Server) (base string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	addr, err := s.Addr(ctx)
	if err != nil {
		t.Fatal(err)
	}
	result := func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := result(); err != nil {
			t.Errorf("the server ended with: %v", err)
		}
	})
	return "http://" + addr, result
}

var lastFrame = time.Date(2025, time.November, 3, 9, 0, 0, 500e6, time.UTC)

func well() Health {
	return Health{Ledger: storage.Health{Seq: 42}, LedgerSize: 65536, Sockets: 3, Draining: 1, Wanted: 2, LastFrame: lastFrame, Queue: 3, QueueSize: 8}
}

func options(health func() Health) Options {
	return Options{Listen: "127.0.0.1:0", Health: health, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return lastFrame.Add(time.Minute / 2) }}
}

func do(t *testing.T, method, url, body string) (status int, header http.Header, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(answer)
}

func TestPublicHandler(t *testing.T) {
	ill := func() Health { return Health{Trouble: "the app token was revoked; make a new one"} }
	for _, tt := range []struct {
		name, method, path string
		health             func() Health
		status             int
		want               string
	}{
		{"alive", "GET", "/healthz", ill, 200, `{"status":"alive"}`},
		{"ready", "GET", "/readyz", well, 200,
			`{"ready":true,"reasons":[],"ledger_records":42,"slack_sockets":3,"slack_last_frame":"2025-11-03T09:00:00.5Z","slack_queue":3}`},
		{"not ready", "GET", "/readyz", ill, 503,
			`{"ready":false,"reasons":["Slack is not connected: the app token was revoked; make a new one"],"ledger_records":0,"slack_sockets":0,"slack_queue":0}`},
		{"one reason", "GET", "/readyz", func() Health { return Health{Ledger: storage.Health{Seq: 1}} }, 503,
			`{"ready":false,"reasons":["Slack is not connected"],"ledger_records":1,"slack_sockets":0,"slack_queue":0}`},
		{"head", "HEAD", "/readyz", ill, 503, ``},
		{"not found", "GET", "/healthz/", well, 404, `{"error":"there is nothing at /healthz/; there are /healthz, /readyz and /metrics"}`},
		{"root", "GET", "/", well, 404, `{"error":"there is nothing at /; there are /healthz, /readyz and /metrics"}`},
		{"the local door is not here", "POST", "/v1/say", well, 404, `{"error":"there is nothing at /v1/say; there are /healthz, /readyz and /metrics"}`},
		{"another method", "POST", "/readyz", well, 405, `{"error":"/readyz takes GET, not POST"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, _ := start(t, New(options(tt.health)))
			status, header, text := do(t, tt.method, base+tt.path, "")
			if status != tt.status || strings.TrimSpace(text) != tt.want {
				t.Errorf("got %d %s\nwant %d %s", status, text, tt.status, tt.want)
			}
			if allow := header.Get("Allow"); (status == 405) != (allow == "GET") {
				t.Errorf("status %d with Allow %q", status, allow)
			}
			if kind := header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("Content-Type is %q", kind)
			}
		})
	}
}

func TestTakenAddressIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options(well)
	o.Listen = taken.Addr().String()
	err = New(o).Run(t.Context())
	if want := "cannot listen on " + o.Listen + ", since another program listens there; set listen to a free address of this machine"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestClosedDoors(t *testing.T) {
	s := New(Options{Health: well, Log: slog.New(slog.DiscardHandler)})
	if base, stop := start(t, s); base != "http://" || stop() != nil {
		t.Errorf("with nothing to listen on, the address is %q", base)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("never ran"))
	if _, err := New(options(well)).Addr(ended); err == nil || err.Error() != "never ran" {
		t.Errorf("the address of a server that does not run: %v", err)
	}
}

// A client that sends its headers a byte at a time, or not at all, is cut off;
// the test waits for the server to hang up.
func TestSlowClientsAreCutOff(t *testing.T) {
	s := New(options(well))
	s.limits.headers, s.limits.request = 50*time.Millisecond, 50*time.Millisecond
	base, _ := start(t, s)
	for _, sent := range []string{"", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("after %q: %v, want the server to hang up", sent, err)
		}
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	base, _ := start(t, New(options(well)))
	request, err := http.NewRequestWithContext(t.Context(), "GET", base+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Huge", strings.Repeat("x", 1<<16))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return // cut off while still sending
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", response.StatusCode)
	}
}

// slowReader holds an answer back until it is let go.
type slowReader struct {
	Reader
	asked chan struct{}
	let   chan struct{}
}

func (r slowReader) Export(ctx context.Context, out io.Writer) error {
	close(r.asked)
	select {
	case <-r.let:
		_, err := io.WriteString(out, "whole\n")
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestWhatIsUnderWayIsFinished(t *testing.T) {
	reader := slowReader{Reader: fixed{}, asked: make(chan struct{}), let: make(chan struct{})}
	client, stop := startLocal(t, reader, usualLimits)
	var out bytes.Buffer
	exported := make(chan error, 1)
	go func() { exported <- client.Export(context.Background(), &out) }()
	<-reader.asked
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	// The door is closed to others before the one inside has its answer.
	for {
		if _, err := client.Say(t.Context(), "x"); err != nil {
			break
		}
	}
	close(reader.let)
	if err := <-exported; err != nil || out.String() != "whole\n" {
		t.Errorf("the export under way gave %q, %v", out.String(), err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestWhatHangsIsCutOff(t *testing.T) {
	reader := slowReader{Reader: fixed{}, asked: make(chan struct{}), let: make(chan struct{})}
	short := usualLimits
	short.drain = 10 * time.Millisecond
	client, stop := startLocal(t, reader, short)
	exported := make(chan error, 1)
	go func() { exported <- client.Export(context.Background(), io.Discard) }()
	<-reader.asked
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := <-exported; err == nil {
		t.Error("an export that was cut off looks complete")
	}
}

// lastMoment is when a test that waits in vain says for what: shortly before go test
// ends them all, because a busy machine may take ten times as long as an idle one.
func lastMoment(t *testing.T) <-chan time.Time {
	if end, ok := t.Deadline(); ok {
		return time.After(time.Until(end) - 30*time.Second)
	}
	return nil // go test was told to wait for ever
}
