package looking

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/commands/pages"
	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

const (
	historyPage   = 15   // events that one reply shows
	historyWindow = 2000 // records read at a time
	historyReach  = 10   // windows that one reply reads
)

// History is /ready history.
func History() verb.Verb {
	return verb.Verb{Words: []string{"ready", "history"}, Usage: "[ITEM] [before NUMBER]", Look: true,
		About: "what happened and who did it, newest first", Do: showHistory}
}

// showHistory shows what happened, one page at a time.
func showHistory(ctx context.Context, c verb.Call) reply.Reply {
	item, before := "", uint64(0)
	if c.Act.Before != "" {
		n, err := strconv.ParseUint(c.Act.Before, 10, 64)
		if err != nil || n == 0 {
			return reply.Refuse("Before which record?", reply.Say("Write its number, as in ", reply.Typed("/ready history before 120"), "; the button Older does."))
		}
		before = n
	}
	item, _, _ = strings.Cut(c.Item(), "@")
	_, asked := c.View.Checklist.Item(item)
	if c.Past == nil {
		return reply.Refuse("The history cannot be read here", reply.Say("Ask a running gonogo."))
	}
	rows, next, err := pastRows(ctx, c, item, before)
	if err != nil {
		c.Log.Error("history could not be read", "error", err)
		return reply.Refuse("The ledger could not be read", reply.Say("Its log has the cause; ", reply.Typed("gonogo ledger verify"), " checks it."))
	}
	r := historyReply(item, rows, next)
	if item == "" && before == 0 {
		r.Parts = append(pages.Delivery(c.View), r.Parts...)
	}
	if asked || item == "" {
		return r
	}
	if len(rows) == 0 && before == 0 {
		return c.UnknownItem(item)
	}
	return removedItem(r, item)
}

// removedItem says, above an item's history, that it is no longer in the checklist.
func removedItem(r reply.Reply, item string) reply.Reply {
	r.Parts = append([]reply.Part{reply.Lines{reply.Say("The checklist no longer has ", reply.Typed(item), ": nobody is asked for it any more.")}}, r.Parts...)
	return r
}

func historyReply(item string, rows [][]reply.Text, next uint64) reply.Reply {
	title, items := "History", []string(nil)
	if item != "" {
		title, items = "History of "+item, []string{item}
	}
	actions := reply.Actions{}
	if next > 1 {
		actions = append(actions, reply.Button{Label: "Older", Act: reply.Act{Verb: "ready history", Items: items, Before: strconv.FormatUint(next, 10)}})
	}
	parts := []reply.Part{reply.Table{Header: []string{"When", "What", "Who"}, Rows: rows}}
	if len(rows) == 0 {
		parts = []reply.Part{reply.Lines{reply.Say("Nothing has happened yet.")}}
	}
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(append(parts, actions, reply.Actions{{Label: "Status", Act: reply.Do("ready status")}}))}
}

// pastRows reads backwards until a page is full. next is the record before which the
// next page begins; 0 or 1: there is none.
func pastRows(ctx context.Context, c verb.Call, item string, before uint64) (rows [][]reply.Text, next uint64, err error) {
	next = before
	for range historyReach {
		records, err := c.Past(ctx, next, historyWindow)
		if err != nil || len(records) == 0 {
			return rows, 0, err
		}
		for _, record := range slices.Backward(records) {
			next = record.Seq
			event, err := event.Decode(record.Kind, record.Data)
			if err != nil {
				return rows, 0, err
			}
			if what, who, ok := tell(c, event, item); ok {
				rows = append(rows, []reply.Text{reply.Say(reply.Time(record.At)), what, who})
			}
			if len(rows) == historyPage {
				return rows, next, nil
			}
		}
		if next <= 1 {
			return rows, 0, nil
		}
	}
	return rows, next, nil
}

