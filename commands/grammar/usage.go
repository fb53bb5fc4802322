package grammar

import (
	"slices"
	"strings"
)

// param is one parameter of a verb, read from its usage.
type param struct {
	name string // the key in parameters
	word string // the word before it, such as "until", or several, "at|in"; empty: it is positional
	flag bool   // written as --name=value, mostly by buttons
	many bool   // more than one word
	rest bool   // everything that follows, as it was written
	may  bool   // a time that is one only if it reads as one, since its words begin many a reason: "for now"
}

// introducedBy reports whether a word introduces the parameter.
func (p param) introducedBy(word string) bool {
	return p.word != "" && slices.ContainsFunc(strings.Split(p.word, "|"), func(w string) bool { return strings.EqualFold(w, word) })
}

// usualWord is the word that is written before the parameter.
func (p param) usualWord() string {
	usual, _, _ := strings.Cut(p.word, "|")
	return usual
}

// freeText are the names of the free text in usages.
var freeText = []string{"REASON", "COMMENT", "NOTE"}

// params parses a usage: "ITEM [ENV] [until DATE] [because REASON]". A word in capitals
// is a parameter; alternatives such as "SECTION|ITEM|all" share one. A word in lower
// case introduces the parameter after it, and so does each of several such as "at|in"; "…"
// after one means several, and --name=NAME is an option.
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
	p := param{name: name, word: word, many: many, may: name == timeName && strings.HasSuffix(word, "|for")}
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

// literals are the words in lower case of a usage: "until", "all".
func literals(usage string) []string {
	var words []string
	for _, word := range strings.FieldsFunc(usage, func(r rune) bool { return strings.ContainsRune(" []|", r) }) {
		if strings.ToLower(word) == word && !strings.HasPrefix(word, "--") {
			words = append(words, word)
		}
	}
	return words
}
