package commands_test

import (
	"context"
	"strings"
	"testing"

	"gonogo/commands"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// frozenTwice is a stage with a freeze on both environments and one release.
func frozenTwice(t *testing.T) *stage {
	s := newStage(t, "deploy-lift")
	s.say(t, "U0DEV: /ready release 2.0 0a1b2c3d")
	s.say(t, "U0DEV: /deploy freeze staging until 18:00 the fair")
	s.say(t, "U0DEV: /deploy freeze production until 18:00 the fair")
	return s
}

// People name a hold by its kind, and where it is, in the order that comes to
// them. Neither the environment nor the version becomes part of the reason.
func TestLiftUnderstandsAnEnvironmentAfterTheHold(t *testing.T) {
	for said, line := range map[string]string{
		"/deploy lift freeze staging 2.0 until 14:00 the login is broken":    "Hold lifted on staging for 2.0: freeze “the fair”",
		"/deploy lift freeze 2.0 production until 14:00 the login is broken": "Hold lifted on production for 2.0: freeze “the fair”",
		"/deploy lift freeze production until 14:00 the login is broken":     "Hold lifted on production for 2.0: freeze “the fair”",
		"/deploy lift freeze@staging until 14:00 production needs it":        "Hold lifted on staging for 2.0: freeze “the fair”",
	} {
		s := frozenTwice(t)
		got := s.say(t, "U0DEV: "+said)
		if title, _, _ := strings.Cut(got, "\n"); title != line {
			t.Errorf("%s was answered with\n%s", said, got)
		}
		reason := "The login is broken. By"
		if strings.Contains(said, "needs") {
			reason = "Production needs it. By"
		}
		if !strings.Contains(got, reason) {
			t.Errorf("%s has another reason:\n%s", said, got)
		}
	}
}

// An environment that there is not is said so, and is no reason either.
func TestLiftNamesTheUnknownEnvironment(t *testing.T) {
	s := frozenTwice(t)
	got := s.say(t, "U0DEV: /deploy lift freeze stagin 2.0 until 14:00 the login is broken")
	if !strings.Contains(got, `There is no environment "stagin" here`) || !strings.Contains(got, "/deploy lift freeze@staging 2.0 until 14:00 the login is broken") {
		t.Error(got)
	}
}

// Of several holds of a kind, the environment says which; without one it is asked.
func TestLiftAsksWhichHoldOnlyWithoutAnEnvironment(t *testing.T) {
	s := frozenTwice(t)
	if got := s.say(t, "U0DEV: /deploy lift freeze 2.0 until 14:00 the login is broken"); !strings.HasPrefix(got, "Which hold?") {
		t.Error(got)
	}
}

// The form says what it lifts, and for which version.
func TestLiftFormNamesTheHoldAndTheVersion(t *testing.T) {
	s := frozenTwice(t)
	if got := s.say(t, "U0DEV: /deploy lift freeze staging 2.0"); !strings.Contains(got, "staging is frozen: the fair. The lift is for 2.0 only.") {
		t.Error(got)
	}
}

// Asked for the version, people lose nothing of what they typed.
func TestLiftKeepsWhatWasTypedWhenItAsksForTheVersion(t *testing.T) {
	s := frozenTwice(t)
	s.say(t, "U0DEV: /ready release 3.0 abcdef1")
	got := s.say(t, "U0DEV: /deploy lift freeze staging until 14:00 the login is broken")
	if !strings.Contains(got, "[3.0] /deploy lift freeze@staging 3.0 until 14:00 the login is broken") {
		t.Error(got)
	}
}

// overtaken is a ledger in which something else is decided first.
type overtaken struct {
	commands.Ledger
	by func()
}

func (o *overtaken) Once(ctx context.Context, key string, decide storage.Decide) (storage.Receipt, error) {
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return o.Ledger.Once(ctx, key, decide)
}

// What is lifted is the hold that the person was judged for, and not another of
// the same name that came in its place.
func TestLiftOfAHoldThatWasReplaced(t *testing.T) {
	s := frozenTwice(t)
	opts := *s.bot.Options()
	ledger := &overtaken{Ledger: opts.Ledger}
	opts.Ledger = ledger
	s.bot = commands.New(opts)
	ledger.by = func() {
		s.say(t, "U0DEV: /deploy unfreeze staging")
		s.say(t, "U0DEV: /deploy freeze staging until 20:00 the audit")
	}
	got := s.say(t, "U0DEV: /deploy lift freeze@staging 2.0 until 14:00 the login is broken")
	if !strings.Contains(got, "That hold has changed") || !strings.Contains(got, "The audit") && !strings.Contains(got, "the audit") {
		t.Errorf("the other freeze was lifted:\n%s", got)
	}
	if lifts := s.ledger.State().Lifts; len(lifts) > 0 {
		t.Errorf("lifted %+v", lifts)
	}
}

// A pin of the platform is no lock: whoever may only lock does not make it go.
func TestUnlockLeavesAPin(t *testing.T) {
	s := frozenTwice(t)
	s.happened(t, event.EnvironmentLocked{Environment: "staging", Claim: history.PinClaim("staging"), Reason: "the platform is pinned"})
	got := s.say(t, "U0DEV: /deploy unlock staging")
	if !strings.HasPrefix(got, "staging is pinned, not locked") || !strings.Contains(got, "/deploy lift pin@staging") {
		t.Error(got)
	}
	if !s.ledger.State().Pinned("staging") {
		t.Error("the pin is gone")
	}
}

// Where the platform can't be asked for want of a token, its pin is not taken for
// gone. Where gonogo deploys nothing, there is nobody to ask.
func TestLiftOfAPinThatCannotBeLookedUp(t *testing.T) {
	for obstacle, want := range map[string]string{
		"DIGITALOCEAN_TOKEN is not set": "The platform can't be asked whether it is pinned",
		"":                              "production is unlocked",
	} {
		s := newStage(t, "lift") // of which no configuration says how to deploy
		s.bot.Options().Checklist.Permissions["rollback"] = []string{"deployer"}
		s.bot.Options().Obstacles = map[string]string{"production": obstacle}
		s.happened(t, event.EnvironmentLocked{Environment: "production", Claim: history.PinClaim("production"), Reason: "the platform is pinned"})
		got := s.say(t, "U0DEV: /deploy lift pin@production the console says that it is free")
		if !strings.HasPrefix(got, want) || !strings.Contains(got, obstacle) {
			t.Errorf("with the obstacle %q:\n%s", obstacle, got)
		}
	}
}
