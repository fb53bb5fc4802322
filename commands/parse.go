package commands

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/spelling"
)

// parse finds what a request asks for. Without a verb it is a look at the
// status; a near miss is asked back.
func (b *Bot) parse(r Request) (c call, refused reply.Reply, ok bool) {
	c = call{desk: b.desk, Request: r, view: b.View()}
	if r.Pressed != "" {
		act, err := DecodeAct(r.Pressed)
		if err != nil {
			b.Log.Warn("a press could not be read", "error", err)
			return c, reply.Refuse("This button is from another version of gonogo", reply.Say("Nothing was done. ", reply.Typed("/ready status"), " has buttons of this one.")), false
		}
		c.act = act
	} else if refused, ok = c.readWords(strings.TrimPrefix(strings.TrimSpace(r.Text), "/")); !ok {
		return c, refused, false
	}
	c.act = filled(c.act, r.Form)
	c.verb, _ = verbNamed(c.act.Verb)
	return c, reply.Reply{}, true
}

// readWords makes an act of what was typed.
func (c *call) readWords(text string) (refused reply.Reply, ok bool) {
	s := line{text, scan(text)}
	release := c.cutRelease(&s)
	if len(s.words) == 0 || len(s.words) == 1 && strings.EqualFold(s.words[0].text, "ready") {
		s = line{"ready status", scan("ready status")}
	}
	v, n, ok := match(s.words)
	if !ok {
		return c.unknown(s), false
	}
	if c.asksHelp(v, s.words[n:]) {
		v, _ = verbNamed("ready help")
		n = len(s.words)
	}
	var stray []string
	if c.act, stray = v.read(s, n, c.names); release != "" {
		c.act.Release = release
	}
	if len(stray) > 0 {
		return c.strayWords(v, stray), false
	}
	return reply.Reply{}, true
}

// asksHelp reports whether what follows a verb only asks what can be said. A
// section is the one thing that may be named help.
func (c call) asksHelp(v verb, rest []word) bool {
	if len(rest) != 1 || rest[0].quoted {
		return false
	}
	said := strings.ToLower(dashed(rest[0].text))
	return said == "--help" || said == "help" && !(v.takes(itemsName) && c.names(itemsName, rest[0].text))
}

// cutRelease takes the version of a release out of what was said: the word after
// "ready" where it is one that there is.
func (c call) cutRelease(s *line) string {
	if len(s.words) < 2 || !strings.EqualFold(s.words[0].text, "ready") {
		return ""
	}
	version := s.words[1].text
	if _, ok := c.view.State.Releases[version]; !ok {
		return ""
	}
	s.words = slices.Delete(slices.Clone(s.words), 1, 2)
	return version
}

// match finds the verb with the most words that open what was said.
func match(words []word) (best verb, n int, ok bool) {
	for _, v := range list() {
		if n := len(v.words); len(words) >= n && n > len(best.words) &&
			slices.EqualFunc(words[:n], v.words, func(w word, name string) bool { return strings.EqualFold(w.text, name) }) {
			best, ok = v, true
		}
	}
	return best, len(best.words), ok
}

// names reports whether a word is the name of an item or section, of an
// environment or nearly one, or of a version that gonogo knows.
func (c call) names(name, word string) bool {
	switch name {
	case "VERSION":
		return knownVersion(c.view.State, word)
	case "ENV":
		return slices.Contains(environmentNames(c.view.Checklist), word)
	case nearlyENV:
		return len(nearby(word, environmentNames(c.view.Checklist))) > 0
	}
	id, _, _ := strings.Cut(word, "@")
	_, item := c.view.Checklist.Item(id)
	_, section := c.view.Checklist.Section(word)
	return item || section
}

// unknown answers what gonogo does not understand: with what comes nearest and
// all that followed it, or with where to find help.
func (c call) unknown(s line) reply.Reply {
	var names []string
	for _, v := range list() {
		names = append(names, v.name())
	}
	if near, ok := nearest(s.text, names); ok {
		v, _ := verbNamed(near)
		act := reply.Act{Verb: near}
		if n := len(v.words); len(s.words) > n {
			act, _ = v.read(line{s.text, s.words[n:]}, 0, c.names)
		}
		return reply.Reply{Title: "Did you mean /" + near + "?", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say("gonogo does not know ", reply.Typed("/"+reply.Shorten(s.text, 200)), ".")},
			reply.Actions{{Label: "/" + AsTyped(act), Act: act}, {Label: "Help", Act: reply.Do("ready help")}},
		}}
	}
	return reply.Reply{Title: "gonogo does not know that", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Typed("/"+reply.Shorten(s.text, 200)), " is not a command. ", reply.Typed("/ready help"), " lists what you can say.")},
		reply.Actions{{Label: "Help", Act: reply.Do("ready help")}},
	}}
}

// strayWords refuses what a verb does not take, and offers the command without
// it, or with the switch that was probably meant.
func (c call) strayWords(v verb, stray []string) reply.Reply {
	title, unknown := "gonogo does not understand “"+reply.Shorten(join(stray), 40)+"” there", reply.Text{}
	if near, ok := v.nearSwitch(stray); ok {
		title = "Did you mean " + near + "?"
		unknown = reply.Say("gonogo does not know ", reply.Typed(reply.Shorten(stray[0], 40)), ". ")
		setParameter(&c.act, near, "")
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{
		reply.Lines{append(unknown, reply.Say("Nothing was done. The command is ", reply.Typed(usage(v)), ".")...)},
		reply.Actions{{Label: "/" + AsTyped(c.act), Act: c.act}},
	}}
}

