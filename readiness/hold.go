package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Hold is one reason why a version, or anything at all, must not be deployed to an
// environment now. Holds make NO-GO. They are checked at every start and after every
// wait; from a run's first write to the platform to its last no new hold stops it. A
// rollback ignores them, and says which.
type Hold struct {
	Kind        event.HoldKind
	ID          string // what people type for it: "lock@production"
	Claim       string // distinguishes it from an earlier hold with the same ID; a lift names it
	Environment string // where it was made; a version is also held on the environments after that
	Version     string // the version that it holds; empty: any
	For         string // the version that was asked about
	What        string // what holds, as the beginning of a sentence
	Reason      string // why, as people wrote it; may be empty
	By          string // who made it; empty: nobody in particular
	Since       time.Time
	Until       time.Time     // when it ends by itself; zero: no time is set
	Ends        string        // what ends it if no time does: "it resolves"
	Permission  string        // the permission to lift it
	Run         string        // for a hold by a run: the run
	Incident    string        // for a hold by an alert: the incident
	Alerts      []string      // for a hold by alerts: the fingerprints of those that hold
	Lift        *history.Lift // why it doesn't hold this version; nil: it does
}

// Passed is the hold as recorded by a rollback that ignores it.
func (h Hold) Passed() work.PassedHold {
	return work.PassedHold{Hold: h.ID, What: h.What, Reason: h.Reason, By: h.By, Since: h.Since}
}

var holdKinds = []event.HoldKind{event.HeldByRollback, event.HeldByInterrupted, event.HeldByPin, event.HeldByReturn, event.HeldByAlert, event.HeldByFreeze, event.HeldByLock}

// Open reports whether a run that isn't over causes it: such a hold ends with an answer
// to the run, and is not lifted.
func (h Hold) Open(s *history.State) bool {
	run := s.Runs[h.Run]
	return run != nil && run.Open()
}

// coveredBy reports whether a lift covers a hold for a version now.
func (h Hold) coveredBy(l history.Lift, version string, now time.Time) bool {
	return l.Claim == h.Claim && l.Environment == h.Environment && (l.Version == "" || l.Version == version) && (l.Until.IsZero() || now.Before(l.Until))
}

// Holds lists what holds the release back on an environment now.
func (v View) Holds(environment string) []Hold {
	return slices.DeleteFunc(v.HoldsOf(environment, v.version()), func(h Hold) bool { return h.Lift != nil })
}

// LiftedHolds lists what would hold the release back on an environment if
// nobody had lifted it.
func (v View) LiftedHolds(environment string) []Hold {
	return slices.DeleteFunc(v.HoldsOf(environment, v.version()), func(h Hold) bool { return h.Lift == nil })
}

func (v View) version() string {
	if r := v.Release(); r != nil {
		return r.Version
	}
	return ""
}

// HoldsOf lists what holds a version back on an environment, lifted or not, the most
// urgent first.
func (v View) HoldsOf(environment, version string) []Hold {
	holds := slices.Concat(v.runHolds(environment), v.lockHolds(environment), v.returnHolds(environment, version),
		v.alertHolds(environment), v.freezeHolds(environment))
	for i := range holds {
		holds[i].Permission, holds[i].For = holds[i].Kind.Permission(), version
		v.lifted(&holds[i], version)
	}
	slices.SortStableFunc(holds, func(a, b Hold) int {
		return cmp.Or(slices.Index(holdKinds, a.Kind)-slices.Index(holdKinds, b.Kind), a.Since.Compare(b.Since), strings.Compare(a.ID, b.ID))
	})
	return holds
}

// lifted finds out whether a hold was lifted for a version. One by alerts is lifted if
// each of them is covered.
func (v View) lifted(h *Hold, version string) {
	for _, l := range v.State.Lifts {
		if !h.coveredBy(l, version, v.Now) {
			continue
		}
		h.Alerts = slices.DeleteFunc(h.Alerts, func(print string) bool { return slices.Contains(l.Alerts, print) })
		if len(h.Alerts) == 0 {
			h.Lift = &l
		}
	}
}

// runHolds are the rollback under way, and a run whose outcome is not known.
func (v View) runHolds(environment string) []Hold {
	run := v.State.LastChange(environment, v.Now)
	if under := v.State.Changing(environment); under != nil {
		run = under
	}
	if run == nil {
		return nil
	}
	h := Hold{Environment: environment, Claim: "run/" + run.ID, By: run.By, Since: run.Started, Run: run.ID}
	switch asked := run.Asked; {
	case asked != nil && asked.Interrupted:
		h.Kind, h.What, h.Reason, h.Ends, h.Since = event.HeldByInterrupted, run.Title+" is interrupted", asked.Why, "a person says how it goes on", asked.At
	case run.Outcome == work.Interrupted && !v.State.AdoptedSince(environment, run.Ended):
		h.Kind, h.What, h.Reason, h.Ends, h.Since = event.HeldByInterrupted, run.Title+" was interrupted", run.Reason, "another run completes, or what is live is adopted", run.Ended
	case !run.Open() || run.What != work.Rollback:
		return nil
	case asked != nil:
		h.Kind, h.What, h.Ends, h.Since = event.HeldByRollback, fmt.Sprintf("The rollback of %s is not decided", environment), "a person keeps "+run.Change.To.Version+" or returns to "+run.Change.From.Version, asked.At
	default:
		h.Kind, h.What, h.Ends = event.HeldByRollback, fmt.Sprintf("A rollback of %s to %s is under way", environment, run.Change.To.Version), "it is over and decided"
	}
	h.ID = string(h.Kind) + "@" + environment
	return []Hold{h}
}

