package bolt

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/storage"
)

// FuzzRecord decodes arbitrary bytes as a record. What can be decoded is encoded to the
// same bytes, and its key is found without decoding the rest.
func FuzzRecord(f *testing.F) {
	sealed, err := storage.Seal(0, "", []storage.Record{
		{At: time.Date(2026, 11, 28, 10, 0, 0, 1000, time.UTC), Kind: "release.opened", Key: "slash/1", Data: json.RawMessage(`{"version":"19.0.1"}`)},
		{At: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), Kind: "x", Data: json.RawMessage(`null`)},
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range sealed {
		f.Add(encodeRecord(r))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		r, err := decodeRecord(encodeSeq(7), value, 7)
		key, whole := keyOf(value)
		if err != nil {
			return
		}
		if !whole || string(key) != r.Key {
			t.Fatalf("its key alone is %q, %v; want %q", key, whole, r.Key)
		}
		again, err := decodeRecord(encodeSeq(7), encodeRecord(r), 7)
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Fatalf("written and read again: %v (-first +second):\n%s", err, diff)
		}
		if !bytes.Equal(encodeRecord(r), encodeRecord(again)) {
			t.Fatal("it is written in two ways")
		}
		r.Sum()
	})
}
