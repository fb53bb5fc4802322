package web

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gonogo/commands"
)

const waitToken = "wait-token-of-the-test"

// held tells one decision and then nothing more, until the other side leaves.
type held struct{ fixed }

// Await implements [Reader].
func (h held) Await(ctx context.Context, a commands.Awaited, tell func(commands.Decided) error) error {
	if err := h.fixed.Await(ctx, a, tell); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func waitOptions(reader Reader) Options {
	o := options(well)
	o.WaitToken, o.Reader = waitToken, reader
	return o
}

func remote(t *testing.T, address, token string) *Remote {
	t.Helper()
	c, err := NewRemote(address, token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A pipeline on another host is told each decision, for the environment and version that it
// asks about; one that ends early can be asked for again.
func TestRemoteAwait(t *testing.T) {
	for name, tt := range map[string]struct {
		told  []commands.Decided
		again bool
	}{
		"until GO":        {[]commands.Decided{{}, {Go: true}}, false},
		"until it is cut": {[]commands.Decided{{}}, true},
	} {
		base, _ := start(t, New(waitOptions(fixed{decided: tt.told})))
		var got []commands.Decided
		last, err := remote(t, base+"/", waitToken).Await(t.Context(), commands.Awaited{Environment: "live & well", Release: "1.0"}, func(now commands.Decided) { got = append(got, now) })
		if _, again := errors.AsType[*Retry](err); again != tt.again || (err == nil) == tt.again || len(got) != len(tt.told) || last.Environment != "live & well" || last.Release != "1.0" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Whoever doesn't know the token is told nothing, and the token opens nothing else.
func TestRemoteNeedsTheToken(t *testing.T) {
	o := waitOptions(fixed{decided: []commands.Decided{{Go: true}}})
	o.AlertToken, o.Alerts = alertToken, receiver(nil)
	base, _ := start(t, New(o))
	for _, authorization := range []string{"", "Bearer wrong", "Basic " + waitToken, "Bearer " + alertToken} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", base+"/decision?environment=live", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 401 || response.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q got %d", authorization, response.StatusCode)
		}
	}
	if status, _, _ := deliver(t, base, "Bearer "+waitToken, notification); status != 401 {
		t.Errorf("with the token for waiting, an alert got %d", status)
	}
	if status, _, _ := do(t, "GET", base+"/v1/decision?environment=live", ""); status != 404 {
		t.Errorf("the local path got %d", status)
	}
	closed, _ := start(t, New(options(well)))
	if _, err := remote(t, closed, waitToken).Await(t.Context(), commands.Awaited{Environment: "live"}, nil); err == nil || !strings.Contains(err.Error(), "its configuration needs wait: { token: … }") {
		t.Errorf("where nobody can wait: %v", err)
	}
}

// What passes is asked again, and the token isn't sent on.
func TestRemoteRefused(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the token was sent on") }))
	defer elsewhere.Close()
	for name, tt := range map[string]struct {
		status int
		body   string
		again  bool
		says   string
	}{
		"a proxy without its bot": {502, "<html>", true, "it responded with 502 Bad Gateway"},
		"too many":                {503, `{"error":"32 pipelines are waiting already"}`, true, "the bot refused: 32 pipelines are waiting already"},
		"limited":                 {429, "", true, "429"},
		"the wrong token":         {401, `{"error":"the bearer token is missing or wrong"}`, false, "the bot refused: the bearer token is missing or wrong"},
		"moved":                   {301, "", false, "redirects elsewhere"},
		"no decision":             {200, "<html>", true, "ended before the decision was GO"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
		}))
		_, err := remote(t, server.URL, waitToken).Await(t.Context(), commands.Awaited{Environment: "live"}, func(commands.Decided) {})
		server.Close()
		if _, again := errors.AsType[*Retry](err); err == nil || again != tt.again || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %s", name, err, tt.says)
		}
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	if _, err := remote(t, gone.URL, waitToken).Await(t.Context(), commands.Awaited{Environment: "live"}, nil); err == nil || !strings.Contains(err.Error(), "the bot can't be reached") {
		t.Errorf("nobody listens: %v", err)
	}
	untrusted := httptest.NewTLSServer(nil)
	defer untrusted.Close()
	untrusted.Config.ErrorLog = nil
	_, err := remote(t, untrusted.URL, waitToken).Await(t.Context(), commands.Awaited{Environment: "live"}, nil)
	if _, again := errors.AsType[*Retry](err); err == nil || again || !strings.Contains(err.Error(), "certificate can't be trusted") {
		t.Errorf("a certificate of nobody: %v", err)
	}
}

// While nothing changes, empty lines show that the bot is still there, beyond the time that
// a request may take; without them it is taken for gone. Only so many may wait.
func TestRemoteHeartbeat(t *testing.T) {
	s := New(waitOptions(held{fixed{decided: []commands.Decided{{}}}}))
	s.limits.heartbeat, s.limits.request, s.limits.waits = time.Millisecond, 20*time.Millisecond, 1
	base, _ := start(t, s)
	request, err := http.NewRequestWithContext(t.Context(), "GET", base+"/decision?environment=live", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+waitToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := remote(t, base, waitToken).Await(t.Context(), commands.Awaited{Environment: "live"}, nil); err == nil || !strings.Contains(err.Error(), "1 pipelines are waiting already") {
		t.Errorf("a second one: %v", err)
	}
	lines := bufio.NewScanner(response.Body)
	for began := time.Now(); time.Since(began) < 5*s.limits.request; {
		if !lines.Scan() {
			t.Fatalf("the stream ended: %v", lines.Err())
		}
	}
}

// A bot that says nothing at all is asked again.
func TestRemoteGoesQuiet(t *testing.T) {
	s := New(waitOptions(held{fixed{decided: []commands.Decided{{}}}}))
	s.limits.heartbeat = time.Hour
	base, _ := start(t, s)
	c := remote(t, base, waitToken)
	c.quiet = 10 * time.Millisecond
	_, err := c.Await(t.Context(), commands.Awaited{Environment: "live"}, func(commands.Decided) {})
	if _, again := errors.AsType[*Retry](err); !again {
		t.Errorf("got %v", err)
	}
}

// TestNewRemote refuses addresses and tokens that can't be meant.
func TestNewRemote(t *testing.T) {
	for _, address := range []string{"", "gonogo.example.com", "ftp://gonogo.example.com", "https://", "https://me:pw@gonogo.example.com", "https://gonogo.example.com?x=1"} {
		if _, err := NewRemote(address, waitToken); err == nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, token := range []string{"", "two words", "line\nbreak"} {
		if _, err := NewRemote("https://gonogo.example.com", token); err == nil || !strings.Contains(err.Error(), "GONOGO_WAIT_TOKEN") {
			t.Errorf("%q: %v", token, err)
		}
	}
}
