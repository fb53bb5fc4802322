package pages

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// How much of a release a glance names before it counts the rest.
const (
	glanceSteps  = 3 // what moves the decision most
	glanceHeld   = 2 // firing alerts and holds, but at least one of each
	glanceTitle  = 36
	glanceReason = 24 // of a hold
	glanceLater  = 2  // steps that come after those
	scoreBar     = 10 // signs
)

// Glance is the overview of a release that fits on the screen of a phone, however long
// the checklist is. It is the same for everybody but for what they saw before and may do,
// which For adds.
type Glance struct {
	cards          cards.Builder
	view           readiness.View
	title, summary string
	verdicts       reply.Lines
	held           reply.Lines
	steps          []step
	closing        reply.Lines // what is under way, when it will be done, and what needs attention besides
}

// At looks at the release of a view, which there must be.
func At(b cards.Builder, v readiness.View) Glance {
	g := Glance{cards: b, view: v}
	v = v.Cached() // not kept: a cache is for one goroutine
	g.title = Readiness(v)
	score, release := v.Score(), v.Release()
	said := []string{g.title}
	g.verdicts = reply.Lines{reply.Say(bar(score.Percent), " "+wording.ItemsMet(score))}
	var decisions []readiness.Decision
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		decisions = append(decisions, d)
		g.verdicts = append(g.verdicts, append(reply.Say(reply.Bold(reply.Capital(env.Name)), ": ", wording.Decision(d)), slices.Concat(bakingText(v, env.Name), wording.Scheduled(v, env.Name))...))
		said = append(said, env.Name+": "+wording.Decision(d).Raw())
	}
	g.summary = strings.Join(said, ". ") + "."
	g.held = heldLines(v)
	g.steps = stepsOf(b, v, decisions)
	g.closing = slices.Concat(runningLines(v), etaLine(v), attention(b, v, release))
	return g
}

// Readiness is how ready a release is, in a few words. A release of which nothing is
// measured yet isn't called 0 % ready: nothing is known.
func Readiness(v readiness.View) string {
	name := v.Checklist.Project + " " + v.Release().Version
	if !v.Answered() {
		return name + " is not measured yet"
	}
	return name + " is " + reply.Percent(v.Score().Percent) + " ready"
}

// bar draws a percentage. It is full only at 100 %.
func bar(percent float64) string {
	full := int(percent / 100 * scoreBar)
	return strings.Repeat("▰", full) + strings.Repeat("▱", scoreBar-full)
}

// heldLines name the alerts that fire, and the holds but for those by these alerts.
func heldLines(v readiness.View) reply.Lines {
	firing := v.State.FiringIncidents()
	holds := slices.DeleteFunc(cards.AllHolds(v, v.Holds), func(h readiness.Hold) bool { return h.Kind == event.HeldByAlert })
	alerts, held := max(1, glanceHeld-len(holds)), max(1, glanceHeld-len(firing))
	var lines reply.Lines
	for _, i := range firing[:min(len(firing), alerts)] {
		lines = append(lines, reply.Say("● ", reply.Bold("Firing"), ": ", phrase.ShortenAtWord(i.Title, glanceTitle)))
	}
	for _, h := range holds[:min(len(holds), held)] {
		lines = append(lines, holdLine(h))
	}
	var more []string
	if n := len(firing) - alerts; n > 0 {
		more = append(more, phrase.Count(n, "more alert"))
	}
	if n := len(holds) - held; n > 0 {
		more = append(more, phrase.Count(n, "more hold"))
	}
	if len(more) > 0 {
		lines = append(lines, reply.Say("… and "+strings.Join(more, " and ")+"."))
	}
	return lines
}

func holdLine(h readiness.Hold) reply.Text {
	line := reply.Say("✗ ", reply.Bold(reply.Capital(h.What)))
	if h.Reason != "" {
		line = append(line, reply.Say(": ", phrase.ShortenAtWord(h.Reason, glanceReason))...)
	}
	if !h.Until.IsZero() {
		line = append(line, reply.Say(", until ", reply.Time(h.Until))...)
	}
	return line
}

// runningLines name the work in progress in one line.
func runningLines(v readiness.View) reply.Lines {
	open := v.State.OpenRuns()
	if len(open) == 0 {
		return nil
	}
	line := reply.Say("▸ ", reply.Shorten(reply.Capital(open[0].Title), glanceTitle), fmt.Sprintf(": %d of %d done", open[0].Done(), len(open[0].Path())))
	if more := len(open) - 1; more > 0 {
		line = append(line, reply.Say(fmt.Sprintf(", and %d more running", more))...)
	}
	return reply.Lines{line}
}

// etaLine says when the release will be live on the last environment or, if no milestone
// is about one, when the last milestone is reached.
func etaLine(v readiness.View) reply.Lines {
	next, ok := lastMilestone(v.Checklist, v.Timeline().Milestones)
	if !ok {
		return nil
	}
	if next.Unestimated > 0 {
		return reply.Lines{reply.Say("⌛ ", reply.Bold(next.Title), ": at least ", readiness.Span(next.Remaining), " (", phrase.Count(next.Unestimated, "item"), " without an estimate)")}
	}
	return reply.Lines{reply.Say("⌛ ", reply.Bold(next.Title), ": in ", readiness.Span(next.Remaining), ", ", reply.Time(next.At))}
}

// lastMilestone is the one that the whole release is waited for with; ok is false if it
// is reached.
func lastMilestone(c *checklist.Checklist, etas []readiness.MilestoneETA) (last readiness.MilestoneETA, ok bool) {
	for i, m := range c.Milestones {
		if m.Environment != "" || last.ID == "" || c.Milestones[i-1].Environment == "" {
			last = etas[i]
		}
	}
	return last, last.ID != "" && !last.Reached
}

