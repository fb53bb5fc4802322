package issues

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/redact"
)

// The limits of an issue's text, in bytes where nothing else is said. GitHub takes
// 65,536 characters for a body and 256 for a title.
const (
	maxTitle    = 160 // letters; longer ones are cut in GitHub's lists
	maxMeasures = 20_000
	maxDetails  = 15_000
	maxNeeds    = 10
)

// content is what the issue of an answer says.
type content struct {
	Failing         bool // as opposed to: passes now
	Key             answer.Key
	Item            *checklist.Item
	Section         string
	Evidence        answer.Evidence
	Version, Commit string
	Needs           []*checklist.Item // that don't pass either
	Thread          string            // link; empty: not known
	Waivers         []history.Waiver  // that count now
	All             []listedAnswer    // of an issue that several answers share; else none
	Others          []otherRelease    // with the same item, the newest first
	FixOn           string            // the environment that the item's runbook is run for; empty: none in particular
	From            time.Time         // when an issue may be opened; zero: at once

	secrets []string
}

// otherRelease is the same answer for another release.
type otherRelease struct {
	Version, Says string
	Failing       bool
}

// Digest is a digest of what an issue says. It leaves out the time and the thread of a
// measurement: a change of these alone is no reason to update the issue.
func (t *content) Digest() string {
	ev := t.Evidence
	ev.Took, ev.Settings = 0, ""
	said, err := json.Marshal(ev)
	if err != nil { // evidence came out of the ledger as JSON
		said = []byte(ev.Summary)
	}
	words := []string{string(said), t.Item.Title, t.Section, t.Item.Fix, t.Key.String(), t.Version, t.Commit}
	if t.FixOn != "" { // or else all issues of earlier versions would be rewritten
		words = append(words, t.FixOn)
	}
	for _, need := range t.Needs {
		words = append(words, need.ID)
	}
	for _, w := range t.Waivers {
		words = append(words, w.Environment, w.By, w.Until.String(), w.Reason)
	}
	for _, answer := range t.All {
		words = append(words, answer.Key, answer.Title, answer.Says, fmt.Sprint(answer.Through))
	}
	for _, other := range t.Others {
		words = append(words, other.Version, other.Says, fmt.Sprint(other.Failing))
	}
	return digest(words...)
}

// Title is an issue's title.
func (t *content) Title() string {
	title := "[gonogo] " + t.line(t.Item.Title)
	switch {
	case len(t.All) > 0:
		title = fmt.Sprintf("[gonogo] %d items", len(t.All))
	case t.Key.Environment != "":
		title += " on " + t.line(t.Key.Environment)
	}
	if summary := t.line(t.Evidence.Summary); summary != "" {
		title += ": " + summary
	}
	return phrase.ShortenAtWord(strings.TrimRight(disableAutolinks(title), ". "), maxTitle)
}

// closing is the last line of an issue. In issues of earlier versions it also marks the
// end of gonogo's text.
const closing = "_gonogo updates this issue when the evidence changes, and closes it when the gate passes._"

// Body is an issue's body in GitHub's Markdown. It begins with the markers by which the
// issue is found again, and its state is recognised.
func (t *content) Body(key string) string {
	return t.body(key, t.list(), t.measures(), t.details())
}

// brief is a body without the parts that may be long.
func (t *content) brief(key string) string {
	return t.body(key, "_The measurements are left out because this issue has no room for them._")
}

func (t *content) body(key string, shown ...string) string {
	parts := []string{mark("said", t.Digest()) + "\n" + mark("title", titleDigest(t.Title())), t.verdict()}
	parts = append(append(parts, shown...), t.facts(), t.howToFix(), closing)
	own := paragraphs(parts)
	return mark("key", key) + "\n" + own + "\n" + mark("end", ownDigest(own)) + "\n"
}

// Closing is the comment on a closed issue, which says what passes now.
func (t *content) Closing(name string) string {
	return paragraphs([]string{mark("comment", name), t.verdict(), t.list(), t.measures(), t.facts()})
}

