package readiness

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/alert"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

func on(day time.Weekday, hour, minute int) checklist.Clock {
	return checklist.Clock{Weekday: day, Hour: hour, Minute: minute}
}

// chain is three environments, each after the one before.
func chain() checklist.Checklist {
	return checklist.Checklist{Environments: []checklist.Environment{{Name: "dev"}, {Name: "staging", After: []string{"dev"}}, {Name: "production", After: []string{"staging"}}}}
}

// out deploys a version to an environment, as a run of its own.
func (h *scenario) out(run, environment, from, version string) *scenario {
	return h.add(
		event.RunStarted{Run: run, What: work.Deployment, Title: version + " to " + environment, By: "U0DEV", Plan: []work.Planned{{Name: "update"}}, Change: &work.Change{Environment: environment, From: build.Build{Version: from}, To: build.Build{Version: version}}},
		event.VersionWentLive{Environment: environment, Build: build.Build{Version: version}, Run: run, By: "U0DEV", Verified: true},
		event.RunEnded{Run: run, Outcome: work.Completed})
}

// back begins a rollback that has been sent to the platform.
func (h *scenario) back(run, environment, from, to string, change func(*work.Change)) *scenario {
	c := &work.Change{Environment: environment, From: build.Build{Version: from}, To: build.Build{Version: to}, Reason: "it fails"}
	if change != nil {
		change(c)
	}
	return h.add(event.RunStarted{Run: run, What: work.Rollback, Title: environment + " back to " + to, By: "U0CALL", Plan: []work.Planned{{Name: "rollback"}, {Name: "decide"}}, Change: c},
		event.EnvironmentLocked{Environment: environment, Claim: "run/" + run, Run: run},
		event.StepStarted{Run: run, Step: "rollback"})
}

// kept ends a rollback that brought a version back and was kept.
func (h *scenario) kept(run, environment, from, to string) *scenario {
	return h.add(event.VersionWentLive{Environment: environment, Build: build.Build{Version: to}, Run: run, Verified: true, Instead: from},
		event.RunEnded{Run: run, Outcome: work.Completed}, event.EnvironmentUnlocked{Environment: environment, Claim: "run/" + run})
}

// fire lets an alert fire on an environment.
func (h *scenario) fire(incident, environment, severity string, prints ...string) *scenario {
	var alerts []alert.Alert
	for _, print := range prints {
		alerts = append(alerts, alert.Alert{Fingerprint: print, Status: alert.Firing, StartsAt: h.now, Labels: map[string]string{"alertname": print, "severity": severity}})
	}
	return h.add(event.AlertsReceived{Incident: incident, Environment: environment, Title: "HighErrorRate", Delivery: alert.Delivery{GroupKey: "g" + incident, Status: alert.Firing, Alerts: alerts}})
}

// quiet lets alerts of an incident resolve.
func (h *scenario) quiet(incident string, prints ...string) *scenario {
	var alerts []alert.Alert
	for _, print := range prints {
		alerts = append(alerts, alert.Alert{Fingerprint: print, Status: alert.Resolved, StartsAt: h.now, EndsAt: h.now.Add(time.Second)})
	}
	return h.add(event.AlertsReceived{Incident: incident, Title: "HighErrorRate", Delivery: alert.Delivery{GroupKey: "g" + incident, Alerts: alerts}})
}

// lift lifts the holds of a kind for a version, as the command does.
func (h *scenario) lift(kind event.HoldKind, environment, version string) *scenario {
	for _, hold := range h.view().HoldsOf(environment, version) {
		if hold.Kind == kind && hold.Lift == nil {
			h.add(event.HoldLifted{Hold: kind, Environment: hold.Environment, Claim: hold.Claim, Version: version, Alerts: hold.Alerts, By: "U0PM", Reason: "mended"})
		}
	}
	return h
}

