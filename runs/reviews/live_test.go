package reviews_test

import (
	"testing"
	"time"

	"gonogo/playground/upstream/github"
	"gonogo/readiness/build"
)

// What a workflow deploys that gonogo let through is live, and verified, once GitHub says
// that it succeeded; what was live before is found as it is.
func TestLive(t *testing.T) {
	inLiveWorld(t, func(w *world) {
		live := func() (string, bool, int) {
			now := w.gonogo.ledger.State().Live["live"]
			return now.Version, now.Verified, now.Arrival
		}
		w.waits(github.WorkflowRun{Of: shaMain, Ref: "v1.2"})
		if version, verified, arrival := live(); version != "0a0000000000" || verified || arrival != 1 || !w.gonogo.ledger.State().Live["live"].Outside() {
			t.Errorf("at first %s is live, verified %t, arrival %d", version, verified, arrival)
		}
		w.approve("v1.2")
		w.pass(2 * time.Minute)
		if version, _, _ := live(); version != "0a0000000000" {
			t.Errorf("while it deploys, %s is live", version)
		}
		for range 2 {
			w.goesOn(1)
		}
		w.pass(2 * time.Minute)
		if version, verified, arrival := live(); version != "v1.2" || !verified || arrival != 2 {
			t.Errorf("%s is live, verified %t, arrival %d", version, verified, arrival)
		}
		s := w.gonogo.ledger.State()
		if !build.SameCommit(s.Live["live"].Commit, shaMain) || s.Releases["v1.2"].WentLive["live"].IsZero() {
			t.Errorf("live: %+v", s.Live["live"])
		}
		review := w.review("live/1/1")
		if p := s.Pipelined["live"]; len(p) != 1 || p[0].Version != "v1.2" || p[0].From.Version != "0a0000000000" || p[0].Review != review.Review || !p[0].Began.Equal(review.Ended) || p[0].Back {
			t.Errorf("the pipeline deployed %+v", p)
		}
		before := w.gonogo.ledger.Seq()
		w.pass(time.Hour)
		if seq := w.gonogo.ledger.Seq(); seq != before {
			t.Errorf("%d more records in an hour", seq-before)
		}
	})
}

// What was let through by somebody else at GitHub, or deployed by another program, is
// outside gonogo. An answer that is out of date changes nothing.
func TestLiveOutside(t *testing.T) {
	inLiveWorld(t, func(w *world) {
		w.host.SetEnvironments(github.Environment{Name: "production", Reviewers: []string{"ann"}})
		w.waits(github.WorkflowRun{Of: shaMain})
		if err := w.host.Review(1, github.Review{Environment: "production", State: "approved", By: "ann"}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.goesOn(1)
		}
		w.pass(2 * time.Minute)
		if now := w.gonogo.ledger.State().Live["live"]; now.Version != "0b0000000000" || !now.Outside() {
			t.Errorf("live: %+v", now)
		}
		w.host.SetDeployments(github.Deployment{Environment: "production", Ref: "main", SHA: shaOld, State: "success", At: time.Now()})
		w.pass(2 * time.Minute)
		if now := w.gonogo.ledger.State().Live["live"]; now.Version != "0b0000000000" {
			t.Errorf("an older deployment became live: %+v", now)
		}
	})
}

// While GitHub doesn't say what is live, that doesn't change, and reviews are answered.
func TestLiveUnknown(t *testing.T) {
	inLiveWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		before := w.gonogo.ledger.State().Live["live"]
		w.breaks(func(c github.Call) github.Fault {
			if c.Method == "GET" && c.Route == "GET /repos/{owner}/{repo}/deployments" {
				return github.Fault{Status: 403}
			}
			return github.Fault{}
		})
		w.approve("0b0000000000")
		w.pass(10 * time.Minute)
		if got := w.answers(); len(got) != 1 || w.gonogo.ledger.State().Live["live"] != before {
			t.Errorf("answered %v, live %+v", got, w.gonogo.ledger.State().Live["live"])
		}
	})
}

// goesOn looks at a run, which has it go one state further.
func (w *world) goesOn(run int64) {
	w.t.Helper()
	if _, err := w.gonogo.client.WorkflowRun(w.t.Context(), run); err != nil {
		w.t.Fatal(err)
	}
}
