package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gonogo/bot/checked"
	"gonogo/bot/config"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// Gates that wait for the release to be live say nothing of it: where no other
// was measured, the answer is NO-GO.
func TestCheckOfWhatWaits(t *testing.T) {
	gate := &checklist.Gate{Kind: "http", Settings: "s"}
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}}, Sections: []checklist.Section{{ID: "a", Items: []*checklist.Item{
		{ID: "login", Title: "Login", Gate: gate, Scope: answer.DeploymentScope, Environments: []string{"staging"}}, {ID: "suite", Title: "Suite", Gate: gate}}}}}).Index()
	c := check{cfg: &config.Config{Project: "Shop", Checklist: list}, now: time.Now}
	state := history.NewState()
	state.Apply(time.Now(), event.ReleaseOpened{Version: "1.0"})
	login, suite := answer.Key{Item: "login", Environment: "staging"}, answer.Key{Item: "suite"}
	passed := map[string]answer.Evidence{"suite": {Verdict: answer.Passed}}
	for _, tt := range []struct {
		name string
		keys []answer.Key
		goes bool
		says string
	}{
		{"only what waits", []answer.Key{login}, false, "1 gate: 1 waiting · NO-GO: Shop 1.0, by these gates alone\n"},
		{"another beside it", []answer.Key{login, suite}, true, "2 gates: 1 passed, 1 waiting · GO: Shop 1.0, by these gates alone\n"},
		{"nothing waits", []answer.Key{suite}, true, "1 gate: 1 passed · GO: Shop 1.0, by these gates alone\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			waiting := c.waiting(readiness.View{Checklist: list, State: state, Now: time.Now()}, tt.keys)
			r := c.judge(state, tt.keys, passed, waiting)
			var out bytes.Buffer
			if err := checked.Formats[0].Print(r, &out); err != nil {
				t.Fatal(err)
			}
			if r.Go != tt.goes || !strings.Contains(out.String(), tt.says) {
				t.Errorf("GO is %t, want %t:\n%s\nwant it to say %q", r.Go, tt.goes, out.String(), tt.says)
			}
		})
	}
}

// Checking an item for an environment that doesn't exist says so.
func TestCheckOfNoSuchEnvironment(t *testing.T) {
	gate := &checklist.Gate{Kind: "http", Settings: "s"}
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}}, Sections: []checklist.Section{{ID: "a", Items: []*checklist.Item{
		{ID: "login", Title: "Login", Gate: gate, Environments: []string{"staging"}}}}}}).Index()
	c := check{cfg: &config.Config{Project: "Shop", Checklist: list}}
	for name, want := range map[string]string{
		"login@stagin":     `there is no environment "stagin"; the configuration has staging, production`,
		"login@production": "login is not asked for production",
	} {
		if _, err := c.keys([]string{name}); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}
