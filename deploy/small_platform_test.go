package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/config"
	"gonogo/bot/doctor"
	"gonogo/commands/deploying"
	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// smallWorld is a gonogo that deploys to the platform, as its configuration says.
type smallWorld struct {
	*testing.T
	cfg    *config.Config
	ledger *storage.Ledger
	runs   *runs.Runs
}

const smallConfiguration = `
project: Shop
slack: { releases: C0123ABCD }
checklist: [{ section: tests, items: [{ item: tests, title: Tests, blocks: [], manual: {} }] }]
environments: { staging: { deploy: { small: { url: "%s", token: "${SMALL_TOKEN}", service: shop } } } }
`

func newSmallWorld(t *testing.T, p *smallPlatform, log storage.Log) *smallWorld {
	t.Helper()
	environ := func(name string) (string, bool) { return "t0ken-of-the-test", name == "SMALL_TOKEN" }
	return newWorld(t, "gonogo.yml", fmt.Appendf(nil, smallConfiguration, p.URL), environ, log)
}

// newWorld is a gonogo with a configuration that deploys to staging.
func newWorld(t *testing.T, name string, configuration []byte, environ func(string) (string, bool), log storage.Log) *smallWorld {
	t.Helper()
	cfg, err := config.Parse(name, configuration, environ)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	return &smallWorld{t, cfg, ledger, runs.New(runs.Options{Ledger: ledger, Checklist: cfg.Checklist, Environments: cfg.Environments,
		Secrets: cfg.Secrets, Now: time.Now, Log: logger})}
}

func (w *smallWorld) start() (stop func()) {
	ledger, work := runstest.Background(w.T, w.ledger.Run), runstest.Background(w.T, w.runs.Run)
	synctest.Wait()
	return func() { work(); ledger() }
}

// release opens version 2, with what the platform has live adopted.
func (w *smallWorld) release() error {
	if w.ledger.State().Open != "" {
		return nil
	}
	w.runs.Observe(w.Context(), "production")
	_, err := w.ledger.Update(w.Context(), func(s *history.State, _ time.Time) ([]event.Event, error) {
		live := s.Live["staging"]
		return []event.Event{event.EnvironmentAdopted{Environment: "staging", Version: live.Version, Deployment: live.Deployment, By: "U0TL"},
			event.ReleaseOpened{Version: "2"}}, nil
	})
	return err
}

func (w *smallWorld) deploy() (id string, err error) {
	return w.runs.Deploy(w.Context(), runs.DeployRequest{Key: "out", Environment: "staging", Version: "2", By: "U0DEV"})
}

func (w *smallWorld) rollBack() (id string, err error) {
	return w.runs.RollBack(w.Context(), runs.RollbackRequest{Key: "back", Environment: "staging", By: "U0ONCALL"})
}

// settled waits until nothing moves any more and gives the run.
func (w *smallWorld) settled(id string) *work.Run {
	time.Sleep(10 * time.Minute) // of the bubble's time
	synctest.Wait()
	return w.ledger.State().Runs[id]
}

// whole deploys, rolls back and decides, as far as that can be started now.
func (w *smallWorld) whole(choice string) {
	if w.release() != nil {
		return
	}
	if id, err := w.deploy(); err == nil {
		w.settled(id)
	}
	id, err := w.rollBack()
	if err != nil {
		return
	}
	if run := w.settled(id); run != nil && run.Asked != nil {
		if w.runs.Answer(w.Context(), "decide", id, choice, "U0ONCALL") == nil {
			w.settled(id)
		}
	}
}

func inSmallWorld(t *testing.T, test func(*smallWorld, *smallPlatform)) {
	t.Helper()
	p := newSmallPlatform(t)
	synctest.Test(t, func(t *testing.T) {
		w := newSmallWorld(t, p, storagetest.NewMemory())
		defer w.start()()
		test(w, p)
	})
}

