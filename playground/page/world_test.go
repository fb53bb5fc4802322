package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"gonogo/playground/page"
	"gonogo/playground/workspace"
)

type object = map[string]any

// world is the page in front of a real practice workspace, with a panel of one switch.
type world struct {
	*workspace.Workspace
	t      *testing.T
	server *httptest.Server
	api    *slack.Client
	mux    *http.ServeMux

	mu    sync.Mutex
	state string // of the switch
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, Workspace: workspace.New(workspace.Options{}), state: "up"}
	w.Admin().LiftDeadlines() // a busy machine may take longer than Slack's three seconds
	mux := http.NewServeMux()
	w.mux = mux
	mux.Handle("/", page.Handler())
	for _, prefix := range []string{"/_/", "/api/", "/link/", "/hooks/"} {
		mux.Handle(prefix, w.Handler())
	}
	mux.HandleFunc("/_/panel", w.servePanel)
	w.server = httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the workspace ended with %v", err)
		}
		w.server.CloseClientConnections()
		w.server.Close()
	})
	w.api = slack.New(w.BotToken(), slack.OptionAPIURL(w.server.URL+"/api/"), slack.OptionAppLevelToken(w.AppToken()), slack.OptionHTTPClient(w.server.Client()))
	return w
}

// servePanel has one switch, the site, which is up or down.
func (w *world) servePanel(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Method == http.MethodPost {
		var turned struct{ ID, State string }
		if err := json.NewDecoder(r.Body).Decode(&turned); err != nil {
			w.t.Errorf("the panel was sent %v", err)
		}
		w.state = turned.State
		defer func() { go w.Publish("panel", panel(turned.State)) }()
	}
	json.NewEncoder(rw).Encode(panel(w.state))
}

func panel(state string) object {
	site := object{"id": "site", "title": "Staging site", "help": "Answers under /sites/staging/.", "state": state, "states": []object{
		{"id": "up", "title": "Answers", "good": true}, {"id": "slow", "title": "Slow", "good": false}, {"id": "down", "title": "Down", "good": false},
	}}
	base := object{"id": "modules", "title": "OCA modules", "help": "What Odoo's module table says.", "state": "installed", "states": []object{
		{"id": "installed", "title": "Installed", "good": true}, {"id": "missing", "title": "Missing", "good": false},
	}}
	return object{"groups": []object{{"title": "Site", "switches": []object{site}}, {"title": "Odoo", "switches": []object{base}}}}
}

// as is the address of the page for a person in a channel.
func (w *world) as(user, place string) string { return w.server.URL + "/#/" + user + "/" + place }

// post lets the bot say something.
func (w *world) post(channel string, options ...slack.MsgOption) string {
	w.t.Helper()
	_, ts, err := w.api.PostMessage(channel, options...)
	if refused := (slack.SlackErrorResponse{}); errors.As(err, &refused) {
		w.t.Fatal(err, refused.ResponseMetadata.Messages)
	} else if err != nil {
		w.t.Fatal(err)
	}
	return ts
}

// envelope is what an app gets through its socket.
type envelope struct {
	ID      string `json:"envelope_id"`
	Type    string
	Payload json.RawMessage
}

// connect is a small app: it acknowledges each envelope with what answer says, and hands it on.
func (w *world) connect(answer func(envelope) any) <-chan envelope {
	w.t.Helper()
	_, address, err := w.api.StartSocketModeContext(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	taken := make(chan envelope, 16)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var e envelope
			if conn.ReadJSON(&e) != nil {
				return
			}
			if e.ID == "" {
				continue
			}
			ack := object{"envelope_id": e.ID}
			if payload := answer(e); payload != nil {
				ack["payload"] = payload
			}
			if conn.WriteJSON(ack) != nil {
				return
			}
			taken <- e
		}
	}()
	w.t.Cleanup(func() { conn.Close(); <-done })
	return taken
}

// take waits for the next envelope of a type and answers its payload.
func (w *world) take(envelopes <-chan envelope, kind string) object {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		select {
		case e := <-envelopes:
			if e.Type == kind {
				return w.payload(e)
			}
		case <-ctx.Done():
			w.t.Fatalf("the app got no envelope of the type %s", kind)
		}
	}
}

func (w *world) payload(e envelope) object {
	w.t.Helper()
	var payload object
	if err := json.Unmarshal(e.Payload, &payload); err != nil {
		w.t.Fatal(err)
	}
	return payload
}

func mrkdwn(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

func plain(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

func lines(text ...string) string { return strings.Join(text, "\n") }
