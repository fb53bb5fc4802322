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
	Shared   string   `json:"shared_with,omitempty"` // the other workspace of a Slack Connect channel
}

// channel is a Channel and what was said in it, oldest first.
type channel struct {
	Channel
	messages []*Message
	byTS     map[string]*Message
}

func newChannel(c Channel) *channel { return &channel{Channel: c, byTS: map[string]*Message{}} }

func (c *channel) has(user string) bool { return slices.Contains(c.Members, user) }

// person is the human of a direct conversation.
func (c *channel) person() string { return c.Members[0] }

func (c *channel) add(m *Message) {
	c.messages = append(c.messages, m)
	c.byTS[m.TS] = m
}

func (c *channel) remove(m *Message) {
	delete(c.byTS, m.TS)
	c.messages = slices.DeleteFunc(c.messages, func(other *Message) bool { return other == m })
}

// thread is a root message and its replies, oldest first.
func (c *channel) thread(ts string) []*Message {
	var thread []*Message
	for _, m := range c.messages {
		if m.TS == ts || m.ThreadTS == ts {
			thread = append(thread, m)
		}
	}
	return thread
}

// A Message is what stands in a channel, or what one person sees of an app (Ephemeral).
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
	// Response is the command or the press that an ephemeral message answers, as a person would name it.
	Response  string          `json:"response,omitempty"`
	Files     []File          `json:"files,omitempty"`
	Reactions []Reaction      `json:"reactions,omitempty"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
}

// A Reaction is an emoji under a message and who put it there.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// clone is a copy that shares nothing which changes.
func (m *Message) clone() Message {
	c := *m
	c.Files = slices.Clone(m.Files)
	c.Reactions = slices.Clone(m.Reactions)
	return c
}

// isReply reports whether a message stands in a thread, below its root.
func (m *Message) isReply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// stamp is a new message's ts: Slack's seconds.micros, never the same twice.
func (w *Workspace) stamp() string {
	w.lastTS = max(w.lastTS+1, w.now().UnixMicro())
	return fmt.Sprintf("%d.%06d", w.lastTS/1e6, w.lastTS%1e6)
}

// post puts a message into its channel and tells everyone who looks.
func (w *Workspace) post(c *channel, m *Message) {
	m.Channel, m.TS = c.ID, w.stamp()
	m.Username = w.nameOf(m.User)
	c.add(m)
	if root := c.byTS[m.ThreadTS]; root != nil && m.isReply() {
		root.ThreadTS = root.TS
		root.Replies++
		root.LastReply = m.TS
		w.tellMessage(c, root)
	}
	w.tellMessage(c, m)
}

// tellMessage tells everyone who sees a message that it is new or not what it was.
func (w *Workspace) tellMessage(c *channel, m *Message) {
	w.tell(c.audience(), "message", object{"message": m.clone()})
	w.changed()
}

// audience is the one person who sees a direct conversation, or "" for everyone.
func (c *channel) audience() string {
	if c.IsIM {
		return c.person()
	}
	return ""
}

// takeAway deletes a message. A root with replies leaves its thread behind, without a root, as in Slack.
func (w *Workspace) takeAway(c *channel, m *Message) {
	c.remove(m)
	if root := c.byTS[m.ThreadTS]; root != nil && m.isReply() {
		root.Replies--
		w.tellMessage(c, root)
	}
	w.tell(c.audience(), "message_deleted", object{"channel": c.ID, "ts": m.TS})
	w.changed()
}

// whisper shows a message to one person only.
func (w *Workspace) whisper(user string, m *Message) {
	m.TS, m.Ephemeral, m.Username = w.stamp(), true, w.nameOf(m.User)
	w.ephemerals[user] = append(w.ephemerals[user], m)
	w.tell(user, "ephemeral", object{"message": m.clone()})
}

// unwhisper takes an ephemeral message away again.
func (w *Workspace) unwhisper(user string, m *Message) {
	w.ephemerals[user] = slices.DeleteFunc(w.ephemerals[user], func(other *Message) bool { return other == m })
	w.tell(user, "ephemeral_deleted", object{"channel": m.Channel, "ts": m.TS})
}

// notice is a line that one person sees and nobody can answer, like Slackbot's own.
func (w *Workspace) notice(user, level, text string) {
	w.notices[user] = append(w.notices[user], text)
	w.tell(user, "notice", object{"text": text, "level": level})
}

func (w *Workspace) nameOf(user string) string {
	u, _ := w.people.user(user)
	return u.Name
}

// direct is the conversation between the app and a person, opened if need be.
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
