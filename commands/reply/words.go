package reply

import (
	"fmt"
	"strings"
)

// By names who did something, " by @somebody"; for gonogo itself it is empty.
func By(user string) Text {
	if user == "" {
		return nil
	}
	return Say(" by ", User(user))
}

// Sentence ends a text so that another can follow.
func Sentence(text string) string {
	if strings.HasSuffix(text, "…") || strings.HasSuffix(text, ".") {
		return text + " "
	}
	return text + ". "
}

// Percent writes a percentage that is never rounded up to 100 %.
func Percent(p float64) string {
	switch {
	case p >= 100:
		return "100 %"
	case p > 99:
		return "99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}

// Shorten is a text of at most so many letters; a longer one ends in "…". It cuts within
// words, so that as much of a title as fits is shown; phrase.ShortenAtWord does not.
func Shorten(text string, letters int) string {
	runes := []rune(text)
	if len(runes) <= letters {
		return text
	}
	return string(runes[:letters-1]) + "…"
}

// TypedList names things to type: "modules, tests and day-1".
func TypedList(names []string) Text {
	var text Text
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			text = append(text, Say(" and ")...)
		case i > 0:
			text = append(text, Say(", ")...)
		}
		text = append(text, Say(Typed(name))...)
	}
	return text
}

// Capital begins a text with a capital letter.
func Capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
