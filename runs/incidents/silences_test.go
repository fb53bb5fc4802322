package incidents_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/clients/alertmanager"
	practice "gonogo/playground/upstream/alertmanager"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/incidents"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// silencer is a practice Alertmanager behind the real client, without a network.
type silencer struct {
	*alertmanager.Client
	practice *practice.Alertmanager

	mu             sync.Mutex // of what follows
	posts, deletes int
	mostAtOnce     int  // silences of one alert
	down, refuses  bool // refuses: silences, not questions
	loseNext       bool // the response of the next write is lost
}

var errLost = errors.New("connection reset")

// RoundTrip implements http.RoundTripper.
func (m *silencer) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r.Method {
	case http.MethodPost:
		m.posts++
	case http.MethodDelete:
		m.deletes++
	}
	answer := httptest.NewRecorder()
	switch {
	case m.down:
		return nil, errLost
	case m.refuses && r.Method == http.MethodPost:
		answer.WriteHeader(400)
		return answer.Result(), nil
	}
	m.practice.Handler().ServeHTTP(answer, r)
	m.count()
	if m.loseNext && r.Method != http.MethodGet {
		m.loseNext = false
		return nil, errLost
	}
	return answer.Result(), nil
}

// count counts the silences of each alert.
func (m *silencer) count() {
	answer := httptest.NewRecorder()
	m.practice.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v2/alerts", nil))
	var alerts []struct {
		Status struct{ SilencedBy []string }
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &alerts)
	for _, a := range alerts {
		m.mostAtOnce = max(m.mostAtOnce, len(a.Status.SilencedBy))
	}
}

// set changes how it behaves.
func (m *silencer) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// newSilencer has the alerts HighErrorRate and Latency of an instance.
func newSilencer(t *testing.T, host string) *silencer {
	t.Helper()
	m := &silencer{practice: newPractice()}
	var err error
	if m.Client, err = alertmanager.New(alertmanager.Options{URL: "http://" + host, Transport: m}); err != nil {
		t.Fatal(err)
	}
	return m
}

func newPractice() *practice.Alertmanager {
	a := practice.New(practice.Options{Receiver: "gonogo", Webhook: func() string { return "" }})
	for _, name := range []string{"HighErrorRate", "Latency"} {
		a.Fire(practice.Alert{Labels: map[string]string{"alertname": name, "severity": "critical", "instance": "a"}})
	}
	return a
}

// print is the fingerprint of an alert.
func (m *silencer) print(t *testing.T, name string) string {
	t.Helper()
	look, err := m.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range look.Alerts {
		if a.Labels["alertname"] == name {
			return a.Fingerprint
		}
	}
	t.Fatalf("there is no alert %s", name)
	return ""
}

// muted lists the alerts that it silences, by name.
func (m *silencer) muted(t *testing.T) (names []string) {
	t.Helper()
	look, err := m.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range look.Alerts {
		if len(a.SilencedBy) > 0 {
			names = append(names, a.Labels["alertname"])
		}
	}
	return names
}

// quieted keeps silences until stop is called.
type quieted struct {
	t      *testing.T
	ledger *storage.Ledger
	stop   func()
}

