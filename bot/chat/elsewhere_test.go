package chat

import (
	"fmt"
	"testing"
	"time"

	"gonogo/playground/workspace"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// releasesSees are the messages in #releases whose text or blocks say something.
func (n *night) releasesSees(says string) (found []workspace.Message) {
	for _, m := range n.slack.Messages(releases) {
		if mentions(m, says) {
			found = append(found, m)
		}
	}
	return found
}

// A critical alert that Slack refuses in the on-call channel is shown in that of the
// releases at once, with all that it takes to act on it. Once its card is in the on-call
// channel, that message says so.
func TestSevereAlertWhileOnCallsChannelRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ bar, mend func(n *night) error }{
		"removed": {func(n *night) error { return n.slack.Admin().Remove(onCall, "U0GONOGO") },
			func(n *night) error { return n.slack.Admin().Invite(onCall, "U0GONOGO") }},
		"archived": {func(n *night) error { return n.slack.Admin().Archive(onCall) },
			func(n *night) error { return n.slack.Admin().Unarchive(onCall) }},
	} {
		t.Run(name, func(t *testing.T) {
			atNight(t, nil, func(n *night) {
				if err := tt.bar(n); err != nil {
					t.Fatal(err)
				}
				n.fires("Disk", "warning")
				n.fires("DatabaseDown", "critical")
				time.Sleep(5 * time.Second)
				id := n.incident("DatabaseDown")
				found := n.releasesSees("DatabaseDown")
				if len(found) != 1 {
					t.Fatalf("%d messages in releases name the alert, want one", len(found))
				}
				for _, says := range []string{"staging", id, "/rollback ack " + id, onCall, "Acknowledge"} {
					if !mentions(found[0], says) {
						t.Errorf("the message doesn't say %q: %s", says, found[0].Blocks)
					}
				}
				time.Sleep(10 * time.Minute)
				if all := n.slack.Messages(releases); len(all) != 2 {
					t.Errorf("after ten minutes %d messages in releases, want one for each alert", len(all))
				}
				if err := tt.mend(n); err != nil {
					t.Fatal(err)
				}
				time.Sleep(whenBarred + 10*time.Second)
				n.wants("Firing: DatabaseDown")
				again := n.releasesSees("Shown in its channel again: DatabaseDown")
				if len(again) != 1 || again[0].TS != found[0].TS || mentions(again[0], "Acknowledge") {
					t.Errorf("once the channel works, the message is %v", again)
				}
			})
		})
	}
}

// Warnings that Slack refuses in the on-call channel are listed in one message in that of
// the releases, which mentions nobody. Once each is shown or over, it says so.
func TestWarningsWhileOnCallsChannelRefuses(t *testing.T) {
	atNight(t, nil, func(n *night) {
		if err := n.slack.Admin().Archive(onCall); err != nil {
			t.Fatal(err)
		}
		n.fires("Disk", "warning")
		time.Sleep(5 * time.Second)
		n.fires("Memory", "warning")
		time.Sleep(10 * time.Second)
		found := n.releasesSees("2 alerts can't be shown in the on-call channel")
		if len(found) != 1 || len(n.slack.Messages(releases)) != 1 {
			t.Fatalf("releases has %v, want one message about both", n.slack.Messages(releases))
		}
		for _, says := range []string{"Disk", "Memory", n.incident("Disk"), onCall, "the channel is archived"} {
			if !mentions(found[0], says) {
				t.Errorf("the message doesn't say %q: %s", says, found[0].Blocks)
			}
		}
		if mentions(found[0], "<!subteam") || mentions(found[0], "usergroup_id") || mentions(found[0], "user_id") {
			t.Errorf("the message mentions somebody: %s", found[0].Blocks)
		}
		n.deliver("Disk", "Disk", "warning", alert.Resolved)
		time.Sleep(20 * time.Second)
		if left := n.releasesSees("1 alert can't be shown in the on-call channel"); len(left) != 1 || mentions(left[0], "Disk") {
			t.Errorf("once one is over, releases has %v", n.slack.Messages(releases))
		}
		if err := n.slack.Admin().Unarchive(onCall); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whenBarred + 10*time.Second)
		n.wants("Firing: Memory")
		again := n.releasesSees("None of these alerts is left")
		if len(again) != 1 || again[0].TS != found[0].TS {
			t.Errorf("once the channel works, releases has %v", n.slack.Messages(releases))
		}
		if err := n.slack.Admin().Archive(onCall); err != nil {
			t.Fatal(err)
		}
		n.fires("Network", "warning")
		time.Sleep(10 * time.Second)
		if all := n.slack.Messages(releases); len(all) != 2 || !mentions(all[1], "Network") {
			t.Errorf("when the channel refuses once more, releases has %v, want another message", all)
		}
	})
}

// However many warnings there are, the message about them stays short.
func TestManyWarningsWhileOnCallsChannelRefuses(t *testing.T) {
	atNight(t, nil, func(n *night) {
		if err := n.slack.Admin().Archive(onCall); err != nil {
			t.Fatal(err)
		}
		for i := range 15 {
			n.fires(fmt.Sprint("Warning", i), "warning")
			time.Sleep(10 * time.Minute) // so that it isn't a storm
		}
		found := n.releasesSees("15 alerts can't be shown in the on-call channel")
		if len(found) != 1 || len(n.slack.Messages(releases)) != 1 || !mentions(found[0], "and 5 more") {
			t.Errorf("releases has %v", n.slack.Messages(releases))
		}
	})
}

