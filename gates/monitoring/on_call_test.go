package monitoring

import (
	"context"
	"errors"
	"testing"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/oncall"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// rosterOf has two roles, both of which handle alerts, with people by their IDs. Whose
// people aren't given is unknown.
func rosterOf(people map[string][]string) gates.Deps {
	r := &oncall.Roster{}
	r.Configure([]checklist.Role{{ID: "on_call", Title: "On call", Usergroup: "S0ONCALL"}, {ID: "lead", Title: "Lead", Users: []string{"U0TL"}}, {ID: "other", Title: "Other"}}, []string{"on_call", "lead"})
	r.Open(func(_ context.Context, role checklist.Role) ([]string, error) {
		users, known := people[role.ID]
		if !known {
			return nil, errors.New("who is " + role.Title + " is not known at present")
		}
		return users, nil
	})
	return gates.Deps{OnCall: r}
}

func TestOnCall(t *testing.T) {
	both := map[string][]string{"on_call": {"U1", "U2"}, "lead": {"U0TL"}}
	for name, tt := range map[string]struct {
		settings string
		people   map[string][]string
		verdict  answer.Verdict
		says     string
	}{
		"somebody":            {"{}", both, answer.Passed, "On call has 2 active people; Lead has 1 active person"},
		"an empty group":      {"{}", map[string][]string{"on_call": {}, "lead": {"U0TL"}}, answer.Failed, "nobody is in On call; add somebody who is active to its user group in Slack, S0ONCALL"},
		"nobody listed":       {"roles: [lead]", map[string][]string{"lead": {}}, answer.Failed, "nobody is in Lead; add somebody who is active to it in the configuration"},
		"too few":             {`people: ">= 2"`, both, answer.Failed, "active people in Lead is 1, limit >= 2"},
		"few":                 {`{roles: [lead], warn: ">= 2"}`, both, answer.Warned, "Lead has 1 active person, warning limit >= 2"},
		"enough":              {`{roles: [on_call], warn: ">= 2"}`, both, answer.Passed, "On call has 2 active people"},
		"not known":           {"roles: [on_call]", nil, answer.Errored, "who is On call is not known at present"},
		"one of two unknown":  {"{}", map[string][]string{"on_call": {"U1"}}, answer.Errored, "who is Lead is not known at present"},
		"empty and unknown":   {"{}", map[string][]string{"on_call": {}}, answer.Failed, "nobody is in On call"},
		"a role without both": {"roles: [other]", map[string][]string{"other": {}}, answer.Failed, "nobody is in Other"},
	} {
		t.Run(name, func(t *testing.T) {
			ev := kindtest.Measured(t, kindtest.Built(t, OnCall, tt.settings, rosterOf(tt.people)), gates.Scope{View: gatestest.NoRelease})
			if said := kindtest.Odd(ev, tt.verdict, tt.says); said != "" {
				t.Error(said)
			}
		})
	}
}

// Where no role handles alerts, there is nothing to measure; where nobody can be asked,
// the gate says where to run it.
func TestOnCallWithoutAnybodyToAsk(t *testing.T) {
	ev := kindtest.Measured(t, kindtest.Built(t, OnCall, "{}", gates.Deps{}), gates.Scope{View: gatestest.NoRelease})
	if said := kindtest.Odd(ev, answer.NotConfigured, "name one under permissions.alerts"); said != "" {
		t.Error(said)
	}
	r := &oncall.Roster{}
	r.Configure([]checklist.Role{{ID: "on_call", Usergroup: "S0ONCALL"}}, []string{"on_call"})
	ev = kindtest.Measured(t, kindtest.Built(t, OnCall, "{}", gates.Deps{OnCall: r}), gates.Scope{View: gatestest.NoRelease})
	if said := kindtest.Odd(ev, answer.Errored, "run the gate from Slack, where gonogo serve is running"); said != "" {
		t.Error(said)
	}
}

func TestOnCallFaults(t *testing.T) {
	for settings, want := range map[string]string{
		"roles: [on_cal]":           `there is no role "on_cal"; did you mean on_call?`,
		"roles: [zzz]":              `there is no role "zzz"; the roles are on_call, lead, other`,
		"roles: []":                 "roles is empty; name at least one role, or remove it",
		"roles: [on_call, on_call]": `role "on_call" is in this list twice; keep one`,
		`people: "< 5"`:             "< 5 lets a role pass that nobody holds; write at least one, as in >= 1",
		"people: 0":                 "0 lets a role pass that nobody holds; write at least one, as in >= 1",
	} {
		if got := kindtest.Faulty(t, OnCall, settings, rosterOf(nil)); got != want {
			t.Errorf("%s: got  %s\nwant %s", settings, got, want)
		}
	}
}

// Evidence about other people's roles doesn't count after the configuration has changed.
func TestOnCallHash(t *testing.T) {
	hash := func(role checklist.Role) string {
		r := &oncall.Roster{}
		r.Configure([]checklist.Role{role}, []string{role.ID})
		return kindtest.Built(t, OnCall, "{}", gates.Deps{OnCall: r}).Settings
	}
	one := hash(checklist.Role{ID: "on_call", Usergroup: "S0ONCALL"})
	for _, other := range []checklist.Role{{ID: "on_call", Usergroup: "S0OTHER"}, {ID: "on_call", Usergroup: "S0ONCALL", Users: []string{"U1"}}, {ID: "lead", Usergroup: "S0ONCALL"}} {
		if hash(other) == one {
			t.Errorf("%+v has the same hash", other)
		}
	}
}
