package commands_test

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// What people hold the role for goes at once or ahead, however they say it; what
// outsiders say of the same goes in turn.
func TestPrecedence(t *testing.T) {
	s := newStage(t, "deployment")
	s.play(t, "U0DEV: /ready release 2.0")
	press := func(act reply.Act) commands.Request {
		value, _ := act.Encode()
		return commands.Request{Pressed: value}
	}
	say := func(text string) commands.Request { return commands.Request{Text: text} }
	for _, tt := range []struct {
		request commands.Request
		holder  string
		want    commands.Precedence
	}{
		{say("rollback ack"), "U0ONCALL", commands.AtOnce},
		{press(reply.Act{Verb: "rollback ack", Incident: "i1"}), "U0ONCALL", commands.AtOnce},
		{say("rollback"), "U0ONCALL", commands.AtOnce},
		{say("Rollback staging to 1.0"), "U0ONCALL", commands.AtOnce},
		{press(reply.Act{Verb: "rollback start", Environment: "staging"}), "U0DEV", commands.AtOnce},
		{press(reply.Act{Verb: "deploy cancel", Environment: "staging", Run: "r1"}), "U0DEV", commands.AtOnce},
		{say("ready cancel"), "U0DEV", commands.AtOnce},
		{say("ready approve production"), "U0PO", commands.Ahead},
		{say("ready 2.0 reject production no"), "U0PO", commands.Ahead},
		{press(reply.Act{Verb: "rollback keep", Environment: "staging"}), "U0ONCALL", commands.Ahead},
		{say("rollback false-alarm i1 a test"), "U0ONCALL", commands.Ahead},
		{say("rollback status"), "U0ONCALL", commands.InTurn},
		{say("ready run all"), "U0DEV", commands.InTurn},
		{say("deploy staging"), "U0DEV", commands.InTurn},
		{say(""), "U0DEV", commands.InTurn},
		{say("dance"), "U0DEV", commands.InTurn},
		{commands.Request{Pressed: "{"}, "U0DEV", commands.InTurn},
	} {
		r := tt.request
		r.User = tt.holder
		if got := s.bot.Precedence(r); got != tt.want {
			t.Errorf("%q %s by %s: %v, want %v", r.Text, r.Pressed, tt.holder, got, tt.want)
		}
		for _, outsider := range []string{"U0OUT", ""} {
			if r.User = outsider; s.bot.Precedence(r) != commands.InTurn {
				t.Errorf("%q %s by %q does not go in turn", r.Text, r.Pressed, outsider)
			}
		}
	}
}

// mute is a Slack that no longer tells who has a role, as it last told at a time.
type mute struct {
	last crew
	asOf time.Time
}

func (m *mute) Members(role checklist.Role) ([]string, error) {
	return nil, &roster.Unknown{Why: "Slack does not tell", Last: m.last[role.ID], AsOf: m.asOf}
}

