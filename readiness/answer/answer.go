package answer

import (
	"gonogo/readiness/build"
)

// Key identifies one answer: an item, and the environment that it is asked for ("" if
// it is asked once for the release).
type Key struct{ Item, Environment string }

// String writes a key as people do: item, or item@environment.
func (k Key) String() string {
	if k.Environment == "" {
		return k.Item
	}
	return k.Item + "@" + k.Environment
}

// Verdict is the answer to an item.
type Verdict string

// The verdicts. The empty verdict means that nothing was answered yet.
const (
	Passed        Verdict = "passed"
	Warned        Verdict = "warned"         // passes, but worth a look
	Failed        Verdict = "failed"         // measured, over the limit
	Errored       Verdict = "errored"        // could not measure
	NotConfigured Verdict = "not_configured" // what should be measured doesn't exist or is switched off
	NotApplicable Verdict = "not_applicable" // a person declared it, with a reason
)

// LetsThrough reports whether a fresh verdict counts as met.
func (v Verdict) LetsThrough() bool {
	return v == Passed || v == Warned || v == NotApplicable
}

// Scope says what an answer counts for.
type Scope string

// The scopes.
const (
	ReleaseScope     Scope = "release"     // for this version, wherever it runs
	DeploymentScope  Scope = "deployment"  // for this version on that environment, while the arrival it was measured on is live
	EnvironmentScope Scope = "environment" // for the environment, whatever runs there
	ProjectScope     Scope = "project"     // across releases, until it is too old or somebody takes it back
)

// CarriesOver reports whether an answer also counts for the next release.
func (s Scope) CarriesOver() bool { return s == EnvironmentScope || s == ProjectScope }

// Subject is what an answer was measured on. One without a release was recorded before
// answers had a subject, and counts for the release that has it, wherever that runs.
type Subject struct {
	Release string      `json:"release,omitempty"`
	Commit  string      `json:"commit,omitempty"`  // empty: not known then
	Arrival int         `json:"arrival,omitempty"` // of DeploymentScope: the number of the build that was live there
	Build   build.Build `json:"build,omitzero"`    // of a person's check of an environment: what was live there
}
