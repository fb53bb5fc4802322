package config

import (
	"cmp"
	_ "embed" // the descriptions
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/invopop/jsonschema"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/form"
	"gonogo/gates/kinds"
)

// Schema writes the JSON Schema of a configuration, by which editors complete and
// underline. It is generated from the structs that the file is decoded into, so new
// settings are included automatically. What depends on the whole file, such as whether
// a reference exists, is left to config check.
func Schema() ([]byte, error) {
	w := schemaWriter{defs: jsonschema.Definitions{}}
	root := w.structure(reflect.TypeFor[document]())
	root.Version, root.Title, root.Definitions = jsonschema.Version, "gonogo's configuration", w.defs
	w.defs["gate"] = w.gate(false)
	w.defs["part"] = w.gate(true)
	return json.MarshalIndent(root, "", "  ")
}

type schemaWriter struct{ defs jsonschema.Definitions }

// scalars are the types of a YAML value that has no further schema. A variable may be
// used wherever a value may.
var scalars = []string{"string", "number", "boolean"}

// anything is a value without a schema.
func anything() *jsonschema.Schema { return jsonschema.TrueSchema }

// oneScalar is a value that is written as a word or a number.
func oneScalar() *jsonschema.Schema {
	s := &jsonschema.Schema{}
	for _, kind := range scalars {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Type: kind})
	}
	return s
}

// formed is a value that is written in a form, or a variable.
func formed(f form.Form) *jsonschema.Schema {
	s := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: f.Pattern}, {Type: "string", Pattern: `\$\{`}}}
	if f.Name != "" {
		s.AnyOf[0].Extras = map[string]any{"patternErrorMessage": "expected: " + f.Name} // shown by editors
	}
	for _, word := range f.Words {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Const: word})
	}
	if f.Zero {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Type: "number", Const: 0})
	}
	if f.Number {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Type: "number"})
	}
	if f.Truth {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Type: "boolean"})
	}
	return s
}

// orVariable is a value of a type, or a variable.
func orVariable(kind string) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: kind}, {Type: "string", Pattern: `\$\{`}}}
}

// of is the schema of a value of a type.
func (w schemaWriter) of(t reflect.Type) *jsonschema.Schema {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	pointer := reflect.PointerTo(t)
	switch {
	case strictyaml.ValueType(t) != nil:
		return w.of(strictyaml.ValueType(t))
	case strictyaml.EntryType(t) != nil:
		return &jsonschema.Schema{Type: "object", AdditionalProperties: w.of(strictyaml.EntryType(t))}
	case t == reflect.TypeFor[strictyaml.Node](), pointer.Implements(reflect.TypeFor[strictyaml.DeferredDecoder]()):
		return anything()
	case t == reflect.TypeFor[gatePart]():
		return &jsonschema.Schema{Ref: "#/$defs/gate"}
	case t == reflect.TypeFor[bakeTimes]():
		time := w.of(reflect.TypeFor[duration]())
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{time, {Type: "array", Items: time, MinItems: many("1"), MaxItems: many(json.Number(strconv.Itoa(mostBakeTimes)))}}}
	case t == reflect.TypeFor[reviewsLive]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{orVariable("boolean"), w.structure(t)}}
	case t == reflect.TypeFor[rollbackMode]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Const: "ask"}, {Type: "string", Pattern: `\$\{`}, w.structure(t)}}
	}
	if f, ok := form.Of(t); ok {
		return formed(f)
	}
	if shapes := form.Shapes(t); len(shapes) > 0 {
		s := &jsonschema.Schema{}
		for _, shape := range shapes {
			s.AnyOf = append(s.AnyOf, w.of(shape))
		}
		return s
	}
	if pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		panic(fmt.Sprintf("config: %s reads a value and does not say how it is written", t))
	}
	return w.plain(t)
}

