package issues_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/playground/upstream/github"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// overrides records an override that two people agree on.
func (w *issueWorld) overrides() {
	w.t.Helper()
	w.happens(event.OverrideAsked{ID: "o1", Environment: "production", Release: "2.0", Reason: "the shop is down, hunter2 knows", By: "U0TL", Until: time.Now().Add(history.OverrideWaits),
		Items: []event.Overridden{{Item: "dashboards", Environment: "production", Why: "nobody has checked it yet", Shown: &answer.Shown{}}}},
		event.OverrideConfirmed{ID: "o1", By: "U0SEC", Until: time.Now().Add(history.OverrideCounts)})
	w.pass(time.Minute)
}

// goesOut records the deployment that uses it.
func (w *issueWorld) goesOut() {
	w.t.Helper()
	w.happens(event.RunStarted{Run: "out", What: work.Deployment, Title: "2.0 to production", By: "U0DEV", Change: &work.Change{Environment: "production", To: build.Build{Version: "2.0"},
		Override: &work.Override{ID: "o1", By: "U0TL", ConfirmedBy: "U0SEC", Items: []work.OverriddenItem{{Item: "dashboards", Environment: "production", Title: "People *know* the dashboards", Why: "nobody has checked it yet"}}}}})
	w.pass(time.Minute)
}

func (w *issueWorld) override() history.Override {
	return w.gonogo.ledger.State().Overrides["o1"]
}

// TestOverrideIssueOnce has one issue opened for an override, whatever goes wrong with one
// request.
func TestOverrideIssueOnce(t *testing.T) {
	faults := map[string]func(w *issueWorld) github.Fault{
		"none":           func(*issueWorld) github.Fault { return github.Fault{} },
		"killed before":  func(w *issueWorld) github.Fault { return github.Fault{Before: w.kill, Drop: true} },
		"killed after":   func(w *issueWorld) github.Fault { return github.Fault{After: w.kill, Drop: true, Done: true} },
		"502 after":      func(*issueWorld) github.Fault { return answeredAfter(http.StatusBadGateway) },
		"dropped before": func(*issueWorld) github.Fault { return github.Fault{Drop: true} },
		"dropped after":  func(*issueWorld) github.Fault { return github.Fault{Drop: true, Done: true} },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			for at, reached := 1, true; reached; at++ {
				inIssueWorld(t, nil, func(w *issueWorld) {
					w.breaks(func(n int, _ github.Call) github.Fault {
						if n == at {
							return fault(w)
						}
						return github.Fault{}
					})
					w.overrides()
					w.goesOut()
					w.pass(time.Hour)
					reached = w.asked() >= at
					if issue, known := w.issue(), w.override().Issue; issue.State() != "open" || known.Number != issue.Number || !known.Asked.IsZero() {
						t.Fatalf("with request %d the issue is %s, and the ledger knows %+v", at, issue.State(), known)
					}
				})
			}
		})
	}
}

// TestOverrideIssueOnceAtEveryAppend dies at each append of the ledger, before and after
// it.
func TestOverrideIssueOnceAtEveryAppend(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at, died := 1, true; died; at++ {
			inIssueWorld(t, nil, func(w *issueWorld) {
				w.overrides()
				appends := 0
				died = false
				w.appending = func(before bool, kinds []string) (dies bool) {
					if !slices.ContainsFunc(kinds, func(kind string) bool { return strings.HasPrefix(kind, "override.issue") }) {
						return false
					}
					if before == after {
						return false
					}
					appends++
					died = died || appends == at
					return appends == at
				}
				w.goesOut()
				w.pass(time.Hour)
				if died != (at <= 2) {
					t.Fatalf("append %d was its end: %t; want the intent and the outcome to be two", at, died)
				}
				if known := w.override(); known.Issue.Number != w.issue().Number || !known.Issue.Asked.IsZero() {
					t.Fatalf("killed at append %d, the ledger knows %+v", at, known)
				}
			})
		}
	}
}

// TestOverrideIssue says who let what go out, past what, and why. gonogo leaves it to
// people, and an override that nothing has used has none.
func TestOverrideIssue(t *testing.T) {
	inIssueWorld(t, nil, func(w *issueWorld) {
		w.secrets = []string{"hunter2"}
		w.restart()
		w.overrides()
		if n := len(w.host.Issues()); n != 0 {
			t.Fatalf("an override that nothing has used has %d issues", n)
		}
		w.goesOut()
		if got, want := w.issue().Title, "[gonogo] 2.0 went to production with 1 item overridden"; got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
		for _, want := range []string{"`U0TL` let a deployment of 2.0 go to production although 1 item didn't pass, and `U0SEC` confirmed it: the shop is down, \\[redacted\\] knows.",
			"- [ ] **People \\*know\\* the dashboards** (`dashboards@\u200bproduction`): nobody has checked it yet", "used on 1 January 2000, 00:0", "Close it once these items are dealt with."} {
			if body := w.issue().Body; !strings.Contains(body, want) {
				t.Errorf("the issue doesn't say %q:\n%s", want, body)
			}
		}
		w.closeByHand(w.issue().Number)
		w.restart()
		w.pass(8 * 24 * time.Hour)
		if w.issue().State() != "closed" {
			t.Error("it was opened again")
		}
	})
}

// TestNoOverrideIssue opens none for an override that was used long ago.
func TestNoOverrideIssue(t *testing.T) {
	inIssueWorld(t, nil, func(w *issueWorld) {
		log := w.gonogo.log
		w.overrides()
		w.gonogo.unplugged.Store(true)
		w.goesOut()
		w.gonogo.stop()
		time.Sleep(8 * 24 * time.Hour)
		w.gonogo = w.start(log.Reopen())
		w.pass(time.Hour)
		synctest.Wait()
		if n := len(w.host.Issues()); n != 0 {
			t.Errorf("an override of last week has %d issues", n)
		}
	})
}
