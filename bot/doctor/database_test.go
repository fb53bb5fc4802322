package doctor

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/config"
	"gonogo/bot/doctor/finding"
	"gonogo/gates/gatestest"
	"gonogo/storage"
	"gonogo/storage/store"
)

// TestLedgerInPostgres examines a ledger on a real server: before the first start, while
// it is idle, while another machine's gonogo has it, and when the product's database is
// on the same server.
func TestLedgerInPostgres(t *testing.T) {
	t.Parallel()
	server, product := gatestest.Postgres(t), gatestest.Postgres(t)
	kept := store.Store{Postgres: server, Schema: "gonogo", Folder: filepath.Join(t.TempDir(), "gonogo.files")}
	cfg := &config.Config{Storage: kept, Databases: []config.Database{{Connection: "product", URL: product}}}
	unsafe := "warning: PostgreSQL VERSION at 127.0.0.1:PORT has fsync off, so it can lose what was recorded when its machine stops; turn it on" // as tests have it
	const ledger = "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema gonogo)"
	now := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	wants := func(want ...string) {
		t.Helper()
		var got []string
		for _, f := range (examiner{Options{Config: cfg, Socket: kept.Files().Socket(), Now: clock}}).ledger(t.Context()) {
			says := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(f.Says, "127.0.0.1:PORT")
			says = regexp.MustCompile(`PostgreSQL \d+\.\d+`).ReplaceAllString(says, "PostgreSQL VERSION")
			got = append(got, fmt.Sprintf("%s: %s", f.Level, says))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if all := fmt.Sprint(got); strings.Contains(all, gatestest.Password) {
			t.Errorf("the password is in %s", all)
		}
	}
	wants("ok: "+ledger+" doesn't exist yet; the first start creates it", unsafe)

	log, err := kept.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Claim(t.Context(), "gonogo 1 on a, process 17", now); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(t.Context(), storage.Fence{Term: 1}, storage.Record{At: now.Add(time.Hour), Kind: "k", Data: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	wants("warning: "+ledger+" is in use by gonogo 1 on a, process 17, and none runs here; stop that one before you start gonogo here", unsafe)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	wants("ok: "+ledger+" is readable and intact", "fault: the last record of "+ledger+" is 1h0m0s ahead of the clock, so what was recorded may count for too long; "+
		"check the clock of this machine; if it is right now, gonogo corrects this two minutes after its start", unsafe)

	cfg.Databases = []config.Database{{Connection: "product", URL: product}, {Connection: "odoo", Environment: "production", URL: gatestest.PgBouncer(t, server)},
		{Connection: "away", URL: gatestest.Address("u", "p", 1, "x")}}
	all := (examiner{Options{Config: cfg, Socket: kept.Files().Socket(), Now: clock}}).ledger(t.Context())
	for _, want := range []finding.Finding{
		finding.Fault("ledger", "it is on the same database server as the connection odoo of production, so gonogo can't decide or roll back when that server is down; move the ledger to another server"),
		finding.NotChecked("ledger", "whether the connection away leads to the ledger's own server: 127.0.0.1:1 refuses connections; start the database, or check the URL"),
	} {
		if !strings.Contains(fmt.Sprint(all), fmt.Sprint(want)) {
			t.Errorf("no finding %v in %v", want, all)
		}
	}
}
