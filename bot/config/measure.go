package config

import (
	"errors"
	"maps"
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/gates"
	"gonogo/gates/kinds"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// measured makes an item that a gate answers.
func (b *builder) measured(p *itemPart, it *checklist.Item) {
	built, ok := b.gateOf(p.Gate, it)
	if !ok {
		return
	}
	for key, one := range built {
		b.config.Gates[key] = one
		for _, secret := range one.Secrets {
			b.Hide(secret)
		}
	}
	first := built[it.Keys()[0]]
	it.Gate = &checklist.Gate{Kind: p.Gate.Kind.V, Settings: first.Settings, Own: ownSettings(built, first), Condition: first.Condition}
	if first.Condition != nil {
		b.condition(p.Gate, *first.Condition)
		b.reads[it.ID] = *first.Condition
	}
}

// gateOf builds what measures each answer of an item: one gate for all, and another for
// each environment with connections of its own.
func (b *builder) gateOf(g *gatePart, it *checklist.Item) (map[answer.Key]gates.Built, bool) {
	built, sound := map[answer.Key]gates.Built{}, true
	var shared *gates.Built
	for _, key := range it.Keys() {
		own := b.byEnvironment[key.Environment].own
		if !own && shared != nil {
			built[key] = *shared
			continue
		}
		b.withEnvironment(key.Environment, func() {
			one, ok := b.gate(g)
			built[key], sound = one, sound && ok
		})
		if !own {
			one := built[key]
			shared = &one
		}
	}
	return built, sound
}

// ownSettings are the hashes of settings that differ from those of the first answer, by
// environment.
func ownSettings(built map[answer.Key]gates.Built, first gates.Built) map[string]string {
	var own map[string]string
	for key, one := range built {
		if one.Settings != first.Settings {
			if own == nil {
				own = map[string]string{}
			}
			own[key.Environment] = one.Settings
		}
	}
	return own
}

// gate builds a gate. Only package gates knows its settings; their faults are noted at
// their positions.
func (b *builder) gate(g *gatePart) (gates.Built, bool) {
	if !g.Kind.Set {
		return gates.Built{}, false
	}
	if _, ok := kinds.Lookup(g.Kind.V); !ok {
		b.Fault(g.Kind.Pos, "there is no gate kind %q; %s", g.Kind.V, strictyaml.Suggest(g.Kind.V, gateKinds()))
		return gates.Built{}, false
	}
	before := b.FaultCount()
	misspelt := b.placeholders(g.settings)
	built, err := kinds.Build(g.Kind.V, b.Settings(g.settings, g.Kind.V), b.deps)
	var faults gates.Faults
	switch {
	case errors.As(err, &faults):
		for _, f := range faults {
			if at := g.settings.At(f.Field); !misspelt[at] { // one sentence for one mistake
				b.Fault(at, "%s", f.Problem)
			}
		}
	case err != nil && b.FaultCount() == before:
		b.Fault(g.Kind.Pos, "%s", err)
	}
	if err == nil {
		built = b.inARow(g, built)
	}
	if err != nil || b.FaultCount() != before {
		return built, false
	}
	if built.Warning != "" {
		b.warning("the %s gate (%s) %s", g.Kind.V, g.Kind.Pos, built.Warning)
	}
	names := maps.Clone(b.shown)
	maps.Copy(names, b.VariablesIn(g.settings))
	return built.Naming(names), true
}

// inARow has a gate let through several times in a row, if it is to.
func (b *builder) inARow(g *gatePart, built gates.Built) gates.Built {
	every := gates.UsualPause
	if g.Every.Set {
		every = span(g.Every)
	}
	b.consecutive(g.Consecutive, every)
	switch {
	case g.Every.Set && !g.Consecutive.Set:
		b.Fault(g.Every.Pos, "every is the pause between the times that consecutive asks for; add consecutive, or move every to the item to run its gate on a schedule")
	case g.Consecutive.Set && built.Condition != nil:
		b.Fault(g.Consecutive.Pos, "%s is evaluated continuously, so it can't be measured several times in a row; remove consecutive", g.Kind.V)
	case g.Consecutive.V > 1:
		return built.InARow(g.Consecutive.V, every)
	}
	return built
}

func gateKinds() []string {
	var list []string
	for _, k := range kinds.All() {
		list = append(list, k.Name)
	}
	return list
}

// condition checks a gate that reads gonogo's own state.
func (b *builder) condition(g *gatePart, c checklist.Condition) {
	at := func(field, value string) val[string] {
		return val[string]{V: value, Pos: g.settings.At(field), Set: value != ""}
	}
	if b.known(at("environment", c.Deployed), "environment", b.doc.Environments.Names()) && c.Baked {
		b.bakes(g.settings.At("baked"), c.Deployed)
	}
	if b.known(at("environment", c.Rehearsed), "environment", b.doc.Environments.Names()) && c.Rehearsed != "" {
		b.mayRehearse(g.settings.At("environment"), c.Rehearsed)
	}
	b.known(at("section", c.Section), "section", b.sectionNames())
	if b.known(at("environment", c.SignedOff), "environment", b.doc.Environments.Names()) && c.SignedOff != "" {
		if _, asked := b.doc.SignOffs.Get(c.SignedOff); !asked {
			b.Fault(g.settings.At("environment"), "%s has no sign-off; add it to sign_offs", c.SignedOff)
		} else if c.Role != "" {
			b.asksRole(g.settings.At("role"), c)
		}
	}
}

// asksRole rejects a role that isn't part of a sign-off.
func (b *builder) asksRole(at strictyaml.Pos, c checklist.Condition) {
	rule, _ := b.doc.SignOffs.Get(c.SignedOff)
	asked := make([]string, len(rule.Roles.V))
	for i, role := range rule.Roles.V {
		asked[i] = role.V
	}
	if !slices.Contains(asked, c.Role) {
		b.Fault(at, "%s isn't an approver for %s; %s", c.Role, c.SignedOff, strictyaml.Suggest(c.Role, asked))
	}
}

func (b *builder) sectionNames() []string {
	var list []string
	for _, s := range b.doc.Checklist.V {
		list = append(list, string(s.ID.V))
	}
	for _, a := range b.doc.AfterDeployment {
		list = append(list, slug(a.Title.V))
	}
	return list
}
