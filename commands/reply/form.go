package reply

// Form asks a person for values. Submitting it runs Act, with the values.
type Form struct {
	Title  string // at most 24 characters
	Submit string // label of the button; at most 24 characters
	Act    Act    // with what is known already, so that running it again opens the same form
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

// InputKind is the kind of value that an input takes.
type InputKind string

// The kinds of inputs.
const (
	ShortText InputKind = "text"
	LongText  InputKind = "long_text"
	URL       InputKind = "url"
	Choice    InputKind = "choice"
	Date      InputKind = "date" // value as 2006-01-02
)