// said writes holds in a line each: the ID, what it is, and who may lift it.
func said(holds []Hold) []string {
	var all []string
	for _, h := range holds {
		all = append(all, fmt.Sprintf("%s: %s (%s)", h.ID, h.What, h.Permission))
	}
	return all
}

func TestHolds(t *testing.T) {
	const v = "19.0.1" // the open release
	nobody := func(*work.Change) {}
	for _, tt := range []struct {
		name     string
		happened func(h *scenario)
		dev      []string
		staging  []string
		prod     []string
	}{
		{name: "nothing holds", happened: func(h *scenario) { h.out("d", "production", "19.0.0", v) }},
		{name: "a person's lock", happened: func(h *scenario) {
			h.add(event.EnvironmentLocked{Environment: "staging", Claim: "k", By: "U0DEV", Reason: "database work"})
		}, staging: []string{"lock@staging: staging is locked (lock)"}},
		{name: "a run's own lock is no hold", happened: func(h *scenario) {
			h.add(event.EnvironmentLocked{Environment: "staging", Claim: "run/d", Run: "d"})
		}},
		{name: "a lock under a rollback", happened: func(h *scenario) {
			h.add(event.EnvironmentLocked{Environment: "staging", Claim: "k", By: "U0DEV", Reason: "database work"}).back("b", "staging", "2", "1", nobody)
		}, staging: []string{"undecided@staging: A rollback of staging to 1 is under way (rollback)", "lock@staging: staging is locked (lock)"}},
		{name: "the version was rolled back: there and in what comes after", happened: func(h *scenario) {
			h.back("b", "staging", v, "19.0.0", nil).kept("b", "staging", v, "19.0.0")
		}, staging: []string{"rolled-back@staging: 19.0.1 was rolled back on staging (release)"}, prod: []string{"rolled-back@staging: 19.0.1 was rolled back on staging (release)"}},
		{name: "what comes before stays open", happened: func(h *scenario) {
			h.back("b", "production", v, "19.0.0", nil).kept("b", "production", v, "19.0.0")
		}, prod: []string{"rolled-back@production: 19.0.1 was rolled back on production (release)"}},
		{name: "in all that comes after", happened: func(h *scenario) {
			h.back("b", "dev", v, "19.0.0", nil).kept("b", "dev", v, "19.0.0")
		}, dev: []string{"rolled-back@dev: 19.0.1 was rolled back on dev (release)"}, staging: []string{"rolled-back@dev: 19.0.1 was rolled back on dev (release)"},
			prod: []string{"rolled-back@dev: 19.0.1 was rolled back on dev (release)"}},
		{name: "another version was", happened: func(h *scenario) { h.back("b", "dev", "19.0.0", "18", nil).kept("b", "dev", "19.0.0", "18") }},
		{name: "from the first word to the platform on, though it failed", happened: func(h *scenario) {
			h.back("b", "production", v, "19.0.0", nil).add(event.RunEnded{Run: "b", Outcome: work.Unsuccessful}, event.EnvironmentUnlocked{Environment: "production", Claim: "run/b"})
		}, prod: []string{"rolled-back@production: 19.0.1 was rolled back on production (release)"}},
		{name: "a rollback that sent nothing takes nothing back", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "b", What: work.Rollback, Change: &work.Change{Environment: "production", From: build.Build{Version: v}, To: build.Build{Version: "19.0.0"}}}, event.RunEnded{Run: "b", Outcome: work.Cancelled})
		}},
		{name: "it never stopped being live, so the rollback sent nothing and left the version all the same", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "b", What: work.Rollback, Change: &work.Change{Environment: "production", From: build.Build{Version: v}, To: build.Build{Version: "19.0.0"}}}).kept("b", "production", v, "19.0.0")
		}, prod: []string{"rolled-back@production: 19.0.1 was rolled back on production (release)"}},
		{name: "returned to", happened: func(h *scenario) {
			h.back("b", "production", v, "19.0.0", nil).add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: v}, Run: "b"}, event.RunEnded{Run: "b", Outcome: work.Completed})
		}},
		{name: "an older ledger: it went live again", happened: func(h *scenario) {
			h.back("b", "production", v, "19.0.0", nil).kept("b", "production", v, "19.0.0").out("again", "production", "19.0.0", v)
		}},
		{name: "an older ledger: it was adopted again", happened: func(h *scenario) {
			h.back("b", "production", v, "19.0.0", nil).kept("b", "production", v, "19.0.0").live("production")
		}},
		{name: "it was adopted, and nobody said why it may go out again", happened: func(h *scenario) {
			h.add(Bind(h.view())).back("b", "production", v, "19.0.0", nil).kept("b", "production", v, "19.0.0").live("production")
		}, prod: []string{"rolled-back@production: 19.0.1 was rolled back on production (release)"}},
		{name: "the pin of our own rollback, seen while it was under way", happened: func(h *scenario) {
			h.back("b", "production", "2", "1", nil)
			h.add(event.PlatformObserved{Environment: "production", Build: build.Build{Version: "1", Deployment: "d"}, Pinned: true}).kept("b", "production", "2", "1")
		}},
		{name: "and seen again since", happened: func(h *scenario) {
			h.back("b", "production", "2", "1", nil)
			pinned := event.PlatformObserved{Environment: "production", Build: build.Build{Version: "1", Deployment: "d"}, Pinned: true}
			h.add(pinned).kept("b", "production", "2", "1").add(pinned)
		}, prod: []string{"pin@production: The platform keeps production pinned (rollback)"}},
		{name: "a rollback that failed leaves the pin that was seen", happened: func(h *scenario) {
			h.add(event.PlatformObserved{Environment: "production", Build: build.Build{Version: "1", Deployment: "d"}, Pinned: true}).
				add(event.RunStarted{Run: "b", What: work.Rollback, Change: &work.Change{Environment: "production", From: build.Build{Version: "2"}, To: build.Build{Version: "1"}}}, event.RunEnded{Run: "b", Outcome: work.Unsuccessful})
		}, prod: []string{"pin@production: The platform keeps production pinned (rollback)"}},
		{name: "the deployment that a rollback stopped came through late", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "d", What: work.Deployment, Change: &work.Change{Environment: "production", To: build.Build{Version: v}}}).back("b", "production", v, "19.0.0", nil).
				add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: v}, Run: "d"}, event.RunEnded{Run: "b", Outcome: work.Completed})
		}, prod: []string{"rolled-back@production: 19.0.1 was rolled back on production (release)"}},
		{name: "a rehearsal: out, back, out again", happened: func(h *scenario) {
			h.out("d", "production", "19.0.0", v).back("b", "production", v, "19.0.0", func(c *work.Change) { c.Rehearsal = true }).kept("b", "production", v, "19.0.0")
		}},
		{name: "lifted", happened: func(h *scenario) {
			h.back("b", "dev", v, "19.0.0", nil).kept("b", "dev", v, "19.0.0").lift(event.HeldByReturn, "production", v)
		}},
		{name: "lifted for another version", happened: func(h *scenario) {
			h.back("b", "dev", v, "19.0.0", nil).kept("b", "dev", v, "19.0.0").add(event.HoldLifted{Hold: event.HeldByReturn, Environment: "dev", Claim: "back/b", Version: "2"})
		}, dev: []string{"rolled-back@dev: 19.0.1 was rolled back on dev (release)"}, staging: []string{"rolled-back@dev: 19.0.1 was rolled back on dev (release)"},
			prod: []string{"rolled-back@dev: 19.0.1 was rolled back on dev (release)"}},
		{name: "lifted and rolled back again", happened: func(h *scenario) {
			h.back("b", "production", v, "19.0.0", nil).kept("b", "production", v, "19.0.0").lift(event.HeldByReturn, "production", v).
				out("again", "production", "19.0.0", v).back("c", "production", v, "19.0.0", nil).kept("c", "production", v, "19.0.0")
		}, prod: []string{"rolled-back@production: 19.0.1 was rolled back on production (release)"}},
		{name: "a rollback waits to be decided", happened: func(h *scenario) {
			h.back("b", "production", "2", "1", nil).add(event.RunAsked{Run: "b", Step: "decide", Choices: []string{work.ChooseKeep, work.ChooseReturn}})
		}, prod: []string{"undecided@production: The rollback of production is not decided (rollback)"}},
		{name: "a deployment under way is no hold", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "d", What: work.Deployment, Change: &work.Change{Environment: "production", To: build.Build{Version: v}}})
		}},
		{name: "a deployment is interrupted", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "d", What: work.Deployment, Title: "19.0.1 to production", Change: &work.Change{Environment: "production", To: build.Build{Version: v}}}, event.RunAsked{Run: "d", Step: "update", Interrupted: true})
		}, prod: []string{"interrupted@production: 19.0.1 to production is interrupted (rollback)"}},
		{name: "a run was left as it was", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "d", What: work.Deployment, Title: "19.0.1 to production", Change: &work.Change{Environment: "production", To: build.Build{Version: v}}}, event.RunEnded{Run: "d", Outcome: work.Interrupted})
		}, prod: []string{"interrupted@production: 19.0.1 to production was interrupted (rollback)"}},
		{name: "and what is live was adopted since", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "d", What: work.Deployment, Change: &work.Change{Environment: "production", To: build.Build{Version: v}}}, event.RunEnded{Run: "d", Outcome: work.Interrupted}).live("production")
		}},
		{name: "and another came through since", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "d", What: work.Deployment, Change: &work.Change{Environment: "production", To: build.Build{Version: v}}}, event.RunEnded{Run: "d", Outcome: work.Interrupted}).out("e", "production", "1", v)
		}},
		{name: "and somebody lifted it, for any version", happened: func(h *scenario) {
			h.add(event.RunStarted{Run: "d", What: work.Deployment, Change: &work.Change{Environment: "production", To: build.Build{Version: v}}}, event.RunEnded{Run: "d", Outcome: work.Interrupted},
				event.HoldLifted{Hold: event.HeldByInterrupted, Environment: "production", Claim: "run/d"})
		}},
		{name: "a pin", happened: func(h *scenario) {
			h.back("b", "production", "2", "1", nil).add(event.RunEnded{Run: "b", Outcome: work.Interrupted}, event.EnvironmentUnlocked{Environment: "production", Claim: "run/b"}, event.EnvironmentLocked{Environment: "production", Claim: history.PinClaim("production")})
		}, prod: []string{"interrupted@production: production back to 1 was interrupted (rollback)", "pin@production: The platform keeps production pinned (rollback)"}},
		{name: "a pin that the platform tells of", happened: func(h *scenario) {
			h.add(event.PlatformObserved{Environment: "production", Build: build.Build{Version: v, Deployment: "d"}, Pinned: true})
		}, prod: []string{"pin@production: The platform keeps production pinned (rollback)"}},
		{name: "a pin that is gone", happened: func(h *scenario) {
			h.add(event.PlatformObserved{Environment: "production", Build: build.Build{Version: v, Deployment: "d"}, Pinned: true}, event.PlatformObserved{Environment: "production", Build: build.Build{Version: v, Deployment: "d"}})
		}},
		{name: "a critical alert, though somebody looks after it", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").add(event.IncidentAcknowledged{Incident: "i1", By: "U0CALL"})
		}, prod: []string{"alert:i1: An alert is firing (alerts)"}},
		{name: "a warning holds nothing", happened: func(h *scenario) { h.fire("i1", "production", "warning", "a") }},
		{name: "an alert that names no environment holds nothing", happened: func(h *scenario) { h.fire("i1", "", "critical", "a") }},
		{name: "it resolved", happened: func(h *scenario) { h.fire("i1", "production", "critical", "a").quiet("i1", "a") }},
		{name: "the critical one of two resolved", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").fire("i1", "production", "warning", "b").quiet("i1", "a")
		}},
		{name: "its lift covers it", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").lift(event.HeldByAlert, "production", v)
		}},
		{name: "for that version alone", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").lift(event.HeldByAlert, "production", "19.0.0")
		},
			prod: []string{"alert:i1: An alert is firing (alerts)"}},
		{name: "and not what joins it later", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").lift(event.HeldByAlert, "production", v).fire("i1", "production", "critical", "b")
		}, prod: []string{"alert:i1: An alert is firing (alerts)"}},
		{name: "until it ends: it fires again", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").fire("i1", "production", "warning", "b").lift(event.HeldByAlert, "production", v).quiet("i1", "a").fire("i1", "production", "critical", "a")
		}, prod: []string{"alert:i1: An alert is firing (alerts)"}},
		{name: "nor the next incident", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").lift(event.HeldByAlert, "production", v).fire("i2", "production", "critical", "c")
		}, prod: []string{"alert:i2: An alert is firing (alerts)"}},
		{name: "a trigger over its limit", happened: func(h *scenario) {
			h.add(event.TriggerTripped{Incident: "t", Environment: "production", Trigger: "slow", Problem: alert.OverLimit})
		}, prod: []string{"alert:t: An alert is firing (alerts)"}},
		{name: "a trigger over its limit, lifted", happened: func(h *scenario) {
			h.add(event.TriggerTripped{Incident: "t", Environment: "production", Trigger: "slow", Problem: alert.OverLimit}).lift(event.HeldByAlert, "production", v)
		}},
		{name: "a trigger that measures nothing says nothing of the release", happened: func(h *scenario) {
			h.add(event.TriggerTripped{Incident: "t", Environment: "production", Trigger: "slow", Problem: alert.Unmeasurable})
		}},
		{name: "a false alarm lifts what the incident holds", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").back("b", "production", v, "19.0.0", func(c *work.Change) { c.Incident = "i1" }).kept("b", "production", v, "19.0.0").
				add(event.FalseAlarmDeclared{Incident: "i1", By: "U0CALL", Reason: "a load test"})
		}},
		{name: "and nothing else", happened: func(h *scenario) {
			h.fire("i1", "production", "critical", "a").back("b", "production", v, "19.0.0", nil).kept("b", "production", v, "19.0.0").
				add(event.FalseAlarmDeclared{Incident: "i1", By: "U0CALL", Reason: "a load test"})
		}, prod: []string{"rolled-back@production: 19.0.1 was rolled back on production (release)"}},
		{name: "a person's freeze", happened: func(h *scenario) {
			h.add(event.EnvironmentFrozen{Environment: "production", Claim: "k", By: "U0PM", Reason: "the fair", Until: h.now.Add(time.Hour)})
		}, prod: []string{"freeze@production: production is frozen (lock)"}},
		{name: "ends by itself", happened: func(h *scenario) {
			h.add(event.EnvironmentFrozen{Environment: "production", Claim: "k", Until: h.now.Add(time.Hour)}).wait(time.Hour)
		}},
		{name: "or by hand", happened: func(h *scenario) {
			h.add(event.EnvironmentFrozen{Environment: "production", Claim: "k", Until: h.now.Add(time.Hour)}, event.EnvironmentThawed{Environment: "production", Claim: "k"})
		}},
		{name: "an earlier freeze's end is not this one's", happened: func(h *scenario) {
			h.add(event.EnvironmentFrozen{Environment: "production", Claim: "k2", Until: h.now.Add(time.Hour)}, event.EnvironmentThawed{Environment: "production", Claim: "k"})
		}, prod: []string{"freeze@production: production is frozen (lock)"}},
		{name: "a freeze is passed until a time", happened: func(h *scenario) {
			until := h.now.Add(2 * time.Hour)
			h.add(event.EnvironmentFrozen{Environment: "production", Claim: "k", Until: until}, event.HoldLifted{Hold: event.HeldByFreeze, Environment: "production", Claim: "frozen/k", Version: v, Until: h.now.Add(time.Hour)})
		}},
		{name: "by the version that it was passed for", happened: func(h *scenario) {
			until := h.now.Add(2 * time.Hour)
			h.add(event.EnvironmentFrozen{Environment: "production", Claim: "k", Until: until}, event.HoldLifted{Hold: event.HeldByFreeze, Environment: "production", Claim: "frozen/k", Version: "19.0.0", Until: h.now.Add(time.Hour)})
		}, prod: []string{"freeze@production: production is frozen (lock)"}},
		{name: "and no longer", happened: func(h *scenario) {
			until := h.now.Add(time.Hour)
			h.add(event.EnvironmentFrozen{Environment: "production", Claim: "k", Until: h.now.Add(2 * time.Hour)}, event.HoldLifted{Hold: event.HeldByFreeze, Environment: "production", Claim: "frozen/k", Version: v, Until: until})
			h.now = until
		}, prod: []string{"freeze@production: production is frozen (lock)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(chain())
			tt.happened(h)
			for env, want := range map[string][]string{"dev": tt.dev, "staging": tt.staging, "production": tt.prod} {
				if diff := cmp.Diff(want, said(h.view().Holds(env))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", env, diff)
				}
				blockers := slices.DeleteFunc(h.view().Decide(env).Blockers, func(b Blocker) bool { return b.Kind != BlockedByHold })
				if len(blockers) != len(want) || len(want) > 0 && h.view().Decide(env).Go {
					t.Errorf("the decision for %s has %d holds, and is GO: %t; want %d", env, len(blockers), h.view().Decide(env).Go, len(want))
				}
			}
		})
	}
}

