package storage_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// chain is five valid records.
func chain(t *testing.T) []storage.Record {
	t.Helper()
	records, err := storage.Seal(0, "", storagetest.Records(1, 5))
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// rehashed gives a tampered record a hash that fits it.
func rehashed(r storage.Record) storage.Record {
	r.Hash = r.Sum()
	return r
}

func TestVerifyNamesTheFirstRecordThatIsWrong(t *testing.T) {
	change := func(at int, alter func(*storage.Record)) func([]storage.Record) []storage.Record {
		return func(r []storage.Record) []storage.Record { alter(&r[at]); return r }
	}
	for name, test := range map[string]struct {
		tamper func([]storage.Record) []storage.Record
		seq    uint64
		says   string
	}{
		"data altered":       {change(2, func(r *storage.Record) { r.Data = json.RawMessage(`{"n":4}`) }), 3, "was altered"},
		"data reformatted":   {change(2, func(r *storage.Record) { r.Data = json.RawMessage(`{"n": 3}`) }), 3, "was altered"},
		"kind altered":       {change(0, func(r *storage.Record) { r.Kind = "test.Happened" }), 1, "was altered"},
		"key altered":        {change(3, func(r *storage.Record) { r.Key = "" }), 4, "was altered"},
		"time altered":       {change(1, func(r *storage.Record) { r.At = r.At.Add(time.Microsecond) }), 2, "was altered"},
		"link altered":       {change(1, func(r *storage.Record) { r.Prev = strings.Repeat("0", 64) }), 2, "was altered"},
		"hash altered":       {change(4, func(r *storage.Record) { r.Hash = strings.Repeat("0", 64) }), 5, "was altered"},
		"kind moved to key":  {change(1, func(r *storage.Record) { r.Kind, r.Key = "test.happene", "d"+r.Key }), 2, "was altered"},
		"altered and hashed": {change(2, func(r *storage.Record) { r.Key = "mine"; *r = rehashed(*r) }), 3, "is not the one that was written"},
		"relinked":           {change(2, func(r *storage.Record) { r.Prev = r.Hash; *r = rehashed(*r) }), 2, "is not the one that was written"},
		"removed":            {func(r []storage.Record) []storage.Record { return slices.Delete(r, 2, 3) }, 3, "is missing"},
		"first removed":      {func(r []storage.Record) []storage.Record { return r[1:] }, 1, "is missing"},
		"swapped":            {func(r []storage.Record) []storage.Record { r[1], r[2] = r[2], r[1]; return r }, 2, "is missing"},
		"repeated":           {func(r []storage.Record) []storage.Record { return slices.Insert(r, 3, r[2]) }, 4, "is not where it belongs"},
		"removed and renumbered": {func(r []storage.Record) []storage.Record {
			r = slices.Delete(r, 2, 3)
			r[2].Seq, r[3].Seq = 3, 4
			return r
		}, 3, "was altered"},
		"inserted and renumbered": {func(r []storage.Record) []storage.Record {
			added := r[2]
			added.Prev = r[1].Hash
			r = slices.Insert(r, 2, rehashed(added))
			for i := range r {
				r[i].Seq = uint64(i) + 1
			}
			return r
		}, 4, "was altered"},
		"a new beginning": {change(0, func(r *storage.Record) { r.Prev = r.Hash; *r = rehashed(*r) }), 1, "is not the first"},
	} {
		t.Run(name, func(t *testing.T) {
			sound := chain(t)
			report, err := storage.Verify(t.Context(), storagetest.NewMemory(test.tamper(chain(t))...))
			var damage *storage.Damage
			if !errors.As(err, &damage) || damage.Seq != test.seq || !strings.Contains(damage.Problem, test.says) {
				t.Fatalf("verify: %v; want that record %d %s", err, test.seq, test.says)
			}
			var unusable *storage.Unusable
			if !errors.As(err, &unusable) || !strings.HasPrefix(err.Error(), "the ledger is damaged: record ") {
				t.Errorf("verify: %v, want *Unusable", err)
			}
			if report.Records != report.Last || report.Last > uint64(len(sound)) {
				t.Errorf("report %+v", report)
			}
		})
	}
}

func TestVerifyOfASoundLog(t *testing.T) {
	records := chain(t)
	got, err := storage.Verify(t.Context(), storagetest.NewMemory(records...))
	want := storage.Report{Records: 5, Last: 5, LastHash: records[4].Hash, At: records[4].At}
	if err != nil || got != want {
		t.Errorf("verify: %+v, %v; want %+v", got, err, want)
	}
	if got, err = storage.Verify(t.Context(), storagetest.NewMemory()); err != nil || got != (storage.Report{}) {
		t.Errorf("verify of an empty log: %+v, %v", got, err)
	}
}

func TestVerifyReportsWhatStandsBeforeTheDamage(t *testing.T) {
	records := chain(t)
	records[3].Key = "altered"
	got, err := storage.Verify(t.Context(), storagetest.NewMemory(records...))
	want := storage.Report{Records: 3, Last: 3, LastHash: records[2].Hash, At: records[2].At}
	if err == nil || got != want {
		t.Errorf("verify: %+v, %v; want %+v and an error", got, err, want)
	}
}

func TestVerifyStopsWithItsContext(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := storage.Verify(ended, storagetest.NewMemory(chain(t)...)); !errors.Is(err, context.Canceled) {
		t.Errorf("verify: %v, want context.Canceled", err)
	}
}

// The hash of a record must never change: anyone can compute it from an exported line
// with the doc of Record.Sum.
func TestSumStaysAsItIs(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)
	r := storage.Record{Seq: 7, At: at, Kind: "kind", Key: "kéy", Data: json.RawMessage(`{}`), Prev: strings.Repeat("a", 64)}
	hashed := "1:7,27:2026-03-01T09:30:00.123456Z,4:kind,4:kéy,2:{},64:" + strings.Repeat("a", 64) + ","
	want := sha256.Sum256([]byte(hashed))
	if got := r.Sum(); got != hex.EncodeToString(want[:]) {
		t.Errorf("sum is %s, want the SHA-256 of %s", got, hashed)
	}
}

