package database

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gonogo/gates/gatestest"
)

// TestCancel calls a query off while the server works for it, and looks
// that the server has stopped working too.
func TestCancel(t *testing.T) {
	address := gatestest.Postgres(t)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan string)
	go func() { answered <- sleep(ctx, t, address, "select pg_sleep(3600)") }()
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
	if said := <-answered; !strings.HasPrefix(said, "cut off before ") {
		t.Error(said)
	}
	for asleep() != 0 {
	}
}

// TestSilence puts a network between us and the server that goes dead once we have
// logged in.
func TestSilence(t *testing.T) {
	address := gatestest.Postgres(t)
	behind, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	stalled := make(chan struct{}, 10)
	between, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			near, err := between.Accept()
			if err != nil {
				return
			}
			stall(near, behind.Host, stalled)
		}
	}()
	defer func() { between.Close(); <-over }()
	through := gatestest.Changed(t, address, func(u *url.URL) { u.Host = between.Addr().String() })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-stalled
		cancel()
	}()
	if said := sleep(ctx, t, through, "select pg_sleep(0)"); said != "cut off before "+between.Addr().String()+" had answered" {
		t.Error(said)
	}
}

// sleep asks a query that waits, and says why it was not answered.
func sleep(ctx context.Context, t *testing.T, address, query string) string {
	r, err := New(address, time.Hour)
	if err != nil {
		t.Error(err)
		return ""
	}
	s, err := r.Connect(ctx)
	if err != nil {
		return r.Explain(ctx, err)
	}
	defer s.Close()
	err = s.Read(ctx, func(ctx context.Context, tx Tx) error {
		_, err := tx.Ask(ctx, query, 1)
		return err
	})
	if err != nil {
		return r.Explain(ctx, err)
	}
	return "it was answered"
}

// stall carries a connection to a server until the query is on its way, and then takes
// what comes and hands nothing on.
func stall(near net.Conn, server string, stalled chan<- struct{}) {
	defer near.Close()
	far, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer far.Close()
	go func() { _, _ = io.Copy(near, far) }()
	carry(near, far, []byte("pg_sleep"))
	stalled <- struct{}{}
	_, _ = io.Copy(io.Discard, near)
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
