package cards

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gonogo/commands/roster"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// storm is a ledger with alerts that came a second apart, from noon on.
type storm struct {
	state *history.State
	now   time.Time
}

func (c *storm) happens(events ...event.Event) *storm {
	if c.state == nil {
		c.state, c.now = history.NewState(), noon
	}
	c.state = c.state.Next()
	for _, e := range events {
		c.state.Apply(c.now, e)
	}
	return c
}

// warning is the event of a group of one alert.
func warning(n int, severity string) event.AlertsReceived {
	a := alert.Alert{Fingerprint: fmt.Sprint("f", n), Status: alert.Firing, StartsAt: noon.Add(-time.Minute), Labels: map[string]string{"alertname": fmt.Sprint("Disk", n), "severity": severity}}
	return event.AlertsReceived{Incident: fmt.Sprint("i", n), Environment: "staging", Title: fmt.Sprint("Disk", n), Means: map[string]alert.Meaning{a.Fingerprint: alert.MeansFiring},
		Delivery: alert.Delivery{GroupKey: fmt.Sprint("g", n), Status: alert.Firing, Alerts: []alert.Alert{a}}}
}

// warnings is a ledger with n warnings, all but the newest at noon.
func warnings(n int) *storm {
	c := &storm{}
	events := make([]event.Event, n)
	for i := range n {
		events[i] = warning(i, "warning")
	}
	c.happens(events[:n-1]...)
	c.now = noon.Add(time.Minute)
	return c.happens(events[n-1])
}

func (c *storm) view() readiness.View {
	list := &checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}}, Permissions: map[string][]string{"rollback": {"on_call"}},
		Roles: []checklist.Role{{ID: "on_call", Title: "On call", Users: []string{"U0ONCALL"}}, {ID: "technical_lead", Title: "Technical Lead", Usergroup: "S0LEAD"}}}
	return readiness.View{Checklist: list.Index(), State: c.state, Now: c.now}
}

// cards are all cards by subject.
func (c *storm) cards() map[string]Card {
	v := c.view()
	b := Builder{Roster: roster.Roster{Checklist: v.Checklist}, Releases: "C0RELEASES", OnCall: "C0ONCALL", CanDeploy: true, Deploys: []string{"staging"},
		Mention: Mention{Groups: []string{"S0ONCALL"}}, Began: noon.Add(-time.Hour)}
	all := map[string]Card{}
	for _, card := range b.All(v) {
		all[card.Subject] = card
	}
	return all
}

// The card of a storm says what fires where, how bad it is, who looks after it, and
// what to type. The first ten have cards of their own.
func TestStormCard(t *testing.T) {
	c := warnings(35).happens(event.IncidentAcknowledged{Incident: "i34", By: "U0ONCALL"}, event.IncidentClosed{Incident: "i20", By: "U0ONCALL"},
		event.FalseAlarmDeclared{Incident: "i21", By: "U0ONCALL", Reason: "a test"}, event.AnchorPosted{Subject: "incident/i30", Channel: "C0ONCALL", TS: "1.1"})
	all := c.cards()
	if len(all) != 12 {
		t.Errorf("there are %d cards, want ten, the one that was posted earlier and the storm's", len(all))
	}
	storm := all["storm/i10"]
	if storm.Channel != "C0ONCALL" || storm.Final || storm.First {
		t.Errorf("the card is %+v", storm)
	}
	got := strings.Split(shownCard(storm.Reply), "\n")
	want := []string{
		"Alert storm: 23 alerts firing",
		"@S0ONCALL 25 alerts came from 12:00 to 12:01, too many for a card each. Severe alerts have their own cards.",
		"● 21 not acknowledged · 1 acknowledged · 1 declared a false alarm · 1 over · 1 with a card of its own",
		"1 acknowledged by @U0ONCALL, 12:01.",
		"● 23 warning",
		"● Disk33, warning on staging since 11:59, i33",
	}
	if diff := cmp.Diff(want, got[:6]); diff != "" {
		t.Errorf("the card begins (-want +got):\n%s", diff)
	}
	want = []string{
		"● Disk23, warning on staging since 11:59, i23",
		"… and 13 more; type /rollback status --storm=i10 to see them.",
		"Acknowledge all 21 with the button, or type /rollback ack --storm=i10 --seen=25. Alerts that fire or change after this card was shown aren't acknowledged with it.",
		"To acknowledge one alert, type /rollback ack and its ID.",
		"No rollback from this card: it is about many alerts. Type /rollback staging instead. Who may roll back: On call (nobody).",
		"[Acknowledge all 21]",
	}
	if diff := cmp.Diff(want, got[len(got)-6:]); diff != "" {
		t.Errorf("the card ends (-want +got):\n%s", diff)
	}
}

