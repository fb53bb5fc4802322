package storagetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gonogo/storage"
)

func mustClaim(t *testing.T, log storage.Log, name string, want uint64) uint64 {
	t.Helper()
	term, err := log.Claim(context.Background(), name, start)
	if err != nil || term != want {
		t.Fatalf("claim: term %d, %v; want %d", term, err, want)
	}
	return term
}

// testClaim checks that terms go up by one, whoever claims and wherever the log is
// opened.
func testClaim(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 3)
	mustAppend(t, log, 0, records[0]) // nobody has claimed it
	mustClaim(t, log, "one", 1)
	mustClaim(t, log, "two", 2)
	if _, err := log.Append(context.Background(), storage.Fence{Term: 2, After: 1}, records[1]); err != nil {
		t.Errorf("append under the last term: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = p.open(t)
	mustClaim(t, log, "three", 3)
	if _, err := log.Append(context.Background(), storage.Fence{Term: 3, After: 2}, records[2]); err != nil {
		t.Errorf("append after reopening: %v", err)
	}
	wantRecords(t, log, 0, sealed(t, records))
}

// testSuperseded has a writer continue after another one claimed the log: its error
// says who, and nothing of it is in the log.
func testSuperseded(t *testing.T, p place) {
	log, records := p.open(t), Records(1, 3)
	mustClaim(t, log, "one", 1)
	last, err := log.Append(context.Background(), storage.Fence{Term: 1}, records[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Claim(context.Background(), "zwei on host ü", start.Add(789).In(time.FixedZone("", 3600))); err != nil {
		t.Fatal(err)
	}
	for _, term := range []uint64{0, 1, 3} {
		for _, after := range []uint64{1, last, 9} { // whether or not it would be a conflict too
			for _, more := range [][]storage.Record{Records(9, 2), nil} {
				wantSuperseded(t, log, storage.Fence{Term: term, After: after}, more, 2, "zwei on host ü")
			}
		}
	}
	wantFound(t, log, []string{"key/9"}, 0)
	wantRecords(t, log, 0, sealed(t, records[:2]))
	if _, err := log.Append(context.Background(), storage.Fence{Term: 2, After: 1}, records[2]); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("append after 1 to a log that ends at 2: %v, want ErrConflict", err)
	}
	if _, err := log.Append(context.Background(), storage.Fence{Term: 2, After: 2}, records[2]); err != nil {
		t.Errorf("append of the new writer: %v", err)
	}
	wantRecords(t, log, 0, sealed(t, records))
}

func wantSuperseded(t *testing.T, log storage.Log, fence storage.Fence, records []storage.Record, term uint64, by string) {
	t.Helper()
	_, err := log.Append(context.Background(), fence, records...)
	var superseded *storage.Superseded
	if !errors.As(err, &superseded) || errors.Is(err, storage.ErrConflict) {
		t.Errorf("append %d records at %+v: %v, want *Superseded alone", len(records), fence, err)
		return
	}
	if want := (storage.Superseded{Mine: fence.Term, Term: term, By: by, Since: start}); *superseded != want {
		t.Errorf("append at %+v: %+v, want %+v", fence, *superseded, want)
	}
}

// testSupersededReopened checks that the term of a process ends when the next one
// claims the log, and that the claim is remembered.
func testSupersededReopened(t *testing.T, p place) {
	log := p.open(t)
	mustClaim(t, log, "one", 1)
	if _, err := log.Append(context.Background(), storage.Fence{Term: 1}, Records(1, 1)...); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		log = p.open(t)
		wantSuperseded(t, log, storage.Fence{After: 1}, Records(2, 1), 1, "one")
	}
	mustClaim(t, log, "two", 2)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = p.open(t)
	wantSuperseded(t, log, storage.Fence{Term: 1, After: 1}, Records(2, 1), 2, "two")
	wantRecords(t, log, 0, sealed(t, Records(1, 1)))
}

// testClaimWhileAppending has writers claim the log from each other while they append.
// Terms never mix in the log, and everything that was acknowledged is there.
func testClaimWhileAppending(t *testing.T, p place) {
	const writers, claims = 6, 5
	log := p.open(t)
	told := make(chan string, 10_000)
	var done sync.WaitGroup
	for range writers {
		done.Go(func() {
			for range claims {
				if err := appendUntilSuperseded(log, told); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	close(told)
	records, err := All(log, 0)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	var before written
	for _, r := range records {
		var w written
		if err := json.Unmarshal(r.Data, &w); err != nil {
			t.Fatal(err)
		}
		if w.Term < before.Term || w.Term == before.Term && w.N != before.N+1 || w.Term > before.Term && w.N != 0 {
			t.Errorf("record %d is %d of term %d, after %d of term %d", r.Seq, w.N, w.Term, before.N, before.Term)
		}
		there[string(r.Data)], before = true, w
	}
	for data := range told {
		if !there[data] {
			t.Errorf("a writer was told that %s is there, and it is not", data)
		}
	}
	if _, err := storage.Verify(context.Background(), log); err != nil {
		t.Errorf("verify: %v", err)
	}
}

// written is the data of a writer's record: its term, and its number.
type written struct{ Term, N uint64 }

// appendUntilSuperseded claims a log and appends pairs of records, until another
// writer has claimed it or it has appended a few.
func appendUntilSuperseded(log storage.Log, told chan<- string) error {
	term, err := log.Claim(context.Background(), "writer", start)
	if err != nil {
		return err
	}
	fence := storage.Fence{Term: term}
	for r, err := range log.Read(context.Background(), 0) {
		if err != nil {
			return err
		}
		fence.After = r.Seq
	}
	for n := uint64(0); n < 20; n += 2 {
		var pair []storage.Record
		for i := n; i < n+2; i++ {
			data, err := json.Marshal(written{term, i})
			if err != nil {
				return err
			}
			pair = append(pair, storage.Record{At: start, Kind: "test.happened", Key: fmt.Sprint(term, "/", i), Data: data})
		}
		last, err := log.Append(context.Background(), fence, pair...)
		var superseded *storage.Superseded
		switch {
		case errors.As(err, &superseded):
			return nil
		case err != nil: // in particular no conflict: only one writer writes under a current term
			return err
		}
		fence.After = last
		told <- string(pair[0].Data)
		told <- string(pair[1].Data)
	}
	return nil
}