func paragraphs(parts []string) string {
	var b strings.Builder
	for _, part := range parts {
		if part = strings.TrimRight(part, "\n"); part != "" {
			b.WriteString(part + "\n\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// verdictWords are the verdicts as words at the beginning of a sentence.
var verdictWords = map[answer.Verdict]string{
	answer.Passed: "Passed", answer.Warned: "Passed with a warning", answer.Failed: "Failed",
	answer.Errored: "Couldn't be measured, at least three times in a row", answer.NotApplicable: "Not applicable",
}

func (t *content) verdict() string {
	text := "**" + verdictWords[t.Evidence.Verdict] + "**"
	if summary := t.prose(t.Evidence.Summary); summary != "" {
		text += ": " + summary
	}
	if note := t.prose(t.Evidence.Note); note != "" {
		text += "\n\nNote: " + note
	}
	return text
}

// measures is the table of measured values.
func (t *content) measures() string {
	if len(t.Evidence.Measures) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| Measure | Value | Limit | Within limit |\n|---|---|---|---|\n")
	for n, m := range t.Evidence.Measures {
		ok := "no"
		if m.OK {
			ok = "yes"
		}
		row := fmt.Sprintf("| %s | %s | %s | %s |\n", t.prose(m.Name), t.prose(strings.TrimSpace(m.Value+" "+m.Unit)), t.prose(m.Limit), ok)
		if b.Len()+len(row) > maxMeasures {
			fmt.Fprintf(&b, "\n… and %s.\n", phrase.Count(len(t.Evidence.Measures)-n, "more measure"))
			break
		}
		b.WriteString(row)
	}
	return b.String()
}

// details is the section with the evidence's details, as a code block.
func (t *content) details() string {
	if len(t.Evidence.Details) == 0 {
		return ""
	}
	var b strings.Builder
	for n, line := range t.Evidence.Details {
		line = disableAutolinks(t.line(line))
		if b.Len()+len(line) > maxDetails {
			fmt.Fprintf(&b, "… and %s\n", phrase.Count(len(t.Evidence.Details)-n, "more line"))
			break
		}
		b.WriteString(line + "\n")
	}
	fence := fenceFor(b.String(), 3)
	return "### Details\n\n" + fence + "text\n" + b.String() + fence
}

// facts is the section that says what the evidence is about.
func (t *content) facts() string {
	lines := []string{fmt.Sprintf("- Item: %s (%s)", t.prose(t.Item.Title), t.code(t.Key.Item))}
	if t.Section != "" {
		lines[0] += " in section " + t.prose(t.Section)
	}
	if t.Key.Environment != "" {
		lines = append(lines, "- Environment: "+t.code(t.Key.Environment))
	}
	commit := "commit unknown"
	if t.Commit != "" {
		commit = "commit " + t.code(t.Commit)
	}
	lines = append(lines, fmt.Sprintf("- Release: %s, %s", t.code(t.Version), commit),
		"- When: "+t.Evidence.At.UTC().Format("2 January 2006, 15:04:05 UTC"))
	for _, other := range t.Others {
		word := "passes"
		if other.Failing {
			word = "also fails"
		}
		lines = append(lines, fmt.Sprintf("- Release %s: %s. %s", t.code(other.Version), word, t.prose(phrase.ShortenAtWord(other.Says, 200))))
	}
	for _, w := range t.Waivers {
		lines = append(lines, fmt.Sprintf("- Waived for %s until %s: %s. The issue stays open until the gate passes.",
			t.code(w.Environment), w.Until.UTC().Format("2 January 2006, 15:04 UTC"), strings.TrimRight(t.prose(phrase.ShortenAtWord(w.Reason, 300)), ". ")))
	}
	if t.Evidence.Link != "" {
		lines = append(lines, "- Evidence: "+t.code(t.Evidence.Link))
	}
	if link := safeLink(t.Thread); link != "" {
		lines = append(lines, "- Slack thread: [the gate run](<"+link+">)")
	}
	return "### About\n\n" + strings.Join(lines, "\n")
}

// howToFix is the section with the next steps.
func (t *content) howToFix() string {
	var lines []string
	for n, need := range t.Needs {
		if n == maxNeeds {
			lines = append(lines, "- and "+phrase.Count(len(t.Needs)-n, "more item")+" that it needs")
			break
		}
		lines = append(lines, fmt.Sprintf("- It needs %s (%s), which has not passed yet.", t.prose(phrase.ShortenAtWord(need.Title, 100)), t.code(need.ID)))
	}
	if t.Item.Fix != "" {
		lines = append(lines, t.runbook())
	}
	again := "- Then type "
	if len(lines) == 0 {
		again = "- Once it is fixed, type "
	}
	what, it := t.Key.String(), "it"
	if len(t.All) > 0 {
		what, it = "all", "them"
	}
	lines = append(lines, again+t.code("/ready run "+what)+" in Slack to measure "+it+" again.")
	return "### How to fix it\n\n" + strings.Join(lines, "\n")
}

// runbook says which runbook to run, for which environment, and how.
func (t *content) runbook() string {
	on, command := "", "/ready fix "+t.Item.Fix
	if t.FixOn != "" {
		on, command = " for "+t.code(t.FixOn), command+" "+t.FixOn
	}
	return "- The runbook " + t.code(t.Item.Fix) + " fixes it" + on + ": type " + t.code(command) + " in Slack."
}

// line puts external text on one line and redacts secrets.
func (t *content) line(text string) string { return redact.Line(text, t.secrets) }

// prose escapes external text for use in a sentence or a table.
func (t *content) prose(text string) string { return escapeMarkdown(t.line(text)) }

// code puts external text into a code span.
func (t *content) code(text string) string {
	text = disableAutolinks(t.line(text))
	fence := fenceFor(text, 1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// safeLink is an address if it needs no escaping in a Markdown link, or nothing.
func safeLink(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(address, "<>\\ \t\r\n") {
		return ""
	}
	return address
}

// mark is a hidden line of a body; marker reads it back.
func mark(name, value string) string { return "<!-- gonogo:" + name + "=" + value + " -->" }

// marker is the value of a marker in the text of an issue or a comment.
func marker(text, name string) string {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "<!-- gonogo:"+name+"=")
		if value, closed := strings.CutSuffix(value, " -->"); ok && closed {
			return value
		}
	}
	return ""
}