// TestSmallPlatform plans, deploys, verifies, rolls back and decides on a platform
// that nothing but its own file knows. It pins nothing, so nothing says it does.
func TestSmallPlatform(t *testing.T) {
	for choice, want := range map[string]struct{ live, writes string }{
		work.ChooseKeep:   {"1", "deploy 2, deploy 1"},
		work.ChooseReturn: {"2", "deploy 2, deploy 1, deploy 2"},
	} {
		t.Run(choice, func(t *testing.T) {
			inSmallWorld(t, func(w *smallWorld, p *smallPlatform) {
				if err := w.release(); err != nil {
					w.Fatal(err)
				}
				if steps, err := w.runs.DeploySteps("staging", "2"); err != nil || len(steps) != 6 {
					w.Errorf("planned %d steps, %v", len(steps), err)
				}
				id, err := w.deploy()
				if err != nil {
					w.Fatal(err)
				}
				if run := w.settled(id); run.Outcome != work.Completed {
					w.Fatalf("the deployment ended %q at %+v: %s", run.Outcome, run.Current(), run.Reason)
				}
				if live := w.ledger.State().Live["staging"]; live.Version != "2" || !live.Verified || live.Deployment != "2" || live.App != "small:shop" {
					w.Errorf("live %+v", live)
				}
				if plan, err := w.runs.PlanRollback(w.Context(), "staging", ""); err != nil || plan.To.Version != "1" || plan.Pins {
					w.Errorf("the way back is %+v, %v", plan, err)
				}
				back, err := w.rollBack()
				if err != nil {
					w.Fatal(err)
				}
				run := w.settled(back)
				if run.Asked == nil || run.Asked.Why != "1 is live: keep it, or return to 2?" {
					w.Fatalf("the rollback asks %+v: %s", run.Asked, run.Reason)
				}
				if lock := w.ledger.State().Locks["staging"]; lock.Run != back {
					w.Errorf("while it is undecided, the lock is %+v", lock)
				}
				if choice == work.ChooseReturn {
					err = w.runs.Return(w.Context(), "decide", back, "U0ONCALL", "it was the network")
				} else {
					err = w.runs.Answer(w.Context(), "decide", back, choice, "U0ONCALL")
				}
				if run := w.settled(back); err != nil || run.Outcome != work.Completed {
					w.Errorf("the rollback ended %q (%v): %s", run.Outcome, err, run.Reason)
				}
				w.over(p, want.live, want.writes)
			})
		})
	}
}

// over checks what is left of it all.
func (w *smallWorld) over(p *smallPlatform, live, writes string) {
	w.Helper()
	s := w.ledger.State()
	if got := p.saw(); got != writes {
		w.Errorf("the platform saw %q, want %q", got, writes)
	}
	if s.Live["staging"].Version != live || s.Pinned("staging") || len(s.Locks) > 0 {
		w.Errorf("left with %+v live, pinned %t, locks %v", s.Live["staging"], s.Pinned("staging"), s.Locks)
	}
	view := readiness.View{Checklist: w.cfg.Checklist, State: s, Now: time.Now(), Version: "2"}
	for _, h := range view.HoldsOf("staging", "2") {
		if h.Kind == event.HeldByPin {
			w.Errorf("held by a pin: %+v", h)
		}
	}
	if _, err := w.runs.Settle(w.Context(), runs.SettleRequest{Key: "keep", Environment: "staging", Choice: work.ChooseKeep, By: "U0TL"}); !errors.Is(err, runs.ErrNotPinned) {
		w.Errorf("keeping what is not pinned: %v", err)
	}
}

// mortal is a log whose process dies at one of its appends: nothing gets in from
// there on.
type mortal struct {
	*storagetest.Memory
	left int
}

func (m *mortal) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if m.left == 0 {
		return 0, errors.New("dead")
	}
	if len(records) > 0 { // without any, the ledger tries whether it can be written
		m.left--
	}
	return m.Memory.Append(ctx, fence, records...)
}

// TestSmallPlatformDeaths kills gonogo at every append, so before each intent,
// between each intent and its outcome, and after it. The next one goes on, and the
// platform sees each write once.
func TestSmallPlatformDeaths(t *testing.T) {
	for n, alive := 1, false; !alive; n++ {
		p := newSmallPlatform(t)
		synctest.Test(t, func(t *testing.T) {
			log := &mortal{storagetest.NewMemory(), n}
			w := newSmallWorld(t, p, log)
			stop := w.start()
			w.whole(work.ChooseKeep)
			stop()
			if alive = log.left > 0; alive && n < 12 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			w = newSmallWorld(t, p, log.Reopen())
			defer w.start()()
			w.whole(work.ChooseKeep)
			for _, run := range w.ledger.State().Runs {
				if run.Outcome != work.Completed {
					t.Errorf("after dying at append %d, %s is %q at %+v, asking %+v: %s", n, run.Title, run.Outcome, run.Current(), run.Asked, run.Reason)
				}
			}
			w.over(p, "1", "deploy 2, deploy 1")
		})
	}
}

// TestSmallPlatformFaults deploys while the platform is at fault. What it says is
// sorted into classes in the platform's file, and the runs do the rest.
func TestSmallPlatformFaults(t *testing.T) {
	write := func(r *http.Request) bool { return r.Method == http.MethodPost }
	follow := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/deployments/") }
	anything := func(*http.Request) bool { return true }
	for name, tt := range map[string]struct {
		what  func(*http.Request) bool
		fault smallFault
		times int
		want  string // the deployment that is live
	}{
		"an answer is lost":                 {write, lost, 1, "2"},
		"too many requests":                 {write, limited, 2, "2"},
		"the platform is away":              {anything, away, 8, "2"},
		"a newer deployment took its place": {follow, replaced, 1, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			inSmallWorld(t, func(w *smallWorld, p *smallPlatform) {
				if err := w.release(); err != nil {
					w.Fatal(err)
				}
				id, err := w.deploy()
				if err != nil {
					w.Fatal(err)
				}
				p.mu.Lock()
				p.fault = func(r *http.Request) smallFault {
					if tt.times == 0 || !tt.what(r) {
						return none
					}
					tt.times--
					return tt.fault
				}
				p.mu.Unlock()
				run := w.settled(id)
				if run.Outcome != work.Completed {
					w.Fatalf("ended %q at %+v, asking %+v: %s", run.Outcome, run.Current(), run.Asked, run.Reason)
				}
				if live := w.ledger.State().Live["staging"]; live.Deployment != tt.want || !live.Verified || p.saw() != "deploy 2" || tt.times > 0 {
					w.Errorf("live %+v after %q, with %d faults left", live, p.saw(), tt.times)
				}
			})
		})
	}
}

