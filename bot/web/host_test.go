package web

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands"
)

// Who acts at the local socket is who the kernel says has connected; a name in
// the body is refused.
func TestActNamesThePeer(t *testing.T) {
	client, _ := startLocal(t, fixed{}, usualLimits)
	got, err := client.Act(t.Context(), "host/1", `{"verb":"rollback"}`)
	me, unknown := user.Current()
	if err != nil || unknown != nil || got.Title != me.Username || got.Summary != "host/1" || got.Run != `{"verb":"rollback"}` {
		t.Errorf("got %+v, %v; want it in the name of %+v, %v", got, err, me, unknown)
	}
	for _, body := range []string{`{"key":"k","what":"w","user":"root"}`, `{"what":"w"}`, `{"key":"k"}`, "rollback"} {
		if _, err := client.ask(t.Context(), http.MethodPost, "/v1/act", strings.NewReader(body)); err == nil ||
			err.Error() != "the running bot refused: the body is not what /v1/act takes, a key and an act" {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// If the system doesn't say who connects, nobody can act.
func TestActWithoutAPeer(t *testing.T) {
	for name, ctx := range map[string]context.Context{"not a socket": withPeer(t.Context(), nil), "no connection": t.Context()} {
		s := New(options(well))
		s.options.Reader = fixed{}
		answered := &recorded{header: http.Header{}}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/v1/act", strings.NewReader(`{"key":"k","what":"w"}`))
		if err != nil {
			t.Fatal(err)
		}
		s.act(answered, r)
		if answered.status != http.StatusForbidden || !strings.Contains(answered.String(), "it cannot be told who connects") {
			t.Errorf("%s: %d %s", name, answered.status, answered)
		}
	}
}

// A person who may not use the socket isn't told that no bot runs, nor is one whose bot
// hangs: they would work around it, and roll back by hand next to it.
func TestSilence(t *testing.T) {
	path := filepath.Join(shortDir(t), "db.sock")
	if got := Silence(path); got != "No running bot answers at "+path {
		t.Errorf("without a socket: %s", got)
	}
	hangs, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer hangs.Close()
	if got := Silence(path); got != "The bot at "+path+" does not answer" {
		t.Errorf("at a socket that nobody answers: %s", got)
	}
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EACCES)}
	if got := silence(path, refused); !strings.HasPrefix(got, "You may not use the bot's socket "+path) {
		t.Errorf("at a socket of another user: %s", got)
	}
}

// recorded is an answer as it was written.
type recorded struct {
	bytes.Buffer
	header http.Header
	status int
}

// Header implements [http.ResponseWriter].
func (r *recorded) Header() http.Header { return r.header }

// WriteHeader implements [http.ResponseWriter].
func (r *recorded) WriteHeader(status int) { r.status = status }

// A run is followed until it asks a person or has ended; a bot that stops before that
// is reported as such.
func TestFollow(t *testing.T) {
	under := commands.RunStanding{Line: ": step 2 of 9", Steps: []commands.Step{{Line: "step 1 of 9: Look", Failed: "503"}, {Line: "step 2 of 9: Send", Doing: "sending"}}, Open: true, Good: true, Reply: everything()}
	asks := commands.RunStanding{Line: ": waiting for a person", Open: true, Choices: []string{"keep", "return"}, Good: true, Reply: everything()}
	over := commands.RunStanding{Line: ": failed", Reply: everything()}
	for name, c := range map[string]struct {
		told []commands.RunStanding
		want int
		err  string
	}{
		"until it asks":   {[]commands.RunStanding{under, asks, over}, 2, ""},
		"until its end":   {[]commands.RunStanding{under, over, under}, 2, ""},
		"until it is cut": {[]commands.RunStanding{under}, 1, "the running bot stopped before it had answered; try again"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := startLocal(t, fixed{standings: c.told}, usualLimits)
			var got []commands.RunStanding
			last, err := client.Follow(t.Context(), "c0ffee", func(now commands.RunStanding) { got = append(got, now) })
			want := append([]commands.RunStanding(nil), c.told[:c.want]...)
			for i := range want {
				want[i].Line = "c0ffee" + want[i].Line
			}
			if errorText(err) != c.err || HungUp(err) != (c.err != "") {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want[len(want)-1], last); diff != "" {
				t.Errorf("last (-want +got):\n%s", diff)
			}
		})
	}
}

// A decision is waited for until it is GO, never will be, or isn't clear; a bot that
// stops before that is reported as such.
func TestAwait(t *testing.T) {
	blocked := commands.Decided{Blockers: []commands.Blocked{{Kind: "item", Name: "a", Title: "A & B", Reason: "failed", Next: "/ready run a"}}}
	for name, c := range map[string]struct {
		told []commands.Decided
		want int
		err  string
	}{
		"until GO":          {[]commands.Decided{blocked, {Go: true}, blocked}, 2, ""},
		"until it is over":  {[]commands.Decided{{Over: "1.0 is closed"}, blocked}, 1, ""},
		"until it is cut":   {[]commands.Decided{blocked}, 1, "the running bot stopped before it had answered; try again"},
		"if it isn't clear": {[]commands.Decided{{Unclear: "there is no environment"}, blocked}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := startLocal(t, fixed{decided: c.told}, usualLimits)
			var got []commands.Decided
			asked := commands.Awaited{Environment: "live & well", Release: "1.0", Commit: "c0ffee7"}
			last, err := client.Await(t.Context(), asked, func(now commands.Decided) { got = append(got, now) })
			want := append([]commands.Decided(nil), c.told[:c.want]...)
			for i := range want {
				want[i].Environment, want[i].Release, want[i].Commit = asked.Environment, asked.Release, asked.Commit
			}
			if errorText(err) != c.err || HungUp(err) != (c.err != "") {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want[len(want)-1], last); diff != "" {
				t.Errorf("last (-want +got):\n%s", diff)
			}
		})
	}
}

// A bot that ends as soon as it was connected to is reported as one that stopped, whatever
// net/http makes of it: it has several errors for that, by chance.
func TestBotEndsWhenAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	c := &Client{&http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}}}}
	seen := map[string]bool{}
	for range 300 {
		if _, err := c.Follow(t.Context(), "c0ffee", func(commands.RunStanding) {}); !HungUp(err) {
			t.Fatalf("got %v", err)
		} else {
			seen[errors.Unwrap(err).Error()] = true
		}
	}
	t.Logf("net/http said: %v", slices.Sorted(maps.Keys(seen)))
}

// The folder decides who may connect: a setgid one lets its group in, and one in which
// others can replace the socket lets nobody in.
func TestSocketIsOpenToAGroup(t *testing.T) {
	for mode, want := range map[fs.FileMode]fs.FileMode{0o700: 0o600, 0o755: 0o600, 0o750: 0o600, 0o750 | fs.ModeSetgid: 0o660, 0o777 | fs.ModeSticky: 0o600} {
		dir := shortDir(t)
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		l, err := listenLocal(filepath.Join(dir, "db.sock"))
		if err != nil {
			t.Errorf("in a folder with %v: %v", mode, err)
			continue
		}
		info, err := os.Stat(filepath.Join(dir, "db.sock"))
		if err != nil || info.Mode() != fs.ModeSocket|want {
			t.Errorf("in a folder with %v: %v, %v; want %v", mode, info.Mode(), err, want)
		}
		l.Close()
	}
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	want := "everybody may replace what is in " + dir + "; take that right away: chmod o-w " + dir
	if _, err := listenLocal(filepath.Join(dir, "db.sock")); errorText(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