// Configured windows hold where they are named, while they last, and can be
// passed by one version until a time.
func TestConfiguredFreezeHolds(t *testing.T) {
	list := chain()
	list.Freezes = []checklist.Freeze{{ID: "fair", Title: "The fair", Environments: []string{"production"}, Zone: time.UTC, Weekly: true, From: on(time.Monday, 10, 0), To: on(time.Monday, 12, 0)}}
	h := begin(list)
	held := func(at time.Time, environment string) []string {
		v := h.view()
		v.Now = at
		return said(v.Holds(environment))
	}
	ten, twelve := monday.Add(time.Hour), monday.Add(3*time.Hour)
	want := []string{"freeze:fair@production: production is frozen (lock)"}
	for at, want := range map[time.Time][]string{ten.Add(-1): nil, ten: want, twelve.Add(-1): want, twelve: nil} {
		if diff := cmp.Diff(want, held(at, "production")); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", at, diff)
		}
	}
	if got := held(ten, "staging"); got != nil {
		t.Errorf("staging, which it does not name, is held by %q", got)
	}
	h.add(event.HoldLifted{Hold: event.HeldByFreeze, Environment: "production", Claim: "freeze:fair", Version: "19.0.1", Until: ten.Add(30 * time.Minute), By: "U0PM", Reason: "the log-in is broken"})
	for at, want := range map[time.Time][]string{ten: nil, ten.Add(30*time.Minute - 1): nil, ten.Add(30 * time.Minute): want} {
		if diff := cmp.Diff(want, held(at, "production")); diff != "" {
			t.Errorf("passed, at %s (-want +got):\n%s", at, diff)
		}
	}
}

