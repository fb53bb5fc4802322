// Package storagetest has what tests of storage need: [Run], the suite that every
// storage.Log must pass, and [Memory], a log without a disk.
package storagetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/storage"
)

// Factory prepares a place for one log. Each call of open opens the log in that place;
// the one opened before is closed by then.
type Factory func(t *testing.T) (open func() (storage.Log, error))

// Run runs the suite on a kind of log.
func Run(t *testing.T, factory Factory) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, place)
	}{
		{"empty", testEmpty},
		{"append and read", testAppendAndRead},
		{"read from the middle", testReadFromTheMiddle},
		{"one form for every log", testOneForm},
		{"data stays as it was written", testDataStays},
		{"reopen", testReopen},
		{"conflict", testConflict},
		{"all or none", testAllOrNone},
		{"nothing is shared", testNothingShared},
		{"many and large", testManyAndLarge},
		{"append while reading", testAppendWhileReading},
		{"many writers", testManyWriters},
		{"context ended", testContextEnded},
		{"closed", testClosed},
		{"find", testFind},
		{"find after reopening", testFindReopened},
		{"find the first of several", testFindFirst},
		{"find long keys", testFindLong},
		{"find nothing of what was refused", testFindRefused},
		{"find while others append", testFindWhileAppending},
		{"verify looks keys up", testVerifyFinds},
		{"once-only beside a snapshot", testOnceBesideSnapshot},
		{"claim", testClaim},
		{"superseded", testSuperseded},
		{"superseded by the next process", testSupersededReopened},
		{"claims while others append", testClaimWhileAppending},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, place{factory(t)}) })
	}
}

// place is where the log of one test lies.
type place struct{ factory func() (storage.Log, error) }

func (p place) open(t *testing.T) storage.Log {
	t.Helper()
	log, err := p.factory()
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

var start = time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)

// Records makes n different records to append, numbered from first on.
func Records(first, n int) []storage.Record {
	records := make([]storage.Record, n)
	for i := range records {
		records[i] = storage.Record{
			At: start.Add(time.Duration(first+i) * time.Millisecond), Kind: "test.happened",
			Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, first+i)),
		}
		if i%3 == 0 {
			records[i].Key = fmt.Sprintf("key/%d", first+i)
		}
	}
	return records
}

// All reads a log to its end.
func All(log storage.Log, after uint64) ([]storage.Record, error) {
	var all []storage.Record
	for r, err := range log.Read(context.Background(), after) {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

func mustAppend(t *testing.T, log storage.Log, after uint64, records ...storage.Record) uint64 {
	t.Helper()
	last, err := log.Append(context.Background(), storage.Fence{After: after}, records...)
	if err != nil {
		t.Fatalf("append %d records after %d: %v", len(records), after, err)
	}
	if want := after + uint64(len(records)); last != want {
		t.Fatalf("append %d records after %d: last is %d, want %d", len(records), after, last, want)
	}
	return last
}

// diff compares records; their data byte for byte, which cmp alone does slowly.
func diff(want, got []storage.Record) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }))
}

// sealed is what a log has to return for records appended to an empty one.
func sealed(t *testing.T, records []storage.Record) []storage.Record {
	t.Helper()
	want, err := storage.Seal(0, "", records)
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func wantRecords(t *testing.T, log storage.Log, after uint64, want []storage.Record) {
	t.Helper()
	got, err := All(log, after)
	if err != nil {
		t.Fatalf("read after %d: %v", after, err)
	}
	if diff := diff(want, got); diff != "" {
		t.Fatalf("read after %d (-want +got):\n%s", after, diff)
	}
}

func testEmpty(t *testing.T, p place) {
	log := p.open(t)
	wantRecords(t, log, 0, nil)
	mustAppend(t, log, 0)
	wantRecords(t, log, 0, nil)
}

func testAppendAndRead(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 6)
	last := mustAppend(t, log, 0, records[:1]...)
	last = mustAppend(t, log, last, records[1:4]...)
	mustAppend(t, log, last, records[4:]...)
	wantRecords(t, log, 0, sealed(t, records))
	if report, err := storage.Verify(context.Background(), log); err != nil || report.Records != 6 {
		t.Errorf("verify: %+v, %v; want 6 sound records", report, err)
	}
}

