package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// Fidelity is how much of Block Kit a message uses. Slack introduces new blocks
// workspace by workspace; where it refuses them the same reply is sent with simpler
// ones.
type Fidelity int

// The fidelities, each with less than the one before it.
const (
	Full     Fidelity = iota // tables and plans
	Sections                 // what every workspace knows
	TextOnly                 // no blocks; each button becomes the command to type
)

// Message renders a reply as a message, within every limit of one: its text, which
// notifications show and screen readers read, and its blocks, if there are any.
func (r Renderer) Message(answer reply.Reply, at Fidelity) (text string, blocks []slack.Block) {
	if at == TextOnly {
		return r.fullText(answer), nil
	}
	return r.text(answer), r.blocks(answer, at)
}

// UsesFull reports whether a reply has anything that Full shows differently than
// Sections.
func UsesFull(r reply.Reply) bool {
	for _, part := range r.Parts {
		switch part.(type) {
		case reply.Table, reply.Progress:
			return true
		}
	}
	return false
}

func (r Renderer) blocks(answer reply.Reply, at Fidelity) []slack.Block {
	return r.fill(newPage(maxBlocks, maxRoom), answer, at)
}

// fill renders a reply onto a page.
func (r Renderer) fill(p *page, answer reply.Reply, at Fidelity) []slack.Block {
	r.heading(p, answer.Title)
	sets, room := r.reserve(answer.Parts)
	p.most -= sets
	p.room -= room
	tables := 0
	for _, part := range answer.Parts {
		switch part := part.(type) {
		case reply.Lines:
			p.lines(r.markups(part))
		case reply.Fields:
			r.fields(p, part)
		case reply.Table:
			// Slack takes one table in a message.
			if at == Full && tables == 0 && r.table(p, part) {
				tables++
			} else {
				r.tableLines(p, part)
			}
		case reply.Progress:
			if at != Full || !r.plan(p, part) {
				r.progressLines(p, part)
			}
		case reply.Output:
			p.output(part)
		case reply.Actions:
			sets = r.actions(p, part, sets)
		case reply.Note:
			p.note(r.markup(reply.Text(part), maxNote))
		case reply.Divider:
			p.add(slack.NewDividerBlock(), 0)
		}
	}
	p.close()
	return p.blocks
}

func (r Renderer) heading(p *page, title string) {
	if strings.TrimSpace(clean(title)) == "" {
		return
	}
	text := plainText(title, maxHeader)
	p.add(slack.NewHeaderBlock(text), length(text.Text))
}

// reserve counts the blocks of buttons that a reply needs, and the room for their
// labels: buttons must not be lost to text.
func (r Renderer) reserve(parts []reply.Part) (sets, room int) {
	for _, part := range parts {
		if actions, ok := part.(reply.Actions); ok {
			for chunk := range len(actions)/maxButtons + 1 {
				if n := min(len(actions)-chunk*maxButtons, maxButtons); n > 0 && sets < maxActionSets {
					sets++
					room += r.labels(actions[chunk*maxButtons:][:n])
				}
			}
		}
	}
	return sets, room
}

// labels is the room that the labels of buttons take.
func (r Renderer) labels(actions reply.Actions) int {
	n := 0
	for _, b := range actions {
		e := r.button(b, 0)
		n += length(e.Text.Text)
		if e.Confirm != nil {
			n += length(e.Confirm.Title.Text) + length(e.Confirm.Text.Text) + length(e.Confirm.Confirm.Text) + length(e.Confirm.Deny.Text)
		}
	}
	return n
}

// actions adds buttons in the blocks reserved for them, and returns how many of those
// are left.
func (r Renderer) actions(p *page, actions reply.Actions, sets int) int {
	for len(actions) > 0 {
		set := actions[:min(len(actions), maxButtons)]
		actions = actions[len(set):]
		if sets == 0 {
			p.omitted += len(set)
			continue
		}
		sets--
		p.most++
		p.room += r.labels(set)
		elements := make([]slack.BlockElement, 0, len(set))
		for _, b := range set {
			if b.Act.Verb != "" {
				elements = append(elements, r.button(b, p.buttons))
				p.buttons++
			}
		}
		if len(elements) > 0 {
			p.add(slack.NewActionBlock("", elements...), r.labels(set))
		}
	}
	return sets
}

func (r Renderer) button(b reply.Button, index int) *slack.ButtonBlockElement {
	label := plainText(cmp.Or(b.Label, b.Act.Verb), maxButton)
	e := slack.NewButtonBlockElement(r.actionID(index), value(b.Act), label)
	switch b.Style {
	case reply.Primary:
		e.Style = slack.StylePrimary
	case reply.Danger:
		e.Style = slack.StyleDanger
	}
	if b.Confirm != "" {
		e.Confirm = slack.NewConfirmationBlockObject(plainText(label.Text, maxTitle), plainText(b.Confirm, maxConfirm),
			plainText(cmp.Or(b.Yes, label.Text), maxAnswer), plainText(cmp.Or(b.No, "Keep as it is"), maxAnswer))
	}
	return e
}

