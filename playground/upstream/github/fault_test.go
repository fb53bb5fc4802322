package github_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"gonogo/playground/upstream/github"
)

// TestModes asks with GitHub's own client, which tells limits apart.
func TestModes(t *testing.T) {
	a := open(t)
	list := func() error {
		_, _, err := a.clientWith(token).Issues.ListByRepo(background, owner, repo, nil)
		return err
	}
	var plainly *gh.ErrorResponse

	a.SetMode(github.Down)
	if err := list(); !errors.As(err, &plainly) || plainly.Response.StatusCode != 503 {
		t.Errorf("down gives %v", err)
	}
	a.SetMode(github.SecondaryLimit)
	var abuse *gh.AbuseRateLimitError
	if err := list(); !errors.As(err, &abuse) || abuse.GetRetryAfter() != 90*time.Second {
		t.Errorf("the secondary limit gives %v", err)
	}
	a.SetMode(github.TooMany)
	if err := list(); !errors.As(err, &plainly) || plainly.Response.StatusCode != 429 || plainly.Response.Header.Get("Retry-After") != "90" {
		t.Errorf("too many requests give %v", err)
	}
	a.SetMode(github.PrimaryLimit)
	var limit *gh.RateLimitError
	if err := list(); !errors.As(err, &limit) || !limit.Rate.Reset.Time.Equal(a.now().Add(90*time.Second)) {
		t.Errorf("the primary limit gives %v", err)
	}
	a.SetMode(github.Up)
	if err := list(); err != nil {
		t.Errorf("up again gives %v", err)
	}
}

func TestSlowIsGivenUp(t *testing.T) {
	a := open(t)
	a.SetMode(github.Slow)
	came := make(chan struct{})
	a.OnCall(func(github.Call) github.Fault { close(came); return github.Fault{} })
	ctx, leave := context.WithCancel(background)
	go func() { <-came; leave() }()
	if _, _, err := a.client.Issues.Create(ctx, owner, repo, &gh.IssueRequest{Title: gh.String("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	a.server.Close() // waits for the request to end
	a.wrote()
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name   string
		fault  github.Fault
		status int // 0: no answer
		done   bool
	}{
		{"none", github.Fault{}, 201, true},
		{"a status instead", github.Fault{Status: 500}, 500, false},
		{"a status after it", github.Fault{Status: 502, Done: true}, 502, true},
		{"a connection that ends before", github.Fault{Drop: true}, 0, false},
		{"a connection that ends after", github.Fault{Drop: true, Done: true}, 0, true},
		{"a limit for one call", github.Fault{Mode: github.SecondaryLimit}, 403, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := open(t)
			a.OnCall(func(c github.Call) github.Fault {
				if c.Route == "POST /repos/{owner}/{repo}/issues" && c.N == 1 && c.Write && c.Path == "/repos/shop/odoo/issues" {
					return test.fault
				}
				return github.Fault{}
			})
			_, response, err := a.client.Issues.Create(background, owner, repo, &gh.IssueRequest{Title: gh.String("x")})
			status := 0
			if response != nil {
				status = response.StatusCode
			}
			if status != test.status || (err == nil) != (test.status == 201) {
				t.Errorf("got %d, %v", status, err)
			}
			if done := len(a.Writes()) == 1 && len(a.Issues()) == 2; done != test.done {
				t.Errorf("done: %v, want %v", done, test.done)
			}
		})
	}
}

// TestAroundTheEffect has a call held, and looks before and after its effect.
func TestAroundTheEffect(t *testing.T) {
	a := open(t)
	held, hold := make(chan struct{}), make(chan struct{})
	var before, after int
	a.OnCall(func(github.Call) github.Fault {
		close(held)
		return github.Fault{
			Hold:   hold,
			Before: func() { before = len(a.Issues()) },
			After:  func() { after = len(a.Issues()) },
		}
	})
	answered := make(chan int)
	go func() { answered <- a.send("POST", api+"/issues", `{"title":"x"}`).status }()
	<-held
	if n := len(a.Calls()); n != 1 {
		t.Errorf("%d calls came in, want 1", n)
	}
	close(hold)
	if status := <-answered; status != http.StatusCreated || before != 1 || after != 2 {
		t.Errorf("got %d with %d issues before and %d after", status, before, after)
	}
}
