package cards

import (
	"fmt"
	"maps"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// reviewCards are the cards of the workflow runs that wait for an environment at GitHub,
// or waited not long ago.
func (b Builder) reviewCards(v readiness.View) []Card {
	var cards []Card
	for _, id := range slices.Sorted(maps.Keys(v.State.Reviews)) {
		r := v.State.Reviews[id]
		card := Card{Subject: "review/" + id, Channel: b.Releases, Release: r.Release, Reply: b.reviewReply(v.Of(r.Release), r), Final: !r.Waits()}
		_, posted := v.State.Anchors[card.Subject]
		if r.Deployment != "" && r.Delayed == "" && !posted {
			continue // the deployment's own card says what there is to say
		}
		if b.unsettled(v, card) || !posted && b.keptUpToDate(r.Ended, v.Now) {
			cards = append(cards, card)
		}
	}
	return cards
}

// reviewReply is the card of one attempt of a run.
func (b Builder) reviewReply(v readiness.View, r history.Review) reply.Reply {
	if !r.Waits() {
		title := fmt.Sprintf("Deployment of %s to %s: %s", r.Release, r.Environment, reviewWord(r))
		return reply.Reply{Title: title, Public: true, Parts: []reply.Part{append(reply.Lines{reviewLine(r)}, reviewEnd(r)...)}}
	}
	if r.Deployment != "" {
		title := fmt.Sprintf("gonogo's deployment of %s to %s waits at GitHub", r.Release, r.Environment)
		return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{b.reviewLines(v, r, true)}}
	}
	d := v.Decide(r.Environment)
	word := "GO"
	if !d.Go {
		word = "NO-GO, " + phrase.Count(len(d.Blockers), "blocker")
	}
	title := fmt.Sprintf("Deployment of %s to %s waits at GitHub: %s", r.Release, r.Environment, word)
	parts := []reply.Part{b.reviewLines(v, r, d.Go), Kind(v, r.Environment), b.basisOfReview(v, r)}
	parts = append(parts, b.Blockers(v, d, map[answer.Key]bool{})...)
	parts = append(parts, Overridden(d))
	if approval := v.Approval(r.Environment); len(approval.Roles) > 0 {
		parts = append(parts, b.Approvals(approval))
	}
	parts = append(parts, reviewActions(v, r))
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty(parts)}
}

// reviewLine says which run it is.
func reviewLine(r history.Review) reply.Text {
	text := reply.Say("Workflow run ", runLink(r), ", started ", reply.Time(r.Began), " by ", reply.Shorten(r.By, 100), " at GitHub, commit ", reply.Typed(wording.ShortCommit(r.Commit)))
	if r.Attempt > 1 {
		text = append(text, reply.Say(fmt.Sprintf(", attempt %d", r.Attempt))...)
	}
	return append(text, reply.Say(".")...)
}

func runLink(r history.Review) reply.Span {
	label := "“" + reply.Shorten(r.Title, 150) + "”"
	if address := wording.WebAddress(r.URL); address != "" {
		return reply.LinkTo(address, label)
	}
	return reply.Span{Text: label}
}

// reviewLines say what goes out, and what gonogo does about it.
func (b Builder) reviewLines(v readiness.View, r history.Review, goes bool) reply.Lines {
	lines := append(reply.Lines{reviewLine(r)}, goesOut(r.Compared)...)
	switch {
	case r.RejectBy != "":
		lines = append(lines, reply.Say("✗ Being rejected at GitHub", reply.By(r.RejectBy), ": ", reply.Shorten(r.RejectWhy, 300), "."))
	case !v.State.IsOpen(r.Release) && r.Deployment == "":
		lines = append(lines, reply.Say("⚠ The release ", reply.Bold(r.Release), " is closed, so gonogo doesn't approve it. ", reply.Typed("/ready release "+r.Release), " opens it again."))
	case goes && r.Delayed == "":
		lines = append(lines, reply.Say("▸ gonogo approves it at GitHub."))
	}
	if r.Delayed != "" {
		lines = append(lines, reply.Say("⚠ Not answered yet: ", reply.Shorten(r.Delayed, 300), "."))
	}
	return lines
}

