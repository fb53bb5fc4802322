package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"gonogo/commands/reply"
)

// Slack's limits for messages, from https://docs.slack.dev/reference/block-kit/blocks.
const (
	maxBlocks     = 50
	maxHeader     = 150
	maxSection    = 3000
	maxField      = 2000
	maxFields     = 10
	maxButtons    = 25
	maxButton     = 75
	maxValue      = 2000
	maxConfirm    = 300
	maxTitle      = 100 // of a confirmation
	maxAnswer     = 30  // labels of a confirmation's buttons
	maxNote       = 2000
	maxRows       = 100
	maxColumns    = 20
	maxCell       = 500    // ours: a table has many
	maxTableRoom  = 8000   // Slack's is 10,000 for all cells together
	maxTasks      = 50     // ours: nobody reads more
	maxTask       = 150    // ours; 256 has been seen to work
	maxText       = 3000   // ours; chat.update has been seen to refuse more than 4,000
	maxRoom       = 12_000 // all text of a message; about 13,200 has been seen to be refused
	maxSummary    = 500    // ours: notifications show less
	noteRoom      = 120    // reserved for saying what was left out
	maxActionSets = 16     // ours: blocks of buttons with reserved room
)

// page collects blocks within the limits of one message or form. It counts what doesn't
// fit, and close says how much was left out.
type page struct {
	blocks  []slack.Block
	most    int // blocks
	room    int // characters that are left
	omitted int // lines, fields and parts that did not fit
	buttons int // makes action_ids unique within the message
}

func newPage(blocks, room int) *page { return &page{most: blocks - 1, room: room - noteRoom} }

// add puts a block on the page if its text fits.
func (p *page) add(block slack.Block, text int) bool {
	if len(p.blocks) >= p.most || text > p.room {
		return false
	}
	p.blocks = append(p.blocks, block)
	p.room -= text
	return true
}

// lines adds paragraphs, as many to a section as it holds.
func (p *page) lines(lines []string) {
	var section strings.Builder
	held := 0
	flush := func() {
		if held > 0 && !p.add(markupSection(section.String()), length(section.String())) {
			p.omitted += held
		}
		section.Reset()
		held = 0
	}
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		taken := length(section.String())
		if held > 0 && (taken+1+length(line) > maxSection || taken+1+length(line) > p.room) {
			flush()
		}
		if held > 0 {
			section.WriteByte('\n')
		}
		section.WriteString(line)
		held++
	}
	flush()
}

// output adds the last lines that a program printed, verbatim.
func (p *page) output(lines reply.Output) {
	most := min(maxSection, p.room)
	from, size := len(lines), 0
	for from > 0 && size+length(clean(lines[from-1]))+1 <= most {
		from--
		size += length(clean(lines[from])) + 1
	}
	text := clean(strings.Join(lines[from:], "\n"))
	if strings.TrimSpace(text) == "" {
		return
	}
	printed := &slack.RichTextPreformatted{Type: slack.RTEPreformatted,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(text, nil)}}
	if !p.add(slack.NewRichTextBlock("", printed), size) {
		p.omitted += len(lines)
	}
}

// note adds small print.
func (p *page) note(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if !p.add(slack.NewContextBlock("", markupText(text)), length(text)) {
		p.omitted++
	}
}

// close says what was left out, in the room that was reserved for it.
func (p *page) close() {
	if p.omitted == 0 {
		return
	}
	p.most++
	p.room += noteRoom
	p.add(slack.NewContextBlock("", markupText(fmt.Sprintf("… and %d more", p.omitted))), noteRoom)
	p.omitted = 0
}

func markupText(s string) *slack.TextBlockObject {
	// Verbatim keeps Slack from looking for names and addresses in the text.
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: s, Verbatim: true}
}

func markupSection(s string) *slack.SectionBlock {
	return slack.NewSectionBlock(markupText(s), nil, nil)
}

// plainText is text without markup; Slack wants at least one character.
func plainText(s string, most int) *slack.TextBlockObject {
	emoji := false
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: cut(cmp.Or(oneLine(clean(s)), "–"), most), Emoji: &emoji}
}
