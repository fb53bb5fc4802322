package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gonogo/gates/gatestest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// writer appends records until it is stopped, as the ledger does: after an append that
// seems to have failed it reads whether the record is there. Any other loss fails the test.
type writer struct {
	log    *Log
	after  uint64
	stored chan uint64 // each record that was acknowledged
}

func (w *writer) run(ctx context.Context) error {
	for ctx.Err() == nil {
		last, err := w.log.Append(context.Background(), storage.Fence{After: w.after}, storagetest.Records(int(w.after)+1, 1)...)
		if err != nil {
			records, unread := storagetest.All(w.log, w.after)
			if unread != nil {
				continue // the server is still away
			}
			if len(records) > 1 || errors.Is(err, storage.ErrNothingDone) && len(records) > 0 {
				return fmt.Errorf("%d records after an append that failed with %w", len(records), err)
			}
			w.after += uint64(len(records))
			continue
		}
		w.after = last
		w.stored <- last
	}
	return nil
}

// TestRestarts stops and kills the server again and again while a writer appends.
func TestRestarts(t *testing.T) {
	server := gatestest.StartDatabase(t)
	p := newPlace(server.URL)
	w := &writer{log: mustOpen(t, p), stored: make(chan uint64, 1)}
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	var failed error
	ended.Go(func() {
		defer close(w.stored)
		failed = w.run(ctx)
	})
	var last uint64
	await := func(n int) {
		for range n {
			seq, more := <-w.stored
			if !more {
				t.Fatal(failed)
			}
			last = seq
		}
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGINT, syscall.SIGQUIT} {
		await(20)
		down := make(chan struct{})
		go func() {
			defer close(down)
			server.Stop(signal)
			server.Start()
		}()
		await(20)
		<-down
	}
	stop()
	for seq := range w.stored {
		last = seq
	}
	ended.Wait()
	if failed != nil {
		t.Error(failed)
	}
	records, err := storagetest.All(mustOpenReadOnly(t, p), 0)
	if err != nil || uint64(len(records)) < last {
		t.Fatalf("%d records, %v; %d were acknowledged", len(records), err, last)
	}
	seen := map[string]bool{}
	for _, r := range records {
		if seen[string(r.Data)] {
			t.Errorf("%s is there twice", r.Data)
		}
		seen[string(r.Data)] = true
	}
	holdsAll(t, p, uint64(len(records)))
}

