package github_test

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gonogo/clients/github"
)

// canary is what no error and no log line may contain: the tokens of these
// tests, a signed token of an App, and its key.
var canary = regexp.MustCompile(`CANARY|eyJ|PRIVATE KEY|MII`)

// echo answers with what it was asked, secrets and all.
func echo(status int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		w.WriteHeader(status)
		auth := r.Header.Get("Authorization")
		_, _ = io.WriteString(w, `{"message":"You sent `+auth+`","errors":[{"field":"`+auth+`","message":"`+auth+`"}]}`)
	}
}

// TestSecrets: no failure gives a secret away, to people or to the log.
func TestSecrets(t *testing.T) {
	answers := []func(http.ResponseWriter, *http.Request, int){
		echo(301), echo(401), echo(403), echo(404), echo(418), echo(422), echo(429), echo(500), cut, says(200, "not JSON"),
	}
	check := func(t *testing.T, w *world) {
		for _, call := range []call{reads[0], reads[3], writes[0]} {
			_, err := call.do(t.Context(), w.client)
			if err == nil {
				t.Fatal("no error")
			}
			for ; err != nil; err = errors.Unwrap(err) {
				if canary.MatchString(err.Error()) {
					t.Errorf("%s: %T says %q", call.name, err, err)
				}
			}
		}
		if canary.MatchString(w.log.String()) {
			t.Errorf("the log says %s", w.log)
		}
	}
	for _, answer := range answers {
		play(t, answer, check)
		playApp(t, &appHost{refuse: answer}, check)
		playApp(t, &appHost{then: answer}, check)
	}
}

// TestSecretsAreLeftOut makes sure that there was something to leave out.
func TestSecretsAreLeftOut(t *testing.T) {
	play(t, echo(422), func(t *testing.T, w *world) {
		_, err := writes[0].do(t.Context(), w.client)
		if refused := new(github.Refused); !errors.As(err, &refused) || strings.Count(refused.Message, "Bearer [redacted]") != 3 {
			t.Errorf("got %v, want three redactions in it", err)
		}
	})
}

// TestTokensOfOtherForms: a token that does not look like GitHub's, as a proxy may
// give out, is known by its value, however it is written.
func TestTokensOfOtherForms(t *testing.T) {
	const other = `canary"of/a+proxy`
	says := `{"message": "canary\"of/a+proxy and canary%22of%2Fa%2Bproxy are refused"}`
	refuse := tripper(func(r *http.Request) (*http.Response, error) {
		header := http.Header{"Content-Type": {"application/json"}}
		return &http.Response{StatusCode: http.StatusForbidden, Header: header, Body: io.NopCloser(strings.NewReader(says)), Request: r}, nil
	})
	client, err := github.New(github.Options{Repository: "acme/shop", Token: other, Transport: refuse})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Issue(t.Context(), 7)
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "[redacted] and [redacted] are refused") {
			t.Errorf("it says %q", err)
		}
	}
}
