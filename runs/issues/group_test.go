package issues_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gonogo/playground/upstream/github"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// databaseDown is what each gate says that asks there.
const databaseDown = "db.example:5432 refuses connections; is the database running?"

// items are so many items that gates answer.
func items(n int) (all []*checklist.Item) {
	for i := range n {
		all = append(all, item(fmt.Sprintf("item-%02d", i)))
	}
	return all
}

// measureAll records a gate run that answers some items with the same.
func (w *issueWorld) measureAll(items []*checklist.Item, ev answer.Evidence) {
	w.t.Helper()
	w.runs++
	run := fmt.Sprint("run-of-all-", w.runs)
	ev.Settings = "s"
	w.gonogo.write(w.t, func(s *history.State) []event.Event {
		started := event.RunStarted{Run: run, What: work.Gates, Title: "all gates", Release: s.Open}
		events := []event.Event{nil}
		for _, it := range items {
			started.Steps = append(started.Steps, it.ID)
			events = append(events, event.StepStarted{Run: run, Step: it.ID}, event.StepEnded{Run: run, Step: it.ID, Item: it.ID, Evidence: ev})
		}
		events[0] = started
		return append(events, event.RunEnded{Run: run, Outcome: work.Completed})
	})
}

// errs measures items until they have an issue.
func (w *issueWorld) errs(items []*checklist.Item, says string) {
	w.t.Helper()
	for range 3 {
		w.measureAll(items, answer.Evidence{Verdict: answer.Errored, Summary: says})
	}
	w.pass(2 * time.Minute)
}

// TestOneCauseHasOneIssue follows fifteen items whose database goes away, from
// one issue for all of them to its end, and on to an item that fails by itself.
func TestOneCauseHasOneIssue(t *testing.T) {
	all := items(15)
	inIssueWorld(t, all, func(w *issueWorld) {
		w.errs(all, databaseDown)
		issue := w.issue()
		if got, want := issue.Title, "[gonogo] 15 items: "+databaseDown; got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
		for _, it := range all {
			if line := "- [ ] " + it.Title + " (`" + it.ID + "`): "; !strings.Contains(issue.Body, line) {
				t.Errorf("the issue lacks the line %q:\n%s", line, issue.Body)
			}
			if known := w.known(it.ID); known.Number != issue.Number || !known.Open {
				t.Errorf("of %s the ledger knows %+v, want issue %d", it.ID, known, issue.Number)
			}
		}

		w.measureAll(all[:5], found(answer.Passed, "within its limit"))
		w.pass(2 * time.Minute)
		if body := w.issue().Body; strings.Count(body, "- [x]") != 5 || strings.Count(body, "- [ ]") != 10 || w.issue().State() != "open" {
			t.Errorf("with five items passed the issue is %s and says\n%s", w.issue().State(), body)
		}
		w.measureAll(all[5:], found(answer.Passed, "within its limit"))
		w.pass(2 * time.Minute)
		w.wantClosed("within its limit")
		if got := w.known("item-07"); got.Open || got.Lead != "" {
			t.Errorf("after the end item-07 is known as %+v, want it on its own", got)
		}

		w.measure("item-07", found(answer.Failed, "over its limit"))
		w.pass(2 * time.Hour)
		if issues := w.host.Issues(); len(issues) != 2 || !strings.HasSuffix(issues[1].Title, "over its limit") || issues[0].State() == "open" {
			t.Errorf("after one failed by itself there are %d issues, want its own beside the closed one", len(issues))
		}
	})
}

// Items that fail alike for other causes have their own issues.
func TestOtherCausesHaveTheirOwnIssues(t *testing.T) {
	detailed := func(detail string) answer.Evidence {
		return answer.Evidence{Verdict: answer.Failed, Summary: "1 module is missing", Details: []string{detail}}
	}
	for _, tt := range []struct {
		name string
		a, b answer.Evidence
		want int
	}{
		{"the same place", answer.Evidence{Verdict: answer.Errored, Summary: databaseDown}, answer.Evidence{Verdict: answer.Errored, Summary: databaseDown}, 1},
		{"another place", answer.Evidence{Verdict: answer.Errored, Summary: databaseDown}, answer.Evidence{Verdict: answer.Errored, Summary: "db.other:5432 refuses connections"}, 2},
		{"the same number, and no more", found(answer.Failed, "over"), found(answer.Failed, "over"), 2},
		{"other details", detailed("sale is missing"), detailed("stock is missing"), 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := items(2)
			inIssueWorld(t, all, func(w *issueWorld) {
				for range 3 {
					w.measure("item-00", tt.a)
					w.measure("item-01", tt.b)
				}
				w.pass(2 * time.Minute)
				if got := len(w.host.Issues()); got != tt.want {
					t.Errorf("%d issues, want %d", got, tt.want)
				}
			})
		})
	}
}

// An issue that is open already lists what fails for the same cause later.
func TestOpenIssueListsWhatComesLater(t *testing.T) {
	all := items(3)
	inIssueWorld(t, all, func(w *issueWorld) {
		w.errs(all[2:], databaseDown)
		if got := w.issue().Title; !strings.HasPrefix(got, "[gonogo] The item-02 are there") {
			t.Errorf("the title of one item's issue is %q", got)
		}
		w.errs(all[:2], databaseDown)
		if got, want := w.issue().Title, "[gonogo] 3 items: "+databaseDown; got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
		// Its lead passes, and it goes on for the others, also for one that a person waived.
		w.gonogo.write(t, func(s *history.State) []event.Event {
			return []event.Event{event.WaiverGiven{Release: s.Open, Item: "item-00", Environment: "production", By: "U1", Reason: "known for long", Until: time.Now().Add(48 * time.Hour)}}
		})
		w.measure("item-02", found(answer.Passed, "within its limit"))
		w.pass(2 * time.Minute)
		body := w.issue().Body
		if w.issue().State() != "open" || !strings.Contains(body, "- [x] The item-02") || !strings.Contains(body, "- [ ] The item-00") || !strings.Contains(body, "- [ ] The item-01") {
			t.Errorf("the issue is %s and says\n%s", w.issue().State(), body)
		}
	})
}

// TestSharedIssueOnce kills gonogo at each request of the life of an issue that
// several items share.
func TestSharedIssueOnce(t *testing.T) {
	for name, fault := range map[string]func(w *issueWorld) github.Fault{
		"killed before": func(w *issueWorld) github.Fault { return github.Fault{Before: w.kill, Drop: true} },
		"killed after":  func(w *issueWorld) github.Fault { return github.Fault{After: w.kill, Drop: true, Done: true} },
	} {
		t.Run(name, func(t *testing.T) {
			for at, reached := 1, true; reached; at++ {
				all := items(3)
				inIssueWorld(t, all, func(w *issueWorld) {
					w.breaks(func(n int, _ github.Call) github.Fault {
						if n == at {
							return fault(w)
						}
						return github.Fault{}
					})
					w.errs(all, databaseDown)
					if got := w.issue().Title; got != "[gonogo] 3 items: "+databaseDown {
						t.Errorf("the title is %q", got)
					}
					w.measureAll(all, found(answer.Passed, "within its limit"))
					w.pass(2 * time.Minute)
					w.wantClosed("within its limit")
					if got := w.issue().Comments; len(got) != 1 {
						t.Errorf("it was closed once, and has the comments %+v", got)
					}
					if reached = w.asked() >= at; t.Failed() {
						t.Fatalf("with request %d", at)
					}
				})
			}
		})
	}
}