// fields adds pairs, ten to a section.
func (r Renderer) fields(p *page, fields reply.Fields) {
	for len(fields) > 0 {
		set := fields[:min(len(fields), maxFields)]
		fields = fields[len(set):]
		objects, text := make([]*slack.TextBlockObject, len(set)), 0
		for i, f := range set {
			name := marked("*", cut(f.Name, maxButton), false)
			value := r.markup(f.Value, maxField-length(name)-1)
			objects[i] = markupText(cmp.Or(strings.TrimSpace(name+"\n"+value), "–"))
			text += length(objects[i].Text)
		}
		if !p.add(slack.NewSectionBlock(nil, objects, nil), text) {
			p.omitted += len(set)
		}
	}
}

// progressLines shows steps as lines, with their status in a word.
func (r Renderer) progressLines(p *page, progress reply.Progress) {
	if progress.Title != "" {
		p.lines([]string{marked("*", cut(progress.Title, maxTask), false)})
	}
	lines := make([]string, len(progress.Steps))
	for i, s := range progress.Steps {
		step := reply.Say(statusWord(s.Status)+": ", reply.Bold(cut(s.Title, maxTask)))
		if len(s.Detail) > 0 {
			step = append(step, reply.Say(" – ", s.Detail)...)
		}
		lines[i] = r.markup(step, maxSection)
	}
	p.lines(lines)
}

// tableLines shows a table as lines of cells.
func (r Renderer) tableLines(p *page, t reply.Table) {
	var lines []string
	if t.Title != "" {
		lines = append(lines, marked("*", cut(t.Title, maxTask), false))
	}
	if len(t.Header) > 0 {
		lines = append(lines, marked("*", cut(strings.Join(t.Header, " · "), maxCell), false))
	}
	for _, row := range t.Rows {
		cells := make([]string, 0, len(row))
		for _, cell := range row[:min(len(row), maxColumns)] {
			cells = append(cells, r.markup(cell, maxSection/maxColumns-3))
		}
		lines = append(lines, strings.Join(cells, " · "))
	}
	p.lines(lines)
}

// text is a reply in about one paragraph, for notifications and screen readers.
func (r Renderer) text(answer reply.Reply) string {
	text := cut(oneLine(clean(cmp.Or(answer.Summary, answer.Title))), maxSummary)
	for _, part := range answer.Parts {
		if lines, ok := part.(reply.Lines); ok && text == "" && len(lines) > 0 {
			text = cut(oneLine(r.words(lines[0])), maxSummary)
		}
	}
	return escape(cmp.Or(text, "gonogo has an answer"))
}

// fullText is a whole reply without blocks. Each button becomes the command to type.
func (r Renderer) fullText(answer reply.Reply) string {
	var lines []string
	for _, b := range r.blocks(withTyped(answer), Sections) {
		lines = append(lines, blockText(b)...)
	}
	text := strings.Join(lines, "\n")
	for length(text) > maxText && len(lines) > 1 {
		lines = lines[:len(lines)-1]
		text = strings.Join(lines, "\n") + "\n…"
	}
	if text == "" || length(text) > maxText {
		return r.text(answer)
	}
	return text
}

// withTyped is a reply with each button replaced by the command to type.
func withTyped(r reply.Reply) reply.Reply {
	parts := make([]reply.Part, 0, len(r.Parts))
	for _, part := range r.Parts {
		actions, ok := part.(reply.Actions)
		if !ok {
			parts = append(parts, part)
			continue
		}
		typed := make(reply.Lines, len(actions))
		for i, b := range actions {
			typed[i] = reply.Say(cmp.Or(b.Label, b.Act.Verb), ": type ", reply.Typed("/"+commands.AsTyped(b.Act)))
		}
		parts = append(parts, typed)
	}
	r.Parts = parts
	return r
}

// blockText is the text of a block of the middle Fidelity, paragraph by paragraph.
func blockText(block slack.Block) (lines []string) {
	switch b := block.(type) {
	case *slack.HeaderBlock:
		return []string{escape(b.Text.Text)}
	case *slack.SectionBlock:
		if b.Text != nil {
			lines = strings.Split(b.Text.Text, "\n")
		}
		for _, f := range b.Fields {
			lines = append(lines, strings.ReplaceAll(f.Text, "\n", ": "))
		}
	case *slack.RichTextBlock:
		for _, e := range b.Elements {
			if printed, ok := e.(*slack.RichTextPreformatted); ok {
				for _, text := range printed.Elements {
					if text, ok := text.(*slack.RichTextSectionTextElement); ok {
						lines = append(lines, strings.Split(escape(text.Text), "\n")...)
					}
				}
			}
		}
	case *slack.ContextBlock:
		for _, e := range b.ContextElements.Elements {
			if text, ok := e.(*slack.TextBlockObject); ok {
				lines = append(lines, text.Text)
			}
		}
	}
	return lines
}

// statusWord is a status in words.
func statusWord(s reply.Status) string {
	switch s {
	case reply.Notable:
		return "worth a look"
	case reply.Unmeasured:
		return "could not be measured"
	}
	return cmp.Or(string(s), string(reply.Waiting))
}

// leftOut says how many steps of which status were left out.
func leftOut(steps []reply.ProgressStep) string {
	counts := map[reply.Status]int{}
	for _, s := range steps {
		counts[s.Status]++
	}
	var by []string
	for _, status := range []reply.Status{reply.Bad, reply.Unmeasured, reply.Notable, reply.Running, reply.Waiting, reply.Good} {
		if counts[status] > 0 {
			by = append(by, fmt.Sprintf("%d %s", counts[status], statusWord(status)))
		}
	}
	return fmt.Sprintf("… and %d more: %s", len(steps), strings.Join(by, ", "))
}
