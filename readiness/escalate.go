package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/alert"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Unanswered lists what waits for a person, the oldest first.
func (o OnCall) Unanswered() []history.Unanswered {
	var all []history.Unanswered
	for _, i := range o.view.State.Incidents {
		if u, waits := o.waitingAlert(i); waits {
			all = append(all, u)
		}
	}
	for _, run := range o.view.State.Runs {
		if u, waits := o.waitingRun(run); waits {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b history.Unanswered) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.ID, b.ID))
	})
	return all
}

// unanswered completes what waits. Its ID is below its card's subject, so that the
// messages about it are dropped with the card.
func unanswered(kind event.UnansweredKind, subject string, since time.Time, u history.Unanswered) history.Unanswered {
	u.Kind, u.Subject, u.Since = kind, subject, since
	u.ID = fmt.Sprintf("%s/escalated/%d", subject, since.UnixMilli())
	return u
}

// Waits reports whether a card's subject waits for a person, and for what.
func (o OnCall) Waits(subject string) (history.Unanswered, bool) {
	sort, id, _ := strings.Cut(subject, "/")
	if i := o.view.State.Incidents[id]; sort == "incident" && i != nil {
		return o.waitingAlert(i)
	}
	if run := o.view.State.Runs[id]; sort == "run" && run != nil {
		return o.waitingRun(run)
	}
	return history.Unanswered{}, false
}

// Snoozable reports whether an incident is one that somebody is notified of again and
// again until there is a response.
func (o OnCall) Snoozable(i *history.Incident) bool {
	_, waits := o.alertWaits(i)
	return waits && o.view.Checklist.Escalation.After > 0
}

// waitingAlert is what an incident waits with, if it does.
func (o OnCall) waitingAlert(i *history.Incident) (history.Unanswered, bool) {
	since, waits := o.alertWaits(i)
	if !waits || i.Snooze.Lasts(o.view.Now) {
		return history.Unanswered{}, false
	}
	if i.Snooze.Until.After(since) {
		since = i.Snooze.Until // it waits anew
	}
	return unanswered(event.UnansweredAlert, "incident/"+i.ID, since, history.Unanswered{Title: i.Title, Environment: i.Environment, Incident: i.ID}), true
}

// waitingRun is what a run waits with, if it does.
func (o OnCall) waitingRun(run *work.Run) (history.Unanswered, bool) {
	kind, since, waits := o.runWaits(run)
	if !waits {
		return history.Unanswered{}, false
	}
	u := history.Unanswered{Title: run.Title, Run: run.ID}
	if run.Change != nil {
		u.Environment = run.Change.Environment
	}
	return unanswered(kind, "run/"+run.ID, since, u), true
}

// alertWaits reports since when a severe incident has waited for somebody. Alerts about
// which Alertmanager sends no notifications were silenced by a person, or on purpose.
func (o OnCall) alertWaits(i *history.Incident) (since time.Time, waits bool) {
	began := o.view.State.Runs[i.Rollback]
	if !i.Firing() || i.AckBy != "" || i.Dismissed() || began != nil && began.By != "" {
		return time.Time{}, false
	}
	if i.Trigger != "" {
		return i.Heard, i.Problem == alert.OverLimit
	}
	severe, loud := o.severeAlerts(i)
	if !loud {
		return time.Time{}, false
	}
	if i.FalseAlarm != nil {
		return firstTold(i, severe), true
	}
	severities := o.severities()
	for _, w := range i.Worsened {
		if slices.Contains(severities, strings.ToLower(w.Severity)) {
			return w.At, true
		}
	}
	return i.Heard, true
}

// Severe reports whether on-call must hear of an incident at once: its trigger is over
// its limit, or a severe alert fires that nobody has silenced or dismissed.
func (o OnCall) Severe(i *history.Incident) bool {
	if !i.Firing() || i.Dismissed() {
		return false
	}
	if i.Trigger != "" {
		return i.Problem == alert.OverLimit
	}
	_, loud := o.severeAlerts(i)
	return loud
}

// severeAlerts are the fingerprints of an incident's severe alerts, and whether one of
// them is not silenced.
func (o OnCall) severeAlerts(i *history.Incident) (prints []string, loud bool) {
	prints = i.Undismissed(i.Severe(o.severities()))
	return prints, slices.ContainsFunc(prints, func(print string) bool { return !i.Records[print].Mute.Muted() })
}

// severities are those that somebody has to respond to.
func (o OnCall) severities() []string {
	if hold := o.view.Checklist.Severities(); slices.Contains(hold, checklist.DefaultSeverity) {
		return hold
	}
	return append(slices.Clone(o.view.Checklist.Severities()), checklist.DefaultSeverity)
}

// firstTold is when the first of some alerts was reported.
func firstTold(i *history.Incident, prints []string) time.Time {
	first := slices.MinFunc(prints, func(a, b string) int { return i.Records[a].Told.Compare(i.Records[b].Told) })
	return i.Records[first].Told
}

// runWaits reports whether a run waits for somebody, for what, and since when.
func (o OnCall) runWaits(run *work.Run) (kind event.UnansweredKind, since time.Time, waits bool) {
	asked := run.Asked
	switch {
	case run.Taken != nil:
		return "", time.Time{}, false
	case asked != nil && asked.Interrupted:
		return event.UnansweredInterrupted, asked.At, true
	case asked != nil && run.What == work.Rollback && slices.Contains(asked.Choices, work.ChooseKeep):
		return event.UnansweredDecision, asked.At, true
	case run.What == work.Rollback && run.Outcome == work.Unsuccessful && run.Change != nil && run.Change.Settles == "":
		return event.UnansweredFailure, run.Ended, !o.view.State.ActedSince(run.Change.Environment, run.Ended)
	}
	return "", time.Time{}, false
}

// NextStep is the role that something is escalated to next, and when; ok is false if
// there is none left. Each role gets its time, counted from when the one before was
// due: what gonogo missed while it was down is not escalated to all of them at once. An
// empty role is the webhook alone. It is notified at once of what Slack refuses to show,
// since nobody knows of it then.
func (o OnCall) NextStep(u history.Unanswered) (role string, at time.Time, ok bool) {
	rule, steps := o.view.Checklist.Escalation, o.view.State.Escalations[u.ID].Steps
	refusal, unshown := o.view.State.Unshown(o.CardOf(u.Subject))
	from, asked := u.Since, 0
	for _, step := range steps {
		if step.Role != "" {
			from, asked = step.At, asked+1
		}
	}
	switch {
	case rule.After == 0:
		return "", time.Time{}, false
	case unshown && rule.Webhook && len(steps) == 0:
		if at = u.Since; refusal.At.After(at) {
			at = refusal.At
		}
		return "", at, true
	case asked < len(rule.To):
		role = rule.To[asked]
	case len(steps) > 0 || !rule.Webhook:
		return "", time.Time{}, false
	}
	return role, from.Add(rule.After), true
}
