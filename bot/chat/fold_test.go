package chat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/bot/chat/render"
	"gonogo/commands"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
	"gonogo/readiness/alert"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/incidents"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"gonogo/suite"
)

// night is real commands on a ledger in memory, before a practice workspace, in a
// bubble.
type night struct {
	t      *testing.T
	slack  *workspace.Workspace
	web    *web
	log    *storagetest.Memory
	ledger *storage.Ledger
	bot    *commands.Bot
	alerts *incidents.Alerts
}

// onCallAlone lets the person who is on call hold the role that alerts take.
type onCallAlone struct{}

func (onCallAlone) Members(checklist.Role) ([]string, error) { return []string{owner}, nil }

// atNight runs a night against a Slack that takes 300 ms for each call.
func atNight(t *testing.T, door func(http.ResponseWriter, *http.Request) (answered bool), work func(n *night)) {
	atNightWith(t, cards.Mention{}, door, work)
}

// atNightWith is atNight with cards of alerts that mention somebody.
func atNightWith(t *testing.T, whom cards.Mention, door func(http.ResponseWriter, *http.Request) (answered bool), work func(n *night)) {
	synctest.Test(t, func(t *testing.T) {
		n := &night{t: t, log: storagetest.NewMemory()}
		n.slack = workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		ctx, stop := context.WithCancel(context.Background())
		log := slog.New(slog.DiscardHandler)
		var err error
		if n.ledger, err = storage.OpenLedger(ctx, n.log, storage.Options{Now: time.Now, Log: log}); err != nil {
			t.Fatal(err)
		}
		list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}},
			Roles: []checklist.Role{{ID: "on_call", Title: "On call"}}, Permissions: map[string][]string{"alerts": {"on_call"}, "rollback": {"on_call"}}}).Index()
		n.bot = commands.New(commands.Options{Ledger: n.ledger, Checklist: list, Members: onCallAlone{}, Mention: whom, Releases: releases, OnCall: onCall,
			Links: func(channel, ts string) string { return channel + "/" + ts }, Now: time.Now, Log: log})
		n.alerts = incidents.NewAlerts(incidents.AlertOptions{Ledger: n.ledger, Checklist: list})
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		running.Go(func() {
			if err := n.ledger.Run(ctx); err != nil {
				t.Errorf("the ledger: %v", err)
			}
		})
		showing, end := context.WithCancel(ctx)
		var shown sync.WaitGroup
		defer time.Sleep(time.Second) // for the calls that are under way
		defer shown.Wait()
		defer end()
		n.web = facing(n.slack, func(w http.ResponseWriter, r *http.Request) bool {
			time.Sleep(300 * time.Millisecond)
			return door != nil && door(w, r)
		})
		shown.Go(func() {
			newThreads(n.web.forHasty(), n.bot, func() string { return "" }, Options{Now: time.Now, Log: log}).run(showing, ctx)
		})
		work(n)
	})
}

// fires delivers one alert of a group of its own.
func (n *night) fires(name, severity string) {
	n.t.Helper()
	n.deliver(name, name, severity, alert.Firing)
}

func (n *night) deliver(group, name, severity, status string) {
	n.t.Helper()
	n.receives(group, n.alert(name, severity, status))
}

func (n *night) alert(name, severity, status string) alert.Alert {
	a := alert.Alert{Fingerprint: name, Status: status, StartsAt: time.Now().Add(-time.Minute), EndsAt: time.Now(),
		Labels: map[string]string{"alertname": name, "severity": severity, "environment": "staging"}}
	if status == alert.Firing {
		a.EndsAt = time.Time{}
	}
	return a
}

// receives takes in a delivery of one group.
func (n *night) receives(group string, alerts ...alert.Alert) {
	n.t.Helper()
	last := alerts[len(alerts)-1]
	if err := n.alerts.Receive(n.t.Context(), alert.Delivery{GroupKey: group, Status: last.Status, CommonLabels: last.Labels, Alerts: alerts}); err != nil {
		n.t.Fatal(err)
	}
}

func (n *night) happens(events ...event.Event) {
	n.t.Helper()
	if _, err := n.ledger.Update(n.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		n.t.Fatal(err)
	}
}

// says is how somebody's command is answered.
func (n *night) says(key, text string) reply.Reply {
	n.t.Helper()
	return n.bot.Handle(n.t.Context(), commands.Request{Key: key, User: owner, Text: text})
}

// presses does what a button carries.
func (n *night) presses(key string, act reply.Act) reply.Reply {
	n.t.Helper()
	value, _ := act.Encode()
	return n.bot.Handle(n.t.Context(), commands.Request{Key: key, User: owner, Pressed: value})
}

// onCallSees are the messages in #on-call whose text or blocks say something.
func (n *night) onCallSees(says string) (found []workspace.Message) {
	for _, m := range n.slack.Messages(onCall) {
		if mentions(m, says) {
			found = append(found, m)
		}
	}
	return found
}

