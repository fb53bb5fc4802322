package commands_test

import (
	"gonogo/readiness/checklist"
	"strings"
	"testing"
)

// Help is asked for after any command, and is not taken for the name of an
// environment or a release.
func TestHelpAfterACommand(t *testing.T) {
	s := newStage(t, "deploy-help")
	help := s.say(t, "U0TL: /ready help")
	for _, said := range []string{"/deploy help", "/rollback help", "/rollback --help", "/rollback —help", "/Deploy HELP", "deploy freeze help", "/ready check help", "/ready release help"} {
		if got := s.say(t, "U0TL: "+said); got != help {
			t.Errorf("%s is answered with\n%s", said, got)
		}
	}
}

// What may be named help, or stands in a reason, stays what it is.
func TestHelpThatIsMeantOtherwise(t *testing.T) {
	s := newStage(t, "deploy-help")
	list := s.bot.Options().Checklist
	list.Sections = append(list.Sections, checklist.Section{ID: "help", Title: "Help pages", Weight: 1, Items: []*checklist.Item{
		{ID: "written", Title: "The help is written", Blocks: []string{"production"}, Manual: &checklist.Manual{By: []string{"technical_lead"}}}}})
	list.Index()
	s.say(t, "U0DEV: /ready release 19.0.1 0a1b2c3d")
	for said, want := range map[string]string{
		"/ready status help":        "The help is written",
		"/deploy lock staging help": "staging is locked",
	} {
		if got := s.say(t, "U0TL: "+said); !strings.Contains(got, want) {
			t.Errorf("%s is answered without %q:\n%s", said, want, got)
		}
	}
}
