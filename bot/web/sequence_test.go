package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/alertmanager"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/runs/incidents"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// site is the alert handler with a real ledger behind it, whose clock the
// test moves on, so that what took minutes for Alertmanager takes none here.
type site struct {
	t      *testing.T
	ledger *storage.Ledger
	door   string
	ahead  atomic.Int64 // of the real time, in nanoseconds
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t}
	ledger, err := storage.OpenLedger(t.Context(), storagetest.NewMemory(), storage.Options{Now: s.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.ledger = ledger
	background(t, ledger.Run)
	alerts := incidents.NewAlerts(s.options())
	server := New(alertOptions(alerts))
	// This test isn't about how long it takes.
	server.limits.alertTime, server.limits.request, server.limits.write = time.Hour, time.Hour, time.Hour
	base, _ := start(t, server)
	s.door = base + "/alerts/alertmanager"
	return s
}

func (s *site) options(sources ...incidents.AlertSource) incidents.AlertOptions {
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}}}).Index()
	return incidents.AlertOptions{Ledger: s.ledger, Checklist: list, Sources: sources, Now: s.now, Log: slog.New(slog.DiscardHandler)}
}

func (s *site) now() time.Time       { return time.Now().Add(time.Duration(s.ahead.Load())) }
func (s *site) wait(d time.Duration) { s.ahead.Add(int64(d)) }

// background runs something until the test ends.
func background(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var over sync.WaitGroup
	over.Go(func() {
		if err := run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		over.Wait()
	})
}

// incidents are the known incidents, oldest first, each with what fires.
func (s *site) incidents() []string {
	var all []*history.Incident
	for _, i := range s.ledger.State().Incidents {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b *history.Incident) int { return a.Heard.Compare(b.Heard) })
	texts := []string{}
	for _, i := range all {
		text := "over"
		if i.Firing() {
			text = fmt.Sprint(i.FiringCount(), " fire")
		}
		if i.Gone {
			text = "gone"
		}
		texts = append(texts, text)
	}
	return texts
}

// until waits for incidents to be so.
func (s *site) until(want ...string) {
	s.t.Helper()
	s.untilTrue(func() bool { return cmp.Equal(want, s.incidents()) }, func() string { return cmp.Diff(want, s.incidents()) })
}

func (s *site) untilTrue(ok func() bool, why func() string) {
	s.t.Helper()
	changes, stop := s.ledger.Watch()
	defer stop()
	limit := lastMoment(s.t)
	for !ok() {
		select {
		case <-changes:
		case <-limit:
			s.t.Fatalf("incidents (-want +got):\n%s", why())
		}
	}
}

// alertBody is one as Prometheus would send it.
func alertBody(began time.Time, name, pod string) map[string]any {
	return map[string]any{"labels": map[string]string{"alertname": name, "pod": pod, "environment": "production"}, "startsAt": began}
}

// ended is the same alert, which ended a moment ago.
func ended(a map[string]any) map[string]any {
	return map[string]any{"labels": a["labels"], "startsAt": a["startsAt"], "endsAt": time.Now().Add(-time.Millisecond)}
}

// A real Alertmanager says that an alert fires, is resolved and fires again from
// the same start, as when Prometheus was silent for a while.
func TestRealAlertFiresAgain(t *testing.T) {
	s := newSite(t)
	address := realAlertmanager(t, s.door)
	a := alertBody(time.Now().Add(-time.Hour), "ErrorRate", "a")
	post(t, address, a)
	s.until("1 fire")
	post(t, address, ended(a))
	s.until("over")
	s.wait(time.Minute)
	post(t, address, a)
	s.until("over", "1 fire")
	s.wait(time.Minute)
	post(t, address, ended(a))
	s.until("over", "over")
}

// A real Alertmanager that leaves alerts out says "resolved" of the group when
// those that it named are.
func TestRealAlertsThatAreLeftOut(t *testing.T) {
	s := newSite(t)
	address, _ := configuredAlertmanager(t, managed{to: s.door, groupBy: "[alertname]", most: 2})
	began := time.Now().Add(-time.Hour)
	var all []map[string]any
	for _, pod := range []string{"a", "b", "c", "d", "e"} {
		all = append(all, alertBody(began, "ErrorRate", pod))
	}
	post(t, address, all...)
	s.until("5 fire")
	post(t, address, ended(all[0]), ended(all[1]))
	s.until("3 fire")
}

// The route of a real Alertmanager is edited while an alert fires, so that the
// alert belongs to another group.
func TestRealRouteIsEdited(t *testing.T) {
	s := newSite(t)
	m := managed{to: s.door, groupBy: "[alertname]"}
	address, reload := configuredAlertmanager(t, m)
	a := alertBody(time.Now().Add(-time.Hour), "ErrorRate", "a")
	post(t, address, a)
	s.until("1 fire")
	s.wait(2 * time.Minute)
	var first time.Time
	for _, i := range s.ledger.State().Incidents {
		first = i.Last
	}
	m.groupBy = "[alertname, pod]"
	reload(m)
	post(t, address, a)
	s.untilTrue(func() bool { // it was reported again, by the new group
		for _, i := range s.ledger.State().Incidents {
			return len(s.incidents()) == 1 && i.Last.After(first)
		}
		return false
	}, func() string { return fmt.Sprint(s.incidents()) })
	post(t, address, ended(a))
	s.until("over")
}

