package history

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// fires and over are words about an alert, which starts so many minutes after
// monday and ends within the next.
func fires(fingerprint string, minute int) alert.Alert {
	return alert.Alert{Fingerprint: fingerprint, Status: alert.Firing, Labels: map[string]string{"alertname": fingerprint}, StartsAt: monday.Add(time.Duration(minute) * time.Minute)}
}

func over(fingerprint string, minute int) alert.Alert {
	a := fires(fingerprint, minute)
	a.Status, a.EndsAt = alert.Resolved, a.StartsAt.Add(30*time.Second)
	return a
}

// lasted is the same alert, resolved so many minutes after monday.
func lasted(fingerprint string, from, to int) alert.Alert {
	a := over(fingerprint, from)
	a.EndsAt = monday.Add(time.Duration(to) * time.Minute)
	return a
}

// deliver takes a delivery of group g in as package runs does, some time after
// the one before. It reports whether anything was written.
func (h *scenario) deliver(alerts ...alert.Alert) bool {
	return h.receive(time.Minute, alert.Delivery{GroupKey: "g", ExternalURL: "http://am-1", Alerts: alerts})
}

func (h *scenario) receive(after time.Duration, d alert.Delivery) bool {
	h.now = h.now.Add(after)
	hearing := h.state.Hear(d, h.now)
	if hearing.Empty() {
		return false
	}
	id := fmt.Sprintf("i%d", len(h.state.Incidents)+1)
	if hearing.Home != nil && !hearing.Opens {
		id = hearing.Home.ID
	}
	d.Alerts, d.Unnamed = hearing.News, hearing.Unnamed
	h.state = h.state.Next()
	h.state.Apply(h.now, event.AlertsReceived{Incident: id, Environment: "production", Title: "it is bad", Delivery: d.Cut(), Means: hearing.Means, After: hearing.After})
	return true
}

// firing are the fingerprints of what fires in group g.
func (s *State) firing() []string {
	prints := []string{}
	for _, i := range s.Incidents {
		if i.Firing() {
			for _, a := range i.FiringAlerts() {
				prints = append(prints, a.Fingerprint)
			}
		}
	}
	slices.Sort(prints)
	return prints
}

