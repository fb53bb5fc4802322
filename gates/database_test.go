package gates

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"gonogo/gates/gatestest"
	"gonogo/readiness"
)

// TestDatabaseCancel calls a gate off while the server works for it, and looks
// that the server has stopped working too.
func TestDatabaseCancel(t *testing.T) {
	address := gatestest.Postgres(t)
	b := built(t, "postgres", `{connection: db, query: "select pg_sleep(3600)", timeout: 1h}`, databases(address))
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan readiness.Evidence)
	go func() { answered <- b.Gate.Check(ctx, Scope{}) }()
	watcher, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close(context.Background())
	asleep := func() (n int) {
		if err := watcher.QueryRow(t.Context(), `select count(*) from pg_stat_activity where query = 'select pg_sleep(3600)'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for asleep() == 0 { // until it is under way; the test's own time-out ends a wait in vain
	}
	cancel()
	if said := odd(<-answered, readiness.Errored, "cut off before"); said != "" {
		t.Error(said)
	}
	for asleep() != 0 {
	}
}

// TestDatabaseFallsSilent puts a network between gate and server that goes
// dead once the gate has logged in.
func TestDatabaseFallsSilent(t *testing.T) {
	address := gatestest.Postgres(t)
	behind, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	stalled := make(chan struct{}, 10)
	network := listen(t, func(near net.Conn) {
		far, err := net.Dial("tcp", behind.Host)
		if err != nil {
			return
		}
		defer far.Close()
		go func() { _, _ = io.Copy(near, far) }()
		carry(near, far, []byte("pg_sleep"))
		stalled <- struct{}{}
		_, _ = io.Copy(io.Discard, near)
	})
	through := otherwise(t, address, func(u *url.URL) { u.Host = network.address })
	b := built(t, "postgres", `{connection: db, query: "select pg_sleep(0)"}`, databases(through))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-stalled
		cancel()
	}()
	// A gate that went on waiting would be left behind, in other words.
	ev := ran(ctx, Runner{}, []Job{{Name: "it", Gate: b.Gate}})["it"]
	if said := odd(ev, readiness.Errored, "cut off before "+network.address+" had answered"); said != "" {
		t.Error(said)
	}
}

// carry hands on what comes until it holds a text.
func carry(from io.Reader, to io.Writer, until []byte) {
	chunk := make([]byte, 4096)
	for {
		n, err := from.Read(chunk)
		if err != nil || bytes.Contains(chunk[:n], until) {
			return
		}
		if _, err := to.Write(chunk[:n]); err != nil {
			return
		}
	}
}
