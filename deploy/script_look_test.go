package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/readiness/build"
)

// TestScriptLook looks after a program that an earlier gonogo may have started. What it
// returns decides whether the program is run again.
func TestScriptLook(t *testing.T) {
	s := &script{scriptSettings: scriptSettings{Dir: t.TempDir(), Status: scriptStatus{Run: []string{"/bin/cat", "printed"}, Timeout: 60_000_000_000, Version: `version=(\S*)`, Mark: `run=(\S*)`}},
		environ: os.LookupEnv, jobs: scriptJobs{running: map[string]*scriptJob{}, stopped: map[string]bool{}}}
	reader, faults := newStatusReader(s.Status)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	s.status = reader
	e := scriptRun{script: s, environment: "staging", step: "deploy", fact: factDeployment, command: scriptCommand{Run: []string{"./deploy.sh"}}, to: build.Build{Version: "2"}, from: build.Build{Version: "1"}}
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
		{"it shows nothing", "1", "version=1 run=R0", false, "says that 1 is live"},
		{"nothing is live", "1", "version= run=", false, "says that nothing is live"},
		{"the status can't be read", "1", "", false, "nothing in it matches version="},
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, "printed"), []byte(tt.printed+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := Work{Order: Order{Run: "R1"}, Fact: func(name string) string { return map[string]string{"deploy_before": tt.before}[name] }}
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
