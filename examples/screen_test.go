package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"gonogo/bot/chat/render"
	"gonogo/commands"
	"gonogo/examples"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/incidents"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// A phone shows this much of a message at once.
const (
	phoneColumns = 40
	phoneLines   = 25
	phoneBlocks  = 15
)

// TestFirstScreen asks for the status of the large example, as somebody who may do little
// and as somebody who may do much, in the states that a release goes through: each time
// the answer fits on the screen of a phone.
func TestFirstScreen(t *testing.T) {
	p := newPhone(t)
	p.shows("nothing measured", "is not measured yet", "gates* not run yet", "without an estimate", "may run gates; Share asks them")

	p.answer(func(it *checklist.Item, n int) answer.Verdict {
		switch {
		case n%2 == 1:
			return ""
		case it.Manual == nil && n%10 == 0:
			return answer.Failed
		case it.Manual == nil && n%14 == 0:
			return answer.Errored
		}
		return answer.Passed
	})
	p.shows("half", "% ready", "gates failed", "could not be measured", "items* not checked yet", "Since you looked")

	p.hold()
	p.shows("held", "Firing", "3 more alerts and 3 more holds", "is frozen")

	g := newPhone(t)
	out := build.Build{Version: "19.0.2", Commit: "0a1b2c3d", Deployment: "d1"}
	g.happened(event.VersionWentLive{Environment: "staging", Verified: true, Build: out})
	for _, env := range g.list.Environments {
		seen := event.PlatformObserved{Environment: env.Name, App: env.App}
		if env.Name == "staging" {
			seen.Build = out
		}
		g.happened(seen)
	}
	g.answer(func(*checklist.Item, int) answer.Verdict { return answer.Passed })
	g.approve("production")
	g.shows("GO", "Production*: ✓ *GO*")
}

// phone is what people see of a gonogo that was set up with the large example.
type phone struct {
	t      *testing.T
	bot    *commands.Bot
	ledger *storage.Ledger
	list   *checklist.Checklist
	alerts *incidents.Alerts
	now    time.Time
	asked  int
}

func newPhone(t *testing.T) *phone {
	p := &phone{t: t, list: parse(t, "insightpulse.yml", examples.InsightPulse).Checklist, now: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)}
	clock, log := func() time.Time { return p.now }, slog.New(slog.NewTextHandler(io.Discard, nil))
	var err error
	if p.ledger, err = storage.OpenLedger(t.Context(), storagetest.NewMemory(), storage.Options{Now: clock, Log: log}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.ledger.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	p.bot = commands.New(commands.Options{Ledger: p.ledger, Checklist: p.list, Members: listed{}, Releases: "C0RELEASES", OnCall: "C0ONCALL", Now: clock, Log: log})
	p.alerts = incidents.NewAlerts(incidents.AlertOptions{Ledger: p.ledger, Checklist: p.list})
	p.happened(event.ReleaseOpened{Version: "19.0.2", Commit: "0a1b2c3d", By: "U0DEV"})
	return p
}

// listed knows the members whom the configuration lists.
type listed struct{}

func (listed) Members(role checklist.Role) ([]string, error) { return role.Users, nil }

func (p *phone) happened(events ...event.Event) {
	p.t.Helper()
	if _, err := p.ledger.Update(p.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		p.t.Fatal(err)
	}
	p.now = p.now.Add(time.Minute)
}

func (p *phone) view() readiness.View {
	return readiness.View{Checklist: p.list, State: p.ledger.State(), Now: p.now}
}

// answer answers the items of the checklist; "" leaves one open.
func (p *phone) answer(verdict func(it *checklist.Item, n int) answer.Verdict) {
	v, n := p.view(), 0
	var events []event.Event
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			for _, key := range it.Keys() {
				given := verdict(it, n)
				if n++; given == "" || it.Off || it.Gate != nil && it.Gate.Condition != nil {
					continue
				}
				ev := answer.Evidence{Verdict: given, Summary: "as measured, with 12 of 134 lines over the limit of 3 s", By: "U0TL"}
				if it.Gate != nil {
					ev.Settings, ev.By = it.Gate.SettingsFor(key.Environment), ""
				}
				events = append(events, event.EvidenceRecorded{Release: "19.0.2", Item: key.Item, Environment: key.Environment, Evidence: v.Stamp(it, key, ev)})
			}
		}
	}
	p.happened(events...)
}

