package answer

import (
	"gonogo/readiness/build"
)

// Key names one answer: an item, and the environment it is asked for ("" when
// it is asked once for the release).
type Key struct{ Item, Environment string }

// String writes a key as people write it: item, or item@environment.
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
	Warned        Verdict = "warned"         // let through, and worth a look
	Failed        Verdict = "failed"         // measured, over the limit
	Errored       Verdict = "errored"        // could not measure
	NotConfigured Verdict = "not_configured" // what should be measured is not there or is switched off
	NotApplicable Verdict = "not_applicable" // a person said so, with a reason
)

// LetsThrough reports whether a verdict, fresh, counts as met.
func (v Verdict) LetsThrough() bool {
	return v == Passed || v == Warned || v == NotApplicable
}

// Scope says for what an answer counts.
type Scope string

// The scopes.
const (
	ReleaseScope     Scope = "release"     // for this version, wherever it runs
	DeploymentScope  Scope = "deployment"  // for this version as it stands on that environment: only while the arrival it was taken from is live there
	EnvironmentScope Scope = "environment" // for the place, whatever runs there
	ProjectScope     Scope = "project"     // across releases, until it is too old or somebody takes it back
)

// CarriesOver reports whether an answer counts for the next release, too.
func (s Scope) CarriesOver() bool { return s == EnvironmentScope || s == ProjectScope }

// Subject is what an answer was taken from. One that names no release was
// recorded before answers had a subject, and counts for the release that holds
// it wherever that runs.
type Subject struct {
	Release string      `json:"release,omitempty"`
	Commit  string      `json:"commit,omitempty"`  // empty: unknown then
	Arrival int         `json:"arrival,omitempty"` // of DeploymentScope: the number of the build that was live there
	Build   build.Build `json:"build,omitzero"`    // of a person's check of a place: what was live there
}
