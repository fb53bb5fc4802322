package reviews_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/playground/upstream/github"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/runs/reviews"
	"gonogo/runs/runstest"
	"gonogo/storage/storagetest"
)

// site is one that shows a version; several are shown in turn.
type site struct {
	mu    sync.Mutex
	shown []string // an empty one can't be read
	asked int
}

func (s *site) Read(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if version := s.shown[s.asked%len(s.shown)]; version != "" {
		return version, nil
	}
	return "", errors.New("shop.test answers with status 503 and s3cret-of-the-test.")
}

// inSiteWorld is inRuleWorld with a site that shows what is live.
func inSiteWorld(t *testing.T, test func(w *world, shows func(versions ...string))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		w.list.Environments[0].Site = true
		w.list.Index()
		defer w.close()
		w.gonogo = w.start(storagetest.NewMemory())
		shop := &site{shown: []string{"v1.1"}}
		s := reviews.Site{Ledger: w.gonogo.ledger, Environment: "live", Shown: shop, Secrets: []string{"s3cret-of-the-test"}, Log: slog.New(slog.DiscardHandler)}
		defer runstest.Background(t, s.Run)()
		test(w, func(versions ...string) {
			shop.mu.Lock()
			shop.shown = versions
			shop.mu.Unlock()
			w.pass(2 * time.Minute)
		})
	})
}

// What gonogo let through is live and verified once the site shows it, by its release or
// its commit; anything else was deployed outside gonogo.
func TestSite(t *testing.T) {
	for name, shown := range map[string]string{"by its release": "v1.2", "by its commit": shaMain, "by a short commit": shaMain[:7]} {
		t.Run(name, func(t *testing.T) {
			inSiteWorld(t, func(w *world, shows func(...string)) {
				shows("v1.1")
				if now := w.gonogo.ledger.State().Live["live"]; now.Version != "v1.1" || !now.Outside() {
					t.Errorf("at first: %+v", now)
				}
				w.waits(github.WorkflowRun{Of: shaMain, Ref: "v1.2"})
				shows(shown)
				if now := w.gonogo.ledger.State().Live["live"]; !now.Outside() {
					t.Errorf("before it was approved: %+v", now)
				}
				shows("v1.1")
				w.approve("v1.2")
				shows("v1.1")
				if now := w.gonogo.ledger.State().Live["live"]; now.Version != "v1.1" {
					t.Errorf("before it is deployed: %+v", now)
				}
				shows(shown)
				s := w.gonogo.ledger.State()
				if now := s.Live["live"]; now.Version != "v1.2" || !now.Verified || !build.SameCommit(now.Commit, shaMain) {
					t.Errorf("live: %+v", now)
				}
				if p := s.Pipelined["live"]; len(p) != 3 || p[2].Version != "v1.2" || p[2].Review != "live/1/1" || p[2].Back || !p[1].Back {
					t.Errorf("the pipeline deployed %+v", p)
				}
				before := w.gonogo.ledger.Seq()
				w.pass(time.Hour)
				if seq := w.gonogo.ledger.Seq(); seq != before {
					t.Errorf("%d more records in an hour", seq-before)
				}
				shows("v1.1")
				if now := w.gonogo.ledger.State().Live["live"]; now.Version != "v1.1" || !now.Outside() {
					t.Errorf("brought back outside gonogo: %+v", now)
				}
			})
		})
	}
}

// What a site doesn't show, or shows in turn with another version, is unknown, and that is
// NO-GO; once it is shown again, nothing has arrived.
func TestSiteUnknown(t *testing.T) {
	inSiteWorld(t, func(w *world, shows func(...string)) {
		why := func() string {
			for _, b := range (readiness.View{Checklist: w.list, State: w.gonogo.ledger.State(), Now: time.Now(), Version: "v1.2"}).Decide("live").Blockers {
				if b.Kind == readiness.BlockedByPlatform {
					return b.Reason
				}
			}
			return ""
		}
		w.add(event.ReleaseOpened{Version: "v1.2"})
		if got := why(); got != "its site has not been asked yet" {
			t.Errorf("at first: %q", got)
		}
		shows("v1.1")
		for _, tt := range []struct {
			shown []string
			want  string
		}{
			{[]string{""}, "shop.test answers with status 503 and [redacted]"},
			{[]string{"v1.1"}, ""},
			{[]string{"v1.1", "v1.2"}, "it shows both"},
			{[]string{"v1.1", "v1.1", ""}, "shop.test answers"},
			{[]string{"v1.1"}, ""},
		} {
			shows(tt.shown...)
			if got := why(); (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
				t.Errorf("%q: %q, want %q", tt.shown, got, tt.want)
			}
			if now := w.gonogo.ledger.State().Live["live"]; now.Version != "v1.1" || now.Arrival != 1 {
				t.Errorf("%q: live %+v", tt.shown, now)
			}
		}
		w.add(event.EnvironmentAdopted{Environment: "live", Version: "v1.1", By: "U0TL"})
		before := w.gonogo.ledger.Seq()
		w.pass(time.Hour)
		if seq := w.gonogo.ledger.Seq(); seq > before+1 || !w.gonogo.ledger.State().Live["live"].Verified {
			t.Errorf("%d more records in an hour after it was adopted, live %+v", seq-before, w.gonogo.ledger.State().Live["live"])
		}
	})
}

// While a version goes out, a site may happen to show the earlier one again.
func TestSiteWhileItIsReplaced(t *testing.T) {
	inSiteWorld(t, func(w *world, shows func(...string)) {
		shows("v1.1")
		w.waits(github.WorkflowRun{Of: shaMain, Ref: "v1.2"})
		w.approve("v1.2")
		for _, version := range []string{"v1.2", "v1.1", "v1.2"} {
			shows(version)
			if now := w.gonogo.ledger.State().Live["live"]; now.Version != version || now.Verified != (version == "v1.2") {
				t.Errorf("%s: live %+v", version, now)
			}
		}
	})
}
