package issues_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	client "gonogo/clients/github"
	"gonogo/playground/upstream/github"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// happens records events.
func (w *issueWorld) happens(events ...event.Event) {
	w.t.Helper()
	w.gonogo.write(w.t, func(*history.State) []event.Event { return events })
}

// rollsBack records the beginning of a rollback because of a trigger.
func (w *issueWorld) rollsBack(change work.Change) {
	w.t.Helper()
	change.Environment, change.From, change.To = "production", build.Build{Version: "2.0"}, build.Build{Version: "1.0"}
	w.happens(
		event.RunStarted{Run: "out", What: work.Deployment, Title: "2.0 to production", By: "U0DEV", Change: &work.Change{Environment: "production", To: build.Build{Version: "2.0"}}},
		event.RunEnded{Run: "out", Outcome: work.Completed},
		event.TriggerTripped{Incident: "i1", Environment: "production", Trigger: "errors", Title: "Errors with hunter2", Problem: alert.OverLimit, Reading: "7 %", Limit: "> 5%", Samples: 3},
	)
	w.pass(time.Minute)
	w.happens(
		event.RunStarted{Run: "back", What: work.Rollback, Title: "production back to 1.0", By: "U0CALL", Change: &change,
			Plan: []work.Planned{{Name: "back", Role: work.RoleRollback}, {Name: "decide", Role: work.RoleDecide}}},
		event.StepStarted{Run: "back", Step: "back"},
	)
	w.pass(time.Minute)
}

// ends records that the rollback worked, that a person keeps it, and that the alert is
// over.
func (w *issueWorld) ends() {
	w.t.Helper()
	w.happens(
		event.StepEnded{Run: "back", Step: "back", Evidence: answer.Evidence{Verdict: answer.Passed}},
		event.StepStarted{Run: "back", Step: "decide"}, event.RunAsked{Run: "back", Step: "decide", Choices: []string{work.ChooseKeep, work.ChooseReturn}},
		event.RunAnswered{Run: "back", Step: "decide", Choice: work.ChooseKeep, By: "U0CALL"}, event.StepEnded{Run: "back", Step: "decide"},
		event.RunEnded{Run: "back", Outcome: work.Completed}, event.TriggerCleared{Incident: "i1", Reading: "0 %"},
	)
	w.pass(time.Hour)
}

func (w *issueWorld) postmortem() history.Postmortem {
	return w.gonogo.ledger.State().Postmortems["back"]
}

// TestPostmortemOnce has a rollback, its end and the end of its postmortem written to one issue,
// whatever goes wrong with one request.
func TestPostmortemOnce(t *testing.T) {
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
					w.rollsBack(work.Change{Incident: "i1"})
					w.ends()
					w.happens(event.PostmortemEnded{Rollback: "back", By: "U0CALL"})
					w.pass(time.Hour)
					reached = w.asked() >= at
					if issue, known := w.issue(), w.postmortem(); issue.State() != "closed" || known.IssueOpen || known.Number != issue.Number || known.Pending != "" {
						t.Fatalf("with request %d the issue is %s, and the ledger knows %+v", at, issue.State(), known)
					}
				})
			}
		})
	}
}

// TestPostmortemIssue says what happened, keeps what people write, and records the tasks that
// they leave open. Closing the issue ends the postmortem.
func TestPostmortemIssue(t *testing.T) {
	inIssueWorld(t, nil, func(w *issueWorld) {
		w.secrets = []string{"hunter2"}
		w.restart()
		w.rollsBack(work.Change{Incident: "i1"})
		if got, want := w.issue().Title, "[gonogo] production was rolled back from 2.0 to 1.0"; got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
		w.ends()
		body := w.issue().Body
		for _, want := range []string{"because of “Errors with \\[redacted\\]”", "No date is set for the postmortem", "| From the alert to the rollback | 1m |", "limit `> 5%`",
			"`U0DEV` started the deployment of 2.0", "`U0CALL` started the rollback to 1.0", "`U0CALL` decided: keep", "The alert was over", "- [ ] Find the cause"} {
			if !strings.Contains(body, want) {
				t.Errorf("the issue doesn't say %q:\n%s", want, body)
			}
		}
		if diff := cmp.Diff([]string{"Find the cause", "Decide how to notice it earlier", "Hold the postmortem"}, w.postmortem().FollowUps); diff != "" {
			t.Errorf("open tasks (-want +got):\n%s", diff)
		}
		ticked := strings.Replace(body, "- [ ] Find the cause", "- [x] Find the cause\n- [ ] Enlarge the pool", 1)
		w.byHand(w.issue().Number, client.Change{Body: &ticked})
		w.happens(event.PostmortemPlanned{Rollback: "back", On: time.Date(2026, time.March, 5, 0, 0, 0, 0, time.UTC), By: "U0CALL"})
		w.pass(time.Hour)
		if body := w.issue().Body; !strings.Contains(body, "The postmortem is on Thursday, 5 March 2026.") || !strings.Contains(body, "- [x] Find the cause\n- [ ] Enlarge the pool") {
			t.Errorf("after it was edited and planned:\n%s", body)
		}
		if got := w.postmortem().FollowUps; len(got) != 3 || got[0] != "Enlarge the pool" {
			t.Errorf("the open tasks are %q", got)
		}
		asked := w.asked()
		w.pass(time.Hour)
		if n := w.asked() - asked; n > 7 {
			t.Errorf("%d requests were made in an hour without news", n)
		}
		w.closeByHand(w.issue().Number)
		w.pass(time.Hour)
		if known := w.postmortem(); known.Ended.IsZero() || known.EndedBy != "" || w.issue().State() != "closed" {
			t.Errorf("after it was closed by hand, the ledger knows %+v", known)
		}
	})
}

// TestNoPostmortem opens none for a rehearsal, and none after an upgrade for what is long
// over.
func TestNoPostmortem(t *testing.T) {
	inIssueWorld(t, nil, func(w *issueWorld) {
		w.rollsBack(work.Change{Rehearsal: true})
		w.ends()
		if len(w.host.Issues()) != 0 || w.postmortem().Rollback != "" {
			t.Errorf("a rehearsal has the postmortem %+v", w.postmortem())
		}
	})
	inIssueWorld(t, nil, func(w *issueWorld) {
		w.gonogo.stopPostmortems() // as an earlier gonogo, which knew none
		w.rollsBack(work.Change{})
		w.ends()
		w.pass(2 * time.Hour)
		w.restart()
		w.pass(time.Hour)
		if len(w.host.Issues()) != 0 || w.postmortem().Rollback != "" {
			t.Errorf("an old rollback has the postmortem %+v", w.postmortem())
		}
	})
}
