package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/config"
	"gonogo/deploy"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"gonogo/suite"
)

// The programs of a team: what is live is a line of a file, and each program that changes
// it adds a line to another. What a program may do is in the file named after it.
var teamPrograms = map[string]string{
	"deploy.sh": `echo "deploying $1 to $2 in $GONOGO_RUN"
echo "deploy $1" >>writes
[ ! -e broken ] || { echo "the registry has no $1" >&2; exit 3; }
[ ! -e hanging ] || exec sleep 1000
echo "$1" >live; echo "$GONOGO_RUN" >mark`,
	"back.sh": `echo "back to $1 from $2"
echo "back $1" >>writes
echo "$1" >live`,
	"status.sh": `[ ! -e gone ] || { echo "no connection" >&2; exit 1; }
echo "a warning of the client" >&2
printf '{"app": [{"version": "%s"}], "state": "%s", "run": "%s"}\n' "$(cat live)" "$(cat state)" "$(cat mark)"`,
}

const teamConfiguration = `
project: Shop
slack: { releases: C0123ABCD }
checklist: [{ section: tests, items: [{ item: tests, title: Tests, blocks: [], manual: {} }] }]
environments:
  staging:
    deploy:
      script:
        dir: infra
        deploy: { run: [./deploy.sh, "{release.version}", "{environment}"], timeout: 5m, env: [REGISTRY_PASSWORD] }
        status: { run: [./status.sh], version: "$.app[0].version", state: '"state": "(\w*)"', mark: $.run, states: { active: [Running] } }
        rollback: { run: [./back.sh, "{rollback.version}", "{rollback.from}"] }
`

// team is the folder of a team.
type team struct {
	t   *testing.T
	dir string
}

func newTeam(t *testing.T) team {
	t.Helper()
	c := team{t, filepath.Join(t.TempDir(), "infra")}
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range teamPrograms {
		c.write(name, "#!/bin/sh\nset -eu\n"+text+"\n")
	}
	c.write("live", "1\n")
	c.write("state", "Running\n")
	c.write("mark", "")
	c.write("writes", "")
	return c
}

func (c team) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o700); err != nil {
		c.t.Fatal(err)
	}
}

func (c team) read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(string(text), "\n", ",")), " ")
}

func (c team) world(t *testing.T, log storage.Log) *smallWorld {
	environ := func(name string) (string, bool) {
		if name == "PATH" {
			return os.LookupEnv(name)
		}
		return "s3cret-of-the-registry", name == "REGISTRY_PASSWORD"
	}
	return newWorld(t, filepath.Join(filepath.Dir(c.dir), "gonogo.yml"), []byte(teamConfiguration), environ, log)
}

func inTeam(t *testing.T, test func(*smallWorld, team)) {
	t.Helper()
	c := newTeam(t)
	synctest.Test(t, func(t *testing.T) {
		w := c.world(t, storagetest.NewMemory())
		defer w.start()()
		test(w, c)
	})
}

// ended waits for the end of a run, or for its question.
func (w *smallWorld) ended(id string) *work.Run {
	w.Helper()
	if run := w.wait(id); run != nil {
		return run
	}
	w.Fatalf("%s doesn't end: %+v", id, w.ledger.State().Runs[id])
	return nil
}

// wait waits for the end of a run, or for its question; nil: it has neither.
func (w *smallWorld) wait(id string) *work.Run {
	for range 1000 {
		if run := w.ledger.State().Runs[id]; run != nil && (!run.Open() || run.Asked != nil) {
			return run
		}
		time.Sleep(time.Second) // of the bubble's time, which passes while no program runs
	}
	return nil
}

func (w *smallWorld) deployed() *work.Run {
	w.Helper()
	return w.ended(w.begun())
}

