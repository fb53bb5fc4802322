package history

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
)

// message is a delivery that arrives some time after the one before it.
type message struct {
	after time.Duration
	alert.Delivery
}

func says(after time.Duration, alerts ...alert.Alert) message {
	return message{after, alert.Delivery{GroupKey: "g", ExternalURL: "http://am-1", Alerts: alerts}}
}

func (m message) from(address string) message { m.ExternalURL = address; return m }
func (m message) because(reason string) message {
	m.Reason = reason
	return m
}
func (m message) group(key string) message { m.GroupKey = key; return m }
func (m message) without(n int) message    { m.Unnamed, m.Truncated = n, n; return m }

// incidents lists what is known, oldest first: what fires of each, and what is
// held of it.
func (s *State) incidents() []string {
	var ids []string
	for id := range s.Incidents {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var all []string
	for _, id := range ids {
		i, text := s.Incidents[id], "over"
		if i.Firing() {
			text = fmt.Sprintf("%d fire, %d unnamed", i.FiringCount(), i.UnnamedCount())
		}
		if held := i.Held(); len(held) > 0 {
			text += fmt.Sprintf(", %d held for %s", len(held), held[0].Until.Sub(held[0].At))
		}
		all = append(all, text)
	}
	return all
}

// The payloads are those of real Alertmanagers 0.25 and 0.35, and so are the
// orders in which they came.
func TestWhatIsSaidLastCounts(t *testing.T) {
	const pause = 5 * time.Minute
	a, ended := fires("a", 0), lasted("a", 0, 1)
	six := ended
	six.EndsAt = a.StartsAt.Add(6 * time.Second)
	for _, tt := range []struct {
		name     string
		messages []message
		want     []string
	}{
		{"same start again, after a pause", []message{says(0, a), says(pause, ended), says(pause, a)}, []string{"over", "1 fire, 0 unnamed"}},
		{"after an end within seconds of its start", []message{says(0, a), says(pause, six), says(pause, a)}, []string{"over", "1 fire, 0 unnamed"}},
		{"at once, and it is called new by who told the end", []message{says(0, a), says(pause, ended), says(time.Second, a).because("first notification")}, []string{"over", "1 fire, 0 unnamed"}},
		{"at once, for another reason", []message{says(0, a), says(pause, ended), says(time.Second, a).because("repeat interval elapsed")}, []string{"over, 1 held for 1m0s"}},
		{"a late copy of a second Alertmanager", []message{says(0, a), says(pause, ended), says(5*time.Second, a).from("http://am-2")}, []string{"over, 1 held for 6m0s"}},
		{"which calls it new", []message{says(0, a), says(pause, ended), says(5*time.Second, a).from("http://am-2").because("first notification")}, []string{"over, 1 held for 6m0s"}},
		{"a late copy behind the same address", []message{says(0, a), says(pause, ended), says(5*time.Second, a)}, []string{"over, 1 held for 1m0s"}},
		{"a late copy, twice", []message{says(0, a), says(pause, ended), says(5*time.Second, a), says(time.Second, a)}, []string{"over, 1 held for 1m0s"}},
		{"held, and the end is repeated by who is late", []message{says(0, a), says(pause, ended), says(5*time.Second, a).from("http://am-2"), says(pause, ended).from("http://am-2")}, []string{"over"}},
		{"held, and the end comes late too", []message{says(0, a), says(pause, ended), says(5*time.Second, a), says(time.Second, ended).from("http://am-2")}, []string{"over, 1 held for 1m0s"}},
		{"held, and it ends later", []message{says(0, a), says(pause, ended), says(5*time.Second, a), says(time.Second, lasted("a", 0, 7))}, []string{"over"}},
		{"held, and it is said again after a pause", []message{says(0, a), says(pause, ended), says(5*time.Second, a), says(pause, a)}, []string{"over", "1 fire, 0 unnamed"}},
		{"fires again, and a late end of before", []message{says(0, a), says(pause, ended), says(pause, a), says(pause, ended)}, []string{"over", "1 fire, 0 unnamed"}},
		{"a later start without an end", []message{says(0, a), says(pause, fires("a", 5))}, []string{"over", "1 fire, 0 unnamed"}},
		{"a start that a replica saw later", []message{says(0, a), says(pause, later(a, 15*time.Second))}, []string{"1 fire, 0 unnamed"}},
		{"another group of the same alert", []message{says(0, a), says(pause, a).group("h")}, []string{"1 fire, 0 unnamed"}},
		{"and it ends there", []message{says(0, a), says(pause, a).group("h"), says(pause, ended).group("h")}, []string{"over"}},
		{"and another joins there", []message{says(0, a), says(pause, a, fires("b", 5)).group("h")}, []string{"2 fire, 0 unnamed"}},
		{"a group that was split", []message{says(0, a, fires("b", 0)), says(pause, a).group("h"), says(0, fires("b", 0)).group("j"), says(pause, ended).group("h")}, []string{"1 fire, 0 unnamed"}},
		{"cut, and those that are named end", []message{says(0, a, fires("b", 0)).without(3), says(pause, ended, lasted("b", 0, 1)).without(3)}, []string{"3 fire, 3 unnamed"}},
		{"and then all are named and over", []message{says(0, a).without(1), says(pause, ended).without(1), says(pause, over("b", 0))}, []string{"over"}},
		{"cut, and all are known by turns", []message{says(0, a).without(1), says(pause, fires("b", 0)).without(1)}, []string{"2 fire, 0 unnamed"}},
		{"a late copy of a cut group", []message{says(0, a).without(1), says(pause, ended, over("b", 0)), says(time.Second, a).without(1)}, []string{"over, 1 held for 1m0s"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &scenario{state: NewState(), now: monday.Add(time.Minute)}
			for _, m := range tt.messages {
				h.receive(m.after, m.Delivery)
			}
			if diff := cmp.Diff(tt.want, h.state.incidents()); diff != "" {
				t.Errorf("incidents (-want +got):\n%s", diff)
			}
		})
	}
}

func later(a alert.Alert, by time.Duration) alert.Alert {
	a.StartsAt = a.StartsAt.Add(by)
	return a
}

// A person closes what fires; what fires on after that is another incident.
func TestFiringAfterItWasClosed(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.receive(0, says(0, fires("a", 0)).Delivery)
	h.add(event.IncidentClosed{Incident: "i1", By: "U0ONCALL"})
	h.receive(time.Hour, says(0, fires("a", 0)).Delivery)
	if diff := cmp.Diff([]string{"over", "1 fire, 0 unnamed"}, h.state.incidents()); diff != "" {
		t.Errorf("incidents (-want +got):\n%s", diff)
	}
}

// What was held and decided fires, or does not.
func TestHeldIsDecided(t *testing.T) {
	for _, tt := range []struct {
		name   string
		decide event.AlertsDecided
		then   []message
		want   []string
	}{
		{"a copy", event.AlertsDecided{Held: "i1", Fingerprints: []string{"a"}}, nil, []string{"over"}},
		{"it fires", event.AlertsDecided{Held: "i1", Fingerprints: []string{"a"}, Incident: "i2"}, nil, []string{"over", "1 fire, 0 unnamed"}},
		{"it fires, and its sender repeats the end", event.AlertsDecided{Held: "i1", Fingerprints: []string{"a"}, Incident: "i2"}, []message{says(5*time.Minute, lasted("a", 0, 1))}, []string{"over", "over"}},
		{"it fires as Alertmanager says, and the end is repeated", event.AlertsDecided{Held: "i1", Fingerprints: []string{"a"}, Incident: "i2", Listed: true}, []message{says(5*time.Minute, lasted("a", 0, 1))}, []string{"over", "1 fire, 0 unnamed"}},
		{"another alert", event.AlertsDecided{Held: "i1", Fingerprints: []string{"b"}, Incident: "i2"}, nil, []string{"over, 1 held for 1m0s"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &scenario{state: NewState(), now: monday.Add(time.Minute)}
			for _, m := range []message{says(0, fires("a", 0)), says(time.Minute, lasted("a", 0, 1)), says(time.Second, fires("a", 0))} {
				h.receive(m.after, m.Delivery)
			}
			h.state = h.state.Next()
			h.add(tt.decide)
			for _, m := range tt.then {
				h.receive(m.after, m.Delivery)
			}
			if diff := cmp.Diff(tt.want, h.state.incidents()); diff != "" {
				t.Errorf("incidents (-want +got):\n%s", diff)
			}
		})
	}
}

// An incident of the alerts before says that its end was never sent.
func TestEndThatWasNotSent(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.receive(0, says(0, fires("a", 0)).Delivery)
	h.receive(time.Hour, says(0, fires("a", 50)).Delivery)
	before, now := h.state.Incidents["i1"], h.state.Incidents["i2"]
	if !before.Untold || before.Firing() {
		t.Errorf("the incident before is %+v, want it over and untold", before)
	}
	if now.After != "i1" || !now.Began.Equal(monday.Add(50*time.Minute)) {
		t.Errorf("the new incident follows %q and began %s", now.After, now.Began)
	}
}

func TestWhatAlertmanagerSaysWhenAsked(t *testing.T) {
	mute := alert.Mute{Silences: []alert.Silence{{ID: "s1", By: "alice"}}}
	for _, tt := range []struct {
		name string
		say  []event.AlertsLookedUp
		want string
		gone bool
	}{
		{"has them", []event.AlertsLookedUp{{Incident: "i1", Listed: []string{"a", "b"}}}, "3 fire, 1 unnamed", false},
		{"one is gone", []event.AlertsLookedUp{{Incident: "i1", Gone: []string{"a"}}}, "2 fire, 1 unnamed", false},
		{"all are gone, and one was never named", []event.AlertsLookedUp{{Incident: "i1", Gone: []string{"a", "b"}}}, "1 fire, 1 unnamed", false},
		{"all are gone", []event.AlertsLookedUp{{Incident: "i1", Gone: []string{"a", "b"}, Named: []string{"g"}}}, "over", true},
		{"muted", []event.AlertsLookedUp{{Incident: "i1", Muted: map[string]alert.Mute{"a": mute, "unknown": mute}}}, "3 fire, 1 unnamed", false},
		{"of another", []event.AlertsLookedUp{{Incident: "i9", Gone: []string{"a", "b"}}}, "3 fire, 1 unnamed", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &scenario{state: NewState(), now: monday}
			h.receive(0, says(0, fires("a", 0), fires("b", 0)).without(1).Delivery)
			for _, e := range tt.say {
				h.state = h.state.Next()
				h.add(e)
			}
			i := h.state.Incidents["i1"]
			if got := h.state.incidents(); got[0] != tt.want || i.Gone != tt.gone {
				t.Errorf("%q and gone %t, want %q and %t", got[0], i.Gone, tt.want, tt.gone)
			}
			if got := i.Records["a"].Mute.Muted(); got != (tt.name == "muted") {
				t.Errorf("muted: %t", got)
			}
		})
	}
}

