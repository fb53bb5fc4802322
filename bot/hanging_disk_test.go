package main

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"gonogo/playground/workspace"
	"gonogo/storage"
	"gonogo/suite"
)

// hangingDisk is a ledger's log on a disk that hangs now and then: what is written and
// read meanwhile goes on once the disk responds.
type hangingDisk struct {
	storage.Log
	mu       sync.Mutex
	responds chan struct{} // closed: it does
	full     atomic.Bool   // there is no room for more records
}

// hang lets the disk hang until the returned function is called.
func (d *hangingDisk) hang() (end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	responds := make(chan struct{})
	d.responds = responds
	return sync.OnceFunc(func() { close(responds) })
}

func (d *hangingDisk) wait() {
	d.mu.Lock()
	responds := d.responds
	d.mu.Unlock()
	if responds != nil {
		<-responds
	}
}

// Append implements [storage.Log].
func (d *hangingDisk) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	d.wait()
	if d.full.Load() {
		return 0, fmt.Errorf("append: %w", syscall.ENOSPC)
	}
	return d.Log.Append(ctx, fence, records...)
}

// Find implements [storage.Log].
func (d *hangingDisk) Find(ctx context.Context, keys ...string) ([]uint64, error) {
	d.wait()
	return d.Log.Find(ctx, keys...)
}

// Read implements [storage.Log].
func (d *hangingDisk) Read(ctx context.Context, after uint64) iter.Seq2[storage.Record, error] {
	d.wait()
	return d.Log.Read(ctx, after)
}

// TestDiskThatHangs has the ledger's disk hang while on-call is needed. Slack is
// acknowledged at once; /readyz says it; whoever pressed is told what it waits for and how
// to go back without gonogo; a terminal shows the steps; what comes from memory is
// answered. Once the disk responds, all goes on by itself, and nothing is done twice.
func TestDiskThatHangs(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	disk := &hangingDisk{}
	p.disk = func(log storage.Log) storage.Log { disk.Log = log; return disk }
	platform := p.newCloud()
	p.start()
	p.open()
	p.deploy()
	p.ready(200, `"reasons":[]`)
	p.fires("HighErrorRate", "staging")
	card := p.offered("C0ONCALL", "Acknowledge")

	end := disk.hang()
	t.Cleanup(end) // before the bot is stopped
	p.acknowledged(click(t, p.slack, "U0DEV", card, "Acknowledge"), nil)
	p.acknowledged(p.slack.Slash("U0DEV", "C0RELEASES", "/rollback", "start staging"))
	if shown := p.say("U0PM", "/ready status"); !strings.Contains(shown, "2.0") {
		t.Errorf("the status is %q", shown)
	}
	p.ready(503, "a write to the ledger has been under way for")
	p.await("what the Acknowledge waits for", func() bool {
		return p.hears("U0DEV", "What you asked for waits: a write to the ledger has been under way for")
	})
	p.await("the steps by hand", func() bool { return p.hears("U0DEV", "so this waits, and so far it sent nothing to the platform") })
	if code, shown := p.onHost("", "by-hand", "staging"); code != 0 || !strings.Contains(shown, "To go back to 1.0:") {
		t.Errorf("by-hand ended with %d:\n%s", code, shown)
	}
	p.wantWrites(platform, putApp)

	end()
	p.ready(200, `"reasons":[]`)
	p.await("the Acknowledge", func() bool { return p.hears("U0DEV", "You acknowledged HighErrorRate") })
	p.await("the rollback", func() bool { return p.hears("U0DEV", "Rolling staging back") })
	p.offered("C0ONCALL", "Keep 1.0")
	p.wantWrites(platform, putApp, rollBack)
	p.wantCounts(map[string]int{"incident.acknowledged": 1, "run.started": 2})
}

// TestFullDiskIsTold has the ledger's disk full. On-call is told in Slack, although gonogo
// can't record that, once, although Slack's response to the message gets lost; once there is
// room, the message makes way for the one that the ledger has.
func TestFullDiskIsTold(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.watch = eager
	const about = "the ledger can't be written"
	disk := &hangingDisk{}
	p.disk = func(log storage.Log) storage.Log { disk.Log = log; return disk }
	p.start()
	p.openRelease("19.0.1")
	p.ready(200, `"reasons":[]`)
	p.slack.Lose("chat.postMessage", 1)
	updates := p.slack.Calls("chat.update")
	disk.full.Store(true)
	if said := p.say("U0DEV", "/ready release 19.0.2"); said != "The ledger could not be written" {
		t.Errorf("on a full disk it says %q", said)
	}
	p.standsIn("C0ONCALL", "gonogo has a problem", about, "/rollback ENV", "still works, since room is kept for it")
	p.await("that the message is found again", func() bool { return p.slack.Calls("chat.update") > updates })
	if n := p.troubleCards("C0ONCALL", about); n != 1 {
		t.Errorf("%d messages about it, want one", n)
	}
	disk.full.Store(false)
	p.openRelease("19.0.3")
	p.standsIn("C0ONCALL", "Resolved: gonogo had a problem", "the ledger can't be written")
	p.await("that one message is left", func() bool { return p.troubleCards("C0ONCALL", about) == 1 })
}

// acknowledged waits until the bot has acknowledged something.
func (p *practice) acknowledged(sent *workspace.Delivery, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	if got, err := sent.Wait(p.ctx); err != nil || !got.Acked {
		p.t.Fatalf("it was not acknowledged: %+v, %v", got, err)
	}
}

// hears tells whether a text is in what only one person sees.
func (p *practice) hears(user, text string) bool {
	for _, m := range p.slack.Ephemerals(user) {
		if strings.Contains(m.Text, text) || strings.Contains(string(m.Blocks), text) {
			return true
		}
	}
	return false
}