// plain is the schema of a type without a decoder of its own.
func (w schemaWriter) plain(t reflect.Type) *jsonschema.Schema {
	switch t.Kind() {
	case reflect.Struct:
		return w.structure(t)
	case reflect.Slice:
		return &jsonschema.Schema{Type: "array", Items: w.element(t.Elem())}
	case reflect.Map:
		return &jsonschema.Schema{Type: "object", AdditionalProperties: w.of(t.Elem())}
	case reflect.Bool:
		return orVariable("boolean")
	case reflect.Int, reflect.Int64, reflect.Int32:
		return orVariable("integer")
	case reflect.Float64, reflect.Float32:
		return orVariable("number")
	}
	return oneScalar()
}

// element is the schema of a list's entries. Gates within gates are gates that
// may have a title.
func (w schemaWriter) element(t reflect.Type) *jsonschema.Schema {
	if t.Kind() == reflect.Map && reflect.PointerTo(t.Elem()).Implements(reflect.TypeFor[strictyaml.DeferredDecoder]()) {
		return &jsonschema.Schema{Ref: "#/$defs/part"}
	}
	return w.of(t)
}

// structure is the schema of a mapping with known fields.
func (w schemaWriter) structure(t reflect.Type) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			continue
		}
		if name == strictyaml.AnyOf {
			w.strategies(s)
			continue
		}
		field, about := narrowed(w.field(t, f), f), cmp.Or(descriptions()[fieldName(t, f)], f.Tag.Get("require"))
		if f.Tag.Get("require")+f.Tag.Get("required") != "" {
			s.Required = append(s.Required, name)
		}
		if about != "" {
			field = &jsonschema.Schema{AllOf: []*jsonschema.Schema{field}, Description: about}
		}
		s.Properties.Set(name, field)
	}
	for _, name := range oneOf(t) {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{name}})
	}
	return s
}

// oneOf names fields of which a mapping has exactly one; none: it may have any.
func oneOf(mapping reflect.Type) []string {
	switch mapping {
	case reflect.TypeFor[itemPart]():
		return []string{"gate", "manual"}
	case reflect.TypeFor[deployPart]():
		return (*strategyChoice)(nil).Keys()
	case reflect.TypeFor[triggerPart]():
		return sorts
	}
	return nil
}

// narrowed is a field's schema with the restrictions in its tags: the words that are
// allowed, how it is written, or its minimum and maximum; for a list, those are about
// the number of entries.
func narrowed(s *jsonschema.Schema, f reflect.StructField) *jsonschema.Schema {
	tag := f.Tag
	if words := tag.Get("words"); words != "" {
		s = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: `\$\{`}}}
		for word := range strings.SplitSeq(words, ",") {
			s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Const: word})
		}
	}
	if pattern := tag.Get("pattern"); pattern != "" {
		f := form.Form{Pattern: pattern}
		f.Number, _ = regexp.MatchString(pattern, "0") // without quotes, YAML reads it as a number
		f.Truth, _ = regexp.MatchString(pattern, "true")
		s = formed(f)
	}
	from, to := json.Number(tag.Get("from")), json.Number(tag.Get("to"))
	if from == "" && to == "" {
		return s
	}
	bounds := &jsonschema.Schema{MinItems: many(from), MaxItems: many(to)}
	if isNumber(f.Type) {
		bounds = &jsonschema.Schema{Minimum: from, Maximum: to}
	}
	return &jsonschema.Schema{AllOf: []*jsonschema.Schema{s, bounds}}
}

// isNumber reports whether a field is one number.
func isNumber(t reflect.Type) bool {
	if v := strictyaml.ValueType(t); v != nil {
		t = v
	}
	return t.Kind() == reflect.Int || t.Kind() == reflect.Float64
}

// many is a number of entries.
func many(n json.Number) *uint64 {
	if i, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
		return &i
	}
	return nil
}

// described are the comments beside the fields of settings, here and in the rooms
// whose settings the file holds. A test keeps them as the sources have them.
//
//go:embed descriptions.tsv
var described string

var descriptions = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(described) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		all[name] = text
	}
	return all
})

