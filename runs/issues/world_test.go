package issues_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	client "gonogo/clients/github"
	"gonogo/playground/upstream/github"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/issues"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// issueWorld is a GitHub, and a gonogo that keeps issues there and can be
// killed. It lives in a bubble of testing/synctest, so that hours pass at once;
// HTTP stays within the process, since real sockets would stop the bubble's clock.
type issueWorld struct {
	t         *testing.T
	host      *github.Host
	network   *runstest.Network
	server    *http.Server
	checklist *checklist.Checklist
	thread    func(run string) string
	secrets   []string
	runbooks  map[string][]string
	gonogo    *gonogo
	killed    chan struct{}
	buried    sync.WaitGroup // those that were killed
	runs      int            // counts what was measured

	mu    sync.Mutex
	calls []github.Call
	fault func(n int, c github.Call) github.Fault
	left  *storagetest.Memory // what the ledger held when gonogo was killed

	// appending is asked, before and after an append of events of some kinds, whether
	// gonogo is killed there; nil: never.
	appending func(before bool, kinds []string) (dies bool)
}

// gonogo is one process: a ledger and the issues that are kept from it.
type gonogo struct {
	log       *storagetest.Memory
	ledger    *storage.Ledger
	unplugged atomic.Bool // no connection can be made; for good, once it was killed
	stop      func()

	stopPostmortems func()
}

// item is an item that a gate answers.
func item(id string) *checklist.Item {
	return &checklist.Item{ID: id, Title: "The " + id + " are there", Gate: &checklist.Gate{Kind: "http", Settings: "s"}, Fix: "mend-" + id}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inIssueWorld runs a test in a bubble with a world in it.
func inIssueWorld(t *testing.T, items []*checklist.Item, test func(*issueWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newIssueWorld(t, items)
		defer w.close()
		w.gonogo = w.start(storagetest.NewMemory())
		test(w)
	})
}

func newIssueWorld(t *testing.T, items []*checklist.Item) *issueWorld {
	t.Helper()
	sections := []checklist.Section{{ID: "all", Title: "Everything", Weight: 1, Items: items}}
	w := &issueWorld{
		t: t, network: runstest.NewNetwork(), killed: make(chan struct{}, 1),
		checklist: (&checklist.Checklist{Project: "shop", Sections: sections}).Index(),
	}
	var err error
	if w.host, err = github.New(github.Options{Token: "token-of-the-test", Repository: "acme/shop", RetryAfter: 2 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	w.host.OnCall(w.called)
	w.server = &http.Server{Handler: w.host.Handler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go w.server.Serve(w.network)
	return w
}

// called is asked for a fault at each request.
func (w *issueWorld) called(c github.Call) github.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
	if w.fault == nil {
		return github.Fault{}
	}
	return w.fault(len(w.calls), c)
}

// breaks says what goes wrong from now on.
func (w *issueWorld) breaks(fault func(n int, c github.Call) github.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

// asked counts the requests so far.
func (w *issueWorld) asked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

// start starts a gonogo on a log.
func (w *issueWorld) start(log *storagetest.Memory) *gonogo {
	w.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(w.t.Context(), &mortal{log, w}, storage.Options{Log: logger})
	if err != nil {
		w.t.Fatal(err)
	}
	g := &gonogo{log: log, ledger: ledger}
	reconciler := issues.New(issues.Options{
		Ledger: ledger, Checklist: w.checklist, Repository: w.client(&g.unplugged), Labels: []string{"release", "gate"}, Project: "shop", Runbooks: w.runbooks,
		Thread: w.thread, Secrets: w.secrets, Now: time.Now, Log: logger,
	})
	stopLedger := runstest.Background(w.t, ledger.Run)
	g.write(w.t, func(s *history.State) []event.Event {
		if s.Open != "" {
			return nil
		}
		return []event.Event{event.ReleaseOpened{Version: "19.0.2", Commit: "4f3c2b1a"}}
	})
	postmortems := issues.NewPostmortems(issues.Options{Ledger: ledger, Repository: w.client(&g.unplugged), Labels: []string{"release"}, Project: "shop", Secrets: w.secrets, Now: time.Now, Log: logger})
	stopIssues := runstest.Background(w.t, reconciler.Run)
	g.stopPostmortems = sync.OnceFunc(runstest.Background(w.t, postmortems.Run))
	overrides := issues.NewOverrides(issues.Options{Ledger: ledger, Checklist: w.checklist, Repository: w.client(&g.unplugged), Labels: []string{"release"}, Project: "shop", Secrets: w.secrets, Now: time.Now, Log: logger})
	stopOverrides := runstest.Background(w.t, overrides.Run)
	g.stop = func() { g.stopPostmortems(); stopIssues(); stopOverrides(); stopLedger() }
	synctest.Wait()
	return g
}

// mortal is a log at whose appends gonogo may be killed.
type mortal struct {
	*storagetest.Memory
	world *issueWorld
}

func (m *mortal) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.Kind)
	}
	dies := func(before bool) bool { return m.world.appending != nil && m.world.appending(before, kinds) }
	if dies(true) {
		m.world.kill()
		return 0, errors.New("killed")
	}
	last, err := m.Memory.Append(ctx, fence, records...)
	if err == nil && dies(false) {
		m.world.kill()
		return 0, errors.New("killed")
	}
	return last, err
}

