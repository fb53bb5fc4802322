package artifacts

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/gates/files"
	"gonogo/gates/findings"
	"gonogo/gates/form"
	"gonogo/gates/glob"
	"gonogo/gates/limit"
	"gonogo/gates/report"
	"gonogo/readiness/answer"
)

// SARIF is the kind sarif.
var SARIF = gates.Kind{
	Name: "sarif", About: "the findings of scanners and linters in SARIF reports, by severity, rule and tool", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "the findings of all reports are within every limit",
		Warned: "they are within every limit, but outside a warning limit",
		Failed: "they are outside a limit",
		Errored: "a report can't be read, is damaged, or is older than the release's opening; a tool reports that it failed or that it could not read some of the code; " +
			"`tools` names a tool that has no run in the reports; or `new_since` has no report to compare with",
		NotConfigured: "no report matches; a tool that writes no file when it finds nothing has to be told to write one",
	},
	Notes: `A finding is a result of any run in the reports, unless its level is none, its suppressions are all accepted, or the tool marks it as gone
(` + "`baselineState: absent`" + `). A result of kind open or review counts, because somebody still has to look at it. The severity is the first of these that
the report gives:

1. ` + "`security-severity`" + ` of the result or its rule, with the bounds that [GitHub uses](https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning):
   critical from 9.0, high from 7.0, medium from 4.0, otherwise low
2. a tag CRITICAL, HIGH, MEDIUM or LOW of its rule, as gosec and Trivy write
3. its level, or the default level of its rule: error is high, warning is medium, note is low

A finding for which the report gives none of them, such as every finding of gitleaks, has the severity ` + "`unrated`" + `. By SARIF's own default it would be a
mere warning.

` + "`new_since`" + ` names the last release's report, which you keep, for example as an artifact of that release's pipeline; gonogo can't tell which release a file
is about, and refuses only the report itself. A finding is the same in both reports if its rule, its file and its fingerprints are the same, or its message if
the tool writes no fingerprints. The line doesn't count, because lines move. If several findings have all of these in common, only as many as there are more than
before are new, so one that replaces another isn't noticed. A finding in a file that was renamed is new, and so is one whose tool was changed so that it writes
another rule, path or fingerprint.

The evidence names tools, rules and places, never a message, a snippet or an author: they may contain the secret that was found.

Not visible in a report: code that gosec could not compile, which leaves the same report as clean code; findings that a tool leaves out, as golangci-lint does
after the third of the same text (` + "`max-same-issues`" + `); and what the tool was told not to look at. Build first, and see [compatibility](compatibility.md#sarif-reports).` + fromArtifact + " The reports of `new_since` stay files.",
	Example: `file: reports/*.sarif
findings: "<= 20"
critical: 0
high: 0
medium: "<= 5"
rules: { G401: 0 }
tools: { gitleaks: 0, gosec: "<= 20" }
warn: { findings: 0 }
unrated: medium
new_since: last-release/*.sarif
new: 0`,
	New: newSARIF,
}

// sarifSettings are the settings of kind sarif.
type sarifSettings struct {
	File     glob.Patterns          `yaml:"file" required:"true"`       // the reports: a pattern, or a list of patterns, relative to the configuration's folder
	Artifact *artifactSettings      `yaml:"artifact" json:",omitempty"` // an artifact of GitHub Actions that has the reports; the patterns are then relative to it
	Findings limit.Count            `yaml:"findings"`                   // how many findings there are; default: 0, unless a severity, tools or new_since is set
	Critical limit.Count            `yaml:"critical"`                   // how many of them are critical
	High     limit.Count            `yaml:"high"`                       // how many are high; critical needs a limit too, or findings
	Medium   limit.Count            `yaml:"medium"`                     // how many are medium; so do the worse severities
	Low      limit.Count            `yaml:"low"`                        // how many are low; so do the worse severities
	Rules    map[string]limit.Count `yaml:"rules"`                      // how many findings each rule has, by its ID
	Tools    map[string]limit.Count `yaml:"tools"`                      // how many findings each tool has; each must have a run in the reports, and other tools may have none unless findings or a severity is set
	Warn     sarifWarnings          `yaml:"warn"`                       // limits beyond which the gate warns and doesn't fail
	Unrated  severity               `yaml:"unrated"`                    // the severity of findings for which the report gives none; default: critical
	NewSince glob.Patterns          `yaml:"new_since"`                  // the last release's reports: a pattern, or a list of patterns
	New      limit.Count            `yaml:"new"`                        // how many findings are not in those; default: 0
}

