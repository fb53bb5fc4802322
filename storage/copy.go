package storage

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// longestLine is the longest line of an export that is read; no record comes near it.
const longestLine = 64 << 20

// copyBatch is how many records Copy makes durable at a time.
const copyBatch = 1000

// Misread says which line of an export is invalid.
type Misread struct {
	Line    int    // from 1
	Problem string // to follow "line 17 "
	Cause   error  // for the log; may be nil
}

// Error implements error.
func (m *Misread) Error() string { return fmt.Sprintf("line %d %s", m.Line, m.Problem) }

// Unwrap gives the cause.
func (m *Misread) Unwrap() error { return m.Cause }

// Lines reads records as Export writes them, with any content and in any order. A line
// that Export would have written differently is a *Misread, so exporting the result
// gives the same bytes.
func Lines(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		in := bufio.NewScanner(r)
		in.Buffer(nil, longestLine)
		in.Split(wholeLines)
		n := 0
		for in.Scan() {
			n++
			r, err := parseLine(n, in.Bytes())
			if !yield(r, err) || err != nil {
				return
			}
		}
		switch err := in.Err(); {
		case errors.Is(err, errCutShort):
			yield(Record{}, &Misread{n + 1, "is cut short", err})
		case errors.Is(err, bufio.ErrTooLong):
			yield(Record{}, &Misread{n + 1, "is longer than any record", err})
		case err != nil:
			yield(Record{}, err)
		}
	}
}

var errCutShort = errors.New("no newline ends it")

// wholeLines is bufio.ScanLines for a file whose every line ends with a newline.
func wholeLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1, data[:end+1], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, errCutShort
	}
	return 0, nil, nil
}

func parseLine(n int, line []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(line, &r); err != nil {
		return Record{}, &Misread{n, "is no record", err}
	}
	if err := r.normalize(); err != nil {
		return Record{}, &Misread{n, "is no record", err}
	}
	var again bytes.Buffer
	if err := exportTo(&again).Encode(r); err != nil {
		return Record{}, &Misread{n, "is no record", err}
	}
	if !bytes.Equal(again.Bytes(), line) {
		return Record{}, &Misread{Line: n, Problem: "is not as gonogo exports it: it was changed since"}
	}
	return r, nil
}

// Copy appends records, from the first on, to an empty log that nobody has claimed, and
// reports what the log then has. It keeps their hashes, and events that this gonogo
// doesn't know. It stops at the first record that doesn't fit the chain, with a
// *Damage; the log is then of no use.
func Copy(ctx context.Context, to Log, records iter.Seq2[Record, error]) (Report, error) {
	var report Report
	var batch []Record
	flush := func() error {
		_, err := to.Append(ctx, Fence{After: report.Last - uint64(len(batch))}, batch...)
		batch = batch[:0]
		return err
	}
	for r, err := range Chained(records) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return report, err
		}
		report = Report{Records: report.Records + 1, Last: r.Seq, LastHash: r.Hash, At: r.At}
		if batch = append(batch, r); len(batch) < copyBatch {
			continue
		}
		if err := flush(); err != nil {
			return report, err
		}
	}
	return report, flush()
}
