package readiness

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"gonogo/readiness/checklist"
	"gonogo/readiness/work"
)

// Decision is GO or NO-GO for one environment, with the reasons. It is computed from a
// View and never stored by itself.
type Decision struct {
	Environment string
	Go          bool
	Blockers    []Blocker
	Overridden  []Overridden // what would block it if two people had not agreed to pass over it
}

// BlockerKind is the kind of thing that blocks a release.
type BlockerKind string

// The kinds of blockers.
const (
	BlockedByItem     BlockerKind = "item"
	BlockedBySignOff  BlockerKind = "sign_off"
	BlockedByEarlier  BlockerKind = "environment" // the version must be live elsewhere first
	BlockedByNothing  BlockerKind = "release"     // no release is open
	BlockedByUnknowns BlockerKind = "checklist"   // the environment is not in the checklist
	BlockedByPlatform BlockerKind = "platform"    // its platform doesn't say what is live there

	BlockedByHold         BlockerKind = "hold"          // the version or the environment is held
	BlockedByRun          BlockerKind = "run"           // a deployment is under way there
	BlockedBySelfApproval BlockerKind = "self_approval" // the person who deploys is among those who approved
)

// Blocker is one reason for NO-GO.
type Blocker struct {
	Kind        BlockerKind
	Item        *checklist.Item // for BlockedByItem
	answer      *Standing       // for BlockedByItem; most of a blocker's size, so it is not copied with it
	Role        RoleApproval    // for BlockedBySignOff
	Environment string          // for BlockedByEarlier: where the version must be live first; for a hold or run: theirs
	Hold        *Hold           // for BlockedByHold
	Run         *work.Run       // for BlockedByRun
	Title       string          // what blocks
	Reason      string          // why it blocks, in a few words
	Waits       []string        // for BlockedByItem: the items it needs that don't pass yet
}

// Answer is the state of the answer that blocks; the zero value if no item does.
func (b Blocker) Answer() Standing {
	if b.answer == nil {
		return Standing{}
	}
	return *b.answer
}

// blocking iterates over the items that block an environment.
func (v View) blocking(environment string) iter.Seq[*checklist.Item] {
	return func(yield func(*checklist.Item) bool) {
		for _, section := range v.Sections() {
			for _, it := range section.Items {
				if it.BlocksOn(environment) && !yield(it) {
					return
				}
			}
		}
	}
}

// Decide computes the decision for an environment.
func (v View) Decide(environment string) Decision {
	d := Decision{Environment: environment}
	env, known := v.Checklist.Environment(environment)
	switch {
	case !known:
		d.Blockers = append(d.Blockers, Blocker{Kind: BlockedByUnknowns, Title: environment, Reason: "the checklist does not know this environment"})
		return d
	case v.Release() == nil:
		d.Blockers = append(d.Blockers, Blocker{Kind: BlockedByNothing, Title: "No release", Reason: "no release is open"})
		return d
	}
	v = v.Cached()
	d.Blockers = v.holdBlockers(environment)
	for it := range v.blocking(environment) {
		d.Blockers = v.appendItemBlockers(d.Blockers, it, environment)
	}
	d.Blockers, d.Overridden = v.overridden(env, d.Blockers)
	d.Blockers = append(d.Blockers, v.platformBlockers(environment)...)
	d.Blockers = append(d.Blockers, v.earlierBlockers(env)...)
	d.Blockers = append(d.Blockers, v.signOffBlockers(environment)...)
	d.Go = len(d.Blockers) == 0
	return d
}

// heldBy reports whether a run is among the holds.
func (d Decision) heldBy(run *work.Run) bool {
	return slices.ContainsFunc(d.Blockers, func(b Blocker) bool { return b.Hold != nil && b.Hold.Run == run.ID })
}

// PastHolds is the decision as it would be without holds: for a run that has begun to
// write to the platform.
func (d Decision) PastHolds() Decision {
	d.Blockers = slices.DeleteFunc(slices.Clone(d.Blockers), func(b Blocker) bool { return b.Kind == BlockedByHold })
	d.Go = len(d.Blockers) == 0
	return d
}

func (v View) appendItemBlockers(blockers []Blocker, it *checklist.Item, environment string) []Blocker {
	for _, key := range it.KeysFor(environment) {
		s := v.StandingFor(it, key, environment)
		if s.Through {
			continue
		}
		answer := s // only a blocker's answer outlives the loop
		blockers = append(blockers, Blocker{Kind: BlockedByItem, Item: it, answer: &answer, Title: it.Title, Reason: s.Why(it), Waits: v.unmetNeeds(it)})
	}
	return blockers
}

func (v View) unmetNeeds(it *checklist.Item) []string {
	var unmet []string
	for _, id := range it.Needs {
		if need, ok := v.Checklist.Item(id); ok && !v.Through(need) {
			unmet = append(unmet, id)
		}
	}
	return unmet
}

func (v View) earlierBlockers(env checklist.Environment) []Blocker {
	var blockers []Blocker
	for _, earlier := range env.After {
		if ev := v.deployed(earlier, false); !ev.Verdict.LetsThrough() {
			blockers = append(blockers, Blocker{Kind: BlockedByEarlier, Environment: earlier, Title: fmt.Sprintf("%s goes out before %s", earlier, env.Name), Reason: ev.Summary})
		}
	}
	return blockers
}

func (v View) signOffBlockers(environment string) []Blocker {
	var blockers []Blocker
	for _, r := range v.Approval(environment).Roles {
		if r.Approved() {
			continue
		}
		reason := "has not signed off"
		switch {
		case r.Rejected():
			reason = "has rejected it"
		case r.Stale != "":
			reason = "approved, but that no longer counts: " + r.Stale
		}
		blockers = append(blockers, Blocker{Kind: BlockedBySignOff, Role: r, Title: r.Role.Title, Reason: reason})
	}
	return blockers
}

// Why says in a few words why an answer doesn't pass; "" if it does.
func (s Standing) Why(it *checklist.Item) string {
	why := s.why(it)
	for _, w := range s.Waivers {
		switch {
		case why == "" || s.Waived:
		case w.Suspended != "":
			why += "; its waiver for " + w.Environment + " does not count: " + w.Suspended
		default:
			why += "; its waiver for " + w.Environment + " ended on " + w.Until.UTC().Format(time.DateOnly)
		}
	}
	return why
}

func (s Standing) why(it *checklist.Item) string {
	switch {
	case s.Through:
		return ""
	case s.Waiting != "":
		return s.Waiting
	case s.Stale != "":
		return "its evidence is stale: " + s.Stale
	case s.Evidence.Verdict == "" && it.Manual != nil:
		return "nobody has checked it yet"
	case s.Evidence.Verdict == "":
		return "not measured yet"
	case s.Evidence.Summary != "":
		return s.Evidence.Summary
	}
	return string(s.Evidence.Verdict)
}
