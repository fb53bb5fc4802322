package github

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"gonogo/redact"
)

// DefaultURL is where the API of github.com is.
const DefaultURL = "https://api.github.com/"

// Options say which repository to ask about, and as whom: with a token or as
// an App, one of them.
type Options struct {
	Repository string // owner/name
	Token      string // a personal access token, fine-grained or classic
	App        *App

	APIURL    string            // empty: DefaultURL; a GitHub Enterprise Server's ends in /api/v3
	Transport http.RoundTripper // nil: http.DefaultTransport
	Between   time.Duration     // least time between the end of a write and the next one; 0: 1 s
	Pause     time.Duration     // before the first repetition of a read, twice as long before each further one; 0: 500 ms
	Now       func() time.Time  // nil: time.Now
	Log       *slog.Logger      // nil: nothing is logged
}

// App is a GitHub App as which to ask. The tokens it gets last an hour, and are
// renewed a minute before.
type App struct {
	ID, Installation int64
	Key              []byte // the private key as GitHub hands it out, PEM
}

// Client asks about one repository.
type Client struct {
	api         *gh.Client
	owner, name string
	clean       cleaner
	writes      *writeLimiter
	pause       time.Duration
	log         *slog.Logger
}

// defaultBetween is from "Best practices for using the REST API" of GitHub's
// documentation: at least one second between requests that change something.
const defaultBetween = time.Second

// New prepares a client.
func New(opts Options) (*Client, error) {
	owner, name, err := repository(opts.Repository)
	if err != nil {
		return nil, err
	}
	base, err := apiURL(opts.APIURL)
	if err != nil {
		return nil, err
	}
	opts.fill()
	c := &Client{owner: owner, name: name, clean: cleaner{redact.New([]string{opts.Token})}, writes: newWriteLimiter(opts.Between, opts.Now), pause: cmp.Or(opts.Pause, defaultPause), log: opts.Log}
	wire := &wire{next: opts.Transport, now: opts.Now, log: opts.Log}
	transport, err := newAuthTransport(opts, base, wire)
	if err != nil {
		return nil, err
	}
	c.api = gh.NewClient(&http.Client{Transport: transport, CheckRedirect: stay})
	c.api.BaseURL, c.api.UserAgent = base, "gonogo"
	return c, nil
}

func (o *Options) fill() {
	o.Token = strings.TrimSpace(o.Token)
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Between == 0 {
		o.Between = defaultBetween
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// stay follows no redirect; the answer that asks for it is what the request
// gets.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

var repositoryName = regexp.MustCompile(`^([A-Za-z0-9_-]+)/([A-Za-z0-9_.-]+)$`)

func repository(full string) (owner, name string, err error) {
	m := repositoryName.FindStringSubmatch(full)
	if m == nil || m[2] == "." || m[2] == ".." {
		return "", "", fmt.Errorf("the GitHub repository must be written as owner/name, not %q", full)
	}
	return m[1], m[2], nil
}

// apiURL is the API's address with a slash at its end, which the library wants.
func apiURL(text string) (*url.URL, error) {
	if text == "" {
		text = DefaultURL
	}
	u, err := url.Parse(strings.TrimRight(text, "/") + "/")
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("the address of GitHub's API is no plain web address; write it like " + DefaultURL)
	case u.User != nil:
		return nil, errors.New("the address of GitHub's API contains a name or password; take it out, and give a token instead")
	}
	return u, nil
}

// Names are the API's address and the repository, which tell clients apart.
func (c *Client) Names() (api, repository string) { return c.api.BaseURL.String(), c.repository() }

func (c *Client) repository() string { return c.owner + "/" + c.name }