func testReadFromTheMiddle(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 5)
	mustAppend(t, log, 0, records...)
	want := sealed(t, records)
	wantRecords(t, log, 3, want[3:])
	wantRecords(t, log, 5, nil)
	wantRecords(t, log, 99, nil)
	for r, err := range log.Read(context.Background(), 1) {
		if err != nil || r.Seq != 2 {
			t.Errorf("first after 1: %d, %v; want 2", r.Seq, err)
		}
		break // and leaving early is allowed
	}
	mustAppend(t, log, 5, Records(6, 1)...)
}

func testOneForm(t *testing.T, p place) {
	log := p.open(t)
	zone := time.FixedZone("somewhere", 2*3600)
	mustAppend(t, log, 0, storage.Record{
		At: start.Add(789).In(zone), Kind: "test.happened", Key: "schlüssel", Data: json.RawMessage(" { \"a\" : [ 1, 2 ] }\n"),
	})
	want := sealed(t, []storage.Record{{At: start, Kind: "test.happened", Key: "schlüssel", Data: json.RawMessage(`{"a":[1,2]}`)}})
	wantRecords(t, log, 0, want)
}

func testDataStays(t *testing.T, p place) {
	log := p.open(t)
	data := []string{`{"z":1,"a":1.50,"a":2}`, `"<b> & \u2028 \u003c"`, `null`, `12345678901234567890`, `"` + "\u2028é😀" + `"`}
	var records []storage.Record
	for _, d := range data {
		records = append(records, storage.Record{At: start, Kind: "newer.kind", Data: json.RawMessage(d)})
	}
	mustAppend(t, log, 0, records...)
	got, err := All(log, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if string(r.Data) != data[i] {
			t.Errorf("data %d: got %s, want %s", i, r.Data, data[i])
		}
	}
}

func testReopen(t *testing.T, p place) {
	records := Records(1, 5)
	log := p.open(t)
	last := mustAppend(t, log, 0, records[:3]...)
	if err := log.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	log = p.open(t)
	mustAppend(t, log, last, records[3:]...)
	wantRecords(t, log, 0, sealed(t, records))
}

func testConflict(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 3)
	mustAppend(t, log, 0, records...)
	for _, after := range []uint64{0, 2, 4} {
		for _, more := range [][]storage.Record{Records(9, 1), nil} {
			if _, err := log.Append(context.Background(), storage.Fence{After: after}, more...); !errors.Is(err, storage.ErrConflict) {
				t.Errorf("append %d records after %d to a log that ends at 3: %v, want ErrConflict", len(more), after, err)
			}
		}
	}
	wantRecords(t, log, 0, sealed(t, records))
}

func testAllOrNone(t *testing.T, p place) {
	log := p.open(t)
	for name, bad := range map[string]storage.Record{
		"no kind":              {At: start, Data: json.RawMessage(`{}`)},
		"no data":              {At: start, Kind: "test.happened"},
		"data is not JSON":     {At: start, Kind: "test.happened", Data: json.RawMessage(`{"a":`)},
		"key is not UTF-8":     {At: start, Kind: "test.happened", Key: "\xff", Data: json.RawMessage(`{}`)},
		"two values, not one":  {At: start, Kind: "test.happened", Data: json.RawMessage(`{} {}`)},
		"kind that's no UTF-8": {At: start, Kind: "\xff", Data: json.RawMessage(`{}`)},
	} {
		if _, err := log.Append(context.Background(), storage.Fence{}, append(Records(1, 2), bad)...); err == nil {
			t.Errorf("%s: appended", name)
		}
		wantRecords(t, log, 0, nil)
	}
}