// Where Slack can't be asked, whoever held the role within a day may acknowledge,
// stop and roll back, and that is recorded and shown; they may do nothing else, and
// nobody else may do that.
func TestMembershipOfEarlierIsEnoughAtNight(t *testing.T) {
	s := newStage(t, "deployment")
	for _, line := range []string{"U0DEV: /ready release 2.0", "live staging 1.0 d1", "live staging 2.0 d2",
		"alert firing alertname=HighErrorRate severity=critical environment=staging"} {
		s.play(t, line)
	}
	last := &mute{s.members, s.clock.now().Add(-5 * time.Hour)}
	asOf := last.asOf
	opts := *s.bot.Options()
	opts.Members = last
	s.bot = commands.New(opts)
	const shown = "as of 2025-11-03 07:00 UTC"

	for _, line := range []string{"U0OUT: /rollback ack", "U0ONCALL: /rollback false-alarm x y", "U0ONCALL: /deploy lock staging why", "U0ONCALL: /rollback keep staging"} {
		if got := s.play(t, line); !strings.Contains(got, "Can't look up who may do that at the moment") {
			t.Errorf("%s is answered\n%s", line, got)
		}
	}
	last.asOf = s.clock.now().Add(-25 * time.Hour)
	if got := s.play(t, "U0ONCALL: /rollback ack"); !strings.Contains(got, "Can't look up who may do that") {
		t.Errorf("after more than a day:\n%s", got)
	}
	last.asOf = asOf
	if p := s.bot.Precedence(commands.Request{User: "U0ONCALL", Text: "rollback ack"}); p != commands.AtOnce {
		t.Errorf("precedence = %v, want at once", p)
	}
	s.happened(t, event.RunStarted{Run: "r9", What: work.Gates, Title: "all gates", Release: "2.0"})
	for _, line := range []string{"U0ONCALL: /rollback ack", "U0ONCALL: /rollback staging", "U0ONCALL: /rollback start staging to 2.0 because of it", "U0DEV: /ready cancel r9"} {
		if got := s.play(t, line); !strings.Contains(got, shown) {
			t.Errorf("%s is answered\n%s\nwant %q", line, got, shown)
		}
	}
	state := s.ledger.State()
	run := state.LastRollback("staging")
	if run == nil {
		run = state.Changing("staging")
	}
	if run == nil || !run.Change.MembershipAsOf.Equal(asOf) {
		t.Errorf("the rollback is %+v, want membership as of %v", run, asOf)
	}
	if got := state.Runs["r9"].CancelledAsOf; !got.Equal(asOf) {
		t.Errorf("the gate run was stopped by membership as of %v, want %v", got, asOf)
	}
	for _, i := range state.Incidents {
		if !i.AckAsOf.Equal(asOf) {
			t.Errorf("acknowledged by membership as of %v, want %v", i.AckAsOf, asOf)
		}
	}
	if history := s.play(t, "U0PO: /ready history"); !strings.Contains(history, "Cancel asked of all gates, judged by membership "+shown) {
		t.Errorf("the history does not say how old the membership was:\n%s", history)
	}
	if cards := s.play(t, "cards"); strings.Count(cards, "judged by membership "+shown) < 3 {
		t.Errorf("the cards do not say how old the membership was:\n%s", cards)
	}
}

// A Stop that names no run is also of what waits for its turn: of whoever's
// deployment of the same environment, and of the same person's rollback or gate run.
func TestStops(t *testing.T) {
	s := newStage(t, "deployment")
	s.play(t, "U0DEV: /ready release 2.0")
	start := reply.Act{Verb: "deploy start", Environment: "staging", Release: "2.0", Plan: "p1"}
	press := func(user string, act reply.Act) commands.Request {
		value, _ := act.Encode()
		return commands.Request{User: user, Pressed: value}
	}
	say := func(user, text string) commands.Request { return commands.Request{User: user, Text: text} }
	stop := say("U0DEV", "deploy cancel staging")
	for _, tt := range []struct {
		name          string
		stop, waiting commands.Request
		want          bool
	}{
		{"a pressed Start", stop, press("U0DEV", start), true},
		{"somebody else's", stop, press("U0TL", start), true},
		{"a typed one", stop, say("U0TL", "deploy start staging 2.0"), true},
		{"of another environment", stop, say("U0DEV", "deploy start production 2.0"), false},
		{"a plan", stop, say("U0DEV", "deploy staging"), false},
		{"one's own rollback", stop, say("U0DEV", "rollback start staging"), true},
		{"somebody else's rollback", stop, say("U0ONCALL", "rollback start staging"), false},
		{"by who may not start", say("U0ONCALL", "deploy cancel staging"), press("U0DEV", start), false},
		{"of a run that is named", press("U0DEV", reply.Act{Verb: "deploy cancel", Environment: "staging", Run: "r1"}), press("U0DEV", start), false},
		{"one's own gate run", say("U0DEV", "ready cancel"), say("U0DEV", "ready run all"), true},
		{"somebody else's gate run", say("U0DEV", "ready cancel"), say("U0TL", "ready run all"), false},
		{"a gate run", stop, say("U0DEV", "ready run all"), false},
	} {
		of := s.bot.Stops(tt.stop)
		if got := of != nil && of(tt.waiting); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
	if s.bot.Stops(say("U0ONCALL", "rollback ack")) != nil {
		t.Error("an Acknowledge stops something")
	}
}
