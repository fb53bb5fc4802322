package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"gonogo/readiness/event"
	"strconv"
	"time"
	"unicode/utf8"
)

// Record is one event as a log keeps it.
type Record struct {
	Seq  uint64          `json:"seq"`           // 1, 2, 3, … without gaps
	At   time.Time       `json:"at"`            // UTC, in whole microseconds
	Kind string          `json:"kind"`          // what happened; see event.Event
	Key  string          `json:"key,omitempty"` // once-only key of the decision it belongs to, if it has one
	Data json.RawMessage `json:"data"`          // the event, as compact JSON
	Prev string          `json:"prev"`          // hash of the record before; "" for the first
	Hash string          `json:"hash"`          // see Sum
}

// Sum computes the record's hash: the SHA-256, in lower-case hex, of seq, at (RFC 3339
// with as many fractional digits as needed), kind, key, data and prev, each written as
// a netstring ("5:hello,"). An exported line has all that is needed to compute it
// again.
func (r Record) Sum() string {
	var space [512]byte // enough for most records, without an allocation
	var field [len(time.RFC3339Nano)]byte
	b := appendNetstring(space[:0], strconv.AppendUint(field[:0], r.Seq, 10))
	b = appendNetstring(b, r.At.UTC().AppendFormat(field[:0], time.RFC3339Nano))
	b = appendNetstring(b, r.Kind)
	b = appendNetstring(b, r.Key)
	b = appendNetstring(b, r.Data)
	b = appendNetstring(b, r.Prev)
	sum := sha256.Sum256(b)
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// appendNetstring puts a field's length in front of it, so that no two different
// records have the same bytes to hash.
func appendNetstring[T string | []byte | json.RawMessage](b []byte, field T) []byte {
	b = strconv.AppendInt(b, int64(len(field)), 10)
	b = append(b, ':')
	b = append(b, field...)
	return append(b, ',')
}

// Event decodes the event. A record that should be readable and isn't was not written
// by gonogo; the error is then *Damage and its cause.
func (r Record) Event() (event.Event, error) {
	event, err := event.Decode(r.Kind, r.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", &Damage{Seq: r.Seq, Problem: "cannot be read: it does not hold what " + r.Kind + " holds"}, err)
	}
	return event, nil
}

// Seal makes records continue a chain whose last record has the number after and the
// hash prev: it numbers, links and hashes them. Logs call it in Append. It doesn't
// change the records passed in.
func Seal(after uint64, prev string, records []Record) ([]Record, error) {
	sealed := make([]Record, len(records))
	for i, r := range records {
		if err := r.normalize(); err != nil {
			return nil, fmt.Errorf("seal record %d: %w", after+1, err)
		}
		after++
		r.Seq, r.Prev = after, prev
		r.Hash = r.Sum()
		sealed[i], prev = r, r.Hash
	}
	return sealed, nil
}

// normalize brings a record into the form in which every log returns it, so that its
// hash doesn't depend on the store.
func (r *Record) normalize() error {
	if r.Kind == "" || !utf8.ValidString(r.Kind) || !utf8.ValidString(r.Key) {
		return errors.New("a record needs a kind, and kind and key need to be UTF-8")
	}
	data := bytes.NewBuffer(make([]byte, 0, len(r.Data)))
	if err := json.Compact(data, r.Data); err != nil {
		return fmt.Errorf("data is not JSON: %w", err)
	}
	r.Data = data.Bytes()
	r.At = r.At.UTC().Truncate(time.Microsecond)
	return nil
}
