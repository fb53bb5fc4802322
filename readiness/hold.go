package readiness

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Hold is one reason why a version, or anything at all, must not go out to an
// environment now. Holds make NO-GO. They are judged at every start and after
// every wait; from a run's first write to the platform to its last no new hold
// stops it. A rollback passes them, and says which.
type Hold struct {
	Kind        HoldKind
	ID          string // what people type to name it: "lock@production"
	Claim       string // tells it from an earlier hold of the same ID; a lift names it
	Environment string // where it was made; a version is also held in what comes after
	Version     string // what it holds; empty: whatever goes out
	For         string // the version that was asked about
	What        string // what holds, as the beginning of a sentence
	Reason      string // why, in people's words; may be empty
	By          string // who made it; empty: nobody in particular
	Since       time.Time
	Until       time.Time // when it ends by itself; zero: no time is set
	Ends        string    // what ends it where no time does: "it resolves"
	Permission  string    // what it takes to lift it
	Run         string    // of a hold by a run: which
	Incident    string    // of a hold by an alert: which
	Alerts      []string  // of a hold by alerts: the fingerprints of those that hold
	Lift        *Lift     // why it does not hold this version; nil: it does
}

// Passed is the hold as a rollback that goes past it records it.
func (h Hold) Passed() PassedHold {
	return PassedHold{Hold: h.ID, What: h.What, Reason: h.Reason, By: h.By, Since: h.Since}
}

// HoldKind says what sort of thing holds.
type HoldKind string

// The kinds of holds, the most pressing first.
const (
	HeldByRollback    HoldKind = "undecided"   // a rollback that is under way or waits for Keep or Return
	HeldByInterrupted HoldKind = "interrupted" // a run of which it is not known what it did
	HeldByPin         HoldKind = "pin"         // the platform takes no deployment after a rollback
	HeldByReturn      HoldKind = "rolled-back" // the version was rolled back
	HeldByAlert       HoldKind = "alert"       // a severe alert fires
	HeldByFreeze      HoldKind = "freeze"
	HeldByLock        HoldKind = "lock"
)

var holdKinds = []HoldKind{HeldByRollback, HeldByInterrupted, HeldByPin, HeldByReturn, HeldByAlert, HeldByFreeze, HeldByLock}

// Permission is what it takes to lift a hold of a kind.
func (k HoldKind) Permission() string {
	switch k {
	case HeldByLock, HeldByFreeze:
		return "lock"
	case HeldByAlert:
		return "alerts"
	case HeldByReturn:
		return "release"
	}
	return "rollback"
}

// Open reports whether it is held by a run that is not over: such a hold ends
// with an answer to the run, and is not lifted.
func (h Hold) Open(s *State) bool {
	run := s.Runs[h.Run]
	return run != nil && run.Open()
}

// Lift is a person's word that a hold does not count, with the reason.
type Lift struct {
	Environment, Claim string
	Version            string    // the version that may pass; empty: any
	Alerts             []string  // of an alert's hold: the fingerprints that it covers until they end
	Until              time.Time // zero: as long as the hold
	By, Reason         string
	Deputy             string // role for which By acted as a deputy; empty: as a holder
	At                 time.Time
}

// coveredBy reports whether a lift speaks of a hold and a version now.
func (h Hold) coveredBy(l Lift, version string, now time.Time) bool {
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

// HoldsOf lists what holds a version back on an environment, lifted or not, the
// most pressing first.
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

// lifted finds out whether a hold was lifted for a version. One by alerts is
// once each of them is covered.
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

// runHolds are the rollback under way, and the run of which it is not known
// what it did.
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
		h.Kind, h.What, h.Reason, h.Ends, h.Since = HeldByInterrupted, run.Title+" is interrupted", asked.Why, "a person says how it goes on", asked.At
	case run.Outcome == Interrupted && !v.State.AdoptedSince(environment, run.Ended):
		h.Kind, h.What, h.Reason, h.Ends, h.Since = HeldByInterrupted, run.Title+" was interrupted", run.Reason, "another run completes, or what is live is adopted", run.Ended
	case !run.Open() || run.What != RunRollback:
		return nil
	case asked != nil:
		h.Kind, h.What, h.Ends, h.Since = HeldByRollback, fmt.Sprintf("The rollback of %s is not decided", environment), "a person keeps "+run.Change.To.Version+" or returns to "+run.Change.From.Version, asked.At
	default:
		h.Kind, h.What, h.Ends = HeldByRollback, fmt.Sprintf("A rollback of %s to %s is under way", environment, run.Change.To.Version), "it is over and decided"
	}
	h.ID = string(h.Kind) + "@" + environment
	return []Hold{h}
}

