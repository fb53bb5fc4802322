package script

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/deploy"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// TestScriptLook looks after a program that an earlier gonogo may have started. What it
// returns decides whether the program is run again.
func TestScriptLook(t *testing.T) {
	s := &strategy{settings: settings{Dir: t.TempDir(), Status: statusSettings{Run: []string{"/bin/cat", "printed"}, Timeout: 60_000_000_000, Version: `version=(\S*)`, Mark: `run=(\S*)`}},
		environ: os.LookupEnv, jobs: processes{running: map[string]*process{}, stopped: map[string]bool{}}}
	reader, faults := newStatusReader(s.Status)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	s.status = reader
	e := launch{strategy: s, environment: "staging", step: "deploy", fact: work.DeploymentFact, command: command{Run: []string{"./deploy.sh"}}, to: build.Build{Version: "2"}, from: build.Build{Version: "1"}}
	for _, tt := range []struct {
		name, before, printed string
		found                 bool
		why                   string
	}{
		{"it was never begun", "", "version=1 run=", false, ""},
		{"it was never begun, and the version is live already", "", "version=2 run=", false, ""},
		{"it got through", "1", "version=2 run=", true, ""},
		{"it got through from nothing", "nothing", "version=2 run=", true, ""},
		{"it left its mark", "2", "version=2 run=R1", true, ""},
		{"the same version again, without a mark", "2", "version=2 run=R0", false, "gonogo stopped while ./deploy.sh ran, which ended it, and the status program says that 2 is live"},
		{"it isn't known what was live before", "unknown", "version=2 run=R0", false, "which ended it, and the status program says that 2 is live"},
		{"it shows nothing", "1", "version=1 run=R0", false, "says that 1 is live"},
		{"nothing is live", "1", "version= run=", false, "says that nothing is live"},
		{"the status can't be read", "1", "", false, "nothing in it matches version="},
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, "printed"), []byte(tt.printed+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := deploy.Work{Order: deploy.Order{Run: "R1"}, Fact: func(name string) string { return map[string]string{"deploy_before": tt.before}[name] }}
		found, err := e.Look(t.Context(), w)
		why := ""
		if err != nil {
			why = err.Error()
		}
		if (found != nil) != tt.found || (why == "") != (tt.why == "") || !strings.Contains(why, tt.why) {
			t.Errorf("%s: found %+v, %s; want %t, %s", tt.name, found, why, tt.found, tt.why)
		}
	}
}

// TestScriptReads reads what status programs print. Whatever it can't be sure of is an
// error, and never a version.
func TestScriptReads(t *testing.T) {
	for _, tt := range []struct {
		name    string
		status  statusSettings
		printed string
		want    told
		why     string
	}{
		{"a path", statusSettings{Version: "$.app.version"}, `{"app": {"version": "1.0"}}`, told{"1.0", deploy.StateActive, ""}, ""},
		{"a number", statusSettings{Version: "$[1]"}, `[1, 20]`, told{"20", deploy.StateActive, ""}, ""},
		{"a warning first", statusSettings{Version: "$.v"}, "warning: old client\n{\"v\": \"1.0\"}\n", told{"1.0", deploy.StateActive, ""}, ""},
		{"something after it", statusSettings{Version: "$.v"}, `{"v": "1.0"} {"v": "2.0"}`, told{}, "something follows its JSON"},
		{"cut off", statusSettings{Version: "$.v"}, `{"v": "1.0"`, told{}, "it isn't JSON"},
		{"no such key", statusSettings{Version: "$.v"}, `{"w": "1.0"}`, told{}, "no text at $.v"},
		{"machines that agree", statusSettings{Version: "$.m[*].v", State: "$.m[*].s", Mark: "$.m[*].r"}, `{"m": [{"v": "1", "s": "active", "r": "R1"}, {"v": "1", "s": "active", "r": "R1"}]}`, told{"1", deploy.StateActive, "R1"}, ""},
		{"one is still under way", statusSettings{Version: "$.m[*].v", State: "$.m[*].s"}, `{"m": [{"v": "1", "s": "failed"}, {"v": "1", "s": "deploying"}]}`, told{"1", deploy.StateStarting, ""}, ""},
		{"one failed", statusSettings{Version: "$.m[*].v", State: "$.m[*].s"}, `{"m": [{"v": "1", "s": "active"}, {"v": "1", "s": "failed"}]}`, told{"1", deploy.StateFailed, ""}, ""},
		{"two marks", statusSettings{Version: "$.m[*].v", Mark: "$.m[*].r"}, `{"m": [{"v": "1", "r": "R1"}, {"v": "1", "r": "R2"}]}`, told{"1", deploy.StateActive, ""}, ""},
		{"two versions", statusSettings{Version: "$.m[*].v"}, `{"m": [{"v": "1"}, {"v": "2"}]}`, told{}, "it shows 1 and 2 side by side"},
		{"one machine says nothing", statusSettings{Version: "$.m[*].v"}, `{"m": [{"v": "1"}, {}]}`, told{}, "no text at"},
		{"no machines", statusSettings{Version: "$.m[*].v"}, `{"m": []}`, told{}, "nothing at $.m[*].v"},
		{"lines that agree", statusSettings{Version: `shop:(\S+)`}, "shop:1 up\nshop:1 up\n", told{"1", deploy.StateActive, ""}, ""},
		{"lines that don't", statusSettings{Version: `shop:(\S+)`}, "shop:1 up\nshop:2 up\n", told{}, "it shows 1 and 2 side by side"},
		{"an option", statusSettings{Version: `shop:(\S+)`}, "shop:--force", told{}, "is no version"},
		{"an unknown state", statusSettings{Version: "$.v", State: "$.s"}, `{"v": "1", "s": "Odd"}`, told{}, `its state "Odd" is none of active`},
	} {
		reader, faults := newStatusReader(tt.status)
		if len(faults) > 0 {
			t.Fatal(tt.name, faults)
		}
		got, err := reader.read(tt.printed)
		if got != tt.want || (err == nil) != (tt.why == "") || err != nil && !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: got %+v, %v; want %+v, %s", tt.name, got, err, tt.want, tt.why)
		}
	}
}

// TestReturnHasItsOwnMark looks after a return whose run has rolled back before it. The mark
// of the rollback doesn't count for it.
func TestReturnHasItsOwnMark(t *testing.T) {
	for suffix, want := range map[string]bool{"": true, returns: false} {
		e := launch{step: "step", suffix: suffix, to: build.Build{Version: "2"}}
		w := deploy.Work{Order: deploy.Order{Run: "R1"}, Fact: func(string) string { return "1" }}
		if got := e.shows(told{"1", deploy.StateActive, "R1"}, w); got != want {
			t.Errorf("%q: the rollback's mark counts: %t", suffix, got)
		}
		if !e.shows(told{"1", deploy.StateActive, "R1" + suffix}, w) {
			t.Errorf("%q: its own mark doesn't count", suffix)
		}
	}
}
