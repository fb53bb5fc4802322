package commands

import (
	"sync"

	"gonogo/commands/cards"
	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
)

// language is the grammar of all verbs. In addition to their words, the name of the
// release that opens by itself is reserved.
var language = sync.OnceValue(func() *grammar.Grammar {
	var all []grammar.Command
	for _, v := range list() {
		all = append(all, v.Command())
	}
	return grammar.New(all, cards.FirstRelease, "freeze", "unfreeze", "lift")
})

// DecodeAct reads the act that a button or a form carries.
func DecodeAct(value string) (reply.Act, error) { return language().DecodeAct(value) }

// AsTyped writes an act as a person would type it, without the slash.
func AsTyped(a reply.Act) string { return language().AsTyped(a) }

// Carried is the act that a form carries: without the parameters that its inputs ask
// for.
func Carried(f *reply.Form) reply.Act { return grammar.Carried(f) }

// Reserved lists the words that an environment, an item, a runbook or a release
// must not be named.
func Reserved() []string { return language().Reserved() }

// Keywords lists the words that a section must not be named.
func Keywords() []string { return language().Keywords() }

// Roots are the first words of what can be said: Slack's slash commands.
func Roots() []string { return language().Roots() }

// Usage is what can follow a verb, "[SECTION|ITEM|sections]".
func Usage(name string) string { return language().Usage(name) }

// Hint is what Slack shows while a slash command is typed.
func Hint(root string) string { return language().Hint(root) }

// Completions are the words that can follow a verb.
func Completions(name string, c *checklist.Checklist) []string {
	return language().Completions(name, c)
}
