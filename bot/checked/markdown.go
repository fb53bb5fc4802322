package checked

import (
	"io"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
)

// markdown prints the report as a document: the decision, what blocks it, and then
// every result, those that block first.
func (r *Report) markdown(out io.Writer) error {
	doc := reply.Reply{Title: r.Word() + ": " + r.Subject(), Parts: []reply.Part{reply.Note(reply.Say(r.Counts()))}}
	var lines reply.Lines
	for _, b := range r.Blockers {
		lines = append(lines, reply.Say(b.Line()))
	}
	for _, o := range r.Overridden {
		lines = append(lines, reply.Say(o.Line()))
	}
	if len(lines) > 0 {
		doc.Parts = append(doc.Parts, lines)
	}
	table := reply.Table{Header: []string{"Result", "Title", "Found", "Time", "Item"}}
	for _, blocking := range []bool{true, false} {
		for _, item := range r.Items {
			if item.Blocks() == blocking {
				table.Rows = append(table.Rows, item.row())
			}
		}
	}
	if len(table.Rows) > 0 {
		doc.Parts = append(doc.Parts, table)
	}
	failed := &failedOnce{to: out}
	doc.Markdown(failed, time.UTC)
	return failed.err
}

func (i Item) row() []reply.Text {
	verdict := reply.Say(word(i.Verdict))
	if i.Blocks() {
		verdict = reply.Say(reply.Bold(word(i.Verdict)))
	}
	return []reply.Text{verdict, reply.Say(i.Title), reply.Say(i.Summary), reply.Say(readiness.Span(time.Duration(i.Seconds * float64(time.Second)))), reply.Say(reply.Typed(i.Name()))}
}

// failedOnce keeps the first error of a writer.
type failedOnce struct {
	to  io.Writer
	err error
}

// Write implements [io.Writer].
func (f *failedOnce) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.to.Write(p)
	f.err = err
	return n, err
}
