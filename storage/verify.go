package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"
)

// Report is what Verify found to be valid.
type Report struct {
	Records  uint64    // how many records fit together, from the first on
	Last     uint64    // number of the last of them
	LastHash string    // its hash, to compare with a copy kept elsewhere
	At       time.Time // its time
}

// Verify checks the whole chain and looks up every once-only key. If a record was
// altered, removed, moved or added, or can't be read, or its key can't be found, the
// error is *Unusable and wraps a *Damage that names the first such record; Report then
// covers the records before it.
func Verify(ctx context.Context, log Log) (Report, error) {
	var report Report
	var page []Record
	for r, err := range Chained(log.Read(ctx, 0)) {
		if err != nil {
			return report, unusable(log, err)
		}
		report = Report{Records: report.Records + 1, Last: r.Seq, LastHash: r.Hash, At: r.At}
		if page = append(page, r); len(page) < pageSize {
			continue
		}
		if err := listed(ctx, log, page); err != nil {
			return report, unusable(log, err)
		}
		page = page[:0]
	}
	return report, unusable(log, listed(ctx, log, page))
}

// listed checks that the log's index has the keys of some records, at these or earlier
// ones. The log itself checks that the record it finds has the key.
func listed(ctx context.Context, log Log, records []Record) error {
	var keys []string
	var at []uint64
	for _, r := range records {
		if n := len(keys); r.Key != "" && (n == 0 || keys[n-1] != r.Key) {
			keys, at = append(keys, r.Key), append(at, r.Seq)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	found, err := log.Find(ctx, keys...)
	if err != nil {
		return err
	}
	for i, seq := range found {
		if seq == 0 || seq > at[i] {
			return &Damage{Seq: at[i], Index: true, Problem: "is not in the index of once-only keys"}
		}
	}
	return nil
}

// Export writes the log as JSON Lines, one event per line, unchanged: also events of a
// newer gonogo and records that Verify would reject. It stops at a record that can't be
// read at all.
func Export(ctx context.Context, log Log, w io.Writer) error {
	lines := exportTo(w)
	for r, err := range log.Read(ctx, 0) {
		if err != nil {
			return unusable(log, err)
		}
		if err := lines.Encode(r); err != nil {
			return fmt.Errorf("export record %d: %w", r.Seq, err)
		}
	}
	return nil
}

// exportTo writes records as lines.
func exportTo(w io.Writer) *json.Encoder {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false) // otherwise the data wouldn't be the bytes that were hashed
	return lines
}

// Chained yields records, which begin with the first of a log, as long as their place
// in the chain is proved. It ends with a *Damage at the first that doesn't fit.
func Chained(records iter.Seq2[Record, error]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		var last Record
		for r, err := range records {
			if err == nil {
				err = follows(last, r)
			}
			if !yield(r, err) || err != nil {
				return
			}
			last = r
		}
	}
}

// follows says why r can't be the record after last; last is zero before the first. It
// never returns a nil *Damage as an error.
func follows(last, r Record) error {
	want := last.Seq + 1
	switch {
	case r.Seq > want:
		return &Damage{Seq: want, Problem: fmt.Sprintf("is missing: record %d comes instead", r.Seq)}
	case r.Seq < want:
		return &Damage{Seq: want, Problem: fmt.Sprintf("is not where it belongs: record %d comes instead", r.Seq)}
	case r.Sum() != r.Hash:
		return &Damage{Seq: r.Seq, Problem: "was altered: its content does not match its hash"}
	case r.Prev == last.Hash:
		return nil
	case last.Seq == 0:
		return &Damage{Seq: r.Seq, Problem: "is not the first that was written: it follows another one"}
	}
	// Both hashes are right, so the link shows which record was replaced: r still names
	// the one that was before it.
	return &Damage{Seq: last.Seq, Problem: fmt.Sprintf("is not the one that was written: record %d follows another", r.Seq)}
}
