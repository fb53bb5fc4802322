package pages

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// Bounds of a person's page.
const (
	homeItems    = 6 // items that wait for a person
	homeReleases = 5
	homeAlerts   = 5
	endsSoon     = 3 * 24 * time.Hour // how long before their waivers end people see it
)

// Home is a person's own page: what fires and holds, what waits for them, what is live on
// each environment and the decision for it, what is in progress, and the releases. Like a
// card it depends only on the state and on who holds which role.
func Home(b cards.Builder, v readiness.View, user string) reply.Reply {
	if v.Release() == nil {
		return reply.Reply{Title: "No release is open", Parts: cards.NoRelease().Parts}
	}
	me := person{v, user}
	alerts := waitingAlerts(b, me)
	parts := slices.Concat(alerts, []reply.Part{otherAlerts(b, me), b.AllHoldLines(v)}, waiting(b, me, len(alerts) > 0))
	parts = append(parts, reply.Divider{}, environmentLines(v))
	actions := reply.Actions{{Label: "Status", Act: reply.Do("ready status"), Style: reply.Primary}}
	if may(b, me, "run") {
		actions = append(actions, reply.Button{Label: "Run all gates", Act: reply.Do("ready run", "all")})
	}
	parts = append(parts, append(actions, reply.Actions{{Label: "Timeline", Act: reply.Do("ready timeline")}, {Label: "History", Act: reply.Do("ready history")}, {Label: "Help", Act: reply.Do("ready help")}}...),
		reply.Divider{}, homeRuns(b, v), awayLines(v), homeReleaseLines(v))
	return reply.Reply{Title: reply.Shorten(Readiness(v), 150), Parts: reply.NonEmpty(parts)}
}

// environmentLines say for each environment what is live there, and whether the release
// may go out to it.
func environmentLines(v readiness.View) reply.Lines {
	lines := reply.Lines{reply.Say(reply.Bold("Environments"))}
	for _, env := range v.Checklist.Environments {
		runs := append(reply.Say(reply.Bold(reply.Capital(env.Name)), " runs "), wording.Live(v, env.Name)...)
		lines = append(lines, runs, reply.Say("• "+v.Release().Version+": ", wording.Decision(v.Decide(env.Name)), wording.Scheduled(v, env.Name)))
	}
	return lines
}

// person is whose page it is, with what they may see.
type person struct {
	view readiness.View
	user string
}

// waiting lists what a person can act on, the most urgent first. Alerts that wait for them
// come before this list.
func waiting(b cards.Builder, me person, alerts bool) []reply.Part {
	parts := slices.Concat(waitingQuestions(b, me), waitingSignOffs(b, me), waitingItems(b, me), waitingDuties(b, me), waitingWaivers(me))
	heading := reply.Lines{reply.Say(reply.Bold("Waits for you"))}
	if slices.ContainsFunc(b.Checklist.Roles, func(r checklist.Role) bool { _, err := b.Holders(r.ID); return err != nil }) {
		heading = append(heading, reply.Say("⚠ Slack isn't reporting who is in which role at the moment, so this may be incomplete."))
	}
	switch {
	case len(parts) == 0 && alerts:
		heading = append(heading, reply.Say("Nothing but the alerts above."))
	case len(parts) == 0:
		heading = append(heading, reply.Say("Nothing."))
	}
	return append([]reply.Part{heading}, parts...)
}

// may reports whether a person has a permission of the configuration.
func may(b cards.Builder, me person, permission string) bool {
	held, _ := b.Held(me.user, b.Checklist.Permissions[permission])
	return len(held) > 0
}

