package render

import (
	"encoding/json"
	"slices"

	"github.com/slack-go/slack"

	"gonogo/commands/reply"
)

const (
	maxHomeBlocks = 100     // Slack's, https://docs.slack.dev/surfaces/app-home
	maxHomeRoom   = 20_000  // ours: characters
	maxHomeSize   = 240_000 // of its blocks, in bytes; Slack's is 250 KB for the view, https://docs.slack.dev/reference/methods/views.publish
)

// Home renders a page for a Home tab; it has at least one block.
func (r Renderer) Home(answer reply.Reply) []slack.Block {
	blocks := r.fill(newPage(maxHomeBlocks, maxHomeRoom), answer, Sections)
	if len(blocks) == 0 {
		return []slack.Block{markupSection("–")}
	}
	return cutHome(blocks)
}

// cutHome leaves out the blocks that don't fit on a Home tab. Characters are counted
// already; the values of buttons are not.
func cutHome(blocks []slack.Block) []slack.Block {
	size := 0
	for i, block := range blocks {
		data, err := json.Marshal(block)
		if size += len(data) + 1; err != nil || size > maxHomeSize {
			return append(slices.Clip(blocks[:i]), slack.NewContextBlock("", markupText("… There is more than this page holds; `/ready status` has all.")))
		}
	}
	return blocks
}