// A real Alertmanager says nothing of an alert that is muted when it ends, and
// everything when it is asked.
func TestRealMutedAlertIsLookedUp(t *testing.T) {
	for _, tt := range []struct {
		name  string
		mute  func(t *testing.T, address string)
		muted func(alert.Mute) bool
	}{
		{"silenced", func(t *testing.T, address string) {
			postTo(t, address+"/api/v2/silences", map[string]any{"createdBy": "alice", "comment": "known", "startsAt": time.Now(), "endsAt": time.Now().Add(time.Hour),
				"matchers": []map[string]any{{"name": "alertname", "value": "ErrorRate", "isRegex": false, "isEqual": true}}})
		}, func(m alert.Mute) bool {
			return len(m.Silences) == 1 && m.Silences[0].By == "alice" && m.Silences[0].Comment == "known" && !m.Silences[0].Ends.IsZero()
		}},
		{"inhibited", func(t *testing.T, address string) {
			post(t, address, alertBody(time.Now().Add(-time.Hour), "ClusterDown", "a"))
		},
			func(m alert.Mute) bool { return slices.Equal(m.Inhibitors, []string{"ClusterDown"}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			address, _ := configuredAlertmanager(t, managed{to: s.door, groupBy: "[alertname]",
				inhibit: "{ source_matchers: [alertname = ClusterDown], target_matchers: [alertname = ErrorRate] }"})
			client, err := alertmanager.New(alertmanager.Options{URL: address})
			if err != nil {
				t.Fatal(err)
			}
			s.wait(10 * time.Minute) // so that Alertmanager seems to have run for long enough
			background(t, incidents.NewAlerts(s.options(hurried{client, s})).Run)
			a := alertBody(time.Now().Add(-time.Hour), "ErrorRate", "a")
			post(t, address, a)
			s.until("1 fire")
			tt.mute(t, address)
			errorRate := func() *history.Incident {
				for _, i := range s.ledger.State().Incidents {
					if i.Alerts != nil && slices.ContainsFunc(i.FiringAlerts(), func(a alert.Alert) bool { return a.Name() == "ErrorRate" }) {
						return i
					}
				}
				return nil
			}
			s.untilTrue(func() bool {
				i := errorRate()
				return i != nil && tt.muted(i.Records[i.FiringAlerts()[0].Fingerprint].Mute)
			}, func() string { return fmt.Sprintf("%+v", errorRate()) })
			post(t, address, ended(a))
			s.untilTrue(func() bool { return slices.Contains(s.incidents(), "gone") }, func() string { return fmt.Sprint(s.incidents()) })
		})
	}
}

// A real Alertmanager disappears while one of its alerts fires, and comes back.
func TestRealAlertmanagerGoesAway(t *testing.T) {
	s := newSite(t)
	address := realAlertmanager(t, s.door)
	front, away := cutOff(t, address)
	client, err := alertmanager.New(alertmanager.Options{URL: front})
	if err != nil {
		t.Fatal(err)
	}
	background(t, incidents.NewAlerts(s.options(hurried{client, s})).Run)
	post(t, address, alertBody(time.Now().Add(-time.Hour), "ErrorRate", "a"))
	s.until("1 fire")
	outage := func() history.AlertOutage { return s.ledger.State().AlertOutages[client.Host()] }
	said := func() string { return fmt.Sprintf("%+v", s.ledger.State().AlertOutages) }
	listed := func() bool {
		for _, i := range s.ledger.State().Incidents {
			return i.Listed()
		}
		return false
	}
	s.untilTrue(listed, said)
	away.Store(true)
	s.untilTrue(func() bool { return !outage().Since.IsZero() }, said)
	if o := outage(); o.Answered.IsZero() || !o.Answered.Before(o.Since) || o.Problem != "Alertmanager doesn't respond; check that it is running and that the connection's URL is right" {
		t.Errorf("the outage is %+v", o)
	}
	away.Store(false)
	s.untilTrue(func() bool { return outage().Since.IsZero() }, said)
	s.until("1 fire")
}

// cutOff is an address that leads to another one, or to nothing while away is set.
func cutOff(t *testing.T, to string) (front string, away *atomic.Bool) {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	away = new(atomic.Bool)
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			panic(http.ErrAbortHandler) // the connection is cut without an answer
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, away
}

// hurried lets time pass after each look, so that the next one is due.
type hurried struct {
	*alertmanager.Client
	site *site
}

func (h hurried) Look(ctx context.Context) (*alertmanager.Look, error) {
	look, err := h.Client.Look(ctx)
	h.site.wait(time.Minute)
	return look, err
}
