package alertmanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"time"
)

// version is the Alertmanager whose answers these are.
const version = "0.25.0"

// resolveTimeout is how long an alert fires that came without an end
// (resolve_timeout's default).
const resolveTimeout = 5 * time.Minute

// largest is how many bytes a body may have.
const largest = 1 << 20

// Handler answers for the Alertmanager's address; the paths begin at its root
// (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml).
func (a *Alertmanager) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", ok)
	mux.HandleFunc("GET /-/ready", ok)
	mux.HandleFunc("GET /api/v2/status", a.showStatus)
	mux.HandleFunc("GET /api/v2/receivers", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, a.receivers()) })
	mux.HandleFunc("GET /api/v2/alerts", a.showAlerts)
	mux.HandleFunc("POST /api/v2/alerts", a.takeAlerts)
	mux.HandleFunc("GET /api/v2/silences", a.showSilences)
	mux.HandleFunc("POST /api/v2/silences", a.takeSilence)
	mux.HandleFunc("GET /api/v2/silence/{id}", a.showSilence)
	mux.HandleFunc("DELETE /api/v2/silence/{id}", a.endSilence)
	mux.HandleFunc("GET /{$}", a.showPage)
	return mux
}

func ok(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "OK")
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have gone away; there is nobody to tell
}

// invalid is how a request is refused that does not fit the API's description;
// what its sense forbids is refused with 400 and a bare sentence.
func invalid(w http.ResponseWriter, status, code int, sentence string) {
	answer(w, status, map[string]any{"code": code, "message": sentence})
}

// read takes a JSON body, and reports whether it could; else it has answered.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		invalid(w, http.StatusUnsupportedMediaType, http.StatusUnsupportedMediaType,
			fmt.Sprintf("unsupported media type %q, only [application/json] are allowed", kind))
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largest)).Decode(into); err != nil {
		invalid(w, http.StatusBadRequest, http.StatusBadRequest, "parsing body failed, because "+err.Error())
		return false
	}
	return true
}

type receiverView struct {
	Name string `json:"name"`
}

func (a *Alertmanager) receivers() []receiverView { return []receiverView{{a.opts.Receiver}} }

func (a *Alertmanager) showStatus(w http.ResponseWriter, _ *http.Request) {
	o := a.opts
	config := fmt.Sprintf("route:\n  receiver: %s\n  group_by: %q\n  group_wait: %s\n  group_interval: %s\n  repeat_interval: %s\nreceivers:\n- name: %s\n  webhook_configs:\n  - send_resolved: true\n    url: <secret>\n    max_alerts: 0\ntemplates: []\n",
		o.Receiver, o.GroupBy, o.GroupWait, o.GroupInterval, o.RepeatInterval, o.Receiver)
	answer(w, http.StatusOK, map[string]any{
		"cluster": map[string]any{"peers": []string{}, "status": "disabled"},
		"config":  map[string]any{"original": config},
		"uptime":  a.started.UTC(),
		"versionInfo": map[string]string{
			"version": version, "revision": "practice", "branch": "practice", "buildUser": "practice", "buildDate": "", "goVersion": runtime.Version(),
		},
	})
}

