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

// Comparison is the difference between a base and a head.
type Comparison struct {
	Status  string // ahead, behind, diverged or identical
	Ahead   int    // commits that only the head has
	Behind  int    // commits that only the base has
	Commits []Commit
	URL     string // of its page, for people
}

// How many commits a [Comparison] and [Client.CommitsUnder] list at most, the newest
// first: as many as GitHub lists in one answer.
const (
	mostCommits = 250
	mostUnder   = 100
)

// Commit looks up the commit of a tag, of a branch, or of a SHA with at least seven
// digits; see [ErrNoSuchRef].
func (c *Client) Commit(ctx context.Context, ref string) (Commit, error) {
	if !validRef(ref) {
		return Commit{}, c.noSuch(ref)
	}
	e := operation{op: fmt.Sprintf("look up the commit %q of %s", ref, c.repository()), about: theCode}
	commit, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.RepositoryCommit, *gh.Response, error) {
		// The library doesn't escape it.
		return c.api.Repositories.GetCommit(ctx, c.owner, c.name, escape(ref), nil)
	}, commitOf)
	return commit, c.absent(ctx, err, ref)
}

// CommitOfVersion looks up the commit with a version's tag: the version itself, or the
// version with a leading v added or removed. A branch of that name, or a branch named
// tags/VERSION, doesn't count.
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

// mostTags is how long a chain of annotated tags may be.
const mostTags = 5

// tag looks up the SHA of a tag's commit. It reads the tag as a reference, because
// GitHub's commits API prefers a branch of the same name.
func (c *Client) tag(ctx context.Context, name string) (string, error) {
	if !validRef(name) {
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
		if at, err = c.tagTarget(ctx, at.GetSHA()); err != nil {
			return "", err
		}
	}
	if at.GetType() != "commit" {
		return "", c.noSuch(name)
	}
	return at.GetSHA(), nil
}

// tagTarget looks up the object that an annotated tag points to.
func (c *Client) tagTarget(ctx context.Context, sha string) (*gh.GitObject, error) {
	e := operation{op: fmt.Sprintf("look up the annotated tag %s of %s", sha, c.repository()), about: theCode}
	of, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Tag, *gh.Response, error) {
		return c.api.Git.GetTag(ctx, c.owner, c.name, sha)
	}, func(t *gh.Tag) (*gh.GitObject, bool) { return t.GetObject(), t.GetObject().GetSHA() != "" })
	return of, err
}

// Compare compares two commits; see [ErrNoSuchRef]. GitHub also takes the name of a
// branch or tag, and prefers the branch if both have the name: resolve a version with
// CommitOfVersion first.
func (c *Client) Compare(ctx context.Context, base, head string) (Comparison, error) {
	for _, ref := range []string{base, head} {
		if !validRef(ref) {
			return Comparison{}, c.noSuch(ref)
		}
	}
	e := operation{op: fmt.Sprintf("compare %q with %q in %s", base, head, c.repository()), about: theCode}
	comparison, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.CommitsComparison, *gh.Response, error) {
		// Without a page number, the response has up to 250 commits and ends with the
		// newest ("Compare two commits" of GitHub's documentation).
		return c.api.Repositories.CompareCommits(ctx, c.owner, c.name, base, head, nil)
	}, comparisonOf)
	return comparison, c.absent(ctx, err, base+"..."+head)
}

// CommitsUnder lists the commits that change something under a path, such as a folder,
// among those that lead to a commit: the newest 100.
func (c *Client) CommitsUnder(ctx context.Context, path, head string) ([]Commit, error) {
	if !validRef(head) {
		return nil, c.noSuch(head)
	}
	e := operation{op: fmt.Sprintf("list the commits of %s under %q", c.repository(), path), about: theCode}
	commits, _, err := read(ctx, c, e, func(ctx context.Context) ([]*gh.RepositoryCommit, *gh.Response, error) {
		return c.api.Repositories.ListCommits(ctx, c.owner, c.name, &gh.CommitsListOptions{SHA: head, Path: path, ListOptions: gh.ListOptions{PerPage: mostUnder}})
	}, commitsOf)
	return commits, c.absent(ctx, err, head)
}

func commitsOf(listed []*gh.RepositoryCommit) ([]Commit, bool) {
	commits := make([]Commit, 0, len(listed))
	for _, one := range listed {
		commit, complete := commitOf(one)
		if !complete {
			return nil, false
		}
		commits = append(commits, commit)
	}
	return commits, true
}

// validRef is false for names that git doesn't allow (git check-ref-format). They could
// lead to another path of the API.
func validRef(ref string) bool {
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

// absent distinguishes a missing ref from an invisible repository. GitHub responds with
// 422 to a missing commit, with 409 if the repository is empty, and with 404 both to a
// comparison with a missing ref and if the repository is invisible.
func (c *Client) absent(ctx context.Context, err error, ref string) error {
	var refused *Refused
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Status {
	case http.StatusConflict, http.StatusUnprocessableEntity:
		return c.noSuch(ref)
	case http.StatusNotFound:
		if unseen := c.checkVisible(ctx); unseen != nil {
			return unseen
		}
		return c.noSuch(ref)
	}
	return err
}

// checkVisible fails if the repository is invisible to the token or App.
func (c *Client) checkVisible(ctx context.Context) error {
	e := operation{op: "look up the repository " + c.repository(), about: theCode}
	_, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Repository, *gh.Response, error) {
		return c.api.Repositories.Get(ctx, c.owner, c.name)
	}, func(r *gh.Repository) (string, bool) { return r.GetFullName(), r.GetFullName() != "" })
	return err
}

// Rights is what can be done in the repository.
type Rights struct {
	Issues bool // issues are enabled
	Label  bool // the token can label and close them, as far as GitHub tells
}

// Rights looks up what can be done in the repository. GitHub lists the permissions of
// people's tokens but not of an App's, for which all permissions are assumed
// (docs.github.com/en/rest/repos/repos#get-a-repository, "permissions").
func (c *Client) Rights(ctx context.Context) (Rights, error) {
	e := operation{op: "look up the repository " + c.repository(), about: theIssues}
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
		commit, complete := commitOf(c.Commits[i])
		if !complete {
			return Comparison{}, false
		}
		comparison.Commits = append(comparison.Commits, commit)
	}
	return comparison, comparison.Status != ""
}
