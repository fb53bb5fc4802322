package gatestest

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Execute runs SQL on a database as its superuser.
func Execute(t *testing.T, address, sql string) {
	t.Helper()
	if err := execute(t, address, sql); err != nil {
		t.Fatal(err)
	}
}

// ExecuteFails runs SQL that must fail, such as a build of an index.
func ExecuteFails(t *testing.T, address, sql string) {
	t.Helper()
	if err := execute(t, address, sql); err == nil {
		t.Fatalf("%s: it succeeded", sql)
	}
}

func execute(t *testing.T, address, sql string) error {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.PgConn().Exec(context.Background(), sql).ReadAll()
	return err
}

// Changed is the address of a database with something else in it.
func Changed(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}
