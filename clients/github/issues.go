package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Issue is an issue of the repository. Times are in UTC; ClosedAt is zero while
// it is open.
type Issue struct {
	Number                         int
	URL                            string // of its page, for people
	Title, Body                    string
	Open                           bool
	Locked                         bool // only people with write access may comment on it
	Labels                         []string
	CreatedAt, UpdatedAt, ClosedAt time.Time
}

// Comment is a comment on an issue.
type Comment struct {
	ID   int64
	Body string
	URL  string // of its place on the issue's page, for people
	At   time.Time
}

// IssuesLabelled lists all issues, open or closed, that have every one of the
// labels and were changed at or after since, where that is not zero; the oldest
// comes first, so that one that is opened meanwhile shifts no page. More than
// 5,000 are refused, since a part of them would be taken for all.
func (c *Client) IssuesLabelled(ctx context.Context, labels []string, since time.Time) ([]Issue, error) {
	return c.issues(ctx, labels, "all", since)
}

// OpenIssues lists the open issues that have every one of the labels, as
// IssuesLabelled does.
func (c *Client) OpenIssues(ctx context.Context, labels []string) ([]Issue, error) {
	return c.issues(ctx, labels, "open", time.Time{})
}

func (c *Client) issues(ctx context.Context, labels []string, state string, since time.Time) ([]Issue, error) {
	e := operation{op: "list the issues of " + c.repository(), about: theIssues}
	for _, label := range labels {
		if strings.Contains(label, ",") {
			return nil, &Refused{Op: e.op, mend: fmt.Sprintf("the label %q contains a comma, which GitHub's filter can't handle; use another label", label)}
		}
	}
	query := url.Values{"state": {state}, "sort": {"created"}, "direction": {"asc"}}
	if len(labels) > 0 {
		query.Set("labels", strings.Join(labels, ","))
	}
	return list(ctx, c, e, "issues", query, since, issuesOf)
}

// HasLabel reports whether the repository has a label. Of one that it doesn't have,
// GitHub lists no issues, as of one that nobody needs.
func (c *Client) HasLabel(ctx context.Context, label string) (bool, error) {
	e := operation{op: fmt.Sprintf("look up the label %q of %s", label, c.repository()), about: readIssues}
	_, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Label, *gh.Response, error) {
		return c.api.Issues.GetLabel(ctx, c.owner, c.name, url.PathEscape(label)) // the library does not escape it
	}, func(l *gh.Label) (string, bool) { return l.GetName(), l.GetName() != "" })
	var refused *Refused
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return false, c.look(ctx)
	}
	return err == nil, err
}

// Issue reads an issue, or a pull request, which GitHub numbers alike.
func (c *Client) Issue(ctx context.Context, number int) (Issue, error) {
	e := operation{op: fmt.Sprintf("read issue #%d of %s", number, c.repository()), about: oneIssue}
	issue, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Issue, *gh.Response, error) {
		return c.api.Issues.Get(ctx, c.owner, c.name, number)
	}, issueOf)
	return issue, err
}

// Comments lists the comments on an issue that were made or changed at or after
// since, where that is not zero; the oldest comes first.
func (c *Client) Comments(ctx context.Context, number int, since time.Time) ([]Comment, error) {
	e := operation{op: fmt.Sprintf("list the comments on issue #%d of %s", number, c.repository()), about: oneIssue}
	return list(ctx, c, e, fmt.Sprintf("issues/%d/comments", number), url.Values{}, since, commentsOf)
}

const (
	perPage   = 100 // the most that GitHub gives
	mostPages = 50
)

// list reads all pages of a list. It takes the next page's query from the Link
// header, as "Using pagination in the REST API" of GitHub's documentation asks
// for: long lists are turned by a cursor, for which the library has no place in
// its options, and without which its list would end after the first page.
//
// An operation that wants only the newest pages gets no more than these; of any other,
// a list that is longer than mostPages is refused.
func list[A, T any](ctx context.Context, c *Client, e operation, path string, query url.Values, since time.Time, of func(A) ([]T, bool)) ([]T, error) {
	query.Set("per_page", strconv.Itoa(perPage))
	if !since.IsZero() {
		query.Set("since", since.UTC().Format(time.RFC3339))
	}
	path = fmt.Sprintf("repos/%s/%s", c.repository(), path)
	var all []T
	next := query.Encode()
	for range cmp.Or(e.newest, mostPages) {
		page, response, err := read(ctx, c, e, func(ctx context.Context) (A, *gh.Response, error) {
			var found A
			response, err := c.get(ctx, path+"?"+next, &found)
			return found, response, err
		}, of)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next = nextQuery(response.Header); next == "" {
			return all, nil
		}
	}
	if e.newest > 0 {
		return all, nil
	}
	return nil, &Refused{Op: e.op, mend: fmt.Sprintf("there are more than %d, too many to list all of them; %s", perPage*mostPages, cmp.Or(e.about.fewer, "remove the label from old ones"))}
}

func (c *Client) get(ctx context.Context, path string, into any) (*gh.Response, error) {
	request, err := c.api.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	return c.api.Do(ctx, request, into)
}

// nextQuery is the query of the next page; empty: there is none.
func nextQuery(header http.Header) string {
	for _, link := range strings.Split(strings.Join(header.Values("Link"), ","), ",") {
		target, rel, _ := strings.Cut(link, ";")
		if !strings.Contains(rel, `rel="next"`) {
			continue
		}
		if u, err := url.Parse(strings.Trim(target, " <>")); err == nil {
			return u.RawQuery
		}
	}
	return ""
}

func issueOf(i *gh.Issue) (Issue, bool) {
	issue := Issue{
		Number: i.GetNumber(), URL: i.GetHTMLURL(), Title: i.GetTitle(), Body: i.GetBody(), Open: i.GetState() == "open", Locked: i.GetLocked(),
		CreatedAt: i.GetCreatedAt().UTC(), UpdatedAt: i.GetUpdatedAt().UTC(), ClosedAt: i.GetClosedAt().UTC(),
	}
	for _, label := range i.Labels {
		issue.Labels = append(issue.Labels, label.GetName())
	}
	return issue, issue.Number > 0
}

// issuesOf leaves out pull requests, which GitHub lists as issues.
func issuesOf(found []*gh.Issue) ([]Issue, bool) {
	var issues []Issue
	for _, i := range found {
		if i.IsPullRequest() {
			continue
		}
		issue, whole := issueOf(i)
		if !whole {
			return nil, false
		}
		issues = append(issues, issue)
	}
	return issues, true
}

func commentOf(c *gh.IssueComment) (Comment, bool) {
	return Comment{ID: c.GetID(), Body: c.GetBody(), URL: c.GetHTMLURL(), At: c.GetCreatedAt().UTC()}, c.GetID() > 0
}

func commentsOf(found []*gh.IssueComment) ([]Comment, bool) {
	var comments []Comment
	for _, c := range found {
		comment, whole := commentOf(c)
		if !whole {
			return nil, false
		}
		comments = append(comments, comment)
	}
	return comments, true
}
