package config

import (
	"maps"
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// scope says for what the answers to an item count, and so which environments
// each of them holds back. blocks is what the section holds back.
func (b *builder) scope(p *itemPart, it *checklist.Item, blocks []string) {
	b.oneOf(p.Scope, "scope", "release", "deployment", "environment", "project")
	it.Scope = answer.Scope(p.Scope.V)
	if !p.Scope.Set {
		it.Scope = b.usualScope(p, it)
	}
	if bound := it.Scope == answer.DeploymentScope || it.Scope == answer.EnvironmentScope; bound && len(it.Environments) == 0 {
		b.Fault(p.Scope.Pos, "scope: %s needs an environment; add environments: [ … ]", it.Scope)
	}
	if it.Scope == answer.DeploymentScope && !p.Blocks.Set {
		b.holdBackLater(it, blocks)
	}
}

// usualScope is the scope of an item that names none: a gate that looks at
// places where gonogo knows what arrives measures what is deployed there.
func (b *builder) usualScope(p *itemPart, it *checklist.Item) answer.Scope {
	if it.Gate == nil || it.Gate.Condition != nil || len(it.Environments) == 0 {
		return answer.ReleaseScope
	}
	for _, env := range it.Environments {
		place, _ := b.doc.Environments.Get(env)
		switch {
		case p.Blocks.Set && slices.Contains(it.Blocks, env):
			b.warning("%s (%s) blocks %s itself, so it counts for the release, whichever version it was measured on; remove %s from its blocks to measure it once the version is live there",
				it.ID, p.ID.Pos, env, env)
			return answer.ReleaseScope
		case place.Deploy == nil:
			b.unobserved = append(b.unobserved, it.ID)
			return answer.ReleaseScope
		}
	}
	return answer.DeploymentScope
}

// holdBackLater makes each answer of an item that is measured once a version is
// live hold back what comes after that environment, as far as its section holds
// that back. What it held back before there were scopes is kept beside it.
func (b *builder) holdBackLater(it *checklist.Item, blocks []string) {
	it.BlockedBefore, it.Blocks, it.BlocksAfter = it.Blocks, nil, map[string][]string{}
	for _, env := range it.Environments {
		after := slices.DeleteFunc(b.config.Checklist.ComesAfter(env), func(later string) bool { return !slices.Contains(blocks, later) })
		it.BlocksAfter[env] = after
		it.Blocks = append(it.Blocks, after...)
	}
	slices.Sort(it.Blocks)
	it.Blocks = slices.Compact(it.Blocks)
	if slices.Equal(slices.Sorted(slices.Values(it.BlockedBefore)), it.Blocks) {
		it.BlockedBefore = nil
	}
}

// opensOn is the environment on which going live opens a part of what is asked
// after the deployment: the one it names, or the one that nothing comes after.
func (b *builder) opensOn(p *afterwards) string {
	if p.Environment.Set {
		b.known(p.Environment, "environment", b.doc.Environments.Names())
		return p.Environment.V
	}
	var last []string
	for _, env := range b.config.Checklist.Environments {
		if len(b.config.Checklist.ComesAfter(env.Name)) == 0 {
			last = append(last, env.Name)
		}
	}
	switch len(last) {
	case 0:
		return ""
	case 1:
		return last[0]
	}
	b.Fault(p.Pos, "%s doesn't say which deployment it follows, and no environment comes after %s; add environment: %s", p.Title.V, strictyaml.Enumerate(last), last[0])
	return ""
}

// warnOfLess names the items that hold back less than one may expect, and than
// they did before answers had scopes.
func (b *builder) warnOfLess() {
	less := map[string][]string{}
	for _, id := range b.inOrder() {
		if it, ok := b.config.Checklist.Item(id); ok && it.BlockedBefore != nil && !it.Off {
			no := slices.DeleteFunc(slices.Clone(it.BlockedBefore), func(env string) bool { return it.BlocksOn(env) })
			less[strictyaml.Enumerate(no)] = append(less[strictyaml.Enumerate(no)], id)
		}
	}
	for _, envs := range slices.Sorted(maps.Keys(less)) {
		items := less[envs]
		b.warning("%s %s not block %s: a result that is measured once the version is live blocks only the environments after it; write scope: release to measure before the deployment",
			strictyaml.Enumerate(items), map[bool]string{true: "does", false: "do"}[len(items) == 1], envs)
	}
}

// warnOfUnobserved names the gates that measure places where gonogo is not told what
// arrives.
func (b *builder) warnOfUnobserved() {
	if len(b.unobserved) > 0 {
		b.warning("%s: gonogo can't know which version is live on an environment without deploy, so the result counts for the release; run the gate again after each deployment there", strictyaml.Enumerate(b.unobserved))
	}
}

// releaseKinds makes the kinds of releases that ask for less than the usual one.
func (b *builder) releaseKinds() {
	sections := make([]string, len(b.doc.Checklist.V))
	for i, s := range b.doc.Checklist.V {
		sections[i] = string(s.ID.V)
	}
	for _, k := range b.doc.ReleaseKinds {
		b.typed(k.Name)
		kind := checklist.ReleaseKind{ID: k.Name.V, Title: title(k.Value.Title, k.Name.V), Sections: b.some(k.Value.Sections, "section", sections)}
		for _, s := range k.Value.SignOffs {
			b.known(s.Name, "environment", b.doc.Environments.Names())
			kind.SignOffs = append(kind.SignOffs, b.signOffRule(s.Name.V, s.Value))
		}
		b.config.Checklist.Kinds = append(b.config.Checklist.Kinds, kind)
	}
}
