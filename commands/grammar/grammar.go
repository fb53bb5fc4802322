// Package grammar reads what people type and press, and writes it as they would
// type it.
//
// A [Command] is one thing that people can say: its words, and the usage that follows
// them:
//
//	ITEM [ENV] [until DATE] [because REASON]
//
// The usage is shown to people, and is also what the parser follows: a word in capitals
// is a parameter, and a word in lower case introduces the parameter after it. A
// [Grammar] is the list of all commands. [Grammar.Match] and [Command.Read] turn what
// was typed into a [reply.Act], [Grammar.DecodeAct] does so for what a button carries,
// and [Grammar.AsTyped] writes an act so that reading it gives the same act.
// [Grammar.Reserved] are the words that may not be used as names.
//
// What a command means is in package verb. Whether a word names an item, an
// environment or a version is decided by a function that the caller passes in. Nothing
// is stored here, and only DecodeAct can fail, when another version wrote the act.
package grammar

import (
	"fmt"
	"slices"
	"strings"
)

// Command is one thing that can be said.
type Command struct {
	Words    []string // "ready", "run"
	Usage    string   // what follows the words, "[ITEM|SECTION|all]"
	Options  string   // what buttons add to it, "[--digest=DIGEST]"
	Release  bool     // is about one release, so it can always name one
	ByButton bool     // is what a button does; people rarely type it

	params []param // what Usage and Options name
}

// Grammar is the list of all commands. It does not change, so any goroutine may use it.
type Grammar struct {
	commands []Command
	kept     []string // words that no command has and that are reserved anyway
}

// New makes a grammar of commands, in the order in which they are listed. It panics if
// a usage names a parameter that Act has no field for.
func New(commands []Command, kept ...string) *Grammar {
	g := &Grammar{commands: slices.Clone(commands), kept: kept}
	for i, c := range g.commands {
		g.commands[i].params = params(c.Usage + " " + c.Options)
		for _, p := range g.commands[i].params {
			if p.name != Items && switches[p.name] == nil && parameters[p.name] == nil {
				panic(fmt.Sprintf("the usage of /%s names %q", c.Name(), p.name))
			}
		}
	}
	return g
}

// Named finds a command by its words.
func (g *Grammar) Named(name string) (Command, bool) {
	for _, c := range g.commands {
		if c.Name() == name {
			return c, true
		}
	}
	return Command{}, false
}

// Match finds the command with the most words at the beginning of what was typed.
func (g *Grammar) Match(words []Word) (best Command, n int, ok bool) {
	for _, v := range g.commands {
		if n := len(v.Words); len(words) >= n && n > len(best.Words) &&
			slices.EqualFunc(words[:n], v.Words, func(w Word, name string) bool { return strings.EqualFold(w.Text, name) }) {
			best, ok = v, true
		}
	}
	return best, len(best.Words), ok
}

// Name is the words of a command, "ready run".
func (v Command) Name() string { return Join(v.Words) }

// Takes reports whether a command takes a parameter. A command about a release can
// always name it.
func (v Command) Takes(name string) bool {
	return name == "VERSION" && v.Release || slices.ContainsFunc(v.params, func(p param) bool {
		return p.name == name || isUntil(p.name) && isUntil(name)
	})
}

// isUntil reports whether a parameter is an end: a day or a time.
func isUntil(name string) bool { return name == "DATE" || name == timeName }
