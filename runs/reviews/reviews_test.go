package reviews_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/playground/upstream/github"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// A run that waits opens its commit's release, and is approved once that has been
// approved: once, with who did.
func TestApproved(t *testing.T) {
	inWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain, Title: "Deploy with s3cret-of-the-test", By: "ann"})
		r := w.review("live/1/1")
		if s := w.gonogo.ledger.State(); r.Release != "0b0000000000" || s.Open != r.Release || s.Releases[s.Open].Commit != shaMain || strings.Contains(r.Title, "s3cret") || r.By != "ann" || r.URL == "" {
			t.Fatalf("found %+v; open: %v", r, s.Opens)
		}
		if r.Since != shaOld || r.Compared == nil || r.Compared.Ahead != 1 || r.Compared.Commits[0].Title != "Fix login" || r.Compared.Commits[0].Author != "Bob" {
			t.Errorf("brings %+v since %s", r.Compared, r.Since)
		}
		w.pass(time.Hour)
		if len(w.answers()) > 0 || !w.review("live/1/1").Waits() {
			t.Fatalf("NO-GO was answered: %v", w.answers())
		}
		w.approve(r.Release)
		if r = w.review("live/1/1"); r.Outcome != event.ReviewApproved || r.EndedBy != "" {
			t.Errorf("ended: %+v", r)
		}
		w.pass(time.Hour)
		want := "gonogo: GO for 0b0000000000 on live, signed off by Lead (U0TL) (attempt 1)"
		if got := w.host.Runs()[0].Reviews; len(got) != 1 || got[0].Comment != want {
			t.Errorf("GitHub got %+v, want %s", got, want)
		}
	})
}

// The tag that a run is for names its release; an open release of the commit is used as
// it is, and a closed one is opened again.
func TestRelease(t *testing.T) {
	inWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain, Ref: "v1.2"})
		if r := w.review("live/1/1"); r.Release != "v1.2" {
			t.Errorf("the tag's release is %s", r.Release)
		}
	})
	for name, closed := range map[string]bool{"open": false, "closed": true} {
		inWorld(t, func(w *world) {
			w.add(event.ReleaseOpened{Version: "2.0", Commit: shaMain[:8], By: "U0PM"})
			if closed {
				w.add(event.ReleaseClosed{Release: "2.0"})
			}
			w.waits(github.WorkflowRun{Of: shaMain, Ref: "v1.2"})
			if r := w.review("live/1/1"); r.Release != "2.0" || !w.gonogo.ledger.State().IsOpen("2.0") {
				t.Errorf("%s: the release is %s", name, r.Release)
			}
		})
	}
}

// A newer run supersedes the older one, whose release is closed; one that began earlier
// and waits later doesn't go back.
func TestSuperseded(t *testing.T) {
	inWorld(t, func(w *world) {
		first := github.WorkflowRun{Of: shaMain, At: time.Now()}
		w.waits(first)
		w.waits(first, github.WorkflowRun{Of: shaNext, At: time.Now()}, github.WorkflowRun{Of: shaOld, At: first.At.Add(-time.Hour)})
		for id, want := range map[string]event.ReviewOutcome{"live/1/1": event.ReviewSuperseded, "live/2/1": "", "live/3/1": event.ReviewSuperseded} {
			if r := w.review(id); r.Outcome != want {
				t.Errorf("%s is %q, want %q", id, r.Outcome, want)
			}
		}
		if opens := w.gonogo.ledger.State().Opens; !slices.Equal(opens, []string{"0c0000000000"}) {
			t.Errorf("open: %v", opens)
		}
		w.approve("0c0000000000")
		if got := w.host.Runs(); len(got[0].Reviews)+len(got[2].Reviews) > 0 || len(got[1].Reviews) != 1 {
			t.Errorf("answered: %+v", got)
		}
	})
}

// However many runs GitHub keeps waiting, those that are superseded, or that wait for
// another environment, aren't asked about at each poll.
func TestAsksLittle(t *testing.T) {
	inWorld(t, func(w *world) {
		w.host.SetWorkflows(github.Workflow{File: "deploy.yml", Into: "production"}, github.Workflow{File: "docs.yml", Into: "docs"})
		var runs []github.WorkflowRun
		for i := range 20 {
			runs = append(runs, github.WorkflowRun{Workflow: []string{"deploy.yml", "docs.yml"}[i%2], Of: shaMain, State: "waiting", At: time.Now().Add(time.Duration(i))})
		}
		w.host.SetRuns(runs)
		w.pass(time.Minute)
		before := len(w.host.Calls())
		w.pass(time.Hour)
		// 240 polls, with a look at the run that waits here in each, and 60 looks at the
		// ten that wait elsewhere
		if n := len(w.host.Calls()) - before; n > 2*240+60*10+20 {
			t.Errorf("%d requests an hour", n)
		}
	})
}

