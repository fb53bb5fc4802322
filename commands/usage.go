package commands

import (
	"regexp"
	"slices"
	"strings"

	"gonogo/commands/moment"
	"gonogo/commands/reply"
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
	case strings.Contains(name, "SECTION") || strings.Contains(name, itemsName):
		p.name = itemsName
	case parameters[word+" "+name] != nil:
		p.name = word + " " + name
	}
	return p
}

// takes reports whether a verb takes a parameter. What is about a release can
// always name it.
func (v verb) takes(name string) bool {
	return name == "VERSION" && v.release || slices.ContainsFunc(v.params, func(p param) bool {
		return p.name == name || isUntil(p.name) && isUntil(name)
	})
}

// isUntil reports whether a parameter says until when: a day or a time.
func isUntil(name string) bool { return name == "DATE" || name == timeName }

// option is how a parameter is written as an option: --digest.
func option(name string) string {
	return "--" + strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "--")), " ", "-")
}

// line is a request taken apart: the words, and where each begins in the text.
type line struct {
	text  string
	words []word
}

// rest is the text from a word on, as it was written. Quotes around all of it
// are no part of it, and "--" before it says that what follows is meant as it
// stands.
func (s line) rest(i int) string {
	if i >= len(s.words) {
		return ""
	}
	text := strings.TrimSpace(s.text[s.words[i].at:])
	if literal, ok := cutDashes(text); ok {
		return literal
	}
	if i == len(s.words)-1 {
		return strings.TrimSpace(s.words[i].text)
	}
	return text
}

// cutDashes takes the "--" off a text that begins with it.
func cutDashes(text string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, "--")
	return strings.TrimSpace(rest), ok && (rest == "" || strings.TrimLeft(rest, " \t\n") != rest)
}

// reader reads what follows the words of a verb.
type reader struct {
	line
	act    reply.Act
	places []param  // those known by their place that are still to come
	stray  []string // words that fit nowhere
	known  func(name, word string) bool
}

// read makes an act of what was said after the first n words. known tells whether
// a word is the name of an item or section: where several may follow each other,
// the first word that is none begins the free text. stray are the words that
// fit nowhere.
func (v verb) read(s line, n int, known func(name, word string) bool) (a reply.Act, stray []string) {
	s, act := v.cutSwitches(s, n)
	r := reader{line: s, act: act, known: known}
	all := v.params
	r.places = slices.DeleteFunc(slices.Clone(all), func(p param) bool { return p.flag || p.word != "" })
	for i := n; i < len(s.words); {
		i = r.next(all, i)
	}
	return r.act, r.stray
}

// cutSwitches takes the verb's own switches off the end of a line: after a reason
// they would be taken for a part of it, and a rehearsal would roll back for good.
// After "--" they are part of what was meant as it stands.
func (v verb) cutSwitches(s line, n int) (line, reply.Act) {
	act := reply.Act{Verb: v.name()}
	literal := slices.ContainsFunc(s.words[n:], func(w word) bool { return w.text == "--" && !w.quoted })
	for end := len(s.words) - 1; end >= n && !literal; end-- {
		last := s.words[end]
		name, ok := switchOf(last)
		if !ok || !v.takes(name) {
			break
		}
		setParameter(&act, name, "")
		s.text, s.words = s.text[:last.at], s.words[:end]
	}
	return s, act
}

