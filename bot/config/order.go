package config

import (
	"slices"
	"strings"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness/answer"
)

// order refuses rules that can never be met because they wait on each other.
//
// Two things order a release. `needs` orders the timeline, between items. And
// what must be true before a deployment may start makes a graph of its own:
//
//	deploying to E ── waits on ──> every item that blocks E
//	deploying to E ── waits on ──> deploying to each environment in its `after`
//	an item with a `deployed` gate ──> deploying there
//	an item of scope deployment ─────> deploying to the environments it is asked for
//	an item with a `section` gate ───> every item of that section
//
// An item whose answers each block what comes after their environment has one node for
// each answer, named like it: login@staging.
//
// A cycle in either graph is a fault: in the first the timeline couldn't be computed,
// in the second the release could never go out.
func (b *builder) order() {
	var needs, waits graph
	for _, s := range b.config.Checklist.Sections {
		for _, it := range s.Items {
			for _, env := range it.Blocks {
				if it.BlocksAfter == nil {
					waits.add("deploying to "+env, it.ID)
				}
			}
			for _, env := range it.Environments {
				asked := it.ID
				if it.BlocksAfter != nil {
					asked += "@" + env
					waits.add(it.ID, asked)
				}
				for _, blocked := range it.BlocksAfter[env] {
					waits.add("deploying to "+blocked, asked)
				}
				if it.Scope == answer.DeploymentScope {
					waits.add(asked, "deploying to "+env)
				}
			}
		}
	}
	for _, e := range b.config.Checklist.Environments {
		for _, earlier := range e.After {
			waits.add("deploying to "+e.Name, "deploying to "+earlier)
		}
	}
	for _, id := range b.inOrder() {
		for _, need := range b.items[id].Needs {
			if b.items[need.V] != nil {
				needs.add(id, need.V)
			}
		}
		for _, on := range b.waitsOn(id) {
			waits.add(id, on)
		}
	}
	for _, circle := range needs.circles() {
		b.Fault(b.needMark(circle[0], circle[1]), "these items need each other: %s; remove one of their needs", strings.Join(circle, " → "))
	}
	for _, circle := range b.shortest(waits.circles()) {
		b.stuck(circle)
	}
}

// shortest rotates cycles so that they begin with a deployment if they contain one, and
// keeps only the shortest of those through the same item.
func (b *builder) shortest(circles [][]string) [][]string {
	var list [][]string
	by := map[string]int{}
	for _, circle := range circles {
		if i := slices.IndexFunc(circle, b.isDeployment); i > 0 {
			circle = append(slices.Clone(circle[i:len(circle)-1]), circle[:i+1]...)
		}
		through := circle[max(0, slices.IndexFunc(circle, b.isItem))]
		i, known := by[through]
		switch {
		case !known:
			by[through] = len(list)
			list = append(list, circle)
		case len(circle) < len(list[i]):
			list[i] = circle
		}
	}
	return list
}

func (b *builder) isItem(name string) bool       { return b.items[name] != nil }
func (b *builder) isDeployment(name string) bool { return strings.HasPrefix(name, deploying) }

// deploying begins the names of deployments.
const deploying = "deploying to "

// inOrder lists the items as the file does.
func (b *builder) inOrder() []string {
	list := make([]string, 0, len(b.items))
	for id := range b.items {
		list = append(list, id)
	}
	slices.SortFunc(list, func(x, y string) int { return b.items[x].ID.Pos.Compare(b.items[y].ID.Pos) })
	return list
}

// waitsOn lists what a gate that reads gonogo's own state waits for.
func (b *builder) waitsOn(id string) []string {
	reads, ok := b.reads[id]
	if !ok {
		return nil
	}
	if env := reads.Deployed; env != "" {
		return []string{"deploying to " + env}
	}
	var list []string
	for _, s := range b.doc.Checklist.V {
		if string(s.ID.V) == reads.Section {
			list = append(list, itemNames(s.Items)...)
		}
	}
	for _, a := range b.doc.AfterDeployment {
		if slug(a.Title.V) == reads.Section {
			list = append(list, itemNames(a.Items)...)
		}
	}
	return list
}

func itemNames(items []itemPart) []string {
	list := make([]string, len(items))
	for i, it := range items {
		list[i] = string(it.ID.V)
	}
	return list
}

func (b *builder) needMark(from, to string) strictyaml.Pos {
	for _, need := range b.items[from].Needs {
		if need.V == to {
			return need.Pos
		}
	}
	return b.items[from].Pos
}

// stuck notes a cycle of waiting, at the gate of the item that closes it or, if only
// environments wait, at the first of them.
func (b *builder) stuck(circle []string) {
	way := strings.Join(circle, " → ")
	for _, id := range circle {
		it, isItem := b.items[id]
		if !isItem {
			continue
		}
		at := it.Pos
		if it.Gate != nil {
			at = it.Gate.Kind.Pos
		}
		switch env, short := strings.CutPrefix(circle[0], deploying); {
		case short && len(circle) == 3:
			b.Fault(at, "item %s blocks %s, and only a deployment to %s can satisfy it; write blocks: [] or only environments that come after", id, env, env)
		case len(circle) == 2:
			b.Fault(at, "item %s waits for its own section, so it can never pass; move it to another section", id)
		default:
			b.Fault(at, "these wait for each other, so none can ever pass: %s; change what one of them blocks or checks", way)
		}
		return
	}
	env, _ := b.doc.Environments.Get(strings.TrimPrefix(circle[0], deploying))
	b.Fault(env.Pos, "these environments come after each other: %s; remove one from after", strings.ReplaceAll(way, deploying, ""))
}

// graph is names and the names each leads to, in the order they were added.
type graph struct {
	from []string
	to   map[string][]string
}

func (g *graph) add(from, to string) {
	if g.to == nil {
		g.to = map[string][]string{}
	}
	if _, known := g.to[from]; !known {
		g.from = append(g.from, from)
	}
	g.to[from] = append(g.to[from], to)
}

// circles finds the cycles in the graph by a depth-first search, each once and with its
// first name again at its end. Names that are in no cycle are visited once.
func (g *graph) circles() [][]string {
	w := walk{g: g, done: map[string]bool{}}
	for _, name := range g.from {
		w.visit(name)
	}
	return w.found
}

type walk struct {
	g     *graph
	path  []string
	done  map[string]bool
	found [][]string
}

func (w *walk) visit(name string) {
	if i := slices.Index(w.path, name); i >= 0 {
		w.found = append(w.found, append(slices.Clone(w.path[i:]), name))
		return
	}
	if w.done[name] {
		return
	}
	w.path = append(w.path, name)
	for _, next := range w.g.to[name] {
		w.visit(next)
	}
	w.path = w.path[:len(w.path)-1]
	w.done[name] = true
}
