package workspace

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// keepAlive is the time between comments on an idle event stream, so that proxies don't close it.
const keepAlive = 15 * time.Second

// pageRoutes adds the API of the page in the browser.
func (w *Workspace) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_/state", w.serveState)
	mux.HandleFunc("GET /_/events", w.serveEvents)
	mux.HandleFunc("GET /_/files/{id}", w.serveFile)
	for path, act := range map[string]func(*Workspace, *http.Request, pageCall) (any, error){
		"POST /_/say":         pageSay,
		"POST /_/press":       pagePress,
		"POST /_/view/submit": pageSubmit,
		"POST /_/view/close":  pageClose,
		"POST /_/home":        pageHome,
	} {
		mux.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
			answer, err := w.act(r, act)
			if err != nil {
				writeJSON(rw, http.StatusBadRequest, object{"error": err.Error()})
				return
			}
			writeJSON(rw, http.StatusOK, answer)
		})
	}
}

// pageCall is the body of all calls of the page.
type pageCall struct {
	User     string                               `json:"user"`
	Channel  string                               `json:"channel"`
	ThreadTS string                               `json:"thread_ts"`
	TS       string                               `json:"ts"`
	Text     string                               `json:"text"`
	ViewID   string                               `json:"view_id"`
	BlockID  string                               `json:"block_id"`
	ActionID string                               `json:"action_id"`
	Values   map[string]map[string]map[string]any `json:"values"`
	chosen   map[string]any                       // all fields, for chosenValues
}

// act reads a call of the page and executes it. It rejects calls from other sites, by a header that browsers send.
func (w *Workspace) act(r *http.Request, do func(*Workspace, *http.Request, pageCall) (any, error)) (any, error) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return nil, errors.New("only the workspace's own page may do this")
	}
	var c pageCall
	var raw json.RawMessage
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody)).Decode(&raw); err != nil {
		return nil, fmt.Errorf("this call is no JSON: %w", err)
	}
	if err := errors.Join(json.Unmarshal(raw, &c), json.Unmarshal(raw, &c.chosen)); err != nil {
		return nil, fmt.Errorf("this call cannot be read: %w", err)
	}
	return do(w, r, c)
}

func pageSay(w *Workspace, _ *http.Request, c pageCall) (any, error) {
	ts, err := w.SayTS(c.User, c.Channel, c.ThreadTS, c.Text)
	return object{"ts": ts}, err
}

func pagePress(w *Workspace, r *http.Request, c pageCall) (any, error) {
	values := chosenValues(c.chosen)
	var d *Delivery
	var err error
	if c.ViewID != "" {
		d, err = w.PressView(c.User, c.ViewID, c.BlockID, c.ActionID, values...)
	} else {
		d, err = w.PressIn(c.User, c.Channel, c.TS, c.BlockID, c.ActionID, values...)
	}
	return awaited(r, d, err)
}

func pageSubmit(w *Workspace, r *http.Request, c pageCall) (any, error) {
	values := Values{}
	for blockID, actions := range c.Values {
		values[blockID] = map[string][]string{}
		for actionID, entered := range actions {
			values[blockID][actionID] = chosenValues(entered)
		}
	}
	d, err := w.SubmitView(c.User, c.ViewID, values)
	return awaited(r, d, err)
}

func pageClose(w *Workspace, _ *http.Request, c pageCall) (any, error) {
	_, err := w.CloseView(c.User, c.ViewID)
	return object{}, err
}

func pageHome(w *Workspace, _ *http.Request, c pageCall) (any, error) {
	_, err := w.OpenHome(c.User)
	return object{}, err
}

// awaited waits for the app's acknowledgement. Only the errors of a form are in the response; everything else has been
// published as an event by then.
func awaited(r *http.Request, d *Delivery, err error) (any, error) {
	if err != nil || d == nil {
		return object{}, err
	}
	outcome, err := d.Wait(r.Context())
	if err != nil {
		return nil, err
	}
	if len(outcome.Errors) > 0 {
		return object{"errors": outcome.Errors}, nil
	}
	return object{}, nil
}

