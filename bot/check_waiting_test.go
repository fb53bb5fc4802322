package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gonogo/bot/config"
	"gonogo/readiness"
)

// Gates that wait for the release to be live say nothing of it: where no other
// was measured, the answer is NO-GO.
func TestCheckOfWhatWaits(t *testing.T) {
	gate := &readiness.Gate{Kind: "http", Settings: "s"}
	list := (&readiness.Checklist{Environments: []readiness.Environment{{Name: "staging"}}, Sections: []readiness.Section{{ID: "a", Items: []*readiness.Item{
		{ID: "login", Title: "Login", Gate: gate, Scope: readiness.DeploymentScope, Environments: []string{"staging"}}, {ID: "suite", Title: "Suite", Gate: gate}}}}}).Index()
	c := check{cfg: &config.Config{Project: "Shop", Checklist: list}, now: time.Now}
	state := readiness.NewState()
	state.Apply(time.Now(), readiness.ReleaseOpened{Version: "1.0"})
	login, suite := readiness.Key{Item: "login", Environment: "staging"}, readiness.Key{Item: "suite"}
	passed := map[string]readiness.Evidence{"suite": {Verdict: readiness.Passed}}
	for _, tt := range []struct {
		name string
		keys []readiness.Key
		goes bool
		says string
	}{
		{"only what waits", []readiness.Key{login}, false, "NO-GO: Shop 1.0, by these gates alone; not measured before the release is live: 1 gate"},
		{"another beside it", []readiness.Key{login, suite}, true, "GO: Shop 1.0, by these gates alone; not measured before the release is live: 1 gate"},
		{"nothing waits", []readiness.Key{suite}, true, "GO: Shop 1.0, by these gates alone\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			waiting := c.waiting(readiness.View{Checklist: list, State: state, Now: time.Now()}, tt.keys)
			r := c.judge(state, tt.keys, passed, waiting)
			var out bytes.Buffer
			if err := r.print(&out, false); err != nil {
				t.Fatal(err)
			}
			if r.Go != tt.goes || !strings.Contains(out.String(), tt.says) {
				t.Errorf("GO is %t, want %t:\n%s\nwant it to say %q", r.Go, tt.goes, out.String(), tt.says)
			}
		})
	}
}
