package gates

import (
	"encoding"
	"regexp"
	"testing"

	"gonogo/gates/form"
)

// formed are the types that read one value, each with texts that it takes and
// texts that it refuses.
var formed = []struct {
	value interface {
		encoding.TextUnmarshaler
		form.Formed
	}
	takes, refuses []string
}{
	{new(tlsProtocol), []string{"1.0", "1.3", "TLS 1.2", "tls1.1"}, []string{"", "1.4", "2", "SSL 3.0"}},
	{new(recordType), []string{"A", "aaaa", "Mx"}, []string{"", "AAA", "PTR"}},
}

// TestForms holds patterns to what the types read: what is read is matched, and
// the plain slips are not.
func TestForms(t *testing.T) {
	for _, tt := range formed {
		written := tt.value.Form()
		pattern := regexp.MustCompile(written.Pattern)
		for _, text := range tt.takes {
			if err := tt.value.UnmarshalText([]byte(text)); err != nil || !pattern.MatchString(text) {
				t.Errorf("%s: %q gives %v, and the pattern matches: %t", written.Name, text, err, pattern.MatchString(text))
			}
		}
		for _, text := range tt.refuses {
			if err := tt.value.UnmarshalText([]byte(text)); err == nil || pattern.MatchString(text) {
				t.Errorf("%s: %q gives %v, and the pattern matches: %t", written.Name, text, err, pattern.MatchString(text))
			}
		}
	}
}
