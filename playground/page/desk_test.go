package page_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/playground/page"
)

// desk serves the page over a workspace that says what the test tells it to and remembers what the page asks. It is for
// what a strict workspace never does: breaking off, and showing blocks that no app may send.
type desk struct {
	t      *testing.T
	server *httptest.Server
	posts  chan post

	mu      sync.Mutex
	state   object
	seq     int
	events  []object
	more    chan struct{}        // closed and replaced when there are more events
	afters  []int                // where windows took up the events
	away    bool                 // nothing of the workspace answers
	answers map[string][2]object // by path: the answer, or as the second an error
}

// post is what the page sent.
type post struct {
	Path string
	Body object
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, posts: make(chan post, 32), more: make(chan struct{}), answers: map[string][2]object{}, seq: 100, state: object{
		"team":       object{"id": "T1", "name": "InsightPulse"},
		"users":      []object{{"id": "U1", "name": "ada", "real_name": "Ada Obi", "title": "Technical Lead"}, {"id": "U2", "name": "ben", "real_name": "Ben Ito", "title": "Deployer"}, {"id": "UBOT", "name": "gonogo", "is_bot": true}},
		"usergroups": []object{{"id": "S1", "handle": "on-call", "name": "On call", "users": []string{"U1"}}},
		"channels":   []object{{"id": "C1", "name": "releases", "topic": "What goes out", "members": []string{"U1", "U2", "UBOT"}}, {"id": "C2", "name": "general", "members": []string{"U1", "U2"}}, {"id": "C3", "name": "elsewhere", "members": []string{"U2"}}},
		"commands":   []object{{"command": "/ready", "description": "Is it safe to deploy?", "usage_hint": "[status | run]"}, {"command": "/rollback", "description": "Go back", "usage_hint": "[ENV]"}},
		"app":        object{"name": "gonogo", "connections": 2}, "messages": object{}, "ephemerals": []object{},
	}}
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	mux.HandleFunc("GET /_/state", d.serveState)
	mux.HandleFunc("GET /_/events", d.serveEvents)
	mux.HandleFunc("POST /_/", d.servePost)
	d.server = httptest.NewServer(mux)
	t.Cleanup(d.close)
	return d
}

// close ends the desk; what the page posted without the test expecting it fails the test.
func (d *desk) close() {
	d.server.CloseClientConnections()
	d.server.Close()
	for len(d.posts) > 0 {
		d.t.Errorf("the page also posted %v", <-d.posts)
	}
}

func (d *desk) as(user, place string) string { return d.server.URL + "/#/" + user + "/" + place }

func (d *desk) serveState(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if user := r.URL.Query().Get("user"); user != "" && user != "U1" && user != "U2" {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":"there is no such person"}`)
		return
	}
	state := maps.Clone(d.state)
	state["seq"] = d.seq
	json.NewEncoder(w).Encode(state)
}

func (d *desk) serveEvents(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.Atoi(r.URL.Query().Get("after"))
	d.mu.Lock()
	away := d.away
	d.afters = append(d.afters, after)
	d.mu.Unlock()
	if err != nil || away {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		d.mu.Lock()
		for _, e := range d.events {
			if seq := e["seq"].(int); seq > after {
				data, _ := json.Marshal(e) // of plain values
				fmt.Fprintf(w, "data: %s\n\n", data)
				after = seq
			}
		}
		more := d.more
		d.mu.Unlock()
		w.(http.Flusher).Flush()
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

func (d *desk) servePost(w http.ResponseWriter, r *http.Request) {
	var body object
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		d.t.Errorf("%s was sent %v", r.URL.Path, err)
	}
	d.mu.Lock()
	answer, away := d.answers[r.URL.Path], d.away
	d.mu.Unlock()
	if away {
		panic(http.ErrAbortHandler)
	}
	if r.URL.Path != "/_/panel" {
		d.posts <- post{strings.TrimPrefix(r.URL.Path, "/_/"), body}
	}
	if answer[1] != nil {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(answer[1])
		return
	}
	if answer[0] == nil {
		answer[0] = object{}
	}
	json.NewEncoder(w).Encode(answer[0])
}

// tell sends an event to all windows.
func (d *desk) tell(kind string, fields object) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seq++
	fields["kind"], fields["seq"] = kind, d.seq
	d.events = append(d.events, fields)
	close(d.more)
	d.more = make(chan struct{})
}

// say shows a message in #releases from now on; ts is a second of the day.
func (d *desk) say(ts int, user, text string, blocks ...object) {
	m := message(ts, user, text, blocks...)
	d.mu.Lock()
	list, _ := d.state["messages"].(object)["C1"].([]object)
	d.state["messages"] = object{"C1": append(slices.Clone(list), m)}
	d.mu.Unlock()
	d.tell("message", object{"message": m})
}

func message(ts int, user, text string, blocks ...object) object {
	m := object{"channel": "C1", "ts": stamp(ts), "user": user, "username": strings.ToLower(user), "is_bot": user == "UBOT", "text": text, "ephemeral": false}
	if len(blocks) > 0 {
		m["blocks"] = blocks
	}
	return m
}

func stamp(ts int) string { return fmt.Sprintf("%d.000000", 1_790_000_000+ts) }

// prepare changes the state, before a window loads it.
func (d *desk) prepare(field string, value any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state[field] = value
}

// reply says what a path answers; refuse says that it refuses.
func (d *desk) reply(path string, body object) { d.respond(path, [2]object{body, nil}) }
func (d *desk) refuse(path, sentence string)   { d.respond(path, [2]object{nil, {"error": sentence}}) }

func (d *desk) respond(path string, answer [2]object) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers[path] = answer
}

// got waits for the page's next post and compares it.
func (d *desk) got(path string, body object) {
	d.t.Helper()
	select {
	case p := <-d.posts:
		if diff := cmp.Diff(post{path, body}, p); diff != "" {
			d.t.Errorf("the page posted something else (-want +got):\n%s", diff)
		}
	case <-time.After(patience):
		d.t.Fatalf("the page posted nothing to %s", path)
	}
}
