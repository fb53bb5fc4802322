package storage

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Log is an append-only, totally ordered journal. Append and Read may be
// called from any goroutine, also side by side.
type Log interface {
	// Append adds records after the one numbered after, all or none, and
	// returns the number of the last. Kind, Key, At and Data are the caller's;
	// numbers, links and hashes are the log's, see Seal. When Append returns,
	// the records survive the machine's sudden end. An error that wraps
	// ErrConflict means that the log does not end at after. After any other the
	// records may be there or not, which Read tells: an Append that has returned
	// changes nothing later. Without records it only says whether the log ends at
	// after.
	Append(ctx context.Context, after uint64, records ...Record) (last uint64, err error)

	// Read goes over the records after the one numbered after, in order, up to
	// the log's end as it is when it gets there. What it yields is the
	// caller's to keep. It stops at the first error; a log that cannot give
	// all it ever acknowledged yields a *Damage.
	Read(ctx context.Context, after uint64) iter.Seq2[Record, error]

	// Close releases what the log holds. Append and Read fail after it.
	Close() error
}

// ErrConflict says that a log does not end where the writer believed.
var ErrConflict = errors.New("the log has moved on")

// ErrClosed says that a log was used after Close.
var ErrClosed = errors.New("the log is closed")

// Damage says which record of a log cannot be believed.
type Damage struct {
	Seq     uint64 // the first record that is wrong
	Problem string // what is wrong with it, to follow "record 17 "
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

// unusable turns what went wrong with reading a log into a sentence. A log
// that is a fmt.Stringer is called by that name, others "the ledger".
func unusable(log Log, err error) error {
	var damage *Damage
	var known *Unusable
	if errors.As(err, &known) || !errors.As(err, &damage) {
		return err
	}
	return &Unusable{Path: name(log), Problem: "is damaged: " + damage.Error(), NextStep: "restore a backup", Cause: err}
}

func name(log Log) string {
	if named, ok := log.(fmt.Stringer); ok {
		return named.String()
	}
	return "the ledger"
}
