package commands_test

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/commands"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// full is a log whose disk is full once it is told so.
type full struct {
	*storagetest.Memory
	now   atomic.Bool
	how   error                         // what a write gives then; nil: that there is no room
	hangs atomic.Pointer[chan struct{}] // if set, a write ends once this is closed
}

// Append implements [storage.Log].
func (f *full) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if hangs := f.hangs.Load(); hangs != nil {
		<-*hangs
	}
	if f.now.Load() {
		return 0, fmt.Errorf("append: %w", cmp.Or(f.how, error(syscall.ENOSPC)))
	}
	return f.Memory.Append(ctx, fence, records...)
}

// Where the ledger cannot take a rollback, the answer is how to go back by hand:
// nothing was sent to the platform, and nothing is said to have been.
func TestRollbackThatCannotBeRecorded(t *testing.T) {
	for _, fault := range []error{syscall.ENOSPC, syscall.EROFS} {
		t.Run(fault.Error(), func(t *testing.T) { rollbackThatCannotBeRecorded(t, fault) })
	}
}

func rollbackThatCannotBeRecorded(t *testing.T, fault error) {
	s := newStage(t, "deploy-failed")
	s.full.how = fault
	s.play(t, "U0DEV: /ready release 2.0 c0ffee1")
	s.play(t, "U0DEV: /deploy adopt staging")
	s.play(t, "platform staging live 2.0")
	s.play(t, "U0DEV: /deploy status staging")
	s.full.now.Store(true)
	answer := s.play(t, "U0ONCALL: /rollback start staging from 2.0 to 1.0")
	for _, want := range []string{"Roll staging back by hand", "The ledger could not be written, so nothing was started or sent to the platform.",
		"To go back to 1.0:", `\"deployment_id\":\"d1.0\"`, "/rollback record staging", "(nothing was done)"} {
		if !strings.Contains(answer, want) {
			t.Errorf("it does not say %q:\n%s", want, answer)
		}
	}
	if writes := s.platforms["staging"].Writes; len(writes) > 0 {
		t.Errorf("the platform saw %q", writes)
	}
	s.full.now.Store(false)
	if answer := s.play(t, "U0ONCALL: /rollback start staging from 2.0 to 1.0"); !strings.Contains(answer, "Rolling staging back") {
		t.Errorf("with room again: %s", answer)
	}
	s.play(t, "asked")
}

// hang lets writes hang until the returned function is called.
func (f *full) hang() (end func()) {
	hangs := make(chan struct{})
	f.hangs.Store(&hangs)
	return func() { f.hangs.Store(nil); close(hangs) }
}

// A status comes from memory, also where the disk doesn't let gonogo remember that
// somebody looked.
func TestStatusWhileTheDiskHangs(t *testing.T) {
	s := newStage(t, "deploy")
	s.play(t, "U0DEV: /ready release 2.0 c0ffee1")
	defer s.full.hang()()
	for _, user := range []string{"U0DEV", "U0ONCALL"} { // the second finds the goroutine of the ledger busy
		if shown := s.play(t, user+": /ready status"); !strings.Contains(shown, "2.0") {
			t.Errorf("%s is shown %q", user, shown)
		}
	}
}

// Whoever waits because a write hangs is told so, if they may do what they asked for;
// where they wait for a rollback, with the steps to go back without gonogo.
func TestHangingSaysWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, "deploy-failed")
		s.play(t, "U0DEV: /ready release 2.0 c0ffee1")
		s.play(t, "U0DEV: /deploy adopt staging")
		s.play(t, "platform staging live 2.0")
		s.play(t, "U0DEV: /deploy status staging")
		waits := func(user, text string) string {
			r, ok := s.bot.Hanging(commands.Request{User: user, Text: text})
			if !ok {
				return ""
			}
			return show(r)
		}
		ack, rollback := "/rollback ack", "/rollback start staging from 2.0 to 1.0"
		end := s.full.hang()
		var done sync.WaitGroup
		done.Go(func() {
			s.bot.Handle(t.Context(), commands.Request{User: "U0DEV", Key: "k", Text: "/ready release 3.0 c0ffee3"})
		})
		time.Sleep(5 * time.Second)
		if said := waits("U0ONCALL", ack); said != "" {
			t.Errorf("after five seconds, as a slow disk may take, it says %q", said)
		}
		time.Sleep(time.Second)
		for _, tt := range []struct{ user, text, want string }{
			{"U0ONCALL", ack, "What you asked for waits: a write to the ledger has been under way for 6s."},
			{"U0ONCALL", rollback, "To go back to 1.0:"},
			{"U0ONCALL", rollback, "A write to the ledger has been under way for 6s, so this waits"},
			{"U0ONCALL", "/rollback keep staging", "/rollback/commit"},
			{"U0ONCALL", "/rollback return staging it is fine", "/rollback/revert"},
			{"U0ONCALL", "/ready status", ""},
			{"U0PM", rollback, ""}, // who may not is refused at once
		} {
			if said := waits(tt.user, tt.text); !strings.Contains(said, tt.want) || tt.want == "" && said != "" {
				t.Errorf("%s by %s: it says %q, want %q", tt.text, tt.user, said, tt.want)
			}
		}
		minute, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := s.bot.Handle(minute, commands.Request{User: "U0ONCALL", Key: "late", Text: rollback})
		for _, want := range []string{"The ledger did not respond in time, so nothing was started or sent to the platform.", "To go back to 1.0:"} {
			if said := show(r); !strings.Contains(said, want) {
				t.Errorf("after a minute it says %q, want %q", said, want)
			}
		}
		end()
		done.Wait()
		if said := waits("U0ONCALL", ack); said != "" {
			t.Errorf("once the disk responds, it says %q", said)
		}
	})
}

