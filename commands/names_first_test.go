package commands_test

import (
	"strings"
	"testing"
)

// With several releases open, a name that nothing has is said before gonogo asks
// which release is meant.
func TestNamesAreJudgedBeforeTheRelease(t *testing.T) {
	for said, want := range map[string]string{
		"/deploy qa":                        `There is no environment "qa" here`,
		"/deploy qa --dry-run":              `There is no environment "qa" here`,
		"/deploy start qa":                  `There is no environment "qa" here`,
		"/deploy adopt qa":                  `There is no environment "qa" here`,
		"/ready signoff qa":                 `There is no environment "qa" here`,
		"/ready waive suite-passes qa":      `There is no environment "qa" here`,
		"/ready unwaive suite-passes qa":    `There is no environment "qa" here`,
		"/ready waive moon":                 "No such item",
		"/ready run moon":                   "No such item",
		"/ready same moon":                  "There is no section",
		"/ready nudge moon":                 "No such item",
		"/ready skip moon because it is so": "No such item",
	} {
		s := newStage(t, "deploy")
		s.say(t, "U0DEV: /ready release 2.0 0a1b2c3d")
		s.say(t, "U0DEV: /ready release 3.0 0a1b2c3e")
		if got := s.say(t, "U0TL: "+said); !strings.HasPrefix(got, want) {
			t.Errorf("%s was answered with\n%s\nwant %s", said, got, want)
		}
	}
}
