package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/storage"
)

// fixed gives fixed answers.
type fixed struct {
	reply     reply.Reply
	standings []commands.RunStanding
	decided   []commands.Decided
	lines     string
	failed    error
	report    storage.Report
	wrong     error
}

func (f fixed) Read(_ context.Context, text string) reply.Reply {
	r := f.reply
	r.Title += text
	return r
}

// Act answers with its arguments.
func (f fixed) Act(_ context.Context, user, key, what string) reply.Reply {
	return reply.Reply{Title: user, Summary: key, Run: what}
}

// Follow tells the fixed states.
func (f fixed) Follow(_ context.Context, run string, tell func(commands.RunStanding) error) error {
	for _, now := range f.standings {
		now.Line = run + now.Line
		if err := tell(now); err != nil {
			return err
		}
	}
	return f.failed
}

// Await tells the fixed decisions.
func (f fixed) Await(_ context.Context, a commands.Awaited, tell func(commands.Decided) error) error {
	for _, now := range f.decided {
		now.Environment, now.Release, now.Commit = a.Environment, a.Release, a.Commit
		if err := tell(now); err != nil {
			return err
		}
	}
	return f.failed
}

func (f fixed) Export(_ context.Context, out io.Writer) error {
	if _, err := io.WriteString(out, f.lines); err != nil {
		return err
	}
	return f.failed
}

func (f fixed) Verify(context.Context) (storage.Report, error) { return f.report, f.wrong }

// startLocal runs the local listener alone and gives a client of it.
func startLocal(t *testing.T, r Reader, l limits) (*Client, func() error) {
	t.Helper()
	s := New(Options{Socket: filepath.Join(shortDir(t), "db.sock"), Health: well, Reader: r, Log: slog.New(slog.DiscardHandler)})
	s.limits = l
	_, stop := start(t, s)
	return dial(t, s.options.Socket), stop
}

// dial waits for the local listener, which opens a moment after the public one.
func dial(t *testing.T, path string) *Client {
	t.Helper()
	for t.Context().Err() == nil {
		if client, ok := Dial(path); ok {
			return client
		}
	}
	t.Fatal("the local listener never opened")
	return nil
}

// shortDir is a temporary folder whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "web")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// everything is a reply with every part and every kind of span in it.
func everything() reply.Reply {
	at := time.Date(2025, time.November, 3, 9, 0, 0, 123, time.UTC)
	text := reply.Say("a < b & c ", reply.Bold("bold"), reply.Typed("ready run"), reply.User("U0TL"),
		reply.Usergroup("S0PM"), reply.InChannel("C0RELEASES"), reply.LinkTo("https://ci.example/?a=1&b=2", "build"), reply.Time(at))
	return reply.Reply{
		Title: "NO-GO", Summary: "2 blockers",
		Parts: []reply.Part{
			reply.Lines{text, nil, reply.Say("\u2028 and \x00")},
			reply.Fields{{Name: "Score", Value: text}},
			reply.Table{Title: "Items", Header: []string{"a", "b"}, Rows: [][]reply.Text{{text, text}, {}}},
			reply.Progress{Title: "Run", Steps: []reply.ProgressStep{{Title: "http", Status: reply.Bad, Detail: text}}},
			reply.Output{"a < b", "  c"},
			reply.Actions{{Label: "Run", Act: reply.Act{Verb: "ready run"}, Style: reply.Danger, Confirm: "Really?"}},
			reply.Note(text), reply.Divider{}, reply.Lines(nil), reply.Divider{},
		},
		Form: &reply.Form{Title: "Check", Submit: "Check", Act: reply.Act{Verb: "ready check", Items: []string{"x"}}, Intro: []reply.Text{text},
			Inputs: []reply.Input{{Name: "note", Label: "Note", Kind: reply.Choice, Options: []reply.Option{{Value: "a", Label: "A"}}}}},
		Public: true, Replace: true, Refused: true, Run: "c0ffee",
	}
}

