package reply

import (
	"strings"
	"time"
)

// Text is a run of spans. Build it with Say.
type Text []Span

// Raw is the words of a text, without markup; a Moment has none.
func (t Text) Raw() string {
	var b strings.Builder
	for _, span := range t {
		b.WriteString(span.Text)
	}
	return b.String()
}

// Span is a piece of text with one meaning.
type Span struct {
	Kind SpanKind
	Text string    // what is shown; for people, channels and times, only where Ref can't be resolved
	Ref  string    // the ID or address that the span refers to
	At   time.Time // for Moment and Ago
}

// SpanKind is the meaning of a span.
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
			panic("reply.Say takes strings, spans and texts")
		}
	}
	return text
}

// Bold marks s as important.
func Bold(s string) Span { return Span{Kind: Strong, Text: s} }

// Typed marks s as something to type or an identifier.
func Typed(s string) Span { return Span{Kind: Code, Text: s} }

// hostPrefix begins the ledger's name for a user of the bot's host. No Slack user ID
// has a colon.
const hostPrefix = "host:"

// HostUser is the ledger's name for a user of the bot's host.
func HostUser(name string) string { return hostPrefix + name }

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
