package workspace

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// errThread is Slack's error for a command that is typed in a thread.
var errThread = errors.New("slash commands are not supported in threads; send it in the channel instead")

// Say posts a person's message in a channel or a thread. A text that begins with a slash is a command. A mention of the app
// sends it app_mention, if it is a member of the channel.
func (w *Workspace) Say(user, channelID, threadTS, text string) error {
	_, err := w.SayTS(user, channelID, threadTS, text)
	return err
}

// SayTS is like Say, and returns the new message's ts; a command has none.
func (w *Workspace) SayTS(user, channelID, threadTS, text string) (string, error) {
	if strings.HasPrefix(text, "/") {
		if threadTS != "" {
			return "", errThread
		}
		command, rest, _ := strings.Cut(text, " ")
		_, err := w.Slash(user, channelID, command, rest)
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c, err := w.whoWhere(user, channelID)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(text) == "" {
		return "", errors.New("the message is empty; write some text")
	}
	if root, ok := c.byTS[threadTS]; threadTS != "" && (!ok || root.isReply()) {
		return "", unknown("thread", threadTS)
	}
	m := &Message{User: u.ID, ThreadTS: threadTS, Text: w.formatted(text, false)}
	w.post(c, m)
	w.sendMessageEvents(u, c, m)
	return m.TS, nil
}

// Edit changes a person's own message. A mention in it sends the app another app_mention with the same ts.
func (w *Workspace) Edit(user, channelID, ts, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c, err := w.whoWhere(user, channelID)
	if err != nil {
		return err
	}
	m, ok := c.byTS[ts]
	if !ok || m.User != u.ID {
		return unknown("message", ts)
	}
	m.Text, m.Edited = w.formatted(text, false), w.stamp()
	w.publishMessage(c, m)
	w.sendMessageEvents(u, c, m)
	return nil
}

// Share shares a channel with another workspace through Slack Connect. The visitors are its members in the channel.
func (w *Workspace) Share(channelID, team string, visitors ...User) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.channels[channelID]
	if !ok {
		return unknown("channel", channelID)
	}
	c.Shared = team
	for _, visitor := range visitors {
		visitor.Team = team
		w.people.users = append(w.people.users, visitor)
		c.Members = append(c.Members, visitor.ID)
	}
	return nil
}

// whoWhere finds the acting person and the channel.
func (w *Workspace) whoWhere(user, channelID string) (User, *channel, error) {
	u, err := w.people.person(user)
	if err != nil {
		return User{}, nil, err
	}
	c, ok := w.channels[channelID]
	if !ok && channelID == "D"+strings.TrimPrefix(user, "U") {
		c, ok = w.direct(user), true
	}
	switch {
	case !ok:
		return User{}, nil, unknown("channel", channelID)
	case !c.has(u.ID):
		return User{}, nil, fmt.Errorf("%s is not a member of %s", u.RealName, c.Name)
	case c.Archived:
		return User{}, nil, fmt.Errorf("#%s is archived", c.Name)
	}
	return u, c, nil
}

// sendMessageEvents sends the app the events of a message that it has subscribed to.
func (w *Workspace) sendMessageEvents(u User, c *channel, m *Message) {
	event := object{
		"user": u.ID, "ts": m.TS, "text": m.Text, "channel": c.ID, "event_ts": m.TS, "team": u.team(),
		"client_msg_id": uuid(), "blocks": []any{richText(m.Text)},
	}
	if m.ThreadTS != "" {
		event["thread_ts"] = m.ThreadTS
	}
	if c.Shared != "" {
		event["user_team"], event["source_team"] = u.team(), u.team()
	}
	if m.Edited != "" {
		event["edited"], event["event_ts"] = object{"user": u.ID, "ts": m.Edited}, m.Edited
	}
	mentioned := strings.Contains(m.Text, "<@"+botUser+">")
	switch {
	case c.IsIM:
		w.sendEvent("message.im", event, object{"type": "message", "channel_type": "im"})
		return
	case !c.has(botUser):
		if mentioned {
			w.notice(u.ID, "info", fmt.Sprintf("@%s isn't in #%s, so it isn't notified. Add it to the channel first.", appName, c.Name))
		}
		return
	}
	if mentioned {
		w.sendEvent("app_mention", event, object{"type": "app_mention"})
	}
	w.sendEvent("message.channels", event, object{"type": "message", "channel_type": "channel"})
}

