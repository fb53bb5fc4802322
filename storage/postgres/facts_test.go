package postgres

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/gates/gatestest"
)

// testExamine looks at a ledger that is not there yet, that is there, and that is in use,
// with logins that may and may not use it.
func testExamine(t *testing.T, server string) {
	p := newPlace(server)
	p.Schema = "looked_at"
	run(t, server, "CREATE ROLE looking LOGIN PASSWORD '"+gatestest.Password+"'")
	guest := p
	guest.URL = as(t, server, "looking", "", "")
	_, err := guest.Examine(t.Context())
	says(t, err, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema looked_at) can't be used: the login may not create it; grant it CREATE on the database, or create the schema looked_at with the login as its owner")
	facts, err := p.Examine(t.Context())
	if err != nil || facts.Exists || facts.Writer != "" || facts.Size != 0 || facts.Open || !strings.Contains(facts.Version, ".") {
		t.Errorf("before it is there: %+v, %v", facts, err)
	}
	if !slices.Equal(facts.Unsafe, []string{"fsync"}) { // as the tests' servers have it
		t.Errorf("unsafe: %q", facts.Unsafe)
	}
	if holder, err := p.Examine(t.Context()); err != nil || holder.Exists {
		t.Errorf("looking made it: %+v, %v", holder, err)
	}
	log := mustOpen(t, p)
	appends(t, log, 0)
	if _, err := log.Claim(t.Context(), "gonogo 1", time.Now()); err != nil {
		t.Fatal(err)
	}
	if facts, err = p.Examine(t.Context()); err != nil || !facts.Exists || facts.Writer != "gonogo 1" || facts.Size == 0 {
		t.Errorf("in use: %+v, %v", facts, err)
	}
	mustClose(t, log)
	if facts, err = p.Examine(t.Context()); err != nil || facts.Writer != "" {
		t.Errorf("left: %+v, %v", facts, err)
	}
	run(t, server, "GRANT USAGE ON SCHEMA looked_at TO looking", "GRANT SELECT, UPDATE, INSERT ON ALL TABLES IN SCHEMA looked_at TO looking")
	_, err = guest.Examine(t.Context())
	says(t, err, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema looked_at) can't be used: the login may not write to it; make it the owner of the tables in the schema looked_at")
}

// testSameServer compares a server with itself by another name, behind a pooler, and with
// another one.
func testSameServer(t *testing.T, server string) {
	other := gatestest.Postgres(t)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	run(t, server, "CREATE DATABASE product", "CREATE ROLE product LOGIN PASSWORD '"+gatestest.Password+"'", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	pooler := gatestest.PgBouncer(t, server)
	for name, tt := range map[string]struct {
		url  string
		want bool
	}{
		"another database": {as(t, server, "", "product", ""), true},
		"another name":     {as(t, server, "", "", "localhost:"+u.Port()), true},
		"another login":    {as(t, server, "product", "product", ""), true},
		"behind a pooler":  {pooler, true},
		"another server":   {other, false},
	} {
		if same, err := newPlace(server).SameServer(t.Context(), tt.url); err != nil || same != tt.want {
			t.Errorf("%s: %t, %v; want %t", name, same, err, tt.want)
		}
	}
	_, err = newPlace(server).SameServer(t.Context(), as(t, server, "", "", "127.0.0.1:1"))
	says(t, err, "127.0.0.1:PORT refuses connections; start the database, or check the URL")
}
