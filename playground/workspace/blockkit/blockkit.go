// Package blockkit checks Block Kit blocks and views as strictly as Slack does: what is allowed where, which fields there
// are, how long and how many. What Slack would refuse is a Fault with the JSON pointer that Slack gives.
//
// Rules are data. block.go and element.go have one entry for each kind of block and element, made of the rules in rule.go;
// to add a kind, add an entry. The limits are those of docs.slack.dev/reference/block-kit and of the JSDoc in Slack's
// own @slack/types package, version 3.2. Fields and kinds that are not in the tables are refused, as Slack refuses
// "invalid additional property"; so are the blocks that need a scope or a remote file of their own (video, file).
//
// Lengths are counted in characters (Unicode code points).
package blockkit

import (
	"fmt"
	"unicode/utf8"
)

// A Surface is where blocks are shown.
type Surface string

// The surfaces that an app can put blocks on.
const (
	Message Surface = "message"
	Modal   Surface = "modal"
	Home    Surface = "home"
)

// How many blocks a surface takes.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
)

// MaxText is how much text all blocks of a message may have together. Slack does not document it; the figure is from
// github.com/slackapi/bolt-js/issues/2509, where it was measured.
const MaxText = 13_200

// A Fault is one reason why Slack would refuse blocks.
type Fault struct {
	Text    string // in Slack's words, where they are known
	Pointer string // RFC 6901, from the call's arguments on
}

func (f Fault) String() string { return fmt.Sprintf("%s [json-pointer:%s]", f.Text, f.Pointer) }

// Check tells what is wrong with the blocks of a message.
func Check(surface Surface, blocks []any) []Fault {
	c := newCheck(surface)
	c.blocks("/blocks", blocks, maxMessageBlocks)
	return c.faults
}

// CheckView tells what is wrong with a view, a modal or a Home tab.
func CheckView(view map[string]any) []Fault {
	kind, _ := view["type"].(string)
	c := newCheck(Surface(kind))
	switch c.surface {
	case Modal:
		modal.check(c, "/view", view)
	case Home:
		home.check(c, "/view", view)
	default:
		c.fault("/view/type", "unsupported type: %v", view["type"])
	}
	return c.faults
}

// TextLength is how much text blocks have together, as far as it counts against MaxText.
func TextLength(blocks []any) int {
	n := 0
	for _, b := range blocks {
		n += textLength(b)
	}
	return n
}

// textFields are the fields that hold what people read.
var textFields = map[string]bool{"text": true, "title": true, "caption": true, "label": true}

func textLength(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += textLength(item)
		}
	case map[string]any:
		for field, value := range v {
			if s, ok := value.(string); ok && textFields[field] {
				n += utf8.RuneCountInString(s)
			} else {
				n += textLength(value)
			}
		}
	}
	return n
}
