package commands

import (
	"strings"
	"time"
)

// Reply is an answer as data. bot/chat renders it as Block Kit, the command
// line as plain text; neither adds meaning. All text in it is plain: renderers
// escape it, so nothing that a person or an upstream wrote can become markup.
type Reply struct {
	Title   string // short, plain; shown as the heading and first in a notification
	Summary string // one plain sentence that says it all, for notifications and screen readers; empty: the Title
	Parts   []Part // shown in order
	Form    *Form  // ask for more before anything is done; shown instead of Parts where a form can be opened
	Public  bool   // for everyone in the channel; otherwise only for the one who asked
	Replace bool   // replaces the message whose button was pressed: a private one, or with Public one for everyone
	Again   bool   // of what is refused: the same can be asked for again as it is, later or by the same person in another role
	Refused bool   // nothing was done, and the text says why; exit code and tone follow from it
	Run     string // the deployment or rollback that it is about, which a terminal can follow; empty: none
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

// Output are lines that a program printed, the last ones; where they do not all
// fit, the first are left out.
type Output []string

// Status is where a step stands.
type Status string

// The statuses of a step.
const (
	Waiting Status = "waiting"
	Running Status = "running"
	Good    Status = "good"
	Notable Status = "notable" // done, worth a look
	Bad     Status = "bad"
)

// Actions are buttons. What a button does can also be typed: Act.Typed.
type Actions []Button

// Button is something to do, to press.
type Button struct {
	Label   string // verb first; at most 75 characters are shown
	Act     Act
	Style   Style
	Confirm string // a question asked before it is done; empty: none
	Yes     string // the answer that does it; empty: the Label
	No      string // the answer that does not; empty: "Keep as it is"
}

// Style is how much a button stands out; it never carries meaning alone.
type Style string

// The styles of a button.
const (
	Plain   Style = ""
	Primary Style = "primary"
	Danger  Style = "danger"
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

// Text is a run of spans. Build it with Say.
type Text []Span

// Span is a piece of text with one meaning.
type Span struct {
	Kind SpanKind
	Text string    // what is shown; for people, channels and times, where the medium cannot resolve Ref
	Ref  string    // the ID or address that the span refers to
	At   time.Time // for Moment and Ago
}

// SpanKind says how a span is meant.
type SpanKind int

// The kinds of spans.
const (
	PlainText SpanKind = iota
	Strong             // important
	Code               // something to type, or a name as a machine writes it
	Person             // a Slack user, Ref the ID
	Group              // a Slack user group, Ref the ID
	Channel            // a Slack channel, Ref the ID
	Link               // an address, Ref the URL
	Moment             // a point in time, shown in the reader's zone
)

// Say builds a Text from strings and spans. Anything else is a programming
// error and panics.
func Say(parts ...any) Text {
	text := make(Text, 0, len(parts))
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			text = append(text, Span{Text: p})
		case Span:
			text = append(text, p)
		case Text:
			text = append(text, p...)
		default:
			panic("commands.Say takes strings, spans and texts")
		}
	}
	return text
}

// Bold marks s as important.
func Bold(s string) Span { return Span{Kind: Strong, Text: s} }

// Typed marks s as something to type or a name as a machine writes it.
func Typed(s string) Span { return Span{Kind: Code, Text: s} }

// User names a Slack user, or a user of the bot's host.
func User(id string) Span {
	if name, ok := strings.CutPrefix(id, hostPrefix); ok {
		return Span{Text: name + " (on the host)"}
	}
	return Span{Kind: Person, Text: id, Ref: id}
}

// Usergroup names a Slack user group.
func Usergroup(id string) Span { return Span{Kind: Group, Text: id, Ref: id} }

// InChannel names a Slack channel.
func InChannel(id string) Span { return Span{Kind: Channel, Text: id, Ref: id} }

// LinkTo is a link with a label; an empty label shows the address.
func LinkTo(url, label string) Span {
	if label == "" {
		label = url
	}
	return Span{Kind: Link, Text: label, Ref: url}
}

// Time is a moment.
func Time(at time.Time) Span { return Span{Kind: Moment, At: at} }

// Form asks a person for values. Submitting it does Act, with the values.
type Form struct {
	Title  string // at most 24 characters
	Submit string // label of the button; at most 24 characters
	Act    Act    // with what is known already, so that doing it again opens the same form
	Intro  []Text
	Inputs []Input
}

// Input is one field of a form. Its Name keys the value in Request.Form and
// the error in what Validate returns.
type Input struct {
	Name, Label, Hint string
	Kind              InputKind
	Optional          bool
	Initial           string
	Options           []Option // for Choice
}

// Option is one of the things a Choice offers.
type Option struct{ Value, Label string }

// InputKind is the sort of value an input takes.
type InputKind string

// The kinds of inputs.
const (
	ShortText InputKind = "text"
	LongText  InputKind = "long_text"
	URL       InputKind = "url"
	Choice    InputKind = "choice"
	Date      InputKind = "date" // value as 2006-01-02
)

// Card is a message that gonogo keeps true: the anchor of a run or of a
// sign-off, or a message in its thread. It is a pure view of the state.
type Card struct {
	Subject string // key in State.Anchors, "run/ID" or "run/ID/SECTION"
	Parent  string // subject of the card whose thread it stands in; empty: stands in the channel
	Channel string // Slack channel ID
	Reply   Reply
	Final   bool  // nothing about it will change by itself
	Asked   bool  // of a gate run that a person started; others are not held up by many of them
	File    *File // shared in its place, once; where Slack does not take it, Reply is shown
}

// File is a file on gonogo's machine to share.
type File struct {
	Path        string
	Name, Title string // as people see it
}
