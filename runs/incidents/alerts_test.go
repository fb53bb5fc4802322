package incidents_test

import (
	stdcmp "cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/runs/incidents"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// began is when the alerts of these tests begin.
var began = time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)

// fires is an alert that starts so many minutes after began.
func fires(fingerprint string, minute int, labels ...string) alert.Alert {
	a := alert.Alert{Fingerprint: fingerprint, Status: alert.Firing, Labels: map[string]string{"alertname": "HighErrorRate"},
		StartsAt: began.Add(time.Duration(minute) * time.Minute)}
	for i := 0; i < len(labels); i += 2 {
		a.Labels[labels[i]] = labels[i+1]
	}
	return a
}

// over is the same alert, resolved within its minute.
func over(a alert.Alert) alert.Alert {
	a.Status, a.EndsAt = alert.Resolved, a.StartsAt.Add(30*time.Second)
	return a
}

// places are the environments of these tests.
var places = (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}}}).Index()

// post is what takes alerts in, with the ledger that it writes to.
type post struct {
	*incidents.Alerts
	t      *testing.T
	log    *storagetest.Memory
	ledger *storage.Ledger
	stop   func()
}

func newPost(t *testing.T, log *storagetest.Memory) *post {
	t.Helper()
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	environments := map[string]deploy.Environment{
		"staging":    {Triggers: []deploy.Trigger{{ID: "any", Labels: map[string]string{"tier": "test"}}}},
		"production": {Triggers: []deploy.Trigger{{ID: "sampled"}, {ID: "critical", Labels: map[string]string{"severity": "critical", "tier": "live"}}}},
	}
	alerts := incidents.NewAlerts(incidents.AlertOptions{Ledger: ledger, Checklist: places, Environments: environments})
	return &post{alerts, t, log, ledger, runstest.Background(t, ledger.Run)}
}

// receive takes a delivery of group g in.
func (p *post) receive(alerts ...alert.Alert) {
	p.t.Helper()
	if err := p.Receive(p.t.Context(), alert.Delivery{GroupKey: "g", Alerts: alerts}); err != nil {
		p.t.Fatal(err)
	}
}

// incidents are what is known, each as its firing fingerprints, oldest first.
func (p *post) incidents() []string {
	incidents := []*history.Incident{}
	for _, i := range p.ledger.State().Incidents {
		incidents = append(incidents, i)
	}
	slices.SortFunc(incidents, func(a, b *history.Incident) int {
		return stdcmp.Or(a.Began.Compare(b.Began), a.Heard.Compare(b.Heard))
	})
	var all []string
	for _, i := range incidents {
		var prints []string
		for _, a := range i.FiringAlerts() {
			if i.Firing() {
				prints = append(prints, a.Fingerprint)
			}
		}
		all = append(all, strings.Join(prints, " "))
	}
	return all
}