func testNothingShared(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 2)
	want := sealed(t, records)
	mustAppend(t, log, 0, records...)
	if diff := diff(Records(1, 2), records); diff != "" {
		t.Errorf("append changed its arguments (-want +got):\n%s", diff)
	}
	copy(records[0].Data, "XXXXX")
	read, err := All(log, 0)
	if err != nil {
		t.Fatal(err)
	}
	copy(read[1].Data, "YYYYY")
	wantRecords(t, log, 0, want)
}

func testManyAndLarge(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 3000)
	large := `"` + strings.Repeat("0123456789abcdef", 1<<14) + `"`
	for i := 100; i < 110; i++ {
		records[i].Data = json.RawMessage(large)
	}
	last := mustAppend(t, log, 0, records[:2000]...)
	mustAppend(t, log, last, records[2000:]...)
	wantRecords(t, log, 0, sealed(t, records))
	wantRecords(t, log, 2990, sealed(t, records)[2990:])
}

func testAppendWhileReading(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 2000)
	last := mustAppend(t, log, 0, records[:1000]...)
	var got []storage.Record
	for r, err := range log.Read(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, r); len(got) == 10 {
			mustAppend(t, log, last, records[1000:]...)
		}
	}
	if diff := diff(sealed(t, records), got); diff != "" {
		t.Errorf("a reader that is under way sees what is appended (-want +got):\n%s", diff)
	}
}

// testManyWriters has writers compete for the end of the log: a writer that gets a
// conflict tries again, and in the end each record is there once.
func testManyWriters(t *testing.T, p place) {
	const writers, each = 8, 10
	log := p.open(t)
	var done sync.WaitGroup
	for w := range writers {
		done.Go(func() {
			for i := range each {
				if err := appendSomewhere(log, Records(w*each+i, 1)); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	done.Wait()
	records, err := All(log, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range records {
		seen[string(r.Data)] = true
	}
	if len(records) != writers*each || len(seen) != writers*each {
		t.Errorf("%d records, %d different ones; want %d", len(records), len(seen), writers*each)
	}
	if _, err := storage.Verify(context.Background(), log); err != nil {
		t.Errorf("verify: %v", err)
	}
}

func appendSomewhere(log storage.Log, records []storage.Record) error {
	var after uint64
	for {
		_, err := log.Append(context.Background(), storage.Fence{After: after}, records...)
		if !errors.Is(err, storage.ErrConflict) {
			return err
		}
		for r, err := range log.Read(context.Background(), after) {
			if err != nil {
				return err
			}
			after = r.Seq
		}
	}
}

func testContextEnded(t *testing.T, p place) {
	log := p.open(t)
	mustAppend(t, log, 0, Records(1, 2)...)
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := log.Append(ended, storage.Fence{After: 2}, Records(3, 1)...); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v, want context.Canceled", err)
	}
	for _, err := range log.Read(ended, 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read: %v, want context.Canceled", err)
		}
	}
	if _, err := log.Claim(ended, "late", start); !errors.Is(err, context.Canceled) {
		t.Errorf("claim: %v, want context.Canceled", err)
	}
	if _, err := log.Find(ended, "key/1"); !errors.Is(err, context.Canceled) {
		t.Errorf("find: %v, want context.Canceled", err)
	}
	mustAppend(t, log, 2) // which the claim would have refused
	wantRecords(t, log, 0, sealed(t, Records(1, 2)))
}

func testClosed(t *testing.T, p place) {
	log := p.open(t)
	mustAppend(t, log, 0, Records(1, 2)...)
	if err := log.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	for _, records := range [][]storage.Record{Records(3, 1), nil} {
		if _, err := log.Append(context.Background(), storage.Fence{After: 2}, records...); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("append %d records: %v, want ErrClosed", len(records), err)
		}
	}
	if _, err := log.Claim(context.Background(), "late", start); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("claim: %v, want ErrClosed", err)
	}
	if _, err := log.Find(context.Background(), "key/1"); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("find: %v, want ErrClosed", err)
	}
	if _, err := All(log, 0); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("read: %v, want ErrClosed", err)
	}
}
