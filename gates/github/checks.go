package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/clients/github"
	"gonogo/gates"
	"gonogo/gates/form"
	"gonogo/gates/repository"
	"gonogo/readiness/answer"
)

// GitHubChecks is the kind github_checks.
var GitHubChecks = gates.Kind{
	Name: "github_checks", About: "the check runs and commit statuses of the release's commit in GitHub", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "every check that counts has succeeded, and there is at least one",
		Warned:        "so, but an earlier run of the same name and App, in another check suite, ended badly",
		Failed:        "a check ended otherwise, such as with failure, cancelled, timed_out or action_required; one of `checks` is missing, neutral or skipped; or there are only neutral and skipped ones",
		Errored:       "a check isn't over yet; the release's commit isn't known, or isn't in the repository; or GitHub can't be asked",
		NotConfigured: "the commit has no check at all, and `checks` names none",
	},
	Notes: `The checks are those of the release's own commit, whatever a branch points to now. Of check runs with the same name and App the latest counts, and of statuses
with the same context too; a check run and a status of the same name are two checks. Which of two runs is later follows from the numbers that GitHub gives them.

A check that is neutral or was skipped has measured nothing. It fails the gate if it is one of ` + "`checks`" + `, and otherwise doesn't count: at least one other must
have succeeded. With ` + "`accept`" + ` it counts as success, as in GitHub's own branch protection.

Not visible to it: which workflow a check run belongs to, so two workflows with jobs of the same name look like one that was run again (the gate warns if the
earlier one failed); checks of more than the newest 1,000 check suites of a commit; and who set a status, since whoever may write to the repository can set one of
any name. Name the App with ` + "`app`" + ` to rely on its check runs alone.

The token needs **Checks: read** and **Commit statuses: read**, and **Contents: read** if releases are opened with a short commit. Fine-grained tokens can't be
given Checks ([reported to GitHub](https://github.com/github/rest-api-description/issues/4290)): use a GitHub App, or a classic token with ` + "`repo`" + `, which may
do much more.`,
	Example: `connection: repo
checks: [build, "test (*)"]
ignore: [docs]
app: github-actions
accept: [neutral]`,
	New: newGitHubChecks,
}

// githubChecksSettings are the settings of kind github_checks.
type githubChecksSettings struct {
	Connection string       `yaml:"connection" required:"true"` // a connection of kind github
	Checks     []string     `yaml:"checks"`                     // names of the checks that must have succeeded, where * stands for any text; default: all that the commit has
	Ignore     []string     `yaml:"ignore"`                     // names of checks that don't count, such as one that waits for gonogo
	App        string       `yaml:"app"`                        // the slug of the App whose check runs count, such as github-actions; default: every App's, and commit statuses
	Accept     []idleResult `yaml:"accept"`                     // results that count as success, too: neutral or skipped
}

// idleResult is the result of a check that measured nothing.
type idleResult string

// UnmarshalText reads a result.
func (r *idleResult) UnmarshalText(text []byte) error {
	*r = idleResult(text)
	if *r != "neutral" && *r != "skipped" {
		return fmt.Errorf("%q can't count as success; write neutral or skipped", text)
	}
	return nil
}

// Form implements [form.Formed].
func (idleResult) Form() form.Form {
	return form.Form{Name: "result", Words: []string{"neutral", "skipped"}, Pattern: "^(neutral|skipped)$"}
}

type githubChecksGate struct {
	client *github.Client
	checks repository.Checks
}

func newGitHubChecks(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s githubChecksSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if slices.Contains(s.Checks, "") || slices.Contains(s.Ignore, "") {
		return gates.Built{}, gates.Faults{{Field: "checks", Problem: "a name is empty; write the name that GitHub shows for the check"}}
	}
	repo, err := gates.Client[*github.Client](deps, s.Connection, "github")
	if err != nil {
		return gates.Built{}, err
	}
	checks := repository.Checks{Names: s.Checks, Ignore: s.Ignore, App: s.App}
	for _, one := range s.Accept {
		checks.Accept = append(checks.Accept, string(one))
	}
	api, name := repo.Names()
	return gates.Built{Gate: &githubChecksGate{repo, checks}, Settings: gates.SettingsHash("github_checks", s, api, name)}, nil
}

// Check implements [gates.Gate].
func (g *githubChecksGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	if s.Commit == "" {
		return gates.Errored("%s", unknownCommit)
	}
	found, err := g.client.Checks(ctx, s.Commit)
	if err != nil {
		return unasked(ctx, err)
	}
	return g.checks.Judge(found, s.Commit, s.Now())
}

// Deadline implements [gates.WithDeadline].
func (g *githubChecksGate) Deadline() time.Duration { return githubDeadline }

const (
	githubDeadline = 2 * time.Minute // lists have many pages
	unknownCommit  = "the release's commit isn't known, so nothing can be said of it; open the release with its commit, or name it with gonogo check --commit"
)

// unasked is the evidence of a gate that couldn't ask GitHub.
func unasked(ctx context.Context, err error) answer.Evidence {
	switch {
	case ctx.Err() != nil:
		return gates.Errored("cut off while it asked GitHub")
	case errors.Is(err, github.ErrNotEnabled):
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: err.Error()}
	}
	return gates.Errored("%s", err)
}
