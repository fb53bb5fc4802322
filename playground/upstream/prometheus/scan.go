package prometheus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Fault is what is wrong with a query's text.
type Fault struct {
	Line, Column int // of the place, from 1
	Text         string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%d:%d: parse error: %s", f.Line, f.Column, f.Text)
}

// fault places a sentence in a query.
func fault(query string, at int, format string, args ...any) *Fault {
	before := query[:min(at, len(query))]
	line := strings.Count(before, "\n")
	return &Fault{line + 1, len(before) - strings.LastIndex(before, "\n"), fmt.Sprintf(format, args...)}
}

// unknown refuses what PromQL has and this package has not.
func unknown(query string, at int, what string) *Fault {
	return fault(query, at, "this practice Prometheus does not know %s", what)
}

type tokenKind int

const (
	endToken tokenKind = iota
	nameToken
	numberToken
	durationToken
	textToken // a string literal; token.text is what it says
	signToken
)

type token struct {
	kind tokenKind
	text string
	at   int
}

// is reports whether the token is this sign.
func (t token) is(sign string) bool { return t.kind == signToken && t.text == sign }

// word reports whether the token is this keyword, which may be written in any
// case.
func (t token) word(keyword string) bool {
	return t.kind == nameToken && strings.EqualFold(t.text, keyword)
}

// shapes are what tokens look like. The first that fits is taken.
var shapes = []struct {
	kind  tokenKind
	shape *regexp.Regexp
}{
	{durationToken, regexp.MustCompile(`^(?:[0-9]+(?:ms|[smhdwy]))+`)},
	{numberToken, regexp.MustCompile(`^(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)`)},
	{nameToken, regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)},
	{textToken, regexp.MustCompile("^(?s:\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'|`[^`]*`)")},
	{signToken, regexp.MustCompile(`^(?:==|!=|>=|<=|=~|!~|[-+*/%^<>=(){}\[\],:@])`)},
}

var blank = regexp.MustCompile(`^(?:\s+|#[^\n]*)+`)

// scan cuts a query into tokens, with an endToken at the end.
func scan(query string) ([]token, error) {
	var tokens []token
	at := 0
	for {
		at += len(blank.FindString(query[at:]))
		if at == len(query) {
			return append(tokens, token{endToken, "", at}), nil
		}
		next, length, err := scanOne(query, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, next)
		at += length
	}
}

func scanOne(query string, at int) (token, int, error) {
	for _, s := range shapes {
		text := s.shape.FindString(query[at:])
		if text == "" {
			continue
		}
		t := token{s.kind, text, at}
		switch s.kind {
		case durationToken, numberToken:
			if at+len(text) < len(query) && continues.MatchString(query[at+len(text):]) {
				return token{}, 0, fault(query, at, "bad number or duration syntax: %q", text+query[at+len(text):at+len(text)+1])
			}
		case textToken:
			said, err := unquote(text)
			if err != nil {
				return token{}, 0, fault(query, at, "the string %s cannot be read", text)
			}
			t.text = said
		}
		return t, len(text), nil
	}
	return token{}, 0, fault(query, at, "unexpected character: %q", []rune(query[at:])[0])
}

var continues = regexp.MustCompile(`^[a-zA-Z0-9_.]`)

// unquote reads a string literal, whose escapes are Go's
// (https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals).
func unquote(text string) (string, error) {
	if text[0] != '\'' {
		return strconv.Unquote(text)
	}
	var said strings.Builder
	for rest := text[1 : len(text)-1]; rest != ""; {
		r, wide, tail, err := strconv.UnquoteChar(rest, '\'')
		if err != nil {
			return "", err
		}
		if wide {
			said.WriteRune(r)
		} else {
			said.WriteByte(byte(r))
		}
		rest = tail
	}
	return said.String(), nil
}

// units are those of durations; a day always has 24 hours
// (https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations).
var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
}

var (
	durationShape = regexp.MustCompile(`^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$`)
	durationPart  = regexp.MustCompile(`([0-9]+)(ms|[smhdwy])`)
)

// longest is the longest duration that is taken. It keeps sums of times far
// from overflowing.
const longest = 100 * 365 * 24 * time.Hour

// parseDuration reads durations like 5m or 1h30m: the greater units first,
// each at most once.
func parseDuration(text string) (time.Duration, error) {
	if text == "" || !durationShape.MatchString(text) {
		return 0, fmt.Errorf("not a valid duration string: %q", text)
	}
	var sum time.Duration
	for _, part := range durationPart.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil || n > int64((longest-sum)/units[part[2]]) {
			return 0, fmt.Errorf("the duration %q is too long", text)
		}
		sum += time.Duration(n) * units[part[2]]
	}
	return sum, nil
}
