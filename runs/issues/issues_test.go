package issues_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage/storagetest"
)

// TestIssueLife goes once around: opened, updated, closed, reopened, closed.
func TestIssueLife(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 modules are missing"))
		w.pass(5 * time.Second)
		opened := w.issue()
		if got, want := opened.Title, "[gonogo] The modules are there: 3 modules are missing"; got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
		if got, want := opened.Labels, []string{"gonogo", "release", "gate"}; !slices.Equal(got, want) {
			t.Errorf("the labels are %q, want %q", got, want)
		}
		if known := w.known("modules"); known.Number != opened.Number || !known.Open || known.Pending != "" {
			t.Errorf("the ledger knows %+v", known)
		}

		calls := w.asked()
		again := found(answer.Failed, "3 modules are missing")
		again.Took = time.Second
		w.measure("modules", again)
		w.pass(10 * time.Minute)
		if got := w.asked() - calls; got != 0 {
			t.Errorf("the same evidence made %d requests", got)
		}

		w.measure("modules", found(answer.Failed, "2 modules are missing"))
		w.pass(5 * time.Second)
		if got := w.issue().Title; !strings.Contains(got, "2 modules") {
			t.Errorf("after other evidence the title is %q", got)
		}
		w.measure("modules", found(answer.Failed, "1 module is missing"))
		w.pass(30 * time.Second)
		if got := w.issue().Title; !strings.Contains(got, "2 modules") {
			t.Errorf("half a minute after an update it was updated again to %q", got)
		}
		w.pass(30 * time.Second)
		if got := w.issue().Title; !strings.Contains(got, "1 module ") {
			t.Errorf("a minute after an update the title is %q", got)
		}

		w.measure("modules", found(answer.Passed, "all modules are there"))
		w.pass(5 * time.Second)
		w.wantClosed("all modules are there")

		w.measure("modules", found(answer.Failed, "1 module is missing"))
		w.pass(45 * time.Minute)
		if w.issue().State() == "open" {
			t.Error("it was opened twice within an hour")
		}
		w.pass(10 * time.Minute)
		if w.issue().State() != "open" {
			t.Error("an hour later it is still closed, and its gate fails")
		}
		w.measure("modules", found(answer.Warned, "a module is old"))
		w.pass(5 * time.Second)
		w.wantClosed("a module is old")
	})
}

// wantClosed checks that the issue is closed with a last comment that says why.
func (w *issueWorld) wantClosed(why string) {
	w.t.Helper()
	issue := w.issue()
	if issue.State() == "open" || issue.Reason() != "completed" {
		w.t.Errorf("the issue is %s (%s), want closed as completed", issue.State(), issue.Reason())
	}
	said := issue.Comments
	if len(said) == 0 || !strings.Contains(said[len(said)-1].Body, why) {
		w.t.Errorf("its comments are %+v, want the last to say %q", said, why)
	}
}

