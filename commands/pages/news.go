package pages

import (
	"fmt"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

const shownNews = 6 // changes that one look names

// News lists what changed since a person last looked; empty if they never did.
func News(v readiness.View, user string) reply.Part {
	since, looked := v.State.StatusSeen[user]
	if !looked || user == "" {
		return nil
	}
	var lines reply.Lines
	if release := v.Release(); release != nil && release.Opened.After(since) {
		lines = append(lines, reply.Say("• ", reply.Bold(release.Version), " was opened ", reply.Time(release.Opened), reply.By(release.OpenedBy)))
	}
	for _, env := range v.Checklist.Environments {
		if live := v.State.Live[env.Name]; live.Known() && live.At.After(since) {
			lines = append(lines, reply.Say("• ", reply.Bold(live.Name()), " went live on ", env.Name, " ", reply.Time(live.At), reply.By(live.By)))
		}
	}
	lines = append(append(lines, signOffNews(v, since)...), itemNews(v, since)...)
	if len(lines) == 0 {
		return reply.Note(reply.Say("Nothing has changed since you looked ", reply.Time(since), "."))
	}
	if more := len(lines) - shownNews; more > 0 {
		lines = append(lines[:shownNews], reply.Say("… and ", phrase.Count(more, "more", "more"), ". ", reply.Typed("/ready history"), " has all."))
	}
	return append(reply.Lines{reply.Say(reply.Bold("Since you looked"), " ", reply.Time(since))}, lines...)
}

// briefNews is News in one paragraph; nil if there is nothing new, or they never looked.
func briefNews(v readiness.View, user string) reply.Lines {
	since, looked := v.State.StatusSeen[user]
	if !looked || user == "" {
		return nil
	}
	var said []string
	for _, env := range v.Checklist.Environments {
		if live := v.State.Live[env.Name]; live.Known() && live.At.After(since) {
			said = append(said, live.Name()+" went live on "+env.Name)
		}
	}
	if n := len(signOffNews(v, since)); n > 0 {
		said = append(said, phrase.Count(n, "sign-off"))
	}
	said = append(said, itemCounts(v.News(since))...)
	if len(said) == 0 {
		return reply.Lines{reply.Say("Nothing has changed since you looked ", reply.Time(since), ".")}
	}
	return reply.Lines{reply.Say(reply.Bold("Since you looked"), " ", reply.Time(since), ": "+strings.Join(said, ", ")+".")}
}

// itemCounts counts the answers that changed, by what they are now.
func itemCounts(all []readiness.News) []string {
	met, failed, broken, reopened := 0, 0, 0, 0
	for _, n := range all {
		switch verdict := n.Standing.Verdict(); {
		case n.Standing.Through:
			met++
		case verdict == answer.Failed:
			failed++
		case verdict == "":
			reopened++
		default:
			broken++
		}
	}
	var said []string
	for _, c := range []struct {
		n   int
		now string
	}{{met, "met"}, {failed, "failed"}, {broken, "not measured"}, {reopened, "open again"}} {
		if c.n > 0 {
			said = append(said, fmt.Sprintf("%d %s", c.n, c.now))
		}
	}
	return said
}

func signOffNews(v readiness.View, since time.Time) reply.Lines {
	var lines reply.Lines
	for _, rule := range v.Checklist.SignOffs {
		for _, role := range v.Approval(rule.Environment).Roles {
			if given := role.SignOff; given != nil && given.At.After(since) {
				word := "approved "
				if !given.Approved {
					word = "rejected "
				}
				lines = append(lines, reply.Say("• ", role.Role.Title, " ", word, rule.Environment, reply.By(given.By)))
			}
		}
	}
	return lines
}

func itemNews(v readiness.View, since time.Time) reply.Lines {
	var lines reply.Lines
	for _, n := range v.News(since) {
		name := n.Item.Title
		if env := n.Standing.Key.Environment; env != "" {
			name += " on " + env
		}
		before := readiness.Standing{Evidence: answer.Evidence{Verdict: n.From}}
		lines = append(lines, reply.Say("• ", wording.Mark(n.Standing), " ", name, ": ", wording.Standing(before), " → ", wording.Standing(n.Standing)))
	}
	return lines
}
