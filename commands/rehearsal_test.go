package commands_test

import (
	"strings"
	"testing"

	"gonogo/commands"
)

// Whoever reads the help finds out that a rollback can be rehearsed.
func TestHelpTellsOfTheRehearsal(t *testing.T) {
	help := newStage(t, "deploy-rehearsal").say(t, "U0ONCALL: /ready help")
	for _, want := range []string{"/rollback [ENV] [to VERSION] [--rehearsal] [--dry-run] [because REASON] ", "/rollback start ENV [from VERSION] [to VERSION] [--rehearsal] [because REASON] "} {
		if !strings.Contains(help, want) {
			t.Errorf("the help has no %q:\n%s", want, help)
		}
	}
	if hint := commands.Hint("rollback"); !strings.Contains(hint, "[--rehearsal]") {
		t.Errorf("Slack's hint is %s", hint)
	}
}

// A switch that is nearly one of the command's is asked back, with the rest of
// what was typed.
func TestNearSwitch(t *testing.T) {
	s := newStage(t, "deploy-rehearsal")
	s.say(t, "U0DEV: /ready release 2.0 0a1b2c3d")
	for said, want := range map[string]string{
		"/rollback staging --rehearse":                           "[/rollback staging --rehearsal] /rollback staging --rehearsal\n",
		"/rollback staging —rehearse":                            "[/rollback staging --rehearsal] /rollback staging --rehearsal\n",
		"/rollback --rehersal staging to 1.0 because of a drill": "[/rollback staging to 1.0 --rehearsal because of a drill] ",
		"/deploy staging 2.0 --dryrun":                           "[/deploy staging 2.0 --dry-run] ",
	} {
		_, option, _ := strings.Cut(want, "--")
		title := "Did you mean --" + strings.FieldsFunc(option, func(r rune) bool { return r == ' ' || r == ']' })[0] + "?\n"
		if got := s.say(t, "U0ONCALL: "+said); !strings.HasPrefix(got, title) || !strings.Contains(got, want) || !strings.Contains(got, "(nothing was done)") {
			t.Errorf("%s is answered with\n%swant %s%s", said, got, title, want)
		}
	}
	for _, said := range []string{"/rollback staging --force", "/rollback staging --rehearse --force", "/rollback status --rehearse"} {
		if got := s.say(t, "U0ONCALL: "+said); !strings.HasPrefix(got, "gonogo does not understand “") {
			t.Errorf("%s is answered with\n%s", said, got)
		}
	}
}

// A switch after the reason is a switch, and no part of it: a rehearsal must not
// become a rollback by the order of its words.
func TestSwitchAfterTheReason(t *testing.T) {
	s := newStage(t, "deploy-rehearsal")
	s.say(t, "U0DEV: /ready release 2.0 0a1b2c3d")
	for said, want := range map[string]string{
		"rollback staging because of a drill --rehearsal":    "rollback staging --rehearsal because of a drill",
		"rollback staging because of a drill —rehearsal":     "rollback staging --rehearsal because of a drill",
		"rollback staging because -- of a drill --rehearsal": "rollback staging because -- of a drill --rehearsal",
		"rollback staging because \"of --rehearsal\"":        "rollback staging because -- of --rehearsal",
		"deploy staging 2.0 --dry-run":                       "deploy staging 2.0 --dry-run",
		"ready reject production it needs --dry-run":         "ready reject production -- it needs --dry-run",
	} {
		act, ok := s.bot.Read(said)
		if !ok || commands.AsTyped(act) != want {
			t.Errorf("%s was read as %q, %t, want %q", said, commands.AsTyped(act), ok, want)
		}
	}
}
