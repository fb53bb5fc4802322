package chat

import (
	"cmp"
	"strings"

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/render"
	"gonogo/bot/chat/socket"
	"gonogo/commands"
	"gonogo/commands/reply"
)

// act is one thing that a person did, and the ways to answer it.
type act struct {
	request commands.Request

	command     bool   // a slash command; its private answer may be part of the acknowledgement
	form        bool   // a form was submitted
	responseURL string // usable for five answers within 30 minutes
	trigger     string // can open one form within 3 seconds
	thread      string // the thread to answer in, for mentions and for buttons of replies
	asked       string // the thread a mention was written in; empty: it was not in a thread
	mention     bool
	order       string // of a mention: the command it is, or may have been meant as
	private     bool   // the button was in a message that only this person sees
	home        bool   // they opened their Home tab
	filled      bool   // Slack says that something is published on that tab
	refusal     string // why nothing is done: the act was rejected, or is not a command
	message     string // the message whose button was pressed
	instance    string // ID of the gonogo that posted the message or form; empty: an older version
	precedence  commands.Precedence
	crowded     bool // rejected because this person already has too many acts waiting
}

// line names the queue in which the answer to an act waits to be delivered: its
// person's, or a separate one for urgent acts.
func (a *act) line() string {
	if a.precedence == commands.AtOnce {
		return "urgent/" + a.request.User
	}
	return a.request.User
}

// class is the rate-limit class of the calls that deliver the answer to an act.
func (a *act) class() pace.Class {
	if a.precedence == commands.AtOnce {
		return pace.Urgent
	}
	return pace.Answering
}

// destination names where the answer to an act goes: a response_url, or what one person
// sees of a channel. Answers to one destination are sent in order.
func (a *act) destination() string {
	if a.mention || a.responseURL == "" {
		return a.line() + "/" + a.request.Channel
	}
	return a.responseURL
}

// replaces reports whether a reply takes the place of the message that was pressed.
func (a *act) replaces(r reply.Reply) bool {
	return r.Replace && (a.private || r.Public)
}

// The slash commands. A mention that begins with none of them means the first.
var roots = commands.Roots()

// understand turns an envelope into an act. It returns nil for what needs nothing from
// gonogo: other events, other interactions, messages from bots.
func understand(e *socket.Envelope, self *identity) *act {
	switch p := &e.Payload; {
	case e.Type == "slash_commands":
		return slashCommand(p)
	case e.Type == "interactive" && p.Type == "block_actions":
		return buttonPress(p)
	case e.Type == "interactive" && p.Type == "view_submission":
		return submission(p)
	case e.Type == "events_api" && p.Event.Type == "app_mention":
		return mention(p, self)
	case e.Type == "events_api" && p.Event.Type == "app_home_opened" && p.Event.Tab == "home" && p.Event.User.ID != "":
		return &act{home: true, filled: p.Event.View.ID != "", request: commands.Request{User: p.Event.User.ID}}
	}
	return nil
}

func slashCommand(p *socket.Payload) *act {
	if p.Command == "" || p.UserID == "" {
		return nil
	}
	text := strings.TrimPrefix(p.Command, "/") + " " + plain(p.Text)
	a := &act{command: true, responseURL: p.ResponseURL, trigger: p.TriggerID}
	a.request = commands.Request{Text: strings.TrimSpace(text), User: p.UserID, Channel: p.ChannelID}
	if p.TriggerID != "" {
		a.request.Key = "slash/" + p.TriggerID
	}
	return a
}

// goneSentence answers a press of such a button where the message doesn't show the
// text.
const goneSentence = "Nothing was done. This button carries a text that is too long for Slack, and its message does not show it any more. Send the command again."

func buttonPress(p *socket.Payload) *act {
	if p.User.ID == "" || len(p.Actions) == 0 || p.Actions[0].Value == "" || !render.IsButton(p.Actions[0].ActionID) {
		return nil
	}
	pressed, at := p.Actions[0], p.Container
	value, whole := render.Pressed(pressed.Value, p.Message.Blocks)
	refusal := ""
	if !whole {
		refusal = goneSentence
	}
	a := &act{responseURL: p.ResponseURL, trigger: p.TriggerID, thread: at.Thread(), private: at.Ephemeral, message: at.MessageTS, refusal: refusal,
		instance: render.Instance(pressed.ActionID)}
	a.request = commands.Request{Pressed: value, User: p.User.ID, Channel: cmp.Or(p.Channel.ID, at.ChannelID)}
	if pressed.ActionTS != "" { // otherwise two presses of one button would look the same
		a.request.Key = "press/" + at.MessageTS + pressed.ActionTS + pressed.ActionID + p.User.ID
	}
	return a
}