func TestSumTellsRecordsApart(t *testing.T) {
	long := strings.Repeat("x", 2000)
	seen := map[string]string{}
	for _, fields := range [][3]string{{"a", "b", "{}"}, {"ab", "", "{}"}, {"a", "", "b{}"}, {"a", "b,2:{}", ""}, {"a", long, "{}"}, {"a", long + "x", "{}"}} {
		sum := storage.Record{Kind: fields[0], Key: fields[1], Data: json.RawMessage(fields[2])}.Sum()
		if other, ok := seen[sum]; ok {
			t.Errorf("%q and %s have one hash", fields, other)
		}
		seen[sum] = fmt.Sprint(fields)
	}
}

func TestExportWritesALineAnEvent(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	log := storagetest.NewMemory()
	if _, err := log.Append(t.Context(), storage.Fence{},
		storage.Record{At: at, Kind: "release.opened", Key: "slack/1", Data: json.RawMessage(`{"version":"19.0.2"}`)},
		storage.Record{At: at.Add(1500 * time.Millisecond), Kind: "moon.phase", Data: json.RawMessage(`{"z":"<b> & \u2028","a":1.50}`)},
	); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := storage.Export(t.Context(), log, &out); err != nil {
		t.Fatal(err)
	}
	r := log.Records()
	want := `{"seq":1,"at":"2026-03-01T09:30:00Z","kind":"release.opened","key":"slack/1","data":{"version":"19.0.2"},"prev":"","hash":"` + r[0].Hash + `"}
{"seq":2,"at":"2026-03-01T09:30:01.5Z","kind":"moon.phase","data":{"z":"<b> & \u2028","a":1.50},"prev":"` + r[0].Hash + `","hash":"` + r[1].Hash + `"}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
	for line := range strings.Lines(out.String()) {
		var back storage.Record
		if err := json.Unmarshal([]byte(line), &back); err != nil || back.Sum() != back.Hash {
			t.Errorf("the hash cannot be computed from %s: %v", line, err)
		}
	}
}

func TestExportSaysWhatWentWrong(t *testing.T) {
	log := storagetest.NewMemory(chain(t)...)
	full := errors.New("disk full")
	if err := storage.Export(t.Context(), log, failing{full}); !errors.Is(err, full) {
		t.Errorf("export to a full disk: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := storage.Export(t.Context(), log, &bytes.Buffer{}); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("export of a closed log: %v, want ErrClosed", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