// Several alerts don't share a card of its own.
func TestStormCountsOwnCards(t *testing.T) {
	for own, want := range map[int]string{1: "● 1 with a card of its own", 4: "● 4 with cards of their own"} {
		if got := inPlain(stormStates(readiness.Storm{Own: make([]*history.Incident, own)})); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// An alert of a storm that becomes severe has a card of its own, before all others, and
// leaves the storm's.
func TestSevereAlertLeavesTheStorm(t *testing.T) {
	c := warnings(12)
	worse := warning(11, "critical")
	worse.Delivery.Alerts[0].Fingerprint = "worse"
	worse.Means = map[string]alert.Meaning{"worse": alert.MeansFiring}
	c.happens(worse)
	all := c.cards()
	if own, ok := all["incident/i11"]; !ok || !own.First {
		t.Errorf("its own card is %+v, want one before all others", own)
	}
	if got := shownCard(all["storm/i10"].Reply); !strings.Contains(got, "1 with a card of its own") || strings.Contains(got, "Disk11") {
		t.Errorf("the storm's card is\n%s", got)
	}
	v := c.view()
	for subject, want := range map[string]string{"incident/i11": "incident/i11", "incident/i10": "storm/i10", "incident/i1": "incident/i1", "incident/gone": "incident/gone", "run/r1": "run/r1"} {
		if got := v.OnCall().CardOf(subject); got != want {
			t.Errorf("the card of %s is %s, want %s", subject, got, want)
		}
	}
}

// While any of a storm fires its card is not final, whatever ended; after that it is,
// without buttons, and stays for as long as other cards do.
func TestStormIsFinalOnceNoneFires(t *testing.T) {
	c := warnings(13).happens(event.AnchorPosted{Subject: "storm/i10", Channel: "C0ONCALL", TS: "1.1"}, event.IncidentClosed{Incident: "i10"}, event.IncidentClosed{Incident: "i11"})
	if storm := c.cards()["storm/i10"]; storm.Final || storm.Reply.Title != "Alert storm: 1 alert firing" {
		t.Errorf("while one fires the card is %+v", storm)
	}
	c.happens(event.IncidentClosed{Incident: "i12"})
	if storm := c.cards()["storm/i10"]; !storm.Final || shownCard(storm.Reply) != "Alert storm over: 3 alerts\n"+
		"3 alerts came from 12:00 to 12:01, too many for a card each. Severe alerts have their own cards.\n● 3 over" {
		t.Errorf("once none fires the card is\n%s", shownCard(storm.Reply))
	}
	c.now = c.now.Add(updateGrace)
	if _, shown := c.cards()["storm/i10"]; !shown {
		t.Error("a card that does not say yet that all is over is gone")
	}
	c.happens(event.AnchorPosted{Subject: "storm/i10", Channel: "C0ONCALL", TS: "1.1", Shows: "final"})
	if _, shown := c.cards()["storm/i10"]; shown {
		t.Error("a card that said so long ago is still listed")
	}
}

// One message in the thread of a storm calls on-call for each severity that its alerts
// rise to, however many do.
func TestStormGetsWorse(t *testing.T) {
	c := warnings(40).happens(event.AnchorPosted{Subject: "storm/i10", Channel: "C0ONCALL", TS: "1.1"})
	c.now = c.now.Add(time.Second)
	for n := 10; n < 40; n++ {
		worse := warning(n, "error")
		worse.Delivery.Alerts[0].Fingerprint = fmt.Sprint("worse", n)
		worse.Means = map[string]alert.Meaning{fmt.Sprint("worse", n): alert.MeansFiring}
		c.happens(worse)
	}
	all := c.cards()
	if card := all["storm/i10/worse/error"]; card.Parent != "storm/i10" || !card.Final || !strings.HasPrefix(shownCard(card.Reply), "Now error in the alert storm\n@S0ONCALL Disk") {
		t.Errorf("the message is %+v", card)
	}
	if len(all) != 12 || !strings.Contains(shownCard(all["storm/i10"].Reply), "● 30 error\n") {
		t.Errorf("%d cards, want ten, the storm's and one that calls; the storm's is\n%s", len(all), shownCard(all["storm/i10"].Reply))
	}
}

// BenchmarkStorm lists all cards while a storm fires, which happens after each batch:
// up to 20 times a second.
func BenchmarkStorm(b *testing.B) {
	for _, n := range []int{2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			v := warnings(n).view()
			builder := Builder{Roster: roster.Roster{Checklist: v.Checklist}, Releases: "C0RELEASES", OnCall: "C0ONCALL"}
			b.ReportAllocs()
			for b.Loop() {
				if all := builder.All(v.Cached()); len(all) != 11 {
					b.Fatal(len(all), "cards, want ten and the storm's")
				}
			}
		})
	}
}