func TestSeveritiesThatHold(t *testing.T) {
	for _, tt := range []struct {
		configured []string
		severity   string
		want       bool
	}{
		{nil, "critical", true}, {nil, " Critical ", true}, {nil, "error", false}, {nil, "", false},
		{[]string{"page", "error"}, "error", true}, {[]string{"page", "error"}, "critical", false}, {[]string{}, "critical", false},
	} {
		list := chain()
		list.HoldingSeverities = tt.configured
		h := begin(list).fire("i1", "production", tt.severity, "a")
		if got := len(h.view().Holds("production")) > 0; got != tt.want {
			t.Errorf("an alert of severity %q holds where %q do: %t, want %t", tt.severity, tt.configured, got, tt.want)
		}
	}
}

// One message may end alerts of several incidents. A lift covers an alert until it
// ends, wherever that was told.
func TestLiftsEndWithTheirAlerts(t *testing.T) {
	h := begin(chain()).fire("i1", "production", "critical", "a").fire("i2", "production", "critical", "b", "c").lift(event.HeldByAlert, "production", "19.0.1")
	if holds := h.view().HoldsOf("production", "19.0.1"); slices.ContainsFunc(holds, func(x Hold) bool { return x.Lift == nil }) {
		t.Fatalf("the lifts do not cover %v", said(holds))
	}
	h.quiet("i1", "a", "b").fire("i2", "production", "critical", "b")
	if holds := h.view().Holds("production"); len(holds) != 1 || holds[0].Incident != "i2" {
		t.Errorf("b fires again, and %v hold", said(holds))
	}
}

