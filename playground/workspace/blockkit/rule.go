package blockkit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// check is one look at the blocks of one message or view.
type check struct {
	surface  Surface
	kinds    map[string]kind // of blocks; held here since containers hold blocks, and the table cannot name itself
	blockIDs map[string]bool
	tables   int
	faults   []Fault
}

func newCheck(surface Surface) *check {
	return &check{surface: surface, kinds: kinds, blockIDs: map[string]bool{}}
}

func (c *check) fault(at, text string, about ...any) {
	c.faults = append(c.faults, Fault{Text: fmt.Sprintf(text, about...), Pointer: at})
}

// rule says what one value must be like. It is given the value's place.
type rule func(c *check, at string, v any)

// fields are the rules for the fields of an object.
type fields map[string]rule

// shape is the rule for an object: the fields it must and may have, and what else holds between them. Every object may have a type,
// which whoever chose the shape has looked at.
type shape struct {
	must, may fields
	also      []func(c *check, at string, o map[string]any)
}

func (s shape) check(c *check, at string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		c.fault(at, "must be an object")
		return
	}
	for _, name := range sorted(s.must) {
		if o[name] == nil {
			c.fault(at, "missing required field: %s", name)
		}
	}
	for _, name := range sorted(o) {
		r, known := s.must[name]
		if !known {
			r, known = s.may[name]
		}
		switch {
		case name == "type" || known && o[name] == nil:
		case !known:
			c.fault(at, "invalid additional property: %s", name)
		default:
			r(c, at+"/"+name, o[name])
		}
	}
	for _, holds := range s.also {
		holds(c, at, o)
	}
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// with is a set of fields and some more.
func (f fields) with(more fields) fields {
	all := fields{}
	for _, set := range []fields{f, more} {
		for name, r := range set {
			all[name] = r
		}
	}
	return all
}

// words is a string of a length.
func words(least, most int) rule {
	return func(c *check, at string, v any) {
		s, ok := v.(string)
		n := utf8.RuneCountInString(s)
		switch {
		case !ok:
			c.fault(at, "must be a string")
		case n < least:
			c.fault(at, "must be more than %d characters", least-1)
		case n > most:
			c.fault(at, "must be less than %d characters", most+1)
		}
	}
}

// pattern is a string in a form, which what describes.
func pattern(form, what string) rule {
	matches := regexp.MustCompile(form).MatchString
	return func(c *check, at string, v any) {
		if s, ok := v.(string); !ok || !matches(s) {
			c.fault(at, "must be %s", what)
		}
	}
}

// oneOf is one of some strings.
func oneOf(choices ...string) rule {
	return func(c *check, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(choices, s) {
			c.fault(at, "must be one of: %s", strings.Join(choices, ", "))
		}
	}
}

func flag(c *check, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.fault(at, "must be a boolean")
	}
}

// whole is a whole number within limits.
func whole(least, most int64) rule {
	return func(c *check, at string, v any) {
		n, ok := v.(float64)
		switch {
		case !ok || n != float64(int64(n)):
			c.fault(at, "must be an integer")
		case int64(n) < least:
			c.fault(at, "must be greater than or equal to %d", least)
		case int64(n) > most:
			c.fault(at, "must be less than or equal to %d", most)
		}
	}
}

func number(c *check, at string, v any) {
	if _, ok := v.(float64); !ok {
		c.fault(at, "must be a number")
	}
}

// list is an array of so many items, each under a rule.
func list(least, most int, item rule) rule {
	return func(c *check, at string, v any) {
		items, ok := v.([]any)
		switch {
		case !ok:
			c.fault(at, "must be an array")
			return
		case len(items) > most:
			c.fault(at, "no more than %d items allowed", most)
			return
		case len(items) < least:
			c.fault(at, "no fewer than %d items allowed", least)
			return
		}
		for i, v := range items {
			item(c, fmt.Sprintf("%s/%d", at, i), v)
		}
	}
}

// typed is an object whose type chooses its rule.
func typed(shapes map[string]rule) rule {
	return func(c *check, at string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			c.fault(at, "must be an object")
			return
		}
		if o["type"] == nil {
			c.fault(at, "missing required field: type")
			return
		}
		name, _ := o["type"].(string)
		r, ok := shapes[name]
		if !ok {
			c.fault(at+"/type", "unsupported type: %v", o["type"])
			return
		}
		r(c, at, v)
	}
}

// object is the rule of a shape.
func object(s shape) rule { return s.check }

// oneFieldOf holds when exactly one of some fields is there.
func oneFieldOf(names ...string) func(c *check, at string, o map[string]any) {
	return func(c *check, at string, o map[string]any) {
		n := 0
		for _, name := range names {
			if o[name] != nil {
				n++
			}
		}
		switch {
		case n == 0:
			c.fault(at, "missing required field: %s", names[0])
		case n > 1:
			c.fault(at, "only one of these fields is allowed: %s", strings.Join(names, ", "))
		}
	}
}

// someFieldOf holds when at least one of some fields is there.
func someFieldOf(names ...string) func(c *check, at string, o map[string]any) {
	return func(c *check, at string, o map[string]any) {
		if !slices.ContainsFunc(names, func(name string) bool { return o[name] != nil }) {
			c.fault(at, "missing required field: %s", names[0])
		}
	}
}

// notTogether holds when at most one of two fields is there.
func notTogether(a, b string) func(c *check, at string, o map[string]any) {
	return func(c *check, at string, o map[string]any) {
		if o[a] != nil && o[b] != nil {
			c.fault(at, "only one of these fields is allowed: %s, %s", a, b)
		}
	}
}

// Text objects (docs.slack.dev/reference/block-kit/composition-objects/text-object).

func plain(most int) rule {
	return typed(map[string]rule{"plain_text": plainText(most)})
}

func anyText(most int) rule {
	return typed(map[string]rule{"plain_text": plainText(most), "mrkdwn": markdownText(most)})
}

func plainText(most int) rule {
	return object(shape{must: fields{"text": words(1, most)}, may: fields{"emoji": flag}})
}

func markdownText(most int) rule {
	return object(shape{must: fields{"text": words(1, most)}, may: fields{"verbatim": flag}})
}