// attention says in one line each what should not be overlooked.
func attention(b cards.Builder, v readiness.View, release *history.Release) reply.Lines {
	var lines reply.Lines
	if unopened(release) {
		lines = append(lines, reply.Say("No release is open: ", reply.Typed("/ready release VERSION"), " opens one."))
	}
	if is := release.TagElsewhere(); is != "" {
		lines = append(lines, reply.Say("⚠ The tag of ", reply.Bold(release.Version), " now names another commit, ", reply.Typed(wording.ShortCommit(is)), "."))
	}
	if overdue := cards.Overdue(v); len(overdue) > 0 {
		lines = append(lines, overdue[0])
	}
	var counts []string
	if n := len(readiness.StaleSoon(v, staleSoon)); n > 0 {
		counts = append(counts, phrase.Count(n, "answer expires", "answers expire")+" within "+readiness.Span(staleSoon))
	}
	if n := waiverCount(v); n > 0 {
		counts = append(counts, phrase.Count(n, "waiver")+" in force")
	}
	if away, _ := awayLines(v).(reply.Lines); len(away) > 0 {
		counts = append(counts, phrase.Count(len(away), "issue is", "issues are")+" out of gonogo's reach")
	}
	if len(b.NotYet) > 0 {
		counts = append(counts, "not working yet: "+phrase.UpTo(2, b.NotYet))
	}
	if len(counts) > 0 {
		lines = append(lines, reply.Say("⚑ "+reply.Capital(strings.Join(counts, "; "))+"."))
	}
	return lines
}

func waiverCount(v readiness.View) int {
	n := 0
	for _, env := range v.Checklist.Environments {
		n += len(cards.Waivers(v, env.Name))
	}
	return n
}

// For is the glance as one person sees it: with what changed since they last looked, and
// without the buttons that would be refused to them. What several people see has only
// buttons that anyone may press.
func (g Glance) For(user string, shared bool) reply.Reply {
	parts := []reply.Part{g.verdicts, g.held}
	parts = append(parts, g.next(user, shared)...)
	closing := g.closing
	if !shared {
		closing = append(briefNews(g.view, user), closing...)
	}
	parts = append(parts, closing, g.more())
	return reply.Reply{Title: g.title, Summary: g.summary, Parts: reply.NonEmpty(parts)}
}

// more leads to what the glance leaves out.
func (g Glance) more() reply.Actions {
	actions := reply.Actions{{Label: "Everything", Act: reply.Do("ready status", "all")}, {Label: "Sections", Act: reply.Do("ready status", "sections")}}
	if len(g.view.State.FiringIncidents()) > 0 {
		actions = append(actions, reply.Button{Label: "Alerts", Act: reply.Act{Verb: "rollback status"}})
	}
	if len(g.held) > 0 {
		actions = append(actions, reply.Button{Label: "Holds", Act: reply.Act{Verb: "deploy status"}})
	}
	return append(actions, reply.Button{Label: "Timeline", Act: reply.Do("ready timeline")}, reply.Button{Label: "Share", Act: reply.Do("ready share")}, reply.Button{Label: "Help", Act: reply.Do("ready help")})
}

// next lists the steps that move the decision most, and their buttons.
func (g Glance) next(user string, shared bool) []reply.Part {
	if len(g.steps) == 0 {
		return nil
	}
	lines, buttons := reply.Lines{reply.Say(reply.Bold("What to do next"))}, reply.Actions{}
	refused := map[string]step{}
	for _, s := range g.steps[:min(len(g.steps), glanceSteps)] {
		lines = append(lines, s.text)
		switch {
		case s.button.Act.Verb == "":
		case s.permission == "" || !shared && g.mayPress(user, s.permission):
			buttons = append(buttons, s.button)
		default:
			refused[s.permission] = s
		}
	}
	if len(g.steps) > glanceSteps {
		lines = append(lines, reply.Say("Then: ", later(g.steps[glanceSteps:]), "."))
	}
	if len(buttons) > 0 {
		buttons[0].Style = reply.Primary
	}
	for _, permission := range slices.Sorted(maps.Keys(refused)) {
		lines = append(lines, g.instead(refused[permission], shared))
	}
	return []reply.Part{lines, buttons}
}

// mayPress reports whether a person has a permission. While that isn't known the button
// stays, since the press is judged anyway.
func (g Glance) mayPress(user, permission string) bool {
	held, unknown := g.cards.Held(user, g.cards.Checklist.Permissions[permission])
	return len(held) > 0 || unknown != nil
}

// instead says why there is no button, who may, and what whoever looks can do.
func (g Glance) instead(s step, shared bool) reply.Text {
	roles := g.cards.Checklist.Permissions[s.permission]
	switch {
	case len(roles) == 0:
		return reply.Say("Nobody may "+s.doing+"; add ", reply.Typed(s.permission), " under ", reply.Typed("permissions"), ".")
	case shared:
		return reply.Say("Only ", g.cards.RolesText(roles), " may "+s.doing+": ", reply.Typed(s.typed), ".")
	}
	return reply.Say("Only ", g.cards.RolesText(roles), " may "+s.doing+"; Share asks them.")
}

// later names the steps that come after those that are listed.
func later(steps []step) string {
	var names []string
	for _, s := range steps {
		names = append(names, s.short)
	}
	return phrase.UpTo(glanceLater, names)
}