func TestAlertsFromFirstWordToLast(t *testing.T) {
	type delivery []alert.Alert
	for _, tt := range []struct {
		name       string
		deliveries []delivery
		written    int      // deliveries that said anything new
		incidents  int      // in all
		firing     []string // at the end
	}{
		{"fires", []delivery{{fires("a", 1)}}, 1, 1, []string{"a"}},
		{"repeated, or sent by two peers", []delivery{{fires("a", 1)}, {fires("a", 1)}, {fires("a", 1)}}, 1, 1, []string{"a"}},
		{"resolved", []delivery{{fires("a", 1)}, {over("a", 1)}}, 2, 1, []string{}},
		{"resolved twice", []delivery{{fires("a", 1)}, {over("a", 1)}, {over("a", 1)}}, 2, 1, []string{}},
		{"fires again from the same start", []delivery{{fires("a", 1)}, {over("a", 1)}, {fires("a", 1)}}, 3, 2, []string{"a"}},
		{"and is repeated", []delivery{{fires("a", 1)}, {over("a", 1)}, {fires("a", 1)}, {fires("a", 1)}}, 3, 2, []string{"a"}},
		{"and a peer repeats the end before it", []delivery{{fires("a", 1)}, {over("a", 1)}, {fires("a", 1)}, {over("a", 1)}}, 3, 2, []string{"a"}},
		{"and ends again", []delivery{{fires("a", 1)}, {over("a", 1)}, {fires("a", 1)}, {lasted("a", 1, 9)}}, 4, 2, []string{}},
		{"fires again from a later start", []delivery{{fires("a", 1)}, {over("a", 1)}, {fires("a", 5)}}, 3, 2, []string{"a"}},
		{"resolved late, from the time before", []delivery{{fires("a", 1)}, {over("a", 1)}, {fires("a", 5)}, {over("a", 1)}}, 3, 2, []string{"a"}},
		{"only resolved, and never heard of", []delivery{{over("a", 1)}}, 0, 0, []string{}},
		{"one of two resolves", []delivery{{fires("a", 1), fires("b", 2)}, {over("a", 1), fires("b", 2)}}, 2, 1, []string{"b"}},
		{"another joins, and the first leaves", []delivery{{fires("a", 1)}, {fires("a", 1), fires("b", 2)}, {over("a", 1), fires("b", 2)}}, 3, 1, []string{"b"}},
		{"one fires again while the other fires", []delivery{{fires("a", 1), fires("b", 1)}, {over("a", 1), fires("b", 1)}, {fires("a", 3), fires("b", 1)}}, 3, 1, []string{"a", "b"}},
		{"one fires from a later start while the other fires", []delivery{{fires("a", 1), fires("b", 1)}, {fires("a", 5), fires("b", 1)}}, 2, 1, []string{"a", "b"}},
		{"fires from a later start, and no end was sent", []delivery{{fires("a", 1)}, {fires("a", 5)}}, 2, 2, []string{"a"}},
		{"both fire from later starts", []delivery{{fires("a", 1), fires("b", 1)}, {fires("a", 5), fires("b", 5)}}, 2, 2, []string{"a", "b"}},
		{"over again without a word of firing", []delivery{{fires("a", 1)}, {over("a", 1)}, {over("a", 5)}}, 3, 1, []string{}},
		{"peers know different starts", []delivery{{fires("a", 2)}, {lasted("a", 0, 60)}}, 2, 1, []string{}},
		{"another is over before it is heard of", []delivery{{fires("a", 1)}, {fires("a", 1), over("b", 2)}}, 2, 1, []string{"a"}},
		{"nothing in it", []delivery{{}}, 0, 0, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, written := began(), 0
			for _, d := range tt.deliveries {
				if h.deliver(d...) {
					written++
				}
			}
			if written != tt.written || len(h.state.Incidents) != tt.incidents {
				t.Errorf("%d deliveries were written, of %d incidents; want %d and %d", written, len(h.state.Incidents), tt.written, tt.incidents)
			}
			if diff := cmp.Diff(tt.firing, h.state.firing()); diff != "" {
				t.Errorf("what fires (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIncidentFromBeginToEnd(t *testing.T) {
	h := began()
	h.add(event.AlertsReceived{Incident: "i1", Environment: "production", Title: "it is bad", Delivery: alert.Delivery{
		GroupKey: "g", Truncated: 3, ExternalURL: "http://am", Alerts: []alert.Alert{fires("a", 2), fires("b", 1)}}})
	heard := h.now
	h.add(event.IncidentAcknowledged{Incident: "i1", By: "U0CALL"}, event.IncidentAcknowledged{Incident: "i1", By: "U0DEV"}, event.IncidentAcknowledged{Incident: "unheard of", By: "U0DEV"})
	h.add(event.RunStarted{Run: "r1", What: work.Rollback, Change: &work.Change{Environment: "production", Incident: "i1"}})
	h.add(event.AlertsReceived{Incident: "i1", Environment: "staging", Title: "it is worse", Delivery: alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{over("a", 2), over("b", 1)}}})
	told := AlertRecord{Told: h.now, Place: "production"}
	want := &Incident{ID: "i1", Environment: "production", Title: "it is bad", Group: "g", Alerts: map[string]alert.Alert{"a": over("a", 2), "b": over("b", 1)},
		Records: map[string]AlertRecord{"a": told, "b": told}, Unnamed: map[string]UnnamedAlerts{}, Last: h.now, Most: 2, Began: monday.Add(time.Minute), Heard: heard, Ended: h.now, AckBy: "U0CALL", AckAt: heard.Add(time.Minute), Rollback: "r1"}
	if diff := cmp.Diff(want, h.state.Incidents["i1"]); diff != "" {
		t.Errorf("the incident (-want +got):\n%s", diff)
	}
	if last := h.state.LastOfGroup("g"); last != h.state.Incidents["i1"] || h.state.LastOfGroup("") != nil {
		t.Errorf("the group's last incident is %+v", last)
	}
}

// Whatever a group goes through, and however late a second Alertmanager repeats
// what the first sent, what fires at the end is what the first says, and nothing
// is opened by what the second says.
func TestLateCopiesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent, newest := alertmanager(t)
		alone, both := began(), began()
		for n, alerts := range sent {
			alone.receive(time.Minute, alert.Delivery{GroupKey: "g", ExternalURL: "http://am-1", Alerts: alerts})
			both.receive(time.Minute, alert.Delivery{GroupKey: "g", ExternalURL: "http://am-1", Alerts: alerts})
			if late := rapid.IntRange(0, 2).Draw(t, "late"); late > 0 {
				both.receive(20*time.Second, alert.Delivery{GroupKey: "g", ExternalURL: "http://am-2", Alerts: sent[max(0, n-late+1)]})
				both.now = both.now.Add(-20 * time.Second)
			}
		}
		if diff := cmp.Diff(newest, both.state.firing()); diff != "" {
			t.Fatalf("what fires (-want +got):\n%s", diff)
		}
		if got, want := len(both.state.Incidents), len(alone.state.Incidents); got != want {
			t.Fatalf("%d incidents, want %d as without the second Alertmanager", got, want)
		}
	})
}

