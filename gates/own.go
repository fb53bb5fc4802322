package gates

import (
	"context"

	"gonogo/readiness"
)

// ownState is a gate that reads gonogo's own state: always current, no I/O.
type ownState struct{ condition readiness.Condition }

// Check implements [Gate].
func (g ownState) Check(_ context.Context, s Scope) readiness.Evidence {
	return s.View.Met(g.condition)
}

func ownBuilt(kind string, c readiness.Condition, field, value string) (Built, error) {
	if value == "" {
		return Built{}, Faults{{field, field + " is missing"}}
	}
	return Built{Gate: ownState{c}, Condition: &c, Settings: settingsHash(kind, value)}, nil
}

// signedOffSettings are the settings of kind signed_off.
type signedOffSettings struct {
	Environment string `yaml:"environment" required:"true"` // the environment's name
	Role        string `yaml:"role"`                        // the role whose approval counts; that of every role unless said
}

// environmentSettings are the settings of kind deployed.
type environmentSettings struct {
	Environment string `yaml:"environment" required:"true"` // the environment's name
}

// sectionSettings are the settings of kind section.
type sectionSettings struct {
	Section string `yaml:"section" required:"true"` // the section's name
}

var deployedKind = Kind{
	Name: "deployed", About: "whether the open release is live and verified on an environment", Repeatable: true,
	Verdicts: Verdicts{
		Passed:  "the open release is live there, from its commit, and was verified",
		Failed:  "something else is, or nothing is known of it",
		Errored: "no release is open",
	},
	Example: "environment: staging",
	New: func(decode func(any) error, _ Deps) (Built, error) {
		var settings environmentSettings
		if err := decode(&settings); err != nil {
			return Built{}, err
		}
		return ownBuilt("deployed", readiness.Condition{Deployed: settings.Environment}, "environment", settings.Environment)
	},
}

var signedOffKind = Kind{
	Name: "signed_off", About: "whether every role, or one, has approved the open release for an environment", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "every role has approved, or the one that is named",
		Failed:        "an approval is missing or no longer counts, or a role has rejected",
		NotConfigured: "nobody is asked to sign off there, or not that role",
	},
	Example: "environment: production",
	New: func(decode func(any) error, _ Deps) (Built, error) {
		var settings signedOffSettings
		if err := decode(&settings); err != nil {
			return Built{}, err
		}
		built, err := ownBuilt("signed_off", readiness.Condition{SignedOff: settings.Environment, Role: settings.Role}, "environment", settings.Environment)
		if settings.Role != "" {
			built.Settings = settingsHash("signed_off", settings)
		}
		return built, err
	},
}

var sectionKind = Kind{
	Name: "section", About: "whether every item of a section of the checklist is met", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "every other item of the section passes",
		Failed:        "one does not",
		NotConfigured: "there is no such section",
	},
	Example: "section: modules",
	New: func(decode func(any) error, _ Deps) (Built, error) {
		var settings sectionSettings
		if err := decode(&settings); err != nil {
			return Built{}, err
		}
		return ownBuilt("section", readiness.Condition{Section: settings.Section}, "section", settings.Section)
	},
}
