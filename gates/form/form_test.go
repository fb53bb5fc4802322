package form_test

import (
	"regexp"
	"testing"

	"gonogo/gates/form"
)

func TestAnyCase(t *testing.T) {
	pattern := regexp.MustCompile(form.AnyCase([]string{"A", "MX"}))
	for word, want := range map[string]bool{"A": true, "a": true, "mX": true, "": false, "AA": false, "MXA": false} {
		if got := pattern.MatchString(word); got != want {
			t.Errorf("%q: got %v, want %v", word, got, want)
		}
	}
}