// tell describes an event in one line, and who caused it. ok is false for an event that
// is of no interest to people, or isn't about the requested item.
func tell(c verb.Call, happened event.Event, item string) (what, who reply.Text, ok bool) {
	if item != "" {
		return tellOfItem(happened, item)
	}
	switch e := happened.(type) {
	case event.ReleaseOpened:
		as := ""
		if e.ReleaseKind != "" {
			as = " as " + e.ReleaseKind
		}
		return reply.Say("Release ", reply.Bold(e.Version), " opened", as, ", commit ", reply.Typed(wording.ShortCommit(e.Commit))), whoever(e.By), true
	case event.ReleaseClosed:
		return reply.Say("Release ", reply.Bold(e.Release), " closed"), whoever(e.By), true
	case event.QuestionsKept:
		return reply.Say("Answers kept for reworded items: ", reply.Shorten(strings.Join(slices.Sorted(maps.Keys(e.Items)), ", "), 200)), whoever(e.By), true
	case event.SignOffAsked:
		return reply.Say("Sign-off for ", e.Environment, " asked"), whoever(e.By), true
	case event.SignOffGiven:
		word := "approved"
		if !e.Approved {
			word = "rejected: " + reply.Shorten(e.Comment, 200)
		}
		deputy := ""
		if e.Deputy {
			deputy = e.Role
		}
		return reply.Say(e.Environment, " ", word, " as ", e.Role), whoeverFor(c, e.By, deputy), true
	case event.SignOffRevoked:
		return reply.Say("Sign-off for ", e.Environment, " as ", e.Role, " revoked"), whoever(e.By), true
	case event.EnvironmentAdopted:
		return reply.Say(e.Version, " declared live on ", e.Environment), whoever(e.By), true
	case event.ItemFlipped:
		return reply.Say(answer.Key{Item: e.Item, Environment: e.Environment}.String(), ": ", verdictWord(e.Verdict), ", ", reply.Shorten(e.Summary, 200)), reply.Say("schedule"), true
	case event.EvidenceRecorded:
		return tellOfPerson(e)
	case event.ItemUnchecked, event.WaiverGiven, event.WaiverRevoked:
		return tellOfItem(happened, "")
	case event.ClockSetBack:
		return reply.Say("The clock was ahead by ", readiness.Span(e.Ahead.Round(time.Minute)), " and was set back"), reply.Say("gonogo"), true
	case event.IssueWritten:
		return reply.Say("Issue ", reply.LinkTo(e.URL, fmt.Sprintf("#%d", e.Number)), " of ", answer.Key{Item: e.Item, Environment: e.Environment}.String(), " ", whatOfIssue(e)), reply.Say("gonogo"), true
	}
	return tellOfWork(c, happened)
}

// tellOfPerson describes evidence that a person gave; what was measured is shown with
// its run.
func tellOfPerson(e event.EvidenceRecorded) (what, who reply.Text, ok bool) {
	if e.Evidence.By == "" {
		return nil, nil, false
	}
	return tellOfItem(e, e.Item)
}

// tellOfWork describes events of runs, environments and incidents.
func tellOfWork(c verb.Call, happened event.Event) (what, who reply.Text, ok bool) {
	for _, tell := range []func(verb.Call, event.Event) (what, who reply.Text, ok bool){tellOfRun, tellOfEnvironment, tellOfScheduled, tellOfIncident} {
		if what, who, ok = tell(c, happened); ok {
			return what, who, true
		}
	}
	return tellOfAlerts(happened)
}

// tellOfRun describes how a run went, and who took part.
func tellOfRun(c verb.Call, happened event.Event) (what, who reply.Text, ok bool) {
	switch e := happened.(type) {
	case event.RunStarted:
		deputy := ""
		if e.Change != nil {
			deputy = e.Change.Deputy
		}
		return reply.Say(reply.Capital(e.What), " started: ", e.Title), whoeverFor(c, e.By, deputy), true
	case event.RunCancelAsked:
		return reply.Say("Cancel asked of ", runTitle(c, e.Run), roster.AsOf(e.MembershipAsOf)), whoever(e.By), true
	case event.RunAsked:
		return reply.Say(runTitle(c, e.Run), " asks: ", reply.Shorten(e.Why, 200)), reply.Say("gonogo"), true
	case event.RunAnswered:
		return reply.Say(runTitle(c, e.Run), " told: ", e.Choice, wording.Because(e.Reason)), whoeverFor(c, e.By, e.Deputy), true
	case event.RunTaken:
		return reply.Say(runTitle(c, e.Run), " acknowledged"), whoeverFor(c, e.By, e.Deputy), true
	case event.RunEnded:
		return reply.Say(runTitle(c, e.Run), " ended: ", string(e.Outcome), reasonOf(e)), reply.Say("gonogo"), true
	}
	return nil, nil, false
}

