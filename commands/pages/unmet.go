package pages

import (
	"fmt"
	"slices"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// How much the lists of what is not met name before they count the rest.
const (
	shownFailures  = 12
	offeredChecks  = 5
	shownUnchecked = 12
)

// Failed lists what was measured and does not pass, and what could not be measured, each
// with its cause.
func Failed(b cards.Builder, v readiness.View, user string) reply.Reply {
	v = v.Cached()
	found := answersThat(v, func(it *checklist.Item, s readiness.Standing) bool {
		derived := it.Gate != nil && it.Gate.Condition != nil // it follows from the others
		return !s.Through && s.Verdict() != "" && s.Evidence.Verdict != answer.NotApplicable && !derived
	})
	slices.SortStableFunc(found, func(x, y open) int { return rank(x) - rank(y) })
	failed := 0
	var parts []reply.Part
	for i, f := range found {
		if f.answer.Verdict() == answer.Failed {
			failed++
		}
		if i < shownFailures {
			parts = append(parts, failureParts(b, v, f, i < offeredChecks, user)...)
		}
	}
	if more := len(found) - shownFailures; more > 0 {
		parts = append(parts, reply.Lines{reply.Say("… and ", phrase.Count(more, "more", "more"), ". ", reply.Typed("/ready report"), " has all.")})
	}
	title := failedTitle(failed, len(found)-failed)
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(append(parts, backToStatus()))}
}

func failedTitle(failed, broken int) string {
	switch {
	case failed+broken == 0:
		return "Nothing failed"
	case broken == 0:
		return fmt.Sprintf("%d failed", failed)
	case failed == 0:
		return fmt.Sprintf("%d could not be measured", broken)
	}
	return fmt.Sprintf("%d failed, %d could not be measured", failed, broken)
}

// open is an answer that is not met.
type open struct {
	item   *checklist.Item
	answer readiness.Standing
}

func rank(o open) int {
	if o.answer.Verdict() == answer.Failed {
		return 0
	}
	return 1
}

func answersThat(v readiness.View, match func(*checklist.Item, readiness.Standing) bool) []open {
	var found []open
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			for _, s := range v.Standings(it) {
				if match(it, s) {
					found = append(found, open{it, s})
				}
			}
		}
	}
	return found
}

// failureParts are one failure, and what a person may do about it.
func failureParts(b cards.Builder, v readiness.View, f open, offer bool, user string) []reply.Part {
	line := reply.Say(wording.Mark(f.answer), " ", reply.Bold(f.item.Title), onEnvironment(f.answer.Key), ": ",
		reply.Sentence(reply.Shorten(f.answer.Why(f.item), 200)), reply.Typed("/ready status "+f.item.ID))
	if issue := v.State.Issues[f.answer.Key]; issue.Open && issue.URL != "" {
		line = append(line, reply.Say(" · ", reply.LinkTo(issue.URL, fmt.Sprintf("#%d", issue.Number)))...)
	}
	parts := []reply.Part{reply.Lines{line}}
	if !offer {
		return parts
	}
	me, actions := person{v, user}, reply.Actions{}
	if may(b, me, "fix") {
		actions = append(actions, cards.FixButton(f.item, f.answer.Key)...)
	}
	if f.item.Gate != nil && may(b, me, "run") {
		actions = append(actions, cards.AnswerButton(f.item, f.answer))
	}
	return append(parts, append(actions, reply.Button{Label: "Nudge", Act: reply.Do("ready nudge", f.answer.Key.String())}))
}

func backToStatus() reply.Actions {
	return reply.Actions{{Label: "Status", Act: reply.Do("ready status")}}
}

// Unchecked lists the items that people have to check: first those that the person who
// asks may check, then how many the other sections have.
func Unchecked(b cards.Builder, v readiness.View, user string) reply.Reply {
	v = v.Cached()
	found := answersThat(v, func(it *checklist.Item, s readiness.Standing) bool {
		return it.Manual != nil && !s.Through && s.Waiting == "" && s.Verdict() == ""
	})
	yours, others := reply.Lines{}, []open{}
	actions, more := reply.Actions{}, 0
	for _, o := range found {
		held, _ := b.Held(user, b.Checkers(o.item))
		switch {
		case len(held) == 0:
			others = append(others, o)
		case len(yours) == shownUnchecked:
			more++
		default:
			yours = append(yours, reply.Say("○ ", reply.Bold(o.item.Title), onEnvironment(o.answer.Key), ". ", reply.Typed("/ready check "+o.answer.Key.String())))
			if len(actions) < offeredChecks {
				actions = append(actions, reply.Button{Label: "Check: " + reply.Shorten(o.item.Title, 40), Act: reply.Do("ready check", o.answer.Key.String())})
			}
		}
	}
	var parts []reply.Part
	if len(yours) > 0 {
		yours = append(reply.Lines{reply.Say(reply.Bold("Yours to check"), fmt.Sprintf(": %d", len(yours)+more))}, yours...)
	}
	if more > 0 {
		yours = append(yours, reply.Say("… and ", phrase.Count(more, "more", "more"), ". ", reply.Typed("/ready status SECTION"), " lists a section."))
	}
	parts = append(parts, yours, actions, othersTable(b, others), backToStatus())
	title := phrase.Count(len(found), "check") + " by people left"
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(parts)}
}

// othersTable counts by section what others have to check, and says who.
func othersTable(b cards.Builder, others []open) reply.Part {
	if len(others) == 0 {
		return nil
	}
	t := reply.Table{Title: "Others check", Header: []string{"Section", "Left", "Who"}}
	for i := 0; i < len(others); {
		j, roles := i, []string(nil)
		for ; j < len(others) && others[j].item.Section == others[i].item.Section; j++ {
			for _, id := range b.Checkers(others[j].item) {
				if role, ok := b.Checklist.Role(id); ok && !slices.Contains(roles, role.Title) {
					roles = append(roles, role.Title)
				}
			}
		}
		t.Rows = append(t.Rows, []reply.Text{reply.Say(reply.Typed(others[i].item.Section)), reply.Say(fmt.Sprint(j - i)), reply.Say(phrase.UpTo(3, roles))})
		i = j
	}
	return t
}