// A role is notified where Slack takes the message, and its card says so only then.
func TestEscalationWhileOnCallsChannelRefuses(t *testing.T) {
	atNight(t, nil, func(n *night) {
		n.fires("DatabaseDown", "critical")
		time.Sleep(5 * time.Second)
		n.wants("Firing: DatabaseDown")
		n.slack.Fail("chat.postMessage", "is_archived", 1)
		id := n.incident("DatabaseDown")
		subject := "incident/" + id
		since := n.ledger.State().Incidents[id].Heard
		n.happens(event.Escalated{ID: fmt.Sprintf("%s/escalated/%d", subject, since.UnixMilli()), About: event.UnansweredAlert, Since: since,
			Subject: subject, Title: "DatabaseDown", Incident: id, Role: "on_call"})
		time.Sleep(2 * time.Second)
		if found := n.releasesSees("Nobody has taken this: DatabaseDown"); len(found) != 1 {
			t.Errorf("releases has %v", n.slack.Messages(releases))
		}
		time.Sleep(2 * time.Second)
		if card := n.wants("Firing: DatabaseDown"); !mentions(card, "and went to *On call*") {
			t.Errorf("the card says %s", card.Blocks)
		}
	})
}

// Somebody takes the alert by the message that stands in for its card.
func TestSevereAlertTakenElsewhere(t *testing.T) {
	atNight(t, nil, func(n *night) {
		if err := n.slack.Admin().Remove(onCall, "U0GONOGO"); err != nil {
			t.Fatal(err)
		}
		n.fires("DatabaseDown", "critical")
		time.Sleep(5 * time.Second)
		n.says("k1", "/rollback ack "+n.incident("DatabaseDown"))
		time.Sleep(5 * time.Second)
		taken := n.releasesSees("Taken: DatabaseDown")
		if len(taken) != 1 || mentions(taken[0], "Acknowledge all") || !mentions(taken[0], owner) {
			t.Errorf("once taken, releases has %v", taken)
		}
	})
}

// The question of a rollback is shown elsewhere, too, if its card can't be changed.
func TestQuestionWhileOnCallsChannelRefuses(t *testing.T) {
	atNight(t, nil, func(n *night) {
		n.happens(rollbackBegins("staging"))
		time.Sleep(5 * time.Second)
		n.wants("Rolling staging back to 1.0")
		if err := n.slack.Admin().Archive(onCall); err != nil {
			t.Fatal(err)
		}
		n.happens(event.RunAsked{Run: "r1", Step: "switch", Why: "it isn't known whether it switched", Interrupted: true, Choices: []string{work.ChooseContinue, work.ChooseAbandon}})
		time.Sleep(5 * time.Second)
		if found := n.releasesSees("On-call is needed"); len(found) != 1 || !mentions(found[0], "/deploy continue staging") {
			t.Fatalf("releases has %v", found)
		}
		if err := n.slack.Admin().Unarchive(onCall); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whenBarred + 10*time.Second)
		if again := n.releasesSees("Shown in its channel again"); len(again) != 1 {
			t.Errorf("once the channel works, releases has %v", n.slack.Messages(releases))
		}
	})
}

// The card of a storm that Slack refuses in the on-call channel is kept in that of the
// releases, with its button. Once its own channel works, that message says so.
func TestStormWhileOnCallsChannelRefuses(t *testing.T) {
	atNight(t, nil, func(n *night) {
		if err := n.slack.Admin().Archive(onCall); err != nil {
			t.Fatal(err)
		}
		n.happens(warnings(0, 30, "Warning")...)
		time.Sleep(5 * time.Second)
		n.happens(warnings(30, 30, "Warning")...)
		time.Sleep(5 * time.Second)
		found := n.releasesSees("Alert storm: 50 alerts firing")
		if len(found) != 1 {
			t.Fatalf("%d messages in releases show the storm as it is, want one", len(found))
		}
		for _, says := range []string{"Acknowledge all 50", onCall, "the channel is archived"} {
			if !mentions(found[0], says) {
				t.Errorf("the message doesn't say %q: %s", says, found[0].Blocks)
			}
		}
		if err := n.slack.Admin().Unarchive(onCall); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whenBarred + 30*time.Second)
		n.wants("Alert storm: 50 alerts firing")
		again := n.releasesSees("Shown in its channel again")
		if len(again) != 1 || again[0].TS != found[0].TS || mentions(again[0], "Acknowledge") {
			t.Errorf("once the channel works, the message is %v", again)
		}
	})
}

// A storm that ends while Slack refuses its card leaves no message behind that says that
// it fires.
func TestStormEndsWhileOnCallsChannelRefuses(t *testing.T) {
	atNight(t, nil, func(n *night) {
		if err := n.slack.Admin().Archive(onCall); err != nil {
			t.Fatal(err)
		}
		for _, status := range []string{alert.Firing, alert.Resolved} {
			for i := range 30 {
				n.deliver(fmt.Sprint(i), fmt.Sprint("Warning", i), "warning", status)
			}
			time.Sleep(20 * time.Second)
		}
		if over := n.releasesSees("Alert storm over: 20 alerts"); len(over) != 1 || mentions(over[0], "Acknowledge") || len(n.releasesSees("firing")) > 0 {
			t.Errorf("once it is over, releases has %v", n.slack.Messages(releases))
		}
	})
}

// incident is the ID of an alert's incident.
func (n *night) incident(title string) string {
	for id, i := range n.ledger.State().Incidents {
		if i.Title == title {
			return id
		}
	}
	n.t.Fatalf("no incident %q", title)
	return ""
}