// hold fires alerts and freezes both environments.
func (p *phone) hold() {
	for i := range 4 {
		labels := map[string]string{"alertname": fmt.Sprintf("HighErrorRateOfTheShoppingBasket%d", i), "severity": "critical", "environment": "production"}
		a := alert.Alert{Fingerprint: fmt.Sprint("f", i), Status: alert.Firing, StartsAt: p.now, Labels: labels, Annotations: map[string]string{"summary": "7 % of all requests to the shopping basket have failed for five minutes"}}
		if err := p.alerts.Receive(p.t.Context(), alert.Delivery{GroupKey: fmt.Sprint("g", i), Status: alert.Firing, GroupLabels: labels, CommonLabels: labels, Alerts: []alert.Alert{a}}); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, env := range []string{"staging", "production"} {
		p.happened(event.EnvironmentFrozen{Environment: env, Claim: env, By: "U0DEV", Reason: "the books of the month are closed, and nothing may change until they are", Until: p.now.Add(48 * time.Hour)},
			event.EnvironmentLocked{Environment: env, Claim: "lock " + env, By: "U0DEV", Reason: "somebody is looking at the database"})
	}
}

func (p *phone) approve(env string) {
	v := p.view()
	basis := v.Basis(env)
	for _, role := range v.Approval(env).Roles {
		p.happened(event.SignOffGiven{Release: "19.0.2", Environment: env, Role: role.Role.ID, By: "U0" + strings.ToUpper(role.Role.ID), Approved: true, Basis: basis})
	}
}

// shows checks that the status fits, and says what it should.
func (p *phone) shows(state string, want ...string) {
	p.t.Helper()
	for _, user := range []string{"U0DEV", "U0TL", "U0SO"} {
		blocks, text := p.status(user)
		lines := wrapped(text)
		if len(lines) > phoneLines || blocks > phoneBlocks {
			p.t.Errorf("%s, as %s: %d lines and %d blocks, want at most %d and %d:\n%s", state, user, len(lines), blocks, phoneLines, phoneBlocks, strings.Join(lines, "\n"))
		}
		if testing.Verbose() {
			p.t.Logf("%s, as %s: %d lines, %d blocks\n%s", state, user, len(lines), blocks, strings.Join(lines, "\n"))
		}
		if user != "U0SO" {
			continue
		}
		for _, part := range want {
			if !strings.Contains(text, part) {
				p.t.Errorf("%s, as %s: no %q in\n%s", state, user, part, text)
			}
		}
	}
}

// status is the answer to /ready: how many blocks it has, and their text.
func (p *phone) status(user string) (blocks int, text string) {
	p.t.Helper()
	p.asked++
	r := p.bot.Handle(p.t.Context(), commands.Request{Key: fmt.Sprint("ask ", p.asked), Text: "ready", User: user, Channel: "C0RELEASES"})
	p.now = p.now.Add(2 * time.Minute)
	_, made := render.Renderer{Location: time.UTC}.Message(r, render.Full)
	encoded, err := json.Marshal(made)
	if err != nil {
		p.t.Fatal(err)
	}
	var decoded []struct {
		Type     string
		Text     struct{ Text string }
		Fields   []struct{ Text string }
		Elements []json.RawMessage
	}
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		p.t.Fatal(err)
	}
	var out strings.Builder
	for _, b := range decoded {
		fmt.Fprintln(&out, b.Text.Text)
		for _, f := range b.Fields {
			fmt.Fprintln(&out, f.Text)
		}
		if b.Type != "context" {
			continue
		}
		for _, e := range b.Elements {
			var small struct{ Text string }
			_ = json.Unmarshal(e, &small) // what isn't text has none
			fmt.Fprintln(&out, small.Text)
		}
	}
	return len(decoded), out.String()
}

var (
	slackDate = regexp.MustCompile(`<!date\^[^>]*>`)
	slackUser = regexp.MustCompile(`<@[^>]*>`)
	slackRef  = regexp.MustCompile(`<[^>|]*\|([^>]*)>`)
)

// wrapped are the lines that Slack's markup takes on a phone.
func wrapped(text string) []string {
	text = slackDate.ReplaceAllString(text, "Nov 28th at 9:00 AM")
	text = slackUser.ReplaceAllString(text, "@Tomas Lindqvist")
	text = slackRef.ReplaceAllString(text, "$1")
	text = strings.NewReplacer("*", "", "`", "").Replace(text)
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && len([]rune(line))+1+len([]rune(word)) > phoneColumns {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
