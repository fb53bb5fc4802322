package incidents_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/webhook"
	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/incidents"
	"gonogo/runs/runstest"
	"gonogo/storage/storagetest"
)

// pager is the outside webhook as package incidents sees it.
type pager struct {
	mu      sync.Mutex
	answers []error // to come; then nil
	hangs   bool    // answers nothing until it is given up
	sent    []string
	keys    map[string]bool
}

func (p *pager) Send(ctx context.Context, key string, message any) error {
	data, err := json.Marshal(message)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil {
		p.keys = map[string]bool{}
	}
	p.keys[key] = true
	p.sent = append(p.sent, string(data))
	if p.hangs {
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		return &webhook.Unavailable{}
	}
	if len(p.answers) == 0 {
		return nil
	}
	answer := p.answers[0]
	p.answers = p.answers[1:]
	return answer
}

// pages are the messages that were sent, and how many keys they had.
func (p *pager) pages() (sent []string, keys int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent), len(p.keys)
}

// escalating has two roles, each after five minutes.
func escalating() *checklist.Checklist {
	list := *places
	list.Project = "Practice"
	list.Escalation = checklist.EscalationRule{After: 5 * time.Minute, To: []string{"lead", "owner"}}
	return list.Index()
}

// night runs a test in time that passes at once, with escalation beside it.
func night(t *testing.T, to *pager, test func(t *testing.T, p *post)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, storagetest.NewMemory())
		p.escalate(to)
		test(t, p)
		p.stop()
	})
}

// escalate starts escalation; stop ends it too.
func (p *post) escalate(to *pager) {
	opts := incidents.EscalationOptions{Ledger: p.ledger, Checklist: escalating(), Secrets: []string{"s3cret"}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Link: func(subject string) string { return "https://slack.example/" + subject }}
	if to != nil {
		opts.Pager, opts.Checklist.Escalation.Webhook = to, true
	}
	stopEscalation, stopLedger := runstest.Background(p.t, incidents.NewEscalation(opts).Run), p.stop
	p.stop = func() {
		stopEscalation()
		stopLedger()
	}
}

// restarted is the same ledger with another process on it.
func (p *post) restarted(to *pager) *post {
	p.stop()
	again := newPost(p.t, p.log)
	again.escalate(to)
	return again
}

// critical lets a critical alert fire.
func (p *post) critical() {
	p.receive(alert.Alert{Fingerprint: "a", Status: alert.Firing, StartsAt: time.Now(), Labels: map[string]string{"alertname": "It burns s3cret", "severity": "critical", "environment": "production"}})
}

func (p *post) record(events ...event.Event) {
	p.t.Helper()
	if _, err := p.ledger.Update(p.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		p.t.Fatal(err)
	}
}

func (p *post) incident() *history.Incident {
	for _, i := range p.ledger.State().Incidents {
		return i
	}
	return nil
}

// escalated are the roles that something went to.
func (p *post) escalated() []string {
	roles := []string{}
	for _, e := range p.ledger.State().Escalations {
		for _, step := range e.Steps {
			roles = append(roles, step.Role)
		}
	}
	return roles
}

func (p *post) expect(when string, want ...string) {
	p.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), p.escalated()); diff != "" {
		p.t.Errorf("%s it went to (-want +got):\n%s", when, diff)
	}
}

// lastPage is what the webhook was told of the only escalation.
func (p *post) lastPage() history.Page {
	for _, e := range p.ledger.State().Escalations {
		return e.Page
	}
	return history.Page{}
}

// What nobody takes goes to one role after the other, and to none after the last.
func TestEscalation(t *testing.T) {
	night(t, nil, func(_ *testing.T, p *post) {
		p.critical()
		pass(5*time.Minute - time.Second)
		p.expect("before its time")
		pass(time.Second)
		p.expect("after five minutes", "lead")
		pass(5*time.Minute - time.Second)
		p.expect("just before the second", "lead")
		pass(time.Second)
		p.expect("after ten minutes", "lead", "owner")
		pass(time.Hour)
		p.expect("after the last", "lead", "owner")
	})
}

