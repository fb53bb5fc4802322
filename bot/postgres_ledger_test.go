package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gonogo/gates/gatestest"
	"gonogo/playground/workspace"
)

// TestLedgerInPostgres runs the bot on a ledger in PostgreSQL, behind a pooler: it is
// killed during a run and resumes it, a second one is refused, and the ledger moves into a
// file and from there into another schema, with the same hashes.
func TestLedgerInPostgres(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.onPostgres("gonogo")
	kill := p.startProcess()
	p.openRelease("19.0.1 0a1b2c3d")
	p.set("staging-site", "slow")
	expect(t, p.say("U0DEV", "/ready run all"), "Running all gates")
	p.seen("Measuring login@staging")
	p.seen("Gates: ")
	kill()
	p.set("staging-site", "answering")
	p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })

	stop := p.start()
	p.seen("1 failed and 1 could not be measured, of 3")
	ours := []string{"--config", p.config}
	do := p.ledgerSays
	do(0, "schema gonogo) is intact: ", append(ours, "verify")...)
	stop()

	text := do(0, `"kind":"run.ended"`, append(ours, "export")...)
	if n := strings.Count(text, `"kind":"run.started"`); n != 1 {
		t.Errorf("%d runs were started, want 1", n)
	}
	file := filepath.Join(t.TempDir(), "gonogo.db")
	do(0, file+" is a sound copy of the ledger in PostgreSQL (", append(ours, "backup", file)...)
	if got := do(0, "", "--ledger", file, "export"); got != text {
		t.Error("the file holds something else than the database")
	}
	lines := filepath.Join(t.TempDir(), "ledger.jsonl")
	if err := os.WriteFile(lines, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	do(2, "schema gonogo) exists already; name another schema with storage.schema", append(ours, "import", lines)...)
	p.onPostgres("moved")
	do(0, "schema moved) is made: ", "--config", p.config, "import", lines)
	if got := do(0, "", "--config", p.config, "export"); got != text {
		t.Error("the other schema holds something else than the first")
	}
	stop = p.start()
	expect(t, p.say("U0DEV", "/ready"), "Practice 19.0.1")
	stop()
	if logs := p.logs.String(); strings.Contains(logs, gatestest.Password) {
		t.Error("the password is in the log")
	}
}

// TestLedgerServerIsAway stops the ledger's server under a running bot. People are told
// that nothing was done, /readyz says why, and both recover by themselves.
func TestLedgerServerIsAway(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	server := gatestest.StartDatabase(t)
	p.variables = map[string]string{"LEDGER_URL": server.URL}
	p.onPostgres("gonogo")
	p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	server.Stop(syscall.SIGINT)
	p.tell("U0DEV", "/ready release 19.0.2")
	p.await("that the person is told", func() bool { // on a busy machine not before being told that it takes long
		return slices.ContainsFunc(p.slack.Ephemerals("U0DEV"), func(m workspace.Message) bool {
			return strings.Contains(m.Text, "The ledger could not be written") && strings.Contains(string(m.Blocks), "Nothing was done.")
		})
	})
	p.ready(503, "the ledger could not be written")
	server.Start()
	p.ready(200, `"reasons":[]`)
	p.openRelease("19.0.2 0a1b2c3e")
}

// onPostgres has the bot keep its ledger in a schema of a database.
func (p *practice) onPostgres(schema string) {
	p.t.Helper()
	if p.variables == nil {
		p.variables = map[string]string{}
	}
	if p.variables["LEDGER_URL"] == "" {
		p.variables["LEDGER_URL"] = gatestest.PgBouncer(p.t, gatestest.Postgres(p.t))
	}
	text, err := os.ReadFile("testdata/practice.yml")
	if err != nil {
		p.t.Fatal(err)
	}
	before := []byte(`storage: { bolt: "${LEDGER}" }`)
	if !bytes.Contains(text, before) {
		p.t.Fatal("the practice configuration has its ledger elsewhere")
	}
	folder := p.t.TempDir()
	p.config = filepath.Join(folder, "gonogo.yml")
	after := []byte(`storage: { postgres: "${LEDGER_URL}", schema: ` + schema + `, files: ` + filepath.Join(folder, "files") + ` }`)
	if err := os.WriteFile(p.config, bytes.Replace(text, before, after, 1), 0o600); err != nil {
		p.t.Fatal(err)
	}
}