func TestSay(t *testing.T) {
	client, _ := startLocal(t, fixed{reply: everything()}, usualLimits)
	got, err := client.Say(t.Context(), ": ready “status” <modules>")
	if err != nil {
		t.Fatal(err)
	}
	want := everything()
	want.Title += ": ready “status” <modules>"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the reply has changed on its way (-want +got):\n%s", diff)
	}
}

// Each part that a reply can hold can cross the socket: the parts are read off
// the source of package reply.
func TestEveryPartCrosses(t *testing.T) {
	entries, err := os.ReadDir("../../commands/reply")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../commands/reply", entry.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "part" && f.Type.Params.NumFields() == 0 {
				want = append(want, "commands."+f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	var got []string
	for kind := range partReaders {
		got = append(got, kind)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("parts (-of a reply +that cross):\n%s", diff)
	}
}

// A bot that has not been restarted since an upgrade answers the new command
// line: the names of the parts stay as they are.
func TestReplyOfAnEarlierVersion(t *testing.T) {
	w := wireReply{Parts: []wirePart{{Kind: "commands.Lines", Data: []byte(`[[{"Text":"ready"}]]`)}}}
	got, err := w.decode()
	if diff := cmp.Diff([]reply.Part{reply.Lines{reply.Say("ready")}}, got.Parts); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestReplyOfAnotherVersion(t *testing.T) {
	w := wireReply{Parts: []wirePart{{Kind: "commands.Chart"}}}
	if _, err := w.decode(); err == nil || err.Error() != "the running bot's reply holds a commands.Chart, which this gonogo does not know; use the version that runs" {
		t.Errorf("got %v", err)
	}
}

func TestLocalDoorRefuses(t *testing.T) {
	t.Parallel()
	client, _ := startLocal(t, fixed{}, usualLimits)
	for _, tt := range []struct {
		name, method, path, body, want string
	}{
		{"no JSON", "POST", "/v1/say", "ready", "the running bot refused: the body is not what /v1/say takes, {\"text\": \"ready status\"}: invalid character 'r' looking for beginning of value"},
		{"unknown field", "POST", "/v1/say", `{"user":"U0TL"}`, "the running bot refused: the body is not what /v1/say takes, {\"text\": \"ready status\"}: json: unknown field \"user\""},
		{"too long", "POST", "/v1/say", `{"text":"` + strings.Repeat("x", 1<<17) + `"}`, "the running bot refused: the body is not what /v1/say takes, {\"text\": \"ready status\"}: http: request body too large"},
		{"another method", "GET", "/v1/say", "", "the running bot refused: /v1/say takes POST, not GET"},
		{"nothing there", "POST", "/v1/deploy", "", "the running bot refused: there is nothing at /v1/deploy; there are /v1/say, /v1/act, /v1/run, /v1/decision, /v1/ledger/export and /v1/ledger/verify"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client.ask(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestExport(t *testing.T) {
	lines := strings.Repeat(`{"seq":1,"kind":"release.opened"}`+"\n", 10_000)
	for _, tt := range []struct {
		name   string
		reader fixed
		want   string
	}{
		{"whole", fixed{lines: lines}, ""},
		{"empty", fixed{}, ""},
		{"ends early", fixed{lines: lines, failed: errors.New("record 10001 is damaged:\nits hash “x” does not fit")},
			"the running bot's ledger came only in part: record 10001 is damaged:\nits hash “x” does not fit"},
		{"fails at once", fixed{failed: errors.New("it is closed")}, "the running bot's ledger came only in part: it is closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := startLocal(t, tt.reader, usualLimits)
			var out bytes.Buffer
			err := client.Export(t.Context(), &out)
			if got := errorText(err); got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
			if out.String() != tt.reader.lines {
				t.Errorf("%d bytes came, want %d", out.Len(), len(tt.reader.lines))
			}
		})
	}
}

// A bot that is killed while it answers is reported as such.
func TestKilledWhileItAnswers(t *testing.T) {
	path := filepath.Join(shortDir(t), "db.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	killed := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/ledger/export":
			fmt.Fprintln(w, "a line")
			_ = http.NewResponseController(w).Flush()
			fallthrough
		case "/v1/say":
			panic(http.ErrAbortHandler)
		}
	})}
	go func() { _ = killed.Serve(listener) }()
	t.Cleanup(func() { _ = killed.Close() })
	client := dial(t, path)
	const want = "the running bot stopped before it had answered; try again"
	if err := client.Export(t.Context(), io.Discard); errorText(err) != want {
		t.Errorf("export: %v, want %s", err, want)
	}
	if _, err := client.Say(t.Context(), "ready status"); errorText(err) != want {
		t.Errorf("say: %v, want %s", err, want)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestVerify(t *testing.T) {
	report := storage.Report{Records: 41, Last: 41, LastHash: "c0ffee"}
	wrong := &storage.Unusable{Path: "gonogo.db", Problem: "is damaged: record 42 was altered", NextStep: "restore a backup"}
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"sound", nil, nil},
		{"altered", errors.Join(wrong), wrong},
		{"cannot be read", context.DeadlineExceeded, errors.New("context deadline exceeded")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := startLocal(t, fixed{report: report, wrong: tt.err}, usualLimits)
			got, err := client.Verify(t.Context())
			if got != report {
				t.Errorf("report %+v, want %+v", got, report)
			}
			if errorText(err) != errorText(tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			var unusable *storage.Unusable
			if errors.As(err, &unusable) != (tt.want == wrong) {
				t.Errorf("error %#v: is it *Unusable? want %t", err, tt.want == wrong)
			}
		})
	}
}

func TestSocketIsForThisUserAlone(t *testing.T) {
	path := filepath.Join(shortDir(t), "db.sock")
	l, err := listenLocal(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("mode %v, want a socket with 0600", info.Mode())
	}
	l.Close()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after closing: %v, want the socket to be gone", err)
	}
}

func TestSocketThatAKilledBotLeft(t *testing.T) {
	path := filepath.Join(shortDir(t), "db.sock")
	killed, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	killed.(*net.UnixListener).SetUnlinkOnClose(false)
	killed.Close()
	if _, ok := Dial(path); ok {
		t.Error("a dead socket answers")
	}
	l, err := listenLocal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if conn, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
}

func TestSocketIsNotTaken(t *testing.T) {
	dir := shortDir(t)
	answering, file := filepath.Join(dir, "a.sock"), filepath.Join(dir, "b.sock")
	other, err := net.Listen("unix", answering)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 120))
	for path, want := range map[string]string{
		answering: "another gonogo answers at " + answering + "; stop it first",
		file:      file + " is there and is no socket; move it away",
		long:      long + " is too long for a socket's address, which holds 103 bytes; keep the ledger in a folder with a shorter name",
	} {
		if _, err := listenLocal(path); errorText(err) != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != "mine" {
		t.Errorf("the file now holds %q, %v", kept, err)
	}
	if _, ok := Dial(long); ok {
		t.Error("a path that is too long answers")
	}
}

// A long path still works from a folder near it.
func TestSocketSeenFromNearby(t *testing.T) {
	dir := filepath.Join(shortDir(t), strings.Repeat("deep/", 30))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	l, err := listenLocal(filepath.Join(dir, "db.sock"))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// Without its local listener the bot still runs, and says why.
func TestBotRunsWithoutItsLocalDoor(t *testing.T) {
	path := filepath.Join(shortDir(t), "db.sock")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	o := options(well)
	o.Socket, o.Reader, o.Log = path, fixed{}, slog.New(slog.NewTextHandler(&logged, nil))
	base, stop := start(t, New(o))
	if status, _, text := do(t, http.MethodGet, base+"/readyz", ""); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(logged.String(), "can't open the local socket") {
		t.Errorf("nothing says so: %s", logged.String())
	}
}