// A group that is cut may have severe alerts that no message names. They hold
// until they are known to be over, and a lift covers those that there were.
func TestUnnamedAlertsHold(t *testing.T) {
	h := begin(chain()).fire("i1", "production", "critical", "a", "b")
	cut := func(unnamed int, alerts ...alert.Alert) {
		h.add(event.AlertsReceived{Incident: "i1", Environment: "production", Title: "HighErrorRate", Delivery: alert.Delivery{GroupKey: "gi1", Unnamed: unnamed, Alerts: alerts}})
	}
	ended := func(print string) alert.Alert {
		return alert.Alert{Fingerprint: print, Status: alert.Resolved, StartsAt: h.now, EndsAt: h.now.Add(time.Second)}
	}
	holds := func(when string, want bool) {
		t.Helper()
		if got := len(h.view().Holds("production")) > 0; got != want {
			t.Errorf("%s: holds %t, want %t", when, got, want)
		}
		if _, waits := h.view().OnCall().Waits("incident/i1"); waits != h.state.Incidents["i1"].Firing() {
			t.Errorf("%s: waits for a person: %t", when, waits)
		}
	}
	h.lift(event.HeldByAlert, "production", "19.0.1")
	holds("a and b are lifted", false)
	cut(3)
	holds("three more fire that are not named", true)
	cut(3, ended("a"), ended("b"))
	holds("a and b are over", true)
	h.lift(event.HeldByAlert, "production", "19.0.1")
	cut(3)
	holds("the three are lifted", false)
	h.fire("i1", "production", "critical", "c")
	holds("another one fires", true)
	cut(0, ended("c"))
	holds("all is over", false)
}

