package upstream

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gonogo/playground/upstream/github"
)

// codeChecks are the checks of every commit in a state of their switch.
func codeChecks(state string) []github.Check {
	run := func(name, state string) github.Check {
		return github.Check{Name: name, App: "github-actions", State: state}
	}
	// The first run of the module tests lost its runner and was re-run.
	checks := []github.Check{run("build", "success"), run("test (modules)", "cancelled"), run("test (modules)", "success"), run("test (views)", "success"), run("docs", "skipped"),
		{Name: "ci/preview", State: "success"}}
	switch state {
	case "fails":
		checks[2].State = "failure"
	case "running":
		checks[2].State = "in_progress"
	case "missing":
		checks = checks[1:]
	case "none":
		return nil
	}
	return checks
}

func codeChecksSwitch(p Place, host *github.Host) *Switch {
	return applied((&Switch{
		ID: "github-checks", Title: "Checks of every commit",
		Help: "Check runs of GitHub Actions and a commit status. The checks are build, test (modules), test (views) and docs, which is always skipped.",
		States: []State{
			{ID: "pass", Title: "All succeed", Good: true},
			{ID: "fails", Title: "test (modules) fails"},
			{ID: "running", Title: "test (modules) is running"},
			{ID: "missing", Title: "build is missing"},
			{ID: "none", Title: "There are none"},
		},
		effect: func(state string) error {
			host.SetChecks(codeChecks(state))
			return nil
		},
	}).restore(p))
}

// applied applies the state of a new switch.
func applied(s *Switch) *Switch {
	if err := s.effect(s.at); err != nil {
		panic(err) // the effects of these switches are in memory and can't fail
	}
	return s
}

// analyses are CodeQL's analyses of main and of each tag.
func analyses(code github.Code, stale bool) []github.Analysis {
	refs := map[string]string{"refs/heads/main": code.Branches["main"]}
	for tag, sha := range code.Tags {
		refs["refs/tags/"+tag] = sha
	}
	var all []github.Analysis
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		i := slices.IndexFunc(code.Commits, func(one github.Commit) bool { return one.SHA == refs[ref] })
		if stale {
			i-- // the analysis is of the commit before the last
		}
		commit := code.Commits[i]
		all = append(all, github.Analysis{Tool: "CodeQL", Category: "/language:python", Ref: ref, SHA: commit.SHA, At: commit.At.Add(9 * time.Minute)})
	}
	return all
}

// The alerts that the switches open.
var (
	codeAlert    = github.Alert{Number: 12, Severity: "high", Level: "error", Title: "py/sql-injection", Tool: "CodeQL", At: time.Date(2025, time.November, 18, 11, 35, 0, 0, time.UTC)}
	secretAlert  = github.Alert{Number: 3, Title: "slack_api_token", Secret: "xoxb-practice-only", At: time.Date(2025, time.November, 17, 8, 2, 0, 0, time.UTC)}
	packageAlert = github.Alert{Number: 41, Severity: "critical", Title: "requests", At: time.Date(2025, time.November, 15, 3, 20, 0, 0, time.UTC)}
)

// codeScanners are the switches of GitHub's scanners.
func codeScanners(p Place, host *github.Host) []*Switch {
	off := func(s *github.Security, scanner github.Scanner, state string) {
		s.Off = slices.DeleteFunc(s.Off, func(one github.Scanner) bool { return one == scanner })
		if state == "off" {
			s.Off = append(s.Off, scanner)
		}
	}
	// only lists the alert if the switch opens it.
	only := func(state string, alert github.Alert) []github.Alert {
		if state == "alert" {
			return []github.Alert{alert}
		}
		return nil
	}
	scanner := func(id, title, alert, help string, further []State, set func(*github.Security, string)) *Switch {
		states := []State{{ID: "clean", Title: "No open alert", Good: true}, {ID: "alert", Title: alert}, {ID: "off", Title: "Disabled"}}
		return applied((&Switch{ID: id, Title: title, Help: help, States: append(states, further...), effect: func(state string) error {
			host.SetSecurity(func(s *github.Security) { set(s, state) })
			return nil
		}}).restore(p))
	}
	stale := []State{{ID: "stale", Title: "The last commit was not analyzed"}}
	return []*Switch{
		scanner("github-code-scanning", "GitHub's code scanning", "A high alert is open", "CodeQL's alerts for main and each tag.", stale, func(s *github.Security, state string) {
			off(s, github.CodeScanning, state)
			s.Code, s.Analyses = only(state, codeAlert), analyses(releases(), state == "stale")
		}),
		scanner("github-secret-scanning", "GitHub's secret scanning", "A secret was found", "What GitHub finds in all commits.", nil, func(s *github.Security, state string) {
			off(s, github.SecretScanning, state)
			s.Secrets = only(state, secretAlert)
		}),
		scanner("github-dependabot", "Dependabot", "A critical alert is open", "Vulnerable packages of the default branch.", nil, func(s *github.Security, state string) {
			off(s, github.Dependabot, state)
			s.Packages = only(state, packageAlert)
		}),
	}
}

// auditLabel is the label of the findings of the security audit.
const auditLabel = "audit"

// auditCounts are how many findings of each severity the audit had, as many as the
// release's checklist counts.
var auditCounts = []struct {
	severity string
	count    int
}{{"critical", 10}, {"high", 8}, {"medium", 12}, {"low", 5}}

// auditIssues are the 35 findings of the security audit. Those of low severity are
// still open.
func auditIssues() []github.Issue {
	found := time.Date(2025, time.October, 27, 9, 0, 0, 0, time.UTC)
	var all []github.Issue
	for _, group := range auditCounts {
		for n := range group.count {
			issue := github.Issue{
				Number: 101 + len(all), Author: "dreyes", Labels: []string{auditLabel, group.severity}, Created: found.Add(time.Duration(len(all)) * time.Minute),
				Title: fmt.Sprintf("Audit finding %s %d", group.severity, n+1),
			}
			if group.severity != "low" {
				issue.Turns = []github.Turn{{State: "closed", Reason: "completed", By: "tlindqvist", At: found.Add(14 * 24 * time.Hour)}}
			}
			all = append(all, issue)
		}
	}
	return all
}

// auditElsewhere is where findings are transferred to.
const auditElsewhere = "insightpulse/audits#1"

// auditSwitch reopens a finding, or has some transferred. The state of the issues is
// stored with them.
func auditSwitch(p Place, host *github.Host) *Switch {
	return (&Switch{
		ID: "github-audit", Title: "Findings of the security audit",
		Help: "35 issues with the label audit: 10 are critical, 8 high, 12 medium and 5 low. Those of low severity are open.",
		States: []State{
			{ID: "fixed", Title: "All but the low ones are closed", Good: true},
			{ID: "critical", Title: "A critical one is open"},
			{ID: "incomplete", Title: "One of each severity was transferred to another repository"},
		},
		effect: func(state string) error {
			err := host.TransferLabelled("", 0, auditLabel)
			for _, group := range auditCounts {
				if state == "incomplete" {
					err = errors.Join(err, host.TransferLabelled(auditElsewhere, 1, auditLabel, group.severity))
				}
			}
			most := 0 // all of them
			if state == "critical" {
				most = 1
			}
			_, closing := host.SetLabelled(state == "critical", most, auditLabel, "critical")
			return errors.Join(err, closing)
		},
	}).restore(p)
}