// tellOfEnvironment describes what went live on an environment, and what blocks it.
func tellOfEnvironment(c verb.Call, happened event.Event) (what, who reply.Text, ok bool) {
	switch e := happened.(type) {
	case event.VersionWentLive:
		word := " went live on "
		if !e.Verified {
			word = " went live, unverified, on "
		}
		if e.Review != "" {
			return reply.Say(reply.Bold(e.Build.Version), word, e.Environment), reply.Say("a workflow at GitHub"), true
		}
		return reply.Say(reply.Bold(e.Build.Version), word, e.Environment), whoever(e.By), true
	case event.PlatformObserved:
		return tellOfPlatform(e)
	case event.EnvironmentLocked:
		what := e.Environment + " locked: "
		if e.Takes != "" {
			what = "Lock of " + e.Environment + " taken over: "
		}
		return reply.Say(what, reply.Shorten(e.Reason, 200)), whoever(e.By), e.Run == ""
	case event.EnvironmentUnlocked:
		if e.Expired {
			return reply.Say(e.Environment, " unlocked: the lock's time is over"), reply.Say("gonogo"), true
		}
		return reply.Say(e.Environment, " unlocked", wording.Because(e.Reason)), whoeverFor(c, e.By, e.Deputy), e.By != ""
	case event.EnvironmentFrozen:
		return reply.Say(e.Environment, " frozen until ", reply.Time(e.Until), ": ", reply.Shorten(e.Reason, 200)), whoever(e.By), true
	case event.EnvironmentThawed:
		return reply.Say(e.Environment, " no longer frozen", wording.Because(e.Reason)), whoever(e.By), true
	case event.HoldLifted:
		return wording.LiftedText(e), whoeverFor(c, e.By, e.Deputy), true
	}
	return nil, nil, false
}

// tellOfScheduled describes deployments that were scheduled.
func tellOfScheduled(c verb.Call, happened event.Event) (what, who reply.Text, ok bool) {
	of := func(id string) string {
		if d, known := c.View.State.Scheduled[id]; known {
			return "Scheduled deployment of " + d.Version + " to " + d.Environment
		}
		return "Scheduled deployment"
	}
	switch e := happened.(type) {
	case event.DeploymentScheduled:
		return reply.Say("Deployment of ", reply.Bold(e.Release), " to ", e.Environment, " scheduled for ", reply.Time(e.Due)), whoever(e.By), true
	case event.DeploymentReminded:
		return reply.Say(of(e.ID), " will be NO-GO: ", reply.Shorten(strings.Join(e.Blockers, "; "), 200)), reply.Say("gonogo"), true
	case event.DeploymentUnscheduled:
		switch {
		case e.By != "":
			return reply.Say(of(e.ID), " cancelled"), whoever(e.By), true
		case len(e.Blockers) > 0:
			return reply.Say(of(e.ID), " not started: ", reply.Shorten(strings.Join(e.Blockers, "; "), 200)), reply.Say("gonogo"), true
		}
		return reply.Say(of(e.ID), " not started: ", e.Why), reply.Say("gonogo"), true
	}
	return nil, nil, false
}

// tellOfIncident describes what people did about incidents, and whom gonogo notified.
func tellOfIncident(c verb.Call, happened event.Event) (what, who reply.Text, ok bool) {
	switch e := happened.(type) {
	case event.TriggerTripped:
		return reply.Say("Trigger: ", e.Title, ", ", e.Reading), whoever(e.By), true
	case event.AutoRollbackPlanned:
		return reply.Say("Automatic rollback of ", e.Environment, " from ", e.From, " to ", e.To, " planned for ", reply.Time(e.Due)), reply.Say("gonogo"), true
	case event.AutoRollbackStopped:
		return reply.Say("Automatic rollback of ", e.Environment, " stopped", roster.AsOf(e.MembershipAsOf), wording.Because(e.Why)), whoever(e.By), true
	case event.AutoRollbackLeft:
		return reply.Say("Rollback of ", e.Environment, " left to people", wording.Because(e.Why)), reply.Say("gonogo"), true
	case event.IncidentAcknowledged:
		return reply.Say("Incident acknowledged", roster.AsOf(e.MembershipAsOf)), whoeverFor(c, e.By, e.Deputy), true
	case event.SilenceAsked:
		if e.Run != "" {
			return reply.Say("Alerts of ", e.Environment, " silenced during its cutover"), reply.Say("gonogo"), true
		}
		return reply.Say("Alert silenced until ", reply.Time(e.Until)), whoever(e.By), true
	case event.SilenceEndAsked:
		return reply.Say("Silence of an alert ended"), whoever(e.By), true
	case event.SilenceDelayed:
		return reply.Say("Silence in ", e.Source, ": ", reply.Shorten(e.Problem, 200)), reply.Say("gonogo"), e.Refused
	case event.SilenceGone:
		return reply.Say("A silence was gone from ", e.Source, " before its time"), reply.Say("gonogo"), e.Lost
	case event.IncidentSnoozed:
		return reply.Say("Incident snoozed until ", reply.Time(e.Until), roster.AsOf(e.MembershipAsOf)), whoeverFor(c, e.By, e.Deputy), true
	case event.Escalated:
		return reply.Say("Escalation to ", cmp.Or(e.Role, "the webhook"), " due: ", reply.Shorten(e.Title, 200)), reply.Say("gonogo"), true
	case event.AnchorPosted:
		return tellOfCall(c, e)
	case event.PostRefused:
		return reply.Say("Slack refuses a message about an alert or a run: ", reply.Shorten(e.Why, 200)), reply.Say("gonogo"), true
	case event.PageAnswered:
		return reply.Say("Escalation webhook: ", string(e.Outcome), wording.Because(e.Why)), reply.Say("gonogo"), true
	case event.PostmortemPlanned:
		return reply.Say("Postmortem of a rollback planned for ", e.On.Format(time.DateOnly)), whoever(e.By), true
	case event.PostmortemEnded:
		return reply.Say("Postmortem of a rollback ended", wording.Because(e.Note)), whoever(e.By), true
	case event.PostmortemIssueWritten:
		return reply.Say("Issue of a rollback: ", reply.LinkTo(e.URL, fmt.Sprintf("#%d", e.Number))), reply.Say("gonogo"), e.Act != "" && e.Number > 0
	case event.FalseAlarmDeclared:
		return reply.Say("False alarm: ", reply.Shorten(e.Reason, 200)), whoever(e.By), true
	case event.IncidentClosed:
		return reply.Say("Incident closed"), whoever(e.By), true
	}
	return tellOfReview(happened)
}