// AdoptedSince reports whether a person has said since a moment what is live.
func (s *State) AdoptedSince(environment string, at time.Time) bool {
	live := s.Live[environment]
	return live.Run == "" && live.By != "" && !live.At.Before(at)
}

// lockHolds are the locks that people took, and the pin that a rollback left.
func (v View) lockHolds(environment string) []Hold {
	var holds []Hold
	lock, locked := v.State.Locks[environment]
	for l := &lock; locked && l != nil; l = l.Under {
		switch {
		case l.Claim == PinClaim(environment) && v.State.Changing(environment) == nil:
			holds = append(holds, Hold{Kind: HeldByPin, ID: "pin@" + environment, Claim: l.Claim, Environment: environment, What: "The platform keeps " + environment + " pinned",
				Reason: "a rollback ended without a decision", By: l.By, Since: l.At, Ends: "a person keeps that version or returns"})
		case l.Run == "" && l.Claim != PinClaim(environment):
			holds = append(holds, Hold{Kind: HeldByLock, ID: "lock@" + environment, Claim: "lock/" + l.Claim, Environment: environment, What: environment + " is locked",
				Reason: l.Reason, By: l.By, Since: l.At, Ends: "somebody unlocks it"})
		}
	}
	return append(holds, v.observedPin(environment)...)
}

// observedPin is a pin that the platform tells of, and that no rollback here has
// left.
func (v View) observedPin(environment string) []Hold {
	o := v.State.Observed[environment]
	if env, _ := v.Checklist.Environment(environment); !o.Pinned || o.App != env.App || v.State.Changing(environment) != nil || v.State.Pinned(environment) {
		return nil
	}
	return []Hold{{Kind: HeldByPin, ID: "pin@" + environment, Claim: PinClaim(environment), Environment: environment, What: "The platform keeps " + environment + " pinned",
		Reason: "somebody rolled it back outside gonogo", Since: o.At, Ends: "a person keeps that version or returns"}}
}

