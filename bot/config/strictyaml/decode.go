package strictyaml

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Reader is a value that reads its node itself. what is the name of its field, for
// faults.
type Reader interface {
	ReadYAML(d *Decoder, n *Node, what string)
}

// UnionDecoder is a value that has several shapes: Decode tries them until decode
// returns nil.
type UnionDecoder interface {
	Decode(decode func(any) error) error
}

// DeferredDecoder is a value that keeps decode for later, when it knows into what.
type DeferredDecoder interface{ Keep(decode func(any) error) }

// Choice is a field, tagged [AnyOf], that stands for several: those that a list
// elsewhere names. Each is kept as it is written, to be decoded later.
type Choice interface {
	Keys() []string
	Choose(Entry)
}

// AnyOf is the `yaml` tag of a [Choice].
const AnyOf = "*"

// decode fills v, which is settable, from n.
func (d *Decoder) decode(n *Node, v reflect.Value, what string) {
	if v.Kind() == reflect.Pointer {
		target := reflect.New(v.Type().Elem())
		d.decode(n, target.Elem(), what)
		v.Set(target)
		return
	}
	if n.invalid {
		d.count++ // it has a fault already; whoever decodes what it is in must not miss it
		return
	}
	if r, ok := v.Addr().Interface().(Reader); ok {
		r.ReadYAML(d, n, what)
		return
	}
	if n.Shape == Nothing {
		d.Fault(n.Pos, "%s has no value%s", what, d.instead(n, v, what))
		return
	}
	switch u := v.Addr().Interface().(type) {
	case DeferredDecoder:
		u.Keep(d.Settings(n, what))
	case UnionDecoder:
		d.union(n, u, what)
	case encoding.TextUnmarshaler:
		d.text(n, u, what)
	default:
		d.byKind(n, v, what)
	}
}

// instead is what to write where a key has no value.
func (d *Decoder) instead(n *Node, v reflect.Value, what string) string {
	if n.comment {
		return ", because # after a space begins a comment; quote the value" + d.format.Advice.Comment
	}
	_, scalar := v.Addr().Interface().(encoding.TextUnmarshaler)
	if v.Kind() != reflect.Struct || scalar || strings.Contains(what, " ") {
		return "; give it one or remove the line"
	}
	key, settings, optional := what[strings.LastIndex(what, ".")+1:], "{}", " or remove the line"
	var required []string
	for _, f := range structFields(v.Type()) {
		if f.Tag.Get("require") != "" || f.Tag.Get("required") != "" {
			required = append(required, f.Tag.Get("yaml")+": …")
		}
	}
	if len(required) > 0 {
		settings, optional = "{ "+strings.Join(required, ", ")+" }", ""
	}
	return "; write " + key + ": " + settings + optional
}

func structFields(t reflect.Type) []reflect.StructField {
	fields := make([]reflect.StructField, t.NumField())
	for i := range fields {
		fields[i] = t.Field(i)
	}
	return fields
}

func (d *Decoder) byKind(n *Node, v reflect.Value, what string) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, what)
	case reflect.Map:
		d.table(n, v, what)
	case reflect.Slice:
		d.list(n, v, what)
	case reflect.String:
		if text, ok := d.single(n, what, "a string"); ok {
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
		panic(fmt.Sprintf("strictyaml: cannot decode into %s", v.Type()))
	}
}

// ReadYAML implements [Reader]: a node is kept as it is, to be decoded later.
func (n *Node) ReadYAML(_ *Decoder, from *Node, _ string) { *n = *from }

// single is the text of a scalar with its variables put in.
func (d *Decoder) single(n *Node, what, wanted string) (string, bool) {
	if n.Shape != Scalar {
		if n.isPlaceholder() {
			d.Fault(n.Pos, quoteBraces)
			return "", false
		}
		d.Fault(n.Pos, "%s must be %s, not %s", what, wanted, n.Shape)
		return "", false
	}
	return d.expand(n, false), true
}

func (d *Decoder) text(n *Node, u encoding.TextUnmarshaler, what string) {
	before := d.count
	text, ok := d.single(n, what, "a single value")
	if !ok || d.count > before {
		return
	}
	if err := u.UnmarshalText([]byte(text)); err != nil {
		d.Fault(n.Pos, "%s: %s", what, d.withVariables(n, err.Error()))
	}
}

