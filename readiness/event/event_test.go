package event

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

func mustEncode(t testing.TB, e Event) []byte {
	t.Helper()
	data, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var update = flag.Bool("update", false, "rewrite the files in testdata")

// full is events of each kind that together have every field set. The file
// keeps their order, so new ones come last; a kind that has grown has a line
// from before and one from after.
func full() []Event {
	ev := answer.Evidence{
		Verdict: answer.Failed, Summary: "3 of 134 tests failed",
		Measures: []answer.Measure{{Name: "failed", Value: "3", Unit: "tests", Limit: "0", OK: false}},
		Details:  []string{"test_approve failed", "<&> “quoted”"}, Note: "flaky", Link: "https://ci.example/1?a=1&b=2",
		File:     &answer.File{Name: "report.xml", SHA256: strings.Repeat("0a", 32)},
		Settings: "8f2d", Took: 1500 * time.Millisecond, By: "U0DEV",
	}
	return []Event{
		AnchorPosted{Subject: "run/r1", Channel: "C0RELEASES", TS: "1762160400.000100"},
		PostRefused{Subject: "incident/i1", Channel: "C0ONCALL", Why: "the channel is archived; unarchive it or configure another"},
		PostIntended{Subject: "run/r1/steps", Channel: "C0RELEASES", Thread: "1762160400.000100", Mark: "K3JQ7ZP5M2", File: "F0OUTPUT"},
		EnvironmentAdopted{Environment: "staging", Version: "19.0.1", Commit: "c0ffee", By: "U0DEV"},
		EvidenceRecorded{Release: "19.0.1", Item: "suite", Environment: "staging", Evidence: ev},
		ItemUnchecked{Release: "19.0.1", Item: "suite", Environment: "staging", By: "U0DEV"},
		ReleaseOpened{Version: "19.0.1", Commit: "c0ffee", By: "U0PM"},
		RunCancelAsked{Run: "r1", By: "U0DEV"},
		RunEnded{Run: "r1", Outcome: work.Interrupted, Reason: "gonogo was stopped"},
		StepEnded{Run: "r1", Step: "suite@staging", Item: "suite", Environment: "staging", Evidence: ev},
		StepStarted{Run: "r1", Step: "suite@staging"},
		RunStarted{Run: "r1", What: work.Gates, Title: "all gates", Release: "19.0.1", By: "U0DEV", Channel: "C0RELEASES", Steps: []string{"suite@staging"}},
		RunStarted{Run: "r3", What: work.Runbook, Title: "Install the modules", Runbook: "install", Release: "19.0.1", By: "U0DEV", Plan: []work.Planned{{Name: "step-1", Title: "odoo -i base", Deadline: 900000000000}}},
		RunStarted{Run: "r5", What: work.Runbook, Title: "Install the modules on staging", Runbook: "install", Environment: "staging", Release: "19.0.1", By: "U0DEV", Plan: []work.Planned{{Name: "step-1", Title: "odoo -i base"}}},
		RunStarted{Run: "r4", What: work.Gates, Title: "what install mends", Release: "19.0.1", By: "U0DEV", Steps: []string{"modules"}, After: "r3"},
		SignOffAsked{Release: "19.0.1", Environment: "production", By: "U0PM"},
		SignOffGiven{Release: "19.0.1", Environment: "production", Role: "technical_lead", By: "U0TL", Approved: true, Comment: "go",
			Basis: answer.Basis{Commit: "c0ffee", Gates: "77aa", Items: map[string]bool{"suite@staging": true}}},
		SignOffRevoked{Release: "19.0.1", Environment: "production", Role: "technical_lead", By: "U0TL"},
		Nudged{Release: "19.0.1", Item: "login", Environment: "staging", By: "U0DEV"},
		StatusSeen{By: "U0DEV"},
		ItemFlipped{Release: "19.0.1", Item: "login", Environment: "staging", Verdict: answer.Failed, Summary: "status is 500"},
		WaiverGiven{Release: "19.0.1", Item: "oca", Environment: "staging", Reason: "known, and mended next week", Until: monday.Add(96 * time.Hour), By: "U0TL"},
		WaiverRevoked{Release: "19.0.1", Item: "oca", Environment: "staging", By: "U0SO"},
		EnvironmentAdopted{Environment: "production", Version: "19.0.0", Commit: "beef", Deployment: "d-1", By: "U0TL"},
		CommitFound{Release: "19.0.1", Commit: "c0ffee"},
		TagMoved{Release: "19.0.1", Was: "c0ffee0", Is: "beef123"},
		PlanWithdrawn{Environment: "production", By: "U0DEV"},
		TriggerTripped{Incident: "i9", Environment: "production", Trigger: "errors", Title: "500 errors a minute on production", Problem: alert.OverLimit, Reading: "612", Limit: "> 500", Samples: 3, Hard: true, Measured: true},
		TriggerRead{Incident: "i9", Reading: "700", Measured: true},
		TriggerTripped{Incident: "i10", Environment: "production", Trigger: "corruption", Title: "Data corruption declared on production", Problem: alert.OverLimit, Reading: "invoices differ", Samples: 1, By: "U0CALL", Measured: true},
		AutoRollbackPlanned{Environment: "production", Incident: "i9", From: "19.0.1", To: "19.0.0", Due: monday},
		AutoRollbackStopped{Environment: "production", Incident: "i9", By: "U0CALL", MembershipAsOf: monday},
		AutoRollbackStopped{Environment: "production", Incident: "i9", Why: "it is over"},
		RunStarted{Run: "r7", What: work.Rollback, Title: "production back to 19.0.0", Change: &work.Change{Environment: "production", Incident: "i9", To: build.Build{Version: "19.0.0"}, Auto: true}},
		AutoRollbackLeft{Environment: "production", Incident: "i9", Why: "19.0.1 had been live for longer than 1h"},
		EnvironmentLocked{Environment: "production", Claim: "k2", By: "U0DEV", Reason: "the database work", Takes: "k1", Until: monday},
		EnvironmentUnlocked{Environment: "production", Claim: "k2", Expired: true},
		EnvironmentQueued{Environment: "production", By: "U0TL"},
		EnvironmentQueued{Environment: "production", By: "U0TL", Leaves: true},
		EnvironmentOffered{Environment: "production", To: "U0TL"},
		LockReminded{Environment: "production", Claim: "k2"},
		OverrideAsked{ID: "o1", Environment: "production", Release: "19.0.1", Commit: "c0ffee", Reason: "the shop is down", By: "U0TL", Until: monday, Channel: "C0REL",
			Items: []Overridden{{Item: "dashboards", Environment: "production", Why: "nobody has checked it yet", Shown: &answer.Shown{Verdict: answer.Failed}}}},
		OverrideConfirmed{ID: "o1", By: "U0SEC", Until: monday},
		OverrideDeclined{ID: "o2", By: "U0SEC"},
		OverrideIssueIntended{ID: "o1"},
		OverrideIssueWritten{ID: "o1", Number: 412, URL: "https://github.com/acme/shop/issues/412"},
		DeploymentScheduled{ID: "s1", Environment: "production", Release: "19.0.1", Commit: "c0ffee", Due: monday, NoWayBack: true, By: "U0DEV", Channel: "C0REL"},
		DeploymentReminded{ID: "s1", Blockers: []string{"Technical Lead has not signed off"}},
		DeploymentUnscheduled{ID: "s1", By: "U0TL"},
		DeploymentUnscheduled{ID: "s2", Why: "it is NO-GO", Blockers: []string{"Technical Lead has not signed off"}},
		DeploymentUnscheduled{ID: "s3", Why: "gonogo was not running then", Missed: true},
		RunStarted{Run: "r8", What: work.Deployment, Title: "19.0.1 to production", Release: "19.0.1", By: "U0DEV", Change: &work.Change{Environment: "production", To: build.Build{Version: "19.0.1"}, Scheduled: "s1"}},
		RunStarted{Run: "r10", What: work.Deployment, Title: "19.0.1 to production", Release: "19.0.1", By: "U0DEV", Change: &work.Change{Environment: "production", To: build.Build{Version: "19.0.1"},
			Override: &work.Override{ID: "o1", By: "U0TL", ConfirmedBy: "U0SEC", Reason: "the shop is down",
				Items: []work.OverriddenItem{{Item: "dashboards", Environment: "production", Title: "Dashboards are ready", Why: "nobody has checked it yet"}}}}},
		RunStarted{Run: "r6", What: work.Deployment, Title: "19.0.1 to production", Release: "19.0.1", By: "U0DEV", Channel: "C0REL",
			Plan:   []work.Planned{{Name: "lock", Title: "Lock production", Role: work.RoleLock}, {Name: "bake-1", Title: "Watch 3 triggers for 20m", Lasts: 20 * time.Minute, Role: work.RoleBake}},
			Change: &work.Change{Environment: "production", To: build.Build{Version: "19.0.1"}}},
		RunStarted{Run: "r2", What: work.Rollback, Title: "production back to 19.0.0", Release: "19.0.1", By: "U0CALL", Channel: "C0ONCALL",
			Plan:   []work.Planned{{Name: "lock", Title: "Lock production"}, {Name: "update", Title: "Set the app's image", Deadline: 10 * time.Minute}, {Name: "decide", Title: "Decide", Role: work.RoleDecide}},
			Change: fullChange()},
		StepStarted{Run: "r2", Step: "abort", Title: "Stop what has begun", Facts: map[string]string{"spec": "4f1c"}},
		StepProgressed{Run: "r2", Step: "update", Doing: "building", Parts: []work.StepPart{{Name: "build", Status: "running", Detail: "image web"}}},
		StepEnded{Run: "r2", Step: "update", Evidence: answer.Evidence{Verdict: answer.Passed, Summary: "deployment d-2 was asked for"}, Facts: map[string]string{"deployment": "d-2"}},
		RunAsked{Run: "r2", Step: "decide", Why: "19.0.0 is back", Choices: []string{work.ChooseKeep, work.ChooseReturn}, Interrupted: true},
		RunAnswered{Run: "r2", Step: "decide", Choice: work.ChooseKeep, By: "U0CALL"},
		VersionWentLive{Environment: "production", Build: build.Build{Version: "19.0.0", Commit: "beef", Deployment: "d-2"}, Run: "r2", By: "U0CALL", Verified: true, Instead: "19.0.1"},
		VersionWentLive{Environment: "production", Build: build.Build{Version: "19.0.0", Commit: "beef", Deployment: "d-3"}, Run: "r2", By: "U0CALL", Verified: true, App: "app-1/web", Digest: "sha256:1", Spec: "77aa"},
		EnvironmentAdopted{Environment: "production", Version: "19.0.0", Commit: "beef", Deployment: "d-1", App: "app-1/web", By: "U0TL"},
		PlatformObserved{Environment: "production", App: "app-1/web", Build: build.Build{Version: "19.0.0-hotfix", Commit: "beef", Deployment: "d-4"}, Digest: "sha256:2", Spec: "88bb", Tagged: true, Pinned: true},
		PlatformObserved{Environment: "production", App: "app-1/web", Build: build.Build{Version: "19.0.0", Commit: "", Deployment: "d-5"}, Tagged: true, Pinned: true, Mark: "r1", Back: true, Left: "19.0.1"},
		PlatformObserved{Environment: "production", App: "app-1/web", Problem: "it answered 503"},
		EnvironmentLocked{Environment: "production", Claim: "run/r2", By: "U0CALL", Reason: "production goes back to 19.0.0", Run: "r2"},
		EnvironmentUnlocked{Environment: "production", Claim: "run/r2", By: "U0CALL"},
		AlertsReceived{Incident: "5ca1ab1e", Environment: "production", Title: "HighErrorRate: 7 % fail", Delivery: fullDelivery()},
		TriggerTripped{Incident: "0ddba11", Environment: "production", Trigger: "error-rate", Title: "More than 5 % of requests fail on production",
			Problem: alert.OverLimit, Reading: "7.2 %", Limit: "> 5%", Samples: 3},
		TriggerCleared{Incident: "0ddba11", Reading: "0.4 %"},
		IncidentAcknowledged{Incident: "5ca1ab1e", By: "U0CALL"},
		IncidentClosed{Incident: "5ca1ab1e", By: "U0CALL"},
		IssueIntended{Item: "suite", Environment: "staging", Act: OpenIssue},
		IssueWritten{Item: "suite", Environment: "staging", Act: OpenIssue, Number: 12, URL: "https://git.example/o/r/issues/12", Open: true, Said: "9a8b"},
		IssueWritten{Item: "suite", Environment: "staging", Act: UpdateIssue, Number: 12, URL: "https://git.example/o/r/issues/12", Away: IssueMoved},
		IssueDelayed{Item: "suite", Environment: "staging", Why: "GitHub asks to wait", Until: monday},
		ReleaseOpened{Version: "19.0.2", By: "U0PM", Channel: "C0HOTFIX", ReleaseKind: "hotfix", Beside: true, Closes: []string{"next"}},
		ReleaseClosed{Release: "19.0.2", By: "U0PM", Reason: "superseded"},
		AnswersBound{Definitions: map[string]answer.Definition{"suite": "0a0b0c0d"}, Gates: map[string]string{"production": "77aa"}},
		QuestionsKept{Release: "19.0.1", Items: map[string]answer.Definition{"docs": "0a0b0c0d.1a1b1c1d"}, By: "U0TL"},
		EvidenceRecorded{Release: "19.0.1", Item: "docs", Environment: "staging", Evidence: answer.Evidence{Verdict: answer.Passed, By: "U0TL",
			Definition: "0a0b0c0d.1a1b1c1d", Scope: answer.DeploymentScope, Subject: answer.Subject{Release: "19.0.1", Commit: "c0ffee", Arrival: 3, Build: build.Build{Version: "19.0.1", Commit: "c0ffee", Deployment: ""}}}},
		WaiverGiven{Release: "19.0.1", Item: "suite", Environment: "staging", Reason: "known, and mended next week", Until: monday, By: "U0TL",
			Shown: &answer.Shown{Definition: "0a0b0c0d", Verdict: answer.Failed, Measures: ev.Measures, Ceilings: map[string]string{"failed": "5"}}},
		AlertsReceived{Incident: "5ca1ab1f", Environment: "production", Title: "HighErrorRate: 7 % fail", Delivery: fullDelivery(),
			Means: map[string]alert.Meaning{"f1": alert.MeansEnded}, After: "5ca1ab1e"},
		AlertsHeard{Incidents: []string{"5ca1ab1e"}},
		AlertsDecided{Held: "5ca1ab1e", Fingerprints: []string{"f1"}, Incident: "5ca1ab1f", Environment: "production", Title: "HighErrorRate", Listed: true},
		AlertsLookedUp{Incident: "5ca1ab1f", Listed: []string{"f1"}, Gone: []string{"f2"}, Named: []string{"g"}, Muted: map[string]alert.Mute{
			"f1": {Silences: []alert.Silence{{ID: "s1", By: "alice", Comment: "known", Ends: monday}}, Inhibitors: []string{"ClusterDown"}, Intervals: []string{"nights"}}}},
		TriggerRead{Incident: "0ddba11", Reading: "8 %"},
		EnvironmentFrozen{Environment: "production", Claim: "k1", By: "U0PM", Reason: "fair week", Until: monday.Add(72 * time.Hour)},
		EnvironmentThawed{Environment: "production", Claim: "k1", By: "U0PM", Reason: "the fair is cancelled"},
		EnvironmentUnlocked{Environment: "production", Claim: "k2", By: "U0CALL", Reason: "the upgrade is done"},
		HoldLifted{Hold: HeldByAlert, Environment: "production", Claim: "alert/5ca1ab1e", Version: "19.0.1", Alerts: []string{"f1"}, Until: monday.Add(time.Hour), By: "U0CALL", Reason: "it mends this"},
		FalseAlarmDeclared{Incident: "5ca1ab1e", By: "U0CALL", Reason: "a load test"},
		RunAnswered{Run: "r2", Step: "decide", Choice: work.ChooseReturn, By: "U0CALL", Reason: "the database was full"},
		RunStarted{Run: "r5", What: work.Rollback, Title: "production back to 19.0.0", Release: "19.0.1", By: "U0CALL", Change: rehearsedChange()},
		AlertSourceFailed{Source: "alertmanager:9093", Since: monday, Answered: monday.Add(-time.Minute), Problem: "Alertmanager does not answer"},
		AlertSourceAnswered{Source: "alertmanager:9093"},
		SignOffGiven{Release: "19.0.2", Environment: "production", Role: "technical_lead", By: "U0TL", Approved: true, Basis: answer.Basis{Commit: "c0ffee", Kind: "hotfix"}},
		AlertsRefused{Bytes: 41 << 20, Limit: 32 << 20},
		ChangeCompared{Run: "r2", Compared: work.Compared{Ahead: 7, Behind: 1, URL: "https://git.example/o/r/compare/a...b", Unknown: "GitHub does not answer",
			Commits: []work.ChangedCommit{{SHA: "c0ffee", Title: "Mend the login", Author: "Ada"}}}},
		Escalated{ID: "run/r2/escalated/1762160400000", About: UnansweredDecision, Subject: "run/r2", Title: "production back to 19.0.0", Environment: "production", Run: "r2",
			Since: monday, Role: "technical_lead"},
		Escalated{ID: "incident/5ca1ab1e/escalated/1762160400000", About: UnansweredAlert, Subject: "incident/5ca1ab1e", Title: "HighErrorRate", Incident: "5ca1ab1e", Since: monday},
		PageIntended{Escalation: "run/r2/escalated/1762160400000"},
		PageAnswered{Escalation: "run/r2/escalated/1762160400000", Outcome: alert.PageRefused, Status: 410, Why: "it is gone"},
		RunTaken{Run: "r2", By: "U0DEP", Deputy: "technical_lead"},
		IncidentAcknowledged{Incident: "5ca1ab1e", By: "U0DEP", Deputy: "on_call"},
		SignOffGiven{Release: "19.0.1", Environment: "production", Role: "technical_lead", By: "U0DEP", Approved: true, Basis: answer.Basis{Commit: "c0ffee"}, Deputy: true},
		RunAnswered{Run: "r2", Step: "decide", Choice: work.ChooseKeep, By: "U0DEP", Deputy: "on_call"},
		HoldLifted{Hold: HeldByAlert, Environment: "production", Claim: "alert/5ca1ab1e", Version: "19.0.1", Alerts: []string{"f1"}, By: "U0DEP", Reason: "it mends this", Deputy: "on_call"},
		IncidentAcknowledged{Incident: "5ca1ab1e", By: "U0CALL", MembershipAsOf: monday},
		RunCancelAsked{Run: "r1", By: "U0CALL", MembershipAsOf: monday},
		RunStarted{Run: "r6", What: work.Rollback, Title: "staging back to 19.0.0", Release: "19.0.1", By: "U0CALL",
			Change: &work.Change{Environment: "staging", From: build.Build{Version: "19.0.1", Commit: "c0ffee", Deployment: "d-1"}, To: build.Build{Version: "19.0.0", Commit: "beef", Deployment: "d-0"}, MembershipAsOf: monday}},
		RunStarted{Run: "r6", What: work.Deployment, Title: "19.0.1 to production", Release: "19.0.1", By: "U0DEV", Change: &work.Change{Environment: "production", To: build.Build{Version: "19.0.1", Commit: "c0ffee", Deployment: ""}, NoWayBack: true}},
		RunEnded{Run: "r5", Outcome: work.Unsuccessful, Reason: "the image is gone", Kept: []build.Build{{Version: "18.9.9", Commit: "", Deployment: "d-0"}}},
		Troubled{Trouble: "github", Why: "GitHub rejects the token", Since: monday},
		Troubled{Trouble: "on_call_channel", Why: "the bot isn't in #on-call; type /invite @gonogo there", Page: true},
		TroubleEnded{Trouble: "on_call_channel"},
		TroublePaged{Trouble: "on_call_channel", Outcome: alert.PageRefused, Status: 410, Why: "the URL doesn't exist (410); check it"},
		PlatformObserved{Environment: "production", App: "app-1/web", Problem: "it rejected the token (401)", Refused: true},
		ClockSetBack{Ahead: 23 * time.Hour},
		StepEnded{Run: "r1", Step: "suite@staging", Item: "suite", Environment: "staging", Evidence: answer.Evidence{Verdict: answer.Passed, Measured: time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)}},
		AnchorPosted{Subject: "run/r1", Channel: "C0RELEASES", TS: "1762160400.000100", Shows: "5f0c", Repeated: true},
		ReviewFound{Review: "production/12/2", Environment: "production", Run: 12, Attempt: 2, Release: "4f3c2b1a0d9e", Commit: "4f3c2b1a0d9e", Title: "Deploy", URL: "https://git.example/o/r/actions/runs/12", By: "ann", Began: monday, Given: 1},
		ReviewFound{Review: "production/13/1", Environment: "production", Run: 13, Attempt: 1, Release: "19.0.2", Commit: "4f3c2b1a0d9e", Title: "Deploy", URL: "https://git.example/o/r/actions/runs/13", By: "gonogo", Began: monday, Deployment: "r6"},
		ReviewCompared{Review: "production/12/2", Since: "beef123", Compared: work.Compared{Ahead: 1, Commits: []work.ChangedCommit{{SHA: "4f3c2b1a", Title: "Add", Author: "Ann"}}}},
		ReviewDelayed{Review: "production/12/2", Why: "1 check is still running: build"},
		ReviewRejectionAsked{Review: "production/12/2", By: "U0TL", Reason: "not today"},
		ReviewIntended{Review: "production/12/2", Approve: true, Comment: "GO"},
		ReviewRequested{Delivery: "0b989ba4-242f-11e5-81e1-c7b6966d2516", Environment: "production", Run: 12},
		ReviewReportIntended{Review: "production/12/2", Comment: "NO-GO"},
		ReviewReported{Review: "production/12/2", Refused: "it has ten already"},
		VersionWentLive{Environment: "production", Build: build.Build{Version: "19.0.2", Commit: "4f3c2b1a0d9e", Deployment: "7"}, Review: "production/12/2", Verified: true},
		ReviewEnded{Review: "production/12/2", Outcome: ReviewApproved, By: "ann", Why: "the run was cancelled"},
		VersionWentLive{Environment: "production", Build: build.Build{Version: "19.0.2", Commit: "4f3c2b1a0d9e", Deployment: "8"}, Review: "production/12/2", Verified: true, Began: monday},
		PlatformObserved{Environment: "production", Build: build.Build{Version: "19.0.1", Commit: "beef", Deployment: "9"}, Tagged: true, Began: monday},
		ChangeCompared{Run: "r2", Compared: work.Compared{Ahead: 1, Commits: []work.ChangedCommit{{SHA: "c0ffee", Title: "Drop the column", Why: "changes db/migrations"}}}},
		PostmortemOpened{Rollback: "r2", Environment: "production", From: "19.0.1", To: "19.0.0", Incident: "5ca1ab1e"},
		PostmortemPlanned{Rollback: "r2", On: monday.Add(72 * time.Hour), By: "U0CALL"},
		PostmortemIssueIntended{Rollback: "r2", Act: OpenIssue},
		PostmortemIssueWritten{Rollback: "r2", Act: OpenIssue, Number: 13, URL: "https://git.example/o/r/issues/13", Open: true, Said: "9a8b", FollowUps: []string{"Find the cause"}},
		PostmortemIssueWritten{Rollback: "r2", Number: 13, URL: "https://git.example/o/r/issues/13", Away: IssueMoved},
		PostmortemEnded{Rollback: "r2", By: "U0CALL", Note: "the pool was too small"},
		SilenceAsked{ID: "s1", Incident: "i1", Fingerprint: "f1", Until: monday, By: "U0CALL"},
		SilenceAsked{ID: "r6/detach", Run: "r6", Environment: "production", Labels: map[string]string{"environment": "production"}},
		SilenceEndAsked{ID: "s1", By: "U0CALL"},
		SilenceIntended{ID: "s1", Source: "am:9093", Ends: true},
		SilenceWritten{ID: "s1", Source: "am:9093", Silence: "8b23475f", Until: monday},
		SilenceDelayed{ID: "s1", Source: "am:9093", Problem: "Alertmanager doesn't respond", Refused: true},
		SilenceGone{ID: "s1", Source: "am:9093", Lost: true},
		IncidentSnoozed{Incident: "i1", Until: monday, By: "U0CALL", Deputy: "on_call", MembershipAsOf: monday},
	}
}