func keepSilences(t *testing.T, log storage.Log, sources ...*silencer) *quieted {
	t.Helper()
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var all []incidents.Silencer
	for _, s := range sources {
		all = append(all, s)
	}
	stopLedger := runstest.Background(t, ledger.Run)
	silences := incidents.NewSilences(incidents.SilenceOptions{Ledger: ledger, Sources: all, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	stopSilences := runstest.Background(t, silences.Run)
	return &quieted{t: t, ledger: ledger, stop: func() {
		stopSilences()
		stopLedger()
	}}
}

// record records events, and lets what follows from them happen. An error is one of the
// ledger.
func (q *quieted) record(events ...event.Event) error {
	_, err := q.ledger.Update(q.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil })
	q.after(20 * time.Second)
	return err
}

func (q *quieted) after(d time.Duration) {
	time.Sleep(d) // of the bubble
	synctest.Wait()
}

func (q *quieted) silence() history.Silence { return q.ledger.State().Silences["5ca1ab1e"] }

func asked(print string, lasts time.Duration) event.SilenceAsked {
	return event.SilenceAsked{ID: "5ca1ab1e", Incident: "i1", Fingerprint: print, Until: time.Now().Add(lasts), By: "U0CALL"}
}

func TestSilences(t *testing.T) {
	for _, tt := range []struct {
		name           string
		so             func(q *quieted, m *silencer)
		muted          bool
		posts, deletes int
		failed         string
	}{
		{"until its time", func(*quieted, *silencer) {}, true, 1, 0, ""},
		{"after its time", func(q *quieted, _ *silencer) { q.after(time.Hour) }, false, 1, 0, ""},
		{"ended early", func(q *quieted, _ *silencer) { _ = q.record(event.SilenceEndAsked{ID: "5ca1ab1e", By: "U0CALL"}) }, false, 1, 1, ""},
		{"ended early, the response is lost", func(q *quieted, m *silencer) {
			m.set(func() { m.loseNext = true })
			_ = q.record(event.SilenceEndAsked{ID: "5ca1ab1e", By: "U0CALL"})
		}, false, 1, 1, ""},
		{"somebody expires it", func(q *quieted, m *silencer) {
			all, err := m.Silences(q.t.Context())
			if err != nil || len(all) != 1 {
				q.t.Fatalf("has %v, error %v", all, err)
			}
			if err := m.Expire(q.t.Context(), all[0].ID); err != nil {
				q.t.Fatal(err)
			}
			q.after(10 * time.Minute)
		}, false, 1, 1, "somebody ended it in Alertmanager, or Alertmanager lost it"},
		{"it restarts without its state", func(q *quieted, m *silencer) {
			m.set(func() { m.practice = newPractice() })
			q.after(10 * time.Minute)
		}, false, 1, 0, "somebody ended it in Alertmanager, or Alertmanager lost it"},
		{"it is down for a while", func(q *quieted, m *silencer) {
			m.set(func() { m.down = true })
			q.after(5 * time.Minute)
			if at := q.silence().Sources[m.Host()]; !strings.Contains(at.Problem, "doesn't respond") {
				q.t.Errorf("while it is down: %+v", at)
			}
			m.set(func() { m.down = false })
			q.after(5 * time.Minute)
		}, true, 1, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newSilencer(t, "am:9093")
				q := keepSilences(t, storagetest.NewMemory(), m)
				defer q.stop()
				if err := q.record(asked(m.print(t, "HighErrorRate"), 30*time.Minute)); err != nil {
					t.Fatal(err)
				}
				if muted := m.muted(t); len(muted) != 1 || muted[0] != "HighErrorRate" {
					t.Fatalf("silences %v, want HighErrorRate alone", muted)
				}
				tt.so(q, m)
				x := q.silence()
				if muted := len(m.muted(t)) > 0; muted != tt.muted || m.posts != tt.posts || m.deletes != tt.deletes {
					t.Errorf("silenced %t after %d POST and %d DELETE, want %t, %d, %d", muted, m.posts, m.deletes, tt.muted, tt.posts, tt.deletes)
				}
				if x.InForce(time.Now()) != tt.muted || x.Failed(time.Now()) != tt.failed || x.Sources[m.Host()].Problem != "" {
					t.Errorf("in force %t, failed %q: %+v", x.InForce(time.Now()), x.Failed(time.Now()), x)
				}
			})
		})
	}
}

// Creating one twice makes two, so a lost response is looked up.
func TestSilenceIsCreatedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSilencer(t, "am:9093")
		m.loseNext = true
		q := keepSilences(t, storagetest.NewMemory(), m)
		defer q.stop()
		if err := q.record(asked(m.print(t, "Latency"), time.Hour)); err != nil {
			t.Fatal(err)
		}
		if x := q.silence(); m.posts != 1 || !x.InForce(time.Now()) || x.Sources[m.Host()].Problem != "" {
			t.Errorf("after %d requests: %+v", m.posts, x)
		}
	})
}

