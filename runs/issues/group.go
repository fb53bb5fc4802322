package issues

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// Answers that fail for the same cause share one issue: that of the first of them,
// their lead. The others join it:
//
//	          fails for the cause of an open issue
//	alone ──────────────────────────────────────────▶ listed
//	  ▲                                                 │
//	  └─────── the issue is closed: all let through ────┘
//
// Joining writes nothing to GitHub. It is recorded in the ledger, and changes
// what the lead's issue says, which is then updated as for other evidence. The
// issue lists its answers, ticks those that let through, and is closed once all do.

// cause is a digest that answers have in common if they fail for the same cause; empty:
// no cause that could be shared. The summary of a gate that couldn't measure names the
// service and the problem, so it is the same for all gates that ask there. Gates that
// did measure share a cause only if all details agree.
func (t *content) cause() string {
	ev := t.Evidence
	switch {
	case !t.Failing || ev.Summary == "":
		return ""
	case ev.Verdict == answer.Errored:
		return digest("errored", ev.Summary)
	case len(ev.Details) == 0:
		return ""
	}
	found, err := json.Marshal([]any{ev.Details, ev.Measures})
	if err != nil { // evidence came out of the ledger as JSON
		return ""
	}
	return digest(string(ev.Verdict), ev.Summary, string(found), t.Item.Gate.Kind, t.Item.Fix)
}

// listedIn lists the answers that an answer's issue lists besides it, in order.
func listedIn(s *history.State, lead answer.Key) []answer.Key {
	var keys []answer.Key
	for key, issue := range s.Issues {
		if issue.Lead == lead.String() {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b answer.Key) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// text is what an answer's issue should say by its own evidence; nil means that it is
// left as it is.
func (p *pass) text(v readiness.View, key answer.Key) *content {
	it, ok := v.Checklist.Item(key.Item)
	switch {
	case !ok || it.Gate == nil || it.Gate.Condition != nil || !slices.Contains(it.Keys(), key):
		return p.withoutGate(v, key)
	case p.measured[key.String()]:
		return nil
	}
	return p.wanted(v, it, key)
}

// shared is what an issue should say about all answers that it lists. It is left as it
// is while a gate run measures one of them, and while one has no usable evidence and no
// other fails.
func (p *pass) shared(v readiness.View, lead answer.Key) *content {
	own, others := p.text(v, lead), listedIn(v.State, lead)
	if len(others) == 0 {
		return own
	}
	var about *content
	var all []listedAnswer
	unknown := false
	for _, key := range append([]answer.Key{lead}, others...) {
		if p.measured[key.String()] {
			return nil
		}
		text := p.text(v, key)
		unknown = unknown || text == nil
		if text != nil && (about == nil || text.Failing && !about.Failing) {
			about = text
		}
		all = append(all, listed(v, key, text))
	}
	if about == nil || unknown && !about.Failing {
		return nil
	}
	whole := *about
	whole.All = all
	return &whole
}

// findLead finds the answer whose issue should list a job's answer. open reports that
// the issue is there, and waits that it is about to be opened.
func (p *pass) findLead(v readiness.View, job workItem, now time.Time) (lead answer.Key, open, waits bool) {
	if job.text.cause() == "" || len(listedIn(v.State, job.key)) > 0 {
		return lead, false, false
	}
	before := true
	for _, key := range p.gateAnswers() {
		if key == job.key {
			before = false
			continue
		}
		issue := v.State.Issues[key]
		if issue.Lead != "" || !issue.Open && !before {
			continue
		}
		text := p.shared(v, key)
		if text == nil || text.cause() != job.text.cause() {
			continue
		}
		if issue.Open {
			return key, true, false
		}
		_, at := missing(issue, text)
		waits = waits || !at.After(now) && !latest(p.waits[key].Until, issue.Until).After(now)
	}
	return lead, false, waits
}

// join records that an answer is listed in another's issue.
func (p *pass) join(ctx context.Context, key, lead answer.Key) error {
	issue := p.view(p.opts.Now()).State.Issues[lead]
	return p.journal(ctx, event.IssueWritten{Item: key.Item, Environment: key.Environment, Act: event.JoinIssue,
		Number: issue.Number, URL: issue.URL, Open: issue.Open, Lead: lead.String()})
}

// listedAnswer is one line of an issue that lists several.
type listedAnswer struct {
	Key, Title, Says string
	Through          bool
}

// listed is the line of an answer, which stays in the list even if its item is removed.
func listed(v readiness.View, key answer.Key, text *content) listedAnswer {
	line := listedAnswer{Key: key.String(), Title: key.Item}
	it, ok := v.Checklist.Item(key.Item)
	if ok {
		line.Title = it.Title
	}
	switch {
	case text == nil && ok:
		line.Says = "no recent measurement counts"
	case text == nil:
	case len(text.Waivers) > 0:
		line.Says = "waived; " + text.Evidence.Summary
	default:
		line.Through, line.Says = !text.Failing, text.Evidence.Summary
	}
	return line
}

// maxList bounds how many answers an issue lists.
const maxList = 100

// list is the section of the body with the answers that the issue is about.
func (t *content) list() string {
	if len(t.All) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("### Items\n\n")
	for n, answer := range t.All {
		if n == maxList {
			fmt.Fprintf(&b, "- … and %d more\n", len(t.All)-n)
			break
		}
		box := " "
		if answer.Through {
			box = "x"
		}
		fmt.Fprintf(&b, "- [%s] %s (%s)", box, t.prose(phrase.ShortenAtWord(answer.Title, 100)), t.code(answer.Key))
		if answer.Says != "" {
			b.WriteString(": " + t.prose(phrase.ShortenAtWord(answer.Says, 200)))
		}
		b.WriteString("\n")
	}
	return b.String()
}
