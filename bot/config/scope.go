package config

import (
	"maps"
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// scope determines what the answers to an item are about, and so which environments
// each of them blocks. blocks is what the section blocks.
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

// usualScope is the scope of an item that has none: a gate on environments where gonogo
// knows what is deployed measures that deployment.
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

// holdBackLater makes each answer of an item that is measured after a deployment block
// the environments after that one, if its section blocks them. What it blocked before
// there were scopes is kept as well.
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

// opensOn is the environment whose deployment opens a section of after_deployment: the
// one it names, or the one that nothing comes after.
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

// warnOfLess names the items that block fewer environments than one may expect, and
// than they did before there were scopes.
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

// warnOfUnobserved names the gates that measure environments where gonogo doesn't learn
// what is deployed.
func (b *builder) warnOfUnobserved() {
	if len(b.unobserved) > 0 {
		b.warning("%s: gonogo can't know which version is live on an environment without deploy, so the result counts for the release; run the gate again after each deployment there", strictyaml.Enumerate(b.unobserved))
	}
}

// releaseKinds makes the kinds of releases that need less than the usual one.
func (b *builder) releaseKinds() {
	sections := make([]string, len(b.doc.Checklist.V))
	for i, s := range b.doc.Checklist.V {
		sections[i] = string(s.ID.V)
	}
	for _, k := range b.doc.ReleaseKinds {
		b.typed(k.Name)
		kind := checklist.ReleaseKind{ID: k.Name.V, Title: title(k.Value.Title, k.Name.V), OneWay: k.Value.OneWay.V, Sections: b.some(k.Value.Sections, "section", sections)}
		for _, s := range k.Value.SignOffs {
			b.known(s.Name, "environment", b.doc.Environments.Names())
			kind.SignOffs = append(kind.SignOffs, b.signOffRule(s.Name.V, s.Value))
		}
		b.config.Checklist.Kinds = append(b.config.Checklist.Kinds, kind)
	}
}
