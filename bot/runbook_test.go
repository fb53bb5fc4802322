package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gonogo/suite"
)

// TestKilledInRunbook kills the bot with -9 while a runbook's program runs: the
// program ends too, the next bot asks, and does it again on a person's word
// alone.
func TestKilledInRunbook(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	dir := t.TempDir()
	marks, gate := filepath.Join(dir, "marks"), filepath.Join(dir, "gate")
	p.configure("deploy: [deployer] }", "deploy: [deployer], fix: [technical_lead] }",
		"checklist:\n", `runbooks:
  seed:
    title: Seed the test data
    env: [SEED_TOKEN]
    steps:
      - run: [sh, -c, 'sleep 1000 & echo $$ $! >> `+marks+`; echo seeding with $SEED_TOKEN; test -e `+gate+` || wait; kill $!']
        timeout: 5m
checklist:
`, "        title: The OCA modules are installed\n", "        title: The OCA modules are installed\n        fix: seed\n")
	p.variables = map[string]string{"SEED_TOKEN": "s33d-t0ken"}
	kill := p.startProcess()
	p.openRelease("19.0.1")
	p.tell("U0TL", "/ready fix seed")
	p.press("U0TL", p.seen("Plan: Seed the test data"), "Start")
	p.seen("seeding with [redacted]")
	kill()
	p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
	programs := readPIDs(t, marks)

	p.startProcess()
	question := p.seen("it isn't known how far it got")
	p.seen("Step 1 of 1: interrupted")
	for _, pid := range programs {
		if syscall.Kill(pid, 0) == nil && !zombie(pid) {
			t.Errorf("process %d of the runbook still runs", pid)
		}
	}
	if n := len(readPIDs(t, marks)); n != 2 {
		t.Errorf("it ran again by itself: %d processes", n)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, p.press("U0DEV", question, "Run the step again"), "You don't have permission for that")
	expect(t, p.press("U0TL", question, "Run the step again"), "Running the step again")
	p.seen("Seed the test data: done")
	p.seen("Re-check: 1 of 1 failed")
	p.await("the file", func() bool {
		for _, m := range p.slack.Messages("C0RELEASES") {
			if len(m.Files) == 1 && m.Files[0].Name == "seed-step-1.txt" {
				return true
			}
		}
		return false
	})
}

// readPIDs are the processes that the runbook's program has noted.
func readPIDs(t *testing.T, file string) []int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, word := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ")
	return err != nil || strings.HasPrefix(after, "Z")
}

// TestRunbookMendsOneDatabase mends the database of the environment that a
// runbook is run for, says which everywhere, and leaves the other's alone.
func TestRunbookMendsOneDatabase(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.useExample("insightpulse.yml")
	p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	expect(t, p.say("U0TL", "/ready fix install-oca"), "For which environment?")
	expect(t, p.say("U0TL", "/ready fix install-oca moon"), "install-oca is not run for moon")
	expect(t, p.say("U0TL", "/ready fix run-tests staging"), "run-tests is run for no environment")

	p.tell("U0DEV", "/ready run dependencies")
	failed := p.seen("Fix base-tier-validation@production")
	click(t, p.slack, "U0TL", failed, "Fix base-tier-validation@production")
	plan := p.seen("Plan: Install the OCA dependencies on production")
	wantShown(t, plan, "turn production-oca-dependencies installed", "for production")
	p.press("U0TL", plan, "Start")
	done := p.seen("Install the OCA dependencies on production: done")
	wantShown(t, done, "`install-oca` for production, started")
	p.seen("OCA dependencies on production: Installed")
	p.seen("Re-check after install-oca on production: all 2 passed")

	p.tell("U0DEV", "/ready run dependencies")
	p.seen("OCA dependencies are installed: 2 of 5 failed")
	for _, item := range []string{"base-tier-validation", "server-environment"} {
		answers := p.say("U0DEV", "/ready status "+item)
		expect(t, answers, "failed on staging")
		expect(t, answers, "passed on production")
	}
}
