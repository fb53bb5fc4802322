package readiness

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// arbitraryEnvironments are up to three, each after some of those before it.
func arbitraryEnvironments(t *rapid.T) []checklist.Environment {
	names := []string{"dev", "staging", "production"}[:rapid.IntRange(1, 3).Draw(t, "environments")]
	envs := make([]checklist.Environment, len(names))
	for i, name := range names {
		envs[i] = checklist.Environment{Name: name, After: subset(t, name+" after", names[:i])}
	}
	return envs
}

// subset draws some of the values, in their order.
func subset(t *rapid.T, label string, values []string) []string {
	var some []string
	for _, v := range values {
		if rapid.Bool().Draw(t, label+" "+v) {
			some = append(some, v)
		}
	}
	return some
}

// maker draws checklists that bot/config would accept: nothing waits for
// itself. Each item has a level, the last of the environments that it comes
// after, and blocks only environments beyond it.
type maker struct {
	t         *rapid.T
	envs      []checklist.Environment
	names     []string
	signOffs  bool // items may read sign-offs
	items     []*checklist.Item
	itemLevel map[string]int
	secLevel  map[string]int
}

// arbitraryChecklist draws a checklist of up to four sections.
func arbitraryChecklist(t *rapid.T, signOffs bool) *checklist.Checklist {
	m := &maker{t: t, envs: arbitraryEnvironments(t), signOffs: signOffs, itemLevel: map[string]int{}, secLevel: map[string]int{}}
	for _, env := range m.envs {
		m.names = append(m.names, env.Name)
	}
	list := &checklist.Checklist{Environments: m.envs}
	for i := range rapid.IntRange(1, 4).Draw(t, "sections") {
		list.Sections = append(list.Sections, m.section(fmt.Sprintf("s%d", i), list.Sections))
	}
	list.Roles, list.SignOffs = board()
	list.SignOffs[0].Environment = rapid.SampledFrom(m.names).Draw(t, "signed environment")
	for i := range rapid.IntRange(0, 3).Draw(t, "milestones") {
		list.Milestones = append(list.Milestones, m.milestone(i, list.Sections))
	}
	return list.Index()
}

func (m *maker) section(id string, earlier []checklist.Section) checklist.Section {
	s := checklist.Section{ID: id, Title: id, Weight: rapid.Float64Range(0, 20).Draw(m.t, id+" weight")}
	level := -1
	for i := range rapid.IntRange(0, 4).Draw(m.t, id+" items") {
		it := m.item(fmt.Sprintf("%s-%d", id, i), earlier)
		s.Items = append(s.Items, it)
		level = max(level, m.itemLevel[it.ID])
	}
	m.secLevel[id] = level
	return s
}

func (m *maker) item(id string, earlier []checklist.Section) *checklist.Item {
	t := m.t
	it := &checklist.Item{
		ID: id, Title: "Title of " + id,
		Off:          rapid.IntRange(0, 9).Draw(t, id+" off") == 0,
		Environments: subset(t, id+" asked on", m.names),
		Estimate:     time.Duration(rapid.IntRange(0, 90).Draw(t, id+" estimate")) * time.Minute,
		MaxAge:       time.Duration(rapid.SampledFrom([]int{0, 0, 2, 48}).Draw(t, id+" max age")) * time.Hour,
	}
	level := -1
	for _, before := range m.items {
		if rapid.IntRange(0, 3).Draw(t, id+" needs "+before.ID) == 0 {
			it.Needs = append(it.Needs, before.ID)
			level = max(level, m.itemLevel[before.ID])
		}
	}
	switch rapid.SampledFrom([]string{"manual", "gate", "gate", "deployed", "section", "signed off"}).Draw(t, id+" kind") {
	case "manual":
		it.Manual = &checklist.Manual{}
	case "gate":
		it.Gate = &checklist.Gate{Kind: "http", Settings: "s1"}
	case "deployed":
		i := rapid.IntRange(0, len(m.names)-1).Draw(t, id+" reads")
		it.Gate, level = &checklist.Gate{Condition: &checklist.Condition{Deployed: m.names[i]}}, max(level, i)
	case "section":
		if len(earlier) == 0 {
			it.Manual = &checklist.Manual{}
			break
		}
		s := rapid.SampledFrom(earlier).Draw(t, id+" reads")
		it.Gate, level = &checklist.Gate{Condition: &checklist.Condition{Section: s.ID}}, max(level, m.secLevel[s.ID])
	case "signed off":
		if !m.signOffs {
			it.Manual = &checklist.Manual{}
			break
		}
		i := rapid.IntRange(0, len(m.names)-1).Draw(t, id+" reads")
		it.Gate, level = &checklist.Gate{Condition: &checklist.Condition{SignedOff: m.names[i]}}, max(level, i)
	}
	it.Blocks = subset(t, id+" blocks", m.names[level+1:])
	m.items, m.itemLevel[id] = append(m.items, it), level
	return it
}