// begun opens a release, and starts to deploy it.
func (w *smallWorld) begun() (id string) {
	w.Helper()
	if err := w.release(); err != nil {
		w.Fatal(err)
	}
	id, err := w.deploy()
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// backAnd rolls back from 2 to 1, and then keeps 1 or returns.
func (w *smallWorld) backAnd(choice string) {
	w.Helper()
	back, err := w.rollBack()
	if err != nil {
		w.Fatal(err)
	}
	run := w.ended(back)
	if run.Asked == nil || run.Asked.Why != "1 is live: keep it, or return to 2?" {
		w.Fatalf("the rollback asks %+v: %s", run.Asked, run.Reason)
	}
	if choice == work.ChooseReturn {
		err = w.runs.Return(w.Context(), "decide", back, "U0ONCALL", "it was the network")
	} else {
		err = w.runs.Answer(w.Context(), "decide", back, choice, "U0ONCALL")
	}
	if err != nil {
		w.Fatal(err)
	}
	time.Sleep(10 * time.Minute)
	if run := w.ended(back); run.Outcome != work.Completed {
		w.Errorf("the rollback ended %q: %s", run.Outcome, run.Reason)
	}
}

// TestScript deploys, rolls back and decides with a team's own programs.
func TestScript(t *testing.T) {
	for choice, want := range map[string]struct{ live, writes string }{
		work.ChooseKeep:   {"1", "deploy 2,back 1,"},
		work.ChooseReturn: {"2", "deploy 2,back 1,deploy 2,"},
	} {
		t.Run(choice, func(t *testing.T) {
			inTeam(t, func(w *smallWorld, c team) {
				if run := w.deployed(); run.Outcome != work.Completed {
					w.Fatalf("the deployment ended %q at %+v: %s", run.Outcome, run.Current(), run.Reason)
				}
				if live := w.ledger.State().Live["staging"]; live.Version != "2" || !live.Verified {
					w.Errorf("live %+v", live)
				}
				w.backAnd(choice)
				if diff := cmp.Diff(want.writes, c.read("writes")); diff != "" {
					w.Errorf("the programs did (-want +got):\n%s", diff)
				}
				if live := w.ledger.State().Live["staging"]; live.Version != want.live {
					w.Errorf("live %+v, want %s", live, want.live)
				}
			})
		})
	}
}

// TestScriptFails deploys with programs that fail. Each says why, and runs once.
func TestScriptFails(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(c team)
		why   string
	}{
		"it ends with an error": {func(c team) { c.write("broken", "") }, "./deploy.sh ended with exit code 3: the registry has no 2"},
		"it does nothing":       {func(c team) { c.write("deploy.sh", "#!/bin/sh\necho \"deploy $1\" >>writes\n") }, "timed out: the status program says that 1 is active"},
		"the platform says so":  {func(c team) { c.write("deploy.sh", "#!/bin/sh\necho \"deploy $1\" >>writes\necho failed >state\n") }, "the status program says that the deployment failed"},
		"something ends it":     {func(c team) { c.write("deploy.sh", "#!/bin/sh\necho \"deploy $1\" >>writes\nkill -TERM $$\n") }, "it isn't known how far ./deploy.sh got; the status program says that 1 is live"},
		"a state without a name": {func(c team) { c.write("deploy.sh", "#!/bin/sh\necho \"deploy $1\" >>writes\necho Odd >state\n") },
			"timed out: what the status program ./status.sh prints can't be read: its state \"Odd\" is none of active, deploying and failed; add the word to states"},
	} {
		t.Run(name, func(t *testing.T) {
			inTeam(t, func(w *smallWorld, c team) {
				if err := w.release(); err != nil {
					w.Fatal(err)
				}
				tt.spoil(c)
				run := w.deployed()
				if run.Asked != nil {
					run.Reason = run.Asked.Why
				}
				if run.Outcome == work.Completed || !strings.Contains(run.Reason, tt.why) {
					w.Errorf("it ended %q: %s, want %s", run.Outcome, run.Reason, tt.why)
				}
				if got := c.read("writes"); got != "deploy 2," {
					w.Errorf("the programs did %q", got)
				}
			})
		})
	}
}