// TestIssueNeeded holds for which evidence there is an issue.
func TestIssueNeeded(t *testing.T) {
	failed, passed, errored := found(answer.Failed, "over"), found(answer.Passed, "under"), found(answer.Errored, "no answer")
	warned, missing := found(answer.Warned, "nearly"), found(answer.NotConfigured, "nothing to measure")
	tests := []struct {
		name     string
		item     func(*checklist.Item)
		measured []answer.Evidence
		want     string // state, and what the title says
	}{
		{name: "never measured", want: ""},
		{name: "failed", measured: []answer.Evidence{failed}, want: "open: over"},
		{name: "passed", measured: []answer.Evidence{passed}, want: ""},
		{name: "warned", measured: []answer.Evidence{warned}, want: ""},
		{name: "not configured", measured: []answer.Evidence{missing}, want: ""},
		{name: "errored twice", measured: []answer.Evidence{errored, errored}, want: ""},
		{name: "errored three times", measured: []answer.Evidence{errored, errored, errored}, want: "open: no answer"},
		{name: "errored three times, not in a row", measured: []answer.Evidence{errored, passed, errored, errored}, want: ""},
		{name: "failed, then errored", measured: []answer.Evidence{failed, errored}, want: "open: over"},
		{name: "failed, then not configured", measured: []answer.Evidence{failed, missing}, want: "open: over"},
		{name: "failed, then warned", measured: []answer.Evidence{failed, warned}, want: "closed: over"},
		{name: "failed under other settings", item: func(it *checklist.Item) { it.Gate.Settings = "others" }, measured: []answer.Evidence{failed}, want: ""},
		{name: "failed, and stale at once", item: func(it *checklist.Item) { it.MaxAge = -time.Second }, measured: []answer.Evidence{failed}, want: ""},
		{name: "gonogo's own state", item: func(it *checklist.Item) { it.Gate.Condition = &checklist.Condition{Deployed: "staging"} }, measured: []answer.Evidence{failed}, want: ""},
		{name: "switched off", item: func(it *checklist.Item) { it.Off = true }, measured: []answer.Evidence{failed}, want: ""},
		{name: "a person's", item: func(it *checklist.Item) { it.Gate, it.Manual = nil, &checklist.Manual{} }, measured: []answer.Evidence{failed}, want: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			it := item("modules")
			if tt.item != nil {
				tt.item(it)
			}
			inIssueWorld(t, []*checklist.Item{it}, func(w *issueWorld) {
				for _, ev := range tt.measured {
					w.measure("modules", ev)
					w.pass(5 * time.Minute)
				}
				var got []string
				for _, issue := range w.host.Issues() {
					_, says, _ := strings.Cut(issue.Title, ": ")
					got = append(got, issue.State()+": "+says)
				}
				if got := strings.Join(got, "; "); got != tt.want {
					t.Errorf("the issues are %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestIssueOfSkippedItem closes the issue of an item that a person skips.
func TestIssueOfSkippedItem(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "over"))
		w.pass(5 * time.Second)
		w.gonogo.write(t, func(s *history.State) []event.Event {
			return []event.Event{event.EvidenceRecorded{Release: s.Open, Item: "modules",
				Evidence: answer.Evidence{Verdict: answer.NotApplicable, Note: "no modules in this release", By: "U1"}}}
		})
		w.pass(5 * time.Second)
		w.wantClosed("no modules in this release")
	})
}

// TestIssueOfUnaskedItem closes the issue of an item that the configuration has
// given to a person, or has no more, when gonogo starts with it. A configuration
// that has the item again opens the same issue again.
func TestIssueOfUnaskedItem(t *testing.T) {
	byHand := &checklist.Item{ID: "modules", Title: "The modules are there", Manual: &checklist.Manual{}}
	for name, items := range map[string][]*checklist.Item{"removed": {item("tests")}, "a person's": {byHand, item("tests")}} {
		t.Run(name, func(t *testing.T) {
			inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
				w.measure("modules", found(answer.Failed, "over"))
				w.pass(5 * time.Second)
				whole := w.checklist
				w.checklist = (&checklist.Checklist{Project: "shop", Sections: []checklist.Section{{ID: "all", Title: "Everything", Items: items}}}).Index()
				w.restart()
				w.pass(time.Minute)
				w.wantClosed("the gate was removed from the configuration")
				asked := w.asked()
				w.pass(time.Hour)
				if again := w.asked() - asked; again > 0 {
					t.Errorf("%d requests after it was closed", again)
				}
				w.checklist = whole
				w.restart()
				w.pass(time.Minute)
				if state := w.issue().State(); state != "open" {
					t.Errorf("with the item back, and failed as before, it is %s", state)
				}
			})
		})
	}
}

// TestIssueOfWaivedItem keeps the issue of an item that is waived open, and says
// so while the waiver counts.
func TestIssueOfWaivedItem(t *testing.T) {
	it := item("modules")
	it.Blocks = []string{"production"}
	inIssueWorld(t, []*checklist.Item{it}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 modules are missing"))
		w.pass(5 * time.Second)
		w.gonogo.write(t, func(s *history.State) []event.Event {
			return []event.Event{event.WaiverGiven{Release: s.Open, Item: "modules", Environment: "production", By: "U1",
				Reason: "@everyone knows.", Until: time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC)}}
		})
		w.pass(2 * time.Minute)
		want := "- Waived for `production` until 3 January 2000, 00:00 UTC: "
		if body := w.issue().Body; w.issue().State() != "open" || !strings.Contains(body, want) || strings.Contains(body, "@everyone") {
			t.Errorf("the issue is %s and says\n%s", w.issue().State(), body)
		}
		w.measure("modules", found(answer.Errored, "the database is away"))
		w.pass(2 * time.Minute)
		if state := w.issue().State(); state != "open" {
			t.Errorf("waived and not measured it is %s", state)
		}
	})
}

// TestIssueOfEndedWaiver takes the waiver out of the issue when it ends, though
// nothing else happens.
func TestIssueOfEndedWaiver(t *testing.T) {
	it := item("modules")
	it.Blocks = []string{"production"}
	inIssueWorld(t, []*checklist.Item{it}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 modules are missing"))
		w.gonogo.write(t, func(s *history.State) []event.Event {
			return []event.Event{event.WaiverGiven{Release: s.Open, Item: "modules", Environment: "production", By: "U1",
				Reason: "known", Until: time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC)}}
		})
		w.pass(time.Hour)
		if body := w.issue().Body; !strings.Contains(body, "Waived for") {
			t.Fatalf("the issue says\n%s", body)
		}
		w.pass(48 * time.Hour)
		if body := w.issue().Body; strings.Contains(body, "Waived for") {
			t.Errorf("a day after the waiver's end the issue says\n%s", body)
		}
	})
}

