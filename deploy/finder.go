package deploy

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"gonogo/phrase"
)

// Finder finds values in a text: by a path in JSON, or by a pattern.
type Finder struct {
	text    string
	path    []string
	pattern *regexp.Regexp
}

// pathShape is a path in JSON of keys and places in lists; * is every place.
var pathShape = regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[([0-9]{1,4}|\*)\])+$`)

var pathSteps = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*|[0-9]+|\*`)

// NewFinder reads a path or a pattern with one group; ok is false if it is neither.
func NewFinder(text string) (f *Finder, ok bool) {
	if pathShape.MatchString(text) {
		return &Finder{text: text, path: pathSteps.FindAllString(text, -1)}, true
	}
	pattern, err := regexp.Compile(text)
	if err != nil || pattern.NumSubexp() != 1 {
		return nil, false
	}
	return &Finder{text: text, pattern: pattern}, true
}

// Pattern reports whether it is a pattern.
func (f *Finder) Pattern() bool { return f.pattern != nil }

// Version finds the one version in a text: if it is there several times, all must be the
// same.
func (f *Finder) Version(text string) (string, error) {
	found, err := f.Find(text)
	if err != nil {
		return "", err
	}
	for _, version := range found {
		switch {
		case !SafeVersion(version):
			return "", failed("%q is no version", phrase.Excerpt(version))
		case version != found[0]:
			return "", failed("it has both %s and %s", found[0], version)
		}
	}
	return found[0], nil
}

// Find finds the values, at least one. JSON begins in the first line that begins with a
// bracket, so that a warning before it does no harm, and goes on to the end.
func (f *Finder) Find(printed string) (found []string, err error) {
	if f.pattern != nil {
		for _, match := range f.pattern.FindAllStringSubmatch(printed, -1) {
			found = append(found, strings.TrimSpace(match[1]))
		}
		if len(found) == 0 {
			return nil, failed("nothing in it matches %s", f.text)
		}
		return found, nil
	}
	value, err := inJSON(printed)
	if err != nil {
		return nil, err
	}
	for _, value := range within([]any{value}, f.path) {
		switch value := value.(type) {
		case string:
			found = append(found, strings.TrimSpace(value))
		case json.Number:
			found = append(found, value.String())
		default:
			return nil, failed("it has no text at %s", f.text)
		}
	}
	if len(found) == 0 {
		return nil, failed("it has nothing at %s", f.text)
	}
	return found, nil
}

var jsonBegins = regexp.MustCompile(`(?m)^\s*[{\[]`)

func inJSON(printed string) (value any, err error) {
	at := jsonBegins.FindStringIndex(printed)
	if at == nil {
		return nil, failed("it isn't JSON")
	}
	d := json.NewDecoder(bytes.NewReader([]byte(printed[at[0]:])))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, failed("it isn't JSON: %v", err)
	}
	if d.More() {
		return nil, failed("something follows its JSON; print nothing after it, also on standard error")
	}
	return value, nil
}

// within are the values at the end of a path; nil where a value has nothing there.
func within(values []any, path []string) []any {
	for _, step := range path {
		var next []any
		for _, value := range values {
			switch value := value.(type) {
			case map[string]any:
				next = append(next, value[step])
			case []any:
				next = append(next, places(value, step)...)
			default:
				next = append(next, nil)
			}
		}
		values = next
	}
	return values
}

// places are the values at a place of a list, or at all of them.
func places(list []any, step string) []any {
	n, err := strconv.Atoi(step)
	switch {
	case step == "*":
		return list
	case err == nil && n < len(list):
		return list[n : n+1]
	}
	return []any{nil}
}
