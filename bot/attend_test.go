package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/commands/reply"
)

// frozenBot is a terminal at a bot that was reached, and that freezes when it is asked to
// act; if disk is set, only its disk does, and it says so. It acts on each key that came
// once it is thawed.
func frozenBot(t *testing.T, disk bool, giveUp time.Duration) (h *host, said *journal, thaw func(), acts *atomic.Int32) {
	t.Helper()
	dir, err := os.MkdirTemp("", "host")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, "gonogo.db.sock"))
	if err != nil {
		t.Fatal(err)
	}
	thawed, frozen := make(chan struct{}), atomic.Bool{}
	acts = &atomic.Int32{}
	hangs := func(w http.ResponseWriter, r *http.Request) bool {
		if disk && r.URL.Path == "/readyz" && frozen.Load() {
			_, _ = io.WriteString(w, `{"ledger_hangs":"a write to the ledger has been under way for 6s"}`)
			return true
		}
		return false
	}
	fake := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/act" {
			_ = json.NewDecoder(r.Body).Decode(&struct{ Key string }{})
			acts.Add(1)
			frozen.Store(true)
		}
		if hangs(w, r) {
			return
		}
		if frozen.Load() {
			select {
			case <-thawed:
			case <-r.Context().Done():
				return
			}
		}
		_, _ = io.WriteString(w, `{"title":"Rolling staging back","run":"c0ffee"}`)
	})}
	go func() { _ = fake.Serve(listener) }()
	t.Cleanup(func() { _ = fake.Close() })
	p := &practice{t: t, ctx: t.Context(), config: "testdata/deploy.yml", logs: &journal{}}
	variables := map[string]string{"LEDGER": filepath.Join(dir, "gonogo.db"), "STAGING_URL": "http://localhost", "STAGING_APP_ID": cloudApp, "ALERT_WEBHOOK_TOKEN": "t"}
	p.environ = func(name string) (string, bool) { value, ok := variables[name]; return value, ok }
	h, said = p.host(), &journal{}
	h.s.Err, h.patience = said, patience{look: 10 * time.Millisecond, giveUp: giveUp}
	return h, said, func() { close(thawed) }, acts
}

// A bot that freezes once it was reached does not keep the terminal for good: it
// says that the bot is silent, and ends with what is known. It says so also if the time
// was over at the first look, since the terminal itself was suspended or its machine busy.
func TestHostGivesAFrozenBotUp(t *testing.T) {
	for _, giveUp := range []time.Duration{100 * time.Millisecond, time.Nanosecond} {
		t.Run(giveUp.String(), func(t *testing.T) {
			h, said, _, acts := frozenBot(t, false, giveUp)
			_, err := h.act(t.Context(), "host/1", reply.Act{Verb: "rollback start", Environment: "staging"})
			if err == nil || err.Error() != "the bot has not answered for "+giveUp.String()+"; its process hangs or is suspended" {
				t.Errorf("it ended with %v", err)
			}
			if !strings.Contains(said.String(), "The bot does not answer. Waiting up to "+giveUp.String()+" for it; nothing is done twice.\n") {
				t.Errorf("it said %q", said)
			}
			if n := acts.Load(); n != 1 {
				t.Errorf("the bot was asked to act %d times", n)
			}
		})
	}
}

// A bot whose disk hangs answers everything but what has to be recorded. The terminal says
// what it waits for, and how to go back without the bot, and gives up in the end.
func TestHostGivesAHangingDiskUp(t *testing.T) {
	h, said, _, acts := frozenBot(t, true, 3*time.Second)
	h.patience.look = time.Second // in which also a busy machine answers
	_, err := h.act(t.Context(), "host/1", reply.Act{Verb: "rollback start", Environment: "staging"})
	if err == nil || err.Error() != "the bot has waited for 3s for its ledger: a write to the ledger has been under way for 6s" {
		t.Errorf("it ended with %v", err)
	}
	wantSaid(t, said.String(), "The bot waits for its ledger: a write to the ledger has been under way for 6s. Waiting up to 3s for it; nothing is done twice.\n",
		"Look at the disk of this host, or at the ledger's database. The steps without the bot: gonogo rollback by-hand staging\n")
	if n := acts.Load(); n != 1 {
		t.Errorf("the bot was asked to act %d times", n)
	}
}

// Where the ledger can't be read because its disk hangs, the steps come without it.
func TestByHandWhileTheDiskHangs(t *testing.T) {
	h, said, _, acts := frozenBot(t, false, time.Hour)
	h.patience.read = 10 * time.Millisecond
	go func() { _, _ = h.client.Act(t.Context(), "host/1", "{}") }() // ends with the test
	for acts.Load() == 0 {
		runtime.Gosched()
	}
	if err := h.byHand(t.Context(), reply.Act{Verb: "rollback", Environment: "staging"}, "Nothing was done."); exitCode(err, io.Discard) != 1 {
		t.Errorf("it ended with %v", err)
	}
	wantSaid(t, said.String(), "Nothing was done. The ledger cannot be read either: it could not be read within 10ms; look at its disk.")
}

// One that goes on is waited for, and asked once.
func TestHostWaitsForAFrozenBot(t *testing.T) {
	h, said, thaw, acts := frozenBot(t, false, time.Hour)
	go func() {
		for !strings.Contains(said.String(), "The bot does not answer. ") && t.Context().Err() == nil {
			<-time.After(time.Millisecond)
		}
		thaw()
	}()
	r, err := h.act(t.Context(), "host/1", reply.Act{Verb: "rollback start", Environment: "staging"})
	if err != nil || r.Run != "c0ffee" || acts.Load() != 1 {
		t.Errorf("%+v, %v after %d acts; it said %q", r, err, acts.Load(), said)
	}
}

// A bot that has stopped and does not start again carries no rollback on, and the
// terminal says so.
func TestHostLosesTheBot(t *testing.T) {
	h, _, _, _ := frozenBot(t, false, time.Hour)
	if err := os.Remove(h.cfg.Storage.Files().Running()); err != nil {
		t.Fatal(err)
	}
	err := h.follow(t.Context(), "staging", "c0ffee", true)
	if err == nil || strings.Contains(err.Error(), "goes on") {
		t.Fatalf("it ended with %v", err)
	}
	wantSaid(t, err.Error(), "The rollback resumes when the bot does", "gonogo serve", "gonogo rollback staging", "gonogo rollback by-hand staging")
}
