package gates

import (
	"errors"
	"reflect"
	"strings"
)

// Form is how one value is written. Pages tell people of it, and the schema of a
// configuration tells editors.
type Form struct {
	Name    string   // in words, such as duration
	Pattern string   // regular expression that ECMA-262 and Go share; it matches all that is read, and little else
	Words   []string // the words that it may be, where they are few
	Zero    bool     // 0 without quotes is one too
	Number  bool     // any number without quotes is
	Truth   bool     // true and false without quotes are
}

// Formed is what a type of settings implements that reads a value of its own.
type Formed interface{ Form() Form }

// FormOf is how a value of a type is written; ok is false for types that read no
// value of their own.
func FormOf(t reflect.Type) (form Form, ok bool) {
	formed, ok := reflect.Zero(t).Interface().(Formed)
	if !ok {
		return form, false
	}
	return formed.Form(), true
}

// errShown stops a type from reading, once it has shown into what.
var errShown = errors.New("the shape was shown")

// Shapes are the types of which a type of settings reads one or the other, such
// as one word or a list of words; there are none for other types.
func Shapes(t reflect.Type) (shapes []reflect.Type) {
	several, ok := reflect.New(t).Interface().(interface {
		Decode(decode func(any) error) error
	})
	if !ok {
		return nil
	}
	_ = several.Decode(func(into any) error {
		shapes = append(shapes, reflect.TypeOf(into).Elem())
		return errShown
	})
	return shapes
}

// The parts of patterns. What strconv.ParseFloat and time.ParseDuration read is
// wider than what people write.
const (
	patternNumber = `[-+]?([0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?|\.[0-9]+([eE][-+]?[0-9]+)?|0[xX][0-9A-Fa-f_.]+[pP][-+]?[0-9]+)`
	patternSpan   = `[-+]?[0-9.][0-9A-Za-zµμ_.+-]*(s|m|h|d)`
	patternSign   = `(<=|>=|==|!=|<|>|=)?\s*`
	patternWhich  = `([pP](50|90|95|99)\s+|[mM][aA][xX]\s+)?`
)

// Form implements [Formed].
func (Duration) Form() Form {
	return Form{Name: "duration", Pattern: `^([-+]?0|` + patternSpan + `)$`, Zero: true}
}

// Form implements [Formed].
func (Limit) Form() Form {
	return Form{Name: "limit", Pattern: `^\s*` + patternWhich + patternSign + `(` + patternNumber + `%?|` + patternSpan + `)\s*$`, Number: true}
}

// Form implements [Formed].
func (Count) Form() Form {
	return Form{Name: "limit of a count", Pattern: `^\s*` + patternSign + patternNumber + `\s*$`, Number: true}
}

// Form implements [Formed].
func (Times) Form() Form {
	return Form{Name: "limit of a time", Pattern: `^\s*` + patternWhich + patternSign + patternSpan + `\s*$`}
}

// Form implements [Formed].
func (Share) Form() Form {
	return Form{Name: "limit of a share", Pattern: `^\s*` + patternSign + patternNumber + `%\s*$`}
}

// Form implements [Formed].
func (Expectation) Form() Form {
	return Form{Name: "limit or word", Pattern: `\S`, Number: true, Truth: true}
}

// Form implements [Formed].
func (tlsProtocol) Form() Form {
	return Form{Name: `"1.0", "1.1", "1.2" or "1.3"`, Words: []string{"1.0", "1.1", "1.2", "1.3"}, Pattern: `^([tT][lL][sS])?\s*1\.[0-3]\s*$`, Number: true}
}

// anyCase is a pattern of words, in capitals or not.
func anyCase(words []string) string {
	var all []string
	for _, word := range words {
		var b strings.Builder
		for _, letter := range word {
			b.WriteString("[" + strings.ToLower(string(letter)) + strings.ToUpper(string(letter)) + "]")
		}
		all = append(all, b.String())
	}
	return `^(` + strings.Join(all, "|") + `)$`
}
