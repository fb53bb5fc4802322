package config

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness/checklist"
)

// name collects the names of all sections and items, so that a reference may come
// before what it refers to.
func (b *builder) name() {
	for i := range b.doc.Checklist.V {
		s := &b.doc.Checklist.V[i]
		b.once(b.sections, asText(s.ID), "section")
		b.reserved(s.ID.Pos, string(s.ID.V), "a section")
		b.nameItems(s.Items)
	}
	for i := range b.doc.AfterDeployment {
		a := &b.doc.AfterDeployment[i]
		b.once(b.sections, val[string]{V: slug(a.Title.V), Pos: a.Title.Pos, Set: a.Title.Set}, "section")
		b.reserved(a.Title.Pos, slug(a.Title.V), "a section")
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
			b.Fault(it.ID.Pos, "item %q appears twice, first on %s; give one another name", id, first.ID.Pos)
		case b.reserved(it.ID.Pos, id, "an item"):
		default:
			b.items[id] = it
		}
	}
}

// once notes a name that is used a second time for the same sort of thing.
func (b *builder) once(seen map[string]strictyaml.Pos, id val[string], what string) {
	if id.V == "" {
		return
	}
	if first, twice := seen[id.V]; twice {
		b.Fault(id.Pos, "%s %q appears twice, first on %s; give one another name", what, id.V, first)
		return
	}
	seen[id.V] = id.Pos
}

func (b *builder) checklist() {
	written := b.doc.Checklist
	if written.Set && len(written.V) == 0 {
		b.Fault(written.Pos, "the checklist is empty; add - section: … with items: below it")
	}
	weightless := len(written.V) > 0
	for i := range written.V {
		s := b.section(&written.V[i])
		weightless = weightless && s.Weight == 0
		b.config.Checklist.Sections = append(b.config.Checklist.Sections, s)
	}
	if weightless {
		b.Fault(written.Pos, "every section has weight 0, so there is no score; give at least one section a weight")
	}
}

func (b *builder) section(p *sectionPart) checklist.Section {
	s := checklist.Section{ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Weight: 1, Figures: figures(p.Figures)}
	if w := p.Weight; w.Set {
		s.Weight = w.V
		if w.V < 0 || w.V > 1e6 || math.IsNaN(w.V) {
			b.Fault(w.Pos, "weight must be from 0 to 1000000")
		}
	}
	if len(p.Items) == 0 {
		b.Fault(p.Pos, "section %s has no items; add - item: … or remove the section", p.ID.V)
	}
	blocks := b.doc.Environments.Names()
	if p.Blocks.Set {
		blocks = b.list(p.Blocks.V, "environment", b.doc.Environments.Names())
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
		s := checklist.Section{ID: slug(p.Title.V), Title: p.Title.V, Weight: 1, Within: span(p.Within), Live: b.opensOn(p)}
		if p.Title.Set && s.ID == "" {
			b.Fault(p.Title.Pos, "the title needs a letter or digit, because the section's name is made from it; write one such as Day 1")
		}
		if len(p.Items) == 0 {
			b.Fault(p.Pos, "%s has no items; add - item: … or remove it", p.Title.V)
		}
		for j := range p.Items {
			if it := &p.Items[j]; it.Blocks.Set {
				b.Fault(it.Blocks.Pos, "an item under after_deployment can't block anything; remove blocks")
			}
			s.Items = append(s.Items, b.item(&p.Items[j], nil))
		}
		b.config.Checklist.Afterwards = append(b.config.Checklist.Afterwards, s)
	}
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// slug turns a title into a name that can be typed: "Day 1" is day-1.
func slug(title string) string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(title), "-"), "-")
}

// item makes an item; blocks is what its section blocks.
func (b *builder) item(p *itemPart, blocks []string) *checklist.Item {
	all := b.doc.Environments.Names()
	it := &checklist.Item{
		ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Blocks: slices.Clone(blocks),
		Off: p.When.Set && !bool(p.When.V), Estimate: span(p.Estimate), Every: span(p.Every), MaxAge: span(p.MaxAge),
		Owner: p.Owner.V, Fix: p.Fix.V, Claimed: p.Claimed.V, Figures: figures(p.Figures),
		Needs: b.needs(p), Environments: b.some(p.Environments, "environment", all),
	}
	if p.Blocks.Set {
		it.Blocks = b.list(p.Blocks.V, "environment", all)
	}
	b.known(p.Owner, "role", b.doc.Roles.Names())
	if book, ok := b.doc.Runbooks.Get(p.Fix.V); b.known(p.Fix, "runbook", b.doc.Runbooks.Names()) && ok {
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
			b.Fault(r.Pos, "item %q is in this list twice; keep one", r.V)
		case b.items[r.V] == nil:
			b.Fault(r.Pos, "there is no item %q; %s", r.V, b.insteadOfItem(r.V))
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
	if best := strictyaml.Nearest(id, known); best != "" {
		return strictyaml.Suggest(id, []string{best})
	}
	return "write the name of another item"
}

// answer says how an item is answered: by exactly one of a gate and a person.
func (b *builder) answer(p *itemPart, it *checklist.Item) {
	switch {
	case p.Gate != nil && p.Manual != nil:
		b.Fault(p.Pos, "item %s has both gate and manual; keep one, or split it into two items", it.ID)
	case p.Gate != nil:
		b.measured(p, it)
	case p.Manual != nil:
		b.asked(p, it)
	default:
		b.Fault(p.Pos, "item %s needs a gate or a person; add gate: { … } or manual: { by: [ROLE] }", it.ID)
	}
}

// asked makes an item that a person answers.
func (b *builder) asked(p *itemPart, it *checklist.Item) {
	m := p.Manual
	b.oneOf(m.Evidence, "evidence", "none", "note", "link", "file")
	it.Manual = &checklist.Manual{By: b.some(m.By, "role", b.doc.Roles.Names()), Evidence: checklist.NeedsNothing}
	if m.Evidence.Set {
		it.Manual.Evidence = checklist.EvidenceForm(m.Evidence.V)
	}
	if m.MaxAge.Set {
		it.MaxAge = span(m.MaxAge)
		if p.MaxAge.Set {
			b.Fault(m.MaxAge.Pos, "max_age is also set on the item; keep one")
		}
	}
	if p.Every.Set {
		b.Fault(p.Every.Pos, "only gates can run on a schedule; use max_age to ask people again")
	}
}

func (b *builder) milestones() {
	seen := map[string]strictyaml.Pos{}
	known := make([]string, len(b.doc.Checklist.V))
	for i, s := range b.doc.Checklist.V {
		known[i] = string(s.ID.V)
	}
	for i := range b.doc.Milestones {
		p := &b.doc.Milestones[i]
		b.once(seen, asText(p.ID), "milestone")
		m := checklist.Milestone{
			ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Environment: p.Environment.V, Estimate: span(p.Estimate),
			Sections: b.list(p.Sections, "section", known),
		}
		b.known(p.Environment, "environment", b.doc.Environments.Names())
		if len(p.Sections) == 0 && !p.Environment.Set {
			b.Fault(p.Pos, "the milestone %s has no condition; add sections: [ … ] or environment: …", m.ID)
		}
		b.config.Checklist.Milestones = append(b.config.Checklist.Milestones, m)
	}
}