// An incident that waits for somebody is never folded into its storm, whatever happens
// to it: the role that it goes to is mentioned in the thread of its own card, and a link
// leads there. One that is folded waits for nobody, and a link leads to the storm.
func TestWhatIsEscalatedHasItsOwnCard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := warnings(11)
		for n := range rapid.IntRange(1, 12).Draw(t, "events") {
			id := fmt.Sprint("i", rapid.IntRange(5, 14).Draw(t, "incident"))
			i := c.state.Incidents[id]
			switch what := rapid.IntRange(0, 5).Draw(t, "what"); {
			case i == nil || what > 3:
				e := warning(100+n, rapid.SampledFrom([]string{"critical", "warning"}).Draw(t, "severity"))
				if e.Incident = id; i != nil {
					e.Delivery.GroupKey = i.Group
				}
				c.happens(e)
			case what == 0:
				c.happens(event.IncidentAcknowledged{Incident: id, By: "U0ONCALL"})
			case what == 1:
				c.happens(event.FalseAlarmDeclared{Incident: id, By: "U0ONCALL", Reason: "a test"})
			case what == 2:
				e := warning(100+n, "critical")
				for print, a := range i.Alerts {
					a.Status, a.EndsAt = alert.Resolved, c.now
					e.Delivery.Alerts, e.Means[print] = append(e.Delivery.Alerts, a), alert.MeansEnded
					break
				}
				e.Incident = id
				c.happens(e)
			default:
				muted := map[string]alert.Mute{}
				for print := range i.Alerts {
					muted[print] = alert.Mute{Intervals: []string{"night"}}
				}
				c.happens(event.AlertsLookedUp{Incident: id, Muted: muted})
			}
			c.now = c.now.Add(time.Second)
			c.calls(t)
		}
	})
}

// calls escalates all that waits, and looks where on-call is called.
func (c *storm) calls(t *rapid.T) {
	then := *c
	waiting := c.view().OnCall().Unanswered()
	for _, u := range waiting {
		then.happens(event.Escalated{ID: u.ID, Subject: u.Subject, About: u.Kind, Title: u.Title, Environment: u.Environment, Incident: u.Incident, Since: u.Since, Role: "technical_lead"})
	}
	all := then.cards()
	for _, u := range waiting {
		call := all[u.ID+"/1"]
		if v := then.view().OnCall(); v.Folded(then.state.Incidents[u.Incident]) || v.CardOf(u.Subject) != u.Subject || call.Parent != u.Subject || !strings.Contains(shownCard(call.Reply), "@S0LEAD") {
			t.Fatalf("%s waits; the call is %+v", u.Subject, call)
		}
		if _, ok := all[u.Subject]; !ok {
			t.Fatalf("%s waits, and has no card", u.Subject)
		}
	}
	for id, i := range then.state.Incidents {
		if v := then.view().OnCall(); v.Folded(i) && v.CardOf("incident/"+id) != "storm/"+i.Storm {
			t.Fatalf("%s is in the card of storm %s, and a link leads to %s", id, i.Storm, v.CardOf("incident/"+id))
		}
	}
}