// lockHolds are people's locks, and the pin that a rollback left.
func (v View) lockHolds(environment string) []Hold {
	var holds []Hold
	lock, locked := v.State.Locks[environment]
	for l := &lock; locked && l != nil; l = l.Under {
		switch {
		case l.Claim == history.PinClaim(environment) && v.State.Changing(environment) == nil:
			holds = append(holds, Hold{Kind: event.HeldByPin, ID: "pin@" + environment, Claim: l.Claim, Environment: environment, What: "The platform keeps " + environment + " pinned",
				Reason: "a rollback ended without a decision", By: l.By, Since: l.At, Ends: "a person keeps that version or returns"})
		case l.Run == "" && l.Claim != history.PinClaim(environment) && !l.Over(v.Now):
			holds = append(holds, Hold{Kind: event.HeldByLock, ID: "lock@" + environment, Claim: "lock/" + l.Claim, Environment: environment, What: environment + " is locked",
				Reason: l.Reason, By: l.By, Since: l.At, Until: l.Until, Ends: "somebody unlocks it"})
		}
	}
	return append(holds, v.observedPin(environment)...)
}

// observedPin is a pin that the platform reports and that no rollback here has left.
func (v View) observedPin(environment string) []Hold {
	o := v.State.Observed[environment]
	if env, _ := v.Checklist.Environment(environment); !o.Pinned || o.App != env.App || v.State.Changing(environment) != nil || v.State.Pinned(environment) {
		return nil
	}
	return []Hold{{Kind: event.HeldByPin, ID: "pin@" + environment, Claim: history.PinClaim(environment), Environment: environment, What: "The platform keeps " + environment + " pinned",
		Reason: "somebody rolled it back outside gonogo", Since: o.At, Ends: "a person keeps that version or returns"}}
}

// returnHolds hold a version that was rolled back: here, or on an environment before
// this one.
func (v View) returnHolds(environment, version string) []Hold {
	var holds []Hold
	for _, earlier := range v.Checklist.UpTo(environment) {
		w, back := v.State.RolledBack[history.Place{Environment: earlier, Version: version}]
		if !back || version == "" {
			continue
		}
		h := Hold{Kind: event.HeldByReturn, ID: "rolled-back@" + earlier, Claim: w.Claim(), Environment: earlier, Version: version,
			What: fmt.Sprintf("%s was rolled back on %s", version, earlier), Reason: w.Reason, By: w.By, Since: w.At, Ends: "somebody says why it may go out again"}
		if w.Run == "" {
			h.What, h.Reason = fmt.Sprintf("%s was rolled back on %s outside gonogo", version, earlier), "somebody rolled it back outside gonogo, and gave no reason here"
		}
		if i := v.State.Incidents[w.Incident]; i != nil && h.Reason == "" {
			h.Reason = i.Title
		}
		holds = append(holds, h)
	}
	return holds
}

// alertHolds are the severe alerts that fire on an environment, including those of a
// group that fires on several. Acknowledging one does not end it.
func (v View) alertHolds(environment string) []Hold {
	var holds []Hold
	for _, i := range v.State.Incidents {
		if !i.Firing() || environment == "" || i.Dismissed() {
			continue
		}
		alerts := alertsOn(i, environment, i.Undismissed(i.Severe(v.Checklist.Severities())))
		if len(alerts) == 0 && (i.Trigger == "" || i.Problem != alert.OverLimit || i.Environment != environment) {
			continue
		}
		id := "alert:" + i.ID
		if i.Environment != environment {
			id += "@" + environment
		}
		holds = append(holds, Hold{Kind: event.HeldByAlert, ID: id, Claim: "alert/" + i.ID, Environment: environment, What: "An alert is firing", Reason: i.Title,
			Since: i.Began, Ends: "it resolves", Incident: i.ID, Alerts: alerts})
	}
	return holds
}

// alertsOn leaves out the alerts that do not name an environment.
func alertsOn(i *history.Incident, environment string, prints []string) []string {
	return slices.DeleteFunc(prints, func(print string) bool { return cmp.Or(i.Records[print].Place, i.Environment) != environment })
}

// freezeHolds are the configuration's freezes that are active now, and a person's
// freeze.
func (v View) freezeHolds(environment string) []Hold {
	var holds []Hold
	for _, f := range v.Checklist.Freezes {
		if since, until, ok := f.Holds(v.Now); ok && slices.Contains(f.Environments, environment) {
			id := fmt.Sprintf("freeze:%s@%s", f.ID, environment)
			holds = append(holds, Hold{Kind: event.HeldByFreeze, ID: id, Claim: "freeze:" + f.ID, Environment: environment, What: environment + " is frozen", Reason: f.Title, Since: since, Until: until})
		}
	}
	if f, ok := v.State.Frozen[environment]; ok && v.Now.Before(f.Until) {
		holds = append(holds, Hold{Kind: event.HeldByFreeze, ID: "freeze@" + environment, Claim: "frozen/" + f.Claim, Environment: environment, What: environment + " is frozen",
			Reason: f.Reason, By: f.By, Since: f.At, Until: f.Until})
	}
	return holds
}

// holdBlockers are the holds of an environment as blockers.
func (v View) holdBlockers(environment string) []Blocker {
	var blockers []Blocker
	for _, h := range v.Holds(environment) {
		blockers = append(blockers, Blocker{Kind: BlockedByHold, Environment: environment, Title: h.What, Reason: h.why(v.Checklist.TimeZone()), Hold: &h})
	}
	return blockers
}

// why says in a few words why and until when it holds, in a time zone.
func (h Hold) why(zone *time.Location) string {
	until := "until " + h.Ends
	if !h.Until.IsZero() {
		until = "until " + phrase.Moment(h.Until, zone)
	}
	if h.Reason == "" {
		return until
	}
	return h.Reason + ", " + until
}