// alertmanager draws the history of a group, whose first delivery has it fire.
// Each delivery is the group's state a minute after the one before.
func alertmanager(t *rapid.T) (sent [][]alert.Alert, firing []string) {
	group := map[string]alert.Alert{"a": fires("a", 0)}
	sent = append(sent, []alert.Alert{group["a"]})
	for minute := range rapid.IntRange(0, 8).Draw(t, "minutes") {
		for _, print := range []string{"a", "b", "c"} {
			if !rapid.Bool().Draw(t, print+" changes") {
				continue
			}
			if a, known := group[print]; known && a.Firing() {
				a.Status, a.EndsAt = alert.Resolved, monday.Add(time.Duration(minute+1)*time.Minute)
				group[print] = a
			} else {
				group[print] = fires(print, minute+2)
			}
		}
		sent = append(sent, slices.Collect(maps.Values(group)))
	}
	firing = []string{}
	for _, print := range slices.Sorted(maps.Keys(group)) {
		if group[print].Firing() {
			firing = append(firing, print)
		}
	}
	return sent, firing
}

func TestTriggerTripsOnceAndClears(t *testing.T) {
	h := began()
	tripped := event.TriggerTripped{Incident: "i1", Environment: "production", Trigger: "errors", Title: "Errors on production", Problem: alert.OverLimit, Reading: "7 %", Limit: "> 5%", Samples: 3}
	h.add(tripped)
	heard := h.now
	h.add(tripped) // it is known already
	want := &Incident{ID: "i1", Environment: "production", Title: "Errors on production", Trigger: "errors", Problem: alert.OverLimit, Reading: "7 %", Limit: "> 5%",
		Samples: 3, Alerts: map[string]alert.Alert{}, Records: map[string]AlertRecord{}, Unnamed: map[string]UnnamedAlerts{}, Began: heard, Heard: heard}
	if diff := cmp.Diff(want, h.state.FiringTrigger("production", "errors")); diff != "" {
		t.Errorf("the trigger's incident (-want +got):\n%s", diff)
	}
	for _, other := range [][2]string{{"staging", "errors"}, {"production", "other"}, {"production", ""}} {
		if i := h.state.FiringTrigger(other[0], other[1]); i != nil {
			t.Errorf("trigger %q of %s fires: %+v", other[1], other[0], i)
		}
	}
	h.add(event.TriggerTripped{Incident: "i0", Environment: "staging", Trigger: "errors", Problem: alert.OverLimit}, event.AlertsReceived{Incident: "i2", Delivery: alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{fires("a", 1)}}})
	if got := h.state.FiringTriggers(); len(got) != 2 || got[0].ID != "i1" || got[1].ID != "i0" {
		t.Errorf("triggers that fire: %v, want i1 and i0", got)
	}
	h.add(event.TriggerRead{Incident: "i1", Reading: "9 %"})
	read := h.now
	h.add(event.TriggerCleared{Incident: "i1", Reading: "1 %"})
	ended := h.now
	h.add(event.TriggerRead{Incident: "i1", Reading: "8 %"}, event.TriggerRead{Incident: "unheard of"})
	h.add(event.TriggerCleared{Incident: "i1", Reading: "0 %"}, event.TriggerCleared{Incident: "unheard of"})
	want.Ended, want.Reading, want.Current, want.ReadAt = ended, "1 %", "9 %", read
	if diff := cmp.Diff(want, h.state.Incidents["i1"]); diff != "" {
		t.Errorf("the incident after its end (-want +got):\n%s", diff)
	}
}