// sarifWarnings are the limits beyond which the gate warns.
type sarifWarnings struct {
	Findings limit.Count `yaml:"findings"` // how many findings there are
	Critical limit.Count `yaml:"critical"` // how many of them are critical
	High     limit.Count `yaml:"high"`     // how many are high
	Medium   limit.Count `yaml:"medium"`   // how many are medium
	Low      limit.Count `yaml:"low"`      // how many are low
	New      limit.Count `yaml:"new"`      // how many are not in the last release's reports
}

// severity is one in settings.
type severity report.Severity

// UnmarshalText reads a severity.
func (s *severity) UnmarshalText(text []byte) error {
	for _, known := range report.Severities {
		if known.String() == string(text) {
			*s = severity(known)
			return nil
		}
	}
	return fmt.Errorf("%q isn't a severity; write critical, high, medium or low", text)
}

// String writes a severity as the settings do.
func (s severity) String() string { return report.Severity(s).String() }

// Form implements [form.Formed].
func (severity) Form() form.Form {
	return form.Form{Name: "critical, high, medium or low", Words: []string{"critical", "high", "medium", "low"}, Pattern: "^(critical|high|medium|low)$"}
}

type sarifGate struct {
	settings sarifSettings
	source   origin
}

func newSARIF(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := sarifSettings{Unrated: severity(report.Critical)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	faults := append(patternFaults(s.File, "file"), patternFaults(s.NewSince, "new_since")...)
	if len(s.File) == 0 {
		faults = append(faults, gates.Fault{Field: "file", Problem: "file is missing; it names the report, as in reports/gosec.sarif"})
	}
	if len(s.NewSince) == 0 && s.New.Set() {
		faults = append(faults, gates.Fault{Field: "new", Problem: "there is nothing to compare with; add new_since, which names the last release's report"})
	}
	if len(s.NewSince) == 0 && s.Warn.New.Set() {
		faults = append(faults, gates.Fault{Field: "warn.new", Problem: "there is nothing to compare with; add new_since, which names the last release's report"})
	}
	faults = append(faults, s.neverWarn()...)
	from, hash, more, err := newSource(deps, s.Artifact)
	if err != nil {
		return gates.Built{}, err
	}
	if err := append(append(faults, s.gaps()...), more...).OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &sarifGate{s, from}, Settings: gates.SettingsHash("sarif", append([]any{s}, hash...)...)}, nil
}

// gaps finds severities that have a limit while a worse one has none, so that worse
// findings would let through.
func (s sarifSettings) gaps() (faults gates.Faults) {
	limits := s.limits().Fail
	if limits.All.Set() {
		return nil
	}
	for i, worse := range report.Severities[:len(report.Severities)-1] {
		severity := report.Severities[i+1]
		if limits.BySeverity[severity].Set() && !limits.BySeverity[worse].Set() {
			faults = append(faults, gates.Fault{Field: severity.String(), Problem: fmt.Sprintf("%s has a limit and %s has none; add %[2]s: 0", severity, worse)})
		}
	}
	return faults
}

// neverWarn finds warning limits that never warn.
func (s sarifSettings) neverWarn() (faults gates.Faults) {
	l := s.limits()
	faults = append(gates.NeverWarns("warn.findings", l.Warn.All.Limit, l.Fail.All.Limit), gates.NeverWarns("warn.new", l.Warn.New.Limit, l.Fail.New.Limit)...)
	for _, severity := range report.Severities {
		faults = append(faults, gates.NeverWarns("warn."+severity.String(), l.Warn.BySeverity[severity].Limit, l.Fail.BySeverity[severity].Limit)...)
	}
	return faults
}

