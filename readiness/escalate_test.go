package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// asks has a run ask a person.
func (h *scenario) asks(run, step string, interrupted bool, choices ...string) *scenario {
	return h.add(event.RunAsked{Run: run, Step: step, Why: "it is for you to say", Choices: choices, Interrupted: interrupted})
}

// What waits is a critical alert, a question and a failed rollback, until
// somebody takes it.
func TestUnanswered(t *testing.T) {
	rollback := func(h *scenario) *scenario { return h.back("r2", "production", "2", "1", nil) }
	for _, tt := range []struct {
		name string
		so   func(h *scenario)
		want []event.UnansweredKind
	}{
		{"a critical alert", func(h *scenario) { h.fire("i1", "production", "critical", "a") }, []event.UnansweredKind{event.UnansweredAlert}},
		{"a critical alert that names no environment", func(h *scenario) { h.fire("i1", "", "Critical", "a") }, []event.UnansweredKind{event.UnansweredAlert}},
		{"a warning", func(h *scenario) { h.fire("i1", "production", "warning", "a") }, nil},
		{"it ends", func(h *scenario) { h.fire("i1", "production", "critical", "a").quiet("i1", "a") }, nil},
		{"it is acknowledged", func(h *scenario) {
			h.fire("i1", "production", "critical", "a").add(event.IncidentAcknowledged{Incident: "i1", By: "U0CALL"})
		}, nil},
		{"it is a false alarm", func(h *scenario) {
			h.fire("i1", "production", "critical", "a").add(event.FalseAlarmDeclared{Incident: "i1", By: "U0CALL"})
		}, nil},
		{"somebody rolls back because of it", func(h *scenario) {
			h.fire("i1", "production", "critical", "a").back("r2", "production", "2", "1", func(c *work.Change) { c.Incident = "i1" })
		}, nil},
		{"somebody silenced it", func(h *scenario) {
			h.fire("i1", "production", "critical", "a").add(event.AlertsLookedUp{Incident: "i1", Muted: map[string]alert.Mute{"a": {Silences: []alert.Silence{{ID: "s", By: "alice"}}}}})
		}, nil},
		{"a trigger is over its limit", func(h *scenario) {
			h.add(event.TriggerTripped{Incident: "i1", Environment: "production", Trigger: "errors", Problem: alert.OverLimit})
		}, []event.UnansweredKind{event.UnansweredAlert}},
		{"a trigger has no data", func(h *scenario) {
			h.add(event.TriggerTripped{Incident: "i1", Environment: "production", Trigger: "errors", Problem: alert.NoData})
		}, nil},
		{"a rollback is under way", func(h *scenario) { rollback(h) }, nil},
		{"Keep or Return", func(h *scenario) { rollback(h).asks("r2", "decide", false, work.ChooseKeep, work.ChooseReturn) }, []event.UnansweredKind{event.UnansweredDecision}},
		{"it is decided", func(h *scenario) {
			rollback(h).asks("r2", "decide", false, work.ChooseKeep, work.ChooseReturn).add(event.RunAnswered{Run: "r2", Step: "decide", Choice: work.ChooseKeep, By: "U0CALL"})
		}, nil},
		{"somebody looks after it", func(h *scenario) {
			rollback(h).asks("r2", "decide", false, work.ChooseKeep, work.ChooseReturn).add(event.RunTaken{Run: "r2", By: "U0CALL"})
		}, nil},
		{"and it asks something else", func(h *scenario) {
			rollback(h).asks("r2", "decide", false, work.ChooseKeep, work.ChooseReturn).add(event.RunTaken{Run: "r2", By: "U0CALL"}).asks("r2", "commit", true, work.ChooseContinue)
		}, []event.UnansweredKind{event.UnansweredInterrupted}},
		{"a deployment is interrupted", func(h *scenario) {
			h.add(event.RunStarted{Run: "r1", What: work.Deployment, Change: &work.Change{Environment: "staging"}}).asks("r1", "update", true, work.ChooseContinue, work.ChooseAbandon)
		}, []event.UnansweredKind{event.UnansweredInterrupted}},
		{"a runbook is interrupted", func(h *scenario) {
			h.add(event.RunStarted{Run: "r1", What: work.Runbook}).asks("r1", "step-1", true, work.ChooseContinue, work.ChooseAbandon)
		}, []event.UnansweredKind{event.UnansweredInterrupted}},
		{"a rollback failed", func(h *scenario) { rollback(h).add(event.RunEnded{Run: "r2", Outcome: work.Unsuccessful}) }, []event.UnansweredKind{event.UnansweredFailure}},
		{"a deployment failed", func(h *scenario) {
			h.add(event.RunStarted{Run: "r1", What: work.Deployment, Change: &work.Change{Environment: "staging"}}, event.RunEnded{Run: "r1", Outcome: work.Unsuccessful})
		}, nil},
		{"whoever had the question has not the failure", func(h *scenario) {
			rollback(h).asks("r2", "decide", false, work.ChooseKeep).add(event.RunTaken{Run: "r2", By: "U0CALL"}, event.RunAnswered{Run: "r2", Step: "decide", Choice: work.ChooseKeep, By: "U0CALL"},
				event.RunEnded{Run: "r2", Outcome: work.Unsuccessful})
		}, []event.UnansweredKind{event.UnansweredFailure}},
		{"somebody tries again", func(h *scenario) {
			rollback(h).add(event.RunEnded{Run: "r2", Outcome: work.Unsuccessful}).back("r3", "production", "2", "1", nil)
		}, nil},
		{"somebody says what is live", func(h *scenario) {
			rollback(h).add(event.RunEnded{Run: "r2", Outcome: work.Unsuccessful}, event.EnvironmentAdopted{Environment: "production", Version: "1", By: "U0CALL"})
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(chain())
			tt.so(h)
			var got []event.UnansweredKind
			for _, u := range h.view().OnCall().Unanswered() {
				got = append(got, u.Kind)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

// What became critical later waits since then.
func TestAlertWaitsSinceItIsCritical(t *testing.T) {
	h := begin(chain()).fire("i1", "production", "warning", "a").wait(time.Hour)
	h.add(event.AlertsReceived{Incident: "i1", Environment: "production", Title: "it is bad", Means: map[string]alert.Meaning{"b": alert.MeansFiring}, Delivery: alert.Delivery{GroupKey: "gi1", Status: alert.Firing,
		Alerts: []alert.Alert{{Fingerprint: "b", Status: alert.Firing, StartsAt: h.now, Labels: map[string]string{"severity": "critical"}}}}})
	waits := h.view().OnCall().Unanswered()
	if len(waits) != 1 || !waits[0].Since.Equal(h.now) {
		t.Errorf("waits %+v, want since %s", waits, h.now)
	}
}

// A snoozed alert waits for nobody until its time, and then anew; getting worse ends that.
func TestSnooze(t *testing.T) {
	list := chain()
	list.Escalation = checklist.EscalationRule{After: 5 * time.Minute, To: []string{"lead"}}
	snoozed := func() *scenario {
		h := begin(list).fire("i1", "production", "critical", "a").wait(3 * time.Minute)
		return h.add(event.IncidentSnoozed{Incident: "i1", By: "U0CALL", Until: h.now.Add(time.Hour)})
	}
	h := snoozed()
	until := h.view().State.Incidents["i1"].Snooze.Until
	if waits := h.wait(58 * time.Minute).view().OnCall().Unanswered(); len(waits) > 0 {
		t.Errorf("snoozed, it waits: %+v", waits)
	}
	if !h.view().OnCall().Severe(h.view().State.Incidents["i1"]) {
		t.Error("it counts as less severe while it is snoozed")
	}
	waits := h.wait(2 * time.Minute).view().OnCall().Unanswered()
	if len(waits) != 1 || !waits[0].Since.Equal(until) {
		t.Fatalf("after its time waits %+v, want one since %s", waits, until)
	}
	if role, at, ok := h.view().OnCall().NextStep(waits[0]); !ok || role != "lead" || !at.Equal(until.Add(5*time.Minute)) {
		t.Errorf("it goes to %q at %s, want lead 5 minutes after the snooze", role, at)
	}
	for _, before := range [][]string{{"a"}, {"a", "b"}} { // that more fire is noted once, and ends a snooze every time
		h := begin(list).fire("i1", "production", "critical", "a").fire("i1", "production", "critical", before...)
		h.add(event.IncidentSnoozed{Incident: "i1", By: "U0CALL", Until: h.now.Add(time.Hour)}).fire("i1", "production", "critical", append(before, "c")...)
		if waits := h.view().OnCall().Unanswered(); len(waits) != 1 || !h.view().State.Incidents["i1"].Snooze.Worse {
			t.Errorf("another alert beside %v: waits %+v, want it to end the snooze", before, waits)
		}
	}
	h = snoozed().add(event.IncidentAcknowledged{Incident: "i1", By: "U0CALL"}).wait(2 * time.Hour)
	if waits := h.view().OnCall().Unanswered(); len(waits) > 0 || h.view().OnCall().Snoozable(h.view().State.Incidents["i1"]) {
		t.Errorf("acknowledged, it waits: %+v", waits)
	}
}

// Each role has its time, counted from when the one before it was asked; after
// the last there is nobody.
func TestNextStep(t *testing.T) {
	list := chain()
	list.Escalation = checklist.EscalationRule{After: 5 * time.Minute, To: []string{"lead", "owner"}}
	h := begin(list).fire("i1", "production", "critical", "a")
	began := h.now
	next := func() (string, time.Duration, bool) {
		role, at, ok := h.view().OnCall().NextStep(h.view().OnCall().Unanswered()[0])
		return role, at.Sub(began), ok
	}
	escalate := func(role string) {
		u := h.view().OnCall().Unanswered()[0]
		h.add(event.Escalated{ID: u.ID, About: u.Kind, Subject: u.Subject, Since: u.Since, Role: role})
	}
	if role, at, ok := next(); role != "lead" || at != 5*time.Minute || !ok {
		t.Errorf("first %q after %s, %t", role, at, ok)
	}
	h.wait(19 * time.Minute)
	escalate("lead")
	if role, at, ok := next(); role != "owner" || at != 25*time.Minute || !ok {
		t.Errorf("then %q after %s, %t", role, at, ok)
	}
	escalate("owner")
	if role, _, ok := next(); ok {
		t.Errorf("there is %q after the last", role)
	}
	if got := h.state.EscalationsOf("incident/i1"); len(got) != 1 || len(got[0].Steps) != 2 {
		t.Errorf("escalations are %+v", got)
	}
}

// A webhook alone is told once, and no rule escalates nothing.
func TestNextStepWithoutRoles(t *testing.T) {
	list := chain()
	h := begin(list).fire("i1", "production", "critical", "a")
	u := h.view().OnCall().Unanswered()[0]
	if _, _, ok := h.view().OnCall().NextStep(u); ok {
		t.Error("nothing is configured, and it is escalated")
	}
	h.list.Escalation = checklist.EscalationRule{After: time.Minute, Webhook: true}
	if role, _, ok := h.view().OnCall().NextStep(u); !ok || role != "" {
		t.Errorf("the webhook is not told: %q, %t", role, ok)
	}
	h.add(event.Escalated{ID: u.ID, Subject: u.Subject, Since: u.Since})
	if _, _, ok := h.view().OnCall().NextStep(u); ok {
		t.Error("the webhook is told twice")
	}
}
