package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Health is how the bot stands, in what a machine that watches it can use.
type Health struct {
	Ledger    bool      // open and taking decisions
	Seq       uint64    // records in the ledger
	Sockets   int       // connections to Slack that are open and greeted
	LastFrame time.Time // when anything last came in from Slack; zero: never
	Queue     int       // requests from Slack that wait
	Trouble   string    // what keeps the bot from Slack, where that is known
}

// reasons says why the bot is not ready; none: it is.
func (h Health) reasons() []string {
	reasons := []string{}
	if !h.Ledger {
		reasons = append(reasons, "the ledger is not open")
	}
	if h.Sockets == 0 {
		reason := "Slack is not connected"
		if h.Trouble != "" {
			reason += ": " + h.Trouble
		}
		reasons = append(reasons, reason)
	}
	return reasons
}

// publicDoor answers what watches the bot, and takes alerts where they have a
// token.
func (s *Server) publicDoor() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/healthz", only(http.MethodGet, http.HandlerFunc(alive)))
	mux.Handle("/readyz", only(http.MethodGet, http.HandlerFunc(s.ready)))
	doors := "/healthz, /readyz and /metrics"
	var counters []prometheus.Collector
	if s.options.AlertToken != "" {
		alerts := newAlertDoor(s.options, s.limits)
		mux.Handle("/alerts/alertmanager", only(http.MethodPost, alerts))
		doors, counters = doors+", and /alerts/alertmanager for alerts", append(counters, alerts.results)
	}
	mux.Handle("/metrics", only(http.MethodGet, metricsDoor(s.options.Health, counters...)))
	mux.Handle("/", nothing(doors))
	return mux
}

func alive(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "alive"})
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
	c := condition{Reasons: h.reasons(), Records: h.Seq, Sockets: h.Sockets, Queue: h.Queue}
	c.Ready = len(c.Reasons) == 0
	if !h.LastFrame.IsZero() {
		at := h.LastFrame.UTC()
		c.LastFrame = &at
	}
	status := http.StatusOK
	if !c.Ready {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, c)
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

// nothing answers every path that is no door.
func nothing(instead string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("there is nothing at %s; there are %s", r.URL.Path, instead))
	})
}

// fault is the form of every error.
type fault struct {
	Error string `json:"error"`
}

func refuse(w http.ResponseWriter, status int, err error) { answer(w, status, fault{err.Error()}) }

// answer writes JSON. A client that went away is no concern of ours.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
