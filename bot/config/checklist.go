package config

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"gonogo/readiness"
)

// name learns the names of all sections and items, so that a reference may
// stand before what it refers to.
func (b *builder) name() {
	for i := range b.doc.Checklist.V {
		s := &b.doc.Checklist.V[i]
		b.once(b.sections, val[string]{string(s.ID.V), s.ID.pos, s.ID.set}, "section")
		b.reserved(s.ID.pos, string(s.ID.V), "a section")
		b.nameItems(s.Items)
	}
	for i := range b.doc.AfterDeployment {
		a := &b.doc.AfterDeployment[i]
		b.once(b.sections, val[string]{slug(a.Title.V), a.Title.pos, a.Title.set}, "section")
		b.reserved(a.Title.pos, slug(a.Title.V), "a section")
		b.nameItems(a.Items)
	}
}

func (b *builder) nameItems(items []itemPart) {
	for i := range items {
		it := &items[i]
		id := string(it.ID.V)
		switch first, twice := b.items[id]; {
		case id == "":
		case twice:
			b.fault(it.ID.pos, "item %q appears twice, first on %s; give one another name", id, first.ID.pos)
		case b.reserved(it.ID.pos, id, "an item"):
		default:
			b.items[id] = it
		}
	}
}

// once notes a name that stands a second time among its like.
func (b *builder) once(seen map[string]pos, id val[string], what string) {
	if id.V == "" {
		return
	}
	if first, twice := seen[id.V]; twice {
		b.fault(id.pos, "%s %q appears twice, first on %s; give one another name", what, id.V, first)
		return
	}
	seen[id.V] = id.pos
}

func (b *builder) checklist() {
	written := b.doc.Checklist
	if written.set && len(written.V) == 0 {
		b.fault(written.pos, "the checklist is empty; add - section: … with items: below it")
	}
	weightless := len(written.V) > 0
	for i := range written.V {
		s := b.section(&written.V[i])
		weightless = weightless && s.Weight == 0
		b.config.Checklist.Sections = append(b.config.Checklist.Sections, s)
	}
	if weightless {
		b.fault(written.pos, "every section weighs nothing, so there is no score; give one a weight")
	}
}

func (b *builder) section(p *sectionPart) readiness.Section {
	s := readiness.Section{ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Weight: 1, Figures: figures(p.Figures)}
	if w := p.Weight; w.set {
		s.Weight = w.V
		if w.V < 0 || w.V > 1e6 || math.IsNaN(w.V) {
			b.fault(w.pos, "weight must be from 0 to 1000000")
		}
	}
	if len(p.Items) == 0 {
		b.fault(p.pos, "section %s has no items; add - item: … or remove the section", p.ID.V)
	}
	blocks := b.doc.Environments.names()
	if p.Blocks.set {
		blocks = b.list(p.Blocks.V, "environment", b.doc.Environments.names())
	}
	for i := range p.Items {
		s.Items = append(s.Items, b.item(&p.Items[i], blocks))
	}
	return s
}

// afterwards makes the sections that are asked once a release is out.
func (b *builder) afterwards() {
	for i := range b.doc.AfterDeployment {
		p := &b.doc.AfterDeployment[i]
		s := readiness.Section{ID: slug(p.Title.V), Title: p.Title.V, Weight: 1, Within: span(p.Within), Live: b.opensOn(p)}
		if p.Title.set && s.ID == "" {
			b.fault(p.Title.pos, "the title has no letter or digit to name the section by; write one such as Day 1")
		}
		if len(p.Items) == 0 {
			b.fault(p.pos, "%s has no items; add - item: … or remove it", p.Title.V)
		}
		for j := range p.Items {
			if it := &p.Items[j]; it.Blocks.set {
				b.fault(it.Blocks.pos, "nothing that is asked after the deployment can block it; remove blocks")
			}
			s.Items = append(s.Items, b.item(&p.Items[j], nil))
		}
		b.config.Checklist.Afterwards = append(b.config.Checklist.Afterwards, s)
	}
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name to type of a title: "Day 1" is day-1.
func slug(title string) string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(title), "-"), "-")
}

