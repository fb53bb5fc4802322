package repository

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Checks says which checks of a commit must have succeeded. In a name, * stands for any
// text.
type Checks struct {
	Names  []string // of those that must be there; none: all that are there, and at least one
	Ignore []string // names of those that don't count
	App    string   // whose check runs count; empty: every App's, and commit statuses
	Accept []string // results that count as success besides success: neutral, skipped
}

// standing is how a check stands.
type standing int

const (
	succeeded standing = iota
	idle               // it measured nothing: neutral or skipped
	running
	bad
)

// standing tells how a check stands, by the rule of the kind.
func (c Checks) standing(check github.Check) standing {
	switch {
	case check.Result == "":
		return running
	case check.Result == "success", slices.Contains(c.Accept, check.Result):
		return succeeded
	case check.Result == "neutral", check.Result == "skipped":
		return idle
	}
	return bad
}

// matches reports whether a name is one of the patterns.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return regexp.MustCompile(`^(?s:` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`) + `)$`).MatchString(name)
	})
}

// identity tells checks apart: a re-run is the same check.
type identity struct{ name, app string }

// latest are the latest checks of each name and App, by name, without those that don't
// count; earlier ones of another check suite that ended badly are returned too: they
// may be of another workflow that has a job of the same name.
func (c Checks) latest(all []github.Check) (latest, doubtful []github.Check) {
	newest := map[identity]github.Check{}
	for _, check := range all {
		key := identity{check.Name, check.App}
		if !c.counts(check) {
			continue
		}
		if known, ok := newest[key]; !ok || check.ID > known.ID {
			newest[key] = check
		}
	}
	for _, check := range newest {
		latest = append(latest, check)
	}
	for _, check := range all {
		if last, ok := newest[identity{check.Name, check.App}]; ok && c.counts(check) && check.App != "" && check.Suite != last.Suite && c.standing(check) == bad {
			doubtful = append(doubtful, check)
		}
	}
	slices.SortFunc(latest, func(a, b github.Check) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.App, b.App)) })
	return latest, doubtful
}

// counts reports whether a check is one of those that count.
func (c Checks) counts(check github.Check) bool {
	return !matches(c.Ignore, check.Name) && (c.App == "" || check.App == c.App) && (len(c.Names) == 0 || matches(c.Names, check.Name))
}

// Judge tells whether the checks of a commit have succeeded.
func (c Checks) Judge(all []github.Check, commit string, now time.Time) answer.Evidence {
	latest, doubtful := c.latest(all)
	by := map[standing][]string{}
	var ev answer.Evidence
	for _, check := range latest {
		at := c.standing(check)
		if at == idle && len(c.Names) > 0 {
			at = bad
		}
		by[at] = append(by[at], told(check, now))
		if at == bad && ev.Link == "" {
			ev.Link = page(check.URL)
		}
		if at != idle {
			ev.Measures = append(ev.Measures, answer.Measure{Name: called(check), Value: cmp.Or(check.Result, check.Status), Limit: "success", OK: at == succeeded})
		}
	}
	missing := c.missing(latest)
	ev.Verdict, ev.Summary = c.verdict(by, missing, len(latest), len(all), commit)
	ev.Details = details(by, doubtful)
	if ev.Verdict == answer.Passed && len(doubtful) > 0 {
		ev.Verdict = answer.Warned
		ev.Summary = fmt.Sprintf("the latest run succeeded, but an earlier one in another check suite didn't: %s; if two workflows have jobs of this name, rename one", told(doubtful[0], now))
	}
	return ev
}

// missing are the names that no check has.
func (c Checks) missing(latest []github.Check) (names []string) {
	for _, name := range c.Names {
		if !slices.ContainsFunc(latest, func(check github.Check) bool { return matches([]string{name}, check.Name) }) {
			names = append(names, name)
		}
	}
	return names
}

// verdict judges: what failed or is missing counts before what isn't over.
func (c Checks) verdict(by map[standing][]string, missing []string, counted, all int, commit string) (answer.Verdict, string) {
	commit = short(commit)
	var wrong []string
	if len(by[bad]) > 0 {
		wrong = append(wrong, phrase.UpTo(3, by[bad]))
	}
	if len(missing) > 0 {
		wrong = append(wrong, fmt.Sprintf("commit %s has no check named %s", commit, phrase.UpTo(3, missing)))
	}
	switch {
	case all == 0 && len(c.Names) == 0:
		return answer.NotConfigured, fmt.Sprintf("commit %s has neither check runs nor statuses; set up a workflow that runs for it", commit)
	case len(wrong) > 0:
		return answer.Failed, strings.Join(wrong, "; ")
	case len(by[running]) > 0:
		return answer.Errored, phrase.UpTo(3, by[running]) + "; check again when it has ended"
	case counted == 0:
		return answer.Failed, fmt.Sprintf("none of the %s of commit %s counts by these settings", phrase.Count(all, "check"), commit)
	case len(by[succeeded]) == 0:
		return answer.Failed, fmt.Sprintf("no check of commit %s has succeeded: %s", commit, phrase.UpTo(3, by[idle]))
	}
	good := phrase.Count(len(by[succeeded]), "check") + " succeeded on commit " + commit
	if n := len(by[idle]); n > 0 {
		good += fmt.Sprintf(", %d neutral or skipped", n)
	}
	return answer.Passed, good
}

// details are the checks that didn't succeed, the worst first.
func details(by map[standing][]string, doubtful []github.Check) []string {
	lines := slices.Concat(by[bad], by[running], by[idle])
	for _, check := range doubtful {
		lines = append(lines, strings.TrimSpace("Earlier, in another check suite: "+told(check, time.Time{})+" "+page(check.URL)))
	}
	return lines
}

// called is a check's name as people read it.
func called(check github.Check) string {
	if check.App == "" {
		return phrase.ShortenAtWord(check.Name, 120) + " (status)"
	}
	return phrase.ShortenAtWord(check.Name, 120) + " (" + check.App + ")"
}

// told is a check with how it stands.
func told(check github.Check, now time.Time) string {
	if check.Result != "" {
		return called(check) + ": " + strings.ReplaceAll(check.Result, "_", " ")
	}
	text := called(check) + " is still " + map[string]string{"in_progress": "running", "queued": "queued", "waiting": "waiting"}[check.Status]
	if strings.HasSuffix(text, " ") {
		text += "pending"
	}
	if since := now.Sub(check.Began); !check.Began.IsZero() && since >= time.Second {
		text += ", for " + readiness.Span(since.Round(time.Second))
	}
	return text
}
