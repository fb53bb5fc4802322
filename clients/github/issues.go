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
	URL  string // of the comment on the issue's page, for people
	At   time.Time
}

// IssuesLabelled lists all issues, open or closed, that have all labels and, unless
// since is zero, were changed at or after it. The oldest comes first, so that a new
// issue doesn't shift the pages. More than 5,000 are an error, so that nobody takes a
// part of them for all.
func (c *Client) IssuesLabelled(ctx context.Context, labels []string, since time.Time) ([]Issue, error) {
	return c.issues(ctx, labels, "all", since)
}

// OpenIssues lists the open issues that have all labels, as IssuesLabelled does.
func (c *Client) OpenIssues(ctx context.Context, labels []string) ([]Issue, error) {
	return c.issues(ctx, labels, "open", time.Time{})
}

func (c *Client) issues(ctx context.Context, labels []string, state string, since time.Time) ([]Issue, error) {
	e := operation{op: "list the issues of " + c.repository(), about: theIssues}
	for _, label := range labels {
		if strings.Contains(label, ",") {
			return nil, &Refused{Op: e.op, advice: fmt.Sprintf("the label %q contains a comma, which GitHub's filter can't handle; use another label", label)}
		}
	}
	query := url.Values{"state": {state}, "sort": {"created"}, "direction": {"asc"}}
	if len(labels) > 0 {
		query.Set("labels", strings.Join(labels, ","))
	}
	return list(ctx, c, e, "issues", query, since, issuesOf)
}

// HasLabel reports whether the repository has a label. A list of issues doesn't tell:
// it is also empty for a label that doesn't exist.
func (c *Client) HasLabel(ctx context.Context, label string) (bool, error) {
	e := operation{op: fmt.Sprintf("look up the label %q of %s", label, c.repository()), about: readIssues}
	_, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Label, *gh.Response, error) {
		return c.api.Issues.GetLabel(ctx, c.owner, c.name, url.PathEscape(label)) // the library doesn't escape it
	}, func(l *gh.Label) (string, bool) { return l.GetName(), l.GetName() != "" })
	var refused *Refused
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return false, c.checkVisible(ctx)
	}
	return err == nil, err
}

// Issue reads an issue or a pull request; the two share one sequence of numbers.
func (c *Client) Issue(ctx context.Context, number int) (Issue, error) {
	e := operation{op: fmt.Sprintf("read issue #%d of %s", number, c.repository()), about: oneIssue}
	issue, _, err := read(ctx, c, e, func(ctx context.Context) (*gh.Issue, *gh.Response, error) {
		return c.api.Issues.Get(ctx, c.owner, c.name, number)
	}, issueOf)
	return issue, err
}

// Comments lists the comments on an issue that, unless since is zero, were made or
// changed at or after it; the oldest comes first.
func (c *Client) Comments(ctx context.Context, number int, since time.Time) ([]Comment, error) {
	e := operation{op: fmt.Sprintf("list the comments on issue #%d of %s", number, c.repository()), about: oneIssue}
	return list(ctx, c, e, fmt.Sprintf("issues/%d/comments", number), url.Values{}, since, commentsOf)
}

// LabeledAt is when an issue last got a label that it has. It is zero if GitHub doesn't
// tell, as for a label that was renamed since.
func (c *Client) LabeledAt(ctx context.Context, number int, label string) (last time.Time, err error) {
	e := operation{op: fmt.Sprintf("list the events of issue #%d of %s", number, c.repository()), about: oneIssue}
	events, err := list(ctx, c, e, fmt.Sprintf("issues/%d/events", number), url.Values{}, time.Time{}, func(page []*gh.IssueEvent) ([]*gh.IssueEvent, bool) { return page, true })
	for _, one := range events {
		if at := one.GetCreatedAt().UTC(); one.GetEvent() == "labeled" && strings.EqualFold(one.GetLabel().GetName(), label) && at.After(last) {
			last = at
		}
	}
	return last, err
}

const (
	perPage   = 100 // GitHub's maximum
	mostPages = 50
)

// list reads all pages of a list. It takes the next page's query from the Link header
// ("Using pagination in the REST API" of GitHub's documentation): long lists are paged
// by a cursor, which the library's options lack, so that its own lists end after the
// first page.
//
// An operation with newest set reads that many pages; for any other, a list of more
// than mostPages is an error.
func list[A, T any](ctx context.Context, c *Client, e operation, path string, query url.Values, since time.Time, of func(A) ([]T, bool)) ([]T, error) {
	query.Set("per_page", strconv.Itoa(cmp.Or(e.few, perPage)))
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
	return nil, &Refused{Op: e.op, advice: fmt.Sprintf("there are more than %d, too many to list all of them; %s", perPage*mostPages, cmp.Or(e.about.fewer, "remove the label from old ones"))}
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

// issuesOf leaves out pull requests, which GitHub includes in lists of issues.
func issuesOf(found []*gh.Issue) ([]Issue, bool) {
	var issues []Issue
	for _, i := range found {
		if i.IsPullRequest() {
			continue
		}
		issue, complete := issueOf(i)
		if !complete {
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
		comment, complete := commentOf(c)
		if !complete {
			return nil, false
		}
		comments = append(comments, comment)
	}
	return comments, true
}
