package report

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"gonogo/phrase"
)

// maxJSONValue is how long a single string, or a value that is kept as it is, may be
// in bytes. The decoder holds it at once, in a buffer that may be twice as long.
const maxJSONValue = 8 << 20

// jsonText reads JSON piece by piece, so that what isn't needed is never held. A name
// that an object has twice is an error: tools differ in which one counts.
type jsonText struct {
	*jsontext.Decoder
	source *jsonSource
}

// jsonSource fails where the decoder would have to hold more than maxJSONValue.
type jsonSource struct {
	io.Reader
	decoder *jsontext.Decoder
	read    int64
}

func newJSONText(text io.Reader) jsonText {
	source := &jsonSource{Reader: text}
	source.decoder = jsontext.NewDecoder(source, jsontext.AllowInvalidUTF8(true))
	return jsonText{source.decoder, source}
}

// Read implements [io.Reader].
func (s *jsonSource) Read(into []byte) (int, error) {
	if s.read-s.decoder.InputOffset() > maxJSONValue {
		return 0, refusal(fmt.Sprintf("a single value in it is larger than %d MiB", maxJSONValue>>20))
	}
	n, err := s.Reader.Read(into)
	s.read += int64(n)
	return n, err
}

// errOtherType says that a value has another type than the format gives it.
var errOtherType = errors.New("another type")

// object reads an object; value reads what stands at a name, all of it. The name is
// only valid until then. Where null stands, there is no object.
func (d jsonText) object(value func(name []byte) error) error {
	switch d.PeekKind() {
	case 'n':
		return d.SkipValue()
	case '{':
	default:
		return d.other()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		if name, err = unquoted(name); err != nil {
			return err
		}
		if err := value(name); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// array reads an array; value reads each of its values. Where null stands, there is
// none.
func (d jsonText) array(value func() error) error {
	switch d.PeekKind() {
	case 'n':
		return d.SkipValue()
	case '[':
	default:
		return d.other()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if err := value(); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// other is the error of a value that has another type than was expected, or what is
// wrong with the text there.
func (d jsonText) other() error {
	if err := d.SkipValue(); err != nil {
		return err
	}
	return errOtherType
}

// text reads a string into a variable; null is the empty one.
func (d jsonText) text(into *string) error {
	if kind := d.PeekKind(); kind != '"' && kind != 'n' {
		return d.other()
	}
	raw, err := d.ReadValue()
	if err != nil || raw.Kind() == 'n' {
		return err
	}
	raw, err = unquoted(raw)
	*into = string(raw)
	return err
}

// number reads a whole number into a variable.
func (d jsonText) number(into *int) error {
	if d.PeekKind() != '0' {
		return d.other()
	}
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	*into = int(token.Int())
	return nil
}

// unquoted is a string without its quotes, in place where it has no escapes.
func unquoted(raw []byte) ([]byte, error) {
	for _, c := range raw[1 : len(raw)-1] {
		if c == '\\' || c >= 0x80 {
			return jsontext.AppendUnquote(nil, raw)
		}
	}
	return raw[1 : len(raw)-1], nil
}

// torn says what is wrong with a text that isn't JSON, or not the format's, and ends with
// what to do.
func (d jsonText) torn(err error, format, advice string) error {
	var own refusal
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, errOtherType) && d.StackPointer() == "":
		return fmt.Errorf("it isn't %s, which begins with {%s", format, advice)
	case errors.Is(err, errOtherType):
		return fmt.Errorf("it isn't %s: %s has the wrong type%s", format, phrase.Excerpt(string(d.StackPointer())), advice)
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return fmt.Errorf("its JSON has the name %s twice%s", phrase.Excerpt(string(syntax.JSONPointer)), advice)
	}
	return fmt.Errorf("its JSON is truncated or invalid at byte %d%s", d.InputOffset(), advice)
}