// waitingAlerts are alerts that fire and that nobody looks after.
func waitingAlerts(b cards.Builder, me person) []reply.Part {
	if !may(b, me, "alerts") {
		return nil
	}
	var parts []reply.Part
	for _, i := range me.view.State.FiringIncidents() {
		if i.AckBy == "" && !me.view.OnCall().Folded(i) {
			parts = append(parts, reply.Lines{reply.Say("● ", reply.Bold("Firing: "+reply.Shorten(i.Title, 200)), " since ", reply.Time(i.Began), ". ", b.Thread(me.view, "incident/"+i.ID, cmp.Or(b.OnCall, b.Releases)))},
				b.IncidentActions(me.view, i))
		}
	}
	for _, storm := range me.view.OnCall().Storms() {
		if len(storm.Waits) > 0 {
			parts = append(parts, reply.Lines{b.StormSummary(me.view, storm)}, cards.StormActions(storm))
		}
	}
	return parts
}

// otherAlerts are the alerts that fire and that don't wait for the person.
func otherAlerts(b cards.Builder, me person) reply.Lines {
	var lines reply.Lines
	for _, i := range me.view.State.FiringIncidents() {
		if i.AckBy == "" && may(b, me, "alerts") || me.view.OnCall().Folded(i) {
			continue
		}
		line := reply.Say("● ", reply.Bold("Firing: "+reply.Shorten(i.Title, 200)), " since ", reply.Time(i.Began))
		if i.AckBy != "" {
			line = append(line, reply.Say(", acknowledged", reply.By(i.AckBy))...)
		}
		if lines = append(lines, append(line, reply.Say(". ", b.Thread(me.view, "incident/"+i.ID, cmp.Or(b.OnCall, b.Releases)))...)); len(lines) == homeAlerts {
			break
		}
	}
	return lines
}

// waitingQuestions are runs that ask a person.
func waitingQuestions(b cards.Builder, me person) []reply.Part {
	var parts []reply.Part
	for _, run := range me.view.State.OpenRuns() {
		if run.Asked == nil || !may(b, me, run.Permission()) {
			continue
		}
		ask := cards.BookQuestion(run)
		if run.Change != nil {
			ask = b.QuestionParts(run)
		}
		parts = append(append(parts, reply.Lines{reply.Say("? ", reply.Bold(run.Title), ", ", b.Thread(me.view, "run/"+run.ID, b.ChannelOf(run)))}), ask...)
	}
	return parts
}

// waitingSignOffs are the sign-offs that were asked and that a person may give.
func waitingSignOffs(b cards.Builder, me person) []reply.Part {
	var parts []reply.Part
	asked := me.view.Release().Asked
	for _, env := range slices.Sorted(maps.Keys(asked)) {
		approval := me.view.Approval(env)
		if _, spoken := approval.Spoken(me.user); spoken {
			continue // one person counts once, also with several roles
		}
		for _, role := range approval.Roles {
			if held, _ := b.Held(me.user, []string{role.Role.ID}); len(held) == 0 || role.Approved() || role.Rejected() {
				continue
			}
			line := reply.Say("✎ ", reply.Bold("Sign-off for "+env), " as ", role.Role.Title, ", asked ", reply.Time(asked[env].At), reply.By(asked[env].By))
			if role.SignOff != nil {
				line = append(line, reply.Say("; yours no longer counts: ", reply.Shorten(cards.WhyStale(role), 200))...)
			}
			parts = append(parts, reply.Lines{line}, cards.SignOffActions(me.view, env, approval))
			break
		}
	}
	return parts
}

// waitingItems are blocking items that the person can check or fix.
func waitingItems(b cards.Builder, me person) []reply.Part {
	var parts []reply.Part
	seen, more := map[answer.Key]bool{}, 0
	for _, env := range me.view.Checklist.Environments {
		for _, blocker := range cards.Foremost(me.view.Decide(env.Name).Blockers) {
			if !mine(b, me, blocker) || seen[blocker.Answer().Key] {
				continue
			}
			if seen[blocker.Answer().Key] = true; len(seen) > homeItems {
				more++
				continue
			}
			parts = append(parts, reply.Lines{b.BlockerLine(me.view, env.Name, blocker)}, slices.Concat(cards.FixButton(blocker.Item, blocker.Answer().Key), reply.Actions{cards.AnswerButton(blocker.Item, blocker.Answer()),
				{Label: "Details", Act: reply.Do("ready status", blocker.Item.ID)}}))
		}
	}
	if more > 0 {
		parts = append(parts, reply.Note(reply.Say("… and ", phrase.Count(more, "more item"), "; the status has all.")))
	}
	return parts
}