// TestScriptRollbackFails rolls back with a program that fails while the status program
// fails as well. Nothing is recorded as live again until a person has mended it and the
// status program shows it.
func TestScriptRollbackFails(t *testing.T) {
	inTeam(t, func(w *smallWorld, c team) {
		if run := w.deployed(); run.Outcome != work.Completed {
			w.Fatalf("the deployment ended %q: %s", run.Outcome, run.Reason)
		}
		c.write("back.sh", "#!/bin/sh\necho \"back $1\" >>writes\necho no route >&2\nexit 7\n")
		c.write("gone", "")
		back, err := w.rollBack()
		if err != nil {
			w.Fatal(err)
		}
		run := w.ended(back)
		if run.Asked == nil || !strings.Contains(run.Asked.Why, "./back.sh ended with exit code 7: no route") {
			w.Fatalf("the rollback asks %+v: %s", run.Asked, run.Reason)
		}
		if live := w.ledger.State().Live["staging"]; live.Version != "2" {
			w.Errorf("live %+v", live)
		}
		if err := os.Remove(filepath.Join(c.dir, "gone")); err != nil {
			w.Fatal(err)
		}
		c.write("live", "1\n")
		if err := w.runs.Answer(w.Context(), "again", back, work.ChooseContinue, "U0ONCALL"); err != nil {
			w.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if run := w.ended(back); run.Asked == nil || run.Asked.Why != "1 is live: keep it, or return to 2?" {
			w.Errorf("then it asks %+v: %s", run.Asked, run.Reason)
		}
		if got := c.read("writes"); got != "deploy 2,back 1," {
			w.Errorf("the programs did %q", got)
		}
	})
}

// TestScriptCancelled stops a deployment whose program hangs, in real time, since a
// bubble's time stands still while a program runs.
func TestScriptCancelled(t *testing.T) {
	c := newTeam(t)
	c.write("hanging", "")
	w := c.world(t, storagetest.NewMemory())
	defer runstest.Background(t, w.ledger.Run)()
	defer runstest.Background(t, w.runs.Run)()
	if err := w.release(); err != nil {
		t.Fatal(err)
	}
	id, err := w.deploy()
	if err != nil {
		t.Fatal(err)
	}
	changes, stop := w.ledger.Watch()
	defer stop()
	until := func(so func(run *work.Run) bool) (run *work.Run) {
		for run = w.ledger.State().Runs[id]; !so(run); run = w.ledger.State().Runs[id] {
			<-changes
		}
		return run
	}
	until(func(run *work.Run) bool { following, _ := run.Step("follow"); return !following.Started.IsZero() })
	if err := w.runs.Cancel(t.Context(), "cancel", id, "U0DEV"); err != nil {
		t.Fatal(err)
	}
	if run := until(func(run *work.Run) bool { return !run.Open() }); run.Outcome != work.Cancelled {
		t.Errorf("it ended %q: %s", run.Outcome, run.Reason)
	}
	if live := w.ledger.State().Live["staging"]; live.Version != "1" {
		t.Errorf("live %+v", live)
	}
}

// TestScriptDeaths kills gonogo at some of its appends, and at each of them in the long
// tests. The next one goes on, and starts no program that the one before may have started.
func TestScriptDeaths(t *testing.T) {
	suite.LeftToFull(t)
	stride := 4
	if suite.Long {
		stride = 1
	}
	for n, alive := 1, false; !alive; n += stride {
		c := newTeam(t)
		synctest.Test(t, func(t *testing.T) {
			log := &mortal{storagetest.NewMemory(), n}
			w := c.world(t, log)
			stop := w.start()
			w.outAndBack()
			stop()
			if alive = log.left > 0; alive && n < 12 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			w = c.world(t, log.Reopen())
			defer w.start()()
			w.outAndBack()
			if got := c.read("writes"); strings.Count(got, "deploy") > 1 || strings.Count(got, "back") > 1 {
				t.Errorf("after dying at append %d the programs did %q", n, got)
			}
		})
	}
}

// outAndBack deploys and rolls back, as far as that can be started now, and waits until
// nothing goes on without a person.
func (w *smallWorld) outAndBack() {
	if w.release() != nil {
		return
	}
	if id, err := w.deploy(); err == nil && w.wait(id) == nil {
		return
	}
	if id, err := w.rollBack(); err == nil {
		w.wait(id)
	}
}

// TestScriptFaults holds what is wrong with settings against what is said of it.
func TestScriptFaults(t *testing.T) {
	sound := teamConfiguration
	for _, tt := range []struct{ old, new, want string }{
		{`"{release.version}", `, ``, "the deploy program isn't told what to deploy"},
		{`{release.version}`, `{version}`, "{version} stands for nothing in deploy; use {release.version}, {release.commit}, {environment}"},
		{`run: [./status.sh]`, `run: [./status.sh, "{environment}"]`, "{environment} stands for nothing in status"},
		{`run: [./status.sh]`, `run: []`, "status has no program"},
		{`"$.app[0].version"`, `version`, "version is a path in JSON"},
		{`active: [Running]`, `active: [failed]`, `"failed" stands for two states`},
		{`run: [./status.sh], `, `run: [./status.sh], timeout: 30s, `, "status has at most 10s"},
		{`env: [REGISTRY_PASSWORD]`, `env: ["A=b"]`, "env lists names of variables"},
		{`rollback: { run: [./back.sh, "{rollback.version}", "{rollback.from}"] }`, `rollback: { timeout: 5m }`, "rollback has no program"},
		{`environments:`, `environments:
  production: { deploy: { script: { dir: infra, deploy: { run: [./deploy.sh, "{release.version}", "{environment}"] }, status: { run: [./status.sh], version: $.version } } } }`,
			"this status program, so a deployment to one would be live on both; give staging its own status program, or remove its deploy"},
	} {
		_, err := config.Parse("gonogo.yml", []byte(strings.Replace(sound, tt.old, tt.new, 1)), os.LookupEnv)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s for %s: got %v, want %s", tt.new, tt.old, err, tt.want)
		}
	}
}