func (m *maker) milestone(i int, sections []checklist.Section) checklist.Milestone {
	id := fmt.Sprintf("m%d", i)
	ms := checklist.Milestone{ID: id, Estimate: time.Duration(rapid.IntRange(0, 60).Draw(m.t, id+" estimate")) * time.Minute}
	for _, s := range sections {
		if rapid.Bool().Draw(m.t, id+" has "+s.ID) {
			ms.Sections = append(ms.Sections, s.ID)
		}
	}
	if rapid.Bool().Draw(m.t, id+" deploys") {
		ms.Environment = rapid.SampledFrom(m.names).Draw(m.t, id+" environment")
	}
	return ms
}

// arbitraryEvents draws a history that speaks mostly of what the checklist
// knows, and sometimes of what it does not.
func arbitraryEvents(t *rapid.T, list *checklist.Checklist) []event.Event {
	items := append(slices.Sorted(maps.Keys(itemsOf(list))), "gone")
	envs := []string{"", "nowhere"}
	for _, e := range list.Environments {
		envs = append(envs, e.Name)
	}
	g := eventMaker{
		release: rapid.SampledFrom([]string{"19.0.1", "19.0.1", "19.0.2", "unheard of"}),
		run:     rapid.SampledFrom([]string{"r1", "r1", "r2", "unheard of"}),
		step:    rapid.SampledFrom([]string{"first", "second", "unheard of"}),
		item:    rapid.SampledFrom(items),
		env:     rapid.SampledFrom(envs),
		user:    rapid.SampledFrom([]string{"U0PO", "U0TL", "U0DEV"}),
		some:    rapid.SampledFrom([]string{"a", "a", "b", "c"}),
	}
	events := rapid.SliceOfN(rapid.Custom(g.draw), 0, 60).Draw(t, "events")
	return append([]event.Event{event.ReleaseOpened{Version: "19.0.1", Commit: "c0ffee"}}, events...)
}

// eventMaker draws events about a few names.
type eventMaker struct {
	release, run, step, item, env, user *rapid.Generator[string]
	some                                *rapid.Generator[string] // incidents, groups, alerts, claims
}

func (g eventMaker) evidence(t *rapid.T) answer.Evidence {
	return answer.Evidence{
		Verdict: rapid.SampledFrom([]answer.Verdict{
			answer.Passed, answer.Passed, answer.Passed, answer.Warned, answer.Failed, answer.Errored, answer.NotConfigured, answer.NotApplicable,
		}).Draw(t, "verdict"),
		Settings: rapid.SampledFrom([]string{"s1", "s1", "s2", ""}).Draw(t, "settings"),
		By:       g.user.Draw(t, "by"),
	}
}

