package incidents_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/alertmanager"
	"gonogo/readiness/alert"
	"gonogo/readiness/history"
	"gonogo/runs/incidents"
	"gonogo/runs/runstest"
	"gonogo/storage/storagetest"
)

// manager is an Alertmanager as package runs sees it. It started an hour before
// the test unless it says otherwise.
type manager struct {
	mu       sync.Mutex // of what follows
	started  time.Time
	alerts   []alertmanager.Alert
	silences map[string]alertmanager.Silence
	err      error
	looks    int
}

func (m *manager) Host() string { return "am:9093" }

func (m *manager) Look(context.Context) (*alertmanager.Look, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	if m.err != nil {
		return nil, m.err
	}
	started := m.started
	if started.IsZero() {
		started = time.Now().Add(-time.Hour)
	}
	return &alertmanager.Look{Started: started, Alerts: slices.Clone(m.alerts), Silences: map[string]alertmanager.Silence{}}, nil
}

func (m *manager) Silenced(_ context.Context, look *alertmanager.Look, ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		if s, ok := m.silences[id]; ok {
			look.Silences[id] = s
		}
	}
}

func (m *manager) has(prints ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alerts = nil
	for _, print := range prints {
		m.alerts = append(m.alerts, alertmanager.Alert{Fingerprint: print, Receivers: []string{"gonogo"}, Labels: map[string]string{"alertname": "Alert " + print}})
	}
}

// set changes what the Alertmanager says.
func (m *manager) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// asked is how often it was asked.
func (m *manager) asked() (n int) {
	m.set(func() { n = m.looks })
	return n
}

// watched runs a test in time that passes at once, with what decides and asks
// running beside it.
func watched(t *testing.T, test func(t *testing.T, p *post), sources ...incidents.AlertSource) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, storagetest.NewMemory())
		p.watch(sources...)
		test(t, p)
		p.stop()
	})
}

// watch starts what decides and asks; stop ends it too.
func (p *post) watch(sources ...incidents.AlertSource) {
	p.Alerts = incidents.NewAlerts(incidents.AlertOptions{Ledger: p.ledger, Checklist: places, Sources: sources, Log: slog.New(slog.DiscardHandler)})
	stopAlerts, stopLedger := runstest.Background(p.t, p.Alerts.Run), p.stop
	p.stop = func() {
		stopAlerts()
		stopLedger()
	}
}

// pass lets time pass, and what is due be done.
func pass(d time.Duration) {
	time.Sleep(d) // of the bubble's time
	synctest.Wait()
}

// A message that may be a late copy counts after a minute if nothing decides,
// also where gonogo was killed meanwhile.
func TestHeldAlertFiresIfNothingDecides(t *testing.T) {
	a := fires("a", 1)
	watched(t, func(t *testing.T, p *post) {
		p.receive(a)
		p.receive(over(a))
		p.receive(a)
		pass(50 * time.Second)
		if diff := cmp.Diff([]string{""}, p.incidents()); diff != "" {
			t.Errorf("incidents before it is due (-want +got):\n%s", diff)
		}
		p.stop()
		again := newPost(t, p.log.Reopen())
		again.watch()
		pass(15 * time.Second)
		if diff := cmp.Diff([]string{"", "a"}, again.incidents()); diff != "" {
			t.Errorf("incidents when it is due (-want +got):\n%s", diff)
		}
		p.stop = again.stop
	})
}

// Where the Alertmanager is asked, it decides.
func TestHeldAlertIsLookedUp(t *testing.T) {
	for _, tt := range []struct {
		name string
		has  []string
		want []string
	}{
		{"it fires", []string{"a"}, []string{"", "a"}},
		{"it does not", nil, []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, m := fires("a", 1), &manager{}
			m.has("a")
			watched(t, func(t *testing.T, p *post) {
				p.receive(a)
				pass(time.Minute)
				p.receive(over(a))
				m.has(tt.has...)
				p.receive(a)
				pass(10 * time.Second)
				if diff := cmp.Diff(tt.want, p.incidents()); diff != "" {
					t.Errorf("incidents (-want +got):\n%s", diff)
				}
				pass(2 * time.Minute)
				if diff := cmp.Diff(tt.want, p.incidents()); diff != "" {
					t.Errorf("incidents two minutes later (-want +got):\n%s", diff)
				}
			}, m)
		})
	}
}

