package issues_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/playground/upstream/github"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// TestIssueOnce tells the whole story of an issue again and again, and each
// time something else goes wrong at one request: gonogo is killed before or
// after it took effect, or the answer is lost. There is one issue, with one
// comment for each time that it was closed, whatever happens.
func TestIssueOnce(t *testing.T) {
	faults := map[string]func(w *issueWorld) github.Fault{
		"killed before": func(w *issueWorld) github.Fault { return github.Fault{Before: w.kill, Drop: true} },
		"killed after":  func(w *issueWorld) github.Fault { return github.Fault{After: w.kill, Drop: true, Done: true} },
		"killed, and done 8 s later": func(w *issueWorld) github.Fault {
			return github.Fault{Before: func() { w.kill(); time.Sleep(8 * time.Second) }, Drop: true, Done: true}
		},
		"slow":           func(*issueWorld) github.Fault { return github.Fault{Mode: github.Slow} },
		"502 before":     func(*issueWorld) github.Fault { return answered(http.StatusBadGateway) },
		"502 after":      func(*issueWorld) github.Fault { return answeredAfter(http.StatusBadGateway) },
		"dropped before": func(*issueWorld) github.Fault { return github.Fault{Drop: true} },
		"dropped after":  func(*issueWorld) github.Fault { return github.Fault{Drop: true, Done: true} },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			for at, reached := 1, true; reached; at++ {
				inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
					w.breaks(func(n int, _ github.Call) github.Fault {
						if n == at {
							return fault(w)
						}
						return github.Fault{}
					})
					w.tellStory()
					reached = w.asked() >= at
					if t.Failed() {
						t.Fatalf("with request %d", at)
					}
				})
			}
		})
	}
}

// tellStory lets an item fail, fail otherwise, pass, fail and pass.
func (w *issueWorld) tellStory() {
	w.t.Helper()
	for n, ev := range []answer.Evidence{
		found(answer.Failed, "3 are missing"), found(answer.Failed, "2 are missing"), found(answer.Passed, "all are there"),
		found(answer.Failed, "4 are missing"), found(answer.Passed, "all are there again"),
	} {
		w.measure("modules", ev)
		w.pass(90 * time.Minute)
		issue, known := w.issue(), w.known("modules")
		if (issue.State() == "open") == ev.Verdict.LetsThrough() || known.Open != (issue.State() == "open") || known.Number != issue.Number || known.Pending != "" {
			w.t.Errorf("after chapter %d (%s) the issue is %s, and the ledger knows %+v", n, ev.Verdict, issue.State(), known)
		}
		if !ev.Verdict.LetsThrough() && !strings.HasSuffix(issue.Title, ev.Summary) {
			w.t.Errorf("after chapter %d the title is %q", n, issue.Title)
		}
	}
	if got := w.issue().Comments; len(got) != 2 {
		w.t.Errorf("it was closed twice, and has the comments %+v", got)
	}
}

// TestIssueAdopted finds the issue of a gonogo that lost its ledger, and of
// another that works beside it.
func TestIssueAdopted(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(5 * time.Second)
		other := w.startEmpty()
		defer func() { other.stop() }()
		w.gonogo, other = other, w.gonogo
		w.measure("modules", found(answer.Failed, "2 are missing"))
		w.pass(5 * time.Second)
		if got := w.issue().Title; !strings.HasSuffix(got, "2 are missing") {
			t.Errorf("the other one's title is %q", got)
		}
		if w.known("modules").Number != w.issue().Number {
			t.Errorf("the ledger knows %+v", w.known("modules"))
		}
	})
}

// TestIssuePendingButNotWanted looks up what became of an act that was cut off
// and is no longer wanted.
func TestIssuePendingButNotWanted(t *testing.T) {
	tests := []struct {
		name  string
		fault github.Fault
		want  []string // states of the issues
	}{
		{"it happened", answeredAfter(http.StatusBadGateway), []string{"closed"}},
		{"it did not", answered(http.StatusBadGateway), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
				w.breaks(func(_ int, c github.Call) github.Fault {
					if c.Write {
						w.fault = nil
						return tt.fault
					}
					return github.Fault{}
				})
				w.measure("modules", found(answer.Failed, "over"))
				w.pass(2 * time.Second)
				if got := w.known("modules").Pending; got != event.OpenIssue {
					t.Fatalf("pending is %q", got)
				}
				w.measure("modules", found(answer.Passed, "under"))
				w.pass(time.Minute)
				var got []string
				for _, issue := range w.host.Issues() {
					got = append(got, issue.State())
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("issues (-want +got):\n%s", diff)
				}
				if known := w.known("modules"); known.Pending != "" || known.Open || known.Delayed != "" {
					t.Errorf("the ledger knows %+v", known)
				}
			})
		})
	}
}

