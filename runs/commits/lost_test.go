package commits_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/playground/upstream/github"
	"gonogo/readiness/build"
	"gonogo/runs/commits"
)

// inLostWorld has three commits after the first, of which one changes a database and one
// fixes a hole.
func inLostWorld(t *testing.T, test func(w *finderWorld, l commits.Lookup)) {
	fourthSHA := "4d" + thirdSHA[2:]
	inCodeWorld(t, github.Code{
		Commits: []github.Commit{
			{SHA: firstSHA, Message: "Begin", Author: "Ada", Login: "ada"},
			{SHA: secondSHA, Parent: firstSHA, Message: "Drop the column\n\nIt is unused.", Author: "Bob", Login: "bob", Files: []string{"db/migrations/7.sql"}},
			{SHA: thirdSHA, Parent: secondSHA, Message: "Close a security hole with hunter2", Author: "Ada", Login: "ada"},
			{SHA: fourthSHA, Parent: thirdSHA, Message: "Speed up the login", Author: "Eve", Login: "eve"},
		},
		Tags: map[string]string{"1.0": firstSHA, "2.0": fourthSHA},
	}, func(w *finderWorld) {
		test(w, commits.Lookup{Source: w.client(), Secrets: []string{"hunter2"}, Log: slog.New(slog.DiscardHandler),
			Notable: commits.Notable{Paths: []string{"db/migrations"}, Titles: commits.NotableTitles}})
	})
}

// TestLost names the commits that a rollback takes away: first what changes the
// database or fixes a hole, without secrets.
func TestLost(t *testing.T) {
	inLostWorld(t, func(w *finderWorld, l commits.Lookup) {
		got := l.Lost(w.t.Context(), build.Build{Version: "2.0"}, build.Build{Version: "1.0", Commit: firstSHA})
		fourthSHA := "4d" + thirdSHA[2:]
		want := commits.Lost{Count: 3, URL: "http://github.test/acme/shop/compare/" + firstSHA + "..." + fourthSHA, Commits: []commits.LostCommit{
			{SHA: thirdSHA, Title: "Close a security hole with [redacted]", Author: "Ada", Why: "mentions security"},
			{SHA: secondSHA, Title: "Drop the column", Author: "Bob", Why: "changes db/migrations"},
			{SHA: fourthSHA, Title: "Speed up the login", Author: "Eve"},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lost (-want +got):\n%s", diff)
		}
		back := l.Lost(w.t.Context(), build.Build{Commit: firstSHA}, build.Build{Commit: thirdSHA})
		if back.Count != 0 || back.Regains != 2 {
			t.Errorf("to a later version: %+v", back)
		}
	})
}

// TestLostUnknown says why it isn't known what a rollback takes away, and what of it
// isn't.
func TestLostUnknown(t *testing.T) {
	if got := (commits.Lookup{}).Lost(t.Context(), build.Build{}, build.Build{}); got.Unknown != "the configuration names no repository" {
		t.Errorf("without a repository: %+v", got)
	}
	inLostWorld(t, func(w *finderWorld, l commits.Lookup) {
		first, third := build.Build{Version: "1.0", Commit: firstSHA}, build.Build{Version: "2.0", Commit: thirdSHA}
		if got := l.Lost(w.t.Context(), build.Build{Version: "3.0"}, first); got.Unknown != "the commit of 3.0 isn't known" {
			t.Errorf("of a version without a tag: %+v", got)
		}
		w.host.OnCall(func(c github.Call) github.Fault {
			if c.Route == "GET /repos/{owner}/{repo}/commits" {
				return github.Fault{Status: 403}
			}
			return github.Fault{}
		})
		if got := l.Lost(w.t.Context(), third, first); got.Count != 2 || cmp.Diff([]string{"db/migrations"}, got.Unread) != "" {
			t.Errorf("where GitHub doesn't list commits: %+v", got)
		}
		w.host.OnCall(nil)
		w.host.SetMode(github.Slow)
		begun := time.Now()
		ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Second)
		defer cancel()
		if got := l.Lost(ctx, third, first); got.Unknown == "" || time.Since(begun) > 2*time.Second {
			t.Errorf("where GitHub hangs, after %v: %+v", time.Since(begun), got)
		}
	})
}
