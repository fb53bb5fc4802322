package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v60/github"
)

// authTransport adds the token of a user or App to every request.
type authTransport struct {
	token func(context.Context) (string, error)
	next  http.RoundTripper
}

func newAuthTransport(opts Options, base *url.URL, next http.RoundTripper) (*authTransport, error) {
	switch {
	case opts.App != nil && opts.Token != "":
		return nil, errors.New("GitHub has both a token and an App configured; keep one of them")
	case opts.App != nil:
		return newAppTransport(opts, base, next)
	case opts.Token == "":
		return nil, errors.New("GitHub's API needs a token; set one, or a GitHub App's ID, installation ID and private key")
	case strings.ContainsFunc(opts.Token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("the GitHub token contains spaces, line breaks or other invalid characters; copy it again")
	}
	token := opts.Token
	return &authTransport{next: next, token: func(context.Context) (string, error) { return token, nil }}, nil
}

// newAppTransport gets the App's tokens from the library, limited to the one repository.
// It doesn't use the library's transport, whose errors don't distinguish a failure to
// get a token from a request that was sent and lost.
func newAppTransport(opts Options, base *url.URL, next http.RoundTripper) (*authTransport, error) {
	app := *opts.App
	if app.ID <= 0 || app.Installation <= 0 {
		return nil, errors.New("a GitHub App needs an ID and an installation ID, both positive numbers; see the App's settings and the URL of its installation")
	}
	installation, err := ghinstallation.New(next, app.ID, app.Installation, app.Key)
	if err != nil {
		return nil, fmt.Errorf("the GitHub App's private key can't be read; use the complete .pem file that GitHub generated for the App: %w", err)
	}
	_, name, _ := strings.Cut(opts.Repository, "/")
	installation.InstallationTokenOptions = &gh.InstallationTokenOptions{Repositories: []string{name}}
	installation.BaseURL = strings.TrimSuffix(base.String(), "/")
	return &authTransport{next: next, token: func(ctx context.Context) (string, error) { return appToken(ctx, installation) }}, nil
}

// appToken gets a token, and closes the response body that the library leaves open when
// GitHub refuses one.
func appToken(ctx context.Context, installation *ghinstallation.Transport) (string, error) {
	token, err := installation.Token(ctx)
	if err == nil {
		return token, nil
	}
	refused := &tokenError{cause: err}
	var failed *ghinstallation.HTTPError
	if errors.As(err, &failed) && failed.Response != nil {
		refused.status = failed.Response.StatusCode
		_ = failed.Response.Body.Close()
	}
	return "", refused
}

// RoundTrip implements [http.RoundTripper].
func (a *authTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := a.token(r.Context())
	if err != nil {
		closeBody(r)
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return a.next.RoundTrip(r)
}

// closeBody closes the body of a request that isn't sent, as [http.RoundTripper]
// requires.
func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// tokenError means that a request wasn't sent because there was no token for it.
type tokenError struct {
	status int // of the response to the App's request; 0: there was none
	cause  error
}

func (u *tokenError) Error() string { return "get a token for the GitHub App: " + u.cause.Error() }
func (u *tokenError) Unwrap() error { return u.cause }
