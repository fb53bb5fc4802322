package chat

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/socket"
	"gonogo/commands"
)

// A button's value is too short for a long text. Such a button carries its act
// without the text, and its message shows the text as it was written. A press
// comes with the message, which the text is read from, so nothing has to be
// remembered here. A message that only one person sees does not come with its
// press, so what has such a button is sent as a direct message.

// saidPrefix marks a button whose text stands in its message. No act begins with it.
const saidPrefix = "said:"

// goneSentence answers such a press where the message does not show the text.
const goneSentence = "Nothing was done. This button carries a text that is too long for Slack, and its message does not show it any more. Send the command again."

// value is what a button carries.
func value(act commands.Act) string {
	value, ok := act.Encode()
	if ok {
		return value
	}
	act.Text = ""
	value, _ = act.Encode() // only free text makes it too long
	return saidPrefix + value
}

// pressedValue is the value of a pressed button with the text that its message shows.
// ok is false where the message lacks it.
func pressedValue(p *socket.Payload) (value string, ok bool) {
	value, without := strings.CutPrefix(p.Actions[0].Value, saidPrefix)
	if !without {
		return value, true
	}
	act, err := commands.DecodeAct(value)
	if act.Text = written(p.Message.Blocks); err != nil || act.Text == "" {
		return "", false
	}
	value, _ = act.Encode() // longer than a button can carry
	return value, true
}

// written is the text that a message's blocks show as it was written.
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

// longText is the text of the first button that is too long for Slack.
func longText(reply commands.Reply) (text string, found bool) {
	for _, part := range reply.Parts {
		actions, _ := part.(commands.Actions)
		for _, b := range actions {
			if _, ok := b.Act.Encode(); !ok {
				return b.Act.Text, true
			}
		}
	}
	return "", false
}

// withText is a reply that shows the text of its long buttons.
func withText(reply commands.Reply, text string) commands.Reply {
	reply.Parts = append(slices.Clone(reply.Parts), commands.Lines{commands.Say("This is what you wrote:")})
	reply.Parts = append(reply.Parts, asWritten(text)...)
	return reply
}

// giveBack is what was said, to be copied.
func giveBack(said string) []commands.Part {
	return append([]commands.Part{commands.Lines{commands.Say("This is what you said:")}}, asWritten("/"+said)...)
}

// asWritten shows a text in blocks that together hold all of it.
func asWritten(written string) []commands.Part {
	var parts []commands.Part
	for text := []rune(written); len(text) > 0; {
		n := min(len(text), maxGivenBack)
		parts = append(parts, commands.Output{string(text[:n])})
		text = text[n:]
	}
	return parts
}

// maxGivenBack is how much of what was said stands in one block: a section holds it,
// however its characters are counted.
const maxGivenBack = maxSection / 2