// TestIssuesPerEnvironment keeps one issue for each environment that an item
// is asked for.
func TestIssuesPerEnvironment(t *testing.T) {
	it := item("smoke")
	it.Environments = []string{"staging", "production"}
	inIssueWorld(t, []*checklist.Item{it}, func(w *issueWorld) {
		w.runbooks = map[string][]string{"mend-smoke": it.Environments}
		w.restart()
		w.gonogo.write(t, func(s *history.State) []event.Event {
			events := []event.Event{event.RunStarted{Run: "1", What: work.Gates, Release: s.Open, Steps: []string{"smoke@staging", "smoke@production"}}}
			for _, env := range it.Environments {
				ev := found(answer.Failed, "down on "+env)
				ev.Settings = "s"
				events = append(events, event.StepEnded{Run: "1", Step: "smoke@" + env, Item: "smoke", Environment: env, Evidence: ev})
			}
			return append(events, event.RunEnded{Run: "1", Outcome: work.Completed})
		})
		w.pass(10 * time.Second)
		var got []string
		for _, issue := range w.host.Issues() {
			got = append(got, issue.Title)
			_, environment, _ := strings.Cut(issue.Title, "down on ")
			if command := "`/ready fix mend-smoke " + environment + "`"; !strings.Contains(issue.Body, command) {
				t.Errorf("the issue of %s does not say %s:\n%s", environment, command, issue.Body)
			}
		}
		slices.Sort(got)
		want := []string{"[gonogo] The smoke are there on production: down on production", "[gonogo] The smoke are there on staging: down on staging"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("titles (-want +got):\n%s", diff)
		}
	})
}

// TestIssueWaitsForRun writes nothing while a gate run still measures.
func TestIssueWaitsForRun(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules"), item("tests")}, func(w *issueWorld) {
		w.gonogo.write(t, func(s *history.State) []event.Event {
			return []event.Event{event.RunStarted{Run: "again", What: work.Gates, Release: s.Open, Steps: []string{"modules", "tests"}}}
		})
		w.measure("modules", found(answer.Failed, "over"))
		w.pass(time.Hour)
		if got := w.asked(); got != 0 {
			t.Fatalf("%d requests while the item was being measured", got)
		}
		ev := found(answer.Failed, "still over")
		ev.Settings = "s"
		w.gonogo.write(t, func(*history.State) []event.Event {
			return []event.Event{event.StepEnded{Run: "again", Step: "modules", Item: "modules", Evidence: ev}}
		})
		w.pass(5 * time.Second)
		if got := w.issue().Title; !strings.HasSuffix(got, ": still over") {
			t.Errorf("the title is %q", got)
		}
	})
}

// TestIssueFlapping opens an issue once an hour at most, however often its
// item changes its mind.
func TestIssueFlapping(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		for range 30 {
			w.measure("modules", found(answer.Failed, "over"))
			w.pass(3 * time.Minute)
			w.measure("modules", found(answer.Passed, "under"))
			w.pass(3 * time.Minute)
		}
		if got := len(w.issue().Comments); got != 3 {
			t.Errorf("in three hours it was closed %d times, want 3", got)
		}
	})
}

// TestIssueClosedByPerson leaves it closed until its evidence changes.
func TestIssueClosedByPerson(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(2 * time.Hour)
		w.closeByHand(w.issue().Number)
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(2 * time.Hour)
		if w.issue().State() == "open" {
			t.Error("it was reopened although nothing has changed")
		}
		w.measure("modules", found(answer.Failed, "2 are missing"))
		w.pass(5 * time.Second)
		if w.issue().State() != "open" || !strings.HasSuffix(w.issue().Title, "2 are missing") {
			t.Errorf("after other evidence it is %s: %s", w.issue().State(), w.issue().Title)
		}
		w.closeByHand(w.issue().Number)
		w.measure("modules", found(answer.Failed, "1 is missing"))
		w.pass(50 * time.Minute)
		if w.issue().State() == "open" {
			t.Error("it was reopened twice within an hour")
		}
		w.pass(15 * time.Minute)
		if w.issue().State() != "open" {
			t.Error("it stays closed for good")
		}
	})
}

// TestIssueThread waits a little for the link to the Slack thread.
func TestIssueThread(t *testing.T) {
	const link = "https://shop.slack.com/archives/C1/p1700000000000100"
	tests := []struct {
		name  string
		after time.Duration // from which on the link is known
		opens time.Duration
		want  bool
	}{
		{"known at once", 0, 2 * time.Second, true},
		{"known after 4 s", 4 * time.Second, 6 * time.Second, true},
		{"never known", time.Hour, 12 * time.Second, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newIssueWorld(t, []*checklist.Item{item("modules")})
				defer w.close()
				known := time.Now().Add(tt.after)
				w.thread = func(string) string {
					if time.Now().Before(known) {
						return ""
					}
					return link
				}
				w.gonogo = w.start(storagetest.NewMemory())
				w.measure("modules", found(answer.Failed, "over"))
				w.pass(tt.opens)
				if got := strings.Contains(w.issue().Body, link); got != tt.want {
					t.Errorf("the body has the link: %t, want %t\n%s", got, tt.want, w.issue().Body)
				}
			})
		})
	}
}
