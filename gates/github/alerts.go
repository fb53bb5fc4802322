package github

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/repository"
	"gonogo/readiness/answer"
)

// GitHubAlerts is the kind github_alerts.
var GitHubAlerts = gates.Kind{
	Name: "github_alerts", About: "the open alerts of code scanning, secret scanning and Dependabot in GitHub, by severity", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "the open alerts are within every limit, and code scanning has analyzed the release's commit",
		Warned:        "they are within every limit, but outside a warning limit",
		Failed:        "they are outside a limit",
		Errored:       "the newest analysis of a code scanning tool is of another commit than the release's, or GitHub couldn't take it; the release's commit isn't known; or GitHub can't be asked",
		NotConfigured: "a scanner is switched off in the repository; or code scanning has no analysis, or none of a tool that `tools` names",
	},
	Notes: `A code scanning alert counts if it is open on ` + "`code.ref`" + `. Its severity is GitHub's security severity, or follows from the level of its rule: error is high,
warning is medium, note is low. An alert without either counts as critical. For each tool and category the newest analysis of the ref must be of the release's
commit: analyze tags too, and write ` + "`ref: refs/tags/v{release.version}`" + `, if the branch moves on before the release. Only the newest 200 analyses of the ref are
looked at. An old setup that still has an analysis makes the gate errored: delete it in GitHub, or name the ` + "`tools`" + ` that count.

Alerts of secret scanning and Dependabot are about the repository and its default branch as they are now, not about the release's commit. An alert that
somebody dismissed or resolved doesn't count; GitHub shows who did, and why.

Not visible to it: generic secrets, which GitHub lists only by request; secrets and dependencies that GitHub doesn't know; and code that an analysis left out.
Evidence names rules, packages and kinds of secrets; the secrets themselves are not asked for.

The token needs **Code scanning alerts: read** for ` + "`code`" + `, **Secret scanning alerts: read** for ` + "`secrets`" + `, and **Dependabot alerts: read** for ` + "`dependencies`" + `; or
the scope ` + "`security_events`" + ` if it is a classic one, of an administrator for ` + "`secrets`" + `. A missing permission makes the gate errored.`,
	Example: `connection: repo
code: { critical: 0, high: 0, medium: "<= 5", warn: { open: 0 }, tools: [CodeQL], ref: "refs/tags/v{release.version}" }
secrets: { open: 0 }
dependencies: { critical: 0, high: 0, warn: { medium: 0 } }`,
	New: newGitHubAlerts,
}

// githubAlertsSettings are the settings of kind github_alerts.
type githubAlertsSettings struct {
	Connection   string            `yaml:"connection" required:"true"` // a connection of kind github
	Code         *codeAlerts       `yaml:"code"`                       // the alerts of code scanning
	Secrets      *secretAlerts     `yaml:"secrets"`                    // the alerts of secret scanning
	Dependencies *dependencyAlerts `yaml:"dependencies"`               // the alerts of Dependabot
}

// codeAlerts are limits on the alerts of code scanning.
type codeAlerts struct {
	Open     limit.Count `yaml:"open"`     // how many are open; default: 0, unless a severity is set
	Critical limit.Count `yaml:"critical"` // how many critical ones are open
	High     limit.Count `yaml:"high"`     // how many high ones; critical needs a limit too, or open
	Medium   limit.Count `yaml:"medium"`   // how many medium ones; so do the worse severities
	Low      limit.Count `yaml:"low"`      // how many low ones; so do the worse severities
	Warn     alertLimits `yaml:"warn"`     // limits beyond which the gate warns and doesn't fail
	Tools    []string    `yaml:"tools"`    // names of the tools that must have analyzed the release's commit, as in CodeQL; default: all that have analyzed the ref
	Ref      string      `yaml:"ref"`      // the branch or tag whose analyses count, as in refs/heads/main; default: the default branch
}

// secretAlerts are limits on the alerts of secret scanning.
type secretAlerts struct {
	Open limit.Count `yaml:"open"` // how many are open; default: 0
	Warn limit.Count `yaml:"warn"` // how many should be open: outside of it the gate warns
}

// dependencyAlerts are limits on the alerts of Dependabot.
type dependencyAlerts struct {
	Open     limit.Count `yaml:"open"`     // how many are open; default: 0, unless a severity is set
	Critical limit.Count `yaml:"critical"` // how many critical ones are open
	High     limit.Count `yaml:"high"`     // how many high ones; critical needs a limit too, or open
	Medium   limit.Count `yaml:"medium"`   // how many medium ones; so do the worse severities
	Low      limit.Count `yaml:"low"`      // how many low ones; so do the worse severities
	Warn     alertLimits `yaml:"warn"`     // limits beyond which the gate warns and doesn't fail
}

// alertLimits are limits on alerts.
type alertLimits struct {
	Open     limit.Count `yaml:"open"`     // how many are open
	Critical limit.Count `yaml:"critical"` // how many critical ones are open
	High     limit.Count `yaml:"high"`     // how many high ones
	Medium   limit.Count `yaml:"medium"`   // how many medium ones
	Low      limit.Count `yaml:"low"`      // how many low ones
}

func (l alertLimits) limits() repository.Limits {
	return repository.Limits{All: l.Open, Of: [4]limit.Count{l.Critical, l.High, l.Medium, l.Low}}
}

