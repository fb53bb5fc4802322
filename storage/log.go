package storage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Log is an append-only, totally ordered journal with an index of once-only
// keys. Its methods may be called from any goroutine, also side by side.
type Log interface {
	// Claim begins a new term, in which only the caller writes, and returns its
	// number: from 1, rising by one with each claim. name says who claims, for
	// whoever is superseded; UTF-8. An Append under an earlier term either is
	// complete before Claim returns or is refused. When Claim returns, the term
	// survives the machine's sudden end.
	Claim(ctx context.Context, name string, now time.Time) (term uint64, err error)

	// Append adds records where the fence says, all or none, and returns the
	// number of the last. Kind, Key, At and Data are the caller's; numbers, links
	// and hashes are the log's, see Seal. When Append returns, the records survive
	// the machine's sudden end. An error that wraps *Superseded means that another
	// term has begun, one that wraps ErrConflict that the log does not end where
	// the fence says; nothing was appended then. After any other the records may
	// be there or not, which Read tells: an Append that has returned changes
	// nothing later. Without records it checks the fence, and tries whether records
	// could be made lasting.
	Append(ctx context.Context, fence Fence, records ...Record) (last uint64, err error)

	// Find returns for each key the number of the first record that carries it,
	// or 0 where none does. It sees every Append that has returned. An index that
	// does not fit the records is a *Damage.
	Find(ctx context.Context, keys ...string) ([]uint64, error)

	// Read goes over the records after the one numbered after, in order, up to
	// the log's end as it is when it gets there. What it yields is the
	// caller's to keep. It stops at the first error; a log that cannot give
	// all it ever acknowledged yields a *Damage.
	Read(ctx context.Context, after uint64) iter.Seq2[Record, error]

	// Close releases what the log holds. All other methods fail after it.
	Close() error
}

// Fence is what an Append takes for granted. It is refused where that is not so.
type Fence struct {
	Term  uint64 // the term under which the caller writes; 0: the log was never claimed
	After uint64 // the number of the log's last record; 0: it has none
}

// ErrConflict says that a log does not end where the writer believed.
var ErrConflict = errors.New("the log has moved on")

// Superseded says that a log is in another term than the writer's, and who
// began it.
type Superseded struct {
	Mine, Term uint64    // the writer's term, and the log's
	By         string    // who claimed the log; "" where nobody did
	Since      time.Time // UTC, in whole microseconds; zero where nobody did
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

// Damage says which record of a log cannot be believed, or cannot be found.
type Damage struct {
	Seq     uint64 // the first record that is wrong
	Problem string // what is wrong with it, to follow "record 17 "
	Index   bool   // the index of once-only keys is wrong, not the record
}

// Error implements error.
func (d *Damage) Error() string { return fmt.Sprintf("record %d %s", d.Seq, d.Problem) }

// Unusable says that a ledger cannot be used as it is. Its text is one
// sentence for the person who has to do something about it.
type Unusable struct {
	Path     string // the file, or what else the log is called
	Problem  string // to follow Path: "is in use by another gonogo"
	NextStep string // what to do: "stop it first"
	Cause    error  // for the log; may be nil
}

// Error implements error.
func (u *Unusable) Error() string { return fmt.Sprintf("%s %s; %s", u.Path, u.Problem, u.NextStep) }

// Unwrap gives the cause.
func (u *Unusable) Unwrap() error { return u.Cause }

// Damaged says in a sentence what is wrong with the log at path, where an error
// of reading it is a *Damage. Other errors stay what they are.
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

// unusable is Damaged for a log: one that is a fmt.Stringer is called by that
// name, others "the ledger".
func unusable(log Log, err error) error { return Damaged(name(log), err) }

func name(log Log) string {
	if named, ok := log.(fmt.Stringer); ok {
		return named.String()
	}
	return "the ledger"
}