func rehearsedChange() *work.Change {
	return &work.Change{Environment: "production", From: build.Build{Version: "19.0.1", Commit: "c0ffee", Deployment: "d-1"}, To: build.Build{Version: "19.0.0", Commit: "beef", Deployment: "d-0"}, Rehearsal: true,
		Passes: []work.PassedHold{{Hold: "freeze:weekend@production", What: "production is frozen", Reason: "No deployments at weekends", By: "U0PM", Since: monday}}}
}

func fullChange() *work.Change {
	return &work.Change{
		Environment: "production", From: build.Build{Version: "19.0.1", Commit: "c0ffee", Deployment: "d-1"}, To: build.Build{Version: "19.0.0", Commit: "beef", Deployment: "d-0"},
		Reason: "7 % of requests fail", Incident: "5ca1ab1e", Stops: "r1",
		Overrode:  &work.Lock{Claim: "lock/1", By: "U0TL", Reason: "database upgrade", Run: "r0", At: monday},
		Basis:     &answer.Basis{Commit: "c0ffee", Gates: "77aa", Items: map[string]bool{"suite@staging": true}},
		Approvals: []string{"technical_lead: U0TL"},
	}
}

func fullDelivery() alert.Delivery {
	labels := map[string]string{"alertname": "HighErrorRate", "environment": "production"}
	annotations := map[string]string{"summary": "7 % fail"}
	return alert.Delivery{
		Receiver: "gonogo", GroupKey: `{}:{alertname="HighErrorRate"}`, Status: alert.Firing, ExternalURL: "http://alertmanager:9093",
		GroupLabels: map[string]string{"alertname": "HighErrorRate"}, CommonLabels: labels, CommonAnnotations: annotations, Truncated: 2,
		Alerts: []alert.Alert{{
			Fingerprint: "f1", Status: alert.Resolved, Labels: labels, Annotations: annotations,
			StartsAt: monday, EndsAt: monday.Add(time.Minute), GeneratorURL: "http://prometheus:9090/graph?g0.expr=up",
		}},
	}
}

