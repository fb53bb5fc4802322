package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/work"
)

// step is something that one person can do next, and that clears several blockers at once.
type step struct {
	clears int // blockers
	urgent bool
	waits  bool // others have to be done first
	text   reply.Text
	short  string // the same in a word or two
	button reply.Button

	// What the button takes, for those who don't have it.
	permission string // empty: nothing
	doing      string // what it permits, after "may"
	typed      string // the command instead of the button
}

// blocked sorts what blocks the environments by what clears it.
type blocked struct {
	failed, broken, unmeasured, unchecked []readiness.Blocker
	waiting                               map[string]int      // answers by the environment on which the release must be live first
	derived                               []readiness.Blocker // follow from gonogo's own state
}

// stepsOf groups all that blocks a release by what clears it. Failures come first, then
// what clears most.
func stepsOf(b cards.Builder, v readiness.View, decisions []readiness.Decision) []step {
	sorted := sortBlockers(decisions)
	steps := []step{}
	for _, s := range []step{failedStep(sorted), runStep(v, sorted.unmeasured), checkStep(sorted.unchecked)} {
		if s.clears > 0 {
			steps = append(steps, s)
		}
	}
	for _, d := range decisions {
		steps = append(steps, environmentSteps(b, v, d, sorted.waiting[d.Environment])...)
	}
	steps = append(steps, otherSteps(b, v, decisions, len(steps) == 0)...)
	slices.SortStableFunc(steps, func(x, y step) int { return cmp.Or(x.rank()-y.rank(), y.clears-x.clears) })
	return steps
}

// rank is lower for what comes first. What nobody can do now comes last.
func (s step) rank() int {
	switch {
	case s.urgent:
		return 0
	case s.waits:
		return 2
	}
	return 1
}

// sortBlockers takes each answer once, however many environments it blocks.
func sortBlockers(decisions []readiness.Decision) blocked {
	sorted, seen := blocked{waiting: map[string]int{}}, map[answer.Key]bool{}
	for _, d := range decisions {
		for _, blocker := range d.Blockers {
			key := blocker.Answer().Key
			if blocker.Kind != readiness.BlockedByItem || seen[key] {
				continue
			}
			seen[key] = true
			sorted.add(blocker)
		}
	}
	return sorted
}

func (s *blocked) add(blocker readiness.Blocker) {
	it, verdict := blocker.Item, blocker.Answer().Verdict()
	switch {
	case blocker.Answer().Waiting != "":
		s.waiting[blocker.Answer().Key.Environment]++
	case it.Manual != nil:
		s.unchecked = append(s.unchecked, blocker)
	case it.Gate.Condition != nil:
		s.derived = append(s.derived, blocker)
	case verdict == answer.Failed:
		s.failed = append(s.failed, blocker)
	case verdict != "":
		s.broken = append(s.broken, blocker)
	default:
		s.unmeasured = append(s.unmeasured, blocker)
	}
}

// failedStep is about the gates that found something, and those that found nothing out.
func failedStep(sorted blocked) step {
	all := slices.Concat(sorted.failed, sorted.broken)
	if len(all) == 0 {
		return step{}
	}
	s := step{clears: len(all), urgent: true, short: phrase.Count(len(all), "failure"), button: reply.Button{Label: "Show failures", Act: reply.Do("ready status", "failed")}}
	switch failed, broken := len(sorted.failed), len(sorted.broken); {
	case len(all) == 1:
		it := all[0].Item
		s.text = reply.Say(mark(failed), " ", reply.Bold(reply.Shorten(it.Title, 2*glanceTitle)), ": ", phrase.ShortenAtWord(all[0].Reason, 2*glanceTitle))
		s.button = reply.Button{Label: "Show failure", Act: reply.Do("ready status", it.ID)}
	case broken == 0:
		s.text = reply.Say("✗ ", reply.Bold(phrase.Count(failed, "gate")+" failed"), ": ", someTitles(all))
	case failed == 0:
		s.text = reply.Say("⚠ ", reply.Bold(phrase.Count(broken, "gate")+" could not be measured"), ": ", someTitles(all))
	default:
		s.text = reply.Say("✗ ", reply.Bold(fmt.Sprintf("%s failed, %d could not be measured", phrase.Count(failed, "gate"), broken)))
	}
	return s
}

func mark(failed int) string {
	if failed > 0 {
		return "✗"
	}
	return "⚠"
}

