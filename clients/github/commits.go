package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Commit is a commit of the repository.
type Commit struct {
	SHA    string
	Title  string // the message's first line
	Author string // by name
	At     time.Time
	URL    string // of its page, for people
}

// Comparison is what a head has that a base has not.
type Comparison struct {
	Status  string // ahead, behind, diverged or identical
	Ahead   int    // commits that only the head has
	Behind  int    // commits that only the base has
	Commits []Commit
	URL     string // of its page, for people
}

// mostCommits is how many commits a [Comparison] names, the newest first.
const mostCommits = 50

// Commit looks up the commit that a tag, a branch or a SHA of seven digits or
// more names; see [ErrNoSuchRef].
func (c *Client) Commit(ctx context.Context, ref string) (Commit, error) {
	if !possible(ref) {
		return Commit{}, c.noSuch(ref)
	}
	e := operation{op: fmt.Sprintf("look up the commit %q of %s", ref, c.repository()), about: theCode}
	commit, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.RepositoryCommit, *gh.Response, error) {
		// The library does not escape it.
		return c.api.Repositories.GetCommit(ctx, c.owner, c.name, escape(ref), nil)
	}, commitOf)
	return commit, c.absent(ctx, err, ref)
}

// CommitOfVersion looks up the commit that has a version's tag: the version as
// it stands, or with or without a v before it. A branch of that name, or a
// branch named tags/VERSION, does not count.
func (c *Client) CommitOfVersion(ctx context.Context, version string) (Commit, error) {
	other, has := strings.CutPrefix(version, "v")
	if !has {
		other = "v" + version
	}
	for _, tag := range []string{version, other} {
		sha, err := c.tag(ctx, tag)
		switch {
		case err == nil:
			return c.Commit(ctx, sha)
		case !errors.Is(err, ErrNoSuchRef):
			return Commit{}, err
		}
	}
	return Commit{}, c.noSuch(version)
}

// mostTags is how many annotated tags may lead to one another before a commit
// does.
const mostTags = 5

// tag looks up the SHA of the commit that a tag leads to. GitHub resolves a name
// among commits to a branch first, so the tag is asked for as a reference.
func (c *Client) tag(ctx context.Context, name string) (string, error) {
	if !possible(name) {
		return "", c.noSuch(name)
	}
	e := operation{op: fmt.Sprintf("look up the tag %q of %s", name, c.repository()), about: theCode}
	ref, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Reference, *gh.Response, error) {
		return c.api.Git.GetRef(ctx, c.owner, c.name, "tags/"+name)
	}, func(r *gh.Reference) (*gh.Reference, bool) { return r, r.GetObject().GetSHA() != "" })
	if err != nil {
		return "", c.absent(ctx, err, name)
	}
	if ref.GetRef() != "refs/tags/"+name {
		return "", c.noSuch(name)
	}
	at := ref.GetObject()
	for range mostTags {
		if at.GetType() != "tag" {
			break
		}
		if at, err = c.tagged(ctx, at.GetSHA()); err != nil {
			return "", err
		}
	}
	if at.GetType() != "commit" {
		return "", c.noSuch(name)
	}
	return at.GetSHA(), nil
}

// tagged looks up what an annotated tag is of.
func (c *Client) tagged(ctx context.Context, sha string) (*gh.GitObject, error) {
	e := operation{op: fmt.Sprintf("look up the annotated tag %s of %s", sha, c.repository()), about: theCode}
	of, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Tag, *gh.Response, error) {
		return c.api.Git.GetTag(ctx, c.owner, c.name, sha)
	}, func(t *gh.Tag) (*gh.GitObject, bool) { return t.GetObject(), t.GetObject().GetSHA() != "" })
	return of, err
}