// chosenFields are the fields of a call of the page with chosen values, named as in the state of an input.
var chosenFields = []string{
	"value", "selected_option", "selected_options", "selected_date", "selected_time", "selected_date_time", "selected_user",
	"selected_users", "selected_conversation", "selected_conversations", "selected_channel", "selected_channels", "rich_text_value",
}

// chosenValues are the values chosen in an element; options are given as objects or as their values.
func chosenValues(state map[string]any) []string {
	var values []string
	for _, field := range chosenFields {
		list, isList := state[field].([]any)
		if !isList {
			list = []any{state[field]}
		}
		for _, item := range list {
			if v, ok := chosenValue(field, item); ok {
				values = append(values, v)
			}
		}
	}
	return values
}

func chosenValue(field string, item any) (string, bool) {
	switch v := item.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case object:
		if field == "rich_text_value" {
			data, err := json.Marshal(v)
			return string(data), err == nil
		}
		return str(v, "value"), true
	default:
		return "", false
	}
}

// serveState sends a window all that its person sees. It takes the lock.
func (w *Workspace) serveState(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	u, err := w.people.person(cmp.Or(r.URL.Query().Get("user"), w.people.users[0].ID))
	var state object
	if err == nil {
		state = w.stateFor(u)
	}
	w.mu.Unlock()
	if err != nil {
		writeJSON(rw, http.StatusNotFound, object{"error": err.Error()})
		return
	}
	writeJSON(rw, http.StatusOK, state)
}

func (w *Workspace) stateFor(u User) object {
	w.direct(u.ID)
	channels, messages := []Channel{}, object{}
	for _, c := range w.listed() {
		if c.IsIM && c.person() != u.ID {
			continue
		}
		told := c.Channel
		if c.IsIM {
			told.Name = appName
		}
		channels = append(channels, told)
		messages[c.ID] = append([]Message{}, clones(c.messages)...)
	}
	groups := []Group{}
	for _, g := range w.people.groups {
		groups = append(groups, *g)
	}
	return object{
		"team": object{"id": teamID, "name": teamName}, "users": w.people.users, "usergroups": groups,
		"channels": channels, "commands": practiceCommands, "app": object{"id": appID, "name": appName, "user": botUser, "connections": w.openSockets()},
		"messages": messages, "ephemerals": append([]Message{}, clones(w.ephemerals[u.ID])...),
		"view": wireOrNil(w.top(u.ID)), "home": wireOrNil(w.homes[u.ID]), "seq": w.feed.last,
	}
}

func wireOrNil(v *view) any {
	if v == nil {
		return nil
	}
	return v.wire()
}

// serveEvents sends a window the events after a number, and then each new one (WHATWG's Server-Sent Events). It takes
// the lock now and then.
func (w *Workspace) serveEvents(rw http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	after, err := strconv.ParseInt(lastSeen(r), 10, 64)
	if err != nil {
		after = -1 // no longer stored, so that the window loads the state
	}
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	quiet := time.NewTicker(keepAlive)
	defer quiet.Stop()
	for {
		var more <-chan struct{}
		if after, more = w.sendEvents(rw, user, after); http.NewResponseController(rw).Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-quiet.C:
			fmt.Fprint(rw, ": still here\n\n")
		case <-r.Context().Done():
			return
		case <-w.closing:
			return
		}
	}
}

// sendEvents writes the events after a number, or a reset if they are no longer stored. It returns the number of the last
// event, and a channel that is closed at the next change. It takes the lock.
func (w *Workspace) sendEvents(rw http.ResponseWriter, user string, after int64) (int64, <-chan struct{}) {
	w.mu.Lock()
	events, last, ok := w.feed.since(after, user)
	more := w.feed.more
	w.mu.Unlock()
	if !ok {
		fmt.Fprintf(rw, "id: %d\ndata: {\"kind\":\"reset\",\"seq\":%d}\n\n", last, last)
	}
	for _, e := range events {
		fmt.Fprintf(rw, "id: %d\ndata: %s\n\n", e.seq, e.data)
	}
	return last, more
}

// lastSeen is the number of the last event that a window has: from the header of a browser that reconnects, or else from the query.
func lastSeen(r *http.Request) string {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		return id
	}
	return r.URL.Query().Get("after")
}