// wants fails where #on-call does not have one message that says something.
func (n *night) wants(says string) workspace.Message {
	n.t.Helper()
	found := n.onCallSees(says)
	if len(found) != 1 {
		n.t.Fatalf("%d messages in on-call say %q, want one; the last of %d says %q %s", len(found), says, len(n.slack.Messages(onCall)),
			last(n.slack.Messages(onCall)).Text, last(n.slack.Messages(onCall)).Blocks)
	}
	return found[0]
}

// posts counts the messages that the ledger knows were about to be posted.
func (n *night) posts() (count int) {
	for _, r := range n.log.Records() {
		if r.Kind == (event.PostIntended{}).Kind() {
			count++
		}
	}
	return count
}

func rollbackBegins(env string) event.RunStarted {
	return event.RunStarted{Run: "r1", What: work.Rollback, Title: env + " back to 1.0", By: owner, Plan: []work.Planned{{Name: "switch", Title: "Switch"}},
		Change: &work.Change{Environment: env, From: build.Build{Version: "2.0"}, To: build.Build{Version: "1.0"}}}
}

// Behind 2,000 warnings a critical alert is shown within five seconds, and a rollback
// at once. All but the first ten warnings are in one card, and cost no post each.
func TestCriticalAlertBehindAStorm(t *testing.T) {
	atNight(t, nil, func(n *night) {
		for i := range 20 {
			n.happens(warnings(i*100, 100, "Warning")...)
			time.Sleep(2 * time.Second)
		}
		n.fires("DatabaseDown", "critical")
		time.Sleep(5 * time.Second)
		n.wants("Firing: DatabaseDown")
		n.happens(rollbackBegins("staging"))
		time.Sleep(2 * time.Second)
		n.wants("Rolling staging back to 1.0")
		time.Sleep(time.Minute)
		storm := n.wants("1990 alerts")
		for _, says := range []string{"000007cf", "/rollback ack --storm="} {
			if !mentions(storm, says) {
				n.t.Errorf("the storm's card does not say %q: %s", says, storm.Blocks)
			}
		}
		if all := len(n.onCallSees("")); all != 14 || n.posts() > 15 {
			n.t.Errorf("%d messages in on-call and %d posts, want 10 warnings, a storm, an alert, a rollback and its steps", all, n.posts())
		}
		if !strings.Contains(string(storm.Blocks), "1980 more") {
			n.t.Errorf("the storm's card does not say how many are left out: %s", storm.Blocks)
		}
	})
}

// Hundreds of critical alerts have a card each, and hold nothing else that on-call waits
// for: a rollback's card comes at once, and so does what its run asks. Of the alerts the
// newest come first, until all have a card.
func TestRollbackAmongCriticalAlerts(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	atNight(t, nil, func(n *night) {
		for i := range 500 {
			n.fires(fmt.Sprintf("Critical%03d", i), "critical")
		}
		time.Sleep(10 * time.Second)
		n.happens(rollbackBegins("staging"))
		time.Sleep(3 * time.Second)
		n.wants("Rolling staging back to 1.0")
		n.happens(event.StepStarted{Run: "r1", Step: "switch"}, event.RunAsked{Run: "r1", Step: "switch", Why: "Which version stays?", Choices: []string{work.ChooseKeep, work.ChooseReturn}})
		time.Sleep(3 * time.Second)
		n.wants("Which version stays?")
		for i := range 3 {
			name := fmt.Sprint("Newest", i)
			n.fires(name, "critical")
			time.Sleep(5 * time.Second)
			n.wants("Firing: " + name)
		}
		time.Sleep(10 * time.Minute)
		if all := len(n.onCallSees("Firing: ")); all != 503 {
			t.Errorf("%d alerts have a card, want 503", all)
		}
	})
}

// An alert that was critical when the card of its storm was shown was not on that card.
// When it falls to a warning before it had a card of its own, the storm's shows it, and
// a press on what was shown before doesn't acknowledge it.
func TestPressBeforeAnAlertWasOnTheStormsCard(t *testing.T) {
	atNight(t, nil, func(n *night) {
		n.happens(warnings(0, 30, "Warning")...)
		time.Sleep(100 * time.Millisecond) // the first warning is being posted, and the channel takes one message a second
		n.fires("DatabaseDown", "critical")
		storm := n.ledger.State().Storms[n.ledger.State().Storm]
		n.receives("DatabaseDown", n.alert("DatabaseDown", "critical", alert.Resolved), n.alert("DatabaseSlow", "warning", alert.Firing))
		i := n.ledger.State().LastOfGroup("DatabaseDown")
		if _, posting := n.ledger.State().Posts["incident/"+i.ID]; posting || i.Storm != storm.ID {
			t.Fatalf("it is in storm %q, and posted: %t", i.Storm, posting)
		}
		shown := reply.Act{Verb: "rollback ack", Storm: storm.ID, Seen: fmt.Sprint(storm.News)}
		if said := n.presses("1", shown); said.Title != "You acknowledged 20 alerts" {
			t.Errorf("the press says %q, want the twenty that the card showed", said.Title)
		}
		if by := n.ledger.State().Incidents[i.ID].AckBy; by != "" {
			t.Errorf("%s acknowledged what the card did not show", by)
		}
	})
}

