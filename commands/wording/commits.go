package wording

import (
	"net/url"
	"strings"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// WebAddress is an address that may be a link: http or https, with a host and
// without a password.
func WebAddress(written string) string {
	u, err := url.Parse(strings.TrimSpace(written))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// Compared lists the commits that a change brought or took back.
func Compared(c *work.Compared) []reply.Text {
	switch {
	case c == nil:
		return nil
	case c.Unknown != "":
		return []reply.Text{reply.Say("Its commits are not known: ", reply.Shorten(c.Unknown, 200), ".")}
	case c.Ahead+c.Behind == 0:
		return []reply.Text{reply.Say("It brought no other commit.")}
	}
	n, line := c.Ahead, reply.Say("It brought ")
	if n == 0 {
		n, line = c.Behind, reply.Say("It took back ")
	}
	line = append(line, CompareLink(c, phrase.Count(n, "commit")))
	if c.Ahead > 0 && c.Behind > 0 {
		line = append(line, reply.Say(", and lacks ", phrase.Count(c.Behind, "commit"), " that had been live")...)
	}
	lines := []reply.Text{append(line, reply.Say(":")...)}
	for _, commit := range c.Commits {
		lines = append(lines, CommitLine(commit.SHA, commit.Title, commit.Author, commit.Why))
	}
	if more := n - len(c.Commits); more > 0 {
		lines = append(lines, reply.Say("… and ", CompareLink(c, phrase.Count(more, "more", "more")), "."))
	}
	return lines
}

// CommitLine is a commit in a list. A notable one has a mark, and why it is notable.
func CommitLine(sha, title, author, why string) reply.Text {
	text := reply.Say("• ", reply.Typed(sha[:min(len(sha), 7)]), " ", reply.Shorten(title, 100))
	if author != "" {
		text = append(text, reply.Say(", ", reply.Shorten(author, 40))...)
	}
	if why != "" {
		text = append(text, reply.Say(" ⚠ ", why)...)
	}
	return text
}

// CompareLink leads to the page of a comparison, if there is one.
func CompareLink(c *work.Compared, label string) reply.Span {
	if address := WebAddress(c.URL); address != "" {
		return reply.LinkTo(address, label)
	}
	return reply.Span{Text: label}
}

// Removed lists the commits that a rollback removes, as they were recorded when the
// deployment brought them that it undoes; nothing if they weren't.
func Removed(s *history.State, environment string, from, to build.Build) reply.Lines {
	for _, run := range s.Runs {
		c := run.Change
		if c == nil || c.Environment != environment || run.What != work.Deployment || c.From.Version != to.Version || c.To.Version != from.Version {
			continue
		}
		if known := run.Compared; known != nil && known.Unknown == "" && known.Ahead > 0 && known.Behind == 0 {
			undone := *known
			undone.Ahead, undone.Behind = 0, known.Ahead
			return RemovedBy(&undone)
		}
	}
	return nil
}

// RemovedBy lists the commits that a rollback removes.
func RemovedBy(c *work.Compared) reply.Lines {
	lines := Compared(c)
	if c != nil && c.Unknown == "" && c.Ahead == 0 && c.Behind > 0 {
		lines[0] = reply.Say("It removes ", phrase.Count(c.Behind, "commit"), " (", CompareLink(c, "compare"), "):")
	}
	return lines
}