func TestAlertThatIsGone(t *testing.T) {
	other := &manager{}
	for _, tt := range []struct {
		name    string
		first   []string // what Alertmanager has at first
		then    func(*manager)
		sources []incidents.AlertSource
		want    []string
		gone    bool
	}{
		{"had it, and does not", []string{"a", "b"}, func(m *manager) { m.has("b") }, nil, []string{"b"}, false},
		{"had both", []string{"a", "b"}, func(m *manager) { m.has() }, nil, []string{""}, true},
		{"has both", []string{"a", "b"}, func(*manager) {}, nil, []string{"a b"}, false},
		{"never had them", nil, func(*manager) {}, nil, []string{"a b"}, false},
		{"was started anew", []string{"a", "b"}, func(m *manager) { m.has(); m.set(func() { m.started = time.Now() }) }, nil, []string{"a b"}, false},
		{"does not answer", []string{"a", "b"}, func(m *manager) { m.has(); m.set(func() { m.err = errors.New("refused") }) }, nil, []string{"a b"}, false},
		{"another has them", []string{"a", "b"}, func(m *manager) { m.has(); other.has("a") }, []incidents.AlertSource{other}, []string{"a"}, false},
		{"another does not answer", []string{"a", "b"}, func(m *manager) { m.has(); other.set(func() { other.err = errors.New("refused") }) }, []incidents.AlertSource{other}, []string{"a b"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			other.has()
			other.set(func() { other.err = nil })
			m := &manager{}
			m.has(tt.first...)
			watched(t, func(t *testing.T, p *post) {
				p.receive(fires("a", 1), fires("b", 1))
				pass(time.Minute)
				tt.then(m)
				pass(time.Minute)
				if diff := cmp.Diff(tt.want, p.incidents()); diff != "" {
					t.Errorf("incidents (-want +got):\n%s", diff)
				}
				for _, i := range p.ledger.State().Incidents {
					if i.Gone != tt.gone {
						t.Errorf("gone: %t, want %t", i.Gone, tt.gone)
					}
				}
			}, append([]incidents.AlertSource{m}, tt.sources...)...)
		})
	}
}

// A message that came while Alertmanager was being asked is newer than what it
// answered.
func TestMessageDuringALook(t *testing.T) {
	m := &slowManager{}
	m.has("a")
	watched(t, func(t *testing.T, p *post) {
		p.receive(fires("a", 1))
		pass(time.Minute)
		m.has()
		m.set(func() { m.during = func() { p.receive(fires("a", 1), fires("b", 1)) } })
		pass(31 * time.Second)
		if diff := cmp.Diff([]string{"a b"}, p.incidents()); diff != "" {
			t.Errorf("incidents (-want +got):\n%s", diff)
		}
	}, m)
}

// slowManager lets something happen while it is asked, once.
type slowManager struct {
	manager
	during func()
}

func (m *slowManager) Look(ctx context.Context) (*alertmanager.Look, error) {
	var during func()
	m.set(func() { during, m.during = m.during, nil })
	if during != nil {
		during()
	}
	return m.manager.Look(ctx)
}