// client is a client of the repository.
func (w *issueWorld) client(unplugged *atomic.Bool) *client.Client {
	w.t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if unplugged.Load() {
			return nil, &net.OpError{Op: "dial", Err: errors.New("no route to host")}
		}
		return w.network.Dial(ctx, network, address)
	}}
	c, err := client.New(client.Options{Repository: "acme/shop", Token: "token-of-the-test", APIURL: "http://github.test/api/v3", Transport: transport})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// byHand changes an issue as a person would.
func (w *issueWorld) byHand(number int, change client.Change) {
	w.t.Helper()
	if _, err := w.client(new(atomic.Bool)).Edit(context.Background(), number, change); err != nil {
		w.t.Fatal(err)
	}
}

func (w *issueWorld) closeByHand(number int) {
	w.t.Helper()
	open := false
	w.byHand(number, client.Change{State: &open, Reason: "not_planned"})
}

func (g *gonogo) write(t *testing.T, events func(*history.State) []event.Event) {
	t.Helper()
	_, err := g.ledger.Update(context.Background(), func(s *history.State, _ time.Time) ([]event.Event, error) { return events(s), nil })
	if err != nil {
		t.Fatal(err)
	}
}

// kill ends gonogo as kill -9 would, in the middle of a request: nothing that
// it does from here on reaches GitHub or the ledger. Call it from a fault.
func (w *issueWorld) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left != nil {
		return
	}
	w.left = w.gonogo.log.Reopen()
	w.gonogo.unplugged.Store(true)
	w.killed <- struct{}{}
}

// restart stops gonogo politely and starts it again on the same ledger.
func (w *issueWorld) restart() {
	w.t.Helper()
	w.gonogo.stop()
	w.gonogo = w.start(w.gonogo.log.Reopen())
}

// revive starts gonogo again after it was killed. The dead one's requests may
// still be under way.
func (w *issueWorld) revive() {
	w.buried.Go(w.gonogo.stop)
	w.mu.Lock()
	left := w.left
	w.mu.Unlock()
	w.gonogo = w.start(left)
}

// pass lets time go by. A gonogo that is killed meanwhile is started again.
func (w *issueWorld) pass(d time.Duration) {
	w.t.Helper()
	end := time.After(d)
	for {
		select {
		case <-w.killed:
			w.revive()
		case <-end:
			synctest.Wait()
			return
		}
	}
}

func (w *issueWorld) close() {
	w.gonogo.stop()
	w.buried.Wait()
	w.network.Close()
	w.server.Close()
}

// measure records a gate run that answers one item.
func (w *issueWorld) measure(item string, ev answer.Evidence) (run string) {
	w.t.Helper()
	w.runs++
	run = "run-" + strings.Repeat("i", w.runs)
	ev.Settings = "s"
	w.gonogo.write(w.t, func(s *history.State) []event.Event {
		return []event.Event{
			event.RunStarted{Run: run, What: work.Gates, Title: "all gates", Release: s.Open, Steps: []string{item}},
			event.StepStarted{Run: run, Step: item},
			event.StepEnded{Run: run, Step: item, Item: item, Evidence: ev},
			event.RunEnded{Run: run, Outcome: work.Completed},
		}
	})
	return run
}

func found(v answer.Verdict, summary string) answer.Evidence {
	return answer.Evidence{Verdict: v, Summary: summary, Measures: []answer.Measure{{Name: "missing modules", Value: summary, Limit: "0", OK: v.LetsThrough()}}}
}

// issue is the only issue there is.
func (w *issueWorld) issue() github.Issue {
	w.t.Helper()
	all := w.host.Issues()
	if len(all) != 1 {
		w.t.Fatalf("there are %d issues, want one", len(all))
	}
	return all[0]
}

// known is what the ledger knows of an item's issue.
func (w *issueWorld) known(item string) history.Issue {
	return w.gonogo.ledger.State().Issues[answer.Key{Item: item}]
}

// delays lists why issues were delayed, as the ledger tells it.
func (w *issueWorld) delays() []string {
	w.t.Helper()
	var whys []string
	for r, err := range w.gonogo.log.Read(context.Background(), 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		happened, err := event.Decode(r.Kind, r.Data)
		if err != nil {
			w.t.Fatal(err)
		}
		if delayed, ok := happened.(event.IssueDelayed); ok {
			whys = append(whys, delayed.Item+": "+delayed.Why)
		}
	}
	return whys
}

// startEmpty starts another gonogo whose ledger is empty.
func (w *issueWorld) startEmpty() *gonogo { return w.start(storagetest.NewMemory()) }
