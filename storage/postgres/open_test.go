package postgres

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gonogo/gates/gatestest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// run runs statements as the server's superuser.
func run(t testing.TB, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range statements {
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// as is an address with another login, database or host.
func as(t *testing.T, address, user, database, host string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		u.User = url.UserPassword(user, gatestest.Password)
	}
	if database != "" {
		u.Path = "/" + database
	}
	if host != "" {
		u.Host = host
	}
	return u.String()
}

// says checks an error's sentence, in which the server's port is written PORT.
func says(t *testing.T, err error, want string) {
	t.Helper()
	got := "nil"
	if err != nil {
		got = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(err.Error(), "127.0.0.1:PORT")
	}
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if strings.Contains(got, gatestest.Password) || strings.Contains(got, gatestest.User+"@") {
		t.Errorf("the login is in %q", got)
	}
}

func testRefused(t *testing.T, server string) {
	made := newPlace(server)
	made.Schema = "gonogo"
	mustClose(t, mustOpen(t, made))
	run(t, server, "CREATE SCHEMA newer", "CREATE TABLE newer.ledger AS SELECT 2 AS format", "CREATE TABLE newer.records ()",
		"CREATE SCHEMA half", "CREATE TABLE half.ledger (amount int)",
		"CREATE SCHEMA books", "CREATE TABLE books.ledger (amount int)", "CREATE TABLE books.records ()",
		"CREATE ROLE plain LOGIN PASSWORD '"+gatestest.Password+"'", "CREATE ROLE reading LOGIN PASSWORD '"+gatestest.Password+"'", "ALTER ROLE reading SET default_transaction_read_only = on")
	for name, tt := range map[string]struct {
		place Place
		want  string
	}{
		"newer":       {Place{URL: server, Schema: "newer"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema newer) was written by a newer gonogo; use that one"},
		"half":        {Place{URL: server, Schema: "half"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema half) can't be made: the schema has tables of the same names that are not gonogo's; name another schema with storage.schema"},
		"books":       {Place{URL: server, Schema: "books"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema books) can't be made: the schema has tables of the same names that are not gonogo's; name another schema with storage.schema"},
		"no database": {Place{URL: as(t, server, "", "none", ""), Schema: "gonogo"}, `the ledger in PostgreSQL (127.0.0.1:PORT/none, schema gonogo) can't be used: 127.0.0.1:PORT has no database "none"; create it, or check the URL`},
		"no login":    {Place{URL: as(t, server, "nobody", "", ""), Schema: "gonogo"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema gonogo) can't be used: 127.0.0.1:PORT rejected the login; check the user and password in the URL"},
		"no server":   {Place{URL: as(t, server, "", "", "127.0.0.1:1"), Schema: "gonogo"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema gonogo) can't be used: 127.0.0.1:PORT refuses connections; start the database, or check the URL"},
		"no rights":   {Place{URL: as(t, server, "plain", "", ""), Schema: "gonogo"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema gonogo) can't be used: the login may not do that: permission denied for schema gonogo; make it the owner of the schema gonogo"},
		"no schema":   {Place{URL: as(t, server, "plain", "", ""), Schema: "other"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema other) can't be used: the login may not do that: permission denied for database postgres; make it the owner of the schema other"},
		"read-only":   {Place{URL: as(t, server, "reading", "", ""), Schema: "gonogo"}, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema gonogo) can't be used: 127.0.0.1:PORT is read-only; use the primary, or let the login write"},
		"no URL":      {Place{URL: "postgres://gonogo:" + gatestest.Password + "@:what", Schema: "gonogo"}, "the ledger in PostgreSQL can't be used: its URL isn't a valid PostgreSQL URL; write it like postgres://user:password@host:5432/database"},
		"unset":       {Place{Schema: "gonogo"}, "the ledger in PostgreSQL can't be used: the URL of its database isn't known here; set the variable that storage.postgres names"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.place.limits = usual
			tt.place.limits.reach = 0
			_, err := tt.place.Open(t.Context())
			says(t, err, tt.want)
		})
	}
}

// testOpenReadOnly reads while a gonogo writes, and makes nothing.
func testOpenReadOnly(t *testing.T, server string) {
	p := newPlace(server)
	for range 2 { // the first makes nothing
		if _, err := p.OpenReadOnly(t.Context()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("before it was made: %v", err)
		}
	}
	log := mustOpen(t, p)
	if _, err := log.Append(t.Context(), storage.Fence{}, storagetest.Records(1, 3)...); err != nil {
		t.Fatal(err)
	}
	reader, err := p.OpenReadOnly(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if report, err := storage.Verify(t.Context(), reader); err != nil || report.Records != 3 {
		t.Errorf("%+v, %v; want 3 records", report, err)
	}
	if _, err := reader.Append(t.Context(), storage.Fence{After: 3}, storagetest.Records(4, 1)...); err == nil {
		t.Error("a reader may append")
	}
}

// testOneWriter starts a second gonogo beside one that is alive, and after it left or was
// killed.
func testOneWriter(t *testing.T, server string) {
	p := newPlace(server)
	p.Schema = "gonogo"
	first := mustOpen(t, p)
	if _, err := first.Claim(t.Context(), "gonogo 1 on a, process 17", time.Now()); err != nil {
		t.Fatal(err)
	}
	_, err := p.Open(t.Context())
	if !errors.Is(err, ErrInUse) {
		t.Error("not said to be in use")
	}
	if err != nil {
		err = errors.New(regexp.MustCompile(`\d+ s ago`).ReplaceAllString(err.Error(), "N s ago"))
	}
	says(t, err, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema gonogo) is in use by gonogo 1 on a, process 17, which wrote to it N s ago; "+
		"stop that one first, or name another schema with storage.schema; if it was killed, start again in 15 s")

	killed := p
	killed.limits.alive = time.Nanosecond // so long ago did it write
	second := mustOpen(t, killed)
	if term, err := second.Claim(t.Context(), "second", time.Now()); err != nil || term != 2 {
		t.Fatalf("term %d, %v", term, err)
	}
	var superseded *storage.Superseded
	if _, err := first.Append(t.Context(), storage.Fence{Term: 1}, storagetest.Records(1, 1)...); !errors.As(err, &superseded) || superseded.By != "second" {
		t.Errorf("the first, which was only paused: %v", err)
	}
	mustClose(t, first) // says nothing of the second
	if _, err := p.Open(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("beside the second: %v", err)
	}
	mustClose(t, second)
	mustClose(t, mustOpen(t, p))
}

// testOpenWaits starts a gonogo beside one that is about to stop.
func testOpenWaits(t *testing.T, server string) {
	p := newPlace(server)
	first := mustOpen(t, p)
	if _, err := first.Claim(t.Context(), "first", time.Now()); err != nil {
		t.Fatal(err)
	}
	p.limits.patience = time.Minute
	opened := make(chan error)
	go func() {
		second, err := p.Open(context.Background())
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	mustClose(t, first)
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// testCreatedOnce has several processes make the ledger at the same time.
func testCreatedOnce(t *testing.T, server string) {
	p := newPlace(server)
	opened := make(chan error)
	const processes = 6
	for range processes {
		go func() {
			log, err := p.Open(context.Background())
			if err == nil {
				err = log.Close()
			}
			opened <- err
		}()
	}
	for range processes {
		if err := <-opened; err != nil {
			t.Error(err)
		}
	}
}

func mustClose(t *testing.T, log *Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
