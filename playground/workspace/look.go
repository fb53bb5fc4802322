package workspace

import (
	"bytes"
	"slices"
	"strings"
)

// Messages are copies of a channel's messages, including replies, the oldest first.
func (w *Workspace) Messages(channelID string) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[channelID]
	if !ok {
		return nil
	}
	return clones(c.messages)
}

// Thread are copies of a root message and its replies, the oldest first.
func (w *Workspace) Thread(channelID, ts string) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[channelID]
	if !ok {
		return nil
	}
	return clones(c.thread(ts))
}

// Ephemerals are copies of the ephemeral messages to a person, the oldest first.
func (w *Workspace) Ephemerals(user string) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return clones(w.ephemerals[user])
}

// Shows reports whether a message in a channel, or in a thread there, has a text in what it says or in its blocks.
func (w *Workspace) Shows(channelID, text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[channelID]
	return ok && anyHas(c.messages, text)
}

// Told reports whether an ephemeral message to a person has a text in it.
func (w *Workspace) Told(user, text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return anyHas(w.ephemerals[user], text)
}

func anyHas(messages []*Message, text string) bool {
	return slices.ContainsFunc(messages, func(m *Message) bool {
		return strings.Contains(m.Text, text) || bytes.Contains(m.Blocks, []byte(text))
	})
}

func clones(messages []*Message) []Message {
	var copies []Message
	for _, m := range messages {
		copies = append(copies, m.clone())
	}
	return copies
}

// DirectMessages are copies of the messages between the app and a person.
func (w *Workspace) DirectMessages(user string) []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return clones(w.direct(user).messages)
}

// A View is a copy of a modal or a Home tab, in the form in which Slack sends it to apps.
type View struct {
	ID         string
	CallbackID string
	Body       map[string]any
}

func (v *view) snapshot() View {
	return View{ID: v.ID, CallbackID: str(v.Body, "callback_id"), Body: v.wire()}
}

// Views are a person's open modals, the top one last.
func (w *Workspace) Views(user string) []View {
	w.mu.Lock()
	defer w.mu.Unlock()
	var views []View
	for _, v := range w.modals[user] {
		views = append(views, v.snapshot())
	}
	return views
}

// Home is a person's Home tab, if the app has published one.
func (w *Workspace) Home(user string) (View, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.homes[user]
	if !ok {
		return View{}, false
	}
	return v.snapshot(), true
}

// Notices are the texts that Slack itself has shown to a person, the oldest first.
func (w *Workspace) Notices(user string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.notices[user])
}

// Sockets counts the app's open connections.
func (w *Workspace) Sockets() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.openSockets()
}

// Greeted counts the connections that the app has opened since the start, including
// closed ones.
func (w *Workspace) Greeted() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.greeted
}

// Waiting counts the unacknowledged envelopes.
func (w *Workspace) Waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting)
}

// Calls counts the calls of a Web API method since the start, including refused ones.
func (w *Workspace) Calls(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[method]
}

// Users are the members, in order.
func (w *Workspace) Users() []User {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.people.users)
}