// Whoever takes it ends that, at any moment.
func TestEscalationEndsWhenSomebodyTakesIt(t *testing.T) {
	night(t, nil, func(_ *testing.T, p *post) {
		p.critical()
		pass(6 * time.Minute)
		p.record(event.IncidentAcknowledged{Incident: p.incident().ID, By: "U0LEAD"})
		pass(time.Hour)
		p.expect("once taken", "lead")
	})
}

// A question that is asked again is another one, with its own countdown.
func TestEscalationOfARun(t *testing.T) {
	night(t, nil, func(_ *testing.T, p *post) {
		p.record(event.RunStarted{Run: "r1", What: work.Deployment, Title: "2 to production", Change: &work.Change{Environment: "production"}, Plan: []work.Planned{{Name: "update"}, {Name: "commit"}}})
		pass(time.Hour)
		p.expect("while it runs")
		p.record(event.RunAsked{Run: "r1", Step: "update", Interrupted: true, Choices: []string{work.ChooseContinue}})
		pass(5 * time.Minute)
		p.expect("while it asks", "lead")
		p.record(event.RunAnswered{Run: "r1", Step: "update", Choice: work.ChooseContinue, By: "U0LEAD"},
			event.RunAsked{Run: "r1", Step: "commit", Interrupted: true, Choices: []string{work.ChooseContinue}})
		pass(5*time.Minute - time.Second)
		p.expect("the second question, before its time", "lead")
		pass(time.Second)
		p.expect("the second question", "lead", "lead")
	})
}

// A restart goes on with the countdown, repeats nothing, and gives each role
// its time for what it slept through.
func TestEscalationAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, storagetest.NewMemory())
		p.escalate(nil)
		p.critical()
		pass(4 * time.Minute)
		p = p.restarted(nil)
		pass(time.Minute)
		p.expect("five minutes after it fired", "lead")
		p = p.restarted(nil)
		pass(time.Second)
		p.expect("after another restart", "lead")
		p.stop()
		pass(time.Hour)
		p = newPost(t, p.log)
		p.escalate(nil)
		pass(time.Second)
		p.expect("after an hour asleep", "lead", "owner")
		p.stop()
	})
}

// Two processes on one ledger do each step once.
func TestEscalationHappensOnce(t *testing.T) {
	night(t, nil, func(_ *testing.T, p *post) {
		p.escalate(nil)
		p.escalate(nil)
		p.critical()
		pass(20 * time.Minute)
		p.expect("with three that look", "lead", "owner")
	})
}

// The webhook is notified at once of an alert whose card Slack refuses, since nobody
// knows of it. The roles have their time as usual.
func TestWebhookIsToldAtOnceOfWhatSlackRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		subject string // below the incident's
		want    int
	}{"its card": {"", 1}, "a message in its thread": {"/worse/critical", 1}, "what stands in for its card": {"/elsewhere", 0}, "the message to a role": {"/escalated/1/1", 0}} {
		t.Run(name, func(t *testing.T) {
			to := &pager{}
			night(t, to, func(t *testing.T, p *post) {
				p.critical()
				pass(time.Second)
				p.record(event.PostRefused{Subject: "incident/" + p.incident().ID + tt.subject, Channel: "C0ONCALL", Why: "it is archived"})
				pass(time.Second)
				if sent, _ := to.pages(); len(sent) != tt.want {
					t.Fatalf("it was told %d times, want %d", len(sent), tt.want)
				}
				pass(5*time.Minute - 3*time.Second)
				p.expect("just before the first role", make([]string, tt.want)...)
				pass(time.Second)
				p.expect("after five minutes", append(make([]string, tt.want), "lead")...)
				pass(time.Hour)
				p.expect("after all", append(make([]string, tt.want), "lead", "owner")...)
				if sent, keys := to.pages(); len(sent) != 1 || keys != 1 {
					t.Errorf("it was told %d times with %d keys, want once", len(sent), keys)
				}
			})
		})
	}
}