// warnings are incidents that are not severe, from a number on.
func warnings(from, count int, title string) []event.Event {
	events := make([]event.Event, count)
	for i := range events {
		id := fmt.Sprintf("%08x", from+i)
		events[i] = event.TriggerTripped{Incident: id, Environment: "staging", Trigger: id, Title: title, Problem: alert.NoData}
	}
	return events
}

// storm has so many warnings fire at once, each a trigger's with a title as long as it
// may be, and waits until Slack shows them.
func (n *night) storm(count int, title string) workspace.Message {
	n.t.Helper()
	n.happens(warnings(0, count, title)...)
	time.Sleep(20 * time.Second)
	return n.wants("Alert storm")
}

// The card of a storm stays within Slack's limits, however many alerts it has and
// whatever they are called: Slack takes it as it is, and as text alone.
func TestStormOf10000IsWithinSlacksLimits(t *testing.T) {
	atNight(t, nil, func(n *night) {
		n.happens(warnings(0, 10_000, strings.Repeat("<&>", 50))...)
		all := n.bot.Cards(time.Now())
		storm := slices.IndexFunc(all, func(c cards.Card) bool { return strings.HasPrefix(c.Subject, "storm/") })
		for at, says := range map[render.Fidelity][]string{render.Full: {"9990 alerts firing", "9980 more", "Acknowledge all 9990"}, render.TextOnly: {"9990 alerts firing"}} {
			text, blocks := n.web.render.Message(all[storm].Reply, at)
			_, ts, err := n.web.api.PostMessageContext(t.Context(), releases, options(text, blocks)...)
			if err != nil {
				n.t.Fatalf("in form %d Slack says %v", at, err)
			}
			for _, want := range says {
				if m := last(n.slack.Messages(releases)); m.TS != ts || !mentions(m, want) {
					n.t.Errorf("in form %d it does not say %q: %s %s", at, want, m.Text, m.Blocks)
				}
			}
		}
	})
}

// A press acknowledges what the card showed in one batch, and says what it did not show.
// A repeat does nothing more; without a number of what was seen nothing is done.
func TestStormIsAcknowledged(t *testing.T) {
	atNight(t, nil, func(n *night) {
		n.storm(30, "slow")
		act := reply.Act{Verb: "rollback ack", Storm: "0000000a", Seen: "20"}
		if asked := n.says("k0", "rollback ack --storm=0000000a"); !asked.Refused || asked.Title != "Acknowledge 20 alerts?" {
			n.t.Errorf("without what was seen the answer is %+v", asked)
		}
		for _, seen := range []string{"21", "999999", "99999999999999999999"} {
			if asked := n.says("k-"+seen, "rollback ack --storm=0000000a --seen="+seen); !asked.Refused || asked.Title != "Acknowledge 20 alerts?" ||
				!strings.Contains(fmt.Sprint(asked.Parts), "--seen="+seen) || len(n.acknowledged()) != 0 {
				n.t.Errorf("with the number %s, which no card shows, %d are acknowledged and the answer is %+v", seen, len(n.acknowledged()), asked)
			}
		}
		before := len(n.log.Records())
		n.fires("Late", "warning")
		answer := n.presses("k1", act)
		if answer.Title != "You acknowledged 20 alerts" || !strings.Contains(fmt.Sprint(answer.Parts), "1 alert fired or changed after the card that you saw, so it isn't acknowledged.") {
			n.t.Errorf("the press is answered %+v", answer)
		}
		acknowledged := n.acknowledged()
		if len(acknowledged) != 20 || acknowledged[0].Seq-uint64(before) > 22 || acknowledged[19].Seq-acknowledged[0].Seq != 19 || !acknowledged[0].At.Equal(acknowledged[19].At) {
			n.t.Errorf("%d were acknowledged, want 20 in one batch: %+v", len(acknowledged), acknowledged)
		}
		if again := n.presses("k1", act); again.Title != answer.Title || len(n.acknowledged()) != 20 {
			n.t.Errorf("the repeat is answered %+v", again)
		}
		if again := n.presses("k2", act); again.Title != "What you saw no longer waits" {
			n.t.Errorf("a second press is answered %+v", again)
		}
		time.Sleep(5 * time.Second)
		if storm := n.wants("Alert storm"); !mentions(storm, "1 not acknowledged · 20 acknowledged") || !mentions(storm, "Acknowledge all 1") {
			n.t.Errorf("the card says %s", storm.Blocks)
		}
		if answer := n.says("k3", "rollback ack --storm=0000000a --seen=21"); answer.Title != "You acknowledged 1 alert" {
			n.t.Errorf("what is typed is answered %+v", answer)
		}
		if answer := n.says("k4", "rollback ack --storm=0000000a --seen=21"); answer.Title != "They are already acknowledged" {
			n.t.Errorf("with nothing left the answer is %+v", answer)
		}
		if answer := n.says("k5", "rollback ack --storm=nowhere --seen=21"); !answer.Refused {
			n.t.Errorf("a storm that there is not is answered %+v", answer)
		}
		if denied := n.bot.Handle(t.Context(), commands.Request{Key: "k6", User: guest, Text: "rollback ack --storm=0000000a --seen=21"}); !denied.Refused {
			n.t.Errorf("somebody without the role is answered %+v", denied)
		}
	})
}