type alertView struct {
	Annotations  map[string]string `json:"annotations"`
	EndsAt       time.Time         `json:"endsAt"`
	Fingerprint  string            `json:"fingerprint"`
	Receivers    []receiverView    `json:"receivers"`
	StartsAt     time.Time         `json:"startsAt"`
	Status       alertStatus       `json:"status"`
	UpdatedAt    time.Time         `json:"updatedAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
	Labels       map[string]string `json:"labels"`
}

type alertStatus struct {
	InhibitedBy []string `json:"inhibitedBy"`
	SilencedBy  []string `json:"silencedBy"`
	State       string   `json:"state"` // active or suppressed
}

// view is an alert as the API shows it. The API wants an end: one that fires
// until it is resolved gets the usual timeout. The caller holds the lock.
func (a *Alertmanager) view(one *alert, now time.Time) alertView {
	v := alertView{
		Annotations: filled(one.Annotations), EndsAt: one.EndsAt.UTC(), Fingerprint: one.fingerprint, Receivers: a.receivers(),
		StartsAt: one.StartsAt.UTC(), UpdatedAt: one.updated.UTC(), GeneratorURL: one.GeneratorURL, Labels: one.Labels,
		Status: alertStatus{[]string{}, a.silencing(one.Labels, now), "active"},
	}
	if one.EndsAt.IsZero() {
		v.EndsAt = now.Add(resolveTimeout).UTC()
	}
	if len(v.Status.SilencedBy) > 0 {
		v.Status.State = "suppressed"
	}
	return v
}

// firing are the alerts that fire, as the API shows them.
func (a *Alertmanager) firing() []alertView {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, views := a.opts.Now(), []alertView{}
	for _, fingerprint := range slices.Sorted(maps.Keys(a.alerts)) {
		if one := a.alerts[fingerprint]; !one.resolved(now) {
			views = append(views, a.view(one, now))
		}
	}
	return views
}

func (a *Alertmanager) showAlerts(w http.ResponseWriter, r *http.Request) {
	filter, err := filterOf(r)
	if err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	asked := r.URL.Query()
	shown := slices.DeleteFunc(a.firing(), func(v alertView) bool {
		silenced := v.Status.State == "suppressed"
		return silenced && asked.Get("silenced") == "false" || !silenced && asked.Get("active") == "false" || !allMatch(filter, v.Labels)
	})
	answer(w, http.StatusOK, shown)
}

func filterOf(r *http.Request) ([]Matcher, error) {
	var filter []Matcher
	for _, text := range r.URL.Query()["filter"] {
		m, err := parseMatcher(text)
		if err != nil {
			return nil, err
		}
		filter = append(filter, m)
	}
	return filter, nil
}

func (a *Alertmanager) takeAlerts(w http.ResponseWriter, r *http.Request) {
	var alerts []Alert
	if !read(w, r, &alerts) {
		return
	}
	for i := range alerts {
		if len(alerts[i].Labels) == 0 {
			answer(w, http.StatusBadRequest, "at least one label pair required")
			return
		}
		if alerts[i].EndsAt.IsZero() {
			alerts[i].EndsAt = a.opts.Now().Add(resolveTimeout)
		}
	}
	a.Receive(alerts...)
	w.WriteHeader(http.StatusOK)
}

// silenceView is a silence as the API shows it.
type silenceView struct {
	ID        string            `json:"id"`
	Status    map[string]string `json:"status"`
	UpdatedAt time.Time         `json:"updatedAt"`
	Comment   string            `json:"comment"`
	CreatedBy string            `json:"createdBy"`
	EndsAt    time.Time         `json:"endsAt"`
	Matchers  []Matcher         `json:"matchers"`
	StartsAt  time.Time         `json:"startsAt"`
}

func (s *Silence) view(now time.Time) silenceView {
	v := silenceView{
		ID: s.ID, Status: map[string]string{"state": s.state(now)}, UpdatedAt: s.updated.UTC(),
		Comment: s.Comment, CreatedBy: s.CreatedBy, StartsAt: s.StartsAt.UTC(), EndsAt: s.EndsAt.UTC(),
	}
	for _, m := range s.Matchers {
		equal := m.IsEqual == nil || *m.IsEqual
		m.IsEqual = &equal
		v.Matchers = append(v.Matchers, m)
	}
	return v
}

func (a *Alertmanager) showSilences(w http.ResponseWriter, r *http.Request) {
	filter, err := filterOf(r)
	if err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	answer(w, http.StatusOK, slices.DeleteFunc(a.allSilences(), func(v silenceView) bool { return !v.mentions(filter) }))
}

// mentions reports whether a silence has, for each condition, a matcher of
// that name with such a value.
func (v silenceView) mentions(filter []Matcher) bool {
	return !slices.ContainsFunc(filter, func(wanted Matcher) bool {
		return !slices.ContainsFunc(v.Matchers, func(m Matcher) bool { return m.Name == wanted.Name && wanted.matches(m.Value) })
	})
}

func (a *Alertmanager) allSilences() []silenceView {
	a.mu.Lock()
	defer a.mu.Unlock()
	views := []silenceView{}
	for _, s := range a.silences {
		views = append(views, s.view(a.opts.Now()))
	}
	sortedSilences(views)
	return views
}

func (a *Alertmanager) takeSilence(w http.ResponseWriter, r *http.Request) {
	var s Silence
	if !read(w, r, &s) {
		return
	}
	if code, sentence := s.missing(); code != 0 {
		invalid(w, http.StatusUnprocessableEntity, code, sentence)
		return
	}
	if err := s.check(); err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := s.checkTimes(a.opts.Now()); err != nil {
		answer(w, http.StatusBadRequest, "Failed to create silence: "+err.Error())
		return
	}
	id, err := a.silence(s)
	if errors.Is(err, errNoSilence) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	answer(w, http.StatusOK, map[string]string{"silenceID": id})
}

// missing says which field the API's description requires and the silence has
// not; code 0: none.
func (s *Silence) missing() (code int, sentence string) {
	switch {
	case s.Comment == "":
		return 602, "comment in body is required"
	case s.CreatedBy == "":
		return 602, "createdBy in body is required"
	case s.StartsAt.IsZero():
		return 602, "startsAt in body is required"
	case s.EndsAt.IsZero():
		return 602, "endsAt in body is required"
	case len(s.Matchers) == 0:
		return 612, "matchers in body should have at least 1 items"
	}
	return 0, ""
}

var uuidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// named finds the silence of the path, or answers that it is not there. The
// caller holds the lock.
func (a *Alertmanager) named(w http.ResponseWriter, r *http.Request) *Silence {
	id := r.PathValue("id")
	s := a.silences[id]
	switch {
	case !uuidShape.MatchString(id):
		invalid(w, http.StatusUnprocessableEntity, 601, fmt.Sprintf("silenceID in path must be of type uuid: %q", id))
	case s == nil:
		w.WriteHeader(http.StatusNotFound)
	}
	return s
}

func (a *Alertmanager) showSilence(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.named(w, r); s != nil {
		answer(w, http.StatusOK, s.view(a.opts.Now()))
	}
}

func (a *Alertmanager) endSilence(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.named(w, r); s != nil {
		s.expire(a.opts.Now())
		w.WriteHeader(http.StatusOK)
	}
}
