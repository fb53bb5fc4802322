package github

import (
	"context"
	"fmt"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// Draft is an issue to be opened. A title or body that exceeds GitHub's limit is cut at
// the end, so put markers at the beginning. GitHub creates labels that don't exist.
type Draft struct {
	Title, Body string
	Labels      []string
}

// Change is a change of an issue; nil fields stay as they are.
type Change struct {
	Title, Body *string
	State       *bool     // true: open; false: closed
	Reason      string    // for the state: completed, not_planned or reopened; empty: GitHub's default
	Labels      *[]string // replaces all labels
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

// GitHub's limits, in characters. Beyond, it responds with 422 and "title is too long
// (maximum is 256 characters)", or the same for a body.
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

// cutNote is the end of a body that was cut; fence closes an open code block in it.
const (
	cutNote = "\n\n_The rest is left out: GitHub takes 65,536 characters at most._\n"
	fence   = "\n```"
)

func fitBody(body string) string {
	if _, cut := first(body, mostBody); !cut {
		return body
	}
	kept, _ := first(body, mostBody-len(cutNote)-len(fence))
	if i := strings.LastIndexByte(kept, '\n'); i > len(kept)/2 {
		kept = kept[:i]
	}
	if strings.Count("\n"+kept, fence)%2 == 1 {
		kept += fence
	}
	return kept + cutNote
}

// first is the first most characters of a text, and whether there are more.
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