// A false alarm is about what fired when it was declared. What fires since in
// the same group holds, and waits for somebody from when it was told.
func TestWhatFiresAfterAFalseAlarmHolds(t *testing.T) {
	h := begin(chain()).fire("i1", "production", "critical", "a")
	dismiss := func() { h.add(event.FalseAlarmDeclared{Incident: "i1", By: "U0CALL", Reason: "a load test"}) }
	holds := func(when string, want bool) (waits history.Unanswered) {
		t.Helper()
		if got := len(h.view().Holds("production")) > 0; got != want {
			t.Errorf("%s: holds %t, want %t", when, got, want)
		}
		u, asks := h.view().OnCall().Waits("incident/i1")
		if asks != want {
			t.Errorf("%s: waits for a person: %t, want %t", when, asks, want)
		}
		return u
	}
	dismiss()
	holds("a was a false alarm", false)
	h.fire("i1", "production", "warning", "w")
	holds("a warning joins it", false)
	h.fire("i1", "production", "critical", "b")
	if u := holds("b fires", true); !u.Since.Equal(h.now) {
		t.Errorf("b waits since %s, want %s", u.Since, h.now)
	}
	h.quiet("i1", "a")
	holds("a is over", true)
	dismiss()
	holds("b was one, too", false)
	h.fire("i1", "production", "critical", "a")
	holds("a fires again", true)
}

