package render

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"gonogo/commands/reply"
)

// table adds a table block, https://docs.slack.dev/reference/block-kit/blocks/table-block.
// It reports false where there is no room for even one row.
func (r Renderer) table(p *page, t reply.Table) bool {
	columns := min(len(t.Header), maxColumns)
	if columns == 0 {
		return false
	}
	block := slack.NewTableBlock("").WithColumnSettings(wrapped(columns)...)
	header := make([]slack.TableCell, columns)
	used := length(cut(t.Title, maxTask))
	for i := range header {
		cell := slack.NewTableRawTextCell(plainText(t.Header[i], maxCell).Text)
		header[i] = cell
		used += length(cell.Text)
	}
	block.AddRow(header...)
	for _, row := range t.Rows {
		cells, size := r.cells(row, columns)
		if len(block.Rows) == maxRows || used+size > min(maxTableRoom, p.room) {
			break
		}
		used += size
		block.AddRow(cells...)
	}
	shown := len(block.Rows) - 1
	if shown == 0 && len(t.Rows) > 0 || len(p.blocks)+3 > p.most || used > p.room {
		return false
	}
	if t.Title != "" {
		title := marked("*", cut(t.Title, maxTask), false)
		p.add(markupSection(title), length(title))
		used -= length(cut(t.Title, maxTask))
	}
	p.add(block, min(used, p.room))
	if shown < len(t.Rows) {
		p.note(fmt.Sprintf("… and %d more rows", len(t.Rows)-shown))
	}
	return true
}

// wrapped makes all columns wrap. Slack cuts a cell that doesn't, and scrolls the table
// sideways, which nobody sees on a phone.
func wrapped(columns int) []slack.ColumnSetting {
	settings := make([]slack.ColumnSetting, columns)
	for i := range settings {
		settings[i] = slack.ColumnSetting{Align: slack.ColumnAlignmentLeft, IsWrapped: true}
	}
	return settings
}

// cells renders one row and the size of its text.
func (r Renderer) cells(row []reply.Text, columns int) (cells []slack.TableCell, size int) {
	cells = make([]slack.TableCell, columns)
	for i := range cells {
		var text reply.Text
		if i < len(row) {
			text = row[i]
		}
		var n int
		cells[i], n = r.cell(text)
		size += n
	}
	return cells, size
}

// cell renders one cell: as rich text where it has more than plain words.
func (r Renderer) cell(text reply.Text) (slack.TableCell, int) {
	for _, s := range text {
		if s.Kind != reply.PlainText {
			elements, size := r.rich(text, maxCell)
			if len(elements) == 0 {
				break
			}
			return slack.NewTableRichTextCell(slack.NewRichTextSection(elements...)), size
		}
	}
	words := plainText(r.words(text), maxCell).Text
	return slack.NewTableRawTextCell(words), length(words)
}

// plan adds a plan with a card for each step,
// https://docs.slack.dev/reference/block-kit/blocks/plan-block.
func (r Renderer) plan(p *page, progress reply.Progress) bool {
	steps := progress.Steps
	if len(steps) == 0 || len(p.blocks)+2 > p.most {
		return false
	}
	title := plainText(cmp.Or(progress.Title, "Steps"), maxTask).Text
	used := length(title)
	var tasks []*slack.TaskCardBlock
	for i, s := range steps {
		task, size := r.task(s, i)
		if len(tasks) == maxTasks || used+size > p.room-noteRoom {
			break
		}
		used += size
		tasks = append(tasks, task)
	}
	if len(tasks) == 0 {
		return false
	}
	p.add(slack.NewPlanBlock(title).WithTasks(tasks...), used)
	if rest := steps[len(tasks):]; len(rest) > 0 {
		p.note(leftOut(rest))
	}
	return true
}

var taskStatus = map[reply.Status]slack.TaskCardStatus{
	reply.Waiting: slack.TaskCardStatusPending,
	reply.Running: slack.TaskCardStatusInProgress,
	reply.Good:    slack.TaskCardStatusComplete,
	reply.Notable: slack.TaskCardStatusComplete,
	reply.Bad:     slack.TaskCardStatusError,

	reply.Unmeasured: slack.TaskCardStatusError, // not complete: it isn't known to be good
}

// task renders one step. Its status is also given in words where otherwise only Slack's
// icon would show it.
func (r Renderer) task(s reply.ProgressStep, index int) (*slack.TaskCardBlock, int) {
	title := plainText(s.Title, maxTask).Text
	status := taskStatus[s.Status]
	if status == "" {
		status = slack.TaskCardStatusPending
	}
	task := slack.NewTaskCardBlock("step-"+strconv.Itoa(index), title).WithStatus(status)
	detail := s.Detail
	if len(detail) == 0 {
		detail = reply.Say(statusWord(s.Status))
	}
	elements, size := r.rich(detail, maxCell)
	if len(elements) > 0 {
		task.WithDetails(slack.NewRichTextBlock("", slack.NewRichTextSection(elements...)))
	}
	return task, length(title) + size
}

// rich renders a text as elements of rich text, which need no escaping.
func (r Renderer) rich(text reply.Text, most int) (elements []slack.RichTextSectionElement, size int) {
	for _, s := range text {
		words := cut(clean(s.Text), most-size)
		if s.Kind == reply.Moment {
			words = r.when(s.At)
		}
		if words == "" || size+length(words) > most {
			continue
		}
		size += length(words)
		elements = append(elements, richElement(s, words))
	}
	return elements, size
}

// lastDate is the latest second that Slack accepts in a date.
const lastDate = 9_999_999_999

func richElement(s reply.Span, words string) slack.RichTextSectionElement {
	isID := reference("", s) == "<"+s.Ref+">"
	switch {
	case s.Kind == reply.Moment && s.At.Unix() >= 0 && s.At.Unix() <= lastDate:
		return slack.NewRichTextSectionDateElement(s.At.Unix(), dateFormat, nil, &words)
	case s.Kind == reply.Person && isID:
		return slack.NewRichTextSectionUserElement(s.Ref, nil)
	case s.Kind == reply.Group && isID:
		return slack.NewRichTextSectionUserGroupElement(s.Ref)
	case s.Kind == reply.Channel && isID:
		return slack.NewRichTextSectionChannelElement(s.Ref, nil)
	case s.Kind == reply.Link:
		if _, ok := webAddress(s.Ref); ok {
			return slack.NewRichTextSectionLinkElement(s.Ref, words, nil)
		}
	case s.Kind == reply.Strong:
		return slack.NewRichTextSectionTextElement(words, &slack.RichTextSectionTextStyle{Bold: true})
	case s.Kind == reply.Code:
		return slack.NewRichTextSectionTextElement(words, &slack.RichTextSectionTextStyle{Code: true})
	}
	return slack.NewRichTextSectionTextElement(words, nil)
}
