package issues

import (
	"strings"
	"unicode/utf8"

	"gonogo/clients/github"
)

// People write into issues, and what they write stays. Of a body only the part
// between two marks is gonogo's:
//
//	what people wrote
//	<!-- gonogo:key=... -->
//	what gonogo says
//	<!-- gonogo:end=... -->
//	what people wrote
//
// The end has the digest of what gonogo said. Where that was edited too, the
// edited text is kept below the new one. Likewise a title is replaced only if
// it is the one that gonogo gave. What somebody saves between our reading and
// writing is lost to GitHub's history of edits: its API can't make a change depend
// on what was there.

// mostBody is how many characters GitHub takes.
const mostBody = 65_536

// byHand heads a part of the issue that was gonogo's and that somebody edited.
const byHand = "### Edited by hand"

// Into puts what the issue says now into a body that people may have edited.
func (t *content) Into(body, key string) string {
	above, own, below, edited := split(body)
	if edited {
		below = byHand + "\n\n" + withoutMarks(own) + "\n\n" + below
	}
	whole := around(above, t.Body(key), below)
	if utf8.RuneCountInString(whole) > mostBody {
		whole = around(above, t.brief(key), below)
	}
	return whole
}

// around sets text between what people wrote above and below it.
func around(above, own, below string) string {
	var parts []string
	for _, part := range []string{above, own, below} {
		if part = strings.Trim(part, "\n"); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// split takes a body apart; edited tells that gonogo's own part isn't as gonogo
// wrote it. GitHub's editor ends lines with CR LF.
func split(body string) (above, own, below string, edited bool) {
	body = strings.ReplaceAll(body, "\r\n", "\n")
	start := strings.Index("\n"+body, "\n<!-- gonogo:key=")
	if start < 0 {
		return "", "", body, false
	}
	above, own = body[:start], body[start:]
	_, own, _ = strings.Cut(own, "\n")
	if before, rest, found := strings.Cut(own, "\n<!-- gonogo:end="); found {
		said, below, _ := strings.Cut(rest, "\n")
		return above, before, below, strings.TrimSpace(said) != ownDigest(before)+" -->"
	}
	before, below, found := strings.Cut(own, "\n"+closing)
	if !found {
		return above, own, "", false
	}
	return above, before, below, false
}

// ownDigest is the same for what gonogo says as long as nobody edits it. To
// tick a box is no edit.
func ownDigest(own string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(own)) {
		lines = append(lines, strings.Replace(strings.TrimSpace(line), "- [x] ", "- [ ] ", 1))
	}
	return digest(lines...)
}

// withoutMarks is text that was gonogo's without its marks and its last line.
func withoutMarks(own string) string {
	var kept strings.Builder
	for line := range strings.Lines(own) {
		if text := strings.TrimSpace(line); !strings.HasPrefix(text, "<!-- gonogo:") && text != closing {
			kept.WriteString(line)
		}
	}
	return strings.TrimSpace(kept.String())
}

// titled reports whether an issue's title is the one that gonogo gave it. Those
// of earlier versions are known by how they begin.
func titled(issue github.Issue) bool {
	if given := marker(issue.Body, "title"); given != "" {
		return given == titleDigest(issue.Title)
	}
	return strings.HasPrefix(issue.Title, "[gonogo] ")
}

// titleDigest is the same for titles that look the same.
func titleDigest(title string) string {
	return digest(strings.Join(strings.Fields(strings.ReplaceAll(title, gap, "")), " "))
}
