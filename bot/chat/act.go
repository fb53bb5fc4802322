package chat

import (
	"strings"
	"time"

	"gonogo/commands"
)

// act is one thing that a person did, and the ways to answer it.
type act struct {
	request  commands.Request
	received time.Time

	command     bool   // a slash command, whose private answer may stand in the acknowledgement
	form        bool   // a form was submitted
	responseURL string // good for five answers within half an hour
	trigger     string // good for one form within three seconds
	thread      string // the thread to answer in, for mentions and for buttons in threads
	mention     bool
	private     bool   // the button stood in a message that only this person sees
	home        bool   // they opened their Home tab
	filled      bool   // there is something on that tab
	refusal     string // why nothing was done, for one that was turned away
}

// The slash commands; a mention that begins with none of them means the first.
var roots = []string{"ready", "deploy", "rollback"}

// understand makes an act of a frame. It returns nil for what asks nothing of
// gonogo: other events, other interactions, what bots say.
func understand(f *frame, self *identity) *act {
	switch p := &f.Payload; {
	case f.Type == "slash_commands":
		return slashCommand(p)
	case f.Type == "interactive" && p.Type == "block_actions":
		return buttonPress(p)
	case f.Type == "interactive" && p.Type == "view_submission":
		return submission(p)
	case f.Type == "events_api" && p.Event.Type == "app_mention":
		return mention(p, self)
	case f.Type == "events_api" && p.Event.Type == "app_home_opened" && p.Event.Tab == "home" && p.Event.User != "":
		return &act{home: true, filled: p.Event.View.ID != "", request: commands.Request{User: p.Event.User}}
	}
	return nil
}

func slashCommand(p *payload) *act {
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

// actionPrefix marks the buttons that are ours; what they say is their value.
const actionPrefix = "gonogo:"

func buttonPress(p *payload) *act {
	if len(p.Actions) == 0 || p.Actions[0].Value == "" || !strings.HasPrefix(p.Actions[0].ActionID, actionPrefix) {
		return nil
	}
	pressed, at := p.Actions[0], p.Container
	channel := p.Channel.ID
	if channel == "" {
		channel = at.ChannelID
	}
	return &act{
		responseURL: p.ResponseURL, trigger: p.TriggerID, thread: at.ThreadTS, private: at.Ephemeral,
		request: commands.Request{
			Key:  "press/" + at.MessageTS + pressed.ActionTS + pressed.ActionID + p.User.ID,
			Text: pressed.Value, User: p.User.ID, Channel: channel,
		},
	}
}

func submission(p *payload) *act {
	about, ok := readPrivate(p.View.PrivateMetadata)
	if !ok {
		return nil // not a form of ours
	}
	values := make(map[string]string, len(p.View.State.Values))
	for name, entries := range p.View.State.Values {
		for _, e := range entries {
			values[name] = e.text()
		}
	}
	return &act{
		form: true,
		request: commands.Request{
			Key:  "view/" + p.View.ID,
			Text: about.Command, User: p.User.ID, Channel: about.Channel, Form: values,
		},
	}
}

// mention reads "@gonogo ready run tests", and "@gonogo run tests" as the same.
func mention(p *payload, self *identity) *act {
	e := &p.Event
	if e.BotID != "" || e.User == "" || e.User == self.user {
		return nil
	}
	_, said, found := cutMention(e.Text, self.user)
	if !found {
		return nil
	}
	thread := e.ThreadTS
	if thread == "" {
		thread = e.TS
	}
	a := &act{mention: true, thread: thread}
	a.request = commands.Request{Text: withRoot(plain(said)), User: e.User, Channel: e.Channel}
	if p.EventID != "" {
		a.request.Key = "event/" + p.EventID
	}
	return a
}

// cutMention splits text around the first mention of a user, which may carry
// a label: <@U123> or <@U123|gonogo>.
func cutMention(text, user string) (before, after string, found bool) {
	before, rest, found := strings.Cut(text, "<@"+user)
	if !found {
		return "", "", false
	}
	_, after, found = strings.Cut(rest, ">")
	return before, after, found
}

// withRoot puts the command in front of what was said to the bot, unless it is
// there already.
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

// plain turns what Slack made of typed text back into what was typed: names
// for people and channels, addresses for links.
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

// spoken is what a person typed for what Slack put in angle brackets: "@name"
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