// sendEvent delivers an event if the app has subscribed to it under a name; more has fields that are specific to the type.
func (w *Workspace) sendEvent(name string, event, more object) *Delivery {
	if !slices.Contains(w.opts.Events, name) {
		return nil
	}
	whole := object{}
	for _, part := range []object{event, more} {
		for field, value := range part {
			whole[field] = value
		}
	}
	return w.deliver(kindEvent, w.eventPayload(whole), false, nil)
}

// richText is the block that Slack's composer creates for a line of text.
func richText(text string) object {
	return object{"type": "rich_text", "block_id": strings.ToLower(token()[:5]), "elements": []any{
		object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": text}}},
	}}
}

// Slash sends a person's command, with the text as they typed it. For the app's own commands mentions are turned into IDs,
// because its manifest sets should_escape.
func (w *Workspace) Slash(user, channelID, command, text string) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c, err := w.whoWhere(user, channelID)
	if err != nil {
		return nil, err
	}
	if len(command) < 2 || strings.ContainsAny(command[1:], "/ ") {
		return nil, fmt.Errorf("%q is not a command", command)
	}
	if slices.ContainsFunc(practiceCommands, func(known Command) bool { return known.Command == command }) {
		text = w.formatted(text, true)
	}
	payload := w.slashPayload(u, c, command, strings.TrimSpace(text))
	return w.deliver(kindSlash, payload, true, func(o *Outcome) { w.settleSlash(u, c, command, o) }), nil
}

// settleSlash shows the response in the acknowledgement, or Slack's error for a command that failed.
func (w *Workspace) settleSlash(u User, c *channel, command string, o *Outcome) {
	if !o.Acked {
		w.notice(u.ID, "error", fmt.Sprintf("%s failed with the error %q", command, o.Error))
		return
	}
	if len(o.Payload) == 0 {
		return
	}
	answer, ok := parseObject(o.Payload)
	content, err := compose(args(answer))
	if !ok || err != nil {
		w.notice(u.ID, "error", fmt.Sprintf("%s failed with the error %q", command, "invalid_command_response"))
		return
	}
	w.respond(hook{user: u.ID, channel: c, response: command}, content, "", str(answer, "response_type"))
}

// typed matches what Slack's composer turns into references: @name, #channel and URLs, and references that were typed in full.
var typed = regexp.MustCompile(`<[@#!][^>]+>|@[a-z0-9._-]+|#[a-z0-9_-]+|https?://[^\s<>]+`)

// formatted is a typed text in the form in which Slack sends it: references in angle brackets, and & < > escaped
// (docs.slack.dev/messaging/formatting-message-text). In a command, references also have their names.
func (w *Workspace) formatted(text string, named bool) string {
	var out strings.Builder
	at := 0
	for _, span := range typed.FindAllStringIndex(text, -1) {
		out.WriteString(escape(text[at:span[0]]))
		out.WriteString(w.reference(text[span[0]:span[1]], named))
		at = span[1]
	}
	out.WriteString(escape(text[at:]))
	return out.String()
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace

func (w *Workspace) reference(word string, named bool) string {
	name := func(n string) string {
		if named {
			return "|" + n
		}
		return ""
	}
	switch word[0] {
	case '<':
		return word
	case '@':
		if u, ok := w.people.byName(word[1:]); ok {
			return "<@" + u.ID + name(u.Name) + ">"
		}
		for _, g := range w.people.groups {
			if g.Handle == word[1:] {
				return "<!subteam^" + g.ID + name("@"+g.Handle) + ">"
			}
		}
	case '#':
		for _, c := range w.channels {
			if !c.IsIM && c.Name == word[1:] {
				return "<#" + c.ID + "|" + c.Name + ">"
			}
		}
	case 'h':
		return "<" + escape(word) + ">"
	}
	return escape(word)
}