// TestScriptUnderWay asks what is live while the state is another than active: that isn't
// known, so nothing counts as live.
func TestScriptUnderWay(t *testing.T) {
	c := newTeam(t)
	s := c.world(t, storagetest.NewMemory()).cfg.Environments["staging"].Strategy
	for state, want := range map[string]string{"Running": "", "deploying": "1 is being deployed, so it isn't known what is live", "failed": "deploying 1 failed, so it isn't known what is live"} {
		c.write("state", state+"\n")
		now, err := s.Current(t.Context())
		if said := fmt.Sprint(err); (err != nil) != (want != "") || !strings.Contains(said, want) && err != nil || (now.Live.Version == "1") != (want == "") {
			t.Errorf("%s: %+v, %v; want %q", state, now.Live, err, want)
		}
	}
}

// TestScriptRefuses keeps versions from a program that it could take for something else.
func TestScriptRefuses(t *testing.T) {
	inTeam(t, func(w *smallWorld, _ team) {
		for version, refused := range map[string]bool{"19.0.1": false, "v1.2.3+build.5": false, "service/v1.2": false, "--force": true, "1; true": true, "$(id)": true, "": true} {
			if got := w.cfg.Environments["staging"].Strategy.Refuses(version); (got != "") != refused {
				w.Errorf("%q: %q", version, got)
			}
		}
		if err := w.release(); err != nil {
			w.Fatal(err)
		}
		if plan, err := w.runs.DeploySteps("staging", "2"); err != nil || len(plan) != 6 {
			w.Errorf("planned %d steps, %v", len(plan), err)
		}
		if _, err := w.runs.Deploy(w.Context(), runs.DeployRequest{Key: "bad", Environment: "staging", Version: "--force", By: "U0DEV"}); err == nil {
			w.Error("it is deployed")
		}
	})
}

// TestScriptPassingFailure deploys while the status program still shows the failure of the
// deployment before, and with a program that something ended once it had done its work.
// Neither is a failure of this one.
func TestScriptPassingFailure(t *testing.T) {
	for name, end := range map[string]string{
		"the state is late":       "echo 3 >late\n",
		"ended after it was live": "kill -TERM $$\n",
	} {
		t.Run(name, func(t *testing.T) {
			inTeam(t, func(w *smallWorld, c team) {
				c.write("deploy.sh", "#!/bin/sh\necho \"deploy $1\" >>writes\necho \"$1\" >live\n"+end)
				c.write("late", "0\n")
				c.write("status.sh", `#!/bin/sh
late=$(cat late)
state=active
[ "$late" = 0 ] || { state=failed; echo $((late - 1)) >late; }
printf '{"app": [{"version": "%s"}], "state": "%s"}\n' "$(cat live)" "$state"
`)
				if run := w.deployed(); run.Outcome != work.Completed {
					w.Errorf("it ended %q: %s", run.Outcome, run.Reason)
				}
			})
		})
	}
}

// TestScriptByHand shows the exact commands, for a person to run when gonogo can't.
func TestScriptByHand(t *testing.T) {
	c := newTeam(t)
	w := c.world(t, storagetest.NewMemory())
	s := w.cfg.Environments["staging"].Strategy.(deploy.HandStepper)
	for choice, want := range map[string]string{
		"":                "cd " + c.dir + "\n./back.sh 1.0 2.0\n./status.sh",
		work.ChooseReturn: "cd " + c.dir + "\n./deploy.sh 1.0 staging\n./status.sh",
	} {
		got := s.StepsByHand("staging", choice, build.Build{Version: "1.0"}, build.Build{Version: "2.0"})
		if len(got) != 1 || got[0].Command != want {
			t.Errorf("%q: %+v, want %s", choice, got, want)
		}
	}
	if got := s.StepsByHand("staging", "", build.Build{}, build.Build{}); len(got) != 1 || got[0].Command != "" {
		t.Errorf("without a version: %+v", got)
	}
}