func TestNewestIncidentThatGoingBackMayAnswer(t *testing.T) {
	all := func(*Incident) bool { return true }
	h := began()
	if got := h.state.Newest(all); got != nil {
		t.Errorf("the newest of none is %+v", got)
	}
	trip := func(id, environment string, problem alert.TriggerProblem) {
		h.add(event.TriggerTripped{Incident: id, Environment: environment, Trigger: id, Problem: problem})
	}
	trip("old", "production", alert.OverLimit)
	trip("new", "production", alert.OverLimit)
	trip("nowhere", "", alert.OverLimit)
	trip("unmeasured", "production", alert.Unmeasurable)
	trip("empty", "production", alert.NoData)
	trip("over", "production", alert.OverLimit)
	h.add(event.TriggerCleared{Incident: "over"})
	if got := h.state.Newest(all); got == nil || got.ID != "new" {
		t.Errorf("the newest is %+v, want new", got)
	}
	h.add(event.TriggerCleared{Incident: "new"})
	if got := h.state.Newest(all); got == nil || got.ID != "old" {
		t.Errorf("the newest is %+v, want old", got)
	}
}

func TestOldIncidentsAreForgottenAndFiringOnesKept(t *testing.T) {
	h := began()
	h.add(event.TriggerTripped{Incident: "firing", Trigger: "firing"})
	for n := range keptIncidents + 5 {
		id := fmt.Sprintf("i%03d", n)
		h.state = h.state.Next()
		h.add(event.TriggerTripped{Incident: id, Trigger: id}, event.Escalated{ID: "incident/" + id + "/escalated/1", Subject: "incident/" + id}, event.TriggerCleared{Incident: id})
	}
	if got := len(h.state.Incidents); got != keptIncidents+1 {
		t.Errorf("%d incidents are remembered, want %d", got, keptIncidents+1)
	}
	for id, want := range map[string]bool{"firing": true, "i004": false, "i005": true} {
		if _, got := h.state.Incidents[id]; got != want {
			t.Errorf("incident %s is remembered: %t, want %t", id, got, want)
		}
		if got := len(h.state.EscalationsOf("incident/" + id)); id != "firing" && (got == 1) != want {
			t.Errorf("incident %s has %d escalations; remembered: %t", id, got, want)
		}
	}
}

