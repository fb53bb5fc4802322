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

// newAppTransport takes the App's tokens, and only those, from the library, whose
// own transport would not tell a token that was not to be had from a request
// that was sent and lost. They are good for the one repository only.
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

// appToken closes what the library leaves open when GitHub refuses a token.
func appToken(ctx context.Context, installation *ghinstallation.Transport) (string, error) {
	token, err := installation.Token(ctx)
	if err == nil {
		return token, nil
	}
	unsigned := &unsignedError{cause: err}
	var failed *ghinstallation.HTTPError
	if errors.As(err, &failed) && failed.Response != nil {
		unsigned.status = failed.Response.StatusCode
		_ = failed.Response.Body.Close()
	}
	return "", unsigned
}

// RoundTrip implements [http.RoundTripper].
func (a *authTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := a.token(r.Context())
	if err != nil {
		drop(r)
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return a.next.RoundTrip(r)
}

// drop closes the body of a request that is not sent, as [http.RoundTripper]
// promises.
func drop(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// unsignedError says that there was no token to send a request with.
type unsignedError struct {
	status int // of the answer to the App; 0: there was none
	cause  error
}

func (u *unsignedError) Error() string { return "get a token for the GitHub App: " + u.cause.Error() }
func (u *unsignedError) Unwrap() error { return u.cause }