// fieldName names a field as the descriptions do: by its package and type or, if the
// type has no name, by the type's first field.
func fieldName(t reflect.Type, f reflect.StructField) string {
	if t.Name() == "" {
		return "{" + t.Field(0).Name + "}." + f.Name
	}
	return path.Base(t.PkgPath()) + "." + t.Name() + "." + f.Name
}

// field is the schema of a field. Some depend on where the field is.
func (w schemaWriter) field(in reflect.Type, f reflect.StructField) *jsonschema.Schema {
	switch name := f.Tag.Get("yaml"); {
	case name == "connections" && (in == reflect.TypeFor[document]() || in == reflect.TypeFor[environment]()):
		return &jsonschema.Schema{Type: "object", PropertyNames: typed(), AdditionalProperties: w.connection()}
	case name == "permissions" && in == reflect.TypeFor[document]():
		s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
		for _, permission := range permissions {
			s.Properties.Set(permission, w.of(f.Type).AdditionalProperties)
		}
		return s
	case (name == "roles" || name == "environments" || name == "runbooks") && in == reflect.TypeFor[document]():
		s := w.of(f.Type)
		s.PropertyNames = typed()
		return s
	case name == "http" && in == reflect.TypeFor[triggerPart]():
		return w.kind("http")
	}
	return w.of(f.Type)
}

// typed is the schema of a name that people type.
func typed() *jsonschema.Schema { return &jsonschema.Schema{Pattern: identifierShape.String()} }

// connection is the schema of a connection: one kind with its settings.
func (w schemaWriter) connection() *jsonschema.Schema {
	s := chosenFrom(1)
	for _, kind := range clients.Connections() {
		s.Properties.Set(kind.Name, w.settings(func(decode func(any) error) error {
			_, err := kind.New("", decode, nowhere)
			return err
		}))
	}
	return s
}

// chosenFrom is a mapping with one of its properties, or with as many as most says.
// That limit is next to the properties and not with them, because editors offer no
// completions in a mapping that has all the entries it may have, and one that is being
// typed has one already.
func chosenFrom(most uint64) *jsonschema.Schema {
	least := uint64(1)
	return &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
		AllOf: []*jsonschema.Schema{{MinProperties: &least, MaxProperties: &most}}}
}

// strategies adds the ways to deploy, each with its settings.
func (w schemaWriter) strategies(of *jsonschema.Schema) {
	for _, kind := range deploy.Kinds() {
		settings := w.settings(func(decode func(any) error) error {
			_, err := kind.New(decode, deploy.Deps{})
			return err
		})
		of.Properties.Set(kind.Name, &jsonschema.Schema{AllOf: []*jsonschema.Schema{settings}, Description: kind.About})
	}
}

// gate is the schema of a gate: one kind with its settings, how often it must let
// through, and for a part of another gate perhaps a title.
func (w schemaWriter) gate(part bool) *jsonschema.Schema {
	s := chosenFrom(3)
	if part {
		s = chosenFrom(4)
		s.Properties.Set("title", oneScalar())
	}
	row := w.structure(reflect.TypeFor[gatePart]()).Properties
	for field := row.Oldest(); field != nil; field = field.Next() {
		s.Properties.Set(field.Key, field.Value)
	}
	for _, kind := range kinds.All() {
		settings := w.kind(kind.Name)
		settings.Description = kind.About
		s.Properties.Set(kind.Name, settings)
	}
	return s
}

// kind is the schema of the settings of a kind of gate.
func (w schemaWriter) kind(name string) *jsonschema.Schema {
	return w.settings(func(decode func(any) error) error {
		_, err := kinds.Build(name, decode, gates.Deps{})
		return err
	})
}

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

// errSeen stops a constructor once it has revealed the type of its settings.
var errSeen = errors.New("the settings were seen")

// settings finds the type that a constructor decodes its settings into.
func (w schemaWriter) settings(build func(decode func(any) error) error) *jsonschema.Schema {
	var seen reflect.Type
	err := build(func(into any) error {
		seen = reflect.TypeOf(into)
		return errSeen
	})
	if seen == nil {
		panic(fmt.Sprintf("settings that were not decoded: %v", err))
	}
	return w.of(seen)
}