func TestReceive(t *testing.T) {
	a, b, again := fires("a", 1), fires("b", 2), fires("a", 5)
	type delivery []alert.Alert
	for _, tt := range []struct {
		name       string
		deliveries []delivery
		written    int // records
		want       []string
	}{
		{"fires", []delivery{{a}}, 1, []string{"a"}},
		{"repeats", []delivery{{a}, {a}, {a}}, 1, []string{"a"}},
		{"resolves", []delivery{{a}, {over(a)}}, 2, []string{""}},
		{"never heard of and over", []delivery{{over(a)}}, 0, nil},
		{"empty", []delivery{{}}, 0, nil},
		{"late, and held", []delivery{{a}, {over(a)}, {a}}, 3, []string{""}},
		{"late, twice", []delivery{{a}, {over(a)}, {a}, {a}}, 3, []string{""}},
		{"fires again", []delivery{{a}, {over(a)}, {again}}, 3, []string{"", "a"}},
		{"fires again, and an older word comes late", []delivery{{a}, {over(a)}, {again}, {over(a)}}, 3, []string{"", "a"}},
		{"over again without having fired here", []delivery{{a}, {over(a)}, {over(again)}, {again}}, 4, []string{""}},
		{"a later start and no end", []delivery{{a}, {again}}, 2, []string{"", "a"}},
		{"one of two resolves", []delivery{{a, b}, {over(a), b}}, 2, []string{"b"}},
		{"another joins", []delivery{{a}, {a, b}}, 2, []string{"a b"}},
		{"both resolve, one by one", []delivery{{a, b}, {over(a), b}, {over(a), over(b)}}, 3, []string{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPost(t, storagetest.NewMemory())
			for _, d := range tt.deliveries {
				p.receive(d...)
				p.stop() // a restart makes no difference
				p = newPost(t, p.log.Reopen())
			}
			defer p.stop()
			if got := len(p.log.Records()); got != tt.written {
				t.Errorf("%d records were written, want %d", got, tt.written)
			}
			if diff := cmp.Diff(tt.want, p.incidents()); diff != "" {
				t.Errorf("incidents (-want +got):\n%s", diff)
			}
		})
	}
}

// Two peers of Alertmanager that send the same at the same time.
func TestPeersSendTheSame(t *testing.T) {
	p := newPost(t, storagetest.NewMemory())
	defer p.stop()
	for _, d := range [][]alert.Alert{{fires("a", 1)}, {over(fires("a", 1))}} {
		var peers sync.WaitGroup
		for range 8 {
			peers.Go(func() { p.receive(d...) })
		}
		peers.Wait()
	}
	if got := len(p.log.Records()); got != 2 {
		t.Errorf("%d records were written, want 2", got)
	}
}

func TestReceiveSaysWhenItIsNotDurable(t *testing.T) {
	p := newPost(t, storagetest.NewMemory())
	p.stop()
	err := p.Receive(context.Background(), alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{fires("a", 1)}})
	if !errors.Is(err, storage.ErrStopped) {
		t.Errorf("got %v, want that the ledger has stopped", err)
	}
}

func TestEnvironmentOfAlerts(t *testing.T) {
	group := func(labels map[string]string, alerts ...alert.Alert) alert.Delivery {
		return alert.Delivery{GroupKey: "g", GroupLabels: labels, Alerts: alerts}
	}
	for _, tt := range []struct {
		name     string
		delivery alert.Delivery
		want     string
	}{
		{"a label of the group", group(map[string]string{"environment": "staging"}, fires("a", 1, "environment", "production")), "staging"},
		{"a label of the alert", group(nil, fires("a", 1, "environment", "production")), "production"},
		{"the short one", group(nil, fires("a", 1, "env", "production")), "production"},
		{"the long one goes first", group(nil, fires("a", 1, "environment", "staging", "env", "production")), "staging"},
		{"one that nobody knows", group(nil, fires("a", 1, "environment", "moon")), ""},
		{"alerts that agree", group(nil, fires("a", 1, "env", "staging"), fires("b", 1, "env", "staging")), "staging"},
		{"alerts that do not", group(nil, fires("a", 1, "env", "staging"), fires("b", 1, "env", "production")), ""},
		{"what is over has no say", group(nil, fires("a", 1, "env", "staging"), over(fires("b", 1, "env", "production"))), "staging"},
		{"a trigger", group(nil, fires("a", 1, "severity", "critical", "tier", "live")), "production"},
		{"half a trigger", group(nil, fires("a", 1, "severity", "critical")), ""},
		{"a trigger that one of them is", group(nil, fires("a", 1), fires("b", 1, "tier", "test")), "staging"},
		{"triggers of two environments", group(nil, fires("a", 1, "tier", "test"), fires("b", 1, "severity", "critical", "tier", "live")), ""},
		{"nothing", group(nil, fires("a", 1)), ""},
		{"a label of the route", alert.Delivery{GroupKey: "g", RouteLabels: map[string]string{"environment": "staging"}, Alerts: []alert.Alert{fires("a", 1)}}, "staging"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPost(t, storagetest.NewMemory())
			defer p.stop()
			if err := p.Receive(t.Context(), tt.delivery); err != nil {
				t.Fatal(err)
			}
			if got := p.ledger.State().LastOfGroup("g").Environment; got != tt.want {
				t.Errorf("environment %q, want %q", got, tt.want)
			}
		})
	}
}

