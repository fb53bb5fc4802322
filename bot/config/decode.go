package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// decoder fills Go values from nodes: strictly, and noting every fault instead
// of stopping at the first. Fields carry the name of their key in a `yaml` tag;
// those that a file must have say in a `require` tag what is wanted.
type decoder struct {
	*diagnostics
	environ  func(string) (string, bool)
	secrets  map[string]bool
	names    map[string]string // by the value that a variable put in, its name; not those of secrets
	redactor *redactor         // takes both out of sentences
	places   map[string]string // the values among them that connections and environments have, which gates may tell of
}

// reader is a value that reads its node itself. what is the name of its field.
type reader interface {
	read(d *decoder, n *node, what string)
}

// unionDecoder is what settings of gates implement when a field has several shapes:
// Decode tries them until decode returns nil.
type unionDecoder interface {
	Decode(decode func(any) error) error
}

// deferredDecoder is a value that decodes its node later, once it knows as what.
type deferredDecoder interface{ Keep(decode func(any) error) }

// errNoted says that faults were noted with their places and need no further
// words.
var errNoted = errors.New("the settings have faults")

// settings gives package gates its way to the settings in n.
func (d *decoder) settings(n *node, what string) func(any) error {
	return func(into any) error {
		v := reflect.ValueOf(into)
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return fmt.Errorf("decode settings of %s: want a pointer, got %T", what, into)
		}
		before := d.count
		d.decode(n, v.Elem(), what)
		if d.count > before {
			return errNoted
		}
		return nil
	}
}

// decode fills v, which is settable, from n.
func (d *decoder) decode(n *node, v reflect.Value, what string) {
	if v.Kind() == reflect.Pointer {
		target := reflect.New(v.Type().Elem())
		d.decode(n, target.Elem(), what)
		v.Set(target)
		return
	}
	if n.invalid {
		return
	}
	if r, ok := v.Addr().Interface().(reader); ok {
		r.read(d, n, what)
		return
	}
	if n.shape == nothing {
		d.fault(n.pos, "%s has no value; give it one or remove the line", what)
		return
	}
	switch u := v.Addr().Interface().(type) {
	case deferredDecoder:
		u.Keep(d.settings(n, what))
	case unionDecoder:
		d.union(n, u, what)
	case encoding.TextUnmarshaler:
		d.text(n, u, what)
	default:
		d.byKind(n, v, what)
	}
}

func (d *decoder) byKind(n *node, v reflect.Value, what string) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, what)
	case reflect.Map:
		d.table(n, v, what)
	case reflect.Slice:
		d.list(n, v, what)
	case reflect.String:
		if text, ok := d.single(n, what, "a text"); ok {
			v.SetString(text)
		}
	case reflect.Bool:
		d.boolean(n, v, what)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.number(n, what, "a whole number", func(text string) error {
			i, err := strconv.ParseInt(text, 10, v.Type().Bits())
			v.SetInt(i)
			return err
		})
	case reflect.Float32, reflect.Float64:
		d.number(n, what, "a number", func(text string) error {
			f, err := strconv.ParseFloat(text, v.Type().Bits())
			if f != f || f > 1e300 || f < -1e300 {
				err = strconv.ErrRange
			}
			v.SetFloat(f)
			return err
		})
	default:
		panic(fmt.Sprintf("config: cannot decode into %s", v.Type()))
	}
}

// read keeps a node as it is, for settings that someone else decodes.
func (n *node) read(_ *decoder, from *node, _ string) { *n = *from }

// single is the text of a scalar with its variables put in.
func (d *decoder) single(n *node, what, wanted string) (string, bool) {
	if n.shape != scalar {
		d.fault(n.pos, "%s must be %s, and this is %s", what, wanted, n.shape)
		return "", false
	}
	return d.expand(n, false), true
}

func (d *decoder) text(n *node, u encoding.TextUnmarshaler, what string) {
	before := d.count
	text, ok := d.single(n, what, "a single value")
	if !ok || d.count > before {
		return
	}
	if err := u.UnmarshalText([]byte(text)); err != nil {
		d.fault(n.pos, "%s: %s", what, d.withVariables(n, err.Error()))
	}
}