// line is how this test keeps an event in its file.
type line struct {
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// The events' JSON is what stands in people's ledgers: a change here must
// still read what was written before it.
func TestEventsAreKeptAsTheyWere(t *testing.T) {
	const file = "testdata/events.jsonl"
	if *update {
		var out bytes.Buffer
		for _, e := range full() {
			if err := json.NewEncoder(&out).Encode(line{e.Kind(), mustEncode(t, e)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	want, lines := full(), strings.Split(strings.TrimSpace(string(stored)), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%s has %d lines, and there are %d events", file, len(lines), len(want))
	}
	for i, text := range lines {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, l.Kind)
		got, err := Decode(l.Kind, l.Data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("%s as it was written (-want +got):\n%s", l.Kind, diff)
		}
	}
	slices.Sort(kinds)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(decoders)), slices.Compact(kinds)); diff != "" {
		t.Errorf("kinds of events in %s (-known +stored):\n%s", file, diff)
	}
}

func TestEventsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		data, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(e.Kind(), data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s came back changed (-wrote +read):\n%s", e.Kind(), diff)
		}
	})
}

// The parts of events that rapid cannot make by itself, with any text in them.
var (
	anyText   = rapid.String()
	anyTexts  = rapid.SliceOf(anyText)
	anyMap    = rapid.MapOf(anyText, anyText)
	anyMoment = rapid.Custom(func(t *rapid.T) time.Time {
		return monday.Add(time.Duration(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "since monday")))
	})
	anyDelivery = rapid.Custom(func(t *rapid.T) alert.Delivery {
		d := alert.Delivery{GroupKey: anyText.Draw(t, "group"), Status: anyText.Draw(t, "status"), Truncated: rapid.Int().Draw(t, "truncated"),
			GroupLabels: anyMap.Draw(t, "labels")}
		for range rapid.IntRange(0, 3).Draw(t, "alerts") {
			d.Alerts = append(d.Alerts, alert.Alert{Fingerprint: anyText.Draw(t, "fingerprint"), Status: anyText.Draw(t, "status"),
				Annotations: anyMap.Draw(t, "annotations"), StartsAt: anyMoment.Draw(t, "starts"), EndsAt: anyMoment.Draw(t, "ends")})
		}
		return d
	})
	anyChange = rapid.Custom(func(t *rapid.T) work.Change {
		return work.Change{Environment: anyText.Draw(t, "env"), From: rapid.Make[build.Build]().Draw(t, "from"), To: rapid.Make[build.Build]().Draw(t, "to"),
			Incident: anyText.Draw(t, "incident"), Overrode: &work.Lock{Claim: anyText.Draw(t, "claim"), At: anyMoment.Draw(t, "locked at")},
			Basis: rapid.Ptr(rapid.Make[answer.Basis](), true).Draw(t, "basis"), Approvals: anyTexts.Draw(t, "approvals")}
	})
	anyEvidence = rapid.Custom(func(t *rapid.T) answer.Evidence {
		return answer.Evidence{
			Verdict: answer.Verdict(anyText.Draw(t, "verdict")), Summary: anyText.Draw(t, "summary"), Details: anyTexts.Draw(t, "details"),
			Note: anyText.Draw(t, "note"), Link: anyText.Draw(t, "link"), Settings: anyText.Draw(t, "settings"), By: anyText.Draw(t, "by"),
			Measures: rapid.SliceOf(rapid.Make[answer.Measure]()).Draw(t, "measures"), File: rapid.Ptr(rapid.Make[answer.File](), true).Draw(t, "file"),
			Took: time.Duration(rapid.Int64().Draw(t, "took")),
		}
	})
)

