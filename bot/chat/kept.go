package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"gonogo/commands"
)

const (
	// keptPrefix marks a button whose value is kept here, since Slack holds no
	// value as long as that. No act begins with it.
	keptPrefix = "kept:"
	// mostKept bounds how many values are kept: few are that long.
	mostKept = 256

	lostSentence = "Nothing was done. This button stands for a text that is too long for Slack, and gonogo was restarted since. The message shows the text: say it again."
)

// kept holds the values of buttons that are too long for Slack, by their digest.
// It is lost with the process, so whatever has such a button also shows what was
// said. Its methods may be called from any goroutine.
type kept struct {
	mu     sync.Mutex
	values map[string]string
	order  []string // tokens, the oldest first
}

func newKept() *kept { return &kept{values: map[string]string{}} }

// short is a value that Slack can hold: the value itself, or a token for it.
func (k *kept) short(value string) string {
	if length(value) <= maxValue {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	token := keptPrefix + hex.EncodeToString(sum[:])
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.values[token]; !known {
		k.order = append(k.order, token)
	}
	k.values[token] = value
	if len(k.order) > mostKept {
		delete(k.values, k.order[0])
		k.order = k.order[1:]
	}
	return token
}

// restore puts the kept value of a press in the place of its token, and reports
// whether there was one to put there.
func (k *kept) restore(p *payload) (ok bool) {
	if len(p.Actions) == 0 || !strings.HasPrefix(p.Actions[0].Value, keptPrefix) {
		return true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	value, ok := k.values[p.Actions[0].Value]
	if ok {
		p.Actions[0].Value = value
	}
	return ok
}

// giveBack is what was said, to be copied.
func giveBack(said string) []commands.Part {
	parts := []commands.Part{commands.Lines{commands.Say("This is what you said:")}}
	for text := []rune("/" + said); len(text) > 0; {
		n := min(len(text), maxGivenBack)
		parts = append(parts, commands.Output{string(text[:n])})
		text = text[n:]
	}
	return parts
}

// maxGivenBack is how much of what was said stands in one block: a section holds it,
// however its characters are counted.
const maxGivenBack = maxSection / 2

// hasLong tells whether a button of a reply is too long for Slack.
func hasLong(reply commands.Reply) bool {
	for _, part := range reply.Parts {
		actions, _ := part.(commands.Actions)
		for _, b := range actions {
			if _, ok := b.Act.Encode(); !ok {
				return true
			}
		}
	}
	return false
}