func mustOpenReadOnly(t *testing.T, p Place) *Log {
	t.Helper()
	log, err := p.OpenReadOnly(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

// TestDurable kills a server that has just acknowledged an append, and whose login does
// not wait for the disk otherwise.
func TestDurable(t *testing.T) {
	server := gatestest.StartDatabase(t, "synchronous_commit=off", "wal_writer_delay=10s")
	p := newPlace(server.URL)
	log := mustOpen(t, p)
	appends(t, log, 0)
	if _, err := log.Claim(t.Context(), "claimed", time.Now()); err != nil {
		t.Fatal(err)
	}
	server.Stop(syscall.SIGQUIT) // no checkpoint, and nothing more is written
	server.Start()
	holdsAll(t, p, 1)
	if _, err := log.Append(t.Context(), storage.Fence{Term: 1, After: 1}, storagetest.Records(2, 1)...); err != nil {
		t.Errorf("under the term that was claimed: %v", err)
	}
}

// TestReadOnly has the server turn read-only, and writable again.
func TestReadOnly(t *testing.T) {
	server := gatestest.Postgres(t)
	p := newPlace(server)
	p.limits.reach = time.Millisecond
	log := mustOpen(t, p)
	appends(t, log, 0)
	run(t, server, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
	for range 2 {
		var err error
		for err == nil { // until the server has read its configuration again
			_, err = log.Append(t.Context(), storage.Fence{After: log.head.last}, storagetest.Records(int(log.head.last)+1, 1)...)
		}
		says(t, err, "127.0.0.1:PORT is read-only; use the primary, or let the login write")
	}
	run(t, server, "SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
	last := log.head.last
	for {
		if _, err := log.Append(t.Context(), storage.Fence{After: last}, storagetest.Records(int(last)+1, 1)...); err == nil {
			break
		}
	}
	holdsAll(t, p, last+1)
}

// both is an address that names two servers, of which the writable one is used.
func both(t *testing.T, one, other string) string {
	t.Helper()
	u, err := url.Parse(one)
	if err != nil {
		t.Fatal(err)
	}
	second, err := url.Parse(other)
	if err != nil {
		t.Fatal(err)
	}
	u.Host += "," + second.Host
	return u.String()
}

// TestFailover has a standby take over that has everything.
func TestFailover(t *testing.T) {
	primary := gatestest.StartDatabase(t)
	standby := primary.Standby(t)
	p := newPlace(both(t, primary.URL, standby.URL))
	p.limits.reach = time.Minute // the standby takes its time
	log := mustOpen(t, p)
	appends(t, log, 0)
	appends(t, log, 1)
	primary.Stop(syscall.SIGINT) // sends the standby all it has
	standby.Stop(syscall.SIGINT)
	standby.Promote()
	appends(t, log, 2)
	holdsAll(t, newPlaceIn(standby.URL, p.Schema), 3)
}

func newPlaceIn(url, schema string) Place { return Place{URL: url, Schema: schema} }

// TestFailoverLoses has a standby take over that lacks what the primary acknowledged.
func TestFailoverLoses(t *testing.T) {
	primary := gatestest.StartDatabase(t)
	standby := primary.Standby(t)
	p := newPlace(both(t, primary.URL, standby.URL))
	p.Schema = "gonogo"
	log := mustOpen(t, p)
	appends(t, log, 0)
	replayed(t, primary.URL)
	standby.Stop(syscall.SIGINT)
	appends(t, log, 1)
	primary.Stop(syscall.SIGINT)
	standby.Promote()
	_, err := log.Append(t.Context(), storage.Fence{After: 2}, storagetest.Records(3, 1)...)
	says(t, err, "the ledger in PostgreSQL (127.0.0.1:PORT/postgres, schema gonogo) ends at record 1 without record 2, which the server had acknowledged: "+
		"a standby that lacked it took over, or a backup was restored; bring back the server that has it, or restart gonogo to continue without it")
	if !errors.Is(err, storage.ErrRestart) || !errors.Is(err, storage.ErrNothingDone) {
		t.Errorf("%v; want that nothing was done, and only a restart helps", err)
	}
	if _, err := log.Append(t.Context(), storage.Fence{After: 1}, storagetest.Records(3, 1)...); !errors.Is(err, storage.ErrRestart) {
		t.Errorf("as if it had never been there: %v", err)
	}
	holdsAll(t, newPlaceIn(standby.URL, p.Schema), 1)
}

// replayed waits until the standby has all that the primary has.
func replayed(t *testing.T, primary string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), primary)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for there := false; !there; {
		if err := conn.QueryRow(t.Context(), "SELECT coalesce(bool_and(replay_lsn >= pg_current_wal_lsn()), false) FROM pg_stat_replication").Scan(&there); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamage alters what the tables hold behind the ledger's back.
func TestDamage(t *testing.T) {
	server := gatestest.Postgres(t)
	for change, want := range map[string]string{
		"UPDATE %s.records SET data = '{}' WHERE seq = 3":     "record 3 was altered",
		"DELETE FROM %s.records WHERE seq = 3":                "record 3 is missing",
		"DELETE FROM %s.records WHERE seq > 3":                "record 4 is missing, as all up to 5 are",
		"DELETE FROM %s.records":                              "record 1 is missing, as all up to 5 are",
		"UPDATE %s.ledger SET last = 4":                       "record 5 was not written by gonogo, which ended at 4",
		"UPDATE %s.ledger SET hash = sha256('')":              "record 5 is not the one that was written last",
		"UPDATE %s.records SET key = 'another' WHERE seq = 4": "record 4 was altered",
		"DELETE FROM %s.ledger":                               "its row in the table ledger is missing",
	} {
		t.Run(change, func(t *testing.T) {
			p := newPlace(server)
			p.Schema = strings.ReplaceAll(strings.ToLower(strings.TrimLeft(p.Schema, "G")), "'s ", "")
			log := mustOpen(t, p)
			if _, err := log.Append(t.Context(), storage.Fence{}, storagetest.Records(1, 5)...); err != nil {
				t.Fatal(err)
			}
			run(t, server, fmt.Sprintf(change, p.Schema))
			if _, err := storage.Verify(t.Context(), log); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}