// switchOf is the switch that a word is.
func switchOf(w word) (name string, ok bool) {
	name = dashed(w.text)
	return name, !w.quoted && switches[name] != nil
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

// dashed undoes what keyboards make of two dashes.
func dashed(word string) string {
	if rest, ok := strings.CutPrefix(word, "—"); ok {
		return "--" + rest
	}
	return word
}

// next reads one parameter, and returns the word after it.
func (r *reader) next(all []param, i int) int {
	typed := dashed(r.words[i].text)
	for _, p := range all {
		value, written := strings.CutPrefix(typed, option(p.name)+"=")
		switch {
		case switches[p.name] != nil && typed == p.name, !p.rest && written && value != "":
			setParameter(&r.act, p.name, value)
			r.places = slices.DeleteFunc(r.places, func(q param) bool { return q.name == p.name && !p.many })
			return i + 1
		case p.word == "" || !strings.EqualFold(p.word, typed):
		case p.rest:
			setParameter(&r.act, p.name, r.rest(i+1))
			return len(r.words)
		case i+1 < len(r.words) && p.name == timeName && r.act.Until == "":
			return r.time(i + 1)
		case i+1 < len(r.words) && valueOf(r.act, p.name) == nil:
			setParameter(&r.act, p.name, r.words[i+1].text)
			return i + 2
		}
	}
	return r.place(i)
}

// time reads a time, which may be two words, and returns the word after it.
func (r *reader) time(i int) int {
	words := make([]string, len(r.words)-i)
	for n := range words {
		words[n] = r.words[i+n].text
	}
	n := moment.Words(words)
	r.act.Until = join(words[:n])
	return i + n
}

// place reads a parameter that is known by its place.
func (r *reader) place(i int) int {
	w := r.words[i]
	if w.text == "--" && !w.quoted {
		r.places = slices.DeleteFunc(r.places, func(p param) bool { return !p.rest })
	}
	if len(r.places) == 0 || strings.HasPrefix(w.text, "--") && !r.places[0].rest {
		r.stray = append(r.stray, w.text)
		return i + 1
	}
	p := r.places[0]
	switch {
	case p.rest:
		setParameter(&r.act, p.name, r.rest(i))
		return len(r.words)
	case p.name == "HOLD":
		return r.hold(i)
	case p.many && len(r.act.Items) > 0 && !r.known(itemsName, w.text),
		p.name == "VERSION" && r.freeText() && !r.known("VERSION", w.text):
		r.places = r.places[1:]
		return i
	case !p.many:
		r.places = r.places[1:]
	}
	setParameter(&r.act, p.name, w.text)
	return i + 1
}

// freeText reports whether free text follows the next place: then a word there
// is what the place is for only where it is known to be.
func (r *reader) freeText() bool {
	return slices.ContainsFunc(r.places[1:], func(p param) bool { return p.rest })
}

// nameShape is what a word may look like that could be taken for an item.
var nameShape = regexp.MustCompile(`(?i)^[a-z0-9][a-z0-9_.@-]*$`)

func beginsWithName(text string) bool {
	words := scan(text)
	return len(words) > 0 && nameShape.MatchString(words[0].text)
}

// AsTyped writes an act as a person would type it, without the slash. Reading it
// gives the same act.
func AsTyped(a reply.Act) string {
	v, ok := verbNamed(a.Verb)
	if !ok {
		return a.Verb
	}
	words := slices.Clone(v.words)
	if a.Release != "" && !slices.ContainsFunc(v.params, func(p param) bool { return p.name == "VERSION" }) {
		words = slices.Insert(words, 1, a.Release)
	}
	skipped, many, text := false, false, ""
	for _, p := range v.params {
		values := quoteAll(valueOf(a, p.name))
		switch {
		case p.rest && a.Text != "":
			text = written(p.word, a.Text, p.word == "" && (skipped || many && beginsWithName(a.Text)))
		case len(values) == 0:
			skipped = skipped || p.word == "" && !p.flag
		case switches[p.name] != nil:
			words = append(words, p.name)
		case p.name == timeName:
			words = append(words, p.word, a.Until)
		case p.flag, p.word == "" && skipped:
			words = append(words, quoteAll([]string{option(p.name) + "=" + valueOf(a, p.name)[0]})...)
		case p.word != "":
			words = append(words, p.word, values[0])
		default:
			many = many || p.many
			words = append(words, values...)
		}
	}
	if text != "" {
		words = append(words, text)
	}
	return join(words)
}

// written is free text at the end of what is typed; literal says that it would
// otherwise be taken for something else.
func written(word, text string, literal bool) string {
	parsed := line{text, scan(text)}
	if literal || word == "" && strings.HasPrefix(text, "-") || endsInSwitch(text) || parsed.rest(0) != text {
		text = "-- " + text
	}
	if word != "" {
		return word + " " + text
	}
	return text
}
