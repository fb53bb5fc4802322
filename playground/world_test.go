package playground_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"gonogo/playground"
	"gonogo/playground/guide"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// open makes a world in the folder and serves it until the test ends or stop
// is called, which waits for it.
func open(t *testing.T, dir string, guides ...*guide.Guide) (w *playground.World, stop func()) {
	t.Helper()
	w, err := playground.New(playground.Options{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range guides {
		w.Guide(g)
	}
	ctx, end := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := w.Run(ctx); err != nil {
			t.Errorf("the world ended with %v", err)
		}
	}()
	stop = func() {
		http.DefaultClient.CloseIdleConnections()
		end()
		<-over
	}
	t.Cleanup(stop)
	return w, stop
}

// variable is one of the settings by which a client finds the world.
func variable(t *testing.T, w *playground.World, name string) string {
	t.Helper()
	for _, v := range w.Variables() {
		if v.Name == name {
			return v.Value
		}
	}
	t.Fatalf("the world has no variable %s", name)
	return ""
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

func read(t *testing.T, response *http.Response) (int, string) {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// TestWorld reaches every part of a world the way its clients do: by the one
// address and by the variables.
func TestWorld(t *testing.T) {
	w, _ := open(t, t.TempDir())
	if status, body := get(t, w.URL()+"/"); status != 200 || !strings.Contains(body, "<html") {
		t.Errorf("the page: got status %d and %.80q", status, body)
	}
	bot := slack.New(variable(t, w, "SLACK_BOT_TOKEN"), slack.OptionAPIURL(variable(t, w, "SLACK_API_URL")))
	auth, err := bot.AuthTestContext(t.Context())
	if err != nil || auth.TeamID != "T0PRACTICE" {
		t.Errorf("auth.test: got %+v, %v", auth, err)
	}
	if status, body := get(t, variable(t, w, "STAGING_URL")+"/web/health"); status != 200 || body != `{"status":"pass"}` {
		t.Errorf("staging's health: got status %d and %q", status, body)
	}
	if status, _ := get(t, variable(t, w, "PRODUCTION_URL")+"/web/login"); status != 200 {
		t.Errorf("production's log-in page: got status %d", status)
	}
	if got := appName(t, w, variable(t, w, "STAGING_APP_ID")); got != "insightpulse-staging" {
		t.Errorf("the practice app that is staging: got the name %q", got)
	}
	for _, name := range []string{"STAGING_ODOO_URL", "PRODUCTION_ODOO_URL"} {
		if got := stateOf(t, w, name, "ipai_core"); got != "installed" {
			t.Errorf("the database at %s: ipai_core is %s", name, got)
		}
	}
	if info, err := os.Stat(variable(t, w, "REPORTS_DIR")); err != nil || !info.IsDir() {
		t.Errorf("the folder of reports: got %v", err)
	}
}

// appName asks DigitalOcean's API for an app, as a client outside does.
func appName(t *testing.T, w *playground.World, id string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", variable(t, w, "DIGITALOCEAN_API_URL")+"/v2/apps/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+variable(t, w, "DIGITALOCEAN_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, body := read(t, response)
	var answer struct {
		App struct{ Spec struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.App.Spec.Name
}

// group is a part of the panel as the page reads it.
type group struct {
	Title    string
	Switches []struct {
		ID, Title, Help, State string
		States                 []struct {
			ID, Title string
			Good      bool
		}
	}
}

func panelOf(t *testing.T, body string) []group {
	t.Helper()
	var panel struct{ Groups []group }
	if err := json.Unmarshal([]byte(body), &panel); err != nil {
		t.Fatal(err)
	}
	return panel.Groups
}

// positions are where the panel's switches stand.
func positions(t *testing.T, w *playground.World) map[string]string {
	t.Helper()
	_, body := get(t, w.URL()+"/_/panel")
	all := map[string]string{}
	for _, g := range panelOf(t, body) {
		for _, s := range g.Switches {
			all[s.ID] = s.State
		}
	}
	return all
}

func post(t *testing.T, w *playground.World, kind, body string) (int, string) {
	t.Helper()
	response, err := http.Post(w.URL()+"/_/panel", kind, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

func TestPanel(t *testing.T) {
	w, _ := open(t, t.TempDir())
	_, body := get(t, w.URL()+"/_/panel")
	for _, g := range panelOf(t, body) {
		if g.Title == "" || len(g.Switches) == 0 {
			t.Errorf("a group without a title or switches: %+v", g)
		}
		for _, s := range g.Switches {
			if s.Title == "" || s.Help == "" || len(s.States) < 2 || s.State != s.States[0].ID {
				t.Errorf("a switch of a new world: %+v", s)
			}
		}
	}
	status, body := post(t, w, "application/json", `{"id":"staging-site","state":"down"}`)
	if status != 200 || !strings.Contains(body, `"state":"down"`) {
		t.Errorf("turning a switch: got status %d and %s, want the new panel", status, body)
	}
	if status, _ := get(t, variable(t, w, "STAGING_URL")+"/web/health"); status != 503 {
		t.Errorf("a site that is down: got status %d, want 503", status)
	}
	for _, c := range []struct {
		kind, body string
		status     int
		sentence   string
	}{
		{"application/json", `{"id":"nothing","state":"down"}`, 400, `the panel has no switch "nothing"; it has test-run, test-coverage, `},
		{"application/json", `{"id":"staging-site","state":"up"}`, 400, `the switch staging-site has no state "up"; it has answering, slow, down, wrong-page, login-fails`},
		{"application/json", `down`, 400, `the panel takes {"id": …, "state": …}`},
		{"application/x-www-form-urlencoded", `id=staging-site`, 415, "the panel takes application/json"},
	} {
		status, body := post(t, w, c.kind, c.body)
		var refusal struct{ Error string }
		if err := json.Unmarshal([]byte(body), &refusal); err != nil || status != c.status || !strings.HasPrefix(refusal.Error, c.sentence) {
			t.Errorf("%s: got status %d and %q, want %d and %q", c.body, status, refusal.Error, c.status, c.sentence)
		}
	}
}

// TestPanelEvent wants a turn of a switch shown in every open window, and the
// windows told when the world ends.
func TestPanelEvent(t *testing.T) {
	w, stop := open(t, t.TempDir())
	response, err := http.Get(w.URL() + "/_/events?user=U0PO&after=0")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := w.Set("production-site", "slow"); err != nil {
		t.Fatal(err)
	}
	heard := ""
	for chunk := make([]byte, 4<<10); !strings.Contains(heard, `"kind":"panel"`); {
		n, err := response.Body.Read(chunk)
		heard += string(chunk[:n])
		if err != nil {
			t.Fatalf("the stream ended with %v after %q", err, heard)
		}
	}
	stop()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Errorf("the stream was torn: %v", err)
	}
}

// TestEndInSlowAnswer ends a world while a slow site keeps a client waiting:
// the client is cut off, and does not take half an answer for one.
func TestEndInSlowAnswer(t *testing.T) {
	w, stop := open(t, t.TempDir())
	if err := w.Set("staging-site", "slow"); err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", variable(t, w, "STAGING_URL")+"/version", nil)
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan error, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
		}
		said <- err
	}()
	<-sent
	stop()
	if err := <-said; err == nil {
		t.Error("the slow site answered after the world had ended")
	}
}

// TestRestart wants the same world after a restart: addresses, switches,
// reports and what was said.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	w, stop := open(t, dir)
	for id, state := range map[string]string{"production-oca-dependencies": "installed", "test-run": "three-fail", "staging-database": "slow"} {
		if err := w.Set(id, state); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Workspace().Say("U0PO", "C0RELEASES", "", "are we ready?"); err != nil {
		t.Fatal(err)
	}
	before, variables := positions(t, w), w.Variables()
	stop()

	again, _ := open(t, dir)
	if diff := cmp.Diff(variables, again.Variables()); diff != "" {
		t.Errorf("the variables (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before, positions(t, again)); diff != "" {
		t.Errorf("the switches (-before +after):\n%s", diff)
	}
	_, body := get(t, again.URL()+"/_/state?user=U0PO")
	if !strings.Contains(body, "are we ready?") {
		t.Errorf("what was said before the restart is gone: %s", body)
	}
	if again.Notice() != "" {
		t.Errorf("got the notice %q, want none", again.Notice())
	}
}

func TestOneOwner(t *testing.T) {
	dir := t.TempDir()
	_, stop := open(t, dir)
	_, err := playground.New(playground.Options{Dir: dir, Listen: "127.0.0.1:0"})
	want := "another practice world is running in " + dir + "; stop it first, or choose another folder"
	if err == nil || err.Error() != want {
		t.Errorf("a second world in one folder: got %v, want %s", err, want)
	}
	stop()
	w, err := playground.New(playground.Options{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("closing a world that was never run: %v", err)
	}
}

// TestUnusableState wants a state file refused that the world did not write
// whole, and left as it is.
func TestUnusableState(t *testing.T) {
	for _, text := range []string{
		"", "{", "[]", "null", "GIF89a", `{"kind":"something else","version":1}`,
		`{"kind":"gonogo practice world","version":1,"ports":{},"swi`,
		`{"kind":"gonogo practice world","version":1}`,
		`{"kind":"gonogo practice world","version":2,"ports":{},"switches":{}}`,
	} {
		file := filepath.Join(t.TempDir(), "world.json")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		w, err := playground.New(playground.Options{Dir: filepath.Dir(file), Listen: "127.0.0.1:0"})
		if err == nil {
			w.Close()
			t.Errorf("%q was taken for a state", text)
		} else if !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %q, want one sentence that names the file", text, err)
		}
		if left, err := os.ReadFile(file); err != nil || string(left) != text {
			t.Errorf("%q was overwritten with %q (%v)", text, left, err)
		}
	}
}

// TestTakenPort wants a world whose port is taken to move to another, to say
// so, and to stay there.
func TestTakenPort(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir, taken := t.TempDir(), other.Addr().String()
	w, err := playground.New(playground.Options{Dir: dir, Listen: taken})
	if err != nil {
		t.Fatal(err)
	}
	moved := w.URL()
	if moved == "http://"+taken || !strings.Contains(w.Notice(), moved) {
		t.Errorf("got the address %s and the notice %q", moved, w.Notice())
	}
	w.Close()
	other.Close()
	if w, err = playground.New(playground.Options{Dir: dir, Listen: taken}); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.URL() != moved {
		t.Errorf("after a restart: got the address %s, want %s still", w.URL(), moved)
	}
}

// TestTakenDatagramPort wants a name server to move when another program has
// its port for datagrams alone, and to stay where it has moved.
func TestTakenDatagramPort(t *testing.T) {
	dir := t.TempDir()
	start := func() *playground.World {
		w, err := playground.New(playground.Options{Dir: dir, Listen: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		return w
	}
	before := variable(t, start(), "NAME_SERVER_1")
	other, err := net.ListenPacket("udp", before)
	if err != nil {
		t.Fatal(err)
	}
	w := start()
	moved := variable(t, w, "NAME_SERVER_1")
	if _, port, _ := net.SplitHostPort(moved); moved == before || !strings.Contains(w.Notice(), "ns1 has moved to port "+port) {
		t.Errorf("got the address %s and the notice %q", moved, w.Notice())
	}
	other.Close()
	if w = start(); variable(t, w, "NAME_SERVER_1") != moved || w.Notice() != "" {
		t.Errorf("after a restart: got %s and %q, want %s still", variable(t, w, "NAME_SERVER_1"), w.Notice(), moved)
	}
}

func TestUnusableAddress(t *testing.T) {
	for _, address := range []string{"4600", "127.0.0.1:http", "127.0.0.1:99999", "192.0.2.1:4600"} {
		w, err := playground.New(playground.Options{Dir: t.TempDir(), Listen: address})
		if err == nil {
			w.Close()
			t.Errorf("%s was taken for an address", address)
		} else if !strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %q, want one sentence that names the address", address, err)
		}
	}
}

// TestAlertsGoWhereTheyAreSent has a world post to nobody, and then to
// somebody who turned up while it was running.
func TestAlertsGoWhereTheyAreSent(t *testing.T) {
	posts := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		posts <- r.Header.Get("Authorization")
	}))
	defer receiver.Close()
	w, _ := open(t, t.TempDir())
	w.SendAlertsTo(receiver.URL)
	if err := w.Set("alert", "firing"); err != nil {
		t.Fatal(err)
	}
	if got, want := <-posts, "Bearer "+variable(t, w, "ALERT_WEBHOOK_TOKEN"); got != want {
		t.Errorf("the post has %q, want %q", got, want)
	}
	if status, body := get(t, variable(t, w, "PROMETHEUS_URL")+"/api/v1/query?query=count(up)"); status != http.StatusOK || !strings.Contains(body, `"4"`) {
		t.Errorf("how many targets: got status %d and %s", status, body)
	}
}
