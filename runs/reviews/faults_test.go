package reviews_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/playground/upstream/github"
	"gonogo/readiness/event"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"gonogo/suite"
)

// reviewing is the call that answers.
func reviewing(c github.Call) bool {
	return c.Method == "POST" && (strings.HasSuffix(c.Path, "/pending_deployments") || strings.HasSuffix(c.Path, "/deployment_protection_rule"))
}

// Whatever GitHub answers, a deployment is approved once, and told truthfully.
func TestFaults(t *testing.T) {
	once := func(f github.Fault) func(github.Call) github.Fault {
		done := false
		return func(c github.Call) github.Fault {
			if !reviewing(c) || done {
				return github.Fault{}
			}
			done = true
			return f
		}
	}
	for name, tt := range map[string]struct {
		fault   func(github.Call) github.Fault
		after   time.Duration // until it is approved
		delayed string        // what the card says before
	}{
		"502 after it was done": {once(github.Fault{Status: 502, Done: true}), time.Minute, "GitHub didn't confirm gonogo's answer, and gonogo looks whether it has arrived"},
		"502 before":            {once(github.Fault{Status: 502}), time.Minute, "GitHub didn't confirm gonogo's answer, and gonogo looks whether it has arrived"},
		"dropped after":         {once(github.Fault{Drop: true, Done: true}), time.Minute, "GitHub didn't confirm gonogo's answer, and gonogo looks whether it has arrived"},
		"the rate limit":        {once(github.Fault{Mode: github.SecondaryLimit}), 10 * time.Minute, "GitHub's rate limit is used up"},
		"refused":               {once(github.Fault{Status: 403}), 15 * time.Minute, `give the token or App the permission "Deployments: read and write"`},
		"not found":             {once(github.Fault{Status: 404}), 15 * time.Minute, "the run doesn't exist, or isn't accessible"},
		"unprocessable":         {once(github.Fault{Status: 422}), 15 * time.Minute, "the deployment may have been answered meanwhile"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.waits(github.WorkflowRun{Of: shaMain})
				w.breaks(tt.fault)
				w.add(event.SignOffGiven{Release: "0b0000000000", Environment: "live", Role: "lead", By: "U0TL", Approved: true})
				w.pass(5 * time.Second)
				if r := w.review("live/1/1"); tt.delayed != "" && !strings.Contains(r.Delayed, tt.delayed) {
					t.Errorf("it says %q, want %q", r.Delayed, tt.delayed)
				}
				w.pass(tt.after)
				if r := w.review("live/1/1"); r.Outcome != event.ReviewApproved || r.EndedBy != "" {
					t.Errorf("it is %+v", r)
				}
				if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
					t.Errorf("answered %v", got)
				}
			})
		})
	}
}

// Somebody who approves at GitHub in the same moment isn't taken for gonogo.
func TestApprovedInTheSameMoment(t *testing.T) {
	inWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		w.breaks(func(c github.Call) github.Fault {
			if !reviewing(c) {
				return github.Fault{}
			}
			return github.Fault{Before: func() { _ = w.host.Review(1, github.Review{Environment: "production", State: "approved", By: "ann"}) }}
		})
		w.approve("0b0000000000")
		if r := w.review("live/1/1"); r.Outcome != event.ReviewApproved || r.EndedBy != "ann" || len(w.answers()) > 0 {
			t.Errorf("it is %+v", r)
		}
	})
}

// While GitHub is down, nothing is answered, and the card says so.
func TestDown(t *testing.T) {
	inWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		w.breaks(func(github.Call) github.Fault { return github.Fault{Mode: github.Down} })
		w.approve("0b0000000000")
		if r := w.review("live/1/1"); !r.Waits() || !strings.Contains(r.Delayed, "GitHub couldn't be asked to") {
			t.Errorf("it is %+v", r)
		}
		w.breaks(nil)
		w.pass(10 * time.Minute)
		if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
			t.Errorf("answered %v", got)
		}
	})
}

