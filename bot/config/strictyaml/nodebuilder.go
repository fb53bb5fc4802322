package strictyaml

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// nodeBuilder turns the YAML library's tree into nodes.
type nodeBuilder struct {
	*diagnostics
	format  Format
	anchors map[string]*Node
	lines   []string
	merges  int // entries taken over by merges
}

// mostNodes bounds how large a document may become by what aliases repeat.
const mostNodes = 200_000

// expandedSize counts a node with everything below it, each alias again.
func expandedSize(n *Node, known map[*Node]int) int {
	if size, ok := known[n]; ok {
		return size
	}
	size := 1
	for _, e := range n.Entries {
		size = min(size+expandedSize(e.Value, known), mostNodes+1)
	}
	for _, child := range n.List {
		size = min(size+expandedSize(child, known), mostNodes+1)
	}
	known[n] = size
	return size
}

// node converts one piece of the tree; key is its key.
func (b *nodeBuilder) node(tree ast.Node, key string) *Node {
	switch t := tree.(type) {
	case nil:
		return &Node{Pos: Pos{1, 1}}
	case *ast.MappingNode:
		return b.mapping(t, t.Values)
	case *ast.MappingValueNode:
		return b.mapping(t, []*ast.MappingValueNode{t})
	case *ast.SequenceNode:
		return b.sequence(t, key)
	case *ast.AnchorNode:
		n := b.node(t.Value, key)
		b.anchors[anchorName(t.Name)] = n
		return n
	case *ast.AliasNode:
		return b.alias(t)
	case *ast.TagNode:
		b.add(posOf(t), "YAML tags aren't allowed; remove it, since every field has a fixed type")
		return &Node{Pos: posOf(t), invalid: true}
	case *ast.NullNode:
		return &Node{Pos: posOf(t)}
	}
	return b.scalar(tree, key)
}

func (b *nodeBuilder) sequence(t *ast.SequenceNode, key string) *Node {
	n := &Node{Pos: posOf(t), Shape: Sequence}
	for _, v := range t.Values {
		n.List = append(n.List, b.node(v, key))
	}
	return n
}

// alias finds the value of an alias. An anchor is known only after its value has been
// read, so an alias inside its own anchor finds nothing, and no node ever contains
// itself.
func (b *nodeBuilder) alias(t *ast.AliasNode) *Node {
	name := anchorName(t.Value)
	if n, ok := b.anchors[name]; ok {
		return n
	}
	if strings.ContainsAny(name, "./*?[{") {
		b.add(posOf(t), quoteStar)
		return &Node{Pos: posOf(t), invalid: true}
	}
	b.add(posOf(t), "*%s isn't defined yet; define &%s before its first use, and not inside itself", name, name)
	return &Node{Pos: posOf(t), invalid: true}
}

func anchorName(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

func (b *nodeBuilder) mapping(t ast.Node, values []*ast.MappingValueNode) *Node {
	n := &Node{Pos: posOf(t), Shape: Mapping}
	seen := map[string]Pos{}
	var merged []*Node
	for _, v := range values {
		if v.Key.IsMergeKey() {
			merged = append(merged, b.mergedMappings(v)...)
			continue
		}
		key, at, ok := b.key(v)
		value := b.node(v.Value, key)
		value.use(key, b.format)
		if !ok {
			continue
		}
		if value.Shape == Nothing && (value.Line == 0 || value.Line < at.Line) {
			value.Pos = at
		}
		value.comment = value.Shape == Nothing && b.commentAt(at)
		if first, twice := seen[key]; twice {
			b.add(at, "%q appears twice, first on %s; keep one", key, first)
			continue
		}
		seen[key] = at
		n.Entries = append(n.Entries, Entry{key, at, value})
	}
	for _, from := range merged {
		b.merge(n, from, seen)
	}
	return n
}

// commentAt reports whether a comment follows a key where its value may have been meant,
// as in "releases: #releases".
func (b *nodeBuilder) commentAt(at Pos) bool {
	if at.Line > len(b.lines) {
		return false
	}
	after := rest(b.lines, at)
	m := hiddenValue.FindStringIndex(after)
	return m != nil && !strings.ContainsAny(after[:m[0]], ":,}]")
}

// merge takes over the entries that n does not have itself.
func (b *nodeBuilder) merge(n, from *Node, seen map[string]Pos) {
	for _, e := range from.Entries {
		if _, own := seen[e.Key]; own {
			continue
		}
		seen[e.Key] = e.KeyPos
		if b.merges++; b.merges > mostNodes {
			b.add(n.Pos, "<< merges too much; write out the values")
			return
		}
		n.Entries = append(n.Entries, e)
	}
}

// mergedMappings reads what follows a merge key: a mapping, or a list of them.
func (b *nodeBuilder) mergedMappings(v *ast.MappingValueNode) []*Node {
	n := b.node(v.Value, "<<")
	from := []*Node{n}
	if n.Shape == Sequence {
		from = n.List
	}
	for _, m := range from {
		if m.Shape != Mapping && !m.invalid {
			b.add(posOf(v.Key), "<< merges a mapping, not %s; write <<: *NAME", m.Shape)
			return nil
		}
	}
	return from
}

func (b *nodeBuilder) key(v *ast.MappingValueNode) (key string, at Pos, ok bool) {
	at = posOf(v.Key)
	switch v.Key.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
	default:
		b.add(at, "a key must be a plain string")
		return "", at, false
	}
	key, _ = scalarText(v.Key)
	if strings.Contains(key, "${") {
		b.add(at, "keys can't contain variables; use variables only in values")
		return "", at, false
	}
	return key, at, true
}

func (b *nodeBuilder) scalar(tree ast.Node, key string) *Node {
	text, quoted := scalarText(tree)
	n := &Node{Pos: posOf(tree), Shape: Scalar, text: text, quoted: quoted, secret: namesSecret(key)}
	switch {
	case n.secret && !strings.Contains(text, "${") && text != "":
		b.add(n.Pos, "%s is in plain text; put it into an environment variable and write ${NAME}", key)
	case passwordInURL(text):
		b.add(n.Pos, "this URL contains a password; put the password or the whole URL into an environment variable and write ${NAME}")
	}
	return n
}

// scalarText is the text of a scalar as it is in the file, without quotes.
func scalarText(tree ast.Node) (text string, quoted bool) {
	if literal, ok := tree.(*ast.LiteralNode); ok && literal.Value != nil {
		return literal.Value.Value, true
	}
	t := tree.GetToken()
	if t == nil {
		return "", false
	}
	return t.Value, t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
}

// posOf finds where a piece of the tree begins. The library puts a block
// mapping's token at its first colon.
func posOf(tree ast.Node) Pos {
	switch t := tree.(type) {
	case *ast.MappingNode:
		if !t.IsFlowStyle && len(t.Values) > 0 {
			return posOf(t.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return posOf(t.Key)
	}
	t := tree.GetToken()
	if t == nil || t.Position == nil {
		return Pos{1, 1}
	}
	return Pos{max(1, t.Position.Line), max(1, t.Position.Column)}
}
