package grammar

import (
	"slices"
	"strings"
)

// param is one thing that a verb takes, read from its usage.
type param struct {
	name string // in parameters
	word string // stands before it, "until"; empty: known by its place
	flag bool   // written as --name=value, by buttons rather than by people
	many bool   // more than one word
	rest bool   // all that follows, as it was written
}

// freeText are the names that a usage may call the free text by.
var freeText = []string{"REASON", "COMMENT", "NOTE"}

// params reads a usage: "ITEM [ENV] [until DATE] [because REASON]". A word in
// capitals is a parameter; of "SECTION|ITEM|all" the alternatives share one. A
// word in small letters before it introduces it, "…" after it takes several, and
// --name=NAME is an option.
func params(usage string) []param {
	var all []param
	word := ""
	for _, token := range strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(usage)) {
		switch {
		case switches[token] != nil:
			all = append(all, param{name: token, flag: true})
		case strings.HasPrefix(token, "--"):
			_, name, _ := strings.Cut(token, "=")
			all = append(all, param{name: name, flag: true})
		case strings.ToLower(token) == token:
			word = token
		default:
			all, word = append(all, paramOf(token, word)), ""
		}
	}
	return all
}

// paramOf is the parameter that a word of a usage stands for.
func paramOf(token, word string) param {
	name, many := strings.CutSuffix(token, "…")
	p := param{name: name, word: word, many: many}
	switch {
	case slices.Contains(freeText, name):
		p.name, p.rest = "REASON", true
	case strings.Contains(name, "SECTION") || strings.Contains(name, Items):
		p.name = Items
	case parameters[word+" "+name] != nil:
		p.name = word + " " + name
	}
	return p
}

// option is how a parameter is written as an option: --digest.
func option(name string) string {
	return "--" + strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "--")), " ", "-")
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
