package issues_test

import (
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"strings"
	"testing"
	"time"
)

// opens opens a release beside those that are open.
func (w *issueWorld) opens(version, kind string) {
	w.gonogo.write(w.t, func(*history.State) []event.Event {
		return []event.Event{event.ReleaseOpened{Version: version, Commit: "5e6f7a8b", ReleaseKind: kind, Beside: true}}
	})
}

// says records what a release was found to be, outside of a run.
func (w *issueWorld) says(version, item string, verdict answer.Verdict, summary string) {
	ev := found(verdict, summary)
	ev.Settings = "s"
	w.gonogo.write(w.t, func(*history.State) []event.Event {
		return []event.Event{event.EvidenceRecorded{Release: version, Item: item, Evidence: ev}}
	})
	w.pass(61 * time.Second) // an issue is rewritten once a minute
}

// An issue is about every open release: it says for which the gate fails, and
// is closed once it fails for none.
func TestIssueOfSeveralReleases(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.says("19.0.2", "modules", answer.Failed, "3 modules are missing")
		w.opens("19.1.0", "")
		w.pass(2 * time.Minute)
		if got := w.issue(); got.State() != "open" || !strings.Contains(got.Body, "- Release: `19.0.2`, commit `4f3c2b1a`") {
			t.Errorf("with another release open, the issue is %s:\n%s", got.State(), got.Body)
		}
		w.says("19.1.0", "modules", answer.Failed, "1 module is missing")
		got := w.issue()
		for _, want := range []string{"- Release: `19.1.0`, commit `5e6f7a8b`", "- Release `19.0.2`: also fails. 3 modules are missing"} {
			if !strings.Contains(got.Body, want) {
				t.Errorf("the issue lacks %q:\n%s", want, got.Body)
			}
		}
		w.says("19.1.0", "modules", answer.Passed, "all modules are there")
		got = w.issue()
		for _, want := range []string{"- Release: `19.0.2`, commit `4f3c2b1a`", "- Release `19.1.0`: passes. all modules are there"} {
			if got.State() != "open" || !strings.Contains(got.Body, want) {
				t.Errorf("the issue is %s and lacks %q:\n%s", got.State(), want, got.Body)
			}
		}
		w.restart()
		w.says("19.0.2", "modules", answer.Passed, "they are there now")
		w.wantClosed("all modules are there")
	})
}

// A release that is not asked the item, or was never measured, keeps no issue
// open; one that is closed neither.
func TestIssueOfReleasesThatSayNothing(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.checklist.Kinds = []checklist.ReleaseKind{{ID: "hotfix", Sections: []string{"other"}}}
		w.opens("19.1.0", "")
		w.opens("19.0.3", "hotfix")
		w.says("19.0.3", "modules", answer.Failed, "it is not asked this")
		if got := len(w.host.Issues()); got != 0 {
			t.Fatalf("there are %d issues of what the hotfix is not asked", got)
		}
		w.says("19.0.2", "modules", answer.Failed, "3 modules are missing")
		w.says("19.0.2", "modules", answer.Passed, "all are there")
		w.wantClosed("all are there")
		w.says("19.0.2", "modules", answer.Failed, "3 modules are missing")
		w.pass(time.Hour)
		w.gonogo.write(t, func(*history.State) []event.Event {
			return []event.Event{event.ReleaseClosed{Release: "19.0.2"}}
		})
		w.says("19.1.0", "modules", answer.Passed, "all are there in 19.1.0")
		w.wantClosed("all are there in 19.1.0")
	})
}

// What is asked after a deployment is about what is live, with no release open
// too, and opens no issue before it comes due.
func TestIssueAfterADeployment(t *testing.T) {
	inIssueWorld(t, nil, func(w *issueWorld) {
		w.checklist.Environments = []checklist.Environment{{Name: "production"}}
		w.checklist.Afterwards = []checklist.Section{
			{ID: "day-1", Title: "Day 1", Live: "production", Within: 24 * time.Hour, Items: []*checklist.Item{item("errors")}},
			{ID: "at-once", Title: "At once", Live: "production", Items: []*checklist.Item{item("pages")}},
		}
		w.checklist.Index()
		issues := func(when string, want ...string) {
			t.Helper()
			var got []string
			for _, issue := range w.host.Issues() {
				got = append(got, issue.State()+": "+issue.Title)
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s there are the issues %q, want %q", when, got, want)
			}
		}
		w.says("19.0.2", "errors", answer.Failed, "7 % fail")
		w.says("19.0.2", "pages", answer.Failed, "2 pages fail")
		w.pass(48 * time.Hour)
		issues("before it is live")
		w.gonogo.write(t, func(*history.State) []event.Event {
			return []event.Event{event.VersionWentLive{Environment: "production", Run: "r1", Verified: true, Build: build.Build{Version: "19.0.2"}},
				event.ReleaseClosed{Release: "19.0.2"}}
		})
		w.says("19.0.2", "errors", answer.Failed, "8 % fail")
		w.says("19.0.2", "pages", answer.Failed, "3 pages fail")
		w.pass(17 * time.Hour)
		atOnce, day1 := "open: [gonogo] The pages are there: 3 pages fail", "open: [gonogo] The errors are there: 8 % fail"
		issues("before Day 1 comes due", atOnce)
		w.restart()
		w.pass(30 * time.Minute)
		issues("still before, after a restart", atOnce)
		w.pass(time.Hour)
		issues("in the last quarter of Day 1", atOnce, day1)
		w.says("19.0.2", "errors", answer.Passed, "none fails")
		issues("once it passes", atOnce, strings.Replace(day1, "open", "closed", 1))
	})
}