// union lets a value try its shapes. The faults of shapes that did not fit are
// forgotten once one does; if none does, those of the shape that came furthest
// are noted.
func (d *Decoder) union(n *Node, u UnionDecoder, what string) {
	var furthest Faults
	invalid := false // a part has a fault already
	err := u.Decode(func(into any) error {
		attempt := *d
		attempt.diagnostics = &diagnostics{file: d.file}
		err := attempt.Settings(n, what)(into)
		if f := attempt.faults; len(f) > 0 && (furthest == nil || f[0].Line != n.Line || f[0].Column != n.Column) {
			furthest = f
		}
		invalid = invalid || err != nil && len(attempt.faults) == 0
		return err
	})
	switch {
	case err == nil:
	case invalid:
		d.count++
	case furthest == nil:
		d.Fault(n.Pos, "%s: %s", what, err)
	default:
		for _, f := range furthest {
			d.Fault(Pos{f.Line, f.Column}, "%s", f.Problem)
		}
	}
}

func (d *Decoder) boolean(n *Node, v reflect.Value, what string) {
	text, ok := d.single(n, what, "true or false")
	switch {
	case !ok:
	case n.quoted && text == n.text, text != "true" && text != "false":
		d.Fault(n.Pos, "%s must be true or false, without quotes", what)
	default:
		v.SetBool(text == "true")
	}
}

func (d *Decoder) number(n *Node, what, wanted string, set func(string) error) {
	before := d.count
	text, ok := d.single(n, what, wanted)
	if !ok || d.count > before {
		return
	}
	if n.quoted && text == n.text {
		d.Fault(n.Pos, "%s must be %s, without quotes", what, wanted)
		return
	}
	if err := set(text); errors.Is(err, strconv.ErrRange) {
		d.Fault(n.Pos, "%s is too large", what)
	} else if err != nil {
		d.Fault(n.Pos, "%s must be %s", what, wanted)
	}
}

// structure fills a struct from a mapping: no field that it does not have, and
// all that it requires.
func (d *Decoder) structure(n *Node, v reflect.Value, what string) {
	if n.Shape != Mapping {
		d.Fault(n.Pos, "%s must be a mapping, not %s", what, n.Shape)
		return
	}
	if p, ok := v.Addr().Interface().(interface{ SetPos(Pos) }); ok {
		p.SetPos(n.Pos)
	}
	fields := d.fieldsOf(v)
	for _, e := range n.Entries {
		if f := find(fields, e.Key); f != nil {
			f.read(e)
			continue
		}
		if strings.HasPrefix(e.Key, "-") {
			d.Fault(e.KeyPos, spaceDash)
			continue
		}
		d.Fault(e.KeyPos, "%s has no field %q; %s", what, e.Key, Suggest(e.Key, names(fields)))
	}
	for _, f := range fields {
		if f.require != "" && n.Get(f.name) == nil {
			d.Fault(n.Pos, "%s needs the field %s: %s", what, f.name, f.require)
		}
	}
}

// field is one field that a mapping may have.
type field struct {
	name, require string
	read          func(Entry)
}

// fieldsOf lists the fields of a struct that have a `yaml` tag.
func (d *Decoder) fieldsOf(v reflect.Value) []field {
	fields := make([]field, 0, v.NumField())
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch name := f.Tag.Get("yaml"); name {
		case "":
		case AnyOf:
			choice := v.Field(i).Addr().Interface().(Choice)
			for _, key := range choice.Keys() {
				fields = append(fields, field{name: key, read: choice.Choose})
			}
		default:
			fields = append(fields, field{name, f.Tag.Get("require"), func(e Entry) { d.decode(e.Value, v.Field(i), e.Key) }})
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

func (d *Decoder) table(n *Node, v reflect.Value, what string) {
	if n.Shape != Mapping {
		d.Fault(n.Pos, "%s must be a mapping, not %s", what, n.Shape)
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Entries)))
	for _, e := range n.Entries {
		key := reflect.New(v.Type().Key()).Elem()
		if key.Kind() != reflect.String {
			panic(fmt.Sprintf("strictyaml: cannot decode keys into %s", key.Type()))
		}
		key.SetString(e.Key)
		value := reflect.New(v.Type().Elem()).Elem()
		d.decode(e.Value, value, what+"."+e.Key)
		v.SetMapIndex(key, value)
	}
}

func (d *Decoder) list(n *Node, v reflect.Value, what string) {
	if n.Shape != Sequence {
		d.Fault(n.Pos, "%s must be a list, not %s; write [ … ] or one - per line", what, n.Shape)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.List), len(n.List)))
	for i, child := range n.List {
		d.decode(child, v.Index(i), "an entry of "+what)
	}
}

// ExpandAll puts the variables into settings that no struct describes, for the
// faults alone.
func (d *Decoder) ExpandAll(n *Node) {
	if n.Shape == Scalar {
		d.expand(n, false)
	}
	for _, child := range n.List {
		d.ExpandAll(child)
	}
	for _, e := range n.Entries {
		d.ExpandAll(e.Value)
	}
}
