package config

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// node is a piece of the document as it was written: nothing is converted and
// no variable is put in yet. Aliases share the node of their anchor, so a node
// tree is never larger than the file.
type node struct {
	pos
	shape   shape
	text    string // of a scalar, quotes resolved
	quoted  bool
	secret  bool // its value must never be shown
	sent    bool // it goes to a program or an upstream; the variables in it must never be shown
	shown   bool // people see it; no variable that names a secret may stand in it
	invalid bool // a fault was noted already; it is not read any further
	entries []entry
	list    []*node
}

type shape int

const (
	nothing shape = iota // null, or a key with no value
	scalar
	sequence
	mapping
)

func (s shape) String() string {
	return [...]string{"nothing", "a single value", "a list", "a mapping"}[s]
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	at    pos
	value *node
}

// get finds the value under a key.
func (n *node) get(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// nodeBuilder turns the YAML library's tree into nodes.
type nodeBuilder struct {
	*diagnostics
	anchors map[string]*node
	merges  int // entries taken over by merges
}

// mostNodes bounds how large a document may become by what aliases repeat.
const mostNodes = 200_000

// expandedSize counts a node with all that hangs on it, each alias anew.
func expandedSize(n *node, known map[*node]int) int {
	if size, ok := known[n]; ok {
		return size
	}
	size := 1
	for _, e := range n.entries {
		size = min(size+expandedSize(e.value, known), mostNodes+1)
	}
	for _, child := range n.list {
		size = min(size+expandedSize(child, known), mostNodes+1)
	}
	known[n] = size
	return size
}

// node converts one piece of the tree; key is the key it stands under.
func (b *nodeBuilder) node(tree ast.Node, key string) *node {
	switch t := tree.(type) {
	case nil:
		return &node{pos: pos{1, 1}}
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
		b.add(posOf(t), "there is a YAML tag here; leave it out, every field knows its type")
		return &node{pos: posOf(t), invalid: true}
	case *ast.NullNode:
		return &node{pos: posOf(t)}
	}
	return b.scalar(tree, key)
}

func (b *nodeBuilder) sequence(t *ast.SequenceNode, key string) *node {
	n := &node{pos: posOf(t), shape: sequence}
	for _, v := range t.Values {
		n.list = append(n.list, b.node(v, key))
	}
	return n
}

// alias finds what an alias stands for. An anchor is known only after what it
// names has been read, so an alias inside its own anchor finds nothing and no
// node ever contains itself.
func (b *nodeBuilder) alias(t *ast.AliasNode) *node {
	name := anchorName(t.Value)
	if n, ok := b.anchors[name]; ok {
		return n
	}
	b.add(posOf(t), "*%s is not defined yet; put &%s before the first use, outside itself", name, name)
	return &node{pos: posOf(t), invalid: true}
}

func anchorName(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

func (b *nodeBuilder) mapping(t ast.Node, values []*ast.MappingValueNode) *node {
	n := &node{pos: posOf(t), shape: mapping}
	seen := map[string]pos{}
	var merged []*node
	for _, v := range values {
		if v.Key.IsMergeKey() {
			merged = append(merged, b.mergedMappings(v)...)
			continue
		}
		key, at, ok := b.key(v)
		value := b.node(v.Value, key)
		value.use(key)
		if !ok {
			continue
		}
		if value.shape == nothing && (value.line == 0 || value.line < at.line) {
			value.pos = at
		}
		if first, twice := seen[key]; twice {
			b.add(at, "%q appears twice, first on %s; keep one", key, first)
			continue
		}
		seen[key] = at
		n.entries = append(n.entries, entry{key, at, value})
	}
	for _, from := range merged {
		b.merge(n, from, seen)
	}
	return n
}

// merge takes over the entries that n does not have itself.
func (b *nodeBuilder) merge(n, from *node, seen map[string]pos) {
	for _, e := range from.entries {
		if _, own := seen[e.key]; own {
			continue
		}
		seen[e.key] = e.at
		if b.merges++; b.merges > mostNodes {
			b.add(n.pos, "too much is taken over with <<; write out what differs")
			return
		}
		n.entries = append(n.entries, e)
	}
}

// mergedMappings reads what follows a merge key: a mapping, or a list of them.
func (b *nodeBuilder) mergedMappings(v *ast.MappingValueNode) []*node {
	n := b.node(v.Value, "<<")
	from := []*node{n}
	if n.shape == sequence {
		from = n.list
	}
	for _, m := range from {
		if m.shape != mapping && !m.invalid {
			b.add(posOf(v.Key), "<< takes over a mapping, and this is %s; write <<: *NAME", m.shape)
			return nil
		}
	}
	return from
}

func (b *nodeBuilder) key(v *ast.MappingValueNode) (key string, at pos, ok bool) {
	at = posOf(v.Key)
	switch v.Key.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
	default:
		b.add(at, "a key must be a plain word")
		return "", at, false
	}
	key, _ = scalarText(v.Key)
	if strings.Contains(key, "${") {
		b.add(at, "there is a variable in a key; variables can only be values")
		return "", at, false
	}
	return key, at, true
}

func (b *nodeBuilder) scalar(tree ast.Node, key string) *node {
	text, quoted := scalarText(tree)
	n := &node{pos: posOf(tree), shape: scalar, text: text, quoted: quoted, secret: namesSecret(key)}
	switch {
	case n.secret && !strings.Contains(text, "${") && text != "":
		b.add(n.pos, "%s is written here in plain text; put it into a variable and write ${NAME}", key)
	case passwordInURL(text):
		b.add(n.pos, "there is a password in this address; put it, or the whole address, into a variable and write ${NAME}")
	}
	return n
}

// sentKeys are the settings whose values go to programs and upstreams, as they
// are or in a part: what a variable puts into them is taken for a secret.
var sentKeys = map[string]bool{"run": true, "send": true, "body": true, "headers": true, "cookies": true, "query": true, "match": true}

// shownKeys are the settings that stand in messages, for everybody to read.
var shownKeys = map[string]bool{"title": true, "project": true, "labels": true, "figures": true, "item": true, "section": true, "milestone": true, "trigger": true}

// use notes what becomes of the value under a key, and of all below it. What is
// noted already is not gone through again, however often an alias repeats it.
func (n *node) use(key string) {
	sent, shown := n.sent || sentKeys[key], n.shown || shownKeys[key]
	if sent == n.sent && shown == n.shown {
		return
	}
	n.sent, n.shown = sent, shown
	for _, e := range n.entries {
		e.value.use(key)
	}
	for _, child := range n.list {
		child.use(key)
	}
}

// scalarText is the text of a scalar as it stands in the file, without quotes.
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
func posOf(tree ast.Node) pos {
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
		return pos{1, 1}
	}
	return pos{max(1, t.Position.Line), max(1, t.Position.Column)}
}

var secretKey = regexp.MustCompile(`(?i)^(password|passphrase|secret|token|authorization|(api|access|private|secret)[-_]?key|(client|app|signing)[-_]secret|(access|api|auth|bearer)[-_]token|x-api-key|cookie)$`)

// namesSecret reports whether what stands under a key is a secret by its name.
func namesSecret(key string) bool { return secretKey.MatchString(key) }

var userinfo = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#@\s]*:([^/?#\s]+)@`)

// passwordInURL reports whether an address in the text holds a password that
// is not wholly a variable.
func passwordInURL(text string) bool {
	found := userinfo.FindStringSubmatch(text)
	return found != nil && !onlyVariable.MatchString(found[1])
}

// passwordOf is the password in an address, as written and decoded.
func passwordOf(text string) []string {
	found := userinfo.FindStringSubmatch(text)
	if found == nil {
		return nil
	}
	plain, err := url.PathUnescape(found[1])
	if err != nil || plain == found[1] {
		return found[1:2]
	}
	return []string{found[1], plain}
}