// The webhook is told once, with the shape that docs/alerts.md promises.
func TestWebhookIsTold(t *testing.T) {
	to := &pager{}
	night(t, to, func(t *testing.T, p *post) {
		p.critical()
		pass(time.Hour)
		sent, _ := to.pages()
		if len(sent) != 1 {
			t.Fatalf("it was told %d times: %q", len(sent), sent)
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(sent[0]), &got); err != nil {
			t.Fatal(err)
		}
		id := p.incident().ID
		want := map[string]string{"project": "Practice", "kind": "alert", "title": "It burns [redacted]", "environment": "production", "incident": id,
			"link": "https://slack.example/incident/" + id, "since": p.incident().Heard.Format(time.RFC3339Nano), "idempotency_key": got["idempotency_key"]}
		if diff := cmp.Diff(want, got); diff != "" || got["idempotency_key"] == "" {
			t.Errorf("it was told (-want +got):\n%s", diff)
		}
		if page := p.lastPage(); page.Outcome != alert.PageDelivered || page.Asked.IsZero() || page.At.Before(page.Asked) {
			t.Errorf("the ledger has %+v", page)
		}
	})
}

// What may pass is tried again under the same key, ever more slowly; what lasts
// is not; and each reason is recorded once.
func TestWebhookIsTriedAgain(t *testing.T) {
	down := &webhook.Unavailable{Status: 503}
	to := &pager{answers: []error{down, down, down, &webhook.Refused{Status: 410}}}
	night(t, to, func(t *testing.T, p *post) {
		p.critical()
		pass(5*time.Minute + time.Second)
		if page := p.lastPage(); page.Outcome != alert.PageDelayed || page.Status != 503 || page.Why != down.Error() {
			t.Errorf("after the first try: %+v", page)
		}
		pass(time.Hour)
		sent, keys := to.pages()
		if len(sent) != 4 || keys != 1 || slices.ContainsFunc(sent, func(s string) bool { return s != sent[0] }) {
			t.Errorf("%d messages with %d keys: %q", len(sent), keys, sent)
		}
		if page := p.lastPage(); page.Outcome != alert.PageRefused || page.Status != 410 {
			t.Errorf("in the end: %+v", page)
		}
		if n := p.count("escalation.page_answered"); n != 2 {
			t.Errorf("%d answers are recorded, want 2: delayed and refused", n)
		}
	})
}

// What is told of two escalations has two keys, so that the other side takes the
// second for no repeat of the first; and each is tried again in its own time.
func TestWebhookIsToldOfEach(t *testing.T) {
	down := &webhook.Unavailable{Status: 503}
	to := &pager{answers: []error{down, down, down}}
	night(t, to, func(t *testing.T, p *post) {
		p.critical()
		pass(4 * time.Second)
		p.record(event.RunStarted{Run: "r1", What: work.Deployment, Title: "2 to production", Change: &work.Change{Environment: "production"}, Plan: []work.Planned{{Name: "update"}}},
			event.RunAsked{Run: "r1", Step: "update", Interrupted: true, Choices: []string{work.ChooseContinue}})
		pass(5*time.Minute + 12*time.Second) // told at 5:00 and 5:04, again at 5:05 and 5:09, and at 5:15
		if sent, keys := to.pages(); len(sent) != 5 || keys != 2 {
			t.Errorf("%d messages with %d keys, want 5 with 2: %q", len(sent), keys, sent)
		}
	})
}

// count is how many events of a kind the ledger has.
func (p *post) count(kind string) int {
	n := 0
	for _, r := range p.log.Records() {
		if r.Kind == kind {
			n++
		}
	}
	return n
}