// drawEvent draws an event of any kind with any text in it.
func drawEvent(t *rapid.T) Event {
	return rapid.OneOf(
		asEvent(rapid.Make[AnchorPosted]()), asEvent(rapid.Make[PostIntended]()), asEvent(rapid.Make[PostRefused]()), asEvent(rapid.Make[EnvironmentAdopted]()), asEvent(rapid.Make[ItemUnchecked]()),
		asEvent(rapid.Make[ReleaseOpened]()), asEvent(rapid.Make[RunCancelAsked]()), asEvent(rapid.Make[RunEnded]()),
		asEvent(rapid.Make[ReleaseClosed]()), asEvent(rapid.Make[AnswersBound]()), asEvent(rapid.Make[QuestionsKept]()),
		asEvent(rapid.Make[StepStarted]()), asEvent(rapid.Make[SignOffAsked]()),
		asEvent(rapid.Make[SignOffGiven]()), asEvent(rapid.Make[SignOffRevoked]()),
		asEvent(rapid.Make[CommitFound]()), asEvent(rapid.Make[TagMoved]()), asEvent(rapid.Make[PlanWithdrawn]()), asEvent(rapid.Make[StepProgressed]()),
		asEvent(rapid.Make[RunAsked]()), asEvent(rapid.Make[RunAnswered]()), asEvent(rapid.Make[VersionWentLive]()), asEvent(rapid.Make[PlatformObserved]()),
		asEvent(rapid.Make[EnvironmentLocked]()), asEvent(rapid.Make[EnvironmentUnlocked]()),
		asEvent(rapid.Make[TriggerTripped]()), asEvent(rapid.Make[TriggerCleared]()), asEvent(rapid.Make[TriggerRead]()),
		asEvent(rapid.Make[AlertsHeard]()), asEvent(rapid.Make[AlertsDecided]()), asEvent(rapid.Make[IncidentAcknowledged]()),
		asEvent(rapid.Make[AlertSourceAnswered]()), asEvent(rapid.Make[ChangeCompared]()), asEvent(rapid.Make[AlertsRefused]()),
		asEvent(rapid.Make[EnvironmentThawed]()), asEvent(rapid.Make[FalseAlarmDeclared]()),
		asEvent(rapid.Make[PageIntended]()), asEvent(rapid.Make[PageAnswered]()), asEvent(rapid.Make[RunTaken]()),
		asEvent(rapid.Make[Nudged]()), asEvent(rapid.Make[StatusSeen]()), asEvent(rapid.Make[IssueIntended]()), asEvent(rapid.Make[IssueWritten]()),
		asEvent(rapid.Make[Troubled]()), asEvent(rapid.Make[TroubleEnded]()), asEvent(rapid.Make[TroublePaged]()),
		rapid.Custom(func(t *rapid.T) Event {
			return EvidenceRecorded{Release: anyText.Draw(t, "release"), Item: anyText.Draw(t, "item"), Environment: anyText.Draw(t, "env"), Evidence: anyEvidence.Draw(t, "evidence")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return IssueDelayed{Item: anyText.Draw(t, "item"), Environment: anyText.Draw(t, "env"), Why: anyText.Draw(t, "why"), Until: anyMoment.Draw(t, "until")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return AlertSourceFailed{Source: anyText.Draw(t, "source"), Since: anyMoment.Draw(t, "since"), Answered: anyMoment.Draw(t, "answered"), Problem: anyText.Draw(t, "problem")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return Escalated{ID: anyText.Draw(t, "id"), About: UnansweredKind(anyText.Draw(t, "about")), Subject: anyText.Draw(t, "subject"), Title: anyText.Draw(t, "title"),
				Run: anyText.Draw(t, "run"), Since: anyMoment.Draw(t, "since"), Role: anyText.Draw(t, "role")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return EnvironmentFrozen{Environment: anyText.Draw(t, "env"), Claim: anyText.Draw(t, "claim"), By: anyText.Draw(t, "by"), Reason: anyText.Draw(t, "reason"), Until: anyMoment.Draw(t, "until")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return HoldLifted{Hold: HoldKind(anyText.Draw(t, "hold")), Environment: anyText.Draw(t, "env"), Claim: anyText.Draw(t, "claim"), Version: anyText.Draw(t, "version"),
				Alerts: anyTexts.Draw(t, "alerts"), Until: anyMoment.Draw(t, "until"), By: anyText.Draw(t, "by"), Reason: anyText.Draw(t, "reason")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return AlertsReceived{Incident: anyText.Draw(t, "incident"), Environment: anyText.Draw(t, "env"), Title: anyText.Draw(t, "title"), Delivery: anyDelivery.Draw(t, "delivery")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return RunStarted{Run: anyText.Draw(t, "run"), What: anyText.Draw(t, "what"), Title: anyText.Draw(t, "title"), Release: anyText.Draw(t, "release"),
				By: anyText.Draw(t, "by"), Channel: anyText.Draw(t, "channel"), Steps: anyTexts.Draw(t, "steps"),
				Plan: rapid.SliceOf(rapid.Make[work.Planned]()).Draw(t, "plan"), Change: rapid.Ptr(anyChange, true).Draw(t, "change")}
		}),
		rapid.Custom(func(t *rapid.T) Event {
			return StepEnded{Run: anyText.Draw(t, "run"), Step: anyText.Draw(t, "step"), Item: anyText.Draw(t, "item"), Evidence: anyEvidence.Draw(t, "evidence"), Facts: anyMap.Draw(t, "facts")}
		}),
	).Draw(t, "event")
}

func asEvent[E Event](g *rapid.Generator[E]) *rapid.Generator[Event] {
	return rapid.Map(g, func(e E) Event { return e })
}

func TestUnknownEventIsKept(t *testing.T) {
	data := []byte(`{"environment": "production",  "percent": 5}`)
	e, err := Decode("canary.moved", data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data) // the caller may use its buffer again
	if want := (Unknown{Type: "canary.moved", Data: []byte(`{"environment": "production",  "percent": 5}`)}); !cmp.Equal(want, e) {
		t.Fatalf("read %+v, want %+v", e, want)
	}
	if got := mustEncode(t, e); string(got) != `{"environment": "production",  "percent": 5}` || e.Kind() != "canary.moved" {
		t.Errorf("written again as %s %s", e.Kind(), got)
	}
}

func TestTornEventIsRefused(t *testing.T) {
	if e, err := Decode("release.opened", []byte(`{"version": 19`)); err == nil || !strings.HasPrefix(err.Error(), "decode release.opened: ") {
		t.Errorf("read %+v, error %v; want an error that names the event", e, err)
	}
}

// monday is when every history in these tests begins.
var monday = time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