// returnHolds are what holds a version that was rolled back: here, or in what
// comes before.
func (v View) returnHolds(environment, version string) []Hold {
	var holds []Hold
	for _, earlier := range v.Checklist.UpTo(environment) {
		w, back := v.State.RolledBack[Place{earlier, version}]
		if !back || version == "" {
			continue
		}
		h := Hold{Kind: HeldByReturn, ID: "rolled-back@" + earlier, Claim: w.Claim(), Environment: earlier, Version: version,
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

// UpTo lists an environment and all that come before it.
func (c *Checklist) UpTo(environment string) []string {
	all := []string{environment}
	for i := 0; i < len(all); i++ {
		env, _ := c.Environment(all[i])
		for _, earlier := range env.After {
			if !slices.Contains(all, earlier) {
				all = append(all, earlier)
			}
		}
	}
	return all
}

// alertHolds are the severe alerts that fire on an environment, also those of a
// group that fires on several. That somebody looks after one does not end it.
func (v View) alertHolds(environment string) []Hold {
	var holds []Hold
	for _, i := range v.State.Incidents {
		if !i.Firing() || environment == "" || i.Dismissed() {
			continue
		}
		alerts := alertsOn(i, environment, i.Undismissed(i.Severe(v.Checklist.Severities())))
		if len(alerts) == 0 && (i.Trigger == "" || i.Problem != OverLimit || i.Environment != environment) {
			continue
		}
		id := "alert:" + i.ID
		if i.Environment != environment {
			id += "@" + environment
		}
		holds = append(holds, Hold{Kind: HeldByAlert, ID: id, Claim: "alert/" + i.ID, Environment: environment, What: "An alert is firing", Reason: i.Title,
			Since: i.Began, Ends: "it resolves", Incident: i.ID, Alerts: alerts})
	}
	return holds
}

// alertsOn leaves out the alerts that do not name an environment.
func alertsOn(i *Incident, environment string, prints []string) []string {
	return slices.DeleteFunc(prints, func(print string) bool { return cmp.Or(i.Records[print].Place, i.Environment) != environment })
}

// Severities are those whose alerts hold.
func (c *Checklist) Severities() []string {
	if c.HoldingSeverities == nil {
		return []string{DefaultSeverity}
	}
	return c.HoldingSeverities
}

// unnamedIn names, in a list of fingerprints, the alerts of a group that no
// message named.
const unnamedIn = "unnamed in "

// Severe lists the fingerprints of the firing alerts of some severities. Where
// one of those was among them, it counts alerts that no message named as severe.
func (i *Incident) Severe(severities []string) []string {
	var prints []string
	for _, print := range slices.Sorted(maps.Keys(i.Alerts)) {
		if a := i.Alerts[print]; a.Firing() && slices.Contains(severities, strings.ToLower(strings.TrimSpace(a.Labels["severity"]))) {
			prints = append(prints, print)
		}
	}
	if slices.Contains(severities, i.Worst) {
		for _, group := range slices.Sorted(maps.Keys(i.Unnamed)) {
			prints = append(prints, unnamedIn+group)
		}
	}
	return prints
}

// Undismissed leaves out what was firing when the incident was declared a false
// alarm. What fires since, nobody has spoken of.
func (i *Incident) Undismissed(prints []string) []string {
	return slices.DeleteFunc(prints, func(print string) bool { return i.FalseAlarm != nil && i.Records[print].Told.Before(i.FalseAlarm.At) })
}

// Dismissed reports whether it was declared a false alarm, and nothing fires
// that was not firing then.
func (i *Incident) Dismissed() bool {
	var firing []string
	for print, a := range i.Alerts {
		if a.Firing() {
			firing = append(firing, print)
		}
	}
	return i.FalseAlarm != nil && len(i.Undismissed(firing)) == 0
}

// Fires reports whether an alert, by its fingerprint as [Incident.Severe] lists
// it, still fires.
func (i *Incident) Fires(print string) bool {
	if group, unnamed := strings.CutPrefix(print, unnamedIn); unnamed {
		return i.Unnamed[group].Count > 0
	}
	return i.Alerts[print].Firing()
}

// freezeHolds are the windows of the configuration that hold now, and a
// person's freeze.
func (v View) freezeHolds(environment string) []Hold {
	var holds []Hold
	for _, f := range v.Checklist.Freezes {
		if since, until, ok := f.Holds(v.Now); ok && slices.Contains(f.Environments, environment) {
			id := fmt.Sprintf("freeze:%s@%s", f.ID, environment)
			holds = append(holds, Hold{Kind: HeldByFreeze, ID: id, Claim: "freeze:" + f.ID, Environment: environment, What: environment + " is frozen", Reason: f.Title, Since: since, Until: until})
		}
	}
	if f, ok := v.State.Frozen[environment]; ok && v.Now.Before(f.Until) {
		holds = append(holds, Hold{Kind: HeldByFreeze, ID: "freeze@" + environment, Claim: "frozen/" + f.Claim, Environment: environment, What: environment + " is frozen",
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

// why says in a few words why and until when it holds, on a zone's clocks.
func (h Hold) why(zone *time.Location) string {
	until := "until " + h.Ends
	if !h.Until.IsZero() {
		until = "until " + h.Until.In(zone).Format("2006-01-02 15:04 MST")
	}
	if h.Reason == "" {
		return until
	}
	return h.Reason + ", " + until
}
