package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gonogo/storage"
)

// noContext is for what must be finished whatever becomes of the caller.
var noContext = context.Background()

// Log is a storage.Log in PostgreSQL.
type Log struct {
	place    Place
	pool     *pgxpool.Pool
	sockets  *sockets
	readOnly bool
	closed   atomic.Bool
	full     atomic.Bool // the server had no room for the last write

	// One write at a time; the mutex guards all below.
	mu    sync.Mutex
	term  uint64 // under which this log last wrote
	wrote bool   // this log has claimed the ledger or written to it
	head  head   // the ledger's row as this log last saw or moved it
	known bool   // head was read
	doubt *doubt // an append whose outcome is not known yet
}

var _ storage.Leased = (*Log)(nil)

// head is the ledger's row.
type head struct {
	term   uint64
	writer string
	since  time.Time
	last   uint64 // number of the last record
	hash   string // of the last record; "": there are none

	// attempt is the number that the next append has to name. An append whose outcome
	// isn't known is refused, if it arrives late, by moving it.
	attempt int64
}

// doubt is an append that may or may not have been committed.
type doubt struct {
	term uint64
	last storage.Record // the last of what was appended
}

// String names the ledger, without the login.
func (l *Log) String() string { return l.place.String() }

// IdleFor is after how long without a write a writer has to show that it is alive.
func (l *Log) IdleFor() time.Duration { return l.place.bounds().alive / 3 }

// query is a statement about the ledger, in which {ledger}, {records} and {trial} stand
// for its tables.
func (l *Log) query(text string) string {
	return strings.NewReplacer("{ledger}", l.place.table("ledger"), "{records}", l.place.table("records"), "{trial}", l.place.table("trial")).Replace(text)
}

// columns of the ledger's row, as scan reads them.
const columns = "term, writer, since, last, hash, attempt"

// binary asks for results in PostgreSQL's binary format, which no setting changes.
var binary = pgx.QueryResultFormats{pgx.BinaryFormatCode}

// durable turns synchronous_commit on for the transaction, if the login has it off.
const durable = "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END"

func scanHead(row pgx.Row, more ...any) (h head, err error) {
	var term, since, last int64
	var writer, hash []byte
	err = row.Scan(append([]any{&term, &writer, &since, &last, &hash, &h.attempt}, more...)...)
	h.term, h.writer, h.since, h.last, h.hash = uint64(term), string(writer), time.UnixMicro(since).UTC(), uint64(last), hex.EncodeToString(hash)
	return h, err
}

// Claim implements storage.Log.
func (l *Log) Claim(ctx context.Context, name string, now time.Time) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ignored *string
	err := l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
		l.head, err = scanHead(conn.QueryRow(ctx, l.query("UPDATE {ledger} SET term = term + 1, writer = $1, since = $2, process = $3, seen = clock_timestamp() RETURNING "+columns+", "+durable),
			binary, []byte(name), now.UnixMicro(), []byte(thisProcess())), &ignored)
		return err
	})
	if err != nil {
		l.known = false
		return 0, fmt.Errorf("claim %s: %w", l, err)
	}
	l.term, l.wrote, l.known = l.head.term, true, true
	return l.term, nil
}

// Append implements storage.Log.
func (l *Log) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if err := l.usable(ctx); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.settle(ctx); err != nil {
		return 0, unsent{err}
	}
	if !l.known || l.head.term != fence.Term || l.head.last != fence.After {
		if err := l.look(ctx, fence); err != nil {
			return 0, unsent{err}
		}
	}
	l.term, l.wrote = fence.Term, true
	if len(records) == 0 {
		return fence.After, l.try(ctx, fence)
	}
	sealed, err := storage.Seal(fence.After, l.head.hash, records)
	if err != nil {
		return 0, err
	}
	if err := l.append(ctx, fence, sealed); err != nil {
		return 0, err
	}
	last := sealed[len(sealed)-1]
	l.head.last, l.head.hash = last.Seq, last.Hash
	return last.Seq, nil
}

// unsent is why an append was not sent. It wraps [storage.ErrNothingDone] without
// repeating its text.
type unsent struct{ error }

// Unwrap gives the cause.
func (u unsent) Unwrap() []error { return []error{u.error, storage.ErrNothingDone} }

var errMoving = errors.New("another process is changing it; stop every gonogo but one")

// sends is how often an append may be sent: a second time if the first didn't arrive.
const sends = 2

// append writes sealed records.
func (l *Log) append(ctx context.Context, fence storage.Fence, sealed []storage.Record) error {
	last := sealed[len(sealed)-1]
	for sent := 1; ; sent++ {
		moved, err := l.insert(ctx, fence, sealed)
		switch {
		case moved:
			return nil
		case errors.Is(err, storage.ErrNothingDone):
			return err
		case err != nil:
			l.doubt = &doubt{fence.Term, last}
			if l.settle(ctx) != nil {
				return err // it is not known whether it was stored
			}
			if l.head.last == last.Seq && l.head.hash == last.Hash {
				return nil // it was stored, and only the answer was lost
			}
		}
		if refused := l.look(ctx, fence); refused != nil {
			return unsent{refused}
		}
		if sent == sends || err != nil && !passing(err) {
			return unsent{cmp.Or(err, errMoving)}
		}
	}
}

// insert sends one append. It reports whether the ledger's row was as it assumes.
func (l *Log) insert(ctx context.Context, fence storage.Fence, sealed []storage.Record) (moved bool, err error) {
	conn, release, err := l.connect(ctx)
	if err != nil {
		return false, unsent{err}
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, l.place.bounds().statement)
	defer cancel()
	last := sealed[len(sealed)-1]
	var n int64
	var ignored *string
	err = conn.QueryRow(ctx, l.query(insertion), append([]any{binary, int64(fence.Term), int64(fence.After), hashed(l.head.hash), l.head.attempt,
		int64(last.Seq), hashed(last.Hash)}, rows(sealed)...)...).Scan(&n, &ignored)
	if err != nil {
		return false, l.failed(ctx, err)
	}
	return n == 1, nil
}

