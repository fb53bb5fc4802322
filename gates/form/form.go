// Package form describes how the values of settings are written: a duration, a limit,
// one of a few words.
//
// A type that reads a value of its own from a configuration implements [Formed]. The
// documentation prints the name of its [Form], and the schema of a configuration gives
// editors the pattern. A form doesn't judge values: the type's UnmarshalText decides
// what is accepted, and tests check that the two agree. A type that accepts several
// shapes, such as one word or a list of words, has [Shapes] instead.
package form

import (
	"errors"
	"reflect"
	"strings"
)

// Form is how one value is written.
type Form struct {
	Name    string   // in words, such as duration
	Pattern string   // regular expression that ECMA-262 and Go share; it matches all that is read, and little else
	Words   []string // the words that it may be, where they are few
	Zero    bool     // 0 without quotes is one too
	Number  bool     // any number without quotes is
	Truth   bool     // true and false without quotes are
}

// AnyCase is a pattern of words, in capitals or not.
func AnyCase(words []string) string {
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

// Formed is a type of settings that reads a value of its own.
type Formed interface{ Form() Form }

// Of returns how a value of a type is written; ok is false for types that read no
// value of their own.
func Of(t reflect.Type) (form Form, ok bool) {
	formed, ok := reflect.Zero(t).Interface().(Formed)
	if !ok {
		return form, false
	}
	return formed.Form(), true
}

// errShown stops a type from reading, once it has shown into what.
var errShown = errors.New("the shape was shown")

// Shapes are the types of which a type of settings reads one or the other; there
// are none for other types.
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