func (g eventMaker) draw(t *rapid.T) event.Event {
	release, run := g.release.Draw(t, "release"), g.run.Draw(t, "run")
	env, user := g.env.Draw(t, "environment"), g.user.Draw(t, "user")
	item, step := g.item.Draw(t, "item"), g.step.Draw(t, "step")
	role := rapid.SampledFrom([]string{"product_owner", "technical_lead"}).Draw(t, "role")
	switch rapid.IntRange(0, 5).Draw(t, "about") {
	case 0:
		return g.drawChange(t)
	case 1:
		return g.drawOutside(t)
	}
	switch rapid.IntRange(0, 19).Draw(t, "kind") {
	case 0:
		return event.ReleaseOpened{Version: release, Commit: "beef", By: user}
	case 1:
		return event.ItemUnchecked{Release: release, Item: item, Environment: env, By: user}
	case 2:
		return event.SignOffAsked{Release: release, Environment: env, By: user}
	case 3, 4:
		return event.SignOffGiven{Release: release, Environment: env, Role: role, By: user, Approved: rapid.Bool().Draw(t, "approved")}
	case 5:
		return event.SignOffRevoked{Release: release, Environment: env, Role: role, By: user}
	case 6:
		return event.EnvironmentAdopted{Environment: env, Version: release, Commit: "c0ffee", By: user}
	case 7:
		return event.RunStarted{Run: run, What: work.Gates, Release: release, Steps: []string{"first", "second"}}
	case 8:
		return event.StepStarted{Run: run, Step: step}
	case 9, 10:
		return event.StepEnded{Run: run, Step: step, Item: item, Environment: env, Evidence: g.evidence(t)}
	case 11:
		return event.RunCancelAsked{Run: run, By: user}
	case 12:
		return event.RunEnded{Run: run, Outcome: rapid.SampledFrom([]work.Outcome{work.Completed, work.Cancelled, work.Interrupted}).Draw(t, "outcome")}
	case 13:
		return event.AnchorPosted{Subject: "run/" + run, Channel: "C0RELEASES", TS: item}
	case 14:
		if rapid.Bool().Draw(t, "refused") {
			return event.PostRefused{Subject: "run/" + run, Channel: "C0RELEASES", Why: "it is archived"}
		}
		return event.PostIntended{Subject: "run/" + run, Channel: "C0RELEASES", Mark: item}
	case 17:
		return event.Unknown{Type: "of.the.future", Data: []byte(`{}`)}
	case 15:
		return event.Nudged{Release: release, Item: item, Environment: env, By: user}
	case 16:
		return event.StatusSeen{By: user}
	default:
		return event.EvidenceRecorded{Release: release, Item: item, Environment: env, Evidence: g.evidence(t)}
	}
}

// drawChange draws an event of a deployment or rollback.
func (g eventMaker) drawChange(t *rapid.T) event.Event {
	release, run, step := g.release.Draw(t, "release"), g.run.Draw(t, "run"), g.step.Draw(t, "step")
	env, user, claim := g.env.Draw(t, "environment"), g.user.Draw(t, "user"), g.some.Draw(t, "claim")
	facts := map[string]string{g.some.Draw(t, "fact"): run}
	switch rapid.IntRange(0, 9).Draw(t, "kind of change") {
	case 0:
		return event.CommitFound{Release: release, Commit: "beef"}
	case 1:
		return event.RunStarted{Run: run, What: rapid.SampledFrom([]string{work.Deployment, work.Rollback}).Draw(t, "what"), Release: release, Plan: []work.Planned{{Name: "first"}, {Name: "second"}},
			Change: &work.Change{Environment: env, From: build.Build{Version: g.release.Draw(t, "from")}, To: build.Build{Version: release}, Incident: g.some.Draw(t, "incident")}}
	case 2:
		return event.StepStarted{Run: run, Step: rapid.SampledFrom([]string{step, "rollback"}).Draw(t, "step of"), Title: "Do " + step, Facts: facts}
	case 3:
		return event.StepEnded{Run: run, Step: step, Evidence: g.evidence(t), Facts: facts}
	case 4:
		return event.StepProgressed{Run: run, Step: step, Doing: user, Parts: []work.StepPart{{Name: step, Status: "running"}}}
	case 5:
		return event.RunAsked{Run: run, Step: step, Choices: []string{work.ChooseKeep, work.ChooseReturn}}
	case 6:
		return event.RunAnswered{Run: run, Step: step, Choice: work.ChooseKeep, By: user}
	case 7:
		return event.VersionWentLive{Environment: env, Build: build.Build{Version: release}, Run: run, Verified: rapid.Bool().Draw(t, "verified"), Instead: g.release.Draw(t, "instead")}
	case 8:
		return event.EnvironmentLocked{Environment: env, Claim: claim, By: user, Run: rapid.SampledFrom([]string{"", run}).Draw(t, "held by")}
	default:
		return event.EnvironmentUnlocked{Environment: env, Claim: claim, By: user}
	}
}

