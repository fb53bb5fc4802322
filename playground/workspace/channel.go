package workspace

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Channel is a public channel or a direct conversation between the app and one person.
type Channel struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Topic    string   `json:"topic"`
	Members  []string `json:"members"`
	IsIM     bool     `json:"is_im,omitempty"`
	Archived bool     `json:"is_archived,omitempty"`
	Posting  []string `json:"posting_restricted_to,omitempty"` // only administrators and these may post; empty: everybody
	Shared   string   `json:"shared_with,omitempty"`           // the other workspace of a Slack Connect channel
}

// channel is a Channel and its messages, the oldest first.
type channel struct {
	Channel
	messages []*Message
	byTS     map[string]*Message
}

func newChannel(c Channel) *channel { return &channel{Channel: c, byTS: map[string]*Message{}} }

func (c *channel) has(user string) bool { return slices.Contains(c.Members, user) }

// closed reports whether a user may not post, except in threads.
func (c *channel) closed(user string) bool {
	return len(c.Posting) > 0 && !slices.Contains(c.Posting, user)
}

// person is the other member of a direct conversation with the app.
func (c *channel) person() string { return c.Members[0] }

func (c *channel) add(m *Message) {
	c.messages = append(c.messages, m)
	c.byTS[m.TS] = m
}

func (c *channel) remove(m *Message) {
	delete(c.byTS, m.TS)
	c.messages = slices.DeleteFunc(c.messages, func(other *Message) bool { return other == m })
}

// thread is a root message and its replies, the oldest first.
func (c *channel) thread(ts string) []*Message {
	var thread []*Message
	for _, m := range c.messages {
		if m.TS == ts || m.ThreadTS == ts {
			thread = append(thread, m)
		}
	}
	return thread
}

// A Message is a message in a channel, or an ephemeral one that only one person sees.
type Message struct {
	Channel   string          `json:"channel"`
	TS        string          `json:"ts"`
	ThreadTS  string          `json:"thread_ts,omitempty"`
	User      string          `json:"user"`
	Username  string          `json:"username"`
	IsBot     bool            `json:"is_bot"`
	Text      string          `json:"text"`
	Blocks    json.RawMessage `json:"blocks,omitempty"`
	Edited    string          `json:"edited,omitempty"` // ts of the last change of text
	Replies   int             `json:"reply_count,omitempty"`
	LastReply string          `json:"latest_reply,omitempty"`
	Ephemeral bool            `json:"ephemeral"`
	// Response is the command or the button to which an ephemeral message is the response, in words for people.
	Response  string          `json:"response,omitempty"`
	Files     []File          `json:"files,omitempty"`
	Reactions []Reaction      `json:"reactions,omitempty"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
}

// A Reaction is an emoji under a message and the users who added it.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// clone is a copy that later changes of the message don't affect.
func (m *Message) clone() Message {
	c := *m
	c.Files = slices.Clone(m.Files)
	c.Reactions = slices.Clone(m.Reactions)
	return c
}

// isReply reports whether a message is a reply in a thread.
func (m *Message) isReply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// stamp is a new, unique ts: seconds.micros, as in Slack.
func (w *Workspace) stamp() string {
	w.lastTS = max(w.lastTS+1, w.now().UnixMicro())
	return fmt.Sprintf("%d.%06d", w.lastTS/1e6, w.lastTS%1e6)
}

// post adds a message to its channel and publishes it.
func (w *Workspace) post(c *channel, m *Message) {
	m.Channel, m.TS = c.ID, w.stamp()
	m.Username = w.nameOf(m.User)
	c.add(m)
	if root := c.byTS[m.ThreadTS]; root != nil && m.isReply() {
		root.ThreadTS = root.TS
		root.Replies++
		root.LastReply = m.TS
		w.publishMessage(c, root)
	}
	w.publishMessage(c, m)
}

// publishMessage publishes a new or changed message to everyone who sees it.
func (w *Workspace) publishMessage(c *channel, m *Message) {
	w.publish(c.audience(), "message", object{"message": m.clone()})
	w.changed()
}

// audience is the only person who sees a direct conversation, or "" for everyone.
func (c *channel) audience() string {
	if c.IsIM {
		return c.person()
	}
	return ""
}

// deleteMessage deletes a message. If it is a root, its replies stay, as in Slack.
func (w *Workspace) deleteMessage(c *channel, m *Message) {
	c.remove(m)
	if root := c.byTS[m.ThreadTS]; root != nil && m.isReply() {
		root.Replies--
		w.publishMessage(c, root)
	}
	w.publish(c.audience(), "message_deleted", object{"channel": c.ID, "ts": m.TS})
	w.changed()
}

// postEphemeral posts a message that only one person sees.
func (w *Workspace) postEphemeral(user string, m *Message) {
	m.TS, m.Ephemeral, m.Username = w.stamp(), true, w.nameOf(m.User)
	w.ephemerals[user] = append(w.ephemerals[user], m)
	w.publish(user, "ephemeral", object{"message": m.clone()})
}

// deleteEphemeral deletes an ephemeral message.
func (w *Workspace) deleteEphemeral(user string, m *Message) {
	w.ephemerals[user] = slices.DeleteFunc(w.ephemerals[user], func(other *Message) bool { return other == m })
	w.publish(user, "ephemeral_deleted", object{"channel": m.Channel, "ts": m.TS})
}

// notice shows one person a line from Slack itself.
func (w *Workspace) notice(user, level, text string) {
	w.notices[user] = append(w.notices[user], text)
	w.publish(user, "notice", object{"text": text, "level": level})
}

func (w *Workspace) nameOf(user string) string {
	u, _ := w.people.user(user)
	return u.Name
}

// direct is the conversation between the app and a person. It is created if there is none.
func (w *Workspace) direct(user string) *channel {
	id := "D" + strings.TrimPrefix(user, "U")
	if c, ok := w.channels[id]; ok {
		return c
	}
	c := newChannel(Channel{ID: id, Name: user, Members: []string{user, botUser}, IsIM: true})
	w.channels[id] = c
	w.changed()
	return c
}

// listed are all channels in a fixed order.
func (w *Workspace) listed() []*channel {
	var all []*channel
	for _, c := range w.channels {
		all = append(all, c)
	}
	rank := map[string]int{"C0RELEASES": -3, "C0ONCALL": -2, "C0GENERAL": -1}
	slices.SortFunc(all, func(a, b *channel) int {
		return cmp.Or(cmp.Compare(rank[a.ID], rank[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	return all
}
