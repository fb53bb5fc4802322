package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWaitFromAnotherHost waits through a proxy with a token, while the bot is restarted in
// between: the proxy answers for it with 502 then. It needs no configuration.
func TestWaitFromAnotherHost(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	text, err := os.ReadFile("testdata/wait.yml")
	if err != nil {
		t.Fatal(err)
	}
	p.config = filepath.Join(t.TempDir(), "gonogo.yml")
	if err := os.WriteFile(p.config, append(text, "listen: 127.0.0.1:0\nwait: { token: \"${WAIT_TOKEN}\" }\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	p.variables = map[string]string{"WAIT_TOKEN": "canaryOfTheWait"}
	stop := p.start()
	down := make(chan bool, 1000)
	proxy := httptest.NewServer(&httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: p.address()})
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
		down <- true
		w.WriteHeader(http.StatusBadGateway)
	}})
	defer proxy.Close()
	sys := func(out, err io.Writer) system {
		return system{Out: out, Err: err, Environ: func(name string) (string, bool) {
			return "canaryOfTheWait", name == "GONOGO_WAIT_TOKEN"
		}}
	}
	read, write := io.Pipe()
	code := make(chan int, 1)
	var warned journal
	go func() {
		code <- run(p.ctx, []string{"wait", "--server", proxy.URL, "--env", "staging", "--commit", "0a1b2c3d", "--timeout", "24h"}, sys(write, &warned))
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	printed := func(want string) {
		t.Helper()
		if lines.Scan(); lines.Text() != want {
			t.Fatalf("printed %q, want %q; it warned:\n%s\nthe bot logged:\n%s", lines.Text(), want, &warned, p.logs)
		}
	}
	printed("NO-GO: commit 0a1b2c3d for staging, 1 blocker; waiting up to 24h")
	printed("blocks: No release: no release of commit 0a1b2c3d is open. /ready release VERSION 0a1b2c3d")
	p.openRelease("19.0.1 0a1b2c3d")
	printed("no longer blocks: No release")
	printed("blocks: Product Owner: has not signed off. /ready approve staging")
	printed("blocks: Technical Lead: has not signed off. /ready approve staging")
	stop()
	<-down // asked while no bot runs
	p.start()
	expect(t, p.say("U0DEV", "/ready signoff"), "The roles are asked")
	card := p.seen("Sign-off: 19.0.1 for staging, 0 of 2")
	expect(t, p.press("U0PO", card, "Approve"), "Approved")
	printed("no longer blocks: Product Owner")
	expect(t, p.press("U0TL", card, "Approve"), "Approved")
	printed("no longer blocks: Technical Lead")
	printed("GO: 19.0.1 for staging")
	if lines.Scan() {
		t.Errorf("after the end it printed %q", lines.Text())
	}
	if got := <-code; got != 0 {
		t.Errorf("ended with %d", got)
	}
	if strings.Contains(warned.String()+p.logs.String()+p.export(), "canaryOfTheWait") {
		t.Error("the token was printed, logged or recorded")
	}
	for name, c := range map[string]struct {
		code  int
		token string
		args  []string
		says  string
	}{
		"the wrong token":     {2, "wrong", []string{"--server", proxy.URL, "--env", "staging"}, "the bearer token is missing or wrong"},
		"no token":            {2, "", []string{"--server", proxy.URL, "--env", "staging"}, "set GONOGO_WAIT_TOKEN"},
		"no address":          {64, "t", []string{"--server", "", "--env", "staging"}, "--server with an address"},
		"both":                {64, "t", []string{"--server", proxy.URL, "--config", p.config, "--env", "staging"}, "either --config"},
		"another commit":      {1, "canaryOfTheWait", []string{"--server", proxy.URL, "--env", "staging", "--version", "19.0.1", "--commit", "ffffffff"}, "19.0.1 is commit 0a1b2c3d, not ffffffff"},
		"no such environment": {64, "canaryOfTheWait", []string{"--server", proxy.URL, "--env", "stagin"}, `there is no environment "stagin"`},
	} {
		var out bytes.Buffer
		s := sys(&out, &out)
		s.Environ = func(name string) (string, bool) { return c.token, name == "GONOGO_WAIT_TOKEN" }
		if code := run(p.ctx, append([]string{"wait"}, c.args...), s); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: ended with %d, want %d:\n%s", name, code, c.code, out.String())
		}
	}
}
