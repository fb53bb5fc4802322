// Package formtest holds a form to the type that it describes. The tests of every
// package whose settings have forms call it; it stores nothing.
package formtest

import (
	"encoding"
	"regexp"
	"testing"

	"gonogo/gates/form"
)

// Value is a type that reads one value, with texts that it takes and texts that it
// refuses.
type Value struct {
	Into interface {
		encoding.TextUnmarshaler
		form.Formed
	}
	Takes, Refuses []string
}

// Run holds patterns to what the types read: what is read is matched, and the plain
// slips are not.
func Run(t *testing.T, values []Value) {
	t.Helper()
	for _, v := range values {
		written := v.Into.Form()
		pattern := regexp.MustCompile(written.Pattern)
		for want, texts := range map[bool][]string{true: v.Takes, false: v.Refuses} {
			for _, text := range texts {
				err, matches := v.Into.UnmarshalText([]byte(text)), pattern.MatchString(text)
				if (err == nil) != want || matches != want {
					t.Errorf("%s: %q gives %v, and the pattern matches: %t", written.Name, text, err, matches)
				}
			}
		}
	}
}