// TestIssueClosedUnsure reopens an issue whose closing was not heard of, once
// its gate fails again with the same evidence as before.
func TestIssueClosedUnsure(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "over"))
		w.pass(5 * time.Minute)
		w.breaks(func(_ int, c github.Call) github.Fault {
			if c.Write {
				w.fault = nil
				return answeredAfter(http.StatusBadGateway)
			}
			return github.Fault{}
		})
		w.measure("modules", found(answer.Passed, "under"))
		w.pass(2 * time.Second)
		w.measure("modules", found(answer.Failed, "over"))
		w.pass(2 * time.Second)
		if w.issue().State() == "open" {
			t.Fatal("it was not closed")
		}
		w.pass(time.Hour)
		if known := w.known("modules"); w.issue().State() != "open" || !known.Open {
			t.Errorf("it is %s, and the ledger knows %+v", w.issue().State(), known)
		}
	})
}

// TestIssueDelayed says once why an issue has to wait, and writes it when
// GitHub is back; it comes back after a restart too.
func TestIssueDelayed(t *testing.T) {
	tests := []struct {
		name     string
		fault    github.Fault
		why      string
		within   time.Duration // how soon it follows once GitHub is back
		requests int           // at most, in the hour before
	}{
		{"down", answered(http.StatusServiceUnavailable), "GitHub doesn't respond", 5 * time.Minute, 100},
		{"429", github.Fault{Mode: github.TooMany}, "GitHub's rate limit is used up", 2 * time.Minute, 40},
		{"403 of the primary limit", github.Fault{Mode: github.PrimaryLimit}, "GitHub's rate limit is used up", 2 * time.Minute, 40},
		{"403 of a secondary limit", github.Fault{Mode: github.SecondaryLimit}, "GitHub's rate limit is used up", 2 * time.Minute, 40},
		{"issues are disabled", answered(http.StatusGone), "", 10 * time.Minute, 14},
		{"bad credentials", answered(http.StatusUnauthorized), "", 10 * time.Minute, 14},
	}
	for _, tt := range tests {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restart %t", tt.name, restart), func(t *testing.T) {
				inIssueWorld(t, []*checklist.Item{item("modules"), item("tests")}, func(w *issueWorld) {
					w.breaks(func(int, github.Call) github.Fault { return tt.fault })
					w.measure("modules", found(answer.Failed, "over"))
					w.measure("tests", found(answer.Failed, "over"))
					w.pass(time.Hour)
					if got := w.asked(); got > tt.requests {
						t.Errorf("%d requests in an hour, want at most %d", got, tt.requests)
					}
					got := w.delays()
					slices.Sort(got)
					if len(got) != 2 || !strings.HasPrefix(got[0], "modules: "+tt.why) || !strings.HasPrefix(got[1], "tests: "+tt.why) {
						t.Errorf("the ledger says %q, want each issue's delay once: %q", got, tt.why)
					}
					w.breaks(nil)
					if restart {
						w.restart()
					}
					w.pass(tt.within + 10*time.Second)
					if got := len(w.host.Issues()); got != 2 || w.known("modules").Delayed != "" || w.known("tests").Delayed != "" {
						t.Errorf("then there are %d issues, and the ledger knows %+v", got, w.known("modules"))
					}
				})
			})
		}
	}
}

// TestIssueLimitOutlivesRestart asks nothing before the time that GitHub gave,
// although the process that heard of it is gone.
func TestIssueLimitOutlivesRestart(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.breaks(func(int, github.Call) github.Fault {
			return github.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"600"}}}
		})
		w.measure("modules", found(answer.Failed, "over"))
		w.pass(time.Minute)
		w.breaks(nil)
		asked := w.asked()
		w.restart()
		w.pass(8 * time.Minute)
		if got := w.asked() - asked; got != 0 {
			t.Errorf("%d requests before the time that GitHub gave", got)
		}
		w.pass(2 * time.Minute)
		w.issue()
	})
}

// TestIssueUnplugged takes a write that could not be sent for no refusal.
func TestIssueUnplugged(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.breaks(func(int, github.Call) github.Fault {
			return github.Fault{After: func() { w.gonogo.unplugged.Store(true) }}
		})
		w.measure("modules", found(answer.Failed, "over"))
		w.pass(time.Minute)
		if got, want := w.delays(), []string{"modules: GitHub doesn't respond"}; !slices.Equal(got, want) {
			t.Errorf("the ledger says %q, want %q", got, want)
		}
		w.breaks(nil)
		w.gonogo.unplugged.Store(false)
		w.pass(2 * time.Minute)
		w.issue()
	})
}

// TestIssueDelayTakenBack forgets a delay once there is nothing to write.
func TestIssueDelayTakenBack(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.breaks(func(int, github.Call) github.Fault { return answered(http.StatusServiceUnavailable) })
		w.measure("modules", found(answer.Failed, "over"))
		w.pass(time.Minute)
		w.measure("modules", found(answer.Passed, "under"))
		w.pass(time.Minute)
		if known := w.known("modules"); known != (history.Issue{}) {
			t.Errorf("the ledger knows %+v, want nothing", known)
		}
	})
}

func answered(status int) github.Fault { return github.Fault{Status: status} }

// answeredAfter is an answer that tells nothing of what was done.
func answeredAfter(status int) github.Fault { return github.Fault{Status: status, Done: true} }
