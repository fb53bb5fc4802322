package gates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"gonogo/readiness"
)

// Bounds of the evidence that a gate may hand in.
const (
	maxDetails  = 50
	maxMeasures = 200
	maxLine     = 500 // letters
	blank       = "[redacted]"
)

// verdicts are those that a gate may give.
var verdicts = []readiness.Verdict{readiness.Passed, readiness.Warned, readiness.Failed, readiness.Errored, readiness.NotConfigured}

// Presentable takes secrets out of evidence and cuts it to its bounds. An
// answer without a verdict is no pass.
func Presentable(ev readiness.Evidence, secrets []string) readiness.Evidence {
	if !slices.Contains(verdicts, ev.Verdict) {
		ev = readiness.Evidence{Verdict: readiness.Errored, Summary: "this gate gave no verdict", Took: ev.Took}
	}
	clean := newCleaner(secrets).line
	ev.Summary, ev.Note, ev.Link = clean(ev.Summary), clean(ev.Note), clean(ev.Link)
	details := ev.Details
	if more := len(details) - maxDetails; more > 0 {
		details = append(details[:maxDetails-1:maxDetails-1], fmt.Sprintf("… and %d more lines", more+1))
	}
	ev.Details = nil
	for _, line := range details {
		ev.Details = append(ev.Details, clean(line))
	}
	measures := ev.Measures[:min(len(ev.Measures), maxMeasures)]
	ev.Measures = nil
	for _, m := range measures {
		m.Name, m.Value, m.Unit, m.Limit = clean(m.Name), clean(m.Value), clean(m.Unit), clean(m.Limit)
		ev.Measures = append(ev.Measures, m)
	}
	return ev
}

// cleaner makes text from anywhere fit to be shown.
type cleaner struct {
	forms []string // in which secrets may be written, the longest first
	blank *strings.Replacer
}

func newCleaner(secrets []string) cleaner {
	c := cleaner{forms: Forms(secrets)}
	pairs := make([]string, 0, 2*len(c.forms))
	for _, form := range c.forms {
		pairs = append(pairs, form, blank)
	}
	c.blank = strings.NewReplacer(pairs...)
	return c
}

// userinfo is the user and password within an address, whoever wrote it.
var userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@"'<>]+@`)

// line makes one line: valid, without secrets, control sequences and control
// characters, and not too long.
func (c cleaner) line(text string) string {
	text = c.blank.Replace(c.blankCut(strings.ToValidUTF8(text, "?")))
	if shown := plainText(text); shown != text { // a secret may be coloured in part
		text = c.blank.Replace(shown)
	}
	text = userinfo.ReplaceAllString(text, "${1}"+blank+"@")
	text = strings.TrimSpace(strings.Map(plain, text))
	if runes := []rune(text); len(runes) > maxLine {
		text = string(runes[:maxLine-1]) + "…"
	}
	return text
}

// blankCut takes away the beginning of a secret before each … by which something
// was cut short, also where that was quoted, and the end of one after it.
func (c cleaner) blankCut(text string) string {
	pieces := strings.Split(text, "…")
	for i := range pieces[1:] {
		before, after := c.lessBeginning(pieces[i]), c.lessEnd(pieces[i+1])
		if before == pieces[i] && after == pieces[i+1] {
			before += "…"
		}
		pieces[i], pieces[i+1] = before, after
	}
	return strings.Join(pieces, "")
}

// lessBeginning is a text that ends in the beginning of a secret without that.
func (c cleaner) lessBeginning(text string) string {
	for _, form := range c.forms {
		for n := len(form) - 1; n >= minSecret; n-- {
			if rest, ok := strings.CutSuffix(text, form[:n]); ok {
				return rest + blank
			}
		}
	}
	return text
}

// lessEnd is a text that begins with the end of a secret without that.
func (c cleaner) lessEnd(text string) string {
	for _, form := range c.forms {
		for n := 1; n <= len(form)-minSecret; n++ {
			if rest, ok := strings.CutPrefix(text, form[n:]); ok {
				return blank + rest
			}
		}
	}
	return text
}

// plain turns what would move the cursor into spaces.
func plain(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// short cuts a text that is only quoted to one line of 80 letters.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return text
}

// Redact makes text from outside fit to be shown: one line, not too long, and
// without any of the secrets in whichever form they are written.
func Redact(text string, secrets []string) string { return newCleaner(secrets).line(text) }
