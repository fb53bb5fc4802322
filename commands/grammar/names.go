package grammar

import (
	"gonogo/readiness/checklist"
	"regexp"
	"slices"
	"strings"
)

// Reserved lists the words of all verbs and of their usages, which may not be the name
// of an environment, item, runbook or release, so that whatever is typed has one
// meaning.
func (g *Grammar) Reserved() []string {
	words := append(slices.Clone(g.kept), g.Keywords()...)
	for _, v := range g.commands {
		words = append(words, v.Words...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// Keywords lists the words that have a meaning after a verb, such as until and all. A
// section is only ever named after a verb, so only these may not be its name.
func (g *Grammar) Keywords() []string {
	var words []string
	for _, v := range g.commands {
		words = append(words, literals(v.Usage+" "+v.Options)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// Roots are the first words of what can be said: Slack's slash commands.
func (g *Grammar) Roots() []string {
	var roots []string
	for _, v := range g.commands {
		if !slices.Contains(roots, v.Words[0]) {
			roots = append(roots, v.Words[0])
		}
	}
	return roots
}

// Usage is what can follow a verb, "[SECTION|ITEM|sections]".
func (g *Grammar) Usage(name string) string {
	v, _ := g.Named(name)
	return v.Usage
}

var optional = regexp.MustCompile(` ?\[[^\]]*\]`)

// Hint is what Slack shows while a slash command is typed: its verbs with their
// required parameters, without those for buttons.
func (g *Grammar) Hint(root string) string {
	var hints []string
	for _, v := range g.commands {
		switch {
		case v.Words[0] != root || v.ByButton:
		case len(v.Words) == 1:
			hints = append(hints, v.Usage)
		default:
			hints = append(hints, strings.TrimSpace(Join(v.Words[1:])+" "+strings.TrimSpace(optional.ReplaceAllString(v.Usage, ""))))
		}
	}
	return strings.Join(hints, " | ")
}

// Completions are the words that can follow a verb: the literal ones of its usage, and
// the names of sections and items where it takes those.
func (g *Grammar) Completions(name string, c *checklist.Checklist) []string {
	v, _ := g.Named(name)
	words := literals(v.Usage)
	if !v.Takes(Items) {
		return words
	}
	for _, section := range c.AllSections() {
		if strings.Contains(v.Usage, "SECTION") {
			words = append(words, section.ID)
		}
		for _, it := range section.Items {
			words = append(words, it.ID)
		}
	}
	return words
}
