package limit

import (
	"fmt"
	"strings"
)

// Expectation is the expected value: a limit for a number ("< 100", ">= 80%", "< 2h" of
// seconds), otherwise a word that it is or isn't ("on", "= on", "!= 'off'").
type Expectation struct {
	Limit
	word   string // without quotes; "": a number is expected
	isWord bool
}

// UnmarshalText reads an expectation. What looks like a number is one, unless
// it is quoted within the text.
func (e *Expectation) UnmarshalText(text []byte) error {
	if e.Limit.UnmarshalText(text) == nil {
		if e.Percentile != 0 {
			return fmt.Errorf("%q isn't a limit of a value; there is only one value, so remove the percentile", text)
		}
		return nil
	}
	written := strings.TrimSpace(string(text))
	op, word := "=", written
	for _, sign := range []string{"!=", "==", "="} {
		if rest, ok := strings.CutPrefix(written, sign); ok {
			op, word = strings.Replace(sign, "==", "=", 1), strings.TrimSpace(rest)
			break
		}
	}
	bare := strings.Trim(word, `'"`)
	if word == "" || bare == word && strings.ContainsAny(word[:1], "<>=!") {
		return fmt.Errorf("%q isn't a limit of a value; write it like < 100, = on or != 'off'", text)
	}
	*e = Expectation{Limit: Limit{Text: written, op: op}, word: bare, isWord: true}
	return nil
}

// Meets compares a text; fits is false if a number is expected and it is none.
func (e Expectation) Meets(got string) (ok, fits bool) {
	if e.isWord {
		return (got == e.word) == (e.op == "="), true
	}
	return e.Limit.Meets(got)
}
