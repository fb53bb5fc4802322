package issues

import (
	"strings"
	"unicode/utf8"

	"gonogo/clients/github"
)

// People edit issues, and their text stays. Only the part of a body between two
// markers is gonogo's:
//
//	what people wrote
//	<!-- gonogo:key=... -->
//	what gonogo says
//	<!-- gonogo:end=... -->
//	what people wrote
//
// The end marker has the digest of gonogo's text. If that was edited too, the edited
// text is kept below the new one. Likewise a title is replaced only if it is the one
// that gonogo gave. An edit that somebody saves between our read and our write remains
// only in the issue's edit history: GitHub's API has no conditional update.

// mostBody is GitHub's limit for a body, in characters.
const mostBody = 65_536

// byHand is the heading above gonogo's text as somebody edited it.
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

// around puts gonogo's text between what people wrote above and below it.
func around(above, own, below string) string {
	var parts []string
	for _, part := range []string{above, own, below} {
		if part = strings.Trim(part, "\n"); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// split splits a body into its parts; edited reports that gonogo's own part was
// changed. GitHub's editor ends lines with CR LF.
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

// ownDigest is a digest of gonogo's text, by which an edit is noticed. A ticked box
// doesn't count as an edit.
func ownDigest(own string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(own)) {
		lines = append(lines, strings.Replace(strings.TrimSpace(line), "- [x] ", "- [ ] ", 1))
	}
	return digest(lines...)
}

// withoutMarks is gonogo's text without its markers and its last line.
func withoutMarks(own string) string {
	var kept strings.Builder
	for line := range strings.Lines(own) {
		if text := strings.TrimSpace(line); !strings.HasPrefix(text, "<!-- gonogo:") && text != closing {
			kept.WriteString(line)
		}
	}
	return strings.TrimSpace(kept.String())
}

// hasOurTitle reports whether an issue's title is the one that gonogo gave it. Issues
// of earlier versions have no marker for it; there the prefix decides.
func hasOurTitle(issue github.Issue) bool {
	if given := marker(issue.Body, "title"); given != "" {
		return given == titleDigest(issue.Title)
	}
	return strings.HasPrefix(issue.Title, "[gonogo] ")
}

// titleDigest is a digest of a title as it looks on the page.
func titleDigest(title string) string {
	return digest(strings.Join(strings.Fields(strings.ReplaceAll(title, zeroWidthSpace, "")), " "))
}
