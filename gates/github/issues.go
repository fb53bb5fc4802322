package github

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/repository"
	"gonogo/readiness/answer"
)

// GitHubIssues is the kind github_issues.
var GitHubIssues = gates.Kind{
	Name: "github_issues", About: "the open issues with certain labels in GitHub", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "the number of open issues is within every limit",
		Warned:        "it is within every limit, but outside the warning limit",
		Failed:        "it is outside a limit",
		Errored:       "GitHub can't be asked, or lists more than 5,000 issues",
		NotConfigured: "the repository doesn't have one of the labels",
	},
	Notes: `An issue counts if it has every one of ` + "`labels`" + `. Pull requests are not issues. A register, such as the findings of an audit, is complete only if somebody
entered everything: ` + "`total`" + ` asks for at least so many issues, open or closed, so that an empty register doesn't pass.

Not visible to it: why an issue was closed, issues that were deleted or moved to another repository, and those that lost the label.

The token needs **Issues: read**.`,
	Example: `connection: repo
labels: [audit]
open: "<= 5"
warn: 0
with: { critical: 0, high: 0 }
total: ">= 35"`,
	New: newGitHubIssues,
}

// githubIssuesSettings are the settings of kind github_issues.
type githubIssuesSettings struct {
	Connection string                 `yaml:"connection" required:"true"` // a connection of kind github
	Labels     []string               `yaml:"labels" required:"true"`     // labels that each issue has, all of them
	Open       limit.Count            `yaml:"open"`                       // how many are open; default: 0, unless with or total is set
	Warn       limit.Count            `yaml:"warn"`                       // how many should be open: outside of it the gate warns
	With       map[string]limit.Count `yaml:"with"`                       // how many of the open ones also have another label, by its name
	Total      limit.Count            `yaml:"total"`                      // how many there are, open or closed
}

type githubIssuesGate struct {
	client   *github.Client
	settings githubIssuesSettings
}

func newGitHubIssues(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s githubIssuesSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if len(s.Labels) == 0 || slices.Contains(s.Labels, "") {
		return gates.Built{}, gates.Faults{{Field: "labels", Problem: "labels is missing; it names the labels that the issues have, as in [audit]"}}
	}
	if i := slices.IndexFunc(s.Labels, func(label string) bool { return strings.Contains(label, ",") }); i >= 0 {
		return gates.Built{}, gates.Faults{{Field: "labels", Problem: fmt.Sprintf("the label %q contains a comma, which GitHub's filter can't handle; use another label", s.Labels[i])}}
	}
	if !s.Open.Set() && len(s.With) == 0 && !s.Total.Set() {
		s.Open = limit.MustCount("0")
	}
	if faults := gates.NeverWarns("warn", s.Warn.Limit, s.Open.Limit); len(faults) > 0 {
		return gates.Built{}, faults
	}
	repo, err := gates.Client[*github.Client](deps, s.Connection, "github")
	if err != nil {
		return gates.Built{}, err
	}
	api, name := repo.Names()
	return gates.Built{Gate: &githubIssuesGate{repo, s}, Settings: gates.SettingsHash("github_issues", s, api, name)}, nil
}

// Check implements [gates.Gate].
func (g *githubIssuesGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	for _, label := range append(slices.Clone(g.settings.Labels), slices.Sorted(maps.Keys(g.settings.With))...) {
		known, err := g.client.HasLabel(ctx, label)
		switch {
		case err != nil:
			return unasked(ctx, err)
		case !known:
			return answer.Evidence{Verdict: answer.NotConfigured, Summary: fmt.Sprintf("the repository has no label %q; create it, or correct its name here", label)}
		}
	}
	issues, err := g.list(ctx)
	if err != nil {
		return unasked(ctx, err)
	}
	s := g.settings
	return repository.Issues{Open: s.Open, Warn: s.Warn, With: s.With, Total: s.Total}.Judge(issues)
}

// list lists the closed issues only if they are counted.
func (g *githubIssuesGate) list(ctx context.Context) ([]github.Issue, error) {
	if g.settings.Total.Set() {
		return g.client.IssuesLabelled(ctx, g.settings.Labels, time.Time{})
	}
	return g.client.OpenIssues(ctx, g.settings.Labels)
}

// Deadline implements [gates.WithDeadline].
func (g *githubIssuesGate) Deadline() time.Duration { return githubDeadline }
