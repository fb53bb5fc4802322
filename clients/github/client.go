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

// DefaultURL is the base URL of github.com's API.
const DefaultURL = "https://api.github.com/"

// Options configures a Client. It needs either a token or an App.
type Options struct {
	Repository string // owner/name
	Token      string // a personal access token, fine-grained or classic
	App        *App

	APIURL    string            // empty: DefaultURL; a GitHub Enterprise Server's ends in /api/v3
	Transport http.RoundTripper // nil: http.DefaultTransport
	Between   time.Duration     // least time between the end of a write and the next one; 0: 1 s
	Pause     time.Duration     // before the first retry of a read, doubled for each further one; 0: 500 ms
	Now       func() time.Time  // nil: time.Now
	Log       *slog.Logger      // nil: nothing is logged
}

// App is the GitHub App to authenticate as. Its tokens last an hour, and are renewed a
// minute before they expire.
type App struct {
	ID, Installation int64
	Key              []byte // the private key in PEM, as downloaded from GitHub
	WebhookSecret    []byte // of the App's webhook; empty: no delivery is believed
}

// Client makes requests about one repository.
type Client struct {
	api         *gh.Client
	owner, name string
	app         *App // nil: it is a token
	clean       cleaner
	writes      *writeLimiter
	pause       time.Duration
	log         *slog.Logger
}

// defaultBetween is from "Best practices for using the REST API" of GitHub's
// documentation: at least one second between requests that change something.
const defaultBetween = time.Second

// New returns a client. It makes no request.
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
	c := &Client{owner: owner, name: name, app: opts.App, clean: cleaner{redact.New([]string{opts.Token})}, writes: newWriteLimiter(opts.Between, opts.Now), pause: cmp.Or(opts.Pause, defaultPause), log: opts.Log}
	limits := &limitTransport{next: opts.Transport, now: opts.Now, log: opts.Log}
	transport, err := newAuthTransport(opts, base, limits)
	if err != nil {
		return nil, err
	}
	c.api = gh.NewClient(&http.Client{Transport: transport, CheckRedirect: noRedirects})
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

// noRedirects returns a redirect as the response instead of following it.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

var repositoryName = regexp.MustCompile(`^([A-Za-z0-9_-]+)/([A-Za-z0-9_.-]+)$`)

func repository(full string) (owner, name string, err error) {
	m := repositoryName.FindStringSubmatch(full)
	if m == nil || m[2] == "." || m[2] == ".." {
		return "", "", fmt.Errorf("the GitHub repository must be written as owner/name, not %q", full)
	}
	return m[1], m[2], nil
}

// apiURL is the API's base URL with a trailing slash, which the library requires.
func apiURL(text string) (*url.URL, error) {
	if text == "" {
		text = DefaultURL
	}
	u, err := url.Parse(strings.TrimRight(text, "/") + "/")
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("the URL of GitHub's API must begin with http:// or https:// and can't have a query or fragment; write it like " + DefaultURL)
	case u.User != nil:
		return nil, errors.New("the URL of GitHub's API contains a user or password; remove it, and set a token instead")
	}
	return u, nil
}

// Names returns the API's base URL and the repository, which identify a client.
func (c *Client) Names() (api, repository string) { return c.api.BaseURL.String(), c.repository() }

func (c *Client) repository() string { return c.owner + "/" + c.name }
