package grammar

import (
	"regexp"
	"slices"
	"strings"

	"gonogo/commands/moment"
	"gonogo/commands/reply"
)

// reader parses the words after a verb.
type reader struct {
	Line
	act    reply.Act
	places []param  // the positional parameters that are still to come
	stray  []string // words that fit no parameter
	known  func(name, word string) bool
}

// Read parses what was typed after the first n words. known reports whether a word is
// the name of an item or section: where several may follow each other, the first word
// that isn't one begins the free text. stray are the words that fit no parameter.
func (v Command) Read(s Line, n int, known func(name, word string) bool) (a reply.Act, stray []string) {
	s, act := v.cutSwitches(s, n)
	r := reader{Line: s, act: act, known: known}
	all := v.params
	r.places = slices.DeleteFunc(slices.Clone(all), func(p param) bool { return p.flag || p.word != "" })
	for i := n; i < len(s.Words); {
		i = r.next(all, i)
	}
	return r.act, r.stray
}

// cutSwitches removes the verb's own switches from the end of a line: after a reason
// they would become a part of it, and a rehearsal would become a real rollback. After
// "--" they are literal text.
func (v Command) cutSwitches(s Line, n int) (Line, reply.Act) {
	act := reply.Act{Verb: v.Name()}
	literal := slices.ContainsFunc(s.Words[n:], func(w Word) bool { return w.Text == "--" && !w.Quoted })
	for end := len(s.Words) - 1; end >= n && !literal; end-- {
		last := s.Words[end]
		name, ok := switchOf(last)
		if !ok || !v.Takes(name) {
			break
		}
		Set(&act, name, "")
		s.Text, s.Words = s.Text[:last.At], s.Words[:end]
	}
	return s, act
}

// switchOf is the switch that a word stands for.
func switchOf(w Word) (name string, ok bool) {
	name = Dashed(w.Text)
	return name, !w.Quoted && switches[name] != nil
}

// Dashed undoes the replacement that keyboards make for two dashes.
func Dashed(word string) string {
	if rest, ok := strings.CutPrefix(word, "—"); ok {
		return "--" + rest
	}
	return word
}

// next parses one parameter, and returns the index of the word after it.
func (r *reader) next(all []param, i int) int {
	typed := Dashed(r.Words[i].Text)
	for _, p := range all {
		value, written := strings.CutPrefix(typed, option(p.name)+"=")
		switch {
		case switches[p.name] != nil && typed == p.name, !p.rest && written && value != "":
			Set(&r.act, p.name, value)
			r.places = slices.DeleteFunc(r.places, func(q param) bool { return q.name == p.name && !p.many })
			return i + 1
		case !p.introducedBy(typed):
		case p.rest:
			Set(&r.act, p.name, r.rest(i+1))
			return len(r.Words)
		case p.may && (r.act.Until != "" || i+1 >= len(r.Words) || !moment.Reads(Join(r.timeWords(i+1)))):
		case i+1 < len(r.Words) && p.name == timeName && r.act.Until == "":
			r.act.Until = Join(r.timeWords(i + 1))
			return i + 1 + len(r.timeWords(i+1))
		case i+1 < len(r.Words) && valueOf(r.act, p.name) == nil:
			Set(&r.act, p.name, r.Words[i+1].Text)
			return i + 2
		}
	}
	return r.place(i)
}

// timeWords are the words of a time that begins at an index.
func (r *reader) timeWords(i int) []string {
	words := make([]string, len(r.Words)-i)
	for n := range words {
		words[n] = r.Words[i+n].Text
	}
	return words[:moment.Words(words)]
}

// place parses a positional parameter.
func (r *reader) place(i int) int {
	w := r.Words[i]
	if w.Text == "--" && !w.Quoted {
		r.places = slices.DeleteFunc(r.places, func(p param) bool { return !p.rest })
	}
	if len(r.places) == 0 || strings.HasPrefix(w.Text, "--") && !r.places[0].rest {
		r.stray = append(r.stray, w.Text)
		return i + 1
	}
	p := r.places[0]
	switch {
	case p.rest:
		Set(&r.act, p.name, r.rest(i))
		return len(r.Words)
	case p.name == "HOLD":
		return r.hold(i)
	case p.many && len(r.act.Items) > 0 && !r.known(Items, w.Text),
		p.name == "VERSION" && r.freeText() && !r.known("VERSION", w.Text):
		r.places = r.places[1:]
		return i
	case !p.many:
		r.places = r.places[1:]
	}
	Set(&r.act, p.name, w.Text)
	return i + 1
}

// freeText reports whether free text follows the next positional parameter: then a word
// is that parameter only if it is known.
func (r *reader) freeText() bool {
	return slices.ContainsFunc(r.places[1:], func(p param) bool { return p.rest })
}

// hold parses a hold, and the environment that people write after its kind, before or
// after the version: "freeze staging 2.0" is "freeze@staging 2.0". A word before a
// version that is close to the name of an environment is taken for one.
func (r *reader) hold(i int) int {
	r.act.Hold, r.places = r.Words[i].Text, r.places[1:]
	knows := func(name string, i int) bool { return i < len(r.Words) && r.known(name, r.Words[i].Text) }
	switch i++; {
	case strings.ContainsAny(r.act.Hold, "@:"):
		return i
	case knows("ENV", i), knows(NearlyEnvironment, i) && knows("VERSION", i+1):
		r.act.Hold += "@" + r.Words[i].Text
		return i + 1
	case knows("VERSION", i) && knows("ENV", i+1):
		r.act.Hold += "@" + r.Words[i+1].Text
		r.act.Release = r.Words[i].Text
		r.places = slices.DeleteFunc(r.places, func(p param) bool { return p.name == "VERSION" })
		return i + 2
	}
	return i
}

// nameShape is what the name of an item may look like.
var nameShape = regexp.MustCompile(`(?i)^[a-z0-9][a-z0-9_.@-]*$`)

// BeginsWithName reports whether the first word of a text could be the name of an item.
func BeginsWithName(text string) bool {
	words := scan(text)
	return len(words) > 0 && nameShape.MatchString(words[0].Text)
}

// NearSwitch finds the switch of a verb that a word is close to.
func (v Command) NearSwitch(words []string) (string, bool) {
	if len(words) != 1 || !strings.HasPrefix(Dashed(words[0]), "--") {
		return "", false
	}
	var own []string
	for _, p := range v.params {
		if switches[p.name] != nil {
			own = append(own, p.name)
		}
	}
	return Nearest(Dashed(words[0]), own)
}