// A sign-off that is taken back in the last moment keeps the answer from being sent: the
// decision is made once more where it is recorded.
func TestTakenBack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.waits(github.WorkflowRun{Of: shaMain})
		w.breaks(func(c github.Call) github.Fault {
			if !strings.HasSuffix(c.Path, "/check-runs") {
				return github.Fault{}
			}
			return github.Fault{After: func() {
				w.add(event.SignOffRevoked{Release: "0b0000000000", Environment: "live", Role: "lead", By: "U0TL"})
			}}
		})
		w.approve("0b0000000000")
		if r := w.review("live/1/1"); !r.Waits() || !r.Asked.IsZero() || len(w.answers()) > 0 {
			t.Errorf("it is %+v", r)
		}
	})
}

// Killed before or after any append, or around any call, gonogo approves once. The second
// call of a route is left to the long tests.
func TestKilled(t *testing.T) {
	killed(t, false, []string{"review.found", "review.compared", "review.intended", "review.ended"}, 9)
}

// Killed while it is a protection rule, gonogo also reports why the run waits, and approves
// once.
func TestRuleKilled(t *testing.T) {
	killed(t, true, []string{"review.requested", "review.found", "review.report_intended", "review.reported", "review.intended", "review.ended"}, 9)
}

func killed(t *testing.T, rule bool, kinds []string, fewest int) {
	calls := 1
	if suite.Long {
		calls = 2
	}
	story := func(t *testing.T, arrange func(w *world)) (w *world) {
		synctest.Test(t, func(t *testing.T) {
			w = newWorld(t, rule)
			defer w.close()
			w.gonogo = w.start(storagetest.NewMemory())
			arrange(w)
			if w.waits(github.WorkflowRun{Of: shaMain}); rule {
				_, _ = w.deliver("d-1") // GitHub doesn't send it again by itself
				w.pass(time.Minute)
			}
			w.add(event.SignOffGiven{Release: "0b0000000000", Environment: "live", Role: "lead", By: "U0TL", Approved: true})
			w.pass(10 * time.Minute)
			if r := w.review("live/1/1"); r.Outcome != event.ReviewApproved || r.EndedBy != "" {
				t.Errorf("it is %+v", r)
			}
			if got := w.answers(); !slices.Equal(got, []string{"approved"}) {
				t.Errorf("answered %v", got)
			}
		})
		return w
	}
	for _, kind := range kinds {
		t.Run("append "+kind, func(t *testing.T) {
			died := false
			story(t, func(w *world) {
				w.dies(func(records []storage.Record) bool {
					died = died || slices.ContainsFunc(records, func(r storage.Record) bool { return r.Kind == kind })
					return died
				})
			})
			if !died {
				t.Error("gonogo wasn't killed")
			}
		})
	}
	routes := map[string]bool{}
	story(t, func(w *world) {
		w.breaks(func(c github.Call) github.Fault { routes[c.Method+" "+c.Route] = true; return github.Fault{} })
	})
	if len(routes) < fewest {
		t.Errorf("only these are called: %v", routes)
	}
	for route := range routes {
		for when, fault := range map[string]func(*world) github.Fault{
			"before": func(w *world) github.Fault { return github.Fault{Before: w.kill, Drop: true} },
			"after":  func(w *world) github.Fault { return github.Fault{After: w.kill, Drop: true, Done: true} },
		} {
			for nth := 1; nth <= calls; nth++ {
				t.Run(fmt.Sprintf("%s %s, %d", when, route, nth), func(t *testing.T) {
					seen := 0
					story(t, func(w *world) {
						w.breaks(func(c github.Call) github.Fault {
							if c.Method+" "+c.Route == route {
								seen++
							}
							if seen != nth || c.Method+" "+c.Route != route {
								return github.Fault{}
							}
							return fault(w)
						})
					})
				})
			}
		}
	}
}