// someTitles names the first of some blockers.
func someTitles(blockers []readiness.Blocker) string {
	var titles []string
	for _, blocker := range blockers {
		if title := reply.Shorten(blocker.Title, glanceTitle); !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	if more := len(titles) - 2; more > 0 {
		return strings.Join(titles[:2], ", ") + ", …"
	}
	return strings.Join(titles, ", ")
}

// runStep is about the gates that have no answer that counts.
func runStep(v readiness.View, unmeasured []readiness.Blocker) step {
	if len(unmeasured) == 0 {
		return step{}
	}
	stale := 0
	for _, blocker := range unmeasured {
		if blocker.Answer().Stale != "" {
			stale++
		}
	}
	n, words := len(unmeasured), "not run yet"
	switch {
	case stale == n:
		words = "to run again, since their results no longer count"
	case stale > 0:
		words = fmt.Sprintf("not run yet, or stale (%d)", stale)
	}
	s := step{clears: n, short: phrase.Count(n, "gate") + " to run", text: reply.Say("○ ", reply.Bold(phrase.Count(n, "gate")), " "+words), permission: "run", doing: "run gates", typed: "/ready run all",
		button: reply.Button{Label: "Run all gates", Act: reply.Do("ready run", "all")}}
	if slices.ContainsFunc(v.State.OpenRuns(), func(run *work.Run) bool { return run.What == work.Gates }) {
		s.button, s.text = reply.Button{}, append(s.text, reply.Say("; a run is under way")...)
	}
	return s
}

// checkStep is about the items that people have to check.
func checkStep(unchecked []readiness.Blocker) step {
	n := len(unchecked)
	if n == 0 {
		return step{}
	}
	return step{clears: n, short: phrase.Count(n, "check by people", "checks by people"), text: reply.Say("○ ", reply.Bold(phrase.Count(n, "item")), " not checked yet"),
		button: reply.Button{Label: "Show checks", Act: reply.Do("ready status", "unchecked")}}
}

// environmentSteps are about one environment: its sign-offs, and that it goes out.
func environmentSteps(b cards.Builder, v readiness.View, d readiness.Decision, waiting int) []step {
	var steps []step
	if s := signOffStep(v, d); s.clears > 0 {
		steps = append(steps, s)
	}
	if live := v.LiveOn(d.Environment); live.Known() && live.Version == v.Release().Version {
		return steps
	}
	switch deploys := slices.Contains(b.Deploys, d.Environment); {
	case d.Go && deploys:
		steps = append(steps, step{clears: waiting + 1, urgent: true, short: "deploying to " + d.Environment, text: reply.Say("✓ ", reply.Bold(v.Release().Version), " can go out to "+d.Environment),
			button: reply.Button{Label: "Deploy to " + d.Environment, Act: reply.DoOn("deploy", d.Environment)}})
	case waiting > 0:
		steps = append(steps, step{clears: waiting, waits: true, short: "deploying to " + d.Environment,
			text: reply.Say("○ ", reply.Bold(phrase.Count(waiting, "item")), " can't be answered before "+v.Release().Version+" is live on "+d.Environment)})
	}
	return steps
}

// otherSteps are about what blocks an environment by itself. What follows from other
// answers is among them only if there is nothing else to do.
func otherSteps(b cards.Builder, v readiness.View, decisions []readiness.Decision, alone bool) []step {
	var steps []step
	for i, d := range decisions {
		for _, blocker := range d.Blockers {
			if short := otherWords(blocker, d.Environment, decisions[:i], alone); short != "" {
				steps = append(steps, step{clears: 1, short: short, text: b.BlockerLine(v, d.Environment, blocker)})
			}
		}
	}
	return slices.CompactFunc(steps, func(x, y step) bool { return x.text.Raw() == y.text.Raw() })
}

// otherWords is such a blocker in a word or two; "" if a step is about it already, or if
// it isn't one.
func otherWords(blocker readiness.Blocker, env string, before []readiness.Decision, alone bool) string {
	switch blocker.Kind {
	case readiness.BlockedByPlatform:
		return "the platform of " + env
	case readiness.BlockedBySelfApproval:
		return "self-approval"
	case readiness.BlockedByEarlier:
		if !slices.ContainsFunc(before, func(e readiness.Decision) bool { return e.Environment == blocker.Environment && !e.Go }) {
			return "deploying to " + blocker.Environment
		}
	case readiness.BlockedByItem:
		if gate := blocker.Item.Gate; gate != nil && gate.Condition != nil && (alone || gate.Condition.Rehearsed != "") {
			return phrase.ShortenAtWord(blocker.Title, glanceTitle)
		}
	}
	return ""
}

// signOffStep is about the roles whose approval of an environment is missing.
func signOffStep(v readiness.View, d readiness.Decision) step {
	var missing, rejected []string
	for _, blocker := range d.Blockers {
		switch {
		case blocker.Kind != readiness.BlockedBySignOff:
		case blocker.Role.Rejected():
			rejected = append(rejected, blocker.Title)
		default:
			missing = append(missing, blocker.Title)
		}
	}
	env := d.Environment
	switch {
	case len(rejected) > 0:
		return step{clears: len(rejected) + len(missing), urgent: true, short: "a rejection", text: reply.Say("✗ ", reply.Bold(strings.Join(rejected, " and ")), " rejected "+env),
			button: reply.Button{Label: "Show sign-off", Act: reply.DoOn("ready signoff", env)}}
	case len(missing) == 0:
		return step{}
	}
	s := step{clears: len(missing), short: "sign-offs for " + env, text: reply.Say("○ ", reply.Bold(andOthers(missing)), " "+have(missing)+" not signed off "+env)}
	nudge, nudged := v.Nudged(answer.Key{Environment: env})
	switch _, asked := v.Release().Asked[env]; {
	case !asked:
		s.button = reply.Button{Label: "Ask for sign-off: " + env, Act: reply.DoOn("ready signoff", env)}
	case nudged:
		s.text = append(s.text, reply.Say(", nudged ", reply.Time(nudge.At))...)
	default:
		s.button = reply.Button{Label: "Nudge for " + env, Act: reply.Do("ready nudge", env)}
	}
	return s
}

func have(names []string) string {
	if len(names) == 1 {
		return "has"
	}
	return "have"
}

// andOthers names the first of some roles, and counts the others.
func andOthers(names []string) string {
	switch len(names) {
	case 1:
		return names[0]
	case 2:
		return names[0] + " and " + names[1]
	}
	return names[0] + " and " + phrase.Count(len(names)-1, "other")
}