func TestFiringAlertsByName(t *testing.T) {
	named := func(name, print string) alert.Alert {
		a := fires(print, 1)
		a.Labels = map[string]string{"alertname": name}
		return a
	}
	i := Incident{Alerts: map[string]alert.Alert{"1": named("Slow", "1"), "2": named("Down", "2"), "3": over("3", 1), "0": named("Slow", "0"), "4": {Fingerprint: "4", Status: alert.Firing}}}
	var got []string
	for _, a := range i.FiringAlerts() {
		got = append(got, a.Name()+" "+a.Fingerprint)
	}
	if diff := cmp.Diff([]string{"Down 2", "Slow 0", "Slow 1", "an alert without a name 4"}, got); diff != "" {
		t.Errorf("alerts that fire (-want +got):\n%s", diff)
	}
}

// A group that grows is about what its newest firing delivery says; a delivery
// in which nothing fires changes neither.
func TestGrowingGroup(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	say := func(environment, title string, alerts ...alert.Alert) {
		h.add(event.AlertsReceived{Incident: "i", Environment: environment, Title: title, Delivery: alert.Delivery{GroupKey: "g", Alerts: alerts}})
	}
	for _, tt := range []struct {
		environment, title string
		alerts             []alert.Alert
		want               string
	}{
		{"staging", "a", []alert.Alert{fires("a", 1)}, "staging a"},
		{"", "a, b", []alert.Alert{fires("a", 1), fires("b", 2)}, " a, b"},
		{"staging", "b", []alert.Alert{over("a", 1), over("b", 2)}, " a, b"},
	} {
		say(tt.environment, tt.title, tt.alerts...)
		if i := h.state.Incidents["i"]; i.Environment+" "+i.Title != tt.want {
			t.Errorf("after %q the incident is about %q, want %q", tt.title, i.Environment+" "+i.Title, tt.want)
		}
	}
}

// A person may say that an incident is over; what fires afterwards is another.
func TestClosedIncident(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.deliver(fires("a", 1))
	h.add(event.IncidentClosed{Incident: "i1", By: "U0ONCALL"}).add(event.IncidentClosed{Incident: "i1", By: "U0TL"})
	if i := h.state.Incidents["i1"]; i.Firing() || i.ClosedBy != "U0ONCALL" {
		t.Errorf("after closing it is %+v", i)
	}
	h.deliver(fires("a", 5))
	if got := h.state.LastOfGroup("g"); got.ID == "i1" || !got.Firing() {
		t.Errorf("what fires afterwards belongs to %+v", got)
	}
}

func TestSeverityIsTheWorstOfWhatFires(t *testing.T) {
	of := func(severity string, a alert.Alert) alert.Alert {
		a.Labels = map[string]string{"alertname": "x", "severity": severity}
		return a
	}
	for _, tt := range []struct {
		alerts []alert.Alert
		ended  bool
		want   string
	}{
		{[]alert.Alert{fires("a", 1)}, false, ""},
		{[]alert.Alert{of("warning", fires("a", 1)), of("critical", fires("b", 1)), of("info", fires("c", 1))}, false, "critical"},
		{[]alert.Alert{of("warning", fires("a", 1)), of("critical", over("b", 1))}, false, "warning"},
		{[]alert.Alert{of("error", fires("a", 1)), of("warning", fires("b", 1))}, false, "error"},
		{[]alert.Alert{of("page", fires("a", 1)), of("info", fires("b", 1)), fires("c", 1)}, false, "info"},
		{[]alert.Alert{of("page", fires("a", 1)), of("none", fires("b", 1))}, false, "none"},
		{[]alert.Alert{of(" Critical ", fires("a", 1)), of("error", fires("b", 1))}, false, "critical"},
		{[]alert.Alert{of("critical", fires("a", 1))}, true, ""},
	} {
		i := &Incident{Alerts: map[string]alert.Alert{}}
		for _, a := range tt.alerts {
			i.Alerts[a.Fingerprint] = a
		}
		if tt.ended {
			i.Ended = monday
		}
		if got := i.Severity(); got != tt.want {
			t.Errorf("severity %q, want %q", got, tt.want)
		}
	}
}
