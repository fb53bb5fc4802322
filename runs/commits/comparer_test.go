package commits_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/playground/upstream/github"
	"gonogo/readiness/alert"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/commits"
	"gonogo/runs/runstest"
)

// compare starts a comparer.
func (w *finderWorld) compare() (stop func()) {
	comparer := commits.Comparer{Ledger: w.ledger, Source: w.client(), Secrets: []string{"Change"}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	return runstest.Background(w.t, comparer.Run)
}

// changes starts and ends a deployment.
func (w *finderWorld) changes(run string, from, to build.Build, settles string) {
	w.write(func(*history.State) []event.Event {
		return []event.Event{
			event.RunStarted{Run: run, What: work.Deployment, Title: run, Change: &work.Change{Environment: "staging", From: from, To: to, Settles: settles}},
			event.RunEnded{Run: run, Outcome: work.Completed},
		}
	})
	passes(time.Second)
}

func (w *finderWorld) compared(run string) *work.Compared {
	return w.ledger.State().Runs[run].Compared
}

// The commits of a change are recorded when it starts. Those of a version whose
// commit is not known are found by its tag.
func TestCommitsOfChangesAreRecorded(t *testing.T) {
	inFinderWorld(t, map[string]string{"1.0": firstSHA, "2.0": thirdSHA}, map[string]string{"1.0": thirdSHA}, func(w *finderWorld) {
		stop := w.compare()
		listed := func(shas ...string) (all []work.ChangedCommit) {
			for _, sha := range shas {
				all = append(all, work.ChangedCommit{SHA: sha, Title: "[redacted]", Author: "Ada"})
			}
			return all
		}
		page := func(base, head string) string { return "http://github.test/acme/shop/compare/" + base + "..." + head }
		first, third := build.Build{Version: "1.0"}, build.Build{Version: "2.0", Commit: thirdSHA}
		for _, tt := range []struct {
			run      string
			from, to build.Build
			settles  string
			want     *work.Compared
		}{
			{"forward", first, third, "", &work.Compared{Ahead: 2, URL: page(firstSHA, thirdSHA), Commits: listed(thirdSHA, secondSHA)}},
			{"back", third, first, "", &work.Compared{Behind: 2, URL: page(firstSHA, thirdSHA), Commits: listed(thirdSHA, secondSHA)}},
			{"returns", third, first, work.ChooseReturn, &work.Compared{Ahead: 2, URL: page(firstSHA, thirdSHA), Commits: listed(thirdSHA, secondSHA)}},
			{"nowhere", third, third, "", &work.Compared{URL: page(thirdSHA, thirdSHA)}},
			{"untagged", build.Build{Version: "0.9"}, third, "", &work.Compared{Unknown: "GitHub does not have both commits"}},
			{"first deployment", build.Build{}, third, "", nil},
		} {
			w.changes(tt.run, tt.from, tt.to, tt.settles)
			if diff := cmp.Diff(tt.want, w.compared(tt.run)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.run, diff)
			}
		}
		stop()
	})
}

// While GitHub is down that is recorded once, and asked again until it is back,
// also after a restart; a change that an alert follows is looked up even where
// it is not the newest.
func TestCommitsWhileGitHubIsDown(t *testing.T) {
	inFinderWorld(t, nil, nil, func(w *finderWorld) {
		w.host.SetMode(github.Down)
		stop := w.compare()
		w.changes("r1", build.Build{Version: "1.0", Commit: firstSHA}, build.Build{Version: "2.0", Commit: thirdSHA}, "")
		passes(5 * time.Minute)
		if diff := cmp.Diff(&work.Compared{Unknown: "GitHub doesn't respond"}, w.compared("r1")); diff != "" {
			t.Errorf("while GitHub is down (-want +got):\n%s", diff)
		}
		records := len(w.log.Records())
		passes(time.Hour)
		if got := len(w.log.Records()); got != records {
			t.Errorf("%d records were written while nothing changed", got-records)
		}
		w.write(func(*history.State) []event.Event {
			one := alert.Alert{Fingerprint: "a", Status: alert.Firing, StartsAt: time.Now()}
			return []event.Event{event.AlertsReceived{Incident: "i1", Environment: "staging", Delivery: alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{one}},
				Means: map[string]alert.Meaning{"a": alert.MeansFiring}}}
		})
		passes(time.Second)
		w.changes("r2", build.Build{}, build.Build{Version: "2.1"}, "") // nothing to compare it with
		stop()
		w.host.SetMode(github.Up)
		stop = w.compare()
		passes(time.Second)
		if got := w.compared("r1"); got.Unknown != "" || got.Ahead != 2 {
			t.Errorf("after a restart, with GitHub back: %+v", got)
		}
		stop()
	})
}