// limits are what the settings allow, with what holds unless they say otherwise.
func (s sarifSettings) limits() findings.Limits {
	l := findings.Limits{
		Fail:  findings.Counts{All: s.Findings, New: s.New, BySeverity: bySeverity(s.Critical, s.High, s.Medium, s.Low)},
		Warn:  findings.Counts{All: s.Warn.Findings, New: s.Warn.New, BySeverity: bySeverity(s.Warn.Critical, s.Warn.High, s.Warn.Medium, s.Warn.Low)},
		Rules: s.Rules, Tools: s.Tools, Unrated: report.Severity(s.Unrated), Compared: len(s.NewSince) > 0,
	}
	rated := s.Critical.Set() || s.High.Set() || s.Medium.Set() || s.Low.Set()
	l.Others = s.Findings.Set() || rated || l.Compared
	if l.Compared && !s.New.Set() {
		l.Fail.New = limit.MustCount("0")
	}
	if !l.Others && len(s.Tools) == 0 {
		l.Fail.All = limit.MustCount("0")
	}
	return l
}

// bySeverity are limits of severities, the worst first.
func bySeverity(limits ...limit.Count) map[report.Severity]limit.Count {
	all := map[report.Severity]limit.Count{}
	for i, l := range limits {
		all[report.Severities[i]] = l
	}
	return all
}

// Deadline implements [gates.WithDeadline].
func (g *sarifGate) Deadline() time.Duration { return g.source.deadline() }

// Check implements [gates.Gate].
func (g *sarifGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	dir, remove, none := g.source.open(ctx, s)
	if none != nil {
		return *none
	}
	defer remove()
	reports, none := find(g.settings.File, dir, "run the tool, and have it write its report there even if it finds nothing")
	if none != nil {
		return *none
	}
	var all report.Findings
	opened := g.source.opened(s)
	if ev := g.readBefore(ctx, &all, reports); ev != nil {
		return *ev
	}
	for _, file := range reports {
		name := files.Shown(dir, file)
		err := files.Fresh(file, opened, report.MaxSARIF)
		if err == nil {
			err = files.Read(ctx, file, func(text io.Reader) error { return all.Read(name, text) })
		}
		if err == nil && !all.Ended.IsZero() && all.Ended.Before(opened.Truncate(time.Second)) {
			err = fmt.Errorf("it says that the tool ended at %s, before the release's opening; run the tool again for this release", all.Ended.UTC().Format("2006-01-02 15:04 MST"))
		}
		if ctx.Err() != nil {
			return gates.Errored("cut off while it read the reports")
		}
		if err != nil {
			return gates.Errored("%s cannot be counted: %v", name, err)
		}
	}
	return g.settings.limits().Judge(&all)
}

// readBefore reads the last release's reports, if they are named. Whatever is wrong
// with them is evidence.
func (g *sarifGate) readBefore(ctx context.Context, all *report.Findings, now []string) *answer.Evidence {
	if len(g.settings.NewSince) == 0 {
		return nil
	}
	reports, none := find(g.settings.NewSince, g.source.dir, "keep the last release's reports there, or remove new_since until there is one")
	if none != nil { // there is something to compare with, says the configuration
		none.Verdict = answer.Errored
		return none
	}
	for _, file := range reports {
		if slices.ContainsFunc(now, func(other string) bool { return files.Same(file, other) }) {
			ev := gates.Errored("%s is also the report of this release; new_since must name the last release's", files.Shown(g.source.dir, file))
			return &ev
		}
		err := files.Fresh(file, time.Time{}, report.MaxSARIF)
		if err == nil {
			err = files.Read(ctx, file, func(text io.Reader) error { return all.ReadBefore(files.Shown(g.source.dir, file), text) })
		}
		if ctx.Err() != nil {
			ev := gates.Errored("cut off while it read the last release's reports")
			return &ev
		}
		if err != nil {
			ev := gates.Errored("%s cannot be compared with: %v", files.Shown(g.source.dir, file), err)
			return &ev
		}
	}
	return nil
}
