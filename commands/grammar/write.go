package grammar

import (
	"slices"
	"strings"

	"gonogo/commands/moment"
	"gonogo/commands/reply"
)

// Typed is a command with its usage, as it is shown: "/ready run [ITEM|SECTION|all]".
func (v Command) Typed() string {
	text := "/" + Join(v.Words)
	if v.Usage != "" {
		text += " " + v.Usage
	}
	return text
}

// AsTyped writes an act as a person would type it, without the slash. Reading it
// gives the same act.
func (g *Grammar) AsTyped(a reply.Act) string {
	v, ok := g.Named(a.Verb)
	if !ok {
		return a.Verb
	}
	words := slices.Clone(v.Words)
	if a.Release != "" && !slices.ContainsFunc(v.params, func(p param) bool { return p.name == "VERSION" }) {
		words = slices.Insert(words, 1, a.Release)
	}
	skipped, many, text := false, false, ""
	var absent []string // words of parameters that the act doesn't have
	for _, p := range v.params {
		values := quoteAll(valueOf(a, p.name))
		switch {
		case p.rest && a.Text != "":
			text = written(p.word, a.Text, p.word == "" && (skipped || many && BeginsWithName(a.Text) || beginsWith(a.Text, absent)))
		case len(values) == 0:
			skipped = skipped || p.word == "" && !p.flag
			absent = append(absent, strings.Split(p.word, "|")...)
		case switches[p.name] != nil:
			words = append(words, p.name)
		case p.may && !moment.Reads(a.Until):
			words = append(words, quoteAll([]string{option(p.name) + "=" + a.Until})...)
		case p.name == timeName:
			words = append(words, p.usualWord(), a.Until)
		case p.flag, p.word == "" && skipped:
			words = append(words, quoteAll([]string{option(p.name) + "=" + valueOf(a, p.name)[0]})...)
		case p.word != "":
			words = append(words, p.usualWord(), values[0])
		default:
			many = many || p.many
			words = append(words, values...)
		}
	}
	if text != "" {
		words = append(words, text)
	}
	return Join(words)
}

// written is free text at the end of a command; if literal, it is written so that it
// can't be parsed as something else.
func written(word, text string, literal bool) string {
	parsed := Line{text, scan(text)}
	if literal || word == "" && strings.HasPrefix(text, "-") || endsInSwitch(text) || parsed.rest(0) != text {
		text = "-- " + text
	}
	if word != "" {
		return word + " " + text
	}
	return text
}

// beginsWith reports whether the first word of a text is one of some words.
func beginsWith(text string, words []string) bool {
	first, _, _ := strings.Cut(text, " ")
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, first) })
}

// endsInSwitch reports whether the last word of a text is a switch of some verb.
func endsInSwitch(text string) bool {
	words := scan(text)
	if len(words) == 0 {
		return false
	}
	_, ok := switchOf(words[len(words)-1])
	return ok
}
