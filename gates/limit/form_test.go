package limit

import (
	"encoding"
	"math/rand/v2"
	"regexp"
	"strings"
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
	{new(Duration), []string{"0", "90s", "15m", "24h", "30d", "1h30m", "1.5d", "300ms", "-0s"}, []string{"", "5", "a day", "5 m", "1w", "s"}},
	{new(Limit), []string{"< 3s", "P95 < 100ms", "max <= 2m", ">= 80%", "0", "!= 1e3", " = .5 "}, []string{"", "fast", "<", "< 5 s", "P42 < 1s", "=> 4"}},
	{new(Count), []string{">= 134", "0", "< 5", "==2"}, []string{"", "< 5s", ">= 80%", "P95 < 4", "many"}},
	{new(Times), []string{"< 3s", "P95 < 100ms", "2m"}, []string{"", "< 3", "80%", "< 3 seconds"}},
	{new(Share), []string{">= 80%", "100%", "> 0.5%"}, []string{"", ">= 80", "P95 > 5%", "80 %"}},
	{new(Expectation), []string{"on", "= on", "!= 'off'", "< 100", "true"}, []string{"", " "}},
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

// TestFormsTakeWhatIsRead puts pieces of values together at random.
func TestFormsTakeWhatIsRead(t *testing.T) {
	pieces := strings.Split("<|<=|>|>=|=|==|!=| |P95|max|0|1|05|3.|.5|1e3|0x1p4|-|+|%|s|m|h|d|ms|µs|1h|30d|on|'", "|")
	random := rand.New(rand.NewPCG(1, 2))
	read := 0
	for _, tt := range formed {
		pattern := regexp.MustCompile(tt.value.Form().Pattern)
		for range 30_000 {
			var text string
			for range 1 + random.IntN(5) {
				text += pieces[random.IntN(len(pieces))]
			}
			if tt.value.UnmarshalText([]byte(text)) != nil {
				continue
			}
			read++
			if !pattern.MatchString(text) {
				t.Errorf("%s: %q is read, and the pattern does not match it", tt.value.Form().Name, text)
			}
		}
	}
	if read < 10_000 {
		t.Errorf("only %d texts were read", read)
	}
}
