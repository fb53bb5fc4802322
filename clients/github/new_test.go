package github_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/clients/github"
)

func TestNew(t *testing.T) {
	token, key := "ghp_x", appKey()
	app := func(id, installation int64, key string) *github.App {
		return &github.App{ID: id, Installation: installation, Key: []byte(key)}
	}
	tests := []struct {
		name  string
		opts  github.Options
		words string // of the error; empty: there is none
	}{
		{"token", github.Options{Repository: "acme/shop.py", Token: token + "\n"}, ""},
		{"app", github.Options{Repository: "acme/shop", App: app(1, 2, pemOf(key))}, ""},
		{"enterprise", github.Options{Repository: "acme/shop", Token: token, APIURL: "https://github.acme.test/api/v3"}, ""},
		{"no owner", github.Options{Repository: "shop", Token: token}, "owner/name"},
		{"a page", github.Options{Repository: "https://github.com/acme/shop", Token: token}, "owner/name"},
		{"another place", github.Options{Repository: "acme/..", Token: token}, "owner/name"},
		{"nobody", github.Options{Repository: "acme/shop"}, "needs a token"},
		{"two", github.Options{Repository: "acme/shop", Token: token, App: app(1, 2, pemOf(key))}, "keep one of them"},
		{"two lines", github.Options{Repository: "acme/shop", Token: "ghp_x\nghp_y"}, "copy it again"},
		{"not an app", github.Options{Repository: "acme/shop", App: app(0, 2, pemOf(key))}, "installation ID"},
		{"not a key", github.Options{Repository: "acme/shop", App: app(1, 2, token)}, ".pem"},
		{"not an address", github.Options{Repository: "acme/shop", Token: token, APIURL: "github.com"}, "must begin with http"},
		{"a query", github.Options{Repository: "acme/shop", Token: token, APIURL: "https://github.com/?token=x"}, "must begin with http"},
		{"a password", github.Options{Repository: "acme/shop", Token: token, APIURL: "https://me:" + token + "@github.com"}, "password"},
	}
	for _, test := range tests {
		_, err := github.New(test.opts)
		switch {
		case (err == nil) != (test.words == ""), err != nil && !strings.Contains(err.Error(), test.words):
			t.Errorf("%s: got %v, want %q in it", test.name, err, test.words)
		case err != nil && strings.Contains(err.Error(), token):
			t.Errorf("%s: the error %q gives the token away", test.name, err)
		}
	}
}

