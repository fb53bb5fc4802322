package bolt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"

	"gonogo/storage"
)

// longestName is the longest key, in bytes, that the index has unhashed. bbolt allows
// 32,768, but a page should hold many.
const longestName = 255

// indexPiece is how many records are added to the index in one transaction, which bbolt
// holds in memory.
const indexPiece = 10_000

// indexName is a key as the index has it: a byte 0 and the key, or for a long key a
// byte 1 and its SHA-256.
func indexName[T string | []byte](space []byte, key T) []byte {
	if len(key) <= longestName {
		return append(append(space, 0), key...)
	}
	sum := sha256.Sum256([]byte(key))
	return append(append(space, 1), sum[:]...)
}

// Find implements storage.Log.
func (l *Log) Find(ctx context.Context, keys ...string) ([]uint64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found := make([]uint64, len(keys))
	err := l.guarded(func() error {
		return l.db.View(func(tx *bbolt.Tx) (err error) {
			index := newIndexReader(tx)
			for i, key := range keys {
				if found[i], err = index.find(key); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err == nil && l.rest != nil {
		err = l.findRest(keys, found)
	}
	if err != nil {
		return nil, fmt.Errorf("look up once-only keys in %s: %w", l.path, err)
	}
	return found, nil
}

// indexReader looks keys up in one transaction.
type indexReader struct {
	index, records *bbolt.Cursor // index is nil if the file has none
	name, seq      []byte        // space for what is looked up
}

func newIndexReader(tx *bbolt.Tx) *indexReader {
	r := &indexReader{records: tx.Bucket(recordsBucket).Cursor()}
	if index := tx.Bucket(keysBucket); index != nil {
		r.index = index.Cursor()
	}
	return r
}

// find looks a key up, and checks that the record has it.
func (r *indexReader) find(key string) (uint64, error) {
	if r.index == nil || key == "" {
		return 0, nil
	}
	r.name = indexName(r.name[:0], key)
	name, value := r.index.Seek(r.name)
	if !bytes.Equal(name, r.name) {
		return 0, nil
	}
	seq := decodeSeq(value)
	r.seq = binary.BigEndian.AppendUint64(r.seq[:0], seq)
	number, record := r.records.Seek(r.seq)
	carried, ok := keyOf(record)
	if !ok || !bytes.Equal(number, r.seq) || string(carried) != key {
		return 0, &storage.Damage{Seq: seq, Index: true, Problem: "does not have the once-only key under which the index lists it"}
	}
	return seq, nil
}

// decodeSeq is the number in an entry of the index, or 0, which no record has.
func decodeSeq(value []byte) uint64 {
	if len(value) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(value)
}

func (l *Log) findRest(keys []string, found []uint64) error {
	rest, err := l.rest()
	if err != nil {
		return err
	}
	for i, key := range keys {
		if found[i] == 0 && key != "" {
			found[i] = rest[key]
		}
	}
	return nil
}

// readIndexed is the number of the last record that is in the index.
func readIndexed(tx *bbolt.Tx) (uint64, error) {
	value := tx.Bucket(headBucket).Get(indexedKey)
	if value == nil || tx.Bucket(keysBucket) == nil {
		return 0, nil // an older gonogo without an index made the file
	}
	if len(value) != 8 {
		return 0, errors.New("the note of how far its index goes is unreadable")
	}
	return binary.BigEndian.Uint64(value), nil
}

// extendIndex adds appended records to an index that is complete.
func extendIndex(tx *bbolt.Tx, records []storage.Record) error {
	index := tx.Bucket(keysBucket)
	before := ""
	for _, r := range records {
		if r.Key == before { // records of one decision
			continue
		}
		before = r.Key
		if err := addToIndex(index, []byte(r.Key), r.Seq); err != nil {
			return err
		}
	}
	return tx.Bucket(headBucket).Put(indexedKey, encodeSeq(records[len(records)-1].Seq))
}

// addToIndex adds a record under a key, unless an earlier one has it.
func addToIndex(index *bbolt.Bucket, key []byte, seq uint64) error {
	if len(key) == 0 {
		return nil
	}
	name := indexName(nil, key)
	if index.Get(name) != nil {
		return nil
	}
	return index.Put(name, encodeSeq(seq))
}

// completeIndex extends the index to the log's end, a piece at a time. If it is cut
// off, the next call continues.
func (l *Log) completeIndex() error {
	complete := false
	err := l.guarded(func() error {
		return l.db.View(func(tx *bbolt.Tx) (err error) {
			_, complete, err = indexState(tx)
			complete = complete && tx.Bucket(keysBucket) != nil
			return err
		})
	})
	for err == nil && !complete {
		err = l.guarded(func() error {
			return l.update(func(tx *bbolt.Tx) (err error) {
				complete, err = indexMore(tx)
				return err
			})
		})
	}
	return err
}

// indexState returns how far the index goes, and whether that is the log's end.
func indexState(tx *bbolt.Tx) (indexed uint64, complete bool, err error) {
	end, err := readEnd(tx)
	if err != nil {
		return 0, false, err
	}
	indexed, err = readIndexed(tx)
	if err == nil && indexed > end.seq {
		err = fmt.Errorf("its index goes up to record %d, its records to %d", indexed, end.seq)
	}
	return indexed, indexed == end.seq, err
}

// indexMore extends the index by a piece, and reports whether it is then complete.
func indexMore(tx *bbolt.Tx) (complete bool, err error) {
	indexed, _, err := indexState(tx)
	if err != nil {
		return false, err
	}
	index, err := tx.CreateBucketIfNotExists(keysBucket)
	if err != nil {
		return false, err
	}
	last := indexed
	err = eachKey(tx, indexed, func(seq uint64, key []byte) (bool, error) {
		last = seq
		return seq-indexed < indexPiece, addToIndex(index, key, seq)
	})
	if err != nil {
		return false, err
	}
	if err := tx.Bucket(headBucket).Put(indexedKey, encodeSeq(last)); err != nil {
		return false, err
	}
	_, complete, err = indexState(tx)
	return complete || last == indexed, err // Read reports a tail that was cut off
}

// eachKey calls do with the key of each record after one, also if it is empty, until do
// returns false.
func eachKey(tx *bbolt.Tx, after uint64, do func(seq uint64, key []byte) (more bool, err error)) error {
	end, err := readEnd(tx)
	if err != nil {
		return err
	}
	cursor := tx.Bucket(recordsBucket).Cursor()
	want := after + 1
	for name, value := cursor.Seek(encodeSeq(want)); name != nil && want <= end.seq; name, value = cursor.Next() {
		seq := decodeSeq(name)
		if seq != want {
			return nil // Read reports that
		}
		key, ok := keyOf(value)
		if !ok {
			return &storage.Damage{Seq: seq, Problem: "cannot be read: it is cut short"}
		}
		more, err := do(seq, key)
		if err != nil || !more {
			return err
		}
		want++
	}
	return nil
}

// restOfIndex returns a function that finds, in memory, the keys that the index of a
// read-only file lacks; nil if it lacks none.
func (l *Log) restOfIndex() (rest func() (map[string]uint64, error), err error) {
	var indexed uint64
	complete := false
	err = l.guarded(func() error {
		return l.db.View(func(tx *bbolt.Tx) error {
			indexed, complete, err = indexState(tx)
			return err
		})
	})
	if err != nil || complete {
		return nil, err
	}
	return sync.OnceValues(func() (map[string]uint64, error) {
		keys := map[string]uint64{}
		err := l.guarded(func() error {
			return l.db.View(func(tx *bbolt.Tx) error {
				return eachKey(tx, indexed, func(seq uint64, key []byte) (bool, error) {
					if _, known := keys[string(key)]; len(key) > 0 && !known {
						keys[string(key)] = seq
					}
					return true, nil
				})
			})
		})
		return keys, err
	}), nil
}