// Compare looks up what lies between two commits; see [ErrNoSuchRef]. GitHub
// takes the name of a branch or a tag too, and of a name that both have the
// branch: a version is resolved first, with CommitOfVersion.
func (c *Client) Compare(ctx context.Context, base, head string) (Comparison, error) {
	for _, ref := range []string{base, head} {
		if !possible(ref) {
			return Comparison{}, c.noSuch(ref)
		}
	}
	e := operation{op: fmt.Sprintf("compare %q with %q in %s", base, head, c.repository()), about: theCode}
	comparison, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.CommitsComparison, *gh.Response, error) {
		// Asked for without a page, it ends with the newest of up to 250 commits
		// ("Compare two commits" of GitHub's documentation).
		return c.api.Repositories.CompareCommits(ctx, c.owner, c.name, base, head, nil)
	}, comparisonOf)
	return comparison, c.absent(ctx, err, base+"..."+head)
}

// possible is false for names that git allows nobody to give (git
// check-ref-format), and that would lead to another place of the API.
func possible(ref string) bool {
	for part := range strings.SplitSeq(ref, "/") {
		if part == "" || strings.HasPrefix(part, ".") {
			return false
		}
	}
	return !strings.Contains(ref, "..") && !strings.ContainsFunc(ref, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r)
	})
}

func escape(ref string) string {
	parts := strings.Split(ref, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// absent tells a name that is not there from a repository that is not to be
// seen. GitHub answers a commit that is not there with 422, an empty repository
// with 409, and a comparison as well as an unseen repository with 404.
func (c *Client) absent(ctx context.Context, err error, ref string) error {
	var refused *Refused
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Status {
	case http.StatusConflict, http.StatusUnprocessableEntity:
		return c.noSuch(ref)
	case http.StatusNotFound:
		if unseen := c.look(ctx); unseen != nil {
			return unseen
		}
		return c.noSuch(ref)
	}
	return err
}

// look fails where the repository is not to be seen.
func (c *Client) look(ctx context.Context) error {
	e := operation{op: "look at " + c.repository(), about: theCode}
	_, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Repository, *gh.Response, error) {
		return c.api.Repositories.Get(ctx, c.owner, c.name)
	}, func(r *gh.Repository) (string, bool) { return r.GetFullName(), r.GetFullName() != "" })
	return err
}

// Rights is what may be done in the repository.
type Rights struct {
	Issues bool // it takes issues
	Label  bool // the token may label and close them, as far as GitHub tells
}

// Rights looks what may be done in the repository. GitHub tells it of people's
// tokens; of an app's, nothing, and then all that is possible is assumed
// (docs.github.com/en/rest/repos/repos#get-a-repository, "permissions").
func (c *Client) Rights(ctx context.Context) (Rights, error) {
	e := operation{op: "look at " + c.repository(), about: theIssues}
	rights, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Repository, *gh.Response, error) {
		return c.api.Repositories.Get(ctx, c.owner, c.name)
	}, func(r *gh.Repository) (Rights, bool) {
		told := r.GetPermissions()
		return Rights{Issues: r.GetHasIssues() && !r.GetArchived(), Label: len(told) == 0 || told["triage"] || told["push"] || told["admin"]}, r.GetFullName() != ""
	})
	return rights, err
}

func (c *Client) noSuch(ref string) error {
	return fmt.Errorf("%q in %s at GitHub: %w; check the name, and that it was pushed", ref, c.repository(), ErrNoSuchRef)
}

func commitOf(c *gh.RepositoryCommit) (Commit, bool) {
	title, _, _ := strings.Cut(c.GetCommit().GetMessage(), "\n")
	return Commit{
		SHA: c.GetSHA(), Title: strings.TrimSpace(title), Author: c.GetCommit().GetAuthor().GetName(),
		At: c.GetCommit().GetCommitter().GetDate().UTC(), URL: c.GetHTMLURL(),
	}, c.GetSHA() != ""
}

func comparisonOf(c *gh.CommitsComparison) (Comparison, bool) {
	comparison := Comparison{Status: c.GetStatus(), Ahead: c.GetAheadBy(), Behind: c.GetBehindBy(), URL: c.GetHTMLURL()}
	for i := len(c.Commits) - 1; i >= 0 && len(comparison.Commits) < mostCommits; i-- {
		commit, whole := commitOf(c.Commits[i])
		if !whole {
			return Comparison{}, false
		}
		comparison.Commits = append(comparison.Commits, commit)
	}
	return comparison, comparison.Status != ""
}
