package storage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Log is an append-only, totally ordered journal with an index of once-only keys. Its
// methods may be called concurrently.
type Log interface {
	// Claim begins a new term, in which only the caller writes, and returns its number:
	// from 1, one more with each claim. name is who claims, shown to whoever is
	// superseded; UTF-8. An Append under an earlier term is either complete before
	// Claim returns, or refused. When Claim returns, the term survives a power failure.
	Claim(ctx context.Context, name string, now time.Time) (term uint64, err error)

	// Append adds records after the fence, all or none, and returns the number of the
	// last. Kind, Key, At and Data are the caller's; numbers, links and hashes are the
	// log's, see Seal. When Append returns, the records survive a power failure. An
	// error that wraps *Superseded means that another term has begun; one that wraps
	// ErrConflict means that the log doesn't end at the fence; one that wraps
	// ErrNothingDone, that the log couldn't be reached. In these cases nothing was
	// appended. After any other error the records may or may not be there; Read
	// shows it, and an Append that has returned changes nothing later. Without records,
	// Append checks the fence and whether records could be made durable.
	Append(ctx context.Context, fence Fence, records ...Record) (last uint64, err error)

	// Find returns for each key the number of the first record that has it, or 0 if
	// none does. It sees every Append that has returned. An index that doesn't match
	// the records is a *Damage.
	Find(ctx context.Context, keys ...string) ([]uint64, error)

	// Read yields the records after the given number, in order, up to the log's end at
	// the time when it gets there. The caller may keep them. It stops at the first
	// error; a log that can't return all it ever acknowledged yields a *Damage.
	Read(ctx context.Context, after uint64) iter.Seq2[Record, error]

	// Close releases what the log holds. All other methods fail after it.
	Close() error
}

// Leased is a log whose writer counts as gone if it writes nothing for a while.
type Leased interface {
	Log

	// IdleFor is after how long without an Append the writer makes one without records.
	IdleFor() time.Duration
}

// Fence is what an Append assumes. If that is wrong, the Append is refused.
type Fence struct {
	Term  uint64 // the term under which the caller writes; 0: the log was never claimed
	After uint64 // the number of the log's last record; 0: it has none
}

// ErrConflict says that a log doesn't end where the writer expected.
var ErrConflict = errors.New("the log has moved on")

// Superseded says that the log's term isn't the writer's, and who began it.
type Superseded struct {
	Mine, Term uint64    // the writer's term, and the log's
	By         string    // who claimed the log; "": nobody
	Since      time.Time // UTC, in whole microseconds; zero: nobody claimed it
}

// Error implements error.
func (s *Superseded) Error() string {
	if s.Term == 0 {
		return fmt.Sprintf("the log was never claimed, but the writer is in term %d", s.Mine)
	}
	return fmt.Sprintf("term %d has ended; the log is in term %d of %s, since %s", s.Mine, s.Term, s.By, s.Since.Format(time.RFC3339))
}

// ErrClosed says that a log was used after Close.
var ErrClosed = errors.New("the log is closed")

// Damage says which record of a log is invalid or can't be found.
type Damage struct {
	Seq     uint64 // the first invalid record
	Problem string // what is wrong with it, to follow "record 17 "
	Index   bool   // the index of once-only keys is wrong, not the record
}

// Error implements error.
func (d *Damage) Error() string { return fmt.Sprintf("record %d %s", d.Seq, d.Problem) }

// Unusable says that a ledger can't be used as it is. Its text is one sentence for the
// person who has to do something about it.
type Unusable struct {
	Path     string // the file, or the log's name
	Problem  string // to follow Path: "is in use by another gonogo"
	NextStep string // what to do: "stop it first"
	Cause    error  // for the log; may be nil
}

// Error implements error.
func (u *Unusable) Error() string { return fmt.Sprintf("%s %s; %s", u.Path, u.Problem, u.NextStep) }

// Unwrap gives the cause.
func (u *Unusable) Unwrap() error { return u.Cause }

// Damaged says in a sentence what is wrong with the log at path, if an error of reading
// it is a *Damage. It returns other errors unchanged.
func Damaged(path string, err error) error {
	var damage *Damage
	var known *Unusable
	if errors.As(err, &known) || !errors.As(err, &damage) {
		return err
	}
	next := "restore a backup"
	if damage.Index {
		next = "copy it with gonogo ledger backup FILE, which builds the index again, and start from the copy"
	}
	return &Unusable{Path: path, Problem: "is damaged: " + damage.Error(), NextStep: next, Cause: err}
}

// unusable is Damaged for a log: by its name if it is a fmt.Stringer, otherwise "the
// ledger".
func unusable(log Log, err error) error { return Damaged(name(log), err) }

func name(log Log) string {
	if named, ok := log.(fmt.Stringer); ok {
		return named.String()
	}
	return "the ledger"
}
