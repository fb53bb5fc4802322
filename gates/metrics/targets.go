package metrics

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gonogo/clients/prometheus"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Targets are those that must be up.
type Targets struct {
	Labels map[string]string // that each of them has
	Up     limit.Count       // how many must be up; not set: all, and one at least
}

// Selector is the PromQL selector of their metric up.
func (t Targets) Selector() string {
	var conditions []string
	for _, pair := range pairs(t.Labels) {
		conditions = append(conditions, pair[0]+"="+strconv.Quote(pair[1]))
	}
	return "up{" + strings.Join(conditions, ",") + "}"
}

// least is how long after its last scrape a target never counts as stale, since a busy
// Prometheus is late by seconds.
const least = 30 * time.Second

// Judge tells whether they are up, by the server's list. now is the time where the
// server doesn't say its own.
func (t Targets) Judge(all prometheus.Targets, now time.Time) answer.Evidence {
	if !all.Now.IsZero() {
		now = all.Now
	}
	up, known, unknown := 0, 0, 0
	var wrong []string
	for _, one := range all.Active {
		if !has(one.Labels, t.Labels) {
			continue
		}
		known++
		switch age := now.Sub(one.LastScrape); {
		case one.Health != "up" && one.Health != "down":
			unknown++
			wrong = append(wrong, named(one)+" hasn't been scraped yet")
		case one.Health == "down":
			wrong = append(wrong, named(one)+" is down: "+why(one.LastError))
		case age > max(2*one.Interval, least):
			wrong = append(wrong, fmt.Sprintf("%s was last scraped %s ago, and should be every %s", named(one), readiness.Span(age.Round(time.Second)), readiness.Span(one.Interval)))
		default:
			up++
		}
	}
	if known == 0 {
		return failed("no target of Prometheus has %s; add it to its scrape_configs", written(t.Labels))
	}
	return t.verdict(up, known, unknown, wrong)
}

// AtMoment tells whether they were up at the moment of a query, by the metric up.
func (t Targets) AtMoment(up, known prometheus.Reading) answer.Evidence {
	if !known.Data || known.Value == 0 {
		return failed("nothing with %s was being scraped at that moment", written(t.Labels))
	}
	n := int(known.Value)
	return t.verdict(min(int(up.Value), n), n, 0, nil)
}

// verdict judges counts.
func (t Targets) verdict(up, known, unknown int, wrong []string) answer.Evidence {
	allows := func(n int) bool { return n == known }
	shown := "all"
	if t.Up.Set() {
		allows, shown = func(n int) bool { return t.Up.Allows(float64(n)) }, t.Up.Text
	}
	m := answer.Measure{Name: "targets up", Value: fmt.Sprintf("%d of %d", up, known), Limit: shown, OK: allows(up)}
	ev := answer.Evidence{Verdict: answer.Passed, Measures: []answer.Measure{m}, Details: wrong, Summary: fmt.Sprintf("%d of %s up", up, phrase.Count(known, "target"))}
	if m.OK {
		return ev
	}
	ev.Verdict = answer.Failed
	if unknown > 0 && allows(up+unknown) {
		ev.Verdict = answer.Errored
	}
	ev.Summary = fmt.Sprintf("%d of %s with %s up", up, phrase.Count(known, "target"), written(t.Labels))
	if t.Up.Set() {
		ev.Summary += ", limit " + t.Up.Text
	}
	if len(wrong) > 0 {
		ev.Summary += ": " + phrase.UpTo(2, wrong)
	}
	return ev
}

func named(t prometheus.Target) string {
	return phrase.ShortenAtWord(strings.TrimSpace(t.Labels["job"]+" at "+t.Labels["instance"]), 120)
}

var statusOf = regexp.MustCompile(`HTTP status (\d{3})`)

// why says why a scrape failed. Prometheus's own words hold the whole address, with
// what may be secret in it, and pieces of the page.
func why(lastError string) string {
	if status := statusOf.FindStringSubmatch(lastError); status != nil {
		return "it answered with status " + status[1]
	}
	for _, one := range [][2]string{
		{"connection refused", "it refuses connections"},
		{"no such host", "its host is unknown"},
		{"deadline exceeded", "it didn't answer in time"},
		{"timeout", "it didn't answer in time"},
		{"x509", "its certificate isn't accepted"},
		{"tls:", "TLS with it failed"},
		{"connection reset", "it broke the connection off"},
		{"EOF", "it broke the connection off"},
		{"no route to host", "it can't be reached"},
		{"sample limit", "it has more samples than Prometheus accepts"},
	} {
		if strings.Contains(lastError, one[0]) {
			return one[1]
		}
	}
	return "Prometheus could not read its metrics; see the targets page of Prometheus"
}