// Whoever asks for what is under way already is told why it makes no progress.
func TestAlreadyRunningSaysWhatItWaitsFor(t *testing.T) {
	s := newStage(t, "deploy-unwritten")
	s.play(t, "U0DEV: /ready release 2.0 c0ffee1")
	s.gates["suite-passes"].hold = make(chan struct{})
	s.play(t, "U0DEV: /ready run all")
	if again := s.play(t, "U0DEV: /ready run all"); !strings.Contains(again, "Already running all gates") || strings.Contains(again, "waits") {
		t.Errorf("answered %q", again)
	}
	s.full.now.Store(true)
	close(s.gates["suite-passes"].hold)
	for len(s.bot.Options().Runs.Stalled()) == 0 && t.Context().Err() == nil {
		runtime.Gosched()
	}
	if again := s.play(t, "U0DEV: /ready run all"); !strings.Contains(again, "“all gates” waits until the ledger can be written.") {
		t.Errorf("answered %q", again)
	}
	if stopped := s.play(t, "U0DEV: /ready cancel"); !strings.Contains(stopped, "Stopping all gates, but this can't be recorded yet") {
		t.Errorf("answered %q", stopped)
	}
}

// The same holds for the answer to a rollback, whether it asks or has ended and
// left the platform pinned.
func TestAnswerThatCannotBeRecorded(t *testing.T) {
	s := newStage(t, "deploy-failed")
	s.play(t, "U0DEV: /ready release 2.0 c0ffee1")
	s.play(t, "U0DEV: /deploy adopt staging")
	s.play(t, "platform staging live 2.0")
	s.play(t, "U0DEV: /deploy status staging")
	s.play(t, "U0ONCALL: /rollback start staging from 2.0 to 1.0")
	s.play(t, "asked")
	writes := slices.Clone(s.platforms["staging"].Writes)
	s.byHand(t, "/rollback keep staging", "Keep the rollback of staging by hand", "To keep 1.0:", "/rollback keep staging")
	s.byHand(t, "/rollback return staging it is fine", "Return from the rollback of staging by hand", "To return to 2.0:", "/rollback return staging REASON")
	if !slices.Equal(s.platforms["staging"].Writes, writes) {
		t.Errorf("the platform saw %q", s.platforms["staging"].Writes[len(writes):])
	}
	if answer := s.play(t, "U0ONCALL: /rollback keep staging"); !strings.Contains(answer, "Keeping the current version") {
		t.Errorf("with room again: %s", answer)
	}
	s.awaitIdle(t)
	s.play(t, "platform staging pinned")
	s.play(t, "U0DEV: /deploy status staging")
	s.byHand(t, "/rollback keep staging", "Keep the rollback of staging by hand", "To keep 1.0:", "/rollback record staging")
}

// byHand checks that an answer on a full disk is the steps by hand.
func (s *stage) byHand(t *testing.T, said string, want ...string) {
	t.Helper()
	s.full.now.Store(true)
	defer s.full.now.Store(false)
	answer := s.play(t, "U0ONCALL: "+said)
	for _, want := range append(want, "The ledger could not be written, so nothing was started or sent to the platform.", "(nothing was done)") {
		if !strings.Contains(answer, want) {
			t.Errorf("%s does not say %q:\n%s", said, want, answer)
		}
	}
}