// How bad it got is noted: each rise of the severity, and once that more fire,
// while nobody looks after it.
func TestGettingWorse(t *testing.T) {
	of := func(print, severity string) alert.Alert {
		a := fires(print, 0)
		a.Labels = map[string]string{"severity": severity}
		return a
	}
	h := &scenario{state: NewState(), now: monday}
	w1, w2, w3, w4, c1, c2 := of("1", "warning"), of("2", "warning"), of("3", "warning"), of("4", "warning"), of("5", "critical"), of("6", "critical")
	said := func() []string {
		var all []string
		for _, w := range h.state.Incidents["i1"].Worsened {
			all = append(all, fmt.Sprintf("%s %d", w.Severity, w.Firing))
		}
		return all
	}
	for n, tt := range []struct {
		alerts []alert.Alert
		want   []string
	}{
		{[]alert.Alert{w1}, nil},
		{[]alert.Alert{w1}, nil},
		{[]alert.Alert{w1, w2}, []string{" 2"}},
		{[]alert.Alert{w1, w2, w3}, []string{" 2"}},
		{[]alert.Alert{c1}, []string{" 2", "critical 4"}},
		{[]alert.Alert{c2, w4}, []string{" 2", "critical 4"}},
	} {
		h.receive(time.Minute, says(0, tt.alerts...).Delivery)
		if diff := cmp.Diff(tt.want, said()); diff != "" {
			t.Errorf("after delivery %d it got worse (-want +got):\n%s", n, diff)
		}
	}
}