// A process that dies between the intent and the answer leaves a page that the
// next one sends, under the same key; and nobody is told of what was taken.
func TestWebhookAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, storagetest.NewMemory())
		to := &pager{hangs: true}
		p.escalate(to)
		p.critical()
		pass(5*time.Minute + time.Second)
		to.mu.Lock()
		to.hangs = false
		to.mu.Unlock()
		p = p.restarted(to)
		pass(time.Second)
		if sent, keys := to.pages(); len(sent) != 2 || keys != 1 || p.lastPage().Outcome != alert.PageDelivered {
			t.Errorf("%d messages with %d keys, and the ledger has %+v", len(sent), keys, p.lastPage())
		}
		p = p.restarted(to)
		pass(time.Hour)
		if sent, _ := to.pages(); len(sent) != 2 {
			t.Errorf("what was delivered was sent again: %d messages", len(sent))
		}
		p.stop()
	})
}

// A webhook that never answers holds up no role, and is given up each time.
func TestHangingWebhook(t *testing.T) {
	to := &pager{hangs: true}
	night(t, to, func(t *testing.T, p *post) {
		p.critical()
		pass(10 * time.Minute)
		p.expect("beside a webhook that hangs", "lead", "owner")
		if sent, keys := to.pages(); len(sent) < 2 || keys != 1 {
			t.Errorf("%d messages with %d keys", len(sent), keys)
		}
		p.record(event.IncidentAcknowledged{Incident: p.incident().ID, By: "U0LEAD"})
		pass(time.Minute)
		before, _ := to.pages()
		pass(time.Hour)
		if after, _ := to.pages(); len(after) != len(before) {
			t.Errorf("it is told %d times more of what somebody took", len(after)-len(before))
		}
	})
}

// What somebody takes while the webhook is slow to answer about something else isn't
// sent after all.
func TestWebhookIsNotToldOfWhatWasTakenMeanwhile(t *testing.T) {
	down := &webhook.Unavailable{Status: 503}
	to := &pager{answers: []error{down, down}}
	night(t, to, func(t *testing.T, p *post) {
		for _, run := range []string{"r1", "r2"} {
			p.record(event.RunStarted{Run: run, What: work.Deployment, Title: run, Change: &work.Change{Environment: run}, Plan: []work.Planned{{Name: "update"}}},
				event.RunAsked{Run: run, Step: "update", Interrupted: true, Choices: []string{work.ChooseContinue}})
		}
		pass(5*time.Minute + time.Second)
		to.mu.Lock()
		to.hangs = true
		to.mu.Unlock()
		pass(5 * time.Second)
		sent, _ := to.pages()
		if len(sent) != 3 {
			t.Fatalf("%d messages, want one of each and one that hangs: %q", len(sent), sent)
		}
		taken := "r1"
		if len(p.sentOf(to, "r1")) == 2 {
			taken = "r2"
		}
		p.record(event.RunAnswered{Run: taken, Step: "update", Choice: work.ChooseContinue, By: "U0LEAD"})
		pass(time.Hour)
		if n := len(p.sentOf(to, taken)); n != 1 {
			t.Errorf("it was told %d times of what was taken, want once, before it was taken", n)
		}
	})
}

// sentOf are the messages about a run.
func (p *post) sentOf(to *pager, run string) (of []string) {
	sent, _ := to.pages()
	for _, s := range sent {
		if strings.Contains(s, `"run":"`+run+`"`) {
			of = append(of, s)
		}
	}
	return of
}

// A secret in a title is removed before the title is cut: half of one would not be
// known for what it is.
func TestPageCutsNoSecret(t *testing.T) {
	to := &pager{}
	night(t, to, func(t *testing.T, p *post) {
		title := strings.Repeat("x", 146) + "s3cret"
		p.record(event.RunStarted{Run: "r1", What: work.Deployment, Title: title, Change: &work.Change{Environment: "production"}, Plan: []work.Planned{{Name: "update"}}},
			event.RunAsked{Run: "r1", Step: "update", Interrupted: true, Choices: []string{work.ChooseContinue}})
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if sent, _ := to.pages(); len(sent) != 1 || strings.Contains(sent[0], "s3c") {
			t.Errorf("the webhook was told %q", sent)
		}
	})
}
