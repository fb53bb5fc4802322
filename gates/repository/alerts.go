package repository

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/clients/github"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
)

// Severities are GitHub's, the worst first.
var Severities = [...]string{"critical", "high", "medium", "low"}

// Limits are how many alerts may be open: of all, and of each of [Severities]. Each
// may be unset.
type Limits struct {
	All limit.Count
	Of  [len(Severities)]limit.Count
}

// Effective are the limits that hold: without any, there may be no alert.
func (l Limits) Effective() Limits {
	if !l.set() {
		l.All = limit.MustCount("0")
	}
	return l
}

// set reports whether there is a limit.
func (l Limits) set() bool {
	return l.All.Set() || slices.ContainsFunc(l.Of[:], func(one limit.Count) bool { return one.Set() })
}

// Gap finds a severity that has a limit while a worse one has none, so that worse
// alerts would let through; empty: there is none.
func (l Limits) Gap() (severity, worse string) {
	if l.All.Set() {
		return "", ""
	}
	for i, worse := range Severities[:len(Severities)-1] {
		if l.Of[i+1].Set() && !l.Of[i].Set() {
			return Severities[i+1], worse
		}
	}
	return "", ""
}

// JudgeAlerts compares open alerts with limits. An alert without a severity counts as
// critical. noun is what they are, as in "Dependabot alert".
func JudgeAlerts(noun string, alerts []github.Alert, fails, warns Limits) answer.Evidence {
	fails = fails.Effective()
	counts := []count{{"open " + noun + "s", len(alerts), fails.All, warns.All}}
	for i, severity := range Severities {
		n := 0
		for _, one := range alerts {
			if severityOf(one) == i {
				n++
			}
		}
		counts = append(counts, count{severity + " " + noun + "s", n, fails.Of[i], warns.Of[i]})
	}
	ev := judge(counts, phrase.Count(len(alerts), "open "+noun))
	sorted := slices.Clone(alerts)
	slices.SortStableFunc(sorted, func(a, b github.Alert) int { return severityOf(a) - severityOf(b) })
	for _, one := range sorted {
		ev.Details = append(ev.Details, fmt.Sprintf("%s #%d%s: %s%s", noun, one.Number, rated(one), phrase.ShortenAtWord(one.Title, 120), by(one)))
	}
	if len(sorted) > 0 && !ev.Verdict.LetsThrough() {
		ev.Link = page(sorted[0].URL)
	}
	return ev
}

// severityOf is the place of an alert's severity among [Severities].
func severityOf(a github.Alert) int { return max(slices.Index(Severities[:], a.Severity), 0) }

func rated(a github.Alert) string {
	if a.Severity == "" {
		return ""
	}
	return " (" + a.Severity + ")"
}

func by(a github.Alert) string {
	if a.Tool == "" {
		return ""
	}
	return ", by " + a.Tool
}

// Analyzed tells whether the newest analyses of a ref are of the release's commit: of
// each tool that is named, or else of each that has one.
func Analyzed(analyses []github.Analysis, tools []string, commit, ref string) answer.Evidence {
	var stale, missing, current []string
	for _, one := range analyses {
		if len(tools) > 0 && !slices.Contains(tools, one.Tool) {
			continue
		}
		switch name := strings.TrimSpace(one.Tool + " " + one.Category); {
		case !build.SameCommit(one.SHA, commit):
			stale = append(stale, fmt.Sprintf("%s analyzed commit %s last, not %s", name, short(one.SHA), short(commit)))
		case one.Error != "":
			stale = append(stale, name+" could not be taken by GitHub: "+phrase.ShortenAtWord(phrase.Excerpt(one.Error), 120))
		default:
			current = append(current, name)
		}
	}
	for _, tool := range tools {
		if !slices.ContainsFunc(analyses, func(one github.Analysis) bool { return one.Tool == tool }) {
			missing = append(missing, tool+" has no analysis of "+ref)
		}
	}
	switch {
	case len(missing) > 0:
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: phrase.UpTo(3, missing), Details: stale}
	case len(stale) > 0:
		ev := evidence(answer.Errored, "%s; analyze the release's commit, or remove a setup that is no longer used", phrase.UpTo(3, stale))
		ev.Details = stale
		return ev
	case len(current) == 0:
		return evidence(answer.NotConfigured, "code scanning has no analysis of %s", ref)
	}
	return evidence(answer.Passed, "%s analyzed the commit", phrase.UpTo(3, current))
}
