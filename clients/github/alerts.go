package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// ErrNotEnabled means that a scanner is disabled in the repository, or has never run.
var ErrNotEnabled = errors.New("not enabled")

// Alert is an open alert of a scanner.
type Alert struct {
	Number   int
	Severity string // critical, high, medium or low; empty: GitHub gives none
	Title    string // the rule, the vulnerable package, or the kind of secret; never the secret
	Tool     string // which tool found it; empty: GitHub itself
	URL      string // of its page, for people
}

// Analysis is the newest result that a code scanning tool has uploaded in a category.
type Analysis struct {
	Tool, Category string
	SHA            string // of the commit that was analyzed
	At             time.Time
	Error          string // why the results couldn't be processed; empty: they were
}

// newestAnalyses is how many pages of analyses are read: a tool and category that
// isn't among them is no longer in use.
const newestAnalyses = 2

// Analyses lists the newest analysis of each tool and category of a ref, such as
// refs/heads/main, among the newest 200 of the ref. It returns [ErrNotEnabled] where
// there is none.
func (c *Client) Analyses(ctx context.Context, ref string) ([]Analysis, error) {
	e := operation{op: fmt.Sprintf("list the code scanning analyses of %s in %s", ref, c.repository()), about: codeScans, newest: newestAnalyses}
	all, err := list(ctx, c, e, "code-scanning/analyses", url.Values{"ref": {ref}}, time.Time{}, func(found []analysis) ([]Analysis, bool) { return analysesOf(found, ref) })
	if err != nil {
		return nil, c.enabled(err, "code scanning")
	}
	var newest []Analysis
	seen := map[[2]string]bool{}
	for _, one := range all { // the newest comes first
		if key := [2]string{one.Tool, one.Category}; !seen[key] {
			seen[key] = true
			newest = append(newest, one)
		}
	}
	if len(newest) == 0 {
		return nil, fmt.Errorf("code scanning has no analysis of %s in %s: %w", ref, c.repository(), ErrNotEnabled)
	}
	return newest, nil
}

// analysis is what is read of an analysis
// (https://docs.github.com/en/rest/code-scanning/code-scanning#list-code-scanning-analyses-for-a-repository).
type analysis struct {
	Ref      string    `json:"ref"`
	SHA      string    `json:"commit_sha"`
	Category string    `json:"category"`
	Key      string    `json:"analysis_key"`
	Created  time.Time `json:"created_at"`
	Error    string    `json:"error"`
	Tool     struct {
		Name string `json:"name"`
	} `json:"tool"`
}

// analysesOf is false if an analysis is of another ref, or incomplete.
func analysesOf(found []analysis, ref string) ([]Analysis, bool) {
	var all []Analysis
	for _, one := range found {
		if one.Ref != ref || one.SHA == "" || one.Tool.Name == "" {
			return nil, false
		}
		category := one.Category
		if category == "" {
			category = one.Key
		}
		all = append(all, Analysis{Tool: one.Tool.Name, Category: category, SHA: one.SHA, At: one.Created.UTC(), Error: one.Error})
	}
	return all, true
}

// CodeAlerts lists the code scanning alerts that are open on a ref: those whose
// newest instance there is open, and which nobody dismissed.
func (c *Client) CodeAlerts(ctx context.Context, ref string) ([]Alert, error) {
	e := operation{op: fmt.Sprintf("list the code scanning alerts of %s in %s", ref, c.repository()), about: codeScans}
	// Not filtered by state: that is the state on the default branch, not on the ref.
	alerts, err := list(ctx, c, e, "code-scanning/alerts", url.Values{"ref": {ref}}, time.Time{}, codeAlertsOf)
	return alerts, c.enabled(err, "code scanning")
}

// codeAlert is what is read of a code scanning alert
// (https://docs.github.com/en/rest/code-scanning/code-scanning#list-code-scanning-alerts-for-a-repository).
type codeAlert struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	URL    string `json:"html_url"`
	Rule   struct {
		ID       string `json:"id"`
		Level    string `json:"severity"`
		Severity string `json:"security_severity_level"`
	} `json:"rule"`
	Tool struct {
		Name string `json:"name"`
	} `json:"tool"`
	Instance struct {
		State string `json:"state"`
	} `json:"most_recent_instance"`
}

// severityOfLevel is the severity of an alert whose rule has only a SARIF level.
var severityOfLevel = map[string]string{"error": "high", "warning": "medium", "note": "low", "none": "low"}

