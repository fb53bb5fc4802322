package reviews_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/playground/upstream/github"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage/storagetest"
)

// An override lets one workflow run through. While it isn't known whether GitHub has taken
// that answer, it counts for no other run.
func TestOverrideCountsForOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, false)
		defer w.close()
		w.list = (&checklist.Checklist{
			Project: "shop", Environments: []checklist.Environment{{Name: "live", Override: &checklist.Override{Roles: []string{"lead"}, Second: []string{"owner"}, Items: []string{"docs"}}}},
			Roles:    []checklist.Role{{ID: "lead", Title: "Lead", Users: []string{"U0TL"}}, {ID: "owner", Title: "Owner", Users: []string{"U0PO"}}},
			Sections: []checklist.Section{{ID: "all", Title: "All", Items: []*checklist.Item{{ID: "docs", Title: "The docs are done", Section: "all", Blocks: []string{"live"}, Manual: &checklist.Manual{By: []string{"lead"}}}}}},
		}).Index()
		w.gonogo = w.start(storagetest.NewMemory())
		first := github.WorkflowRun{Of: shaMain, At: time.Now()}
		w.waits(first)
		if len(w.answers()) > 0 {
			t.Fatalf("NO-GO was answered: %v", w.answers())
		}
		w.breaks(func(c github.Call) github.Fault {
			if reviewing(c) {
				return github.Fault{Status: 502}
			}
			return github.Fault{}
		})
		version := w.review("live/1/1").Release
		v := readiness.View{Checklist: w.list, State: w.gonogo.ledger.State(), Now: time.Now(), Version: version}
		w.add(event.OverrideAsked{ID: "o1", Environment: "live", Release: version, Commit: shaMain, Items: v.Overridable("live"), Reason: "the shop is down", By: "U0TL", Until: time.Now().Add(history.OverrideWaits)},
			event.OverrideConfirmed{ID: "o1", By: "U0PO", Until: time.Now().Add(history.OverrideCounts)})
		w.pass(5 * time.Second)
		if r := w.review("live/1/1"); !r.Approving {
			t.Fatalf("the override doesn't count: %+v", r)
		}
		w.waits(first, github.WorkflowRun{Of: shaMain, At: first.At.Add(time.Minute)})
		if r := w.review("live/2/1"); r.Approving {
			t.Errorf("the override counts for a second run: %+v", r)
		}
		w.breaks(nil)
		w.pass(30 * time.Minute)
		if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
			t.Errorf("answered %v", got)
		}
		if got := w.host.Runs()[0].Reviews[0].Comment; !strings.Contains(got, "although 1 item doesn't pass, overridden by U0TL and U0PO: the shop is down") {
			t.Errorf("GitHub shows %q", got)
		}
	})
}