// Opening a release, by a person or for a run, closes the empty one that gonogo began
// with, but none that a run waits for.
func TestKeepsReleasesThatWait(t *testing.T) {
	inWorld(t, func(w *world) {
		w.add(event.ReleaseOpened{Version: "next"})
		w.waits(github.WorkflowRun{Of: shaMain})
		s := w.gonogo.ledger.State()
		if !slices.Equal(s.Opens, []string{"0b0000000000"}) {
			t.Errorf("open: %v", s.Opens)
		}
		v := readiness.View{Checklist: w.list, State: s, Now: time.Now()}
		if over := readiness.Superseded(v, "3.0"); len(over) > 0 {
			t.Errorf("a person's release would close %v", over)
		}
	})
}

// A person's release stays open when a newer run waits.
func TestSupersedesNoRelease(t *testing.T) {
	inWorld(t, func(w *world) {
		first := github.WorkflowRun{Of: shaMain, At: time.Now()}
		w.add(event.ReleaseOpened{Version: "2.0", Commit: shaMain, By: "U0PM"})
		w.waits(first)
		w.waits(first, github.WorkflowRun{Of: shaNext, At: time.Now()})
		if opens := w.gonogo.ledger.State().Opens; !slices.Equal(opens, []string{"2.0", "0c0000000000"}) {
			t.Errorf("open: %v", opens)
		}
	})
}

// What somebody else does at GitHub is told as it is.
func TestAnsweredElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		do      func(*world)
		outcome event.ReviewOutcome
		by, why string
	}{
		"approved": {func(w *world) {
			_ = w.host.Review(1, github.Review{Environment: "production", State: "approved", By: "ann"})
		}, event.ReviewApproved, "ann", ""},
		"rejected": {func(w *world) {
			_ = w.host.Review(1, github.Review{Environment: "production", State: "rejected", By: "bob"})
		}, event.ReviewRejected, "bob", ""},
		"cancelled":   {func(w *world) { w.host.ByHand(1, func(r *github.WorkflowRun) { r.State = "cancelled" }) }, event.ReviewOver, "", "the run ended without an answer: cancelled"},
		"let through": {func(w *world) { w.host.ByHand(1, func(r *github.WorkflowRun) { r.State = "in_progress" }) }, event.ReviewOver, "", "GitHub let the run go on without an answer"},
		"deleted":     {func(w *world) { w.host.ByHand(1, func(r *github.WorkflowRun) { r.Deleted = true }) }, event.ReviewOver, "", "the run was deleted at GitHub"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.waits(github.WorkflowRun{Of: shaMain})
				tt.do(w)
				w.pass(time.Minute)
				if r := w.review("live/1/1"); r.Outcome != tt.outcome || r.EndedBy != tt.by || r.Why != tt.why {
					t.Errorf("it is %q by %q: %q", r.Outcome, r.EndedBy, r.Why)
				}
				w.approve("0b0000000000")
				if len(w.answers()) > 0 {
					t.Errorf("gonogo answered, too: %v", w.answers())
				}
			})
		})
	}
}

// A run that is run again waits again, and its earlier answers aren't taken for new ones.
func TestRunAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		w.approve("0b0000000000")
		w.host.ByHand(1, func(r *github.WorkflowRun) { r.State, r.Attempt, r.Started = "waiting", 2, time.Now() })
		w.add(event.SignOffRevoked{Release: "0b0000000000", Environment: "live", Role: "lead", By: "U0TL"})
		w.pass(time.Minute)
		if r := w.review("live/1/2"); !r.Waits() || r.Given != 1 {
			t.Fatalf("again: %+v", r)
		}
		w.host.ByHand(1, func(r *github.WorkflowRun) { r.State = "cancelled" })
		w.pass(time.Minute)
		if r := w.review("live/1/2"); r.Outcome != event.ReviewOver {
			t.Errorf("cancelled: %+v", r)
		}
	})
}

// A person's rejection is passed on, with the reason.
func TestRejected(t *testing.T) {
	inWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		w.add(event.ReviewRejectionAsked{Review: "live/1/1", By: "U0TL", Reason: "the price is wrong"})
		w.pass(time.Minute)
		run := w.host.Runs()[0]
		if r := w.review("live/1/1"); r.Outcome != event.ReviewRejected || run.State != "failure" || len(run.Reviews) != 1 || run.Reviews[0].Comment != "gonogo: Rejected in Slack by U0TL: the price is wrong (attempt 1)" {
			t.Errorf("%+v\n%+v", r, run)
		}
	})
}

