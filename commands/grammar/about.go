package grammar

import (
	"slices"
	"strings"

	"gonogo/commands/reply"
)

// About is a reply whose buttons carry the release that it is about, so that they never
// act on another one, however old the message is. If several releases are open, its
// commands name the release too.
func (g *Grammar) About(version string, several bool, r reply.Reply) reply.Reply {
	parts := slices.Clone(r.Parts)
	for i, part := range parts {
		if several {
			parts[i] = withSpans(part, func(s reply.Span) reply.Span { return g.spanAbout(s, version) })
		}
		if actions, ok := part.(reply.Actions); ok {
			actions = slices.Clone(actions)
			for j := range actions {
				actions[j].Act = g.actAbout(actions[j].Act, version)
			}
			parts[i] = actions
		}
	}
	r.Parts = parts
	if r.Form != nil {
		form := *r.Form
		form.Act = g.actAbout(form.Act, version)
		r.Form = &form
	}
	return r
}

// actAbout adds a release to an act whose verb is about one.
func (g *Grammar) actAbout(a reply.Act, version string) reply.Act {
	if v, ok := g.Named(a.Verb); ok && v.Release && a.Release == "" {
		a.Release = version
	}
	return a
}

// spanAbout adds a release to the command in a span, if its verb is about one and it
// names none.
func (g *Grammar) spanAbout(s reply.Span, version string) reply.Span {
	text, command := strings.CutPrefix(s.Text, "/")
	words := scan(text)
	v, n, ok := g.Match(words)
	if s.Kind != reply.Code || !command || !ok || !v.Release {
		return s
	}
	switch rest, ready := strings.CutPrefix(text, "ready "); {
	case ready:
		s.Text = "/ready " + version + " " + rest
	case v.Name() == "deploy" && len(words) == n+1: // an environment follows
		s.Text += " " + version
	}
	return s
}

// withSpans applies a change to each span of a part.
func withSpans(part reply.Part, change func(reply.Span) reply.Span) reply.Part {
	text := func(t reply.Text) reply.Text {
		t = slices.Clone(t)
		for i := range t {
			t[i] = change(t[i])
		}
		return t
	}
	switch p := part.(type) {
	case reply.Lines:
		p = slices.Clone(p)
		for i := range p {
			p[i] = text(p[i])
		}
		return p
	case reply.Fields:
		p = slices.Clone(p)
		for i := range p {
			p[i].Value = text(p[i].Value)
		}
		return p
	case reply.Note:
		return reply.Note(text(reply.Text(p)))
	}
	return part
}
