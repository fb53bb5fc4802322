package config

import (
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness/checklist"
)

type overridePart struct {
	strictyaml.Pos
	Roles  val[refs] `yaml:"roles" from:"1" require:"the roles whose people may ask for it, such as [technical_lead]"`              // the roles whose people may ask for an override
	Second val[refs] `yaml:"second" from:"1" require:"the roles of the second person, who confirms it, such as [security_officer]"` // the roles of the second person, who confirms it; they must be somebody else, also where both have the same role
	Items  val[refs] `yaml:"items" from:"1" require:"the items that may be overridden, by name"`                                    // the items that may be overridden: items that block this environment, other than those that read gonogo's own state
}

// overrides reads, once the checklist is known, which items two people together may have
// a version go out past.
func (b *builder) overrides() {
	list := b.config.Checklist
	for i := range list.Environments {
		env := &list.Environments[i]
		part, _ := b.doc.Environments.Get(env.Name)
		if p := part.Override; p != nil {
			roles := b.doc.Roles.Names()
			env.Override = &checklist.Override{Roles: b.some(p.Roles, "role", roles), Second: b.some(p.Second, "role", roles), Items: b.overridable(env.Name, p.Items)}
		}
	}
}

// overridable resolves the names of items that block an environment and that people may
// answer for.
func (b *builder) overridable(env string, items val[refs]) []string {
	var list []string
	for _, id := range b.some(items, "item", b.inOrder()) {
		it, at := b.built(id), items.V[slices.IndexFunc(items.V, func(r val[string]) bool { return r.V == id })].Pos
		_, own := b.reads[id]
		switch {
		case it == nil: // it has a fault of its own
		case own:
			b.Fault(at, "%s reads gonogo's own state, which can't be overridden; remove it from this list", id)
		case !it.BlocksOn(env):
			b.Fault(at, "%s doesn't block %s, so there is nothing to override; remove it from this list", id, env)
		default:
			list = append(list, id)
		}
	}
	return list
}

// built finds an item before the checklist is indexed.
func (b *builder) built(id string) *checklist.Item {
	for _, s := range b.config.Checklist.AllSections() {
		for _, it := range s.Items {
			if it.ID == id {
				return it
			}
		}
	}
	return nil
}

// warnOfOverrides warns of overrides that no two people can agree on.
func (b *builder) warnOfOverrides() {
	for _, env := range b.config.Checklist.Environments {
		o := env.Override
		if o == nil {
			continue
		}
		first, known := b.peopleIn(o.Roles)
		second, knownToo := b.peopleIn(o.Second)
		everybody := slices.Compact(slices.Sorted(slices.Values(slices.Concat(first, second))))
		switch {
		case known && len(first) == 0 || knownToo && len(second) == 0:
			b.warning("an override of %s takes two people, and nobody is in %s; add users or a usergroup", env.Name, strictyaml.Enumerate(emptier(o, first, known)))
		case known && knownToo && len(everybody) == 1:
			b.warning("only %s could ask for an override of %s, and nobody else could confirm it; add another person to one of the roles", everybody[0], env.Name)
		}
	}
}

// emptier are the roles of an override that have nobody.
func emptier(o *checklist.Override, first []string, known bool) []string {
	if known && len(first) == 0 {
		return o.Roles
	}
	return o.Second
}
