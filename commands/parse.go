package commands

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/readiness"
)

// parse finds the verb that a request says. Without a verb it is a look at the
// status; a near miss is asked back.
func (b *Bot) parse(r Request) (c call, refused Reply, ok bool) {
	words := splitWords(strings.TrimPrefix(strings.TrimSpace(r.Text), "/"))
	if len(words) == 0 {
		words = []string{"ready"}
	}
	words[0] = strings.ToLower(words[0])
	if len(words) == 1 && words[0] == "ready" {
		words = []string{"ready", "status"}
	}
	if found, args, ok := match(words); ok {
		return call{Request: r, verb: found, args: args, view: b.View()}, Reply{}, true
	}
	return call{}, b.unknown(words), false
}

// match finds the verb with the most words that open what was said.
func match(words []string) (best verb, args []string, ok bool) {
	for _, v := range verbs() {
		n := len(v.words)
		if len(words) >= n && slices.EqualFunc(words[:n], v.words, strings.EqualFold) && n > len(best.words) {
			best, args, ok = v, words[n:], true
		}
	}
	return best, args, ok
}

// unknown answers what gonogo does not understand: with what comes nearest,
// or with where to find help.
func (b *Bot) unknown(words []string) Reply {
	said := join(words)
	var names []string
	for _, v := range verbs() {
		names = append(names, join(v.words))
	}
	if near, ok := nearest(said, names); ok {
		return Reply{Title: "Did you mean /" + near + "?", Refused: true, Parts: []Part{
			Lines{Say("gonogo does not know ", Typed("/"+said), ".")},
			Actions{{Label: "/" + near, Command: near}, {Label: "Help", Command: "ready help"}},
		}}
	}
	return Reply{Title: "gonogo does not know that", Refused: true, Parts: []Part{
		Lines{Say(Typed("/"+said), " is not a command. ", Typed("/ready help"), " lists what you can say.")},
		Actions{{Label: "Help", Command: "ready help"}},
	}}
}

// nearest finds the name that what was said is a slip of the keys away from.
// Only as many words as a name has are compared, since arguments may follow.
func nearest(said string, names []string) (string, bool) {
	best, distance := "", 3
	for _, name := range names {
		head := splitWords(said)
		if n := len(splitWords(name)); len(head) > n {
			head = head[:n]
		}
		if d := editDistance(strings.ToLower(join(head)), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best, best != ""
}

// editDistance counts the letters to insert, drop, change or swap.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

// answer finds the answer that a word names: an item, or item@environment. An
// item that is asked per environment and named without one is asked back.
func (c call) answer(word string) (*readiness.Item, readiness.Key, *Reply) {
	id, env, _ := strings.Cut(word, "@")
	it, ok := c.view.Checklist.Item(id)
	if !ok {
		reply := c.unknownItem(id)
		return nil, readiness.Key{}, &reply
	}
	keys := it.Keys()
	if env == "" && len(keys) == 1 {
		return it, keys[0], nil
	}
	if key := (readiness.Key{Item: id, Environment: env}); slices.Contains(keys, key) {
		return it, key, nil
	}
	reply := c.whichEnvironment(it)
	return nil, readiness.Key{}, &reply
}

func (c call) whichEnvironment(it *readiness.Item) Reply {
	var buttons Actions
	for _, key := range it.Keys() {
		buttons = append(buttons, Button{Label: key.String(), Command: join(append(slices.Clone(c.verb.words), append([]string{key.String()}, quoteAll(c.args[1:])...)...))})
	}
	return Reply{Title: "For which environment?", Refused: true, Parts: []Part{
		Lines{Say(Bold(it.Title), " is asked once per environment.")}, buttons,
	}}
}

func (c call) unknownItem(id string) Reply {
	var ids []string
	for _, section := range allSections(c.view.Checklist) {
		for _, it := range section.Items {
			ids = append(ids, it.ID)
		}
	}
	lines := []Text{Say("The checklist has no item ", Typed(id), ".")}
	if near, ok := nearest(id, ids); ok {
		said := join(c.verb.words) + " " + near
		return Reply{Title: "Did you mean " + near + "?", Refused: true, Parts: []Part{Lines(lines), Actions{{Label: near, Command: said}}}}
	}
	lines = append(lines, Say(Typed("/ready status SECTION"), " shows the items of a section by name."))
	return refuse("No such item", lines...)
}

// environment finds the environment that a word names, or says which there are.
func (c call) environment(word string, known []string) (string, *Reply) {
	switch {
	case slices.Contains(known, word):
		return word, nil
	case word == "" && len(known) == 1:
		return known[0], nil
	case len(known) == 0:
		reply := refuse("No environment asks for that", Say("The configuration names none."))
		return "", &reply
	}
	title := "For which environment?"
	if word != "" {
		title = fmt.Sprintf("There is no environment %q here", word)
	}
	var buttons Actions
	for _, env := range known {
		buttons = append(buttons, Button{Label: env, Command: join(c.verb.words) + " " + env})
	}
	return "", &Reply{Title: title, Refused: true, Parts: []Part{buttons}}
}

func allSections(c *readiness.Checklist) []readiness.Section {
	return slices.Concat(c.Sections, c.Afterwards)
}

func join(words []string) string { return strings.Join(words, " ") }

// quoteAll writes words so that splitWords gives them back.
func quoteAll(words []string) []string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if strings.ContainsAny(w, " \t\n") || w == "" {
			w = `"` + strings.ReplaceAll(w, `"`, "'") + `"`
		}
		quoted[i] = w
	}
	return quoted
}
