package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gonogo/storage"
)

// Health is how the bot stands, in what a machine that watches it can use.
type Health struct {
	Ledger     storage.Health
	LedgerSize int64     // of its file, in bytes
	Sockets    int       // connections to Slack that are open and greeted
	Draining   int       // those of them that another took the place of
	Wanted     int       // how many should serve
	LastFrame  time.Time // when anything last came in from Slack, an answer to a ping too; zero: never
	Queue      int       // requests from Slack that wait
	QueueSize  int       // how many may
	Trouble    string    // what keeps the bot from Slack, where that is known
	Strays     int       // connections to Slack of other processes with the same app token
}

const (
	// quiet is after how long without a frame Slack is taken to be away. Pings
	// go out every ten seconds, and a socket that is silent for thirty is ended.
	quiet = 45 * time.Second
	// stuck is after how long a write to the ledger is taken to hang.
	stuck = 5 * time.Second
)

// reasons says why the bot is not ready; none: it is.
func (h Health) reasons(now time.Time) []string {
	reasons := []string{}
	say := func(format string, values ...any) { reasons = append(reasons, fmt.Sprintf(format, values...)) }
	if h.Ledger.Failing != nil {
		say("the ledger could not be written at %s; gonogo's log says why", h.Ledger.Failed.UTC().Format(time.RFC3339))
	}
	if !h.Ledger.Writing.IsZero() && now.Sub(h.Ledger.Writing) > stuck {
		say("a write to the ledger has been under way for %s; look at its disk", now.Sub(h.Ledger.Writing).Round(time.Second))
	}
	switch {
	case h.Sockets == 0 && h.Trouble != "":
		say("Slack is not connected: %s", h.Trouble)
	case h.Sockets == 0:
		say("Slack is not connected")
	case now.Sub(h.LastFrame) > quiet:
		say("nothing has come in from Slack for %s", now.Sub(h.LastFrame).Round(time.Second))
	}
	if h.Strays > 0 {
		say("another process uses the same Slack app token and takes part of what people say; stop it, or give it an app of its own")
	}
	if h.QueueSize > 0 && h.Queue >= h.QueueSize {
		say("the queue is full: %d requests from Slack wait", h.Queue)
	}
	return reasons
}

// publicDoor answers what watches the bot, and takes alerts where they have a
// token.
func (s *Server) publicDoor() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/healthz", only(http.MethodGet, http.HandlerFunc(s.healthy)))
	mux.Handle("/readyz", only(http.MethodGet, http.HandlerFunc(s.ready)))
	paths := "/healthz, /readyz and /metrics"
	var counters []prometheus.Collector
	if s.options.AlertToken != "" {
		alerts := newAlertHandler(s.options, s.limits)
		mux.Handle("/alerts/alertmanager", only(http.MethodPost, alerts))
		paths, counters = paths+", and /alerts/alertmanager for alerts", append(counters, alerts.results)
	}
	mux.Handle("/metrics", only(http.MethodGet, metricsDoor(s.options, counters...)))
	mux.Handle("/", nothing(paths))
	return mux
}

// healthy answers for the process, and for the goroutine without which nothing
// is decided.
func (s *Server) healthy(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.alive)
	defer cancel()
	if s.options.Alive != nil && s.options.Alive(ctx) != nil {
		refuse(w, http.StatusServiceUnavailable, fmt.Errorf("the ledger has not answered for %s; restart gonogo if its disk is well", s.limits.alive))
		return
	}
	alive(w, r)
}

// alive answers for the process alone.
func alive(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, map[string]string{"status": "alive"})
}

// condition is the answer of /readyz.
type condition struct {
	Ready     bool       `json:"ready"`
	Reasons   []string   `json:"reasons"` // why not
	Records   uint64     `json:"ledger_records"`
	Sockets   int        `json:"slack_sockets"`
	LastFrame *time.Time `json:"slack_last_frame,omitempty"`
	Queue     int        `json:"slack_queue"`
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	h := s.options.Health()
	c := condition{Reasons: h.reasons(s.options.now()), Records: h.Ledger.Seq, Sockets: h.Sockets, Queue: h.Queue}
	c.Ready = len(c.Reasons) == 0
	if !h.LastFrame.IsZero() {
		at := h.LastFrame.UTC()
		c.LastFrame = &at
	}
	status := http.StatusOK
	if !c.Ready {
		status = http.StatusServiceUnavailable
	}
	respond(w, status, c)
}

// only lets one method through; GET lets HEAD through too.
func only(method string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method || method == http.MethodGet && r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Allow", method)
		refuse(w, http.StatusMethodNotAllowed, fmt.Errorf("%s takes %s, not %s", r.URL.Path, method, r.Method))
	})
}

// nothing answers every other path.
func nothing(instead string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("there is nothing at %s; there are %s", r.URL.Path, instead))
	})
}

// fault is the form of every error.
type fault struct {
	Error string `json:"error"`
}

func refuse(w http.ResponseWriter, status int, err error) { respond(w, status, fault{err.Error()}) }

// respond writes JSON, with its length, so that it is whole before the request's body
// is. A client that went away is no concern of ours.
func respond(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(v)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}
