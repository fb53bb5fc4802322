package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonogo/gates/gatestest"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// writerEnv names the database in which this test binary, run as a child process, writes
// until it is killed.
const writerEnv = "GONOGO_TEST_WRITER"

// killed is the ledger of the child processes. A child on this machine that was killed
// isn't waited for.
func killed(url string) Place { return Place{URL: url, Schema: "killed"} }

// writeUntilKilled is the child: eight writers print "SEQ WORD" once the ledger has
// answered, never before. If the ledger can't be opened, it prints that and ends.
func writeUntilKilled(url string) {
	log, err := killed(url).Open(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	ledger, err := storage.OpenLedger(context.Background(), log, storage.Options{Name: fmt.Sprint("process ", os.Getpid())})
	if err != nil {
		fmt.Println(err)
		return
	}
	lines := make(chan string)
	go func() {
		for line := range lines {
			fmt.Println(line)
		}
	}()
	for w := range 8 {
		go func() {
			for n := 0; ; n++ {
				word := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, n)
				receipt, err := ledger.Once(context.Background(), word, func(*history.State, time.Time) ([]event.Event, error) {
					return []event.Event{event.ReleaseOpened{Version: word}}, nil
				})
				if err != nil {
					lines <- err.Error()
					return
				}
				lines <- fmt.Sprint(receipt.Seq, " ", word)
			}
		}()
	}
	_ = ledger.Run(context.Background())
}

// child starts this test binary as a writer.
func child(t *testing.T, url string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+url)
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

// acknowledges reads lines of a child until it has acknowledged n more records, or ends.
func acknowledges(t *testing.T, lines *bufio.Scanner, n int, into map[uint64]string) {
	t.Helper()
	for ; n != 0 && lines.Scan(); n-- {
		number, word, _ := strings.Cut(lines.Text(), " ")
		seq, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatalf("the child said: %s", lines.Text())
		}
		into[seq] = word
	}
}

// TestKillLosesNothing kills a writing process with SIGKILL, again and again. The next
// one starts at once, and everything that was acknowledged is there.
func TestKillLosesNothing(t *testing.T) {
	server := gatestest.Postgres(t)
	acknowledged := map[uint64]string{}
	for _, after := range []int{1, 50, 200} {
		cmd, lines := child(t, server)
		acknowledges(t, lines, after, acknowledged)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		acknowledges(t, lines, -1, acknowledged)
		_ = cmd.Wait()
	}
	wantAll(t, server, acknowledged)
}

func wantAll(t *testing.T, server string, acknowledged map[uint64]string) {
	t.Helper()
	log := mustOpen(t, killed(server))
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

// TestPausedWriter suspends a writing process, has another one take over, and resumes it:
// it adds nothing, and says who has the ledger.
func TestPausedWriter(t *testing.T) {
	server := gatestest.Postgres(t)
	acknowledged := map[uint64]string{}
	cmd, lines := child(t, server)
	acknowledges(t, lines, 20, acknowledged)
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p := killed(server)
	p.limits = usual
	p.limits.patience = 0
	if _, err := p.Open(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("while it may only be slow: %v", err)
	}
	p.limits.alive = time.Nanosecond
	log := mustOpen(t, p)
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Name: "the one that took over"})
	if err != nil {
		t.Fatal(err)
	}
	before := ledger.Seq()
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines.Scan() {
		said = lines.Text()
		number, word, _ := strings.Cut(said, " ")
		seq, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			break
		}
		acknowledged[seq] = word // before it was suspended
	}
	if !strings.Contains(said, "belongs to another gonogo now; stop one of the two, then restart gonogo: term 1 has ended; the log is in term 2 of the one that took over") {
		t.Errorf("it said %q", said)
	}
	for seq := range acknowledged {
		if seq > before {
			t.Errorf("record %d was acknowledged after the takeover at %d", seq, before)
		}
	}
	mustClose(t, log)
	wantAll(t, server, acknowledged)
}