// The configuration says which labels name the environment.
func TestEnvironmentLabels(t *testing.T) {
	const otel = "deployment.environment.name"
	for _, tt := range []struct {
		labels []string // of the configuration
		alert  alert.Alert
		want   string
	}{
		{nil, fires("a", 1, otel, "production"), ""},
		{[]string{otel}, fires("a", 1, otel, "production"), "production"},
		{[]string{otel}, fires("a", 1, "environment", "production"), ""},
		{[]string{otel, "environment"}, fires("a", 1, "environment", "staging", otel, "production"), "production"},
		{[]string{otel, "environment"}, fires("a", 1, "environment", "staging", otel, "moon"), "staging"},
	} {
		p := newPost(t, storagetest.NewMemory())
		alerts := incidents.NewAlerts(incidents.AlertOptions{Ledger: p.ledger, Checklist: places, EnvironmentLabels: tt.labels})
		if err := alerts.Receive(t.Context(), alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{tt.alert}}); err != nil {
			t.Fatal(err)
		}
		if got := p.ledger.State().LastOfGroup("g").Environment; got != tt.want {
			t.Errorf("labels %v: %v names %q, want %q", tt.labels, tt.alert.Labels, got, tt.want)
		}
		p.stop()
	}
}

// 900 alerts are one incident with a count, and few bytes of the ledger.
func TestManyAlertsAreOneIncident(t *testing.T) {
	p := newPost(t, storagetest.NewMemory())
	defer p.stop()
	var many, ended []alert.Alert
	for n := range 900 {
		a := fires(fmt.Sprintf("%016x", n), 1)
		a.Annotations = map[string]string{"description": strings.Repeat("d", 1600)}
		many, ended = append(many, a), append(ended, over(a))
	}
	p.receive(many...)
	p.receive(many...)
	for _, i := range p.ledger.State().Incidents {
		if i.FiringCount() != 900 || i.UnnamedCount() != 0 {
			t.Errorf("%d fire and %d are unnamed, want 900 and 0", i.FiringCount(), i.UnnamedCount())
		}
	}
	size := 0
	for _, r := range p.log.Records() {
		size += len(r.Data)
	}
	if size > 512<<10 {
		t.Errorf("the ledger takes %d KiB, want 512 at most", size>>10)
	}
	p.receive(append(ended[:899:899], many[899])...)
	if got := p.incidents(); len(got) != 1 || got[0] != many[899].Fingerprint {
		t.Errorf("what fires is %q, want the last alone", got)
	}
	p.receive(ended...)
	if diff := cmp.Diff([]string{""}, p.incidents()); diff != "" {
		t.Errorf("incidents (-want +got):\n%s", diff)
	}
}

// A group may fire on several environments. Each alert holds where it fires, and
// the group grows and shrinks without letting one of them go.
func TestAGroupOnSeveralEnvironmentsHoldsEach(t *testing.T) {
	p := newPost(t, storagetest.NewMemory())
	defer p.stop()
	here := fires("a", 1, "environment", "production", "severity", "critical")
	there := fires("b", 2, "environment", "staging", "severity", "critical")
	harmless := fires("c", 3, "environment", "staging", "severity", "warning")
	for _, tt := range []struct {
		alerts              []alert.Alert
		production, staging string
	}{
		{[]alert.Alert{here}, "a", ""},
		{[]alert.Alert{here, harmless}, "a", ""},
		{[]alert.Alert{here, there, harmless}, "a", "b"},
		{[]alert.Alert{over(here), there, harmless}, "", "b"},
		{[]alert.Alert{over(here), over(there), harmless}, "", ""},
	} {
		p.receive(tt.alerts...)
		v := readiness.View{Checklist: places, State: p.ledger.State(), Now: began.Add(time.Hour)}
		for environment, want := range map[string]string{"production": tt.production, "staging": tt.staging} {
			var got []string
			for _, h := range v.Holds(environment) {
				got = append(got, h.Alerts...)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%d alerts: %q hold %s, want %q", len(tt.alerts), got, environment, want)
			}
		}
	}
}