func TestMoreAlertsWhileSomebodyLooksAfterIt(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.receive(0, says(0, fires("a", 0)).Delivery)
	h.add(event.IncidentAcknowledged{Incident: "i1", By: "U0ONCALL"})
	h.receive(time.Minute, says(0, fires("a", 0), fires("b", 0)).Delivery)
	if got := h.state.Incidents["i1"]; len(got.Worsened) != 0 || got.Most != 2 {
		t.Errorf("it got worse: %+v, most %d", got.Worsened, got.Most)
	}
}

// A message that says nothing new is noted once a minute.
func TestRepeatsAreNoted(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.receive(0, says(0, fires("a", 0)).Delivery)
	for _, tt := range []struct {
		after time.Duration
		want  []string
	}{{59 * time.Second, nil}, {time.Minute, []string{"i1"}}} {
		got := h.state.Hear(says(0, fires("a", 0)).Delivery, monday.Add(tt.after))
		if !got.Empty() || !slices.Equal(got.Repeats, tt.want) {
			t.Errorf("after %s: empty %t, repeats %v, want %v", tt.after, got.Empty(), got.Repeats, tt.want)
		}
	}
	h.add(event.AlertsHeard{Incidents: []string{"i1"}})
	if got := h.state.Incidents["i1"].Last; !got.Equal(h.now) {
		t.Errorf("last heard %s, want %s", got, h.now)
	}
}

// Nothing that is held is forgotten, however many incidents end.
func TestHeldIncidentIsKept(t *testing.T) {
	h := &scenario{state: NewState(), now: monday.Add(time.Minute)}
	for _, m := range []message{says(0, fires("a", 0)), says(time.Minute, over("a", 0)), says(time.Second, fires("a", 0))} {
		h.receive(m.after, m.Delivery)
	}
	for n := range keptIncidents + 1 {
		id := fmt.Sprint("t", n)
		h.add(event.TriggerTripped{Incident: id, Trigger: id}, event.TriggerCleared{Incident: id})
	}
	if got := h.state.HoldingIncidents(); len(got) != 1 || got[0].ID != "i1" {
		t.Errorf("held: %v, want i1", got)
	}
	if got := len(h.state.Incidents); got != keptIncidents {
		t.Errorf("%d incidents are kept, want %d", got, keptIncidents)
	}
}