// acknowledged are the records of what was acknowledged.
func (n *night) acknowledged() (found []storage.Record) {
	for _, r := range n.log.Records() {
		if r.Kind == (event.IncidentAcknowledged{}).Kind() {
			found = append(found, r)
		}
	}
	return found
}

// Who types only that they acknowledge takes what on-call has to see, not the newest
// warning. What became severe in a storm is not acknowledged with the storm.
func TestSevereAlertIsAcknowledgedByItself(t *testing.T) {
	atNight(t, nil, func(n *night) {
		n.storm(20, "slow")
		n.fires("DatabaseDown", "critical")
		time.Sleep(time.Second)
		n.fires("Late", "warning")
		n.presses("k1", reply.Act{Verb: "rollback ack", Storm: "0000000a", Seen: "12"})
		if got := len(n.acknowledged()); got != 11 {
			n.t.Fatalf("%d were acknowledged with the storm, want all but the critical one", got)
		}
		n.says("k2", "rollback ack")
		for _, i := range n.ledger.State().Incidents {
			if i.Title == "DatabaseDown" && i.AckBy != owner {
				n.t.Errorf("the critical alert is not acknowledged")
			}
		}
	})
}

// An alert that becomes severe leaves the storm for a card of its own, at once. The
// storm's card stays while others fire, and has no buttons once none does.
func TestStormsCardOutlivesItsAlerts(t *testing.T) {
	atNight(t, nil, func(n *night) {
		for i := range 13 {
			n.fires(fmt.Sprint("Disk", i), "warning")
		}
		time.Sleep(20 * time.Second)
		first := n.wants("Alert storm: 3 alerts firing")
		n.deliver("Disk12", "Disk12full", "critical", alert.Firing)
		n.deliver("Disk11", "Disk11", "warning", alert.Resolved)
		time.Sleep(5 * time.Second)
		n.wants("Firing: Disk12")
		if storm := n.wants("Alert storm: 1 alert firing"); storm.TS != first.TS || !mentions(storm, "1 over · 1 with a card of its own") {
			n.t.Errorf("the card is %s: %s", storm.TS, storm.Blocks)
		}
		n.deliver("Disk10", "Disk10", "warning", alert.Resolved)
		time.Sleep(5 * time.Second)
		if storm := n.wants("Alert storm over: 2 alerts"); storm.TS != first.TS || mentions(storm, "Acknowledge") {
			n.t.Errorf("the card is %s: %s", storm.TS, storm.Blocks)
		}
	})
}

// Every alert of a storm can be seen, a page at a time, and links to one lead to the
// storm's card.
func TestStormIsListed(t *testing.T) {
	atNight(t, nil, func(n *night) {
		card := n.storm(110, "slow")
		if got, want := n.bot.LinkOf("incident/0000000b"), onCall+"/"+card.TS; got != want {
			n.t.Errorf("the link to a folded alert is %q, want the storm's card %q", got, want)
		}
		seen := map[string]bool{}
		act, pages := reply.Act{Verb: "rollback status", Storm: "0000000a"}, 0
		for more := true; more; pages++ {
			page := n.presses("", act)
			more = false
			for _, part := range page.Parts {
				if lines, ok := part.(reply.Lines); ok {
					for _, line := range lines {
						for _, span := range line {
							if span.Kind == reply.Code && len(span.Text) == len("0000000a") {
								seen[span.Text] = true
							}
						}
					}
				}
				if buttons, ok := part.(reply.Actions); ok && buttons[len(buttons)-1].Label == "Older" {
					act, more = buttons[len(buttons)-1].Act, true
				}
			}
		}
		if len(seen) != 100 || pages != 4 {
			n.t.Errorf("%d alerts are listed on %d pages, want 100 on 4", len(seen), pages)
		}
	})
}
