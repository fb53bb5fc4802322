package issues_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	client "gonogo/clients/github"
	"gonogo/playground/upstream/github"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// ways are what a person can do to an issue so that gonogo can't keep it.
var ways = []struct {
	away event.IssueAway
	do   func(*github.Host, int) error
}{
	{event.IssueMoved, func(h *github.Host, n int) error { return h.Transfer(n, "acme/backlog#70") }},
	{event.IssueLocked, (*github.Host).Lock},
	{event.IssueDeleted, (*github.Host).Delete},
}

// written lists what the ledger says was done to issues, joins aside.
func (w *issueWorld) written() []string {
	w.t.Helper()
	var done []string
	for r, err := range w.gonogo.log.Read(context.Background(), 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		happened, err := event.Decode(r.Kind, r.Data)
		if err != nil {
			w.t.Fatal(err)
		}
		if e, ok := happened.(event.IssueWritten); ok {
			done = append(done, strings.TrimSpace(string(e.Act)+" "+string(e.Away)))
		}
	}
	return done
}

// wantWritten checks what was done to issues, and that nothing was delayed.
func (w *issueWorld) wantWritten(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.written()); diff != "" {
		w.t.Errorf("done to issues (-want +got):\n%s", diff)
	}
	if delays := w.delays(); len(delays) > 0 {
		w.t.Errorf("people were told of delays: %q", delays)
	}
}

// wantQuiet checks that GitHub is asked nothing for hours.
func (w *issueWorld) wantQuiet() {
	w.t.Helper()
	asked := w.asked()
	w.pass(2 * time.Hour)
	if again := w.asked() - asked; again > 0 {
		w.t.Errorf("%d more requests in two hours", again)
	}
}

// TestIssueMovedAway opens a new issue for other evidence when the old one was
// transferred, locked or deleted.
func TestIssueMovedAway(t *testing.T) {
	for _, way := range ways {
		t.Run(string(way.away), func(t *testing.T) {
			inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
				w.measure("modules", found(answer.Failed, "3 are missing"))
				w.pass(5 * time.Second)
				first := w.issue()
				if err := way.do(w.host, first.Number); err != nil {
					t.Fatal(err)
				}
				w.measure("modules", found(answer.Failed, "3 are missing"))
				w.wantQuiet()
				w.restart()
				w.wantWritten("open")

				w.measure("modules", found(answer.Failed, "2 are missing"))
				w.pass(time.Minute)
				w.wantWritten("open", "update "+string(way.away), "open")
				known := w.known("modules")
				if known.Number != first.Number+1 || !known.Open || known.Away != "" {
					t.Errorf("the ledger knows %+v", known)
				}
				for _, issue := range w.host.Issues() {
					if issue.Number == first.Number && (issue.Body != first.Body || len(issue.Comments) > 0) {
						t.Errorf("the old issue was written to: %+v", issue)
					}
				}
				w.wantQuiet()
				w.restart()
				w.measure("modules", found(answer.Passed, "all are there"))
				w.pass(time.Minute)
				w.wantWritten("open", "update "+string(way.away), "open", "close")
				w.wantQuiet()
			})
		})
	}
}

// TestIssueMovedAwayAndPassed leaves an issue that was transferred, locked or
// deleted alone when its gate passes, and opens a new one when it fails again as
// it did before.
func TestIssueMovedAwayAndPassed(t *testing.T) {
	for _, way := range ways {
		t.Run(string(way.away), func(t *testing.T) {
			inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
				w.measure("modules", found(answer.Failed, "3 are missing"))
				w.pass(5 * time.Second)
				first := w.issue().Number
				if err := way.do(w.host, first); err != nil {
					t.Fatal(err)
				}
				w.measure("modules", found(answer.Passed, "all are there"))
				w.pass(time.Minute)
				w.wantWritten("open", "close "+string(way.away))
				w.wantQuiet()
				if known := w.known("modules"); known.Open || known.Number != 0 || known.Away != way.away {
					t.Errorf("the ledger knows %+v", known)
				}
				w.restart()
				w.measure("modules", found(answer.Failed, "3 are missing"))
				w.pass(time.Minute)
				w.wantWritten("open", "close "+string(way.away), "open")
				if known := w.known("modules"); known.Number != first+1 || !known.Open {
					t.Errorf("the ledger knows %+v", known)
				}
			})
		})
	}
}

