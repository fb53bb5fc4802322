package github

import (
	"context"
	"fmt"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// Draft is an issue to be opened. A title or body that is longer than GitHub
// takes is cut at its end, so that what must be found again stands at the
// beginning. Labels that the repository does not have are made by GitHub.
type Draft struct {
	Title, Body string
	Labels      []string
}

// Change is what is to be different about an issue; nil leaves a thing as it is.
type Change struct {
	Title, Body *string
	State       *bool     // true: open; false: closed
	Reason      string    // of the state: completed or not_planned, or reopened; empty: GitHub's default
	Labels      *[]string // all that it is to have
}

// Create opens an issue.
func (c *Client) Create(ctx context.Context, draft Draft) (Issue, error) {
	e := operation{op: "open an issue in " + c.repository(), about: theIssues, write: true}
	request := Change{Title: &draft.Title, Body: &draft.Body}.request()
	if len(draft.Labels) > 0 {
		request.Labels = &draft.Labels
	}
	return write(ctx, c, e, func(ctx context.Context) (*gh.Issue, *gh.Response, error) {
		return c.api.Issues.Create(ctx, c.owner, c.name, request)
	}, issueOf)
}

// Edit changes an issue.
func (c *Client) Edit(ctx context.Context, number int, change Change) (Issue, error) {
	e := operation{op: fmt.Sprintf("change issue #%d of %s", number, c.repository()), about: oneIssue, write: true}
	return write(ctx, c, e, func(ctx context.Context) (*gh.Issue, *gh.Response, error) {
		return c.api.Issues.Edit(ctx, c.owner, c.name, number, change.request())
	}, issueOf)
}

// Comment adds a comment to an issue.
func (c *Client) Comment(ctx context.Context, number int, body string) (Comment, error) {
	e := operation{op: fmt.Sprintf("comment on issue #%d of %s", number, c.repository()), about: oneIssue, write: true}
	comment := &gh.IssueComment{Body: gh.String(fitBody(body))}
	return write(ctx, c, e, func(ctx context.Context) (*gh.IssueComment, *gh.Response, error) {
		return c.api.Issues.CreateComment(ctx, c.owner, c.name, number, comment)
	}, commentOf)
}

func (c Change) request() *gh.IssueRequest {
	request := &gh.IssueRequest{Labels: c.Labels}
	if c.Title != nil {
		request.Title = gh.String(fitTitle(*c.Title))
	}
	if c.Body != nil {
		request.Body = gh.String(fitBody(*c.Body))
	}
	if c.State != nil {
		request.State = gh.String("closed")
		if *c.State {
			request.State = gh.String("open")
		}
	}
	if c.Reason != "" {
		request.StateReason = gh.String(c.Reason)
	}
	return request
}

// The most characters that GitHub takes. Beyond, it answers 422 with "title is
// too long (maximum is 256 characters)", and the like for a body.
const (
	mostTitle = 256
	mostBody  = 65536
)

func fitTitle(title string) string {
	if kept, cut := first(title, mostTitle-1); cut && len([]rune(title)) > mostTitle {
		return kept + "…"
	}
	return title
}

// leftOut ends a body that was cut, and closes a block of code that was open.
const (
	leftOut = "\n\n_The rest is left out: GitHub takes 65,536 characters at most._\n"
	fence   = "\n```"
)

func fitBody(body string) string {
	if _, cut := first(body, mostBody); !cut {
		return body
	}
	kept, _ := first(body, mostBody-len(leftOut)-len(fence))
	if i := strings.LastIndexByte(kept, '\n'); i > len(kept)/2 {
		kept = kept[:i]
	}
	if strings.Count("\n"+kept, fence)%2 == 1 {
		kept += fence
	}
	return kept + leftOut
}

// first is the beginning of a text, and whether there is more.
func first(text string, most int) (string, bool) {
	count := 0
	for i := range text {
		if count == most {
			return text[:i], true
		}
		count++
	}
	return text, false
}
