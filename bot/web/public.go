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
)

// AlertPath is where Alertmanager sends alerts.
const AlertPath = "/alerts/alertmanager"

// publicHandler answers systems that monitor the bot, and accepts alerts with a token and
// what GitHub signs.
func (s *Server) publicHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/healthz", only(http.MethodGet, http.HandlerFunc(s.healthy)))
	mux.Handle("/readyz", only(http.MethodGet, http.HandlerFunc(s.ready)))
	paths := "/healthz, /readyz and /metrics"
	var counters []prometheus.Collector
	if s.options.AlertToken != "" {
		alerts := newAlertHandler(s.options, s.limits, &s.turnedAway)
		mux.Handle(AlertPath, only(http.MethodPost, alerts))
		paths, counters = paths+", and "+AlertPath+" for alerts", append(counters, alerts.results)
	}
	if s.options.Reviews != nil {
		github := newGitHubHandler(s.options, s.limits)
		mux.Handle(GitHubPath, only(http.MethodPost, github))
		paths, counters = paths+", and "+GitHubPath+" for GitHub's webhook", append(counters, github.results)
	}
	if s.options.WaitToken != "" {
		mux.Handle(DecisionPath, only(http.MethodGet, s.decisionHandler()))
		paths += ", and " + DecisionPath + " for pipelines"
	}
	mux.Handle("/metrics", only(http.MethodGet, metricsHandler(s.options, counters...)))
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

// Condition is the answer of /readyz.
type Condition struct {
	Ready     bool       `json:"ready"`
	Reasons   []string   `json:"reasons"`                // why not
	Problems  []string   `json:"problems,omitempty"`     // what is wrong without making the bot unready
	Unchecked []string   `json:"unchecked,omitempty"`    // what can't be found out, and why
	Hangs     string     `json:"ledger_hangs,omitempty"` // since when a write to the ledger hasn't ended; one of the reasons
	Records   uint64     `json:"ledger_records"`
	Sockets   int        `json:"slack_sockets"`
	LastFrame *time.Time `json:"slack_last_frame,omitempty"`
	Queue     int        `json:"slack_queue"`
}

func (s *Server) condition() Condition {
	h := s.options.Health()
	c := Condition{Reasons: h.reasons(s.options.now()), Problems: h.problems(), Unchecked: h.Standing.Unchecked,
		Hangs: hanging(h.Ledger, s.options.now()), Records: h.Ledger.Seq, Sockets: h.Sockets, Queue: h.Queue}
	c.Ready = len(c.Reasons) == 0
	if !h.LastFrame.IsZero() {
		at := h.LastFrame.UTC()
		c.LastFrame = &at
	}
	return c
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	c := s.condition()
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

// respond writes JSON with its length, so that the response is complete before the
// request's body is. A client that went away doesn't matter.
func respond(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(v)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}