// TestSmallPlatformLeavesNoPin has a rollback end while nobody knows what became of
// it. Where a platform pins, that may have left a pin; here it cannot have.
func TestSmallPlatformLeavesNoPin(t *testing.T) {
	inSmallWorld(t, func(w *smallWorld, p *smallPlatform) {
		if err := w.release(); err != nil {
			w.Fatal(err)
		}
		id, err := w.deploy()
		if err != nil {
			w.Fatal(err)
		}
		w.settled(id)
		p.mu.Lock()
		gone := false
		p.fault = func(r *http.Request) smallFault {
			if gone = gone || r.Method == http.MethodPost; gone {
				return away
			}
			return none
		}
		p.mu.Unlock()
		back, err := w.rollBack()
		if err != nil {
			w.Fatal(err)
		}
		if run := w.settled(back); run.Asked == nil || !run.Asked.Interrupted {
			w.Fatalf("it asks %+v: %s", run.Asked, run.Reason)
		}
		if err := w.runs.Answer(w.Context(), "abandon", back, work.ChooseAbandon, "U0ONCALL"); err != nil {
			w.Fatal(err)
		}
		if run := w.settled(back); run.Outcome != work.Interrupted {
			w.Errorf("it ended %q: %s", run.Outcome, run.Reason)
		}
		w.over(p, "2", "deploy 2")
	})
}

// TestSmallPlatformByHand shows the platform's own steps, with the configuration and
// with the ledger alone, and none of another platform's.
func TestSmallPlatformByHand(t *testing.T) {
	inSmallWorld(t, func(w *smallWorld, _ *smallPlatform) {
		if err := w.release(); err != nil {
			w.Fatal(err)
		}
		out, err := w.deploy()
		if err != nil {
			w.Fatal(err)
		}
		w.settled(out)
		w.byHand("", "In the small console, deploy 1 to shop.")
		back, err := w.rollBack()
		if err != nil {
			w.Fatal(err)
		}
		w.settled(back)
		w.byHand(work.ChooseKeep, "There is nothing to do at the platform: it pins nothing.")
		w.byHand(work.ChooseReturn, "In the small console, deploy 2 to shop.")
	})
}

func (w *smallWorld) byHand(choice, want string) {
	w.Helper()
	for _, list := range []*checklist.Checklist{w.cfg.Checklist, nil} {
		var shown strings.Builder
		deploying.ByHand{Checklist: list, State: w.ledger.State(), Environment: "staging", Why: "No bot runs.", Choice: choice, Host: true}.Reply().Print(&shown, time.UTC)
		if !strings.Contains(shown.String(), want) || strings.Contains(shown.String(), "digitalocean") {
			w.Errorf("%q by hand, want %q in:\n%s", choice, want, &shown)
		}
	}
}

// TestSmallPlatformIsLookedAt has the doctor look at the platform.
func TestSmallPlatformIsLookedAt(t *testing.T) {
	p := newSmallPlatform(t)
	w := newSmallWorld(t, p, storagetest.NewMemory())
	w.cfg.Storage.Bolt = t.TempDir() + "/gonogo.db"
	for _, found := range doctor.Examine(t.Context(), doctor.Options{Config: w.cfg, Environ: func(string) (string, bool) { return "", false }, Now: time.Now,
		State: func(context.Context) (*history.State, error) { return history.NewState(), nil }}) {
		if found.Subject == "environment staging" {
			if found.Says != "1 is live" {
				t.Errorf("the doctor says %q", found.Says)
			}
			return
		}
	}
	t.Error("the doctor did not look at the environment")
}

// TestAppsSayTheirKind reads every app as it was written, and those of old ledgers,
// which name no kind, as ones of the first.
func TestAppsSayTheirKind(t *testing.T) {
	for text, want := range map[string]deploy.App{
		"6e1c9a52/web":   {ID: "6e1c9a52", Component: "web"},
		"small:shop":     {ID: "shop", Kind: "small"},
		"small:shop/web": {ID: "shop", Component: "web", Kind: "small"},
		"later:x/y":      {ID: "x", Component: "y", Kind: "later"},
	} {
		got := deploy.ParseApp(text)
		if diff := cmp.Diff(want, got); diff != "" || got.String() != text || got.Known() != (want.Kind != "later") {
			t.Errorf("%s is written as %q, known %t (-want +got):\n%s", text, got, got.Known(), diff)
		}
	}
}
