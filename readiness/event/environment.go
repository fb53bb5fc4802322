package event

import (
	"time"

	"gonogo/readiness/build"
)

// The events of environments: what is live on them, and what blocks deployments to
// them.

// EnvironmentAdopted declares a version to be live and known good on an
// environment, on a person's word.
type EnvironmentAdopted struct {
	Environment string `json:"environment"`
	Version     string `json:"version"`
	Commit      string `json:"commit,omitempty"`
	Deployment  string `json:"deployment,omitempty"` // the platform's ID of it, if there is a platform
	App         string `json:"app,omitempty"`        // the platform's app, if there is a platform
	By          string `json:"by"`
}

// VersionWentLive says that a run brought a version to an environment, or a workflow at
// GitHub that gonogo let through.
type VersionWentLive struct {
	Environment string      `json:"environment"`
	Build       build.Build `json:"build"`
	Run         string      `json:"run"`
	Review      string      `json:"review,omitempty"` // ID of the review of the workflow run that did; empty: Run did
	By          string      `json:"by,omitempty"`
	Verified    bool        `json:"verified"`          // healthy, and its smoke gates passed
	Instead     string      `json:"instead,omitempty"` // version that a rollback left: no longer known good
	App         string      `json:"app,omitempty"`     // the platform's app
	Digest      string      `json:"digest,omitempty"`  // of its image, if the platform says
	Spec        string      `json:"spec,omitempty"`    // digest of the configuration that it runs with, if the platform says

	Began time.Time `json:"began,omitzero"` // when a pipeline began to deploy it; zero: not known, or Run did
}

// PlatformObserved is what a platform says about an environment, if it differs from
// what it said before: what is live or, in Problem, why that is unknown.
type PlatformObserved struct {
	Environment string      `json:"environment"`
	App         string      `json:"app,omitempty"`
	Build       build.Build `json:"build"` // without a deployment: nothing is live
	Digest      string      `json:"digest,omitempty"`
	Spec        string      `json:"spec,omitempty"`
	Tagged      bool        `json:"tagged,omitempty"` // the app names its version
	Pinned      bool        `json:"pinned,omitempty"` // it takes no deployment until a rollback is kept or returned from
	Mark        string      `json:"mark,omitempty"`   // the run that made what is live, by its mark in the app's configuration
	Back        bool        `json:"back,omitempty"`   // a rollback on the platform made what is live
	Left        string      `json:"left,omitempty"`   // version that this rollback left, if the platform says
	Problem     string      `json:"problem,omitempty"`
	Refused     bool        `json:"refused,omitempty"` // the problem doesn't pass by itself: the platform rejects gonogo's credentials

	Began time.Time `json:"began,omitzero"` // when a pipeline began to deploy what is live; zero: not known
}

// EnvironmentLocked keeps deployments off an environment.
type EnvironmentLocked struct {
	Environment string `json:"environment"`
	Claim       string `json:"claim"` // names the lock, so that only it is released
	By          string `json:"by,omitempty"`
	Reason      string `json:"reason"`
	Run         string `json:"run,omitempty"`   // the run that holds it
	Takes       string `json:"takes,omitempty"` // claim of another person's lock that it takes the place of

	Until time.Time `json:"until,omitzero"` // when it ends by itself; zero: it doesn't
}

// EnvironmentUnlocked releases one lock; another on the same environment stays.
type EnvironmentUnlocked struct {
	Environment string `json:"environment"`
	Claim       string `json:"claim"`
	By          string `json:"by,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Deputy      string `json:"deputy,omitempty"`  // role for which By acted as a deputy
	Expired     bool   `json:"expired,omitempty"` // its time was over
}

// EnvironmentFrozen keeps deployments off an environment until a moment, on a
// person's word. It takes the place of an earlier one.
type EnvironmentFrozen struct {
	Environment string    `json:"environment"`
	Claim       string    `json:"claim"`
	By          string    `json:"by"`
	Reason      string    `json:"reason"`
	Until       time.Time `json:"until"`
}

// EnvironmentThawed ends such a freeze before its time.
type EnvironmentThawed struct {
	Environment string `json:"environment"`
	Claim       string `json:"claim"`
	By          string `json:"by"`
	Reason      string `json:"reason,omitempty"`
}

// HoldLifted lets a version pass a hold, on a person's word.
type HoldLifted struct {
	Hold        HoldKind  `json:"hold"`
	Environment string    `json:"environment"`
	Claim       string    `json:"claim"`             // names the hold
	Version     string    `json:"version,omitempty"` // empty: any
	Alerts      []string  `json:"alerts,omitempty"`  // fingerprints of the alerts that it covers until they end
	Until       time.Time `json:"until,omitzero"`    // zero: as long as the hold
	By          string    `json:"by"`
	Reason      string    `json:"reason"`
	Deputy      string    `json:"deputy,omitempty"` // role for which By acted as a deputy
}
