package readiness

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// arbitraryEnvironments are up to three, each after some of those before it.
func arbitraryEnvironments(t *rapid.T) []Environment {
	names := []string{"dev", "staging", "production"}[:rapid.IntRange(1, 3).Draw(t, "environments")]
	envs := make([]Environment, len(names))
	for i, name := range names {
		envs[i] = Environment{Name: name, After: subset(t, name+" after", names[:i])}
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
	envs      []Environment
	names     []string
	signOffs  bool // items may read sign-offs
	items     []*Item
	itemLevel map[string]int
	secLevel  map[string]int
}

// arbitraryChecklist draws a checklist of up to four sections.
func arbitraryChecklist(t *rapid.T, signOffs bool) *Checklist {
	m := &maker{t: t, envs: arbitraryEnvironments(t), signOffs: signOffs, itemLevel: map[string]int{}, secLevel: map[string]int{}}
	for _, env := range m.envs {
		m.names = append(m.names, env.Name)
	}
	list := &Checklist{Environments: m.envs}
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

func (m *maker) section(id string, earlier []Section) Section {
	s := Section{ID: id, Title: id, Weight: rapid.Float64Range(0, 20).Draw(m.t, id+" weight")}
	level := -1
	for i := range rapid.IntRange(0, 4).Draw(m.t, id+" items") {
		it := m.item(fmt.Sprintf("%s-%d", id, i), earlier)
		s.Items = append(s.Items, it)
		level = max(level, m.itemLevel[it.ID])
	}
	m.secLevel[id] = level
	return s
}

func (m *maker) item(id string, earlier []Section) *Item {
	t := m.t
	it := &Item{
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
		it.Manual = &Manual{}
	case "gate":
		it.Gate = &Gate{Kind: "http", Settings: "s1"}
	case "deployed":
		i := rapid.IntRange(0, len(m.names)-1).Draw(t, id+" reads")
		it.Gate, level = &Gate{Condition: &Condition{Deployed: m.names[i]}}, max(level, i)
	case "section":
		if len(earlier) == 0 {
			it.Manual = &Manual{}
			break
		}
		s := rapid.SampledFrom(earlier).Draw(t, id+" reads")
		it.Gate, level = &Gate{Condition: &Condition{Section: s.ID}}, max(level, m.secLevel[s.ID])
	case "signed off":
		if !m.signOffs {
			it.Manual = &Manual{}
			break
		}
		i := rapid.IntRange(0, len(m.names)-1).Draw(t, id+" reads")
		it.Gate, level = &Gate{Condition: &Condition{SignedOff: m.names[i]}}, max(level, i)
	}
	it.Blocks = subset(t, id+" blocks", m.names[level+1:])
	m.items, m.itemLevel[id] = append(m.items, it), level
	return it
}

func (m *maker) milestone(i int, sections []Section) Milestone {
	id := fmt.Sprintf("m%d", i)
	ms := Milestone{ID: id, Estimate: time.Duration(rapid.IntRange(0, 60).Draw(m.t, id+" estimate")) * time.Minute}
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
func arbitraryEvents(t *rapid.T, list *Checklist) []Event {
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
	return append([]Event{ReleaseOpened{Version: "19.0.1", Commit: "c0ffee"}}, events...)
}

// eventMaker draws events about a few names.
type eventMaker struct {
	release, run, step, item, env, user *rapid.Generator[string]
	some                                *rapid.Generator[string] // incidents, groups, alerts, claims
}

func (g eventMaker) evidence(t *rapid.T) Evidence {
	return Evidence{
		Verdict: rapid.SampledFrom([]Verdict{
			Passed, Passed, Passed, Warned, Failed, Errored, NotConfigured, NotApplicable,
		}).Draw(t, "verdict"),
		Settings: rapid.SampledFrom([]string{"s1", "s1", "s2", ""}).Draw(t, "settings"),
		By:       g.user.Draw(t, "by"),
	}
}

func (g eventMaker) draw(t *rapid.T) Event {
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
		return ReleaseOpened{Version: release, Commit: "beef", By: user}
	case 1:
		return ItemUnchecked{Release: release, Item: item, Environment: env, By: user}
	case 2:
		return SignOffAsked{Release: release, Environment: env, By: user}
	case 3, 4:
		return SignOffGiven{Release: release, Environment: env, Role: role, By: user, Approved: rapid.Bool().Draw(t, "approved")}
	case 5:
		return SignOffRevoked{Release: release, Environment: env, Role: role, By: user}
	case 6:
		return EnvironmentAdopted{Environment: env, Version: release, Commit: "c0ffee", By: user}
	case 7:
		return RunStarted{Run: run, What: RunGates, Release: release, Steps: []string{"first", "second"}}
	case 8:
		return StepStarted{Run: run, Step: step}
	case 9, 10:
		return StepEnded{Run: run, Step: step, Item: item, Environment: env, Evidence: g.evidence(t)}
	case 11:
		return RunCancelAsked{Run: run, By: user}
	case 12:
		return RunEnded{Run: run, Outcome: rapid.SampledFrom([]Outcome{Completed, Cancelled, Interrupted}).Draw(t, "outcome")}
	case 13:
		return AnchorPosted{Subject: "run/" + run, Channel: "C0RELEASES", TS: item}
	case 14:
		return PostIntended{Subject: "run/" + run, Channel: "C0RELEASES", Mark: item}
	case 17:
		return Unknown{Type: "of.the.future", Data: []byte(`{}`)}
	case 15:
		return Nudged{Release: release, Item: item, Environment: env, By: user}
	case 16:
		return StatusSeen{By: user}
	default:
		return EvidenceRecorded{Release: release, Item: item, Environment: env, Evidence: g.evidence(t)}
	}
}

// drawChange draws an event of a deployment or rollback.
func (g eventMaker) drawChange(t *rapid.T) Event {
	release, run, step := g.release.Draw(t, "release"), g.run.Draw(t, "run"), g.step.Draw(t, "step")
	env, user, claim := g.env.Draw(t, "environment"), g.user.Draw(t, "user"), g.some.Draw(t, "claim")
	facts := map[string]string{g.some.Draw(t, "fact"): run}
	switch rapid.IntRange(0, 9).Draw(t, "kind of change") {
	case 0:
		return CommitFound{Release: release, Commit: "beef"}
	case 1:
		return RunStarted{Run: run, What: rapid.SampledFrom([]string{RunDeployment, RunRollback}).Draw(t, "what"), Release: release, Plan: []Planned{{Name: "first"}, {Name: "second"}},
			Change: &Change{Environment: env, From: Build{Version: g.release.Draw(t, "from")}, To: Build{Version: release}, Incident: g.some.Draw(t, "incident")}}
	case 2:
		return StepStarted{Run: run, Step: rapid.SampledFrom([]string{step, "rollback"}).Draw(t, "step of"), Title: "Do " + step, Facts: facts}
	case 3:
		return StepEnded{Run: run, Step: step, Evidence: g.evidence(t), Facts: facts}
	case 4:
		return StepProgressed{Run: run, Step: step, Doing: user, Parts: []StepPart{{Name: step, Status: "running"}}}
	case 5:
		return RunAsked{Run: run, Step: step, Choices: []string{ChooseKeep, ChooseReturn}}
	case 6:
		return RunAnswered{Run: run, Step: step, Choice: ChooseKeep, By: user}
	case 7:
		return VersionWentLive{Environment: env, Build: Build{Version: release}, Run: run, Verified: rapid.Bool().Draw(t, "verified"), Instead: g.release.Draw(t, "instead")}
	case 8:
		return EnvironmentLocked{Environment: env, Claim: claim, By: user, Run: rapid.SampledFrom([]string{"", run}).Draw(t, "held by")}
	default:
		return EnvironmentUnlocked{Environment: env, Claim: claim, By: user}
	}
}

// drawOutside draws an event about alerts, triggers and issues.
func (g eventMaker) drawOutside(t *rapid.T) Event {
	incident, item, env := g.some.Draw(t, "incident"), g.item.Draw(t, "item"), g.env.Draw(t, "environment")
	act := rapid.SampledFrom([]IssueAct{OpenIssue, CloseIssue}).Draw(t, "act")
	print, other := g.some.Draw(t, "fingerprint"), g.some.Draw(t, "other incident")
	switch rapid.IntRange(0, 18).Draw(t, "kind outside") {
	case 13:
		return PlatformObserved{Environment: env, App: g.some.Draw(t, "app"), Problem: "it does not answer"}
	case 14:
		return PlatformObserved{Environment: env, App: g.some.Draw(t, "app"), Build: Build{Version: g.release.Draw(t, "version"), Deployment: g.some.Draw(t, "deployment")},
			Spec: g.some.Draw(t, "spec"), Tagged: true, Mark: g.run.Draw(t, "mark"), Back: rapid.Bool().Draw(t, "back"), Left: g.release.Draw(t, "left")}
	case 15:
		return EnvironmentFrozen{Environment: env, Claim: g.some.Draw(t, "claim"), Until: monday.Add(time.Hour)}
	case 16:
		return EnvironmentThawed{Environment: env, Claim: g.some.Draw(t, "claim")}
	case 17:
		return HoldLifted{Hold: HeldByAlert, Environment: env, Claim: "alert/" + incident, Alerts: []string{g.some.Draw(t, "covered"), g.some.Draw(t, "covered too")}}
	case 18:
		return FalseAlarmDeclared{Incident: incident, By: g.user.Draw(t, "user")}
	case 0, 1:
		return AlertsReceived{Incident: incident, Environment: env, Delivery: AlertDelivery{GroupKey: g.some.Draw(t, "group"), Alerts: g.alerts(t)}}
	case 8, 9:
		e := AlertsReceived{Incident: incident, Environment: env, Delivery: AlertDelivery{GroupKey: g.some.Draw(t, "group"), Alerts: g.alerts(t),
			Unnamed: rapid.IntRange(0, 2).Draw(t, "unnamed")}, Means: map[string]Meaning{}, After: rapid.SampledFrom([]string{"", other}).Draw(t, "after")}
		for _, a := range e.Delivery.Alerts {
			e.Means[a.Fingerprint] = rapid.SampledFrom([]Meaning{MeansFiring, MeansRestarted, MeansEnded, MeansHeld}).Draw(t, "means")
		}
		return e
	case 10:
		return AlertsDecided{Held: incident, Fingerprints: []string{print}, Incident: rapid.SampledFrom([]string{"", other}).Draw(t, "in")}
	case 11:
		return AlertsLookedUp{Incident: incident, Listed: []string{print}, Gone: []string{g.some.Draw(t, "gone")}, Named: []string{g.some.Draw(t, "named")},
			Muted: map[string]Mute{print: {Intervals: []string{"nights"}}}}
	case 12:
		return rapid.SampledFrom([]Event{AlertsHeard{Incidents: []string{incident}}, TriggerRead{Incident: incident, Reading: "8 %"}}).Draw(t, "heard or read")
	case 2:
		return TriggerTripped{Incident: incident, Environment: env, Trigger: g.some.Draw(t, "trigger"), Problem: OverLimit, Samples: 3}
	case 3:
		return TriggerCleared{Incident: incident, Reading: "0 %"}
	case 4:
		return IncidentAcknowledged{Incident: incident, By: g.user.Draw(t, "user")}
	case 5:
		return IssueIntended{Item: item, Environment: env, Act: act}
	case 6:
		return IssueWritten{Item: item, Environment: env, Act: act, Number: 7, Open: act == OpenIssue}
	default:
		return IssueDelayed{Item: item, Environment: env, Why: "GitHub asks to wait", Until: monday}
	}
}

// alerts draws some words about a few alerts, which begin within an hour.
func (g eventMaker) alerts(t *rapid.T) []Alert {
	var alerts []Alert
	for range rapid.IntRange(0, 3).Draw(t, "alerts") {
		alerts = append(alerts, Alert{
			Fingerprint: g.some.Draw(t, "fingerprint"), Status: rapid.SampledFrom([]string{AlertFiring, AlertResolved}).Draw(t, "status"),
			StartsAt: monday.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "starts")) * 10 * time.Minute),
		})
	}
	return alerts
}
