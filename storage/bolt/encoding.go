package bolt

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"gonogo/storage"
)

var (
	headBucket    = []byte("gonogo")
	recordsBucket = []byte("records")
	formatKey     = []byte("format")
	keysBucket    = []byte("keys")
	endKey        = []byte("end")
	indexedKey    = []byte("indexed")
	writerKey     = []byte("writer")
	trialKey      = []byte("trial") // only there while a write is tried
)

// The file's format. The version changes if an older gonogo could no longer read the
// file; new kinds of events don't count.
const (
	formatName    = "gonogo ledger "
	formatVersion = "1"
)

const hashSize = 32 // of SHA-256, in bytes

// end is the end of the log after the last append.
type end struct {
	seq  uint64
	hash string // "": there are no records
}

func readEnd(tx *bbolt.Tx) (end, error) {
	value := tx.Bucket(headBucket).Get(endKey)
	if len(value) != 8+hashSize {
		return end{}, errors.New("the note of the last record is unreadable")
	}
	return end{binary.BigEndian.Uint64(value), decodeHash(value[8:])}, nil
}

func writeEnd(tx *bbolt.Tx, e end) error {
	return tx.Bucket(headBucket).Put(endKey, appendHash(encodeSeq(e.seq), e.hash))
}

// writer is who last claimed the log; the zero writer means nobody.
type writer struct {
	term  uint64
	since time.Time
	name  string
}

// encodeWriter writes a writer:
//
//	term (8 bytes)  since (8 bytes, µs since 1970)  name
func encodeWriter(w writer) []byte {
	return append(binary.BigEndian.AppendUint64(encodeSeq(w.term), uint64(w.since.UnixMicro())), w.name...)
}

func readWriter(tx *bbolt.Tx) (writer, error) {
	value := tx.Bucket(headBucket).Get(writerKey)
	switch {
	case value == nil:
		return writer{}, nil
	case len(value) < 16:
		return writer{}, errors.New("the note of its writer is unreadable")
	}
	return writer{
		term:  binary.BigEndian.Uint64(value),
		since: time.UnixMicro(int64(binary.BigEndian.Uint64(value[8:]))).UTC(),
		name:  string(value[16:]),
	}, nil
}

func encodeSeq(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// encodeRecord encodes a record without its number:
//
//	hash (32 bytes)  prev (32 bytes, zeros for none)  at (8 bytes, µs since 1970)
//	length and text of kind  length and text of key  data
//
// The hash covers all bytes but the hashes themselves, so any change is found.
func encodeRecord(r storage.Record) []byte {
	b := make([]byte, 0, 2*hashSize+8+4+len(r.Kind)+len(r.Key)+len(r.Data))
	b = appendHash(b, r.Hash)
	b = appendHash(b, r.Prev)
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMicro()))
	b = appendText(b, r.Kind)
	b = appendText(b, r.Key)
	return append(b, r.Data...)
}

// decodeRecord decodes what encodeRecord wrote, into memory of its own. A value that is
// too short is a *Damage of the record that should be here.
func decodeRecord(key, value []byte, want uint64) (storage.Record, error) {
	if len(key) != 8 {
		return storage.Record{}, &storage.Damage{Seq: want, Problem: "cannot be read: its number is no number"}
	}
	r := storage.Record{Seq: binary.BigEndian.Uint64(key)}
	short := &storage.Damage{Seq: r.Seq, Problem: "cannot be read: it is cut short"}
	if len(value) < 2*hashSize+8 {
		return storage.Record{}, short
	}
	r.Hash, value = decodeHash(value[:hashSize]), value[hashSize:]
	r.Prev, value = decodeHash(value[:hashSize]), value[hashSize:]
	r.At, value = time.UnixMicro(int64(binary.BigEndian.Uint64(value))).UTC(), value[8:]
	var kind, once bool
	r.Kind, value, kind = cutText(value)
	r.Key, value, once = cutText(value)
	if !kind || !once {
		return storage.Record{}, short
	}
	r.Data = slices.Clone(value)
	return r, nil
}

// keyOf is the once-only key of an encoded record; ok is false if it is cut short. The
// key shares value's memory.
func keyOf(value []byte) (key []byte, ok bool) {
	const fixed = 2*hashSize + 8
	if len(value) < fixed {
		return nil, false
	}
	_, rest, ok := cutBytes(value[fixed:])
	if !ok {
		return nil, false
	}
	key, _, ok = cutBytes(rest)
	return key, ok
}

// appendHash writes a hash that storage.Seal made, or zeros for none.
func appendHash(b []byte, hash string) []byte {
	var raw [hashSize]byte
	_, _ = hex.Decode(raw[:], []byte(hash))
	return append(b, raw[:]...)
}

func decodeHash(raw []byte) string {
	if [hashSize]byte(raw) == [hashSize]byte{} {
		return ""
	}
	var text [2 * hashSize]byte
	hex.Encode(text[:], raw)
	return string(text[:])
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func cutText(b []byte) (text string, rest []byte, ok bool) {
	cut, rest, ok := cutBytes(b)
	return string(cut), rest, ok
}

func cutBytes(b []byte) (cut, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	b = b[n:]
	return b[:length:length], b[length:], true
}