// drawOutside draws an event about alerts, triggers and issues.
func (g eventMaker) drawOutside(t *rapid.T) event.Event {
	incident, item, env := g.some.Draw(t, "incident"), g.item.Draw(t, "item"), g.env.Draw(t, "environment")
	act := rapid.SampledFrom([]event.IssueAct{event.OpenIssue, event.CloseIssue}).Draw(t, "act")
	print, other := g.some.Draw(t, "fingerprint"), g.some.Draw(t, "other incident")
	switch rapid.IntRange(0, 18).Draw(t, "kind outside") {
	case 13:
		return event.PlatformObserved{Environment: env, App: g.some.Draw(t, "app"), Problem: "it does not answer"}
	case 14:
		return event.PlatformObserved{Environment: env, App: g.some.Draw(t, "app"), Build: build.Build{Version: g.release.Draw(t, "version"), Deployment: g.some.Draw(t, "deployment")},
			Spec: g.some.Draw(t, "spec"), Tagged: true, Mark: g.run.Draw(t, "mark"), Back: rapid.Bool().Draw(t, "back"), Left: g.release.Draw(t, "left")}
	case 15:
		return event.EnvironmentFrozen{Environment: env, Claim: g.some.Draw(t, "claim"), Until: monday.Add(time.Hour)}
	case 16:
		return event.EnvironmentThawed{Environment: env, Claim: g.some.Draw(t, "claim")}
	case 17:
		return event.HoldLifted{Hold: event.HeldByAlert, Environment: env, Claim: "alert/" + incident, Alerts: []string{g.some.Draw(t, "covered"), g.some.Draw(t, "covered too")}}
	case 18:
		return event.FalseAlarmDeclared{Incident: incident, By: g.user.Draw(t, "user")}
	case 0, 1:
		return event.AlertsReceived{Incident: incident, Environment: env, Delivery: alert.Delivery{GroupKey: g.some.Draw(t, "group"), Alerts: g.alerts(t)}}
	case 8, 9:
		e := event.AlertsReceived{Incident: incident, Environment: env, Delivery: alert.Delivery{GroupKey: g.some.Draw(t, "group"), Alerts: g.alerts(t),
			Unnamed: rapid.IntRange(0, 2).Draw(t, "unnamed")}, Means: map[string]alert.Meaning{}, After: rapid.SampledFrom([]string{"", other}).Draw(t, "after")}
		for _, a := range e.Delivery.Alerts {
			e.Means[a.Fingerprint] = rapid.SampledFrom([]alert.Meaning{alert.MeansFiring, alert.MeansRestarted, alert.MeansEnded, alert.MeansHeld}).Draw(t, "means")
		}
		return e
	case 10:
		return event.AlertsDecided{Held: incident, Fingerprints: []string{print}, Incident: rapid.SampledFrom([]string{"", other}).Draw(t, "in")}
	case 11:
		return event.AlertsLookedUp{Incident: incident, Listed: []string{print}, Gone: []string{g.some.Draw(t, "gone")}, Named: []string{g.some.Draw(t, "named")},
			Muted: map[string]alert.Mute{print: {Intervals: []string{"nights"}}}}
	case 12:
		return rapid.SampledFrom([]event.Event{event.AlertsHeard{Incidents: []string{incident}}, event.TriggerRead{Incident: incident, Reading: "8 %"}}).Draw(t, "heard or read")
	case 2:
		return event.TriggerTripped{Incident: incident, Environment: env, Trigger: g.some.Draw(t, "trigger"), Problem: alert.OverLimit, Samples: 3}
	case 3:
		return event.TriggerCleared{Incident: incident, Reading: "0 %"}
	case 4:
		return event.IncidentAcknowledged{Incident: incident, By: g.user.Draw(t, "user")}
	case 5:
		return event.IssueIntended{Item: item, Environment: env, Act: act}
	case 6:
		return event.IssueWritten{Item: item, Environment: env, Act: act, Number: 7, Open: act == event.OpenIssue}
	default:
		return event.IssueDelayed{Item: item, Environment: env, Why: "GitHub asks to wait", Until: monday}
	}
}

// alerts draws some words about a few alerts, which begin within an hour.
func (g eventMaker) alerts(t *rapid.T) []alert.Alert {
	var alerts []alert.Alert
	for range rapid.IntRange(0, 3).Draw(t, "alerts") {
		alerts = append(alerts, alert.Alert{
			Fingerprint: g.some.Draw(t, "fingerprint"), Status: rapid.SampledFrom([]string{alert.Firing, alert.Resolved}).Draw(t, "status"),
			StartsAt: monday.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "starts")) * 10 * time.Minute),
		})
	}
	return alerts
}