// goesOut lists the commits that would go out.
func goesOut(c *work.Compared) []reply.Text {
	switch {
	case c == nil:
		return nil
	case c.Unknown != "":
		return []reply.Text{reply.Say("Its commits are not known: ", reply.Shorten(c.Unknown, 200), ".")}
	case c.Ahead == 0 && c.Behind == 0:
		return []reply.Text{reply.Say("It is the commit that is live.")}
	}
	line := reply.Say("Brings ", wording.CompareLink(c, phrase.Count(c.Ahead, "commit")))
	if c.Behind > 0 {
		line = append(line, reply.Say("; ⚠ it lacks ", phrase.Count(c.Behind, "live commit"))...)
	}
	if len(c.Commits) == 0 {
		return []reply.Text{append(line, reply.Say(".")...)}
	}
	lines := []reply.Text{append(line, reply.Say(":")...)}
	for _, commit := range c.Commits {
		lines = append(lines, wording.CommitLine(commit.SHA, commit.Title, commit.Author, commit.Why))
	}
	if more := c.Ahead - len(c.Commits); more > 0 {
		lines = append(lines, reply.Say("… and ", wording.CompareLink(c, phrase.Count(more, "more", "more")), "."))
	}
	return lines
}

// basisOfReview says what was waived, if anything.
func (b Builder) basisOfReview(v readiness.View, r history.Review) reply.Part {
	waived := Waivers(v, r.Environment)
	if len(waived) == 0 {
		return nil
	}
	return append(reply.Lines{reply.Say(reply.Bold("Waived"))}, waived...)
}

// reviewActions are the buttons of the sign-off, if there is one, and of the run.
func reviewActions(v readiness.View, r history.Review) reply.Part {
	actions := reply.Actions{{Label: "Status", Act: reply.Act{Verb: "ready status", Release: r.Release}}}
	if approval := v.Approval(r.Environment); len(approval.Roles) > 0 && v.State.IsOpen(r.Release) {
		actions = SignOffActions(v, r.Environment, approval).(reply.Actions)
	}
	if r.RejectBy != "" {
		return actions
	}
	return append(actions, reply.Button{Label: "Reject at GitHub", Act: reply.Act{Verb: "deploy reject", Environment: r.Environment, Run: r.Review}})
}

// reviewWord is how a review ended, in a word.
func reviewWord(r history.Review) string {
	if r.Outcome == event.ReviewOver {
		return "no longer waits"
	}
	return string(r.Outcome)
}

// reviewEnd says how a review ended, and what is left to do.
func reviewEnd(r history.Review) []reply.Text {
	by := "gonogo"
	if r.EndedBy != "" {
		by = reply.Shorten(r.EndedBy, 100) + " at GitHub"
	}
	at := reply.Time(r.Ended)
	switch r.Outcome {
	case event.ReviewApproved:
		return []reply.Text{reply.Say("✓ Approved by ", by, " ", at, ".")}
	case event.ReviewRejected:
		if r.RejectBy != "" && r.EndedBy == "" {
			return []reply.Text{reply.Say("✗ Rejected at GitHub ", at, reply.By(r.RejectBy), ": ", reply.Shorten(r.RejectWhy, 300), ".")}
		}
		return []reply.Text{reply.Say("✗ Rejected by ", by, " ", at, ".")}
	case event.ReviewSuperseded:
		return []reply.Text{reply.Say("Superseded ", at, ": ", r.Why, ". GitHub still waits; cancel the run there, or approve it there if it should go out all the same.")}
	}
	return []reply.Text{reply.Say(reply.Capital(r.Why), ", ", at, ".")}
}
