package reviews_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	client "gonogo/clients/github"
	"gonogo/playground/upstream/github"
	"gonogo/readiness/event"
	"gonogo/runs/reviews"
	"gonogo/storage"
)

// deliver has GitHub ask gonogo's protection rule about the first run.
func (w *world) deliver(id string) (became string, err error) {
	w.t.Helper()
	sent, err := w.host.Requested("http://github.test", 1, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.take(sent)
}

func (w *world) take(sent github.Delivery) (became string, err error) {
	defer synctest.Wait()
	return w.gonogo.inbox.Take(w.t.Context(), sent.Header.Get("X-GitHub-Event"), client.Delivery{
		ID: sent.Header.Get("X-GitHub-Delivery"), Signature: sent.Header.Get("X-Hub-Signature-256"), Body: sent.Body})
}

// reports are what GitHub was told about why the first run waits.
func (w *world) reports() (texts []string) {
	for _, review := range w.host.Runs()[0].Reviews {
		if review.State == "pending" {
			texts = append(texts, review.Comment)
		}
	}
	return texts
}

// A run that GitHub asks about is found at once, its protection rule says why it waits, and
// is approved once.
func TestRuleApproved(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: shaMain, State: "waiting", At: time.Now()}})
		if became, err := w.deliver("d-1"); became != reviews.Taken || err != nil {
			t.Fatalf("the delivery: %q, %v", became, err)
		}
		w.pass(2 * time.Second)
		want := "gonogo: NO-GO for 0b0000000000 on live, 1 blocker: Lead (attempt 1)"
		if got := w.reports(); !slices.Equal(got, []string{want}) || !w.review("live/1/1").Waits() {
			t.Errorf("GitHub was told %q, want %q", got, want)
		}
		w.pass(2 * time.Hour)
		if got := w.reports(); len(got) != 1 {
			t.Errorf("GitHub was told %q", got)
		}
		w.approve("0b0000000000")
		w.pass(time.Hour)
		if r := w.review("live/1/1"); r.Outcome != event.ReviewApproved || r.EndedBy != "" || !slices.Equal(w.answers(), []string{"approved"}) {
			t.Errorf("it is %+v; answered %v", r, w.answers())
		}
		if state := w.host.Runs()[0].State; state == "waiting" {
			t.Error("the run still waits")
		}
	})
}

// Without any delivery a run is found as well.
func TestRuleWithoutDelivery(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		w.approve("0b0000000000")
		if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
			t.Errorf("answered %v", got)
		}
	})
}

// A rejection in Slack is the protection rule's answer.
func TestRuleRejected(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		w.add(event.ReviewRejectionAsked{Review: "live/1/1", By: "U0TL", Reason: "the price is wrong"})
		w.pass(time.Minute)
		if r := w.review("live/1/1"); r.Outcome != event.ReviewRejected || w.host.Runs()[0].State != "failure" || !slices.Equal(w.answers(), []string{"rejected"}) {
			t.Errorf("%+v, answered %v", r, w.answers())
		}
	})
}

// GitHub takes ten reports for a deployment, so not every change of the decision is one.
func TestRuleReports(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		for i := range 30 {
			w.add(event.EnvironmentLocked{Environment: "live", By: "U0TL", Reason: fmt.Sprint("try ", i)})
			w.pass(3 * time.Minute)
			w.add(event.EnvironmentUnlocked{Environment: "live", By: "U0TL"})
			w.pass(3 * time.Minute)
		}
		if got := w.reports(); len(got) < 5 || len(got) > 10 {
			t.Errorf("GitHub was told %q", got)
		}
		w.approve("0b0000000000")
		if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
			t.Errorf("answered %v", got)
		}
	})
}

// A report that GitHub refuses isn't repeated, and doesn't keep the run from being approved;
// one whose outcome isn't known is looked up.
func TestRuleReportFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault github.Fault
		want  int
	}{
		"refused":               {github.Fault{Status: 422}, 0},
		"502 before":            {github.Fault{Status: 502}, 1},
		"502 after it was done": {github.Fault{Status: 502, Done: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inRuleWorld(t, func(w *world) {
				done := false
				w.breaks(func(c github.Call) github.Fault {
					if !reviewing(c) || done {
						return github.Fault{}
					}
					done = true
					return tt.fault
				})
				w.waits(github.WorkflowRun{Of: shaMain})
				w.pass(10 * time.Minute)
				if got := w.reports(); len(got) != tt.want {
					t.Errorf("GitHub was told %q", got)
				}
				w.approve("0b0000000000")
				if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
					t.Errorf("answered %v", got)
				}
			})
		})
	}
}

