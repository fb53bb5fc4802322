package load

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/gates/gatestest"
	"gonogo/gates/network"
)

func successful(status int) bool { return status == http.StatusOK }

// against is a plan of users who ask an address for a moment.
func against(address string, users int) Plan {
	return Plan{URLs: []string{address}, Users: users, For: 50 * time.Millisecond, Timeout: time.Minute, Allows: successful}
}

// serving is a server that counts what it is asked.
func serving(t *testing.T, serve http.HandlerFunc) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		serve(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// Users ask at the same time: no answer is given before all of them have asked.
func TestUsersAskAtOnce(t *testing.T) {
	var all sync.WaitGroup
	all.Add(20)
	first := make(chan struct{}, 20)
	address, asked := serving(t, func(http.ResponseWriter, *http.Request) {
		select {
		case first <- struct{}{}:
			all.Done()
		default:
		}
		all.Wait()
	})
	o := against(address, 20).Run(t.Context())
	if o.Tried < 20 || o.Sent != o.Tried || int64(o.Sent) != asked.Load() || len(o.Took) != o.Tried || o.Failed() != 0 || o.GivenUp() {
		t.Errorf("got %d tried, %d sent, %d succeeded; %d were asked", o.Tried, o.Sent, len(o.Took), asked.Load())
	}
}

func TestRate(t *testing.T) {
	var paths sync.Map
	address, asked := serving(t, func(_ http.ResponseWriter, r *http.Request) { paths.Store(r.URL.Path+r.Header.Get("X-Key"), true) })
	p := against(address+"/a", 0)
	p.URLs, p.Headers = append(p.URLs, address+"/b"), http.Header{"X-Key": {"1"}}
	p.Rate, p.For = 100, 200*time.Millisecond
	if got := p.Meant(); got != 20 {
		t.Errorf("%d requests are meant", got)
	}
	o := p.Run(t.Context())
	if o.Sent == 0 || o.Sent > 21 || int64(o.Sent) != asked.Load() || len(o.Took) != o.Sent {
		t.Errorf("got %+v", o)
	}
	for _, path := range []string{"/a1", "/b1"} {
		if _, ok := paths.Load(path); !ok && o.Sent > 1 {
			t.Errorf("%s was not asked", path)
		}
	}
}

// What doesn't succeed has no time, and what isn't sent doesn't count as sent.
func TestFailures(t *testing.T) {
	elsewhere, visits := serving(t, func(http.ResponseWriter, *http.Request) {})
	closed := gatestest.Listen(t, func(net.Conn) {})
	closed.Close()
	site, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, elsewhere, http.StatusFound)
		case "/broken":
			http.Error(w, "broken", http.StatusInternalServerError)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "torn")
		case "/large":
			_, _ = io.Copy(w, io.LimitReader(zeros{}, MaxBody+1))
		case "/hangs":
			<-r.Context().Done()
		}
	})
	for _, tt := range []struct {
		address string
		status  int // of all answers; 0: none is complete
		sent    bool
		cause   func(error) bool
	}{
		{site + "/redirect", http.StatusFound, true, nil},
		{site + "/broken", http.StatusInternalServerError, true, nil},
		{site + "/cut", 0, true, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{site + "/large", 0, true, func(err error) bool { return errors.Is(err, ErrTooLarge) }},
		{site + "/hangs", 0, true, network.IsTimeout},
		{"http://" + closed.Address, 0, false, network.IsRefused},
		{strings.Replace(site, "http:", "https:", 1), 0, false, func(err error) bool { return err != nil }},
	} {
		p := against(tt.address, 2)
		if strings.HasSuffix(tt.address, "/hangs") {
			p.Timeout = time.Second
		}
		o := p.Run(t.Context())
		if o.Tried == 0 || len(o.Took) > 0 || o.Failed() != o.Tried || (o.Sent == o.Tried) != tt.sent || !tt.sent && o.Sent != 0 {
			t.Errorf("%s: got %d tried, %d sent, %d succeeded", tt.address, o.Tried, o.Sent, len(o.Took))
		}
		if tt.status != 0 && o.Statuses[tt.status] != o.Tried || tt.status == 0 && o.Broken != o.Tried {
			t.Errorf("%s: got %v and %d without an answer, of %d", tt.address, o.Statuses, o.Broken, o.Tried)
		}
		if tt.cause == nil && o.Cause != nil || tt.cause != nil && !tt.cause(o.Cause) {
			t.Errorf("%s: the cause is %v", tt.address, o.Cause)
		}
	}
	if visits.Load() > 0 {
		t.Error("a redirect was followed")
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A load that can't be made ends by itself.
func TestGivesUp(t *testing.T) {
	closed := gatestest.Listen(t, func(net.Conn) {})
	closed.Close()
	p := against("http://"+closed.Address, 50)
	p.For = MaxFor
	if o := p.Run(t.Context()); !o.GivenUp() || o.Sent != 0 {
		t.Errorf("got %d tried, %d sent", o.Tried, o.Sent)
	}
}

// Cancelling closes each connection at once, also those that are being made; TestMain
// looks for goroutines.
func TestCancelClosesConnections(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		for _, plan := range []Plan{{Users: 20}, {Rate: MaxRate}} {
			ctx, cancel := context.WithCancel(t.Context())
			closed := make(chan struct{}, MaxUsers)
			silent := gatestest.Listen(t, func(conn net.Conn) {
				_, _ = io.Copy(io.Discard, conn)
				closed <- struct{}{}
			})
			p := against(scheme+"://"+silent.Address, plan.Users)
			p.Rate, p.For = plan.Rate, MaxFor
			over := make(chan Outcome)
			go func() { over <- p.Run(ctx) }()
			for range 20 {
				<-silent.Asked
			}
			cancel()
			if o := <-over; len(o.Took) > 0 {
				t.Errorf("%s: %d succeeded", scheme, len(o.Took))
			}
			for range 20 {
				<-closed
			}
		}
	}
}
