package prometheus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// Targets are what a server scrapes.
type Targets struct {
	Active []Target
	Now    time.Time // by the server's own clock, to compute ages; zero if it doesn't say
}

// Target is something that is scraped once an interval.
type Target struct {
	Labels     map[string]string
	Health     string    // up, down or unknown: not scraped yet
	LastError  string    // in Prometheus's words, with addresses
	LastScrape time.Time // year 1: never
	Interval   time.Duration
}

// Rules are the alert rules that a server evaluates.
type Rules struct {
	Alerts []Rule    // in the order of their groups; several may have one name
	Now    time.Time // by the server's own clock; zero if it doesn't say
}

// Rule is an alert rule.
type Rule struct {
	Name, Query   string
	Group         string
	For           time.Duration
	Labels        map[string]string
	Health        string // ok, err or unknown: not evaluated yet
	LastError     string // in Prometheus's words
	LastEvaluated time.Time
	Interval      time.Duration // between two evaluations
}

// Targets asks what is scraped now.
func (c *Client) Targets(ctx context.Context) (Targets, error) {
	a, err := c.list(ctx, "api/v1/targets", url.Values{"state": {"active"}})
	if err != nil {
		return Targets{}, err
	}
	all, err := a.targets()
	all.Now = a.sent.UTC()
	return all, err
}

// AlertRules asks which alert rules are loaded.
func (c *Client) AlertRules(ctx context.Context) (Rules, error) {
	a, err := c.list(ctx, "api/v1/rules", url.Values{"type": {"alert"}, "exclude_alerts": {"true"}})
	if err != nil {
		return Rules{}, err
	}
	rules, err := a.rules()
	return Rules{rules, a.sent.UTC()}, err
}

// list asks for a complete list: a part of one proves nothing.
func (c *Client) list(ctx context.Context, path string, form url.Values) (answer, error) {
	a, err := c.ask(ctx, http.MethodGet, path, form.Encode(), mostList)
	switch {
	case err != nil:
		return a, &Unavailable{cause: err}
	case len(a.body) > mostList:
		return a, &Inconclusive{fmt.Sprintf("the response of Prometheus is larger than %d MiB, so it wasn't read", mostList>>20)}
	}
	return a, nil
}

// data decodes what is in an answer's envelope.
func (a answer) data(into any) error {
	e := struct {
		Status, Error string
		Data          any
	}{Data: into}
	if err := json.Unmarshal(a.body, &e); a.status != http.StatusOK || err != nil || e.Status != "success" {
		return &Unavailable{Status: a.status, cause: errors.Join(err, errors.New(cut(e.Error)))}
	}
	return nil
}

func (a answer) targets() (Targets, error) {
	var view struct {
		ActiveTargets []struct {
			Labels         map[string]string
			Health         string
			LastError      string
			LastScrape     time.Time
			ScrapeInterval string
		}
	}
	if err := a.data(&view); err != nil {
		return Targets{}, err
	}
	if view.ActiveTargets == nil {
		return Targets{}, &Unavailable{Status: a.status, cause: errors.New("activeTargets is missing")}
	}
	var all Targets
	for _, t := range view.ActiveTargets {
		all.Active = append(all.Active, Target{t.Labels, t.Health, t.LastError, t.LastScrape, duration(t.ScrapeInterval)})
	}
	return all, nil
}

func (a answer) rules() ([]Rule, error) {
	var view struct {
		Groups []struct {
			Name     string
			Interval float64 // seconds
			Rules    []struct {
				Name, Query, Type string
				Duration          float64 // seconds
				Labels            map[string]string
				Health, LastError string
				LastEvaluation    time.Time
			}
		}
		GroupNextToken string
	}
	if err := a.data(&view); err != nil {
		return nil, err
	}
	if view.Groups == nil || view.GroupNextToken != "" {
		return nil, &Unavailable{Status: a.status, cause: errors.New("groups is missing, or cut short")}
	}
	rules := []Rule{}
	for _, g := range view.Groups {
		for _, r := range g.Rules {
			if r.Type == "alerting" {
				rules = append(rules, Rule{r.Name, r.Query, g.Name, seconds(r.Duration), r.Labels, r.Health, r.LastError, r.LastEvaluation, seconds(g.Interval)})
			}
		}
	}
	return rules, nil
}

// seconds is a duration that Prometheus gives as a number of seconds.
func seconds(n float64) time.Duration {
	const most = 100 * 365 * 24 * 60 * 60
	return time.Duration(min(max(n, 0), most) * float64(time.Second))
}

// spans are the parts of a duration as Prometheus writes it, such as 1d12h; its days
// and weeks are always of the same length.
var spans = regexp.MustCompile(`^(\d{1,9})(ms|s|m|h|d|w|y)`)

var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour}

// duration parses a duration; 0 if it is invalid.
func duration(text string) time.Duration {
	var sum float64
	for text != "" {
		part := spans.FindStringSubmatch(text)
		if part == nil {
			return 0
		}
		n, _ := strconv.Atoi(part[1]) // nine digits fit
		sum += float64(n) * units[part[2]].Seconds()
		text = text[len(part[0]):]
	}
	return seconds(sum)
}