// mine reports whether a person should act on a blocker now: a check that they may give
// and that waits for nothing, or a failure that they own, or one that nobody owns and
// that they can fix with a runbook.
func mine(b cards.Builder, me person, blocker readiness.Blocker) bool {
	it := blocker.Item
	if blocker.Kind != readiness.BlockedByItem || len(blocker.Waits) > 0 {
		return false
	}
	roles := []string{it.Owner}
	switch {
	case it.Manual != nil:
		roles = b.Checkers(it)
	case it.Gate.Condition != nil || blocker.Answer().Evidence.Verdict == "":
		return false
	case it.Owner == "" && it.Fix != "":
		roles = b.Checklist.Permissions["fix"]
	}
	held, _ := b.Held(me.user, roles)
	return len(held) > 0
}

// waitingWaivers are a person's waivers that end soon.
func waitingWaivers(me person) []reply.Part {
	var parts []reply.Part
	for _, env := range me.view.Checklist.Environments {
		for _, w := range me.view.Waivers(env.Name) {
			it, ok := me.view.Checklist.Item(w.Item)
			if ok && w.By == me.user && w.Counts(me.view.Now) && w.Until.Sub(me.view.Now) < endsSoon {
				parts = append(parts, reply.Lines{reply.Say("⚑ Your waiver of ", reply.Bold(it.Title), " for ", w.Environment, " ends ", reply.Time(w.Until), ".")},
					reply.Actions{{Label: "Details", Act: reply.Do("ready status", it.ID)}})
			}
		}
	}
	return parts
}

// homeRuns are the work under way, with the way to its threads.
func homeRuns(b cards.Builder, v readiness.View) reply.Part {
	lines := reply.Lines{reply.Say(reply.Bold("Under way"))}
	for _, run := range v.State.OpenRuns() {
		lines = append(lines, reply.Say("• ", run.Title, fmt.Sprintf(", %d of %d done, ", run.Done(), len(run.Path())), b.Thread(v, "run/"+run.ID, b.ChannelOf(run))))
	}
	if len(lines) == 1 {
		lines = append(lines, reply.Say("Nothing."))
	}
	return lines
}

// homeReleaseLines are the open release and the ones before it.
func homeReleaseLines(v readiness.View) reply.Part {
	releases := slices.SortedFunc(maps.Values(v.State.Releases), func(a, b *history.Release) int {
		return cmp.Or(b.Opened.Compare(a.Opened), strings.Compare(a.Version, b.Version))
	})
	lines := reply.Lines{reply.Say(reply.Bold("Releases"))}
	for _, r := range releases[:min(len(releases), homeReleases)] {
		line := reply.Say("• ", r.Version, opened(r), reply.By(r.OpenedBy))
		if r.Version == v.State.Open && !unopened(r) {
			line = reply.Say("• ", reply.Bold(r.Version), ", open since ", reply.Time(r.Opened), reply.By(r.OpenedBy))
		}
		for _, env := range v.Checklist.Environments {
			if v.State.Live[env.Name].Version == r.Version {
				line = append(line, reply.Say(", live on ", env.Name)...)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// waitingDuties are the items due after the deployment that a person can act on.
func waitingDuties(b cards.Builder, me person) []reply.Part {
	var parts []reply.Part
	for _, group := range cards.Duties(me.view) {
		mine := slices.DeleteFunc(slices.Clone(group), func(d readiness.Due) bool {
			held, _ := b.Held(me.user, b.Checkers(d.Item))
			return d.Item.Manual == nil || len(held) == 0
		})
		if len(mine) == 0 {
			continue
		}
		parts = append(parts, reply.Lines{cards.DutyLine(me.view, mine)}, reply.Actions{{Label: "Show them", Act: reply.Act{Verb: "ready status", Items: []string{mine[0].Section.ID}, Release: mine[0].Release}}})
	}
	return parts
}
