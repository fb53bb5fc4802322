package limit

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"gonogo/gates/form/formtest"
)

var formed = []formtest.Value{
	{Into: new(Duration), Takes: []string{"0", "90s", "15m", "24h", "30d", "1h30m", "1.5d", "300ms", "-0s"}, Refuses: []string{"", "5", "a day", "5 m", "1w", "s"}},
	{Into: new(Limit), Takes: []string{"< 3s", "P95 < 100ms", "max <= 2m", ">= 80%", "0", "!= 1e3", " = .5 "}, Refuses: []string{"", "fast", "<", "< 5 s", "P42 < 1s", "=> 4"}},
	{Into: new(Count), Takes: []string{">= 134", "0", "< 5", "==2"}, Refuses: []string{"", "< 5s", ">= 80%", "P95 < 4", "many"}},
	{Into: new(Times), Takes: []string{"< 3s", "P95 < 100ms", "2m"}, Refuses: []string{"", "< 3", "80%", "< 3 seconds"}},
	{Into: new(Share), Takes: []string{">= 80%", "100%", "> 0.5%"}, Refuses: []string{"", ">= 80", "P95 > 5%", "80 %"}},
	{Into: new(Expectation), Takes: []string{"on", "= on", "!= 'off'", "< 100", "true"}, Refuses: []string{"", " "}},
}

func TestForms(t *testing.T) { formtest.Run(t, formed) }

// TestFormsTakeWhatIsRead puts pieces of values together at random.
func TestFormsTakeWhatIsRead(t *testing.T) {
	pieces := strings.Split("<|<=|>|>=|=|==|!=| |P95|max|0|1|05|3.|.5|1e3|0x1p4|-|+|%|s|m|h|d|ms|µs|1h|30d|on|'", "|")
	random := rand.New(rand.NewPCG(1, 2))
	read := 0
	for _, tt := range formed {
		pattern := regexp.MustCompile(tt.Into.Form().Pattern)
		for range 30_000 {
			var text string
			for range 1 + random.IntN(5) {
				text += pieces[random.IntN(len(pieces))]
			}
			if tt.Into.UnmarshalText([]byte(text)) != nil {
				continue
			}
			read++
			if !pattern.MatchString(text) {
				t.Errorf("%s: %q is read, and the pattern does not match it", tt.Into.Form().Name, text)
			}
		}
	}
	if read < 10_000 {
		t.Errorf("only %d texts were read", read)
	}
}