// insertion moves the ledger's row, and inserts the records if it moved.
const insertion = `
WITH moved AS (
	UPDATE {ledger} SET last = $5, hash = $6, seen = clock_timestamp()
	WHERE term = $1 AND last = $2 AND hash = $3 AND attempt = $4 RETURNING 1
), added AS (
	INSERT INTO {records} (seq, at, kind, key, data, prev, hash)
	SELECT seq, at, kind, nullif(key, ''), data, prev, hash
	FROM unnest($7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[]) AS r (seq, at, kind, key, data, prev, hash)
	WHERE EXISTS (SELECT FROM moved)
)
SELECT count(*), ` + durable + ` FROM moved`

// rows are records as columns.
func rows(records []storage.Record) []any {
	n := len(records)
	seqs, times := make([]int64, n), make([]int64, n)
	kinds, keys, data, prevs, hashes := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	for i, r := range records {
		seqs[i], times[i] = int64(r.Seq), r.At.UnixMicro()
		kinds[i], keys[i], data[i], prevs[i], hashes[i] = []byte(r.Kind), []byte(r.Key), r.Data, hashed(r.Prev), hashed(r.Hash)
	}
	return []any{seqs, times, kinds, keys, data, prevs, hashes}
}

// hashed is a hash that storage.Seal made, as bytes; none if it is "".
func hashed(text string) []byte {
	raw, _ := hex.DecodeString(text)
	return raw
}

// padding is what a trial writes after the server ran out of room: as much as a medium
// batch.
const padding = 64 << 10

// try finds out whether a write would last, and tells other gonogos that this one is
// alive. After the server ran out of room it also needs some: the padding goes into a
// file that is made anew, since a table has room of its own.
func (l *Log) try(ctx context.Context, fence storage.Fence) error {
	if l.full.Load() {
		if err := l.pad(ctx); err != nil {
			return err
		}
		l.full.Store(false)
	}
	var now head
	err := l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
		var ignored *string
		now, err = scanHead(conn.QueryRow(ctx, l.query("UPDATE {ledger} SET seen = clock_timestamp() WHERE term = $1 RETURNING "+columns+", "+durable),
			binary, int64(fence.Term)), &ignored)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return l.look(ctx, fence)
	}
	if err != nil {
		return err
	}
	return l.compare(fence, now)
}

func (l *Log) pad(ctx context.Context) error {
	return l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for _, statement := range []string{
				"TRUNCATE {trial}",
				fmt.Sprintf("INSERT INTO {trial} SELECT sha256(n::text::bytea) FROM generate_series(1, %d) AS n", padding/sha256.Size),
			} {
				if _, err := tx.Exec(ctx, l.query(statement)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// look reads the ledger's row and says why an append at the fence would be refused.
func (l *Log) look(ctx context.Context, fence storage.Fence) error {
	var now head
	err := l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
		now, err = scanHead(conn.QueryRow(ctx, l.query("SELECT "+columns+" FROM {ledger}"), binary))
		return err
	})
	if err != nil {
		return err
	}
	return l.compare(fence, now)
}

// compare says why an append at the fence would be refused by the ledger's row.
func (l *Log) compare(fence storage.Fence, now head) error {
	before, known := l.head, l.known && l.head.term == now.term
	if now.term != fence.Term {
		return &storage.Superseded{Mine: fence.Term, Term: now.term, By: now.writer, Since: since(now)}
	}
	if known && (now.last < before.last || now.last == before.last && now.hash != before.hash) {
		return l.lost(now, before)
	}
	l.head, l.known = now, true
	if now.last != fence.After {
		return fmt.Errorf("after %d, but the log ends at %d: %w", fence.After, now.last, storage.ErrConflict)
	}
	return nil
}

// since is when a log was claimed, or zero if it wasn't.
func since(h head) time.Time {
	if h.term == 0 {
		return time.Time{}
	}
	return h.since
}

// lost says that the server no longer has what it acknowledged.
func (l *Log) lost(now, before head) error {
	return &storage.Unusable{Path: l.String(), Cause: storage.ErrRestart,
		Problem:  fmt.Sprintf("ends at record %d without record %d, which the server had acknowledged: a standby that lacked it took over, or a backup was restored", now.last, before.last),
		NextStep: "bring back the server that has it, or restart gonogo to continue without it"}
}

// settle finds out what became of the append whose outcome isn't known, if there is one,
// and keeps it from being executed later.
func (l *Log) settle(ctx context.Context) error {
	if l.doubt == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.place.bounds().settle)
	defer cancel()
	var now head
	err := l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
		var ignored *string
		now, err = scanHead(conn.QueryRow(ctx, l.query("UPDATE {ledger} SET attempt = attempt + 1 WHERE term = $1 RETURNING "+columns+", "+durable), binary, int64(l.doubt.term)), &ignored)
		if errors.Is(err, pgx.ErrNoRows) { // superseded, which refuses it as well
			now, err = scanHead(conn.QueryRow(ctx, l.query("SELECT "+columns+" FROM {ledger}"), binary))
		}
		return err
	})
	if err != nil {
		return err
	}
	stored := now.last == l.doubt.last.Seq && now.hash == l.doubt.last.Hash
	l.doubt = nil
	if stored {
		l.head = now
	}
	l.head.attempt = now.attempt // all else is compared before the next append
	return nil
}

// settled is settle for readers, which must not miss what an append that has returned
// may still do.
func (l *Log) settled(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settle(ctx)
}