// More alerts than are recorded by name are counted, and end all the same.
func TestAlertsThatNoRecordNames(t *testing.T) {
	p := newPost(t, storagetest.NewMemory())
	defer p.stop()
	var many, ended []alert.Alert
	for n := range 1200 {
		a := fires(fmt.Sprintf("%016x", n), 1)
		many, ended = append(many, a), append(ended, over(a))
	}
	p.receive(many...)
	for _, i := range p.ledger.State().Incidents {
		if i.FiringCount() != 1200 || i.UnnamedCount() != 200 {
			t.Errorf("%d fire and %d are unnamed, want 1200 and 200", i.FiringCount(), i.UnnamedCount())
		}
	}
	slices.Reverse(ended) // those that were never named go first
	p.receive(ended...)
	if diff := cmp.Diff([]string{""}, p.incidents()); diff != "" {
		t.Errorf("incidents (-want +got):\n%s", diff)
	}
}

func TestTitleOfAlerts(t *testing.T) {
	said := func(a alert.Alert, name, summary string) alert.Alert {
		a.Labels["alertname"], a.Annotations = name, map[string]string{"summary": summary}
		return a
	}
	long := strings.Repeat("ö", 200)
	for _, tt := range []struct {
		alerts []alert.Alert
		want   string
	}{
		{[]alert.Alert{fires("a", 1)}, "HighErrorRate"},
		{[]alert.Alert{said(fires("a", 1), "Slow", "it is\nslow")}, "Slow: it is slow"},
		{[]alert.Alert{said(fires("a", 1), "Slow", "it is slow"), said(fires("b", 1), "Slow", "it is slow")}, "Slow: it is slow"},
		{[]alert.Alert{said(fires("a", 1), "Slow", "it is slow"), said(fires("b", 1), "Down", "it is down")}, "Slow, Down"},
		{[]alert.Alert{said(fires("a", 1), "Slow", "it is slow"), over(said(fires("b", 1), "Down", "it is down"))}, "Slow: it is slow"},
		{[]alert.Alert{said(fires("a", 1), "", "")}, "an alert without a name"},
		{[]alert.Alert{said(fires("a", 1), "Slow", long)}, "Slow: " + long[:2*143] + "…"},
	} {
		p := newPost(t, storagetest.NewMemory())
		p.receive(tt.alerts...)
		if got := p.ledger.State().LastOfGroup("g").Title; got != tt.want {
			t.Errorf("title %q, want %q", got, tt.want)
		}
		p.stop()
	}
}

// Refused deliveries are recorded once a day.
func TestRefusedDeliveriesAreRecordedOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, storagetest.NewMemory())
		defer func() { p.stop() }()
		for n, want := range []int{1, 1, 1, 2} {
			if err := p.Refused(t.Context(), 41<<20, 32<<20); err != nil {
				t.Fatal(err)
			}
			if got := len(p.log.Records()); got != want {
				t.Errorf("%d records after %d refusals, want %d", got, n+1, want)
			}
			p.stop()
			p = newPost(t, p.log.Reopen()) // a restart makes no difference
			time.Sleep(10 * time.Hour)     // of the bubble's time
		}
		if r := p.ledger.State().Refused; r == nil || r.Bytes != 41<<20 || r.Limit != 32<<20 {
			t.Errorf("recorded as %+v", r)
		}
	})
}