// nearSwitch finds the switch of a verb that a single word is nearly.
func (v verb) nearSwitch(words []string) (string, bool) {
	if len(words) != 1 || !strings.HasPrefix(dashed(words[0]), "--") {
		return "", false
	}
	var own []string
	for _, p := range v.params {
		if switches[p.name] != nil {
			own = append(own, p.name)
		}
	}
	return nearest(dashed(words[0]), own)
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
		if d := spelling.Distance(strings.ToLower(join(head)), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best, best != ""
}

// mostNearby is how many names are offered for one that nothing has.
const mostNearby = 3

// nearby lists the names that come nearest to what was said, the nearest first:
// those with at most half of its letters changed, and those that it is a piece of.
func nearby(said string, names []string) []string {
	said = strings.ToLower(said)
	distance := func(name string) int {
		name = strings.ToLower(name)
		if len(said) > 2 && strings.Contains(name, said) {
			return 1
		}
		return spelling.Distance(said, name)
	}
	near := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return distance(name) > max(2, len(said)/2) })
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return near[:min(len(near), mostNearby)]
}

// answer finds the answer that a word names: an item, or item@environment. An
// item that is asked per environment and named without one is asked back.
func (c call) answer(word string) (*readiness.Item, readiness.Key, *reply.Reply) {
	id, env, _ := strings.Cut(word, "@")
	it, ok := c.view.Checklist.Item(id)
	if !ok {
		r := c.unknownItem(word)
		return nil, readiness.Key{}, &r
	}
	keys := it.Keys()
	if env == "" && len(keys) == 1 {
		return it, keys[0], nil
	}
	if key := (readiness.Key{Item: id, Environment: env}); slices.Contains(keys, key) {
		return it, key, nil
	}
	r := c.whichEnvironment(it, word)
	return nil, readiness.Key{}, &r
}

// instead is the same act with another name in a name's place.
func (c call) instead(word, other string) reply.Act {
	return c.again(func(a *reply.Act) {
		a.Items = slices.Clone(a.Items)
		if i := slices.Index(a.Items, word); i >= 0 {
			a.Items[i] = other
		}
	})
}

func (c call) whichEnvironment(it *readiness.Item, word string) reply.Reply {
	var buttons reply.Actions
	for _, key := range it.Keys() {
		buttons = append(buttons, reply.Button{Label: key.String(), Act: c.instead(word, key.String())})
	}
	return reply.Reply{Title: "For which environment?", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Bold(it.Title), " is asked once per environment.")}, buttons,
	}}
}

func (c call) unknownItem(word string) reply.Reply {
	id, _, _ := strings.Cut(word, "@")
	lines := []reply.Text{reply.Say("The checklist has no item ", reply.Typed(id), ".")}
	if near, ok := nearest(id, itemNames(c.view.Checklist)); ok {
		return reply.Reply{Title: "Did you mean " + near + "?", Refused: true, Parts: []reply.Part{reply.Lines(lines),
			reply.Actions{{Label: near, Act: c.instead(word, near+strings.TrimPrefix(word, id))}}}}
	}
	lines = append(lines, reply.Say(reply.Typed("/ready status SECTION"), " shows the items of a section by name."))
	return reply.Refuse("No such item", lines...)
}

func itemNames(c *readiness.Checklist) []string {
	var ids []string
	for _, section := range c.AllSections() {
		for _, it := range section.Items {
			ids = append(ids, it.ID)
		}
	}
	return ids
}

// withOpenRuns are the environments that a run can be answered on: those of the
// configuration, and those that it lost while a run was under way there.
func (c call) withOpenRuns() []string {
	names := environmentNames(c.view.Checklist)
	for _, run := range c.view.State.OpenRuns() {
		if run.Change != nil && !slices.Contains(names, run.Change.Environment) {
			names = append(names, run.Change.Environment)
		}
	}
	return names
}

// environment finds the environment that was named among those of a kind, or
// asks which. A word that is no environment may have been the first of a reason.
func (c call) environment(known []string) (string, *reply.Reply) {
	word := c.act.Environment
	switch {
	case slices.Contains(known, word):
		return word, nil
	case word == "" && len(known) == 1:
		return known[0], nil
	case len(known) == 0:
		refused := reply.Refuse("No environment asks for that", reply.Say("The configuration names none."))
		return "", &refused
	}
	title := "For which environment?"
	if word != "" {
		title = fmt.Sprintf("There is no environment %q here", word)
	}
	_, near := nearest(word, known)
	var buttons reply.Actions
	for _, env := range known {
		buttons = append(buttons, reply.Button{Label: env, Act: c.again(func(a *reply.Act) {
			if a.Environment = env; !near && c.verb.takes("REASON") {
				a.Text = strings.TrimSpace(word + " " + a.Text)
			}
		})})
	}
	return "", &reply.Reply{Title: title, Refused: true, Parts: []reply.Part{buttons}}
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