// Checks of the commit that are running are waited for; those of the run that waits
// aren't.
func TestChecksRunning(t *testing.T) {
	inWorld(t, func(w *world) {
		w.host.SetChecks([]github.Check{{Name: "test", App: "github-actions", Of: shaMain, State: "in_progress"}, {Name: "lint", App: "github-actions", Of: shaMain, State: "success"}})
		w.waits(github.WorkflowRun{Of: shaMain})
		w.approve("0b0000000000")
		if r := w.review("live/1/1"); !r.Waits() || r.Delayed != "1 check is still running: test" {
			t.Fatalf("it is %+v", r)
		}
		w.host.SetChecks(nil)
		w.pass(time.Minute)
		if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
			t.Errorf("answered %v", got)
		}
	})
}

// What GitHub doesn't let gonogo do is told, and done once it does.
func TestNotAllowed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.host.SetEnvironments(github.Environment{Name: "production", Reviewers: []string{"ann"}})
		w.waits(github.WorkflowRun{Of: shaMain})
		w.approve("0b0000000000")
		if r := w.review("live/1/1"); !strings.HasPrefix(r.Delayed, "GitHub doesn't let gonogo's token answer it; make its owner a required reviewer of production") {
			t.Fatalf("it is %+v", r)
		}
		w.host.SetEnvironments(github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}})
		w.pass(5 * time.Minute)
		if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
			t.Errorf("answered %v", got)
		}
	})
}

// begins records that gonogo deploys, and has started a workflow run; 0: that isn't noted
// yet.
func (w *world) begins(workflowRun string) {
	w.t.Helper()
	w.add(event.ReleaseOpened{Version: "2.0", Commit: shaOld, By: "U0PM", Beside: true},
		event.RunStarted{Run: "r7", What: work.Deployment, Title: "2.0 to live", Release: "2.0", By: "U0DEV", Plan: []work.Planned{{Name: "start"}},
			Change: &work.Change{Environment: "live", To: build.Build{Version: "2.0"}}},
		event.StepStarted{Run: "r7", Step: "start"})
	if workflowRun != "" {
		w.add(event.StepProgressed{Run: "r7", Step: "start"}, event.StepEnded{Run: "r7", Step: "start", Evidence: answer.Evidence{Verdict: answer.Passed}, Facts: map[string]string{"workflow_run": workflowRun}})
	}
}

// A workflow that gonogo started itself is approved for the release that it deploys, which
// may not be of the commit that the workflow runs on, and opens no release.
func TestOwnDeployment(t *testing.T) {
	inWorld(t, func(w *world) {
		w.begins("1")
		w.waits(github.WorkflowRun{Of: shaNext, Event: "workflow_dispatch", Title: "Deploy 2.0 (gonogo-r7)"})
		r, opens := w.review("live/1/1"), w.gonogo.ledger.State().Opens
		if r.Outcome != event.ReviewApproved || r.Release != "2.0" || r.Deployment != "r7" || !slices.Equal(opens, []string{"2.0"}) {
			t.Errorf("it is %+v; open: %v", r, opens)
		}
		if got := w.host.Runs()[0].Reviews; len(got) != 1 || got[0].Comment != "gonogo: GO, since gonogo deploys this: 2.0 to live (attempt 1)" {
			t.Errorf("GitHub got %+v", got)
		}
	})
}

// A run that only has the name of gonogo's own, which anybody can give it, isn't approved
// for that.
func TestOwnNameIsNoProof(t *testing.T) {
	inWorld(t, func(w *world) {
		w.begins("99")
		w.waits(github.WorkflowRun{Of: shaNext, Event: "workflow_dispatch", Title: "Deploy 2.0 (gonogo-r7)", By: "mallory"})
		if r := w.review("live/1/1"); !r.Waits() || r.Deployment != "" || r.Release == "2.0" || len(w.answers()) > 0 {
			t.Errorf("it is %+v", r)
		}
	})
}

// A run that may be gonogo's own is looked at once that is noted; when the deployment is
// being stopped, nothing is approved.
func TestOwnDeploymentIsUnclear(t *testing.T) {
	inWorld(t, func(w *world) {
		w.begins("")
		w.waits(github.WorkflowRun{Of: shaNext, Event: "workflow_dispatch", Title: "Deploy 2.0 (gonogo-r7)"})
		if all := w.gonogo.ledger.State().Reviews; len(all) > 0 {
			t.Fatalf("found %+v", all)
		}
		w.add(event.RunCancelAsked{Run: "r7", By: "U0DEV"}, event.StepEnded{Run: "r7", Step: "start", Evidence: answer.Evidence{Verdict: answer.Passed}, Facts: map[string]string{"workflow_run": "1"}})
		w.pass(time.Minute)
		if r := w.review("live/1/1"); !r.Waits() || r.Deployment != "r7" || len(w.answers()) > 0 {
			t.Errorf("it is %+v", r)
		}
	})
}
