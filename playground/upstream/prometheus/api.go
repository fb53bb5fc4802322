package prometheus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// largest is how many bytes a form may have.
const largest = 64 << 10

// Handler answers for the server's address; the paths begin at its root.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", say("Prometheus Server is Healthy.\n"))
	mux.HandleFunc("GET /-/ready", say("Prometheus Server is Ready.\n"))
	for path, ask := range map[string]func(*http.Request) (any, error){
		"/api/v1/query":       s.query,
		"/api/v1/query_range": s.queryRange,
	} {
		mux.HandleFunc("GET "+path, respond(ask))
		mux.HandleFunc("POST "+path, respond(ask))
	}
	mux.HandleFunc("GET /api/v1/targets", respond(s.showTargets))
	mux.HandleFunc("GET /api/v1/rules", respond(s.showRules))
	mux.HandleFunc("GET /api/v1/alerts", respond(s.showAlerts))
	mux.HandleFunc("GET /graph", s.showGraph)
	mux.HandleFunc("GET /{$}", s.showGraph)
	return mux
}

func say(sentence string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, sentence)
	}
}

// refusal is an answer that is not a success. Its kinds and their statuses are
// those of https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview.
type refusal struct {
	kind   string
	status int
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func badData(err error) *refusal { return &refusal{"bad_data", http.StatusBadRequest, err} }

func badParameter(name string, err error) *refusal {
	return badData(fmt.Errorf("invalid parameter %q: %w", name, err))
}

// respond puts what was asked for, or the refusal, into Prometheus's envelope.
// An error that is no refusal comes from the evaluation.
func respond(ask func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, largest)
		if err := r.ParseForm(); err != nil {
			refuse(w, badData(fmt.Errorf("the form cannot be read: %w", err)))
			return
		}
		data, err := ask(r)
		var refused *refusal
		switch {
		case err == nil:
			answer(w, http.StatusOK, map[string]any{"status": "success", "data": data})
		case errors.As(err, &refused):
			refuse(w, refused)
		default:
			refuse(w, &refusal{"execution", http.StatusUnprocessableEntity, err})
		}
	}
}

func refuse(w http.ResponseWriter, r *refusal) {
	answer(w, r.status, map[string]any{"status": "error", "errorType": r.kind, "error": r.Error()})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have gone away; there is nobody to tell
}

func (s *Server) showTargets(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := []targetView{}
	if r.FormValue("state") != "dropped" {
		for _, t := range s.targets {
			shown = append(shown, t.view(s.opts.Interval))
		}
	}
	return map[string]any{"activeTargets": shown, "droppedTargets": []targetView{}}, nil
}

// groupView is the one group that all rules are in.
type groupView struct {
	Name           string     `json:"name"`
	File           string     `json:"file"`
	Rules          []ruleView `json:"rules"`
	Interval       float64    `json:"interval"` // seconds
	Limit          int        `json:"limit"`
	EvaluationTime float64    `json:"evaluationTime"` // seconds
	LastEvaluation time.Time  `json:"lastEvaluation"`
}

func (s *Server) showRules(r *http.Request) (any, error) {
	kind := r.FormValue("type")
	if kind != "" && kind != "alert" && kind != "record" {
		return nil, badParameter("type", fmt.Errorf("not supported value %q", kind))
	}
	group := groupView{Name: "practice", File: "practice.rules.yml", Rules: []ruleView{}, Interval: s.opts.Interval.Seconds()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.rules {
		view := one.view()
		if r.FormValue("exclude_alerts") == "true" {
			view.Alerts = nil
		}
		group.Rules = append(group.Rules, view)
		group.EvaluationTime += view.EvaluationTime
		group.LastEvaluation = view.LastEvaluation
	}
	groups := []groupView{group}
	if kind == "record" || len(group.Rules) == 0 {
		groups = []groupView{} // a group without rules of the kind is left out
	}
	return map[string]any{"groups": groups}, nil
}

func (s *Server) showAlerts(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []alertView{}
	for _, r := range s.rules {
		all = append(all, r.alerts()...)
	}
	return map[string]any{"alerts": all}, nil
}
