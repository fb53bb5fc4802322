package workspace

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// writable is the channel that an argument names, for a method that writes to it. A user's ID means the conversation with that person.
func (w *Workspace) writable(id string) (*channel, error) {
	c, err := w.visible(id)
	if err != nil {
		return nil, err
	}
	if c.Archived {
		return nil, apiError{code: "is_archived"}
	}
	if !c.has(botUser) {
		return nil, apiError{code: "not_in_channel"}
	}
	return c, nil
}

// visible is the channel that an argument names.
func (w *Workspace) visible(id string) (*channel, error) {
	if user, ok := w.people.user(id); ok && !user.IsBot {
		return w.direct(id), nil
	}
	if c, ok := w.channels[id]; ok {
		return c, nil
	}
	for _, c := range w.channels {
		if !c.IsIM && id == "#"+c.Name {
			return c, nil
		}
	}
	return nil, apiError{code: "channel_not_found"}
}

// threadOf is the ts of a thread's root, given that of the root or of a reply.
func threadOf(c *channel, ts string) (string, error) {
	if ts == "" {
		return "", nil
	}
	root, ok := c.byTS[ts]
	if !ok {
		return "", apiError{code: "thread_not_found"}
	}
	if root.isReply() {
		return root.ThreadTS, nil
	}
	return ts, nil
}

func (w *Workspace) chatPostMessage(c *call) (object, error) {
	place, err := w.writable(c.text("channel"))
	if err != nil {
		return nil, err
	}
	if place.closed(botUser) && c.text("thread_ts") == "" {
		return nil, apiError{code: "restricted_action"}
	}
	content, err := compose(c.args)
	if err != nil {
		return nil, err
	}
	thread, err := threadOf(place, c.text("thread_ts"))
	if err != nil {
		return nil, err
	}
	m := w.botMessage(content)
	m.ThreadTS = thread
	w.post(place, m)
	return object{"channel": place.ID, "ts": m.TS, "message": w.wire(m)}, nil
}

// botMessage is a message of the app that isn't posted yet.
func (w *Workspace) botMessage(content composed) *Message {
	return &Message{User: botUser, IsBot: true, Text: content.text, Blocks: content.blocks, Metadata: content.metadata}
}

func (w *Workspace) chatPostEphemeral(c *call) (object, error) {
	place, err := w.writable(c.text("channel"))
	if err != nil {
		return nil, err
	}
	user, ok := w.people.user(c.text("user"))
	if !ok {
		return nil, apiError{code: "user_not_found"}
	}
	if !place.has(user.ID) {
		return nil, apiError{code: "user_not_in_channel"}
	}
	content, err := compose(c.args)
	if err != nil {
		return nil, err
	}
	m := w.botMessage(content)
	m.Channel, m.ThreadTS = place.ID, c.text("thread_ts")
	w.postEphemeral(user.ID, m)
	return object{"message_ts": m.TS}, nil
}

// ownMessage is a message of the app, which it may change and delete; code is the error for anyone else's.
func (w *Workspace) ownMessage(c *call, code string) (*channel, *Message, error) {
	place, ok := w.channels[c.text("channel")]
	if !ok {
		return nil, nil, apiError{code: "channel_not_found"}
	}
	if place.Archived {
		return nil, nil, apiError{code: "is_archived"}
	}
	m, ok := place.byTS[c.text("ts")]
	if !ok {
		return nil, nil, apiError{code: "message_not_found"}
	}
	if m.User != botUser {
		return nil, nil, apiError{code: code}
	}
	return place, m, nil
}

// chatUpdate changes a message of the app. Text without blocks removes the blocks; blocks without text keep the text
// (docs.slack.dev/reference/methods/chat.update).
func (w *Workspace) chatUpdate(c *call) (object, error) {
	place, m, err := w.ownMessage(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	content, err := compose(c.args)
	if err != nil {
		return nil, err
	}
	if len(content.text) > maxUpdateText {
		return nil, apiError{code: "msg_too_long"}
	}
	w.rewrite(place, m, content)
	return object{"channel": place.ID, "ts": m.TS, "text": m.Text, "message": w.wire(m)}, nil
}

// rewrite gives a message new content. Only a change without blocks shows as edited.
func (w *Workspace) rewrite(place *channel, m *Message, content composed) {
	if content.text != "" {
		m.Text = content.text
	}
	if content.blocks == nil {
		m.Edited = w.stamp()
	}
	m.Blocks = content.blocks
	if content.metadata != nil {
		m.Metadata = content.metadata
	}
	w.publishMessage(place, m)
}

func (w *Workspace) chatDelete(c *call) (object, error) {
	place, m, err := w.ownMessage(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	w.deleteMessage(place, m)
	return object{"channel": place.ID, "ts": m.TS}, nil
}

func (w *Workspace) chatGetPermalink(c *call) (object, error) {
	place, err := w.visible(c.text("channel"))
	if err != nil {
		return nil, err
	}
	m, ok := place.byTS[c.text("message_ts")]
	if !ok {
		return nil, apiError{code: "message_not_found"}
	}
	link := fmt.Sprintf("%s/archives/%s/p%s", w.base(), place.ID, strings.Replace(m.TS, ".", "", 1))
	if m.isReply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + place.ID
	}
	return object{"channel": place.ID, "permalink": link}, nil
}

// servePermalink redirects a browser to the page, with the message in the query.
func (w *Workspace) servePermalink(rw http.ResponseWriter, r *http.Request) {
	digits := strings.TrimPrefix(r.PathValue("ts"), "p")
	if len(digits) < 7 {
		http.NotFound(rw, r)
		return
	}
	ts := digits[:len(digits)-6] + "." + digits[len(digits)-6:]
	http.Redirect(rw, r, "/?channel="+r.PathValue("channel")+"&ts="+ts, http.StatusFound)
}

// reactionTarget is the message of a reaction, and the reaction's name.
func (w *Workspace) reactionTarget(c *call) (*channel, *Message, string, error) {
	place, err := w.writable(c.text("channel"))
	if err != nil {
		return nil, nil, "", err
	}
	m, ok := place.byTS[c.text("timestamp")]
	if !ok {
		return nil, nil, "", apiError{code: "message_not_found"}
	}
	name := strings.Trim(c.text("name"), ":")
	if name == "" {
		return nil, nil, "", apiError{code: "invalid_name"}
	}
	return place, m, name, nil
}

func (w *Workspace) reactionsAdd(c *call) (object, error) {
	place, m, name, err := w.reactionTarget(c)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(m.Reactions, func(r Reaction) bool { return r.Name == name }) {
		return nil, apiError{code: "already_reacted"} // only the app reacts here
	}
	m.Reactions = append(slices.Clone(m.Reactions), Reaction{Name: name, Users: []string{botUser}, Count: 1})
	w.publishMessage(place, m)
	return nil, nil
}

func (w *Workspace) reactionsRemove(c *call) (object, error) {
	place, m, name, err := w.reactionTarget(c)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Name == name })
	if i < 0 {
		return nil, apiError{code: "no_reaction"}
	}
	m.Reactions = slices.Delete(slices.Clone(m.Reactions), i, i+1)
	w.publishMessage(place, m)
	return nil, nil
}
