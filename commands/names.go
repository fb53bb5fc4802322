package commands

import (
	"regexp"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/readiness"
)

// kept are words that no verb has and that still must not name anything: the
// release that opens by itself, and what is kept free for verbs to come.
var kept = []string{cards.FirstRelease, "freeze", "unfreeze", "lift"}

// Reserved lists the words of all verbs and of what follows them, which an
// environment, an item, a runbook or a release must not be named: whatever is
// typed then means one thing.
func Reserved() []string {
	words := append(slices.Clone(kept), Keywords()...)
	for _, v := range list() {
		words = append(words, v.words...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// Keywords lists the words that mean something after a verb, such as until and
// all. A section is only ever named there, so these are all that it must not be
// named.
func Keywords() []string {
	var words []string
	for _, v := range list() {
		words = append(words, literals(v.usage+" "+v.options)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// literals are the words in small letters of a usage: "until", "all".
func literals(usage string) []string {
	var words []string
	for _, word := range strings.FieldsFunc(usage, func(r rune) bool { return strings.ContainsRune(" []|", r) }) {
		if strings.ToLower(word) == word && !strings.HasPrefix(word, "--") {
			words = append(words, word)
		}
	}
	return words
}

// Roots are the first words of what can be said: Slack's slash commands.
func Roots() []string {
	var roots []string
	for _, v := range list() {
		if !slices.Contains(roots, v.words[0]) {
			roots = append(roots, v.words[0])
		}
	}
	return roots
}

// Usage is what can follow a verb, "[SECTION|ITEM|sections]".
func Usage(name string) string {
	v, _ := verbNamed(name)
	return v.usage
}

var optional = regexp.MustCompile(` ?\[[^\]]*\]`)

// Hint is what Slack shows while a slash command is typed: its verbs with what
// they cannot do without. What buttons do is left out.
func Hint(root string) string {
	var hints []string
	for _, v := range list() {
		switch {
		case v.words[0] != root || v.byButton:
		case len(v.words) == 1:
			hints = append(hints, v.usage)
		default:
			hints = append(hints, strings.TrimSpace(join(v.words[1:])+" "+strings.TrimSpace(optional.ReplaceAllString(v.usage, ""))))
		}
	}
	return strings.Join(hints, " | ")
}

// Completions are the words that can follow a verb: those that its usage spells
// out, and the names of sections and items where it takes them.
func Completions(name string, c *readiness.Checklist) []string {
	v, _ := verbNamed(name)
	words := literals(v.usage)
	if !v.takes(itemsName) {
		return words
	}
	for _, section := range c.AllSections() {
		if strings.Contains(v.usage, "SECTION") {
			words = append(words, section.ID)
		}
		for _, it := range section.Items {
			words = append(words, it.ID)
		}
	}
	return words
}
