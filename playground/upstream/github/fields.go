package github

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// fields are the fields of a request's JSON object. An operation takes those it
// knows and then asks for everything that is wrong.
type fields struct {
	resource string // what GitHub calls it, such as Issue
	left     map[string]json.RawMessage
	faults   []invalid
}

func (r *request) fields(resource string) (*fields, error) {
	f := &fields{resource: resource}
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	if err := decoder.Decode(&f.left); err != nil {
		return nil, badRequest("Problems parsing JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, badRequest("Problems parsing JSON")
	}
	if f.left == nil {
		return nil, badRequest("Body should be a JSON object")
	}
	return f, nil
}

// take decodes a field if there is one. A null is given, and leaves what is
// decoded into as it was.
func (f *fields) take(name string, into any) (given bool) {
	raw, given := f.left[name]
	delete(f.left, name)
	if given && json.Unmarshal(raw, into) != nil {
		f.fault(name, "invalid", "")
		return false
	}
	return given
}

// text takes a string of at most so many characters.
func (f *fields) text(name string, most int) (text string, given bool) {
	given = f.take(name, &text)
	if utf8.RuneCountInString(text) > most {
		f.tooLong(name, most)
	}
	return text, given
}

// choice takes one of some words. It is empty where there is none, or a null.
func (f *fields) choice(name string, words ...string) string {
	var word *string
	f.take(name, &word)
	if word == nil {
		return ""
	}
	if !slices.Contains(words, *word) {
		f.fault(name, "invalid", "")
	}
	return *word
}

func (f *fields) fault(name, code, message string) {
	f.faults = append(f.faults, invalid{f.resource, name, code, message})
}

// err is what is wrong with the fields taken, and those that nobody took.
func (f *fields) err() error {
	for _, name := range slices.Sorted(maps.Keys(f.left)) {
		f.fault(name, "invalid", name+" is not a field that the practice GitHub knows here")
	}
	if len(f.faults) > 0 {
		return invalidFields(f.faults...)
	}
	return nil
}