// TestSharedIssueMovedAway opens one new issue for all answers that the old one
// listed.
func TestSharedIssueMovedAway(t *testing.T) {
	all := items(3)
	inIssueWorld(t, all, func(w *issueWorld) {
		w.errs(all, databaseDown)
		first := w.issue().Number
		if err := w.host.Transfer(first, "acme/backlog#70"); err != nil {
			t.Fatal(err)
		}
		w.errs(all, "db.example:5432 does not let gonogo in")
		w.pass(5 * time.Minute)
		if title := w.issue().Title; title != "[gonogo] 3 items: db.example:5432 does not let gonogo in" {
			t.Errorf("the title is %q", title)
		}
		for _, it := range all {
			if known := w.known(it.ID); known.Number != first+1 || !known.Open {
				t.Errorf("of %s the ledger knows %+v, want issue %d", it.ID, known, first+1)
			}
		}
	})
}

// TestIssuesLockedAtOnce bounds how many issues a program makes that locks each
// one as soon as it is opened.
func TestIssuesLockedAtOnce(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		for n := range 60 {
			w.measure("modules", found(answer.Failed, strings.Repeat("one more, ", n+1)))
			w.pass(2 * time.Minute)
			for _, issue := range w.host.Issues() {
				if err := w.host.Lock(issue.Number); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := len(w.host.Issues()); got != 3 {
			t.Errorf("in two hours %d issues were opened, want 3", got)
		}
	})
}

// TestRepositoryRenamed takes no issue for transferred when GitHub redirects
// everything: the name in the configuration has to be mended.
func TestRepositoryRenamed(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(5 * time.Second)
		w.breaks(func(int, github.Call) github.Fault { return answered(http.StatusMovedPermanently) })
		w.measure("modules", found(answer.Failed, "2 are missing"))
		w.pass(25 * time.Minute)
		want := []string{"modules: GitHub refused to list the issues of acme/shop: the repository was renamed or moved; write its current name into the configuration"}
		if diff := cmp.Diff(want, w.delays()); diff != "" {
			t.Errorf("delays (-want +got):\n%s", diff)
		}
		w.breaks(nil)
		w.pass(15 * time.Minute)
		if title := w.issue().Title; !strings.HasSuffix(title, "2 are missing") || w.known("modules").Delayed != "" {
			t.Errorf("once it is mended the issue is %q, and the ledger knows %+v", title, w.known("modules"))
		}
	})
}

// TestIssueLockedInTheMiddle lets go of an issue that is locked between closing
// it and the comment that says why.
func TestIssueLockedInTheMiddle(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(5 * time.Second)
		w.breaks(func(_ int, c github.Call) github.Fault {
			if c.Write && strings.HasSuffix(c.Path, "/comments") {
				return github.Fault{Before: func() { _ = w.host.Lock(1) }}
			}
			return github.Fault{}
		})
		w.measure("modules", found(answer.Passed, "all are there"))
		w.pass(15 * time.Minute)
		if known := w.known("modules"); known.Away != event.IssueLocked || known.Delayed != "" || known.Pending != "" {
			t.Errorf("the ledger knows %+v", known)
		}
		w.wantQuiet()
	})
}

// kept is what a person wrote into an issue.
const kept = "Ada: the supplier has been told.\n\nhttps://example.com/ticket/7"