// Each hold says who or what, since when, until when, and what it takes to
// lift it.
func TestAHoldSaysAllThereIsToKnow(t *testing.T) {
	h := begin(chain())
	h.add(event.EnvironmentLocked{Environment: "production", Claim: "k", By: "U0DEV", Reason: "database work"},
		event.EnvironmentFrozen{Environment: "production", Claim: "f", By: "U0PM", Reason: "the fair", Until: h.now.Add(time.Hour)})
	h.fire("i1", "production", "critical", "a").back("b", "production", "19.0.1", "19.0.0", func(c *work.Change) { c.Reason, c.Incident = "", "i1" }).
		kept("b", "production", "19.0.1", "19.0.0")
	h.add(event.RunStarted{Run: "x", What: work.Deployment, Title: "19.0.1 to production", By: "U0DEV", Change: &work.Change{Environment: "production"}}, event.RunEnded{Run: "x", Outcome: work.Interrupted, Reason: "a person left it as it is"})
	h.add(event.EnvironmentLocked{Environment: "production", Claim: history.PinClaim("production"), By: "U0CALL"})
	var kinds []event.HoldKind
	for _, hold := range h.view().Holds("production") {
		kinds = append(kinds, hold.Kind)
		if hold.ID == "" || hold.What == "" || hold.Since.IsZero() || hold.Until.IsZero() == (hold.Ends == "") || hold.Permission == "" || hold.By+hold.Reason == "" {
			t.Errorf("%+v leaves something out", hold)
		}
		if word, _, _ := strings.Cut(strings.Replace(hold.ID, ":", "@", 1), "@"); word != string(hold.Kind) {
			t.Errorf("%s is typed as %s", hold.Kind, hold.ID)
		}
	}
	if want := []event.HoldKind{event.HeldByInterrupted, event.HeldByPin, event.HeldByReturn, event.HeldByAlert, event.HeldByFreeze, event.HeldByLock}; !slices.Equal(kinds, want) {
		t.Errorf("holds are in the order %q, want %q", kinds, want)
	}
}

