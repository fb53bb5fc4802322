package gates

import (
	"context"
	"time"

	"gonogo/gates/limit"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// ownState is a gate that reads gonogo's own state: always current, no I/O.
type ownState struct{ condition checklist.Condition }

// Check implements [Gate].
func (g ownState) Check(_ context.Context, s Scope) answer.Evidence {
	return s.View.Met(g.condition)
}

func ownBuilt(kind string, c checklist.Condition, field, value string) (Built, error) {
	if value == "" {
		return Built{}, Faults{{field, field + " is missing"}}
	}
	return Built{Gate: ownState{c}, Condition: &c, Settings: SettingsHash(kind, value)}, nil
}

// signedOffSettings are the settings of kind signed_off.
type signedOffSettings struct {
	Environment string `yaml:"environment" required:"true"` // the name of the environment
	Role        string `yaml:"role"`                        // the role whose approval is needed; default: every role
}

// environmentSettings are the settings of kind deployed.
type environmentSettings struct {
	Environment string `yaml:"environment" required:"true"` // the name of the environment
	Baked       bool   `yaml:"baked"`                       // whether the release must also have baked there; default: false
}

// rehearsedSettings are the settings of kind rehearsed.
type rehearsedSettings struct {
	Environment string         `yaml:"environment" required:"true"` // the name of the environment
	MaxAge      limit.Duration `yaml:"max_age"`                     // how long ago the rehearsal may be; default: any time
}

// sectionSettings are the settings of kind section.
type sectionSettings struct {
	Section string `yaml:"section" required:"true"` // the name of the section
}

// Deployed is the kind deployed.
var Deployed = Kind{
	Name: "deployed", About: "whether the open release is live and verified on an environment", Repeatable: true,
	Verdicts: Verdicts{
		Passed:  "the open release is live there, at its commit, and verified; with baked, its bake there has ended as well",
		Failed:  "something else is live there, or it isn't known what is, or it hasn't baked",
		Errored: "no release is open",
	},
	Example: "environment: staging",
	New: func(decode func(any) error, _ Deps) (Built, error) {
		var settings environmentSettings
		if err := decode(&settings); err != nil {
			return Built{}, err
		}
		built, err := ownBuilt("deployed", checklist.Condition{Deployed: settings.Environment, Baked: settings.Baked}, "environment", settings.Environment)
		if settings.Baked {
			built.Settings = SettingsHash("deployed", settings)
		}
		return built, err
	},
}

// SignedOff is the kind signed_off.
var SignedOff = Kind{
	Name: "signed_off", About: "whether every role, or one, has approved the open release for an environment", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "every role has approved, or the configured one has",
		Failed:        "an approval is missing or no longer counts, or a role has rejected",
		NotConfigured: "no sign-off is configured for the environment, or not of that role",
	},
	Example: "environment: production",
	New: func(decode func(any) error, _ Deps) (Built, error) {
		var settings signedOffSettings
		if err := decode(&settings); err != nil {
			return Built{}, err
		}
		built, err := ownBuilt("signed_off", checklist.Condition{SignedOff: settings.Environment, Role: settings.Role}, "environment", settings.Environment)
		if settings.Role != "" {
			built.Settings = SettingsHash("signed_off", settings)
		}
		return built, err
	},
}

// Rehearsed is the kind rehearsed.
var Rehearsed = Kind{
	Name: "rehearsed", About: "whether a rollback was rehearsed on an environment", Repeatable: true,
	Verdicts: Verdicts{
		Passed: "the last rehearsal there went back and out again, no longer ago than max_age",
		Failed: "there was none, it is too long ago, or a step of it failed",
	},
	Notes: "`/rollback ENV --rehearsal` rehearses. Where nothing was live before the version that is live now, the item doesn't apply. " +
		"Any version's rehearsal counts, since it tries the way and not the version.",
	Example: "environment: staging\nmax_age: 30d",
	New: func(decode func(any) error, _ Deps) (Built, error) {
		var settings rehearsedSettings
		if err := decode(&settings); err != nil {
			return Built{}, err
		}
		built, err := ownBuilt("rehearsed", checklist.Condition{Rehearsed: settings.Environment, Within: time.Duration(settings.MaxAge)}, "environment", settings.Environment)
		if settings.MaxAge != 0 {
			built.Settings = SettingsHash("rehearsed", settings)
		}
		return built, err
	},
}

// Section is the kind section.
var Section = Kind{
	Name: "section", About: "whether every item of a section of the checklist passes", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "every other item of the section passes",
		Failed:        "one of them doesn't",
		NotConfigured: "the section doesn't exist",
	},
	Notes:   "An item that was waived, or doesn't apply, counts as passing.",
	Example: "section: modules",
	New: func(decode func(any) error, _ Deps) (Built, error) {
		var settings sectionSettings
		if err := decode(&settings); err != nil {
			return Built{}, err
		}
		return ownBuilt("section", checklist.Condition{Section: settings.Section}, "section", settings.Section)
	},
}