func submission(p *socket.Payload) *act {
	form, ok := render.ReadFormContext(p.View.PrivateMetadata)
	if !ok || p.User.ID == "" {
		return nil // not one of our forms, or without a person
	}
	values := make(map[string]string, len(p.View.State.Values))
	for name, entries := range p.View.State.Values {
		for _, e := range entries {
			values[name] = e.Text()
		}
	}
	a := &act{form: true, instance: form.Instance, request: commands.Request{Pressed: form.Pressed(), User: p.User.ID, Channel: form.Channel, Form: values}}
	if p.View.ID != "" {
		a.request.Key = "view/" + p.View.ID
	}
	return a
}

// Sentences for a mention that isn't a command.
const (
	notFirstSentence = "Nothing was done. gonogo takes a message as a command only if it starts with the mention, as in “@gonogo ready status”."
	editedSentence   = "Nothing was done. gonogo doesn't act on edited messages; send the command as a new message."
)

// mention parses "@gonogo ready run tests", and "@gonogo run tests" as the same. It is
// a command only where the message starts with the mention: a quote starts with ">",
// code with a backtick, and a sentence about gonogo with another word. An edit is never
// a command. All events for one message have the same key, since Slack gives an edit
// and a redelivery event IDs of their own.
func mention(p *socket.Payload, self *identity) *act {
	e := &p.Event
	if e.BotID != "" || e.User.ID == "" || e.User.ID == self.user {
		return nil
	}
	said, first, found := cutMention(e.Text, self.user)
	if !found {
		return nil
	}
	a := &act{thread: e.ThreadTS, request: commands.Request{User: e.User.ID, Channel: e.Channel}}
	if e.TS != "" {
		a.request.Key = "mention/" + e.Channel + "/" + e.TS
	}
	switch {
	case e.Edited != nil:
		a.refusal, a.order = editedSentence, ordered(said)
	case !first:
		a.refusal, a.order = notFirstSentence, ordered(said)
	default:
		a.mention, a.asked, a.thread, a.order = true, e.ThreadTS, cmp.Or(e.ThreadTS, e.TS), withRoot(plain(said))
		a.request.Text, a.request.Shared = a.order, true
	}
	return a
}

// ordered is the command that may have been meant: the text after a mention on the same
// line; "" where there is none.
func ordered(said string) string {
	said, _, _ = strings.Cut(strings.TrimSpace(said), "\n")
	if said = strings.Trim(plain(said), " `"); said == "" {
		return ""
	}
	return withRoot(said)
}

// cutMention finds a mention of a user, which may carry a label: <@U123> or
// <@U123|gonogo>. first reports whether the text starts with it; said is the text after
// it.
func cutMention(text, user string) (said string, first, found bool) {
	start := "<@" + user
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), start); ok && endsID(rest) {
		_, said, _ = strings.Cut(rest, ">")
		return said, true, true
	}
	for rest, open := text, true; open; {
		if _, rest, open = strings.Cut(rest, start); open && endsID(rest) {
			_, said, _ = strings.Cut(rest, ">")
			return said, false, true
		}
	}
	return "", false, false
}

// endsID reports whether a mention's ID ends here: with the mention, or at a label.
func endsID(rest string) bool { return strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "|") }

// withRoot prepends the command to what was said to the bot, unless it begins with one.
func withRoot(said string) string {
	said = strings.TrimPrefix(strings.TrimSpace(said), "/")
	word, _, _ := strings.Cut(said, " ")
	for _, root := range roots {
		if word == root {
			return said
		}
	}
	if said == "" {
		said = "help"
	}
	return roots[0] + " " + said
}

// unescaped undoes Slack's escaping, https://docs.slack.dev/messaging/formatting-message-text.
var unescaped = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// plain turns Slack's markup back into the text that was typed: names for people and
// channels, addresses for links.
func plain(text string) string {
	if !strings.ContainsAny(text, "<&") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		inside, after, closed := strings.Cut(rest, ">")
		if !found || !closed {
			break
		}
		b.WriteString(unescaped.Replace(before))
		b.WriteString(unescaped.Replace(spoken(inside)))
		text = after
	}
	b.WriteString(unescaped.Replace(text))
	return b.String()
}

// spoken is what a person typed for one part that Slack put in angle brackets: "@name"
// for @U123|name, "#channel" for #C123|channel, the address for a link.
func spoken(marked string) string {
	ref, label, _ := strings.Cut(marked, "|")
	switch {
	case ref == "":
		return label
	case ref[0] != '@' && ref[0] != '#' && ref[0] != '!':
		return ref
	case label == "":
		return ref
	case ref[0] == '!':
		return label
	default:
		return ref[:1] + strings.TrimPrefix(label, ref[:1])
	}
}