func TestMutedAlerts(t *testing.T) {
	m := &manager{}
	m.has("a", "b", "c")
	ends := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC)
	silence := alert.Silence{ID: "s1", By: "alice", Comment: "known", Ends: ends}
	watched(t, func(t *testing.T, p *post) {
		mute := func() alert.Mute {
			for _, i := range p.ledger.State().Incidents {
				return i.Records["a"].Mute
			}
			return alert.Mute{}
		}
		p.receive(fires("a", 1))
		pass(time.Minute)
		for _, tt := range []struct {
			name                       string
			silenced, inhibited, muted []string
			silences                   map[string]alertmanager.Silence
			want                       alert.Mute
		}{
			{"silenced", []string{"s1"}, nil, nil, map[string]alertmanager.Silence{"s1": {ID: "s1", By: "alice", Comment: "known", Ends: ends}}, alert.Mute{Silences: []alert.Silence{silence}}},
			{"still, and the silence cannot be read", []string{"s1"}, nil, nil, nil, alert.Mute{Silences: []alert.Silence{silence}}},
			{"inhibited", nil, []string{"c", "unknown"}, nil, nil, alert.Mute{Inhibitors: []string{"Alert c", "another alert"}}},
			{"at night", nil, nil, []string{"nights"}, nil, alert.Mute{Intervals: []string{"nights"}}},
			{"no more", nil, nil, nil, nil, alert.Mute{}},
		} {
			m.set(func() {
				m.alerts[0].SilencedBy, m.alerts[0].InhibitedBy, m.alerts[0].MutedBy, m.silences = tt.silenced, tt.inhibited, tt.muted, tt.silences
			})
			pass(31 * time.Second)
			if diff := cmp.Diff(tt.want, mute()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			if diff := cmp.Diff([]string{"a"}, p.incidents()); diff != "" {
				t.Errorf("%s: incidents (-want +got):\n%s", tt.name, diff)
			}
		}
		records := len(p.log.Records())
		pass(5 * time.Minute)
		if got := len(p.log.Records()); got != records {
			t.Errorf("%d records were written while nothing changed", got-records)
		}
	}, m)
}

// Alerts that Alertmanager left out of its messages are over when it has no
// other alert of the group.
func TestUnnamedAlertsAreLookedUp(t *testing.T) {
	group := map[string]string{"alertname": "HighErrorRate"}
	for _, tt := range []struct {
		name string
		left []string // what Alertmanager still has
		want string
	}{
		{"one is left", []string{"c"}, "1 fire"},
		{"none is", nil, "0 fire"},
		{"another group's", []string{"other"}, "0 fire"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &manager{}
			m.has("a", "b", "c")
			watched(t, func(t *testing.T, p *post) {
				deliver := func(truncated int, alerts ...alert.Alert) {
					if err := p.Receive(t.Context(), alert.Delivery{GroupKey: "g", GroupLabels: group, Receiver: "gonogo", Unnamed: truncated, Alerts: alerts}); err != nil {
						t.Fatal(err)
					}
				}
				deliver(1, fires("a", 1), fires("b", 1))
				pass(time.Minute)
				deliver(1, over(fires("a", 1)), fires("b", 1))
				m.has(tt.left...)
				m.set(func() {
					for i := range m.alerts {
						m.alerts[i].Labels["alertname"] = map[bool]string{true: "Other", false: "HighErrorRate"}[m.alerts[i].Fingerprint == "other"]
					}
				})
				pass(time.Minute)
				for _, i := range p.ledger.State().Incidents {
					if got := fmt.Sprint(i.FiringCount(), " fire"); got != tt.want || i.Firing() != (tt.want != "0 fire") {
						t.Errorf("%s and firing %t, want %s", got, i.Firing(), tt.want)
					}
				}
			}, m)
		})
	}
}

// Nobody is asked while nothing fires.
func TestAlertmanagerIsAskedOnlyWhileSomethingFires(t *testing.T) {
	m := &manager{}
	watched(t, func(t *testing.T, p *post) {
		pass(time.Hour)
		if n := m.asked(); n != 0 {
			t.Errorf("asked %d times while nothing fires", n)
		}
		p.receive(fires("a", 1))
		pass(time.Second)
		if n := m.asked(); n != 1 {
			t.Errorf("asked %d times at once, want 1", n)
		}
		pass(time.Hour)
		if n := m.asked(); n < 120 || n > 140 {
			t.Errorf("asked %d times in an hour, want some 130", n)
		}
	}, m)
}