// Neither a rollback, nor that it was a false alarm or a rehearsal, ends an
// approval: what was approved may go out once nothing holds it.
func TestHoldsEndNoApproval(t *testing.T) {
	roles, rules := board()
	list := chain()
	list.Roles, list.SignOffs = roles, rules
	for name, end := range map[string]func(h *scenario){
		"false alarm": func(h *scenario) {
			h.add(event.FalseAlarmDeclared{Incident: "i1", By: "U0CALL", Reason: "a load test"})
		},
		"lift": func(h *scenario) { h.quiet("i1", "a").lift(event.HeldByReturn, "production", "19.0.1") },
	} {
		h := begin(fresh(list)).live("dev").live("staging").approveAll()
		h.fire("i1", "production", "critical", "a").back("b", "production", "19.0.1", "19.0.0", func(c *work.Change) { c.Incident = "i1" }).kept("b", "production", "19.0.1", "19.0.0")
		if h.view().Decide("production").Go {
			t.Errorf("%s: GO while it is held", name)
		}
		end(h)
		if d := h.view().Decide("production"); !d.Go {
			t.Errorf("%s: still NO-GO: %q", name, reasons(d))
		}
	}
	h := begin(fresh(list)).live("dev").live("staging").approveAll().out("d", "production", "19.0.0", "19.0.1")
	h.back("b", "production", "19.0.1", "19.0.0", func(c *work.Change) { c.Rehearsal = true }).kept("b", "production", "19.0.1", "19.0.0")
	if d := h.view().Decide("production"); !d.Go {
		t.Errorf("after a rehearsal: NO-GO: %q", reasons(d))
	}
	if good := h.state.Good["production"]; !slices.ContainsFunc(good, func(l history.Live) bool { return l.Version == "19.0.1" }) {
		t.Errorf("a rehearsal took 19.0.1 out of the good versions %+v", good)
	}
}