func codeAlertsOf(found []codeAlert) ([]Alert, bool) {
	var alerts []Alert
	for _, one := range found {
		if one.Number == 0 || one.State == "" {
			return nil, false
		}
		if one.State == "dismissed" || one.Instance.State == "fixed" || one.Instance.State == "dismissed" {
			continue
		}
		severity := one.Rule.Severity
		if severity == "" {
			severity = severityOfLevel[one.Rule.Level]
		}
		alerts = append(alerts, Alert{Number: one.Number, Severity: severity, Title: one.Rule.ID, Tool: one.Tool.Name, URL: one.URL})
	}
	return alerts, true
}

// SecretAlerts lists the open secret scanning alerts. The secrets are neither requested
// nor read.
func (c *Client) SecretAlerts(ctx context.Context) ([]Alert, error) {
	e := operation{op: "list the secret scanning alerts of " + c.repository(), about: secretScans}
	query := url.Values{"state": {"open"}, "hide_secret": {"true"}}
	alerts, err := list(ctx, c, e, "secret-scanning/alerts", query, time.Time{}, func(found []secretAlert) ([]Alert, bool) {
		var alerts []Alert
		for _, one := range found {
			if one.Number == 0 || one.State != "open" {
				return nil, false
			}
			title := one.Title
			if title == "" {
				title = one.Type
			}
			alerts = append(alerts, Alert{Number: one.Number, Title: title, URL: one.URL})
		}
		return alerts, true
	})
	return alerts, c.enabled(err, "secret scanning")
}

// secretAlert is what is read of a secret scanning alert
// (https://docs.github.com/en/rest/secret-scanning/secret-scanning#list-secret-scanning-alerts-for-a-repository).
type secretAlert struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Type   string `json:"secret_type"`
	Title  string `json:"secret_type_display_name"`
	URL    string `json:"html_url"`
}

// DependencyAlerts lists the open Dependabot alerts, which are about the default
// branch.
func (c *Client) DependencyAlerts(ctx context.Context) ([]Alert, error) {
	e := operation{op: "list the Dependabot alerts of " + c.repository(), about: dependabot}
	alerts, err := list(ctx, c, e, "dependabot/alerts", url.Values{"state": {"open"}}, time.Time{}, func(found []dependencyAlert) ([]Alert, bool) {
		var alerts []Alert
		for _, one := range found {
			if one.Number == 0 || one.State != "open" {
				return nil, false
			}
			alerts = append(alerts, Alert{Number: one.Number, Severity: one.Vulnerability.Severity, Title: one.Vulnerability.Package.Name, URL: one.URL})
		}
		return alerts, true
	})
	return alerts, c.enabled(err, "Dependabot")
}

// dependencyAlert is what is read of a Dependabot alert
// (https://docs.github.com/en/rest/dependabot/alerts#list-dependabot-alerts-for-a-repository).
type dependencyAlert struct {
	Number        int    `json:"number"`
	State         string `json:"state"`
	URL           string `json:"html_url"`
	Vulnerability struct {
		Severity string `json:"severity"`
		Package  struct {
			Name string `json:"name"`
		} `json:"package"`
	} `json:"security_vulnerability"`
}

// DefaultBranch is the ref of the repository's default branch, as in refs/heads/main.
func (c *Client) DefaultBranch(ctx context.Context) (string, error) {
	e := operation{op: "look up the default branch of " + c.repository(), about: theCode}
	name, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Repository, *gh.Response, error) {
		return c.api.Repositories.Get(ctx, c.owner, c.name)
	}, func(r *gh.Repository) (string, bool) { return r.GetDefaultBranch(), r.GetDefaultBranch() != "" })
	return "refs/heads/" + name, err
}

// off are phrases in responses that mean that a scanner is disabled or has never run.
// The status doesn't tell: it is 403 or 404, also when the token can't read the alerts.
var off = []string{
	"must be enabled for this repository", // 403: "Advanced Security …", and "Code Security …" since 2025
	"is not enabled for this repository",  // 403: "Code scanning …"
	"no analysis found",                   // 404, of code scanning
	"is disabled on this repository",      // 404: "Secret scanning …"
	"are disabled for this repository",    // 403: "Dependabot alerts …"
	"not available for archived repositories",
}

// enabled turns a refusal because a scanner is disabled into [ErrNotEnabled].
func (c *Client) enabled(err error, scanner string) error {
	var refused *Refused
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden && refused.Status != http.StatusNotFound {
		return err
	}
	said := strings.ToLower(refused.Message)
	for _, words := range off {
		if strings.Contains(said, strings.ToLower(words)) {
			return fmt.Errorf("%s is %w in %s (%s)", scanner, ErrNotEnabled, c.repository(), refused.Message)
		}
	}
	return err
}