// TestAddresses: the API is where the address says, with or without a slash at
// its end.
func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"":                                 "https://api.github.com/repos/acme/shop/issues/7",
		"http://127.0.0.1:80/github":       "http://127.0.0.1:80/github/repos/acme/shop/issues/7",
		"https://github.acme.test/api/v3/": "https://github.acme.test/api/v3/repos/acme/shop/issues/7",
	} {
		var got *url.URL
		refuse := tripper(func(r *http.Request) (*http.Response, error) {
			got = r.URL
			return &http.Response{StatusCode: http.StatusGone, Body: http.NoBody, Request: r}, nil
		})
		client, err := github.New(github.Options{Repository: "acme/shop", Token: token, APIURL: address, Transport: refuse})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Issue(t.Context(), 7); err == nil || got.String() != want {
			t.Errorf("%q: asked %s (%v), want %s", address, got, err, want)
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// appKey is made once, since that takes long.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pemOf(key *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// appHost gives out installation tokens, which it numbers, for an hour each.
type appHost struct {
	key    *rsa.PublicKey
	refuse func(http.ResponseWriter, *http.Request, int) // instead of a token
	then   func(http.ResponseWriter, *http.Request, int) // with a token; nil: an issue
	given  int
}

func (a *appHost) answer(w http.ResponseWriter, r *http.Request, nth int) {
	if !strings.HasSuffix(r.URL.Path, "/app/installations/22/access_tokens") {
		if got, want := r.Header.Get("Authorization"), a.token(); got != "Bearer "+want {
			says(http.StatusUnauthorized, `{"message":"Bad credentials"}`)(w, r, nth)
			return
		}
		if a.then == nil {
			a.then = says(http.StatusOK, issueJSON)
		}
		a.then(w, r, nth)
		return
	}
	if a.refuse != nil {
		a.refuse(w, r, nth)
		return
	}
	if err := a.admit(r); err != nil {
		says(http.StatusUnauthorized, `{"message":"`+err.Error()+`"}`)(w, r, nth)
		return
	}
	a.given++
	says(http.StatusCreated, fmt.Sprintf(`{"token":%q,"expires_at":%q}`, a.token(), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))(w, r, nth)
}

func (a *appHost) token() string { return fmt.Sprintf("ghs_CANARYofTheApp%d", a.given) }

// admit checks the token that an App signs for itself (RFC 7519), as
// "Generating a JSON Web Token for a GitHub App" of GitHub's documentation asks
// for.
func (a *appHost) admit(r *http.Request) error {
	parts := strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
	if r.Method != http.MethodPost || len(parts) != 3 {
		return errors.New("no token")
	}
	var decoded [3][]byte
	for i, part := range parts {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return err
		}
		decoded[i] = text
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(a.key, crypto.SHA256, sum[:], decoded[2]); err != nil {
		return err
	}
	var claims struct {
		Issuer  string `json:"iss"`
		Issued  int64  `json:"iat"`
		Expires int64  `json:"exp"`
	}
	if err := json.Unmarshal(decoded[1], &claims); err != nil {
		return err
	}
	now := time.Now().Unix()
	if !strings.Contains(string(decoded[0]), `"RS256"`) || claims.Issuer != "11" || claims.Issued > now || claims.Expires <= now || claims.Expires > now+600 {
		return fmt.Errorf("%s %+v", decoded[0], claims)
	}
	return nil
}

// playApp runs a test with a client that asks as an App.
func playApp(t *testing.T, a *appHost, test func(*testing.T, *world)) {
	t.Helper()
	key := appKey()
	a.key = &key.PublicKey
	synctest.Test(t, func(t *testing.T) {
		w := &world{host: &host{t: t, answer: a.answer}}
		w.connect(t, w.host, github.Options{Repository: "acme/shop", App: &github.App{ID: 11, Installation: 22, Key: []byte(pemOf(key))}})
		test(t, w)
	})
}

// TestApp: one token serves until a minute before it expires.
func TestApp(t *testing.T) {
	app := &appHost{}
	playApp(t, app, func(t *testing.T, w *world) {
		for _, step := range []struct {
			after time.Duration
			given int
		}{{0, 1}, {58 * time.Minute, 1}, {2 * time.Minute, 2}, {time.Minute, 2}} {
			time.Sleep(step.after)
			if _, err := w.client.Issue(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			if app.given != step.given {
				t.Errorf("after %s: %d tokens, want %d", step.after, app.given, step.given)
			}
		}
		if _, err := writes[0].do(t.Context(), w.client); err != nil {
			t.Error(err)
		}
		if got, want := w.asked()[0].String(), `POST app/installations/22/access_tokens {"repositories":["shop"]}`; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	})
}

// TestAppsWithoutAToken: what was to be asked with it did not happen.
func TestAppsWithoutAToken(t *testing.T) {
	refused, unavailable, limited := new(*github.Refused), new(*github.Unavailable), new(*github.Limited)
	tests := []struct {
		name   string
		refuse func(http.ResponseWriter, *http.Request, int)
		want   any
		words  string
	}{
		{"another key", says(401, `{"message":"A JSON web token could not be decoded"}`), refused, "clock"},
		{"suspended", says(403, `{"message":"This installation has been suspended"}`), refused, "suspended"},
		{"not installed", says(404, `{"message":"Not Found"}`), refused, "installation ID"},
		{"not in this repository", says(422, `{}`), refused, "does not include the repository"},
		{"strange", says(418, `{}`), refused, "status 418"},
		{"down", says(502, ``), unavailable, "502"},
		{"cut", cut, unavailable, "couldn't be reached"},
		{"no JSON", says(201, `<html>`), unavailable, "try again"},
		{"limited", says(429, ``, "Retry-After", "60"), limited, "00:01:00 UTC"},
	}
	for _, test := range tests {
		for _, call := range []call{reads[0], writes[0]} {
			t.Run(test.name+", "+call.name, func(t *testing.T) {
				playApp(t, &appHost{refuse: test.refuse}, func(t *testing.T, w *world) {
					time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
					_, err := call.do(t.Context(), w.client)
					if !errors.As(err, test.want) || !strings.Contains(err.Error(), test.words) {
						t.Errorf("got %T %v, want %T with %q in it", err, err, test.want, test.words)
					}
				})
			})
		}
	}
}
