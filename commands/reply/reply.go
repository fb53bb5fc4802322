// Package reply is what gonogo answers, as data.
//
// A [Reply] has a title and parts: [Lines], [Fields], a [Table], [Progress], [Output],
// [Actions], a [Note]. Parts hold [Text], a list of spans that each have one meaning: a
// person, a time, something to type. [Say] builds a text from strings and spans such as
// [Bold], [User] and [Time]. A reply can also ask for values, with a [Form]. Everything
// that can be pressed carries an [Act], the verb and its parameters by name.
//
// Replies are independent of the medium. bot/chat renders them as Block Kit;
// [Reply.Print] writes them for a terminal and [Reply.Markdown] as a document. Renderers
// escape all text, so nothing that a person or an upstream wrote can become markup, and
// they add no content of their own.
//
// [By], [Percent], [Sentence] and [Shorten] word what replies have in common.
//
// The package imports nothing else of gonogo's and keeps no state. Package commands
// gives acts their meaning; packages cards and pages write the replies that show the
// state.
package reply

// Reply is an answer as data. bot/chat renders it as Block Kit, the command line as
// plain text; neither changes its meaning. All text in it is plain: renderers escape
// it, so nothing that a person or another service wrote can become markup.
type Reply struct {
	Title   string // short and plain; shown as the heading and first in a notification
	Summary string // one plain sentence with the essence, for notifications and screen readers; empty: the Title
	Parts   []Part // shown in order
	Form    *Form  // asks for more before anything is done; shown instead of Parts where a form can be opened
	Public  bool   // for everyone in the channel; otherwise only for the person who asked
	Replace bool   // replaces the message whose button was pressed: a private one, or with Public one for everyone
	Again   bool   // of a refusal: the same request can succeed later, or by the same person in another role
	Refused bool   // nothing was done, and the text says why; exit code and tone follow from it
	Run     string // the deployment or rollback that a terminal can follow; empty: none
}

// Refuse is a reply that says why nothing was done, and what would help.
func Refuse(title string, lines ...Text) Reply {
	return Reply{Title: title, Parts: []Part{Lines(lines)}, Refused: true}
}

// RefuseForNow is Refuse for a request that can succeed later as it is.
func RefuseForNow(title string, lines ...Text) Reply {
	reply := Refuse(title, lines...)
	reply.Again = true
	return reply
}

// Part is one piece of a reply: Lines, Fields, Table, Progress, Output, Actions, Note or Divider.
type Part interface{ part() }

// Lines are paragraphs of text.
type Lines []Text

// Fields are short name and value pairs, shown side by side where there is room.
type Fields []Field

// Field is one of Fields.
type Field struct {
	Name  string
	Value Text
}

// Table has a header and rows of as many cells. Renderers shorten a table that
// is too long for their medium and say how many rows are left out.
type Table struct {
	Title  string
	Header []string
	Rows   [][]Text
}

// Progress shows steps that are under way.
type Progress struct {
	Title string
	Steps []ProgressStep
}

// ProgressStep is one step with its status in a word.
type ProgressStep struct {
	Title  string
	Status Status
	Detail Text
}

// Output are the last lines that a program printed; if they don't all fit, the first
// are left out.
type Output []string

// Status is the state of a step.
type Status string

// The statuses of a step.
const (
	Waiting Status = "waiting"
	Running Status = "running"
	Good    Status = "good"
	Notable Status = "notable" // done, but worth a look
	Bad     Status = "bad"

	Unmeasured Status = "unmeasured" // it could not be found out
)

// Note is small print.
type Note Text

// Divider separates what is before it from what comes after.
type Divider struct{}

func (Lines) part()    {}
func (Fields) part()   {}
func (Table) part()    {}
func (Progress) part() {}
func (Output) part()   {}
func (Actions) part()  {}
func (Note) part()     {}
func (Divider) part()  {}

// NonEmpty drops the parts that have nothing to show.
func NonEmpty(parts []Part) []Part {
	var kept []Part
	for _, p := range parts {
		switch p := p.(type) {
		case nil:
			continue
		case Actions:
			if len(p) == 0 {
				continue
			}
		case Lines:
			if len(p) == 0 {
				continue
			}
		case Fields:
			if len(p) == 0 {
				continue
			}
		}
		kept = append(kept, p)
	}
	return kept
}
