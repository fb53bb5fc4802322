package commands

import (
	"context"
	"time"

	"gonogo/readiness"
)

const (
	shownNews  = 6
	lookPause  = 10 * time.Minute       // between two looks of a person that are remembered
	lookWithin = 250 * time.Millisecond // a look does not wait longer to be remembered
)

// newsPart says what became different since a person last looked, or nothing
// where they never have.
func newsPart(v readiness.View, user string) Part {
	since, looked := v.State.Looks[user]
	if !looked || user == "" {
		return nil
	}
	var lines Lines
	if release := v.Release(); release != nil && release.Opened.After(since) {
		lines = append(lines, Say("• ", Bold(release.Version), " was opened ", Time(release.Opened), by(release.OpenedBy)))
	}
	for _, env := range v.Checklist.Environments {
		if live := v.State.Live[env.Name]; live.Known() && live.At.After(since) {
			lines = append(lines, Say("• ", Bold(live.Name()), " went live on ", env.Name, " ", Time(live.At), by(live.By)))
		}
	}
	lines = append(append(lines, signOffNews(v, since)...), itemNews(v, since)...)
	if len(lines) == 0 {
		return Note(Say("Nothing has changed since you looked ", Time(since), "."))
	}
	if more := len(lines) - shownNews; more > 0 {
		lines = append(lines[:shownNews], Say("… and ", count(more, "more"), ". ", Typed("/ready history"), " has all."))
	}
	return append(Lines{Say(Bold("Since you looked"), " ", Time(since))}, lines...)
}

func signOffNews(v readiness.View, since time.Time) Lines {
	var lines Lines
	for _, rule := range v.Checklist.SignOffs {
		for _, role := range v.Approval(rule.Environment).Roles {
			if given := role.SignOff; given != nil && given.At.After(since) {
				word := "approved "
				if !given.Approved {
					word = "rejected "
				}
				lines = append(lines, Say("• ", role.Role.Title, " ", word, rule.Environment, by(given.By)))
			}
		}
	}
	return lines
}

func itemNews(v readiness.View, since time.Time) Lines {
	var lines Lines
	for _, n := range v.News(since) {
		name := n.Item.Title
		if env := n.Standing.Key.Environment; env != "" {
			name += " on " + env
		}
		before := readiness.Standing{Evidence: readiness.Evidence{Verdict: n.From}}
		lines = append(lines, Say("• ", mark(n.Standing), " ", name, ": ", standingWord(before), " → ", standingWord(n.Standing)))
	}
	return lines
}

// looked remembers that a person looked. It is no loss when it cannot.
func (b *Bot) looked(ctx context.Context, c call) {
	if last := c.view.State.Looks[c.User]; c.User == "" || c.view.Now.Sub(last) < lookPause {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if _, err := b.Ledger.Update(ctx, func(*readiness.State, time.Time) ([]readiness.Event, error) {
		return []readiness.Event{readiness.StatusSeen{By: c.User}}, nil
	}); err != nil {
		b.Log.Info("a look at the status is not remembered", "error", err)
	}
}
