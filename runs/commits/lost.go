package commits

import (
	"context"
	"path"
	"slices"
	"strings"
	"sync"

	"gonogo/clients/github"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/redact"
)

// Notable says which commits people are told about first.
type Notable struct {
	Paths  []string // those that change something under one of these files or folders
	Titles []string // those with one of these in the title, whatever its case
}

// NotableTitles are what the titles of security fixes often have.
var NotableTitles = []string{"security", "CVE-", "GHSA-"}

// Lost is what a rollback takes away.
type Lost struct {
	Count        int
	Commits      []LostCommit // notable ones first, otherwise the newest first; not all if there are many
	Regains      int          // commits that come back, since the version that is left doesn't have them
	URL          string       // where to read all of them
	Unknown      string       // why nothing of this is known, as the end of a sentence; empty: it is
	NoRepository bool         // the reason is that there is no repository to ask
	Unread       []string     // paths under which GitHub doesn't say what changes
}

// LostCommit is a commit that a rollback takes away.
type LostCommit struct {
	SHA, Title, Author string
	Why                string // why it is notable; empty: it isn't
}

// Lost compares what a rollback leaves with what it brings back.
func (l Lookup) Lost(ctx context.Context, from, to build.Build) Lost {
	if l.Source == nil {
		return Lost{NoRepository: true, Unknown: "the configuration names no repository"}
	}
	head, base, unknown := l.ends(ctx, from, to)
	if unknown != "" {
		return Lost{Unknown: unknown}
	}
	var under [][]github.Commit
	var unread []string
	var listed sync.WaitGroup
	listed.Go(func() { under, unread = l.under(ctx, head) })
	comparison, err := l.Source.Compare(ctx, base, head)
	listed.Wait()
	if err != nil {
		l.Log.Warn("the commits that a rollback takes away could not be looked up", "base", base, "head", head, "error", err)
		return Lost{Unknown: whyUnknown(err)}
	}
	return Lost{Count: comparison.Ahead, Regains: comparison.Behind, URL: comparison.URL, Commits: l.sorted(comparison.Commits, under), Unread: unread}
}

// under lists, for each notable path, the commits that change something there, and names
// the paths of which GitHub doesn't say.
func (l Lookup) under(ctx context.Context, head string) (under [][]github.Commit, unread []string) {
	under, failed := make([][]github.Commit, len(l.Notable.Paths)), make([]bool, len(l.Notable.Paths))
	var all sync.WaitGroup
	for i, path := range l.Notable.Paths {
		all.Go(func() {
			var err error
			if under[i], err = l.Source.CommitsUnder(ctx, path, head); err != nil {
				l.Log.Warn("the commits under a path could not be looked up", "path", path, "error", err)
				failed[i] = true
			}
		})
	}
	all.Wait()
	for i, path := range l.Notable.Paths {
		if failed[i] {
			unread = append(unread, path)
		}
	}
	return under, unread
}

// ends finds the commits of both builds, at the same time.
func (l Lookup) ends(ctx context.Context, from, to build.Build) (head, base, unknown string) {
	var both sync.WaitGroup
	find := func(b build.Build, into *string) {
		if *into = b.Commit; *into == "" {
			*into = l.Of(ctx, b.Version)
		}
	}
	both.Go(func() { find(from, &head) })
	both.Go(func() { find(to, &base) })
	both.Wait()
	switch {
	case head == "":
		return head, base, "the commit of " + from.Version + " isn't known"
	case base == "":
		return head, base, "the commit of " + to.Version + " isn't known"
	}
	return head, base, ""
}

// sorted puts notable commits first.
func (l Lookup) sorted(commits []github.Commit, under [][]github.Commit) []LostCommit {
	var notable, others []LostCommit
	for _, commit := range commits {
		lost := LostCommit{SHA: commit.SHA, Title: phrase.ShortenAtWord(redact.Line(commit.Title, l.Secrets), longestTitle),
			Author: phrase.ShortenAtWord(redact.Line(commit.Author, l.Secrets), longestAuthor), Why: l.why(commit, under)}
		if lost.Why == "" {
			others = append(others, lost)
		} else {
			notable = append(notable, lost)
		}
	}
	return append(notable, others...)
}

// why says why a commit is notable, or "".
func (l Lookup) why(commit github.Commit, under [][]github.Commit) string {
	same := func(c github.Commit) bool { return c.SHA == commit.SHA }
	for i, commits := range under {
		if slices.ContainsFunc(commits, same) {
			return "changes " + path.Clean(l.Notable.Paths[i])
		}
	}
	for _, word := range l.Notable.Titles {
		if strings.Contains(strings.ToLower(commit.Title), strings.ToLower(word)) {
			return "mentions " + word
		}
	}
	return ""
}