// An Alertmanager that does not answer is recorded once, with when it last did,
// and again when it answers; with nothing left that fires it is forgotten.
func TestAlertmanagerDoesNotAnswer(t *testing.T) {
	m := &manager{}
	m.has("a")
	watched(t, func(t *testing.T, p *post) {
		outage := func() history.AlertOutage { return p.ledger.State().AlertOutages["am:9093"] }
		p.receive(fires("a", 1))
		pass(time.Minute)
		if o := outage(); !o.Since.IsZero() {
			t.Errorf("out since %s, though it answers", o.Since)
		}
		failed := time.Now()
		m.set(func() { m.err = errors.New("Alertmanager cannot answer now (503); look at its log") })
		pass(5 * time.Minute)
		o := outage()
		if o.Since.Before(failed) || o.Since.Sub(failed) > 31*time.Second || o.Answered.Before(failed.Add(-31*time.Second)) || o.Answered.After(failed) {
			t.Errorf("out since %s and answered %s, want within a look of %s", o.Since, o.Answered, failed)
		}
		if o.Problem != "Alertmanager cannot answer now (503); look at its log" {
			t.Errorf("the problem is %q", o.Problem)
		}
		records := len(p.log.Records())
		pass(time.Hour)
		if got := len(p.log.Records()); got != records {
			t.Errorf("%d records were written in an hour of the outage", got-records)
		}
		m.set(func() { m.err = nil })
		pass(time.Minute)
		if o := outage(); !o.Since.IsZero() {
			t.Errorf("still out since %s", o.Since)
		}
		m.set(func() { m.err = errors.New("refused") })
		pass(time.Minute)
		p.receive(over(fires("a", 1)))
		if o := outage(); !o.Since.IsZero() {
			t.Errorf("out since %s, though nothing fires and nobody asks", o.Since)
		}
	}, m)
}

// An outage outlasts a restart, but not the connection that it is about.
func TestOutageAfterARestart(t *testing.T) {
	m := &manager{}
	m.set(func() { m.err = errors.New("refused") })
	watched(t, func(t *testing.T, p *post) {
		p.receive(fires("a", 1))
		pass(time.Second)
		since := p.ledger.State().AlertOutages["am:9093"].Since
		p.stop()
		again := newPost(t, p.log.Reopen())
		again.watch(m)
		pass(time.Minute)
		if got := again.ledger.State().AlertOutages["am:9093"].Since; since.IsZero() || !got.Equal(since) {
			t.Errorf("out since %s after a restart, want %s", got, since)
		}
		again.stop()
		without := newPost(t, again.log.Reopen())
		without.watch()
		pass(time.Second)
		if got := without.ledger.State().AlertOutages; len(got) > 0 {
			t.Errorf("there is an outage of what is not asked any more: %v", got)
		}
		p.stop = without.stop
	}, m)
}

// dead is an Alertmanager that accepts a connection and says nothing.
type dead struct{ host string }

func (d dead) Host() string { return d.host }

func (d dead) Look(ctx context.Context) (*alertmanager.Look, error) {
	<-ctx.Done()
	return nil, errors.New("no answer in time")
}

func (d dead) Silenced(context.Context, *alertmanager.Look, []string) {}

// However many Alertmanagers don't answer, they delay nothing by more than one does: a
// held message counts at its time, and each outage is known after one time-out.
func TestDeadAlertmanagersDelayNoMore(t *testing.T) {
	m := &manager{}
	sources := []incidents.AlertSource{dead{"a:9093"}, dead{"b:9093"}, dead{"c:9093"}, dead{"d:9093"}, m}
	watched(t, func(t *testing.T, p *post) {
		p.receive(fires("a", 1))
		pass(11 * time.Second)
		if outages := p.ledger.State().AlertOutages; len(outages) != 4 || m.asked() == 0 {
			t.Errorf("after 11 s %d outages are known, want 4; the one that answers was asked %d times", len(outages), m.asked())
		}
	}, sources...)
}
