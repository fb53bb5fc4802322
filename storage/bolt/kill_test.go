package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/bolt"
)

// writerEnv names the ledger file that this test binary, run as a child process, writes
// until it is killed.
const writerEnv = "GONOGO_TEST_WRITER"

// writeUntilKilled is the child: eight writers print "SEQ WORD" once the ledger has
// answered, never before. If the ledger can't be opened, it prints that and ends.
func writeUntilKilled(path string) {
	log, err := bolt.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	ledger, err := storage.OpenLedger(context.Background(), log, storage.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var mu sync.Mutex
	for w := range 8 {
		go func() {
			for n := 0; ; n++ {
				word := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, n)
				receipt, err := ledger.Once(context.Background(), word, func(*history.State, time.Time) ([]event.Event, error) {
					return []event.Event{event.ReleaseOpened{Version: word}}, nil
				})
				mu.Lock()
				if err != nil {
					fmt.Println(err)
				} else {
					fmt.Println(receipt.Seq, word)
				}
				mu.Unlock()
			}
		}()
	}
	_ = ledger.Run(context.Background())
}

// child starts this test binary as a writer of path.
func child(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

// TestKillLosesNothing kills a writing process with SIGKILL, again and again on one
// file, from its creation on. What was acknowledged must be in the file.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "gonogo.db")
	acknowledged := map[uint64]string{}
	for round := range 12 {
		killAfter(t, path, round*random.IntN(40), acknowledged)
		wantAll(t, path, acknowledged)
	}
	if len(acknowledged) == 0 {
		t.Error("no child has written anything")
	}
}

// TestKillOnTheWayToAnIndex kills processes that open a file without an index, at any
// moment, until one has opened it. Then every key must be found.
func TestKillOnTheWayToAnIndex(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gonogo.db")
	const records = 25_000
	sample(t, path, records, 1000)
	inFile(t, path, func(tx *bbolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte("keys")), tx.Bucket([]byte("gonogo")).Delete([]byte("indexed")))
	})
	for kill := time.Duration(0); ; kill += 2*time.Millisecond + kill/6 {
		cmd, lines := child(t, path)
		ended := time.AfterFunc(kill, func() { _ = cmd.Process.Kill() })
		opened := lines.Scan()
		ended.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if opened {
			break
		}
	}
	log := mustOpen(t, path)
	wantKeys(t, log, records, 1000)
	if _, err := storage.Verify(t.Context(), log); err != nil {
		t.Error(err)
	}
}

// killAfter kills a child after it has acknowledged some records, and notes all that it
// printed.
func killAfter(t *testing.T, path string, records int, acknowledged map[uint64]string) {
	t.Helper()
	cmd, lines := child(t, path)
	if records == 0 {
		_ = cmd.Process.Kill() // while it opens the file, or before
	}
	for n := 1; lines.Scan(); n++ {
		number, word, _ := strings.Cut(lines.Text(), " ")
		seq, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatalf("the child said: %s", lines.Text())
		}
		acknowledged[seq] = word
		if n == records {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
}

func wantAll(t *testing.T, path string, acknowledged map[uint64]string) {
	t.Helper()
	log, err := bolt.Open(path)
	if err != nil {
		t.Fatalf("open after a kill: %v", err)
	}
	defer log.Close()
	found := map[uint64]string{}
	for r, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		found[r.Seq] = r.Key
	}
	for seq, word := range acknowledged {
		if found[seq] != word {
			t.Errorf("record %d is %q, but %q was acknowledged", seq, found[seq], word)
		}
		if at, err := log.Find(t.Context(), word); err != nil || at[0] != seq {
			t.Errorf("%q is found at %v, %v; it was acknowledged at %d", word, at, err, seq)
		}
	}
	if _, err := storage.Verify(t.Context(), log); err != nil {
		t.Errorf("verify: %v", err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gonogo.db")
	want := path + " is in use by another gonogo; stop that one first, or name another file"

	cmd, lines := child(t, path)
	lines.Scan() // now it has the file
	for name, open := range map[string]func(string) (*bolt.Log, error){"for writing": bolt.Open, "for reading": bolt.OpenReadOnly} {
		_, err := open(path)
		var unusable *storage.Unusable
		if !errors.As(err, &unusable) || unusable.Error() != want {
			t.Errorf("open %s: %v, want %s", name, err, want)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()

	mustOpen(t, path)
	_, lines = child(t, path)
	if lines.Scan(); lines.Text() != want {
		t.Errorf("the child says %q, want %q", lines.Text(), want)
	}
}
