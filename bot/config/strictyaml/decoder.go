package strictyaml

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Format is what one sort of file has of its own.
type Format struct {
	// Sent are the keys whose values go to programs and services, as they are or
	// in part: what a variable puts into them is taken for a secret.
	Sent []string
	// Shown are the keys whose values everybody reads: no variable that holds a
	// secret by its name may stand in them.
	Shown []string
	// Addresses are placeholders that stand for an address at the beginning of a
	// value. What a variable puts behind one, into the path or the query, is
	// taken for a secret.
	Addresses []string
	Advice    Advice
}

// Advice completes sentences that only the owner of a format can complete: what
// to do, after a semicolon.
type Advice struct {
	Empty        string // the file is empty; …
	TooLarge     string // the file is larger than 1 MiB; …
	TooManyLines string // the file has more than 20,000 lines; …
	Unset        string // the variable NAME is not set; …
	Comment      string // a comment hides the value; quote the value…
}

// Decoder fills Go values from nodes: strictly, and noting every fault instead
// of stopping at the first. It is for one file and one goroutine.
type Decoder struct {
	*diagnostics
	format   Format
	environ  func(string) (string, bool)
	secrets  map[string]bool
	names    map[string]string // by the value that a variable put in, its name; not those of secrets
	redactor *redactor         // takes both out of sentences
}

// NewDecoder makes the decoder of a file, whose name is for faults. environ looks
// variables up, as os.LookupEnv does.
func NewDecoder(file string, format Format, environ func(string) (string, bool)) *Decoder {
	return &Decoder{diagnostics: &diagnostics{file: file}, format: format, environ: environ,
		secrets: map[string]bool{}, names: map[string]string{}, redactor: &redactor{}}
}

// Read reads data as YAML. ok is false where that cannot be done; the faults say
// why. There may be faults although ok is true.
func (d *Decoder) Read(data []byte) (root *Node, ok bool) {
	text, ok := d.readable(data, d.format.Advice)
	if !ok {
		return nil, false
	}
	tree, ok := d.parse(text, d.format.Advice)
	if !ok {
		return nil, false
	}
	b := &nodeBuilder{diagnostics: d.diagnostics, format: d.format, anchors: map[string]*Node{}, lines: strings.Split(text, "\n")}
	root = b.node(tree, "")
	if expandedSize(root, map[*Node]int{}) > mostNodes {
		d.Fault(root.Pos, "the file has more than 200,000 values, including those repeated by aliases; shorten it, or use fewer aliases")
		return nil, false
	}
	return root, true
}

// Decode fills what a pointer points to. what is what faults call the node.
func (d *Decoder) Decode(n *Node, into any, what string) {
	d.decode(n, reflect.ValueOf(into).Elem(), what)
}

// errFaults says that faults were noted with their positions and need no further
// words.
var errFaults = errors.New("the settings have faults")

// Settings decodes n later, into whatever pointer it is given. The error says
// only that there are faults: they are noted with their positions.
func (d *Decoder) Settings(n *Node, what string) func(into any) error {
	return func(into any) error {
		v := reflect.ValueOf(into)
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return fmt.Errorf("decode settings of %s: want a pointer, got %T", what, into)
		}
		before := d.count
		d.decode(n, v.Elem(), what)
		if d.count > before {
			return errFaults
		}
		return nil
	}
}

// Text is the text of a scalar with its variables put in. ok is false, and a
// fault noted, where n is something else.
func (d *Decoder) Text(n *Node, what string) (text string, ok bool) {
	return d.single(n, what, "a string")
}

// TextOrNothing is the text of a scalar in which variables that are not set read
// as nothing.
func (d *Decoder) TextOrNothing(n *Node) string { return d.expand(n, true) }

// Fault notes a fault, with the values of variables taken out of its sentence.
// What has no position was never decoded, because of a fault that was noted then.
func (d *Decoder) Fault(at Pos, format string, args ...any) {
	if at.Line > 0 {
		d.add(at, "%s", d.redactor.redact(fmt.Sprintf(format, args...)))
	}
}

// FaultCount is how many faults were met so far, repeats included: whether it
// grew reports whether something was decoded without one.
func (d *Decoder) FaultCount() int { return d.count }

// Err is the [Faults] in the order of the file, or nil.
func (d *Decoder) Err() error { return d.err() }

// Secrets are the values that must never be shown, sorted.
func (d *Decoder) Secrets() []string { return slices.Sorted(maps.Keys(d.secrets)) }