func (c *codeAlerts) limits() repository.Limits {
	return alertLimits{c.Open, c.Critical, c.High, c.Medium, c.Low}.limits()
}

func (d *dependencyAlerts) limits() repository.Limits {
	return alertLimits{d.Open, d.Critical, d.High, d.Medium, d.Low}.limits()
}

type githubAlertsGate struct {
	client   *github.Client
	settings githubAlertsSettings
}

func newGitHubAlerts(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s githubAlertsSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	repo, err := gates.Client[*github.Client](deps, s.Connection, "github")
	if err != nil {
		return gates.Built{}, err
	}
	api, name := repo.Names()
	return gates.Built{Gate: &githubAlertsGate{repo, s}, Settings: gates.SettingsHash("github_alerts", s, api, name)}, nil
}

func (s githubAlertsSettings) faults() (faults gates.Faults) {
	if s.Code == nil && s.Secrets == nil && s.Dependencies == nil {
		return gates.Faults{{Field: "", Problem: "there is nothing to measure; write code, secrets or dependencies, as in secrets: { open: 0 }"}}
	}
	gap := func(field string, l repository.Limits) {
		if severity, worse := l.Gap(); severity != "" {
			faults = append(faults, gates.Fault{Field: field + "." + severity, Problem: fmt.Sprintf("%s has a limit and %s has none; add %[2]s: 0", severity, worse)})
		}
	}
	never := func(field string, warns, fails repository.Limits) {
		fails = fails.Effective()
		faults = append(faults, gates.NeverWarns(field+".open", warns.All.Limit, fails.All.Limit)...)
		for i, severity := range repository.Severities {
			faults = append(faults, gates.NeverWarns(field+"."+severity, warns.Of[i].Limit, fails.Of[i].Limit)...)
		}
	}
	if s.Code != nil {
		gap("code", s.Code.limits())
		never("code.warn", s.Code.Warn.limits(), s.Code.limits())
		if ref := s.Code.Ref; ref != "" && !strings.HasPrefix(ref, "refs/heads/") && !strings.HasPrefix(ref, "refs/tags/") {
			faults = append(faults, gates.Fault{Field: "code.ref", Problem: fmt.Sprintf("%q is no whole name of a branch or tag; write refs/heads/%[1]s or refs/tags/%[1]s", ref)})
		}
	}
	if s.Secrets != nil {
		fails := repository.Limits{All: s.Secrets.Open}.Effective()
		faults = append(faults, gates.NeverWarns("secrets.warn", s.Secrets.Warn.Limit, fails.All.Limit)...)
	}
	if s.Dependencies != nil {
		gap("dependencies", s.Dependencies.limits())
		never("dependencies.warn", s.Dependencies.Warn.limits(), s.Dependencies.limits())
	}
	return faults
}

// Check implements [gates.Gate].
func (g *githubAlertsGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	var parts []answer.Evidence
	if g.settings.Code != nil {
		parts = append(parts, g.code(ctx, s)...)
	}
	if limits := g.settings.Secrets; limits != nil {
		alerts, err := g.client.SecretAlerts(ctx)
		parts = append(parts, judgedAlerts(ctx, "secret scanning alert", alerts, err, repository.Limits{All: limits.Open}, repository.Limits{All: limits.Warn}))
	}
	if limits := g.settings.Dependencies; limits != nil {
		alerts, err := g.client.DependencyAlerts(ctx)
		parts = append(parts, judgedAlerts(ctx, "Dependabot alert", alerts, err, limits.limits(), limits.Warn.limits()))
	}
	if ctx.Err() != nil {
		return unasked(ctx, ctx.Err())
	}
	return gates.Joined(parts)
}

// code asks whether the commit was analyzed, and then for the alerts.
func (g *githubAlertsGate) code(ctx context.Context, s gates.Scope) []answer.Evidence {
	want := g.settings.Code
	if s.Commit == "" {
		return []answer.Evidence{gates.Errored("%s", unknownCommit)}
	}
	ref, err := s.Expand(want.Ref)
	if err == nil && ref == "" {
		ref, err = g.client.DefaultBranch(ctx)
	}
	if err != nil {
		return []answer.Evidence{unasked(ctx, err)}
	}
	analyses, err := g.client.Analyses(ctx, ref)
	if err != nil {
		return []answer.Evidence{unasked(ctx, err)}
	}
	analyzed := repository.Analyzed(analyses, want.Tools, s.Commit, ref)
	if analyzed.Verdict == answer.Errored { // the alerts are those of another commit
		return []answer.Evidence{analyzed}
	}
	alerts, err := g.client.CodeAlerts(ctx, ref)
	return []answer.Evidence{judgedAlerts(ctx, "code scanning alert", alerts, err, want.limits(), want.Warn.limits()), analyzed}
}

// judgedAlerts compares alerts with limits, if they could be listed.
func judgedAlerts(ctx context.Context, noun string, alerts []github.Alert, err error, fails, warns repository.Limits) answer.Evidence {
	if err != nil {
		return unasked(ctx, err)
	}
	return repository.JudgeAlerts(noun, alerts, fails, warns)
}

// Deadline implements [gates.WithDeadline].
func (g *githubAlertsGate) Deadline() time.Duration { return githubDeadline }
