package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gonogo/storage"
)

// A chunk is what Read takes in one statement, so that a slow reader keeps no connection.
const (
	chunkRecords = 512
	chunkBytes   = 1 << 20
)

// Read implements storage.Log.
func (l *Log) Read(ctx context.Context, after uint64) iter.Seq2[storage.Record, error] {
	return func(yield func(storage.Record, error) bool) {
		for more := true; more; {
			chunk, err := l.chunk(ctx, after)
			for _, r := range chunk.records {
				if !yield(r, nil) {
					return
				}
				after = r.Seq
			}
			if err == nil {
				more, err = chunk.ended(after)
			}
			if err != nil {
				yield(storage.Record{}, err)
				return
			}
		}
	}
}

// chunk is some records, and the end of the log when they were read.
type chunk struct {
	records []storage.Record
	last    uint64
	hash    string
}

// reading gives the ledger's row and the records after $1, in one statement: as they were
// at one moment.
var reading = fmt.Sprintf(`
SELECT l.last, l.hash, r.seq, r.at, r.kind, r.key, r.data, r.prev, r.hash
FROM {ledger} AS l LEFT JOIN LATERAL (
	SELECT * FROM (
		SELECT *, sum(octet_length(data)) OVER (ORDER BY seq) - octet_length(data) AS before
		FROM {records} WHERE seq > $1 ORDER BY seq LIMIT %d
	) AS next WHERE before < %d
) AS r ON true ORDER BY r.seq`, chunkRecords, chunkBytes)

func (l *Log) chunk(ctx context.Context, after uint64) (chunk, error) {
	var c chunk
	if err := l.settled(ctx); err != nil {
		return c, err
	}
	err := l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, l.query(reading), binary, int64(after))
		if err != nil {
			return err
		}
		c = chunk{}
		var last int64
		var seq, at *int64
		var end, kind, key, data, prev, hash []byte
		tag, err := pgx.ForEachRow(rows, []any{&last, &end, &seq, &at, &kind, &key, &data, &prev, &hash}, func() error {
			c.last, c.hash = uint64(last), hex.EncodeToString(end)
			if seq == nil {
				return nil // there are no records after this one
			}
			c.records = append(c.records, storage.Record{Seq: uint64(*seq), At: time.UnixMicro(*at).UTC(), Kind: string(kind), Key: string(key),
				Data: append([]byte{}, data...), Prev: hex.EncodeToString(prev), Hash: hex.EncodeToString(hash)})
			return nil
		})
		if err == nil && tag.RowsAffected() == 0 {
			err = pgx.ErrNoRows
		}
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = l.place.explain(ctx, &fault{l.place.words(err), err})
	}
	return c, err
}

// ended checks that the records end where the last append left them, if the log was read
// that far. It reports whether there is more.
func (c chunk) ended(at uint64) (more bool, err error) {
	n := len(c.records)
	switch {
	case at > c.last && n > 0:
		return false, &storage.Damage{Seq: at, Problem: fmt.Sprintf("was not written by gonogo, which ended at %d", c.last)}
	case at > c.last:
		return false, nil
	case at < c.last && n > 0:
		return true, nil
	case at < c.last:
		return false, &storage.Damage{Seq: at + 1, Problem: fmt.Sprintf("is missing, as all up to %d are: the tail was cut off", c.last)}
	case n > 0 && c.records[n-1].Hash != c.hash:
		return false, &storage.Damage{Seq: at, Problem: "is not the one that was written last"}
	}
	return false, nil
}

// finding gives the first record of each key, in the order of the keys.
const finding = `
SELECT coalesce((SELECT seq FROM {records} WHERE sha256(key) = sha256(wanted.key) AND key = wanted.key ORDER BY seq LIMIT 1), 0)
FROM unnest($1::bytea[]) WITH ORDINALITY AS wanted (key, place) ORDER BY place`

// Find implements storage.Log.
func (l *Log) Find(ctx context.Context, keys ...string) ([]uint64, error) {
	if err := l.settled(ctx); err != nil {
		return nil, err
	}
	wanted := make([][]byte, len(keys))
	for i, key := range keys {
		wanted[i] = []byte(key)
	}
	found := make([]uint64, 0, len(keys))
	err := l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, l.query(finding), binary, wanted)
		if err != nil {
			return err
		}
		found = found[:0]
		var seq int64
		_, err = pgx.ForEachRow(rows, []any{&seq}, func() error {
			found = append(found, uint64(seq))
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
