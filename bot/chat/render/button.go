package render

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// A button's value is too short for a long text. Such a button carries its act without
// the text, and its message shows the text verbatim. A press comes with the message,
// and the text is read from there, so nothing has to be stored here. A press in a
// message that only one person sees comes without the message, so one with such a
// button is sent as a direct message instead.

// textInMessage marks a button whose text is in its message. No act begins with it.
const textInMessage = "said:"

// actionPrefix marks gonogo's buttons; their value says what they do.
const actionPrefix = "gonogo:"

// value is an act as a button carries it.
func value(act reply.Act) string {
	value, ok := act.Encode()
	if ok {
		return value
	}
	act.Text = ""
	value, _ = act.Encode() // only free text makes it too long
	return textInMessage + value
}

// IsButton reports whether an action_id is that of one of our buttons.
func IsButton(actionID string) bool { return strings.HasPrefix(actionID, actionPrefix) }

// actionID is that of a message's button. It carries which gonogo posted it.
func (r Renderer) actionID(index int) string {
	id := actionPrefix + strconv.Itoa(index)
	if instance := r.instance(); instance != "" {
		id += ":" + instance
	}
	return id
}

// Instance is which gonogo posted the button with an action_id; empty: an older one,
// which did not say.
func Instance(actionID string) string {
	_, instance, _ := strings.Cut(strings.TrimPrefix(actionID, actionPrefix), ":")
	return instance
}

// Pressed is the encoded act of a pressed button, with the text from its message if
// that was too long for the button. ok is false if the message doesn't show the text.
func Pressed(carried string, message json.RawMessage) (value string, ok bool) {
	value, without := strings.CutPrefix(carried, textInMessage)
	if !without {
		return value, true
	}
	act, err := commands.DecodeAct(value)
	if act.Text = written(message); err != nil || act.Text == "" {
		return "", false
	}
	value, _ = act.Encode() // longer than a button can carry
	return value, true
}

// written is the text that a message's blocks show verbatim.
func written(blocks json.RawMessage) string {
	var all []struct {
		Elements []struct {
			Type     string `json:"type"`
			Elements []struct {
				Text string `json:"text"`
			} `json:"elements"`
		} `json:"elements"`
	}
	if json.Unmarshal(blocks, &all) != nil {
		return ""
	}
	var text strings.Builder
	for _, block := range all {
		for _, part := range block.Elements {
			for _, e := range part.Elements {
				if part.Type == string(slack.RTEPreformatted) {
					text.WriteString(e.Text)
				}
			}
		}
	}
	return text.String()
}

// LongText is the text of the first button that is too long for Slack. The message
// with that button has to show it, by AsWritten.
func LongText(r reply.Reply) (text string, found bool) {
	for _, part := range r.Parts {
		actions, _ := part.(reply.Actions)
		for _, b := range actions {
			if _, ok := b.Act.Encode(); !ok {
				return b.Act.Text, true
			}
		}
	}
	return "", false
}

// AsWritten shows a text in full, in as many parts as that takes.
func AsWritten(written string) []reply.Part {
	var parts []reply.Part
	for text := []rune(written); len(text) > 0; {
		n := min(len(text), maxQuoted)
		parts = append(parts, reply.Output{string(text[:n])})
		text = text[n:]
	}
	return parts
}

// maxQuoted is how much of a text goes into one part: it fits into a section, however
// its characters are counted.
const maxQuoted = maxSection / 2