// union lets a value try its shapes. The faults of shapes that did not fit are
// forgotten once one does; if none does, those of the shape that came furthest
// are noted.
func (d *decoder) union(n *node, u unionDecoder, what string) {
	var furthest Faults
	err := u.Decode(func(into any) error {
		attempt := &decoder{&diagnostics{file: d.file}, d.environ, d.secrets, d.names, d.redactor, d.places}
		err := attempt.settings(n, what)(into)
		if f := attempt.faults; len(f) > 0 && (furthest == nil || f[0].Line != n.line || f[0].Column != n.column) {
			furthest = f
		}
		return err
	})
	switch {
	case err == nil:
	case furthest == nil:
		d.fault(n.pos, "%s: %s", what, err)
	default:
		for _, f := range furthest {
			d.fault(pos{f.Line, f.Column}, "%s", f.Problem)
		}
	}
}

func (d *decoder) boolean(n *node, v reflect.Value, what string) {
	text, ok := d.single(n, what, "true or false")
	switch {
	case !ok:
	case n.quoted && text == n.text, text != "true" && text != "false":
		d.fault(n.pos, "%s must be true or false, without quotes", what)
	default:
		v.SetBool(text == "true")
	}
}

func (d *decoder) number(n *node, what, wanted string, set func(string) error) {
	before := d.count
	text, ok := d.single(n, what, wanted)
	if !ok || d.count > before {
		return
	}
	if n.quoted && text == n.text {
		d.fault(n.pos, "%s must be %s, without quotes", what, wanted)
		return
	}
	if err := set(text); errors.Is(err, strconv.ErrRange) {
		d.fault(n.pos, "%s is too large a number", what)
	} else if err != nil {
		d.fault(n.pos, "%s must be %s", what, wanted)
	}
}

// structure fills a struct from a mapping: no field that it does not have, and
// all that it requires.
func (d *decoder) structure(n *node, v reflect.Value, what string) {
	if n.shape != mapping {
		d.fault(n.pos, "%s must be a mapping of fields, and this is %s", what, n.shape)
		return
	}
	if m, ok := v.Addr().Interface().(interface{ setPos(pos) }); ok {
		m.setPos(n.pos)
	}
	fields := fieldsOf(v)
	for _, e := range n.entries {
		if f := find(fields, e.key); f != nil {
			d.decode(e.value, f.value, e.key)
			continue
		}
		d.fault(e.at, "%s has no field %q; %s", what, e.key, instead(e.key, names(fields)))
	}
	for _, f := range fields {
		if f.require != "" && n.get(f.name) == nil {
			d.fault(n.pos, "%s lacks the field %s: %s", what, f.name, f.require)
		}
	}
}

// field is one field that a mapping may have.
type field struct {
	name, require string
	value         reflect.Value
}

// fieldsOf lists the fields of a struct that have a `yaml` tag.
func fieldsOf(v reflect.Value) []field {
	fields := make([]field, 0, v.NumField())
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if name := f.Tag.Get("yaml"); name != "" {
			fields = append(fields, field{name, f.Tag.Get("require"), v.Field(i)})
		}
	}
	return fields
}

func find(fields []field, name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func names(fields []field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return list
}

func (d *decoder) table(n *node, v reflect.Value, what string) {
	if n.shape != mapping {
		d.fault(n.pos, "%s must be a mapping, and this is %s", what, n.shape)
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.entries)))
	for _, e := range n.entries {
		key := reflect.New(v.Type().Key()).Elem()
		if key.Kind() != reflect.String {
			panic(fmt.Sprintf("config: cannot decode keys into %s", key.Type()))
		}
		key.SetString(e.key)
		value := reflect.New(v.Type().Elem()).Elem()
		d.decode(e.value, value, what+"."+e.key)
		v.SetMapIndex(key, value)
	}
}

func (d *decoder) list(n *node, v reflect.Value, what string) {
	if n.shape != sequence {
		d.fault(n.pos, "%s must be a list, and this is %s; write [ … ] or one - a line", what, n.shape)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.list), len(n.list)))
	for i, child := range n.list {
		d.decode(child, v.Index(i), "an entry of "+what)
	}
}

// expandAll puts the variables into settings that no struct describes yet, for
// the faults alone.
func (d *decoder) expandAll(n *node) {
	if n.shape == scalar {
		d.expand(n, false)
	}
	for _, child := range n.list {
		d.expandAll(child)
	}
	for _, e := range n.entries {
		d.expandAll(e.value)
	}
}