// TestIssueKeepsEdits leaves a person's title and words as they are when it
// writes what is new.
func TestIssueKeepsEdits(t *testing.T) {
	tests := []struct {
		name string
		edit func(body string) string
	}{
		{"above", func(body string) string { return kept + "\n\n" + body }},
		{"below", func(body string) string { return body + "\n" + kept + "\n" }},
		{"within", func(body string) string { return strings.Replace(body, "### About", kept+"\n\n### About", 1) }},
		{"in place of all", func(string) string { return kept }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
				w.measure("modules", found(answer.Failed, "3 are missing"))
				w.pass(5 * time.Second)
				// GitHub's editor sends lines with CR LF at their ends.
				title, body := "Modules: wait for the supplier", strings.ReplaceAll(tt.edit(w.issue().Body), "\n", "\r\n")
				w.byHand(1, client.Change{Title: &title, Body: &body})
				for _, says := range []string{"2 are missing", "1 is missing"} {
					w.measure("modules", found(answer.Failed, says))
					w.pass(2 * time.Minute)
					issue := w.issue()
					now := issue.Body // with line ends of one kind
					if issue.Title != title || strings.Count(now, kept) != 1 || strings.Count(now, "**Failed**: "+says) != 1 {
						t.Errorf("after %q the issue is %q:\n%s", says, issue.Title, issue.Body)
					}
					if n := strings.Count(now, "<!-- gonogo:key="); n != 1 {
						t.Errorf("%d marks of one kind:\n%s", n, now)
					}
				}
			})
		})
	}
}

// TestIssueTitleFollows writes a new title as long as nobody has changed it.
func TestIssueTitleFollows(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(5 * time.Second)
		body := w.issue().Body + "\n\n" + kept
		w.byHand(1, client.Change{Body: &body})
		for _, says := range []string{"2 are missing", "1 is missing"} {
			w.measure("modules", found(answer.Failed, says))
			w.pass(2 * time.Minute)
			if issue := w.issue(); !strings.HasSuffix(issue.Title, says) {
				t.Errorf("after %q the title is %q", says, issue.Title)
			}
		}
	})
}

// TestIssueFromBefore writes the issue of an earlier version, which bears fewer
// marks, and keeps what stands above and below it.
func TestIssueFromBefore(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(5 * time.Second)
		var lines []string
		for line := range strings.Lines(w.issue().Body) {
			if !strings.HasPrefix(line, "<!-- gonogo:title=") && !strings.HasPrefix(line, "<!-- gonogo:end=") {
				lines = append(lines, line)
			}
		}
		body := "Above.\n\n" + strings.Join(lines, "") + "\nBelow.\n"
		w.byHand(1, client.Change{Body: &body})
		w.measure("modules", found(answer.Failed, "2 are missing"))
		w.pass(2 * time.Minute)
		issue := w.issue()
		if !strings.HasSuffix(issue.Title, "2 are missing") || !strings.HasPrefix(issue.Body, "Above.\n") || !strings.HasSuffix(issue.Body, "\nBelow.\n") ||
			strings.Contains(issue.Body, "3 are missing") {
			t.Errorf("the issue is %q:\n%s", issue.Title, issue.Body)
		}
	})
}

// TestIssueKeepsLongEdits keeps a person's words where they leave little room.
func TestIssueKeepsLongEdits(t *testing.T) {
	inIssueWorld(t, []*checklist.Item{item("modules")}, func(w *issueWorld) {
		w.measure("modules", found(answer.Failed, "3 are missing"))
		w.pass(5 * time.Second)
		long := strings.Repeat("wörds ", 10_000) + "END"
		body := w.issue().Body + "\n" + long
		w.byHand(1, client.Change{Body: &body})
		more := found(answer.Failed, "2 are missing")
		for range 200 {
			more.Details = append(more.Details, strings.Repeat("detail ", 10))
		}
		w.measure("modules", more)
		w.pass(2 * time.Minute)
		if body := w.issue().Body; !strings.Contains(body, "2 are missing") || !strings.HasSuffix(strings.TrimSpace(body), long) {
			t.Errorf("the body begins with\n%.3000s", body)
		}
	})
}
