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
)

// scanKnown and scanFiring find by looking through all incidents what known and
// firingIn find by the index.
func (s *State) scanKnown(prints []string) map[string]known {
	all := map[string]known{}
	for _, print := range prints {
		all[print] = known{}
		for _, i := range s.Incidents {
			if _, here := i.Alerts[print]; here && knownOf(i, print).replaces(all[print]) {
				all[print] = knownOf(i, print)
			}
		}
	}
	return all
}

func (s *State) scanFiring(prints []string) map[string][]string {
	in := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(s.Incidents)) {
		for _, print := range prints {
			if i := s.Incidents[id]; i.Firing() && i.Alerts[print].Firing() {
				in[print] = append(in[print], id)
			}
		}
	}
	return in
}

func (s *State) scanGroup(group string) string {
	var last *Incident
	for _, i := range s.Incidents {
		if i.Group == group && (last == nil || i.follows(last)) {
			last = i
		}
	}
	if last == nil {
		return ""
	}
	return last.ID
}

// found is all that a State says about some alerts and groups.
type found struct {
	Known  map[string]string
	Firing map[string][]string
	Last   map[string]string
}

func saysOf(all map[string]known) map[string]string {
	text := map[string]string{}
	for print, k := range all {
		if k.incident != nil {
			text[print] = fmt.Sprint(k.incident.ID, k.alert, k.record, k.fires, k.ended, k.endTold)
		}
	}
	return text
}

var indexPrints, indexGroups = []string{"a", "b", "c", "d"}, []string{"g1", "g2", "g3"}

func (s *State) byIndex() found {
	var alerts []alert.Alert
	for _, print := range indexPrints {
		alerts = append(alerts, alert.Alert{Fingerprint: print})
	}
	f := found{saysOf(s.known(alerts)), s.firingIn(alerts), map[string]string{}}
	for _, g := range indexGroups {
		f.Last[g] = ""
		if i := s.LastOfGroup(g); i != nil {
			f.Last[g] = i.ID
		}
	}
	return f
}

func (s *State) byScan() found {
	f := found{saysOf(s.scanKnown(indexPrints)), s.scanFiring(indexPrints), map[string]string{}}
	for _, g := range indexGroups {
		f.Last[g] = s.scanGroup(g)
	}
	return f
}

// arbitraryAlertEvent is any event that changes which incident knows an alert, as this
// gonogo and earlier ones recorded them: those gave deliveries no meaning, and an alert
// could fire in two incidents.
func arbitraryAlertEvent(t *rapid.T, n int, s *State) event.Event {
	ids := append(slices.Sorted(maps.Keys(s.Incidents)), fmt.Sprintf("i%03d", n))
	id, print := rapid.SampledFrom(ids).Draw(t, "incident"), rapid.SampledFrom(indexPrints).Draw(t, "alert")
	a := fires(print, n)
	if rapid.Bool().Draw(t, "ended") {
		a = lasted(print, max(n-2, 0), n)
	}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		return event.IncidentClosed{Incident: id, By: "U0ONCALL"}
	case 1:
		return event.AlertsDecided{Held: id, Fingerprints: []string{print}, Incident: rapid.SampledFrom(ids).Draw(t, "in")}
	case 2:
		return event.AlertsLookedUp{Incident: id, Gone: []string{print}}
	case 3:
		return event.TriggerTripped{Incident: fmt.Sprintf("t%03d", n), Environment: "staging", Trigger: "slow"}
	}
	e := event.AlertsReceived{Incident: id, Environment: "production", Title: "it is bad",
		Delivery: alert.Delivery{GroupKey: rapid.SampledFrom(indexGroups).Draw(t, "group"), ExternalURL: "http://am-1", Alerts: []alert.Alert{a}}}
	if means := rapid.SampledFrom([]alert.Meaning{"", alert.MeansFiring, alert.MeansRestarted, alert.MeansEnded, alert.MeansHeld}).Draw(t, "means"); means != "" {
		e.Means = map[string]alert.Meaning{print: means}
	}
	return e
}

// Whatever is recorded, the index finds what a look through all incidents finds: also
// in a State that was handed out before, and in one that was read from a snapshot.
func TestIndexFindsWhatAScanFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, now := NewState(), monday
		var earlier []*State
		var said []found
		for n := range rapid.IntRange(1, 40).Draw(t, "events") {
			if rapid.Bool().Draw(t, "handed out") {
				earlier, said = append(earlier, s), append(said, s.byScan())
				s = s.Next()
			}
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				s = thaw(t, s)
			}
			now = now.Add(time.Minute)
			s.Apply(now, arbitraryAlertEvent(t, n, s))
			if diff := cmp.Diff(s.byScan(), s.byIndex()); diff != "" {
				t.Fatalf("after event %d (-scan +index):\n%s", n, diff)
			}
		}
		for n, s := range earlier {
			if diff := cmp.Diff(said[n], s.byIndex()); diff != "" {
				t.Fatalf("state %d, which was handed out, changed (-before +now):\n%s", n, diff)
			}
		}
	})
}

// What is forgotten leaves the index, which would grow for as long as gonogo runs.
func TestIndexForgets(t *testing.T) {
	s := began().state
	for n := range keptIncidents + 50 {
		for _, a := range []alert.Alert{fires(fmt.Sprint("alert", n), n), over(fmt.Sprint("alert", n), n)} {
			d := alert.Delivery{GroupKey: fmt.Sprint("g", n), Alerts: []alert.Alert{a}}
			s.Apply(monday, event.AlertsReceived{Incident: fmt.Sprint("i", n), Delivery: d, Means: s.Hear(d, monday).Means})
		}
	}
	if alerts, groups := keys(&s.index.byAlert), keys(&s.index.byGroup); alerts != keptIncidents || groups != keptIncidents {
		t.Errorf("it has %d alerts and %d groups, want %d each", alerts, groups, keptIncidents)
	}
}

func keys(x *index) (n int) {
	for _, shard := range x.shards {
		n += len(shard)
	}
	return n
}

// BenchmarkAlertStorm takes in 10,000 deliveries in as many groups: as they come in,
// and as a start folds them.
func BenchmarkAlertStorm(b *testing.B) {
	const n = 10_000
	deliveries := make([]alert.Delivery, n)
	for i := range deliveries {
		deliveries[i] = alert.Delivery{GroupKey: fmt.Sprint("group ", i), ExternalURL: "http://am-1", Alerts: []alert.Alert{fires(fmt.Sprint("alert ", i), 0)}}
	}
	take := func(s *State, i int) {
		h := s.Hear(deliveries[i], monday)
		s.Apply(monday, event.AlertsReceived{Incident: fmt.Sprint("i", i), Environment: "production", Delivery: deliveries[i], Means: h.Means})
	}
	b.Run("live", func(b *testing.B) {
		for b.Loop() {
			s := NewState()
			for i := range n {
				s = s.Next()
				take(s, i)
			}
		}
	})
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			s := NewState()
			for i := range n {
				take(s, i)
			}
		}
	})
}
