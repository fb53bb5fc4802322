package strictyaml

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Node is a piece of the document as it was written: nothing is converted and
// no variable is put in yet. Aliases share the node of their anchor, so a node
// tree is never larger than the file.
type Node struct {
	Pos
	Shape   Shape
	Entries []Entry // of a mapping
	List    []*Node // of a sequence

	text    string // of a scalar, quotes resolved
	quoted  bool
	secret  bool // its value must never be shown
	sent    bool // it goes to a program or an upstream; the variables in it must never be shown
	shown   bool // people see it; no variable with a secret may be in it
	comment bool // a comment, joined with its #, stands in place of its value
	invalid bool // a fault was noted already; it is not read any further
}

// With is a mapping with another text in place of a field's, if the field is there and is
// a scalar. The node itself stays as it is.
func (n *Node) With(field string, change func(text string) string) *Node {
	i := slices.IndexFunc(n.Entries, func(e Entry) bool { return e.Key == field && e.Value.Shape == Scalar })
	if i < 0 {
		return n
	}
	other, value := *n, *n.Entries[i].Value
	value.text = change(value.text)
	other.Entries = slices.Clone(n.Entries)
	other.Entries[i].Value = &value
	return &other
}

// Shape is what a piece of the document is.
type Shape int

// The shapes there are.
const (
	Nothing  Shape = iota // null, or a key with no value
	Scalar                // one text, number or truth value
	Sequence              // a list
	Mapping               // keys with values
)

// String is what sentences call the shape.
func (s Shape) String() string {
	return [...]string{"nothing", "a single value", "a list", "a mapping"}[s]
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key    string
	KeyPos Pos
	Value  *Node
}

// Name is the key with its position.
func (e Entry) Name() Value[string] { return Value[string]{e.Key, e.KeyPos, true} }

// Get returns the value at a key; nil if there is none.
func (n *Node) Get(key string) *Node {
	for _, e := range n.Entries {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

// use notes what becomes of the value under a key, and of all below it. What is
// noted already is not gone through again, however often an alias repeats it.
func (n *Node) use(key string, of Format) {
	sent, shown := n.sent || slices.Contains(of.Sent, key), n.shown || slices.Contains(of.Shown, key)
	if sent == n.sent && shown == n.shown {
		return
	}
	n.sent, n.shown = sent, shown
	for _, e := range n.Entries {
		e.Value.use(key, of)
	}
	for _, child := range n.List {
		child.use(key, of)
	}
}

// At finds the position of a field in settings by its path, such as
// modules.ipai_core, or of as much of the path as there is.
func (n *Node) At(path string) Pos {
	if path == "" {
		return n.Pos
	}
	for _, e := range n.Entries {
		if e.Key == path {
			return e.Value.Pos
		}
		if rest, below := strings.CutPrefix(path, e.Key+"."); below {
			return e.Value.At(rest)
		}
	}
	head, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), ".")
	if i, err := strconv.Atoi(strings.TrimSuffix(head, "]")); err == nil && i >= 0 && i < len(n.List) {
		return n.List[i].At(rest)
	}
	return n.Pos
}

// Mentions reports whether a text occurs in any value within.
func (n *Node) Mentions(text string) bool {
	return strings.Contains(n.text, text) ||
		slices.ContainsFunc(n.Entries, func(e Entry) bool { return e.Value.Mentions(text) }) ||
		slices.ContainsFunc(n.List, func(child *Node) bool { return child.Mentions(text) })
}

// EachText visits every text within, with the keys that lead to it.
func (n *Node) EachText(visit func(keys []string, at Pos, text string)) { n.eachText(nil, visit) }

func (n *Node) eachText(keys []string, visit func(keys []string, at Pos, text string)) {
	if n.Shape == Scalar {
		visit(keys, n.Pos, n.text)
	}
	for _, e := range n.Entries {
		e.Value.eachText(append(keys[:len(keys):len(keys)], e.Key), visit)
	}
	for _, child := range n.List {
		child.eachText(keys, visit)
	}
}

// NodeOf makes a node of settings that do not come from a file: a text, or a map
// of keys and such values. No variable is put into the texts, and a fault in
// them has no position.
func NodeOf(settings any) *Node {
	switch v := settings.(type) {
	case string:
		return &Node{Shape: Scalar, text: strings.ReplaceAll(v, "${", "$${"), quoted: true}
	case map[string]any:
		n := &Node{Shape: Mapping}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.Entries = append(n.Entries, Entry{Key: key, Value: NodeOf(v[key])})
		}
		return n
	}
	panic(fmt.Sprintf("strictyaml: no node can be made of a %T", settings))
}