// Where a reviewer has to approve, too, the run still waits after the protection rule's
// answer. If that answer was lost it is looked up, and the reviewer's isn't taken for it.
func TestRuleBesideReviewers(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.host.SetEnvironments(github.Environment{Name: "production", Rule: true, Reviewers: []string{"ann"}})
		w.waits(github.WorkflowRun{Of: shaMain})
		if err := w.host.Review(1, github.Review{Environment: "production", State: "approved", By: "ann"}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if r := w.review("live/1/1"); !r.Waits() {
			t.Fatalf("ann's answer was taken for the rule's: %+v", r)
		}
	})
	for _, done := range []bool{true, false} {
		inRuleWorld(t, func(w *world) {
			w.host.SetEnvironments(github.Environment{Name: "production", Rule: true, Reviewers: []string{"ann"}})
			w.waits(github.WorkflowRun{Of: shaMain})
			lost := false
			w.breaks(func(c github.Call) github.Fault {
				if !reviewing(c) || lost {
					return github.Fault{}
				}
				lost = true
				return github.Fault{Status: 502, Done: done}
			})
			w.approve("0b0000000000")
			w.pass(10 * time.Minute)
			if r := w.review("live/1/1"); r.Outcome != event.ReviewApproved || r.EndedBy != "" || !slices.Equal(w.answers(), []string{"approved"}) || w.host.Runs()[0].State != "waiting" {
				t.Errorf("%t: %+v, answered %v", done, r, w.answers())
			}
			sent := 0
			for _, c := range w.host.Calls() {
				if reviewing(c) {
					sent++
				}
			}
			if want := map[bool]int{true: 2, false: 3}[done]; sent != want { // a report, and the answers
				t.Errorf("%t: GitHub was asked %d times, want %d", done, sent, want)
			}
		})
	}
}

// What was sent before, or by somebody else, or is about something else, has no effect.
func TestDeliveriesWithoutEffect(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.host.SetWorkflows(github.Workflow{File: "deploy.yml", Into: "production"}, github.Workflow{File: "docs.yml", Into: "docs"})
		w.host.SetEnvironments(github.Environment{Name: "production", Rule: true}, github.Environment{Name: "docs", Rule: true})
		w.host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: shaMain, State: "waiting", At: time.Now()}, {Workflow: "docs.yml", Of: shaMain, State: "waiting", At: time.Now()}})
		sent, err := w.host.Requested("http://github.test", 1, "d-1")
		if err != nil {
			t.Fatal(err)
		}
		forged := sent
		forged.Body = []byte(strings.Replace(string(sent.Body), "/runs/1/", "/runs/2/", 1))
		if _, err := w.take(forged); !errors.Is(err, client.ErrNotSigned) {
			t.Errorf("a forged delivery: %v", err)
		}
		docs, err := w.host.Requested("http://github.test", 2, "d-2")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.take(docs); !errors.As(err, new(*client.Misdirected)) || !strings.Contains(err.Error(), `the environment "docs"`) {
			t.Errorf("another environment: %v", err)
		}
		elsewhere, err := w.host.Requested("http://evil.test", 1, "d-3")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.take(elsewhere); !errors.As(err, new(*client.Misdirected)) {
			t.Errorf("a foreign host: %v", err)
		}
		app := github.App{ID: 7, Secret: "the webhook's secret"}
		if became, err := w.take(app.Sign("ping", "d-4", []byte(`{"zen":"…"}`))); became != reviews.Ignored || err != nil {
			t.Errorf("a ping: %q, %v", became, err)
		}
		if _, err := w.take(github.App{ID: 7, Secret: "guessed"}.Sign("ping", "d-5", []byte(`{}`))); !errors.Is(err, client.ErrNotSigned) {
			t.Errorf("a forged ping: %v", err)
		}
		if seq := w.gonogo.ledger.Seq(); seq != 0 {
			t.Fatalf("%d records", seq)
		}
		for _, id := range []string{"d-1", "d-1", "d-6"} {
			sent.Header.Set("X-GitHub-Delivery", id)
			want := reviews.Repeated
			if w.gonogo.ledger.Seq() == 0 {
				want = reviews.Taken
			}
			if became, err := w.take(sent); became != want || err != nil {
				t.Errorf("%s: %q, %v, want %q", id, became, err, want)
			}
		}
	})
}

// Some minutes later, a delivery that comes again under another ID has the run looked up
// once more, which finds nothing new.
func TestDeliveryComesLateAgain(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: shaMain, State: "waiting", At: time.Now()}})
		if _, err := w.deliver("d-1"); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Minute)
		sent, err := w.host.Requested("http://github.test", 1, "d-2")
		if err != nil {
			t.Fatal(err)
		}
		w.approve("0b0000000000")
		if became, err := w.take(sent); became != reviews.Taken || err != nil {
			t.Fatalf("%q, %v", became, err)
		}
		w.pass(time.Hour)
		if all := w.gonogo.ledger.State().Reviews; len(all) != 1 || !slices.Equal(w.answers(), []string{"approved"}) {
			t.Errorf("reviews: %+v; answered %v", all, w.answers())
		}
	})
}

// While the ledger can't be written a delivery isn't taken, so that GitHub shows it as
// failed; the run is found by asking.
func TestDeliveryWithoutLedger(t *testing.T) {
	inRuleWorld(t, func(w *world) {
		w.host.SetRuns([]github.WorkflowRun{{Workflow: "deploy.yml", Of: shaMain, State: "waiting", At: time.Now()}})
		w.dies(func(records []storage.Record) bool {
			return slices.ContainsFunc(records, func(r storage.Record) bool { return r.Kind == "review.requested" })
		})
		if became, err := w.deliver("d-1"); err == nil || became != "" || errors.Is(err, client.ErrNotSigned) {
			t.Errorf("taken: %q, %v", became, err)
		}
		w.pass(time.Minute)
		if !w.review("live/1/1").Waits() {
			t.Error("the run wasn't found")
		}
	})
}
