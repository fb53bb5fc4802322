package commands

import (
	"slices"
	"strings"

	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness/history"
)

// parse finds out what a request asks for. A request without a verb shows the status;
// for a near miss it asks what was meant.
func (b *Bot) parse(r Request) (c verb.Call, refused reply.Reply, ok bool) {
	c = verb.Call{Desk: b.desk, Request: r, View: b.desk.Latest()}
	if r.Pressed != "" {
		act, err := b.desk.Grammar.DecodeAct(r.Pressed)
		if err != nil {
			b.desk.Log.Warn("a press could not be read", "error", err)
			return c, reply.Refuse("This button is from another version of gonogo", reply.Say("Nothing was done. ", reply.Typed("/ready status"), " has buttons of this one.")), false
		}
		c.Act = act
	} else if refused, ok = readWords(&c, strings.TrimPrefix(strings.TrimSpace(r.Text), "/")); !ok {
		return c, refused, false
	}
	c.Act = grammar.Fill(c.Act, r.Form)
	c.Verb, _ = verbNamed(c.Act.Verb)
	return c, reply.Reply{}, true
}

// readWords parses a typed command.
func readWords(c *verb.Call, text string) (refused reply.Reply, ok bool) {
	s := grammar.Scan(text)
	release := cutRelease(c.View.State, &s)
	if len(s.Words) == 0 || len(s.Words) == 1 && strings.EqualFold(s.Words[0].Text, "ready") {
		s = grammar.Scan("ready status")
	}
	v, n, ok := c.Grammar.Match(s.Words)
	if !ok {
		return unknown(*c, s), false
	}
	if asksHelp(*c, v, s.Words[n:]) {
		v, _ = c.Grammar.Named("ready help")
		n = len(s.Words)
	}
	var stray []string
	if c.Act, stray = v.Read(s, n, c.Names); release != "" {
		c.Act.Release = release
	}
	if len(stray) > 0 {
		return strayWords(*c, v, stray), false
	}
	return reply.Reply{}, true
}

// asksHelp reports whether the words after a verb only ask for help. A section may be
// named help.
func asksHelp(c verb.Call, v grammar.Command, rest []grammar.Word) bool {
	if len(rest) != 1 || rest[0].Quoted {
		return false
	}
	said := strings.ToLower(grammar.Dashed(rest[0].Text))
	return said == "--help" || said == "help" && !(v.Takes(grammar.Items) && c.Names(grammar.Items, rest[0].Text))
}

// cutRelease removes a release's version from what was typed: the word after "ready",
// if such a release exists.
func cutRelease(state *history.State, s *grammar.Line) string {
	if len(s.Words) < 2 || !strings.EqualFold(s.Words[0].Text, "ready") {
		return ""
	}
	version := s.Words[1].Text
	if _, ok := state.Releases[version]; !ok {
		return ""
	}
	s.Words = slices.Delete(slices.Clone(s.Words), 1, 2)
	return version
}

// unknown answers a command that gonogo doesn't understand: with the closest one,
// keeping its arguments, or with where to find help.
func unknown(c verb.Call, s grammar.Line) reply.Reply {
	var names []string
	for _, v := range list() {
		names = append(names, v.Name())
	}
	if near, ok := grammar.Nearest(s.Text, names); ok {
		v, _ := c.Grammar.Named(near)
		act := reply.Act{Verb: near}
		if n := len(v.Words); len(s.Words) > n {
			act, _ = v.Read(grammar.Line{Text: s.Text, Words: s.Words[n:]}, 0, c.Names)
		}
		return reply.Reply{Title: "Did you mean /" + near + "?", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say("gonogo does not know ", reply.Typed("/"+reply.Shorten(s.Text, 200)), ".")},
			reply.Actions{{Label: "/" + c.Grammar.AsTyped(act), Act: act}, {Label: "Help", Act: reply.Do("ready help")}},
		}}
	}
	return reply.Reply{Title: "gonogo does not know that", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Typed("/"+reply.Shorten(s.Text, 200)), " is not a command. ", reply.Typed("/ready help"), " lists the commands.")},
		reply.Actions{{Label: "Help", Act: reply.Do("ready help")}},
	}}
}

// strayWords rejects words that a verb doesn't take, and offers the command without
// them, or with the switch that was probably meant.
func strayWords(c verb.Call, v grammar.Command, stray []string) reply.Reply {
	title, unknown := "gonogo does not understand “"+reply.Shorten(grammar.Join(stray), 40)+"” there", reply.Text{}
	if near, ok := v.NearSwitch(stray); ok {
		title = "Did you mean " + near + "?"
		unknown = reply.Say("gonogo does not know ", reply.Typed(reply.Shorten(stray[0], 40)), ". ")
		grammar.Set(&c.Act, near, "")
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{
		reply.Lines{append(unknown, reply.Say("Nothing was done. The command is ", reply.Typed(v.Typed()), ".")...)},
		reply.Actions{{Label: "/" + c.Grammar.AsTyped(c.Act), Act: c.Act}},
	}}
}
