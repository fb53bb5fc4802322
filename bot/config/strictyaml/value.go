package strictyaml

import (
	"reflect"
	"strings"
)

// Value is a value that remembers its position, for faults that are found only
// after everything has been decoded.
type Value[T any] struct {
	V T
	Pos
	Set bool // the file gives it, without a fault
}

// ReadYAML implements [Reader].
func (v *Value[T]) ReadYAML(d *Decoder, n *Node, what string) {
	before := d.count
	d.Decode(n, &v.V, what)
	v.Pos, v.Set = n.Pos, d.count == before && !n.invalid
}

// Ordered is a mapping whose order counts.
type Ordered[T any] []Named[T]

// Named is one entry of a mapping.
type Named[T any] struct {
	Name  Value[string]
	Value T
}

// ReadYAML implements [Reader].
func (o *Ordered[T]) ReadYAML(d *Decoder, n *Node, what string) {
	if n.Shape != Mapping {
		d.Fault(n.Pos, "%s must be a mapping, not %s", what, n.Shape)
		return
	}
	*o = make(Ordered[T], len(n.Entries))
	for i, e := range n.Entries {
		(*o)[i].Name = e.Name()
		d.Decode(e.Value, &(*o)[i].Value, what+"."+e.Key)
	}
}

// Get finds the value of a name.
func (o Ordered[T]) Get(name string) (*T, bool) {
	for i := range o {
		if o[i].Name.V == name {
			return &o[i].Value, true
		}
	}
	return nil, false
}

// Names are the names in the order of the file.
func (o Ordered[T]) Names() []string {
	list := make([]string, len(o))
	for i, e := range o {
		list[i] = e.Name.V
	}
	return list
}

// ValueType is the type that a [Value] holds; nil for other types.
func ValueType(t reflect.Type) reflect.Type { return fieldOf(t, "Value[", "V") }

// EntryType is the type of the values of an [Ordered]; nil for other types.
func EntryType(t reflect.Type) reflect.Type {
	if !isOurs(t, "Ordered[") {
		return nil
	}
	return fieldOf(t.Elem(), "Named[", "Value")
}

// fieldOf is the type of a field of one of this package's generic types.
func fieldOf(t reflect.Type, name, field string) reflect.Type {
	if !isOurs(t, name) {
		return nil
	}
	f, _ := t.FieldByName(field)
	return f.Type
}

// isOurs reports whether a type is an instance of a generic type of this package.
func isOurs(t reflect.Type, name string) bool {
	return t.PkgPath() == reflect.TypeFor[Node]().PkgPath() && strings.HasPrefix(t.Name(), name)
}
