// Package superset asks an Apache Superset for its dashboards, charts and rules of row-level
// security, and for the data of charts, as one of its users. It only reads.
//
// A [Client] knows a server and a user. [Client.LogIn] begins a [Session], which every
// question belongs to; a session is for one gate, and isn't kept. Only names and what gates
// compare are decoded.
//
// # What happens on failure
//
// Each error is one sentence, without the password, the token or any text of Superset's,
// which may hold data: [*Unavailable] where no usable answer came, and [*QueryFailed],
// [ErrNoContext] and [ErrAsync] where a chart has no data. A list is read to its end or is an
// error. Nothing is retried.
//
// Superset leaves out what a user may not see, without an error: a dashboard that they have
// no access to looks like one that doesn't exist.
//
// Source: Apache Superset 4.1, REST API (/swagger/v1), and its superset/charts/data/api.py.
// Reading with a bearer token takes no CSRF token.
package superset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// Options say which server to ask, and as whom.
type Options struct {
	URL       string
	Username  string // of a user in Superset's own database
	Password  string
	Transport http.RoundTripper // nil: a pooled one of its own
}

// Client asks one server as one user. Its methods may be called from any goroutine.
type Client struct {
	http               *http.Client
	base               *url.URL
	username, password string
}

// New prepares a client and starts nothing.
func New(opts Options) (*Client, error) {
	base, err := url.Parse(opts.URL)
	switch {
	case err != nil, base.Hostname() == "", base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("the URL of Superset must begin with http:// or https://; write it like https://superset.example.com")
	case base.RawQuery != "", base.Fragment != "":
		return nil, errors.New("the URL of Superset can't have a query or fragment; write it like https://superset.example.com")
	case base.User != nil:
		return nil, errors.New("the URL of Superset can't have a user; remove it, and set username and password")
	}
	transport := opts.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Client{http: &http.Client{Transport: transport, CheckRedirect: stay}, base: base, username: opts.Username, password: opts.Password}, nil
}

// stay follows no redirect, so that the token goes nowhere else.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// URL is the server's address.
func (c *Client) URL() string { return c.base.String() }

// Username is whom it asks as.
func (c *Client) Username() string { return c.username }

// Secrets are the values that nobody may see.
func (c *Client) Secrets() []string { return []string{c.password} }

const mostBody = 16 << 20 // bytes of one answer

// answer is what came back over HTTP.
type answer struct {
	status int
	kind   string // Content-Type
	body   []byte
}

// send sends a request, and reads the answer.
func (c *Client) send(request *http.Request) (answer, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, &Unavailable{cause: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody+1))
	switch {
	case err != nil:
		return answer{}, &Unavailable{cause: err}
	case len(body) > mostBody:
		return answer{}, fmt.Errorf("the response of Superset is larger than %d MiB, so it wasn't read", mostBody>>20)
	}
	return answer{response.StatusCode, response.Header.Get("Content-Type"), body}, nil
}

// Session is a user who has logged in.
type Session struct {
	client *Client
	token  string
}

// LogIn logs in. Superset's tokens last some minutes.
func (c *Client) LogIn(ctx context.Context) (*Session, error) {
	login, err := json.Marshal(map[string]any{"username": c.username, "password": c.password, "provider": "db", "refresh": false})
	if err != nil {
		return nil, fmt.Errorf("log in to Superset: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath("api/v1/security/login").String(), bytes.NewReader(login))
	if err != nil {
		return nil, fmt.Errorf("log in to Superset: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	a, err := c.send(request)
	if err != nil {
		return nil, err
	}
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	return &Session{c, token}, nil
}

func (a answer) token() (string, error) {
	var view struct {
		Token string `json:"access_token"`
	}
	if err := a.read(&view, ""); err != nil {
		return "", err
	}
	if view.Token == "" {
		return "", &Unavailable{Status: a.status, cause: errors.New("no token")}
	}
	return view.Token, nil
}

// ask reads one path.
func (s *Session) ask(ctx context.Context, query url.Values, path ...string) (answer, error) {
	address := s.client.base.JoinPath(path...)
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return answer{}, fmt.Errorf("ask Superset: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	return s.client.send(request)
}

// read decodes an answer. needs names the permission that it takes; "" for the login.
func (a answer) read(into any, needs string) error {
	if a.status != http.StatusOK {
		return &Unavailable{Status: a.status, needs: needs}
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return &Unavailable{Status: a.status, cause: err}
	}
	return nil
}

// Bounds of a list.
const (
	pageSize = 100  // what Superset gives at most
	mostList = 5000 // elements
)

// list reads a whole list, page by page. filter is in Rison, with a comma behind it, or "".
func list[T any](ctx context.Context, s *Session, path, filter, needs string) ([]T, error) {
	all := []T{}
	for page := 0; ; page++ {
		a, err := s.ask(ctx, url.Values{"q": {"(" + filter + "page:" + strconv.Itoa(page) + ",page_size:" + strconv.Itoa(pageSize) + ")"}}, path+"/")
		if err != nil {
			return nil, err
		}
		count, some, err := pageOf[T](a, needs)
		all = append(all, some...)
		switch {
		case err != nil:
			return nil, err
		case len(all) >= count:
			return all, nil
		case len(some) == 0:
			return nil, errors.New("a list of Superset's ended early; measure it again")
		case len(all) > mostList:
			return nil, fmt.Errorf("a list of Superset's has more than %d elements, so it wasn't read", mostList)
		}
	}
}

// pageOf decodes one page of a list, and how many elements all pages have.
func pageOf[T any](a answer, needs string) (int, []T, error) {
	var view struct {
		Count  *int
		Result []T
	}
	if err := a.read(&view, needs); err != nil {
		return 0, nil, err
	}
	if view.Count == nil || view.Result == nil {
		return 0, nil, &Unavailable{Status: a.status, cause: errors.New("no list")}
	}
	return *view.Count, view.Result, nil
}

// Unavailable says that no answer came that could be used.
type Unavailable struct {
	Status int // of HTTP; 0: there was no answer
	needs  string
	cause  error
}

// Error implements error.
func (u *Unavailable) Error() string {
	switch {
	case u.Status == 0:
		return "Superset doesn't respond; check that it is running and that the connection's URL is right"
	case u.Status == http.StatusUnauthorized && u.needs == "":
		return "Superset rejected the login (401); set the username and password of a user in Superset's own database"
	case u.Status == http.StatusUnauthorized, u.Status == http.StatusForbidden, u.Status == http.StatusNotFound && u.needs != "":
		return fmt.Sprintf("the user may not look at that (%d); give them %s", u.Status, u.needs)
	case u.Status >= 500, u.Status == http.StatusTooManyRequests:
		return fmt.Sprintf("Superset can't respond at the moment (%d); see its log", u.Status)
	}
	return fmt.Sprintf("the response isn't from Superset's API (%d); check the connection's URL", u.Status)
}

// Unwrap gives the cause.
func (u *Unavailable) Unwrap() error { return u.cause }
