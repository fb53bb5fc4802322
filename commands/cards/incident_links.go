package cards

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/alert"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// mostLinks is how many links a card shows.
const mostLinks = 6

// linksOf are the links of the alerts that a card shows: runbooks, dashboards and graphs, and
// Alertmanager itself. A link that several alerts share is shown once; where
// there are several of one sort, each names its alert.
func linksOf(i *history.Incident) reply.Text {
	alerts := i.FiringAlerts()
	slices.SortStableFunc(alerts, alert.Alert.CompareSeverity)
	alerts = alerts[:min(len(alerts), shownAlerts)]
	var all []link
	for _, sort := range []struct {
		label string
		of    func(alert.Alert) string
	}{
		{"Runbook", func(a alert.Alert) string { return cmp.Or(a.Annotations["runbook_url"], a.Annotations["runbook"]) }},
		{"Dashboard", func(a alert.Alert) string {
			return cmp.Or(a.Annotations["dashboard_url"], a.Annotations["dashboard"])
		}},
		{"Graph", func(a alert.Alert) string { return a.GeneratorURL }},
		{"Alertmanager", func(alert.Alert) string { return i.Link }},
	} {
		all = append(all, distinct(sort.label, alerts, sort.of)...)
	}
	var text reply.Text
	for n, l := range all[:min(len(all), mostLinks)] {
		if n > 0 {
			text = append(text, reply.Say(" · ")...)
		}
		text = append(text, reply.LinkTo(l.address, l.label))
	}
	return text
}

type link struct{ label, address string }

// distinct are the different addresses of one sort.
func distinct(label string, alerts []alert.Alert, of func(alert.Alert) string) []link {
	var links []link
	seen := map[string]bool{}
	for _, a := range alerts {
		if address := webAddress(of(a)); address != "" && !seen[address] {
			seen[address] = true
			links = append(links, link{label + " of " + reply.Shorten(a.Name(), 60), address})
		}
	}
	if len(links) == 1 {
		links[0].label = label
	}
	return links
}

// webAddress is an address that may be a link: http or https, with a host and
// without a password.
func webAddress(written string) string {
	u, err := url.Parse(strings.TrimSpace(written))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// comparedLines list the commits that a change brought or took back.
func comparedLines(c *work.Compared) []reply.Text {
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
	line = append(line, compareLink(c, phrase.Count(n, "commit")))
	if c.Ahead > 0 && c.Behind > 0 {
		line = append(line, reply.Say(", and lacks ", phrase.Count(c.Behind, "commit"), " that had been live")...)
	}
	lines := []reply.Text{append(line, reply.Say(":")...)}
	for _, commit := range c.Commits {
		lines = append(lines, CommitLine(commit.SHA, commit.Title, commit.Author, commit.Why))
	}
	if more := n - len(c.Commits); more > 0 {
		lines = append(lines, reply.Say("… and ", compareLink(c, phrase.Count(more, "more", "more")), "."))
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

// compareLink leads to the page of a comparison, if there is one.
func compareLink(c *work.Compared, label string) reply.Span {
	if address := webAddress(c.URL); address != "" {
		return reply.LinkTo(address, label)
	}
	return reply.Span{Text: label}
}