func TestSilenceThatCannotBeCreated(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		so         func(m *silencer)
	}{
		{"refused", "Alertmanager refused it (400); see its log", func(m *silencer) { m.refuses = true }},
		{"the alert is over", "Alertmanager doesn't have this alert any more", func(m *silencer) {
			m.practice = practice.New(practice.Options{Receiver: "gonogo", Webhook: func() string { return "" }})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newSilencer(t, "am:9093")
				print := m.print(t, "Latency")
				tt.so(m)
				q := keepSilences(t, storagetest.NewMemory(), m)
				defer q.stop()
				if err := q.record(asked(print, time.Hour)); err != nil {
					t.Fatal(err)
				}
				q.after(10 * time.Minute)
				if x := q.silence(); x.Failed(time.Now()) != tt.want || m.posts > 1 {
					t.Errorf("after %d requests: %+v", m.posts, x)
				}
			})
		})
	}
}

// Peers tell each other, so only one of them is told; Alertmanagers of their own are told
// each.
func TestSilenceInSeveral(t *testing.T) {
	for name, peers := range map[string]bool{"peers": true, "their own": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := newSilencer(t, "a:9093"), newSilencer(t, "b:9093")
				if peers {
					b.practice = a.practice
				}
				q := keepSilences(t, storagetest.NewMemory(), a, b)
				defer q.stop()
				if err := q.record(asked(a.print(t, "Latency"), time.Hour)); err != nil {
					t.Fatal(err)
				}
				x, want := q.silence(), 2
				if peers {
					want = 1
				}
				if a.posts+b.posts != want || len(x.Sources) != 2 || len(a.muted(t)) != 1 || len(b.muted(t)) != 1 {
					t.Errorf("told %d and %d times: %+v", a.posts, b.posts, x)
				}
				_ = q.record(event.SilenceEndAsked{ID: x.ID, By: "U0CALL"})
				if len(a.muted(t))+len(b.muted(t)) > 0 {
					t.Error("it wasn't ended in both")
				}
			})
		})
	}
}

// mortal is a log that accepts only so many appends; after that the process is dead.
type mortal struct {
	*storagetest.Memory
	left int
}

func (m *mortal) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if m.left--; m.left < 0 {
		return 0, errors.New("dead")
	}
	return m.Memory.Append(ctx, fence, records...)
}

// A gonogo that dies at any append creates a silence once, and ends it.
func TestSilenceDeath(t *testing.T) {
	for n := 1; ; n++ {
		lived := false
		synctest.Test(t, func(t *testing.T) {
			m := newSilencer(t, "am:9093")
			print, log := m.print(t, "Latency"), &mortal{storagetest.NewMemory(), n}
			q := keepSilences(t, log, m)
			if q.record(asked(print, time.Hour)) == nil {
				_ = q.record(event.SilenceEndAsked{ID: "5ca1ab1e", By: "U0CALL"})
			}
			q.stop()
			lived = log.left > 0
			q = keepSilences(t, log.Reopen(), m)
			defer q.stop()
			if q.silence().ID == "" {
				_ = q.record(asked(print, time.Hour))
			}
			if q.after(time.Minute); q.silence().Ended.IsZero() {
				if x := q.silence(); len(m.muted(t)) != 1 || !x.InForce(time.Now()) {
					t.Errorf("dead at append %d: it isn't silenced: %+v", n, x)
				}
				_ = q.record(event.SilenceEndAsked{ID: "5ca1ab1e", By: "U0CALL"})
			}
			if x := q.silence(); m.posts != 1 || len(m.muted(t)) > 0 || x.InForce(time.Now()) {
				t.Errorf("dead at append %d: %d created, muted %v: %+v", n, m.posts, m.muted(t), x)
			}
		})
		if lived {
			if n < 6 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			return
		}
	}
}