// tellOfReview describes what became of workflow runs that waited for an environment.
func tellOfReview(happened event.Event) (what, who reply.Text, ok bool) {
	switch e := happened.(type) {
	case event.ReviewFound:
		return reply.Say("Workflow run waits for ", e.Environment, ": ", reply.LinkTo(e.URL, reply.Shorten(e.Title, 200))), reply.Say(e.By, " at GitHub"), true
	case event.ReviewRejectionAsked:
		return reply.Say("Workflow run ", e.Review, " is to be rejected: ", reply.Shorten(e.Reason, 200)), whoever(e.By), true
	case event.ReviewEnded:
		by := reply.Say("gonogo")
		if e.By != "" {
			by = reply.Say(e.By, " at GitHub")
		}
		return reply.Say("Workflow run ", e.Review, ": ", string(e.Outcome), wording.Because(e.Why)), by, true
	}
	return tellOfOverride(happened)
}

// tellOfOverride describes what people did about overrides.
func tellOfOverride(happened event.Event) (what, who reply.Text, ok bool) {
	switch e := happened.(type) {
	case event.OverrideAsked:
		var items []string
		for _, o := range e.Items {
			items = append(items, answer.Key{Item: o.Item, Environment: o.Environment}.String())
		}
		return reply.Say("Override asked for: ", reply.Bold(e.Release), " to ", e.Environment, " past ", reply.Shorten(strings.Join(items, ", "), 200), wording.Because(e.Reason)), whoever(e.By), true
	case event.OverrideConfirmed:
		return reply.Say("Override confirmed"), whoever(e.By), true
	case event.OverrideDeclined:
		return reply.Say("Override declined"), whoever(e.By), true
	case event.OverrideIssueWritten:
		return reply.Say("Issue of an override: ", reply.LinkTo(e.URL, fmt.Sprintf("#%d", e.Number))), reply.Say("gonogo"), true
	}
	return nil, nil, false
}

// tellOfCall describes that the message of an escalation was posted.
func tellOfCall(c verb.Call, e event.AnchorPosted) (what, who reply.Text, ok bool) {
	id, step, _ := cutLast(e.Subject, "/")
	n, err := strconv.Atoi(step)
	known, ok := c.View.State.Escalations[id]
	if !ok || err != nil || n < 1 || n > len(known.Steps) || e.Shows != "" {
		return nil, nil, false
	}
	return reply.Say("Escalated to ", known.Steps[n-1].Role, ": ", reply.Shorten(known.Title, 200)), reply.Say("gonogo"), true
}

