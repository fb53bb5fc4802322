package upstream

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonogo/playground/upstream/github"
)

// The practice account at GitHub. The token protects nothing.
const (
	codeToken      = "ghp_practice"
	codeRepository = "insightpulse/insightpulse-odoo"
	codePrefix     = "/github/"
)

// codeHost is GitHub with the release's repository: its issues, the commits of its
// versions with their checks, and the alerts of GitHub's scanners.
func codeHost(p Place) (*Upstream, error) {
	host, err := github.New(github.Options{
		Repository: codeRepository, Token: codeToken,
		File: filepath.Join(p.Dir, "github.json"), BaseURL: p.URL + strings.TrimSuffix(codePrefix, "/"),
		Code: releases(), Labels: codeLabels, Issues: slices.Concat([]github.Issue{criticalBug}, auditIssues(), []github.Issue{openPull}),
		Now: p.Now, Log: p.Log,
	})
	if err != nil {
		return nil, err
	}
	condition := codeSwitch(p, host)
	host.SetMode(github.Mode(condition.Position()))
	return &Upstream{
		Title:    "GitHub",
		Switches: append([]*Switch{condition, codeChecksSwitch(p, host), auditSwitch(p, host), bugSwitch(p, host)}, codeScanners(p, host)...),
		Variables: []Variable{
			{"GITHUB_TOKEN", codeToken, "the practice GitHub's token"},
			{"GITHUB_API_URL", p.URL + codePrefix + "api/v3/", "the practice GitHub's API; people read it at " + p.URL + codePrefix + codeRepository + "/issues"},
		},
		Prefix: codePrefix, Handler: http.StripPrefix(strings.TrimSuffix(codePrefix, "/"), host.Handler()),
		Writes: func() []string { return codeWrites(host) },
	}, nil
}

func codeWrites(host *github.Host) []string {
	var all []string
	for _, call := range host.Calls() {
		if call.Write {
			all = append(all, call.Method+" "+call.Path)
		}
	}
	return all
}

func codeSwitch(p Place, host *github.Host) *Switch {
	return (&Switch{
		ID: "github", Title: "GitHub's API",
		Help: "What keeps gonogo from writing an issue. The limits say to retry after a minute.",
		States: []State{
			{ID: string(github.Up), Title: "Answers", Good: true},
			{ID: string(github.Down), Title: "Down (503)"},
			{ID: string(github.Slow), Title: "Takes 8 seconds"},
			{ID: string(github.SecondaryLimit), Title: "Too many writes (403)"},
			{ID: string(github.TooMany), Title: "Too many requests (429)"},
		},
		effect: func(state string) error {
			host.SetMode(github.Mode(state))
			return nil
		},
	}).restore(p)
}

var codeLabels = []github.Label{
	{Name: "bug", Color: "d73a4a", Description: "Something isn't working"},
	{Name: "enhancement", Color: "a2eeef", Description: "New feature or request"},
	{Name: auditLabel, Color: "5319e7", Description: "Found by the security audit"},
	{Name: "critical", Color: "b60205"}, {Name: "high", Color: "d93f0b"}, {Name: "medium", Color: "fbca04"}, {Name: "low", Color: "c2e0c6"},
}

// openPull is in the list of issues, because GitHub lists pull requests there.
var openPull = github.Issue{
	Number: 214, Pull: true, Author: "npark", Labels: []string{"enhancement"},
	Title:   "Read expense receipts in German",
	Body:    "Adds the German receipt layouts to `ipai_expense`.\n\n- [x] Layouts and their tests\n- [ ] A word from finance about the tax lines\n",
	Created: time.Date(2025, time.November, 16, 14, 22, 0, 0, time.UTC),
}

// criticalBug was fixed before the audit.
var criticalBug = github.Issue{
	Number: 98, Author: "dreyes", Labels: []string{"bug", "critical"},
	Title:   "Cost sheets lose their last line",
	Body:    "A cost sheet with more than 80 lines is saved without the last one.\n",
	Created: time.Date(2025, time.October, 20, 7, 41, 0, 0, time.UTC),
	Turns:   []github.Turn{{State: "closed", Reason: "completed", By: "npark", At: time.Date(2025, time.October, 21, 16, 3, 0, 0, time.UTC)}},
}

// bugSwitch reopens the bug. The state of the issues is stored with them.
func bugSwitch(p Place, host *github.Host) *Switch {
	return (&Switch{
		ID: "github-bugs", Title: "Critical bugs",
		Help: "Issues with the labels bug and critical. There is one, which was closed.",
		States: []State{
			{ID: "closed", Title: "None is open", Good: true},
			{ID: "open", Title: "The one is open again"},
		},
		effect: func(state string) error {
			_, err := host.SetLabelled(state == "open", 0, "bug", "critical")
			return err
		},
	}).restore(p)
}

// releases is the code of InsightPulse: the branch 18.0, and main with the versions of
// which the practice registry has images.
func releases() github.Code {
	day := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2025, month, day, hour, minute, 0, 0, time.UTC)
	}
	commits := []github.Commit{
		{SHA: "5a25ba62976dd9ff2e533721a4fe2ea92b08165e", At: day(time.August, 3, 9, 12), Author: "Dana Reyes", Login: "dreyes", Message: "Start the modules for Odoo 18"},
		{SHA: "b80750d8907cfbde59a23ffa788ed4fb4f8f67b6", At: day(time.September, 8, 15, 40), Author: "Tomas Lindqvist", Login: "tlindqvist", Message: "ipai_approvals: keep the approver when a request is copied"},
		{SHA: "9c235512a96cebe827d25c3ce8df8ebe91a697f8", At: day(time.October, 5, 8, 55), Author: "Dana Reyes", Login: "dreyes", Message: "Move every module to Odoo 19"},
		{SHA: "16133513c220a27e9e6b8a37a0360b7ad8e3056d", At: day(time.October, 19, 13, 5), Author: "Nina Park", Login: "npark", Message: "superset_connector: sign in with a guest token"},
		{SHA: "5ed9b3857ee11ca14a17d9aebc8cbbb5a90b6652", At: day(time.October, 26, 10, 31), Author: "Tomas Lindqvist", Login: "tlindqvist", Message: "ipai_rate_policy: round day rates per currency"},
		{SHA: "d318a123d7e7b75d0010f09159eeb2db2b234563", At: day(time.November, 4, 16, 18), Author: "Nina Park", Login: "npark", Message: "ipai_ppm_costsheet: recompute only the lines that changed\n\nA cost sheet of 2,000 lines took 40 seconds to save."},
		{SHA: "4a393cde4c8eeb12a0c32479677514d0a212627f", At: day(time.November, 11, 9, 47), Author: "Dana Reyes", Login: "dreyes", Message: "ipai_expense: read the total from receipts with two taxes"},
		{SHA: "fe890e0a68f46460d32a48d19890f4bdc8955c62", At: day(time.November, 18, 11, 26), Author: "Tomas Lindqvist", Login: "tlindqvist", Message: "ipai_procure: send a request for quotation once"},
	}
	for i := range commits[1:] {
		commits[i+1].Parent = commits[i].SHA
	}
	commits[2].Parent = commits[0].SHA // where 18.0 branched off
	return github.Code{
		Commits:  commits,
		Branches: map[string]string{"main": commits[7].SHA, "18.0": commits[1].SHA},
		Tags: map[string]string{
			"v18.0.7": commits[1].SHA, "v19.0.1": commits[4].SHA, "v19.0.2": commits[6].SHA, "v19.0.3": commits[7].SHA,
		},
	}
}
