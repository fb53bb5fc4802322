package metrics

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonogo/gates/limit"
)

// Comparison is a comparison with a number in a query, the number on its right.
type Comparison struct {
	Op     string // ==, !=, <, <=, > or >=
	Number float64
}

// String is the comparison as people write it.
func (c Comparison) String() string { return c.Op + " " + strconv.FormatFloat(c.Number, 'g', -1, 64) }

// meets reports whether this is the threshold that is wanted. One in percent may stand
// in the query as a share or as a percentage: 80% is 0.8 or 80.
func (c Comparison) meets(threshold limit.Limit) bool {
	op, number := threshold.Comparison()
	if op == "=" {
		op = "=="
	}
	return c.Op == op && (same(c.Number, number) || threshold.Unit() == "%" && same(100*c.Number, number))
}

func same(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b)) }

// Comparisons finds the comparisons with plain numbers in a query, wherever they stand.
// all is false if there are others too, whose threshold is worked out.
func Comparisons(query string) (found []Comparison, all bool) {
	tokens := scan(query)
	all = true
	for i, t := range tokens {
		if !compares(t.text) || t.kind != sign {
			continue
		}
		if n, ok := numberAfter(tokens[i+1:]); ok {
			found = append(found, Comparison{t.text, n})
		} else if n, ok := numberBefore(tokens[:i]); ok {
			found = append(found, Comparison{flipped(t.text), n})
		} else {
			all = false
		}
	}
	return found, all
}

// ReadsRange reports whether a query reads samples of a span of time, as rate(x[5m])
// does. It goes on giving numbers for as long after its target has died.
func ReadsRange(query string) bool {
	return slices.ContainsFunc(scan(query), func(t token) bool { return t.kind == span })
}

func compares(op string) bool {
	return slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, op)
}

func flipped(op string) string {
	return strings.NewReplacer("<", ">", ">", "<").Replace(op)
}

// numberAfter is the number that tokens begin with, if it is the whole right side of a
// comparison.
func numberAfter(tokens []token) (float64, bool) {
	negative := false
	for i, t := range tokens {
		switch {
		case i == 0 && t.word("bool"):
		case t.kind == sign && (t.text == "-" || t.text == "+") && i < 2:
			negative = negative != (t.text == "-")
		case t.kind == number:
			n, err := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
			if negative {
				n = -n
			}
			return n, err == nil && (i+1 == len(tokens) || ends(tokens[i+1]))
		default:
			return 0, false
		}
	}
	return 0, false
}

// numberBefore is the number that tokens end with, if it is the whole left side.
func numberBefore(tokens []token) (float64, bool) {
	last := len(tokens) - 1
	if last < 0 || tokens[last].kind != number || last > 0 && !begins(tokens[last-1]) {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(tokens[last].text, "_", ""), 64)
	return n, err == nil
}

// ends reports whether an operand ends before a token: what follows binds no tighter
// than a comparison.
func ends(t token) bool {
	return t.text == ")" || t.text == "," || t.kind == sign && compares(t.text) || t.word("and") || t.word("or") || t.word("unless")
}

func begins(t token) bool {
	return t.text == "(" || t.text == "," || t.word("and") || t.word("or") || t.word("unless")
}

// The kinds of tokens.
const (
	sign   = iota // an operator, a parenthesis or a comma
	number        // a number without a unit
	word          // a name, or a number with a unit
	span          // [ … ]
	other         // a string, or { … }
)

type token struct {
	kind int
	text string
}

func (t token) word(text string) bool { return t.kind == word && strings.EqualFold(t.text, text) }

var (
	lexemes = regexp.MustCompile(`^(?:#[^\n]*|\s+)|^(?:==|!=|<=|>=|=~|!~|[-+*/%^<>=(),@:])|^(?:[0-9][0-9A-Za-z_.]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9A-Za-z_]*(?:[eE][-+][0-9]+)?)|^[A-Za-z_][0-9A-Za-z_:.]*`)
	numbers = regexp.MustCompile(`^(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?$`)
)

// scan splits a query into tokens. What isn't PromQL becomes other tokens: Prometheus
// itself has read the query before, so nothing here needs to refuse it.
func scan(query string) []token {
	var tokens []token
	for query != "" {
		text := lexemes.FindString(query)
		t := token{sign, text}
		switch first := query[0]; {
		case first == '"' || first == '\'' || first == '`':
			t = token{other, quoted(query)}
		case first == '{':
			t = token{other, enclosed(query, '}')}
		case first == '[':
			t = token{span, enclosed(query, ']')}
		case text == "":
			t = token{other, query[:1]}
		case first == '#' || strings.TrimSpace(text) == "":
			query = query[len(text):]
			continue
		case numbers.MatchString(text):
			t.kind = number
		case first == '_' || first >= '0' && first <= '9' || first == '.' || first|0x20 >= 'a' && first|0x20 <= 'z':
			t.kind = word
		}
		tokens, query = append(tokens, t), query[len(t.text):]
	}
	return tokens
}

// quoted is the string that a query begins with.
func quoted(query string) string {
	for i := 1; i < len(query); i++ {
		switch {
		case query[i] == '\\' && query[0] != '`':
			i++
		case query[i] == query[0]:
			return query[:i+1]
		}
	}
	return query
}

// enclosed is what a query begins with up to a closing sign outside of strings.
func enclosed(query string, closing byte) string {
	for i := 1; i < len(query); i++ {
		switch query[i] {
		case closing:
			return query[:i+1]
		case '"', '\'', '`':
			i += len(quoted(query[i:])) - 1
		}
	}
	return query
}