// cutLast is strings.Cut around the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// tellOfAlerts describes what Alertmanager sent, and whether it answers.
func tellOfAlerts(happened event.Event) (what, who reply.Text, ok bool) {
	switch e := happened.(type) {
	case event.AlertsReceived:
		word := "Alert firing: "
		if e.Delivery.Status == alert.Resolved {
			word = "Alert resolved: "
		}
		return reply.Say(word, reply.Shorten(e.Title, 200)), reply.Say("Alertmanager"), true
	case event.AlertsRefused:
		return reply.Say("A delivery of alerts was refused: ", wording.RefusedSize(&history.RefusedAlerts{Bytes: e.Bytes, Limit: e.Limit})), reply.Say("Alertmanager"), true
	case event.AlertSourceFailed:
		return reply.Say("Alertmanager (", e.Source, ") doesn't respond"), reply.Say("gonogo"), true
	case event.AlertSourceAnswered:
		return reply.Say("Alertmanager (", e.Source, ") responds again"), reply.Say("gonogo"), true
	}
	return nil, nil, false
}

// tellOfPlatform describes what a platform reported that gonogo had not recorded.
func tellOfPlatform(e event.PlatformObserved) (what, who reply.Text, ok bool) {
	if e.Problem != "" {
		return reply.Say("What is live on ", e.Environment, " is not known: ", reply.Shorten(e.Problem, 200)), reply.Say("platform"), true
	}
	live := history.Live{Build: e.Build}
	return reply.Say("The platform of ", e.Environment, " says ", reply.Bold(cmp.Or(live.Name(), "nothing")), " is live"), reply.Say("platform"), true
}

func reasonOf(e event.RunEnded) string {
	if e.Reason == "" {
		return ""
	}
	return ", " + reply.Shorten(e.Reason, 200)
}

// runTitle is the title of a run, if it is remembered.
func runTitle(c verb.Call, id string) string {
	if run := c.Ledger.State().Runs[id]; run != nil {
		return run.Title
	}
	return "run " + id
}

// tellOfItem describes an event about one item; "" means any.
func tellOfItem(happened event.Event, item string) (what, who reply.Text, ok bool) {
	of := func(id, environment string) (string, bool) {
		return answer.Key{Item: id, Environment: environment}.String(), item == "" || id == item
	}
	switch e := happened.(type) {
	case event.EvidenceRecorded:
		name, ok := of(e.Item, e.Environment)
		by := whoever(e.Evidence.By)
		if e.Scheduled {
			by = reply.Say("schedule")
		}
		return evidenceText(name, e.Evidence), by, ok
	case event.StepEnded:
		name, ok := of(e.Item, e.Environment)
		return evidenceText(name, e.Evidence), whoever(e.Evidence.By), ok && e.Item != ""
	case event.ItemUnchecked:
		name, ok := of(e.Item, e.Environment)
		return reply.Say(name, ": taken back"), whoever(e.By), ok
	case event.WaiverGiven:
		name, ok := of(e.Item, "")
		return reply.Say(name, ": waived for ", e.Environment, " until ", reply.Time(e.Until), ", ", reply.Shorten(e.Reason, 200)), whoever(e.By), ok
	case event.WaiverRevoked:
		name, ok := of(e.Item, "")
		return reply.Say(name, ": waiver for ", e.Environment, " taken back"), whoever(e.By), ok
	case event.IssueWritten:
		name, ok := of(e.Item, e.Environment)
		return reply.Say(name, ": issue ", reply.LinkTo(e.URL, fmt.Sprintf("#%d", e.Number)), " ", whatOfIssue(e)), reply.Say("gonogo"), ok
	}
	return nil, nil, false
}

// whatOfIssue says what happened to an issue.
func whatOfIssue(e event.IssueWritten) string {
	if e.Away != "" {
		return wording.IssueAway(e.Away)
	}
	return issueDone[e.Act]
}

// issueDone says, for each act, what was done to an issue.
var issueDone = map[event.IssueAct]string{
	event.OpenIssue: "opened", event.UpdateIssue: "updated", event.CloseIssue: "closed", event.ReopenIssue: "reopened",
	event.JoinIssue: "also lists it",
}

func evidenceText(name string, ev answer.Evidence) reply.Text {
	text := reply.Say(name, ": ", verdictWord(ev.Verdict))
	for _, more := range []string{ev.Summary, ev.Note, ev.Link} {
		if more != "" {
			text = append(text, reply.Say(", ", reply.Shorten(more, 200))...)
		}
	}
	return text
}

func verdictWord(v answer.Verdict) string { return strings.ReplaceAll(string(v), "_", " ") }

func whoever(user string) reply.Text {
	if user == "" {
		return reply.Say("gonogo")
	}
	return reply.Say(reply.User(user))
}

// whoeverFor names who did something, in the history.
func whoeverFor(c verb.Call, user, role string) reply.Text {
	return reply.Say(whoever(user), c.Roster().AsDeputy(role))
}