// item makes an item; blocks is what its section blocks.
func (b *builder) item(p *itemPart, blocks []string) *readiness.Item {
	all := b.doc.Environments.names()
	it := &readiness.Item{
		ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Blocks: slices.Clone(blocks),
		Off: p.When.set && !bool(p.When.V), Estimate: span(p.Estimate), Every: span(p.Every), MaxAge: span(p.MaxAge),
		Owner: p.Owner.V, Fix: p.Fix.V, Figures: figures(p.Figures),
		Needs: b.needs(p), Environments: b.some(p.Environments, "environment", all),
	}
	if p.Blocks.set {
		it.Blocks = b.list(p.Blocks.V, "environment", all)
	}
	b.known(p.Owner, "role", b.doc.Roles.names())
	if book, ok := b.doc.Runbooks.get(p.Fix.V); b.known(p.Fix, "runbook", b.doc.Runbooks.names()) && ok {
		for _, env := range book.Environments.V {
			it.FixFor = append(it.FixFor, env.V)
		}
	}
	b.answer(p, it)
	b.scope(p, it, blocks)
	return it
}

func (b *builder) needs(p *itemPart) []string {
	list := make([]string, 0, len(p.Needs))
	for _, r := range p.Needs {
		switch {
		case slices.Contains(list, r.V):
			b.fault(r.pos, "item %q is in this list twice; keep one", r.V)
		case b.items[r.V] == nil:
			b.fault(r.pos, "there is no item %q; %s", r.V, b.insteadOfItem(r.V))
		default:
			list = append(list, r.V)
		}
	}
	return list
}

// insteadOfItem offers the nearest item; the list of all would be too long.
func (b *builder) insteadOfItem(id string) string {
	known := make([]string, 0, len(b.items))
	for name := range b.items {
		known = append(known, name)
	}
	slices.Sort(known)
	if best := nearest(id, known); best != "" {
		return instead(id, []string{best})
	}
	return "write the item: name of another one"
}

// answer says how an item is answered: by exactly one of a gate and a person.
func (b *builder) answer(p *itemPart, it *readiness.Item) {
	switch {
	case p.Gate != nil && p.Manual != nil:
		b.fault(p.pos, "item %s has both a gate and manual; keep one, or make two items", it.ID)
	case p.Gate != nil:
		b.measured(p, it)
	case p.Manual != nil:
		b.asked(p, it)
	default:
		b.fault(p.pos, "nothing answers item %s; add gate: { … } or manual: { by: [ROLE] }", it.ID)
	}
}

// asked makes an item that a person answers.
func (b *builder) asked(p *itemPart, it *readiness.Item) {
	m := p.Manual
	b.oneOf(m.Evidence, "evidence", "none", "note", "link", "file")
	it.Manual = &readiness.Manual{By: b.some(m.By, "role", b.doc.Roles.names()), Evidence: readiness.NeedsNothing}
	if m.Evidence.set {
		it.Manual.Evidence = readiness.EvidenceForm(m.Evidence.V)
	}
	if m.MaxAge.set {
		it.MaxAge = span(m.MaxAge)
		if p.MaxAge.set {
			b.fault(m.MaxAge.pos, "max_age is set on the item too; keep one")
		}
	}
	if p.Every.set {
		b.fault(p.Every.pos, "only a gate can be checked on a schedule; use max_age to have a person asked again")
	}
}

func (b *builder) milestones() {
	seen := map[string]pos{}
	known := make([]string, len(b.doc.Checklist.V))
	for i, s := range b.doc.Checklist.V {
		known[i] = string(s.ID.V)
	}
	for i := range b.doc.Milestones {
		p := &b.doc.Milestones[i]
		b.once(seen, val[string]{string(p.ID.V), p.ID.pos, p.ID.set}, "milestone")
		m := readiness.Milestone{
			ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Environment: p.Environment.V, Estimate: span(p.Estimate),
			Sections: b.list(p.Sections, "section", known),
		}
		b.known(p.Environment, "environment", b.doc.Environments.names())
		if len(p.Sections) == 0 && !p.Environment.set {
			b.fault(p.pos, "nothing makes the milestone %s reached; add sections: [ … ] or environment: …", m.ID)
		}
		b.config.Checklist.Milestones = append(b.config.Checklist.Milestones, m)
	}
}
