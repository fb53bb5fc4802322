package event

import (
	"reflect"
	"strings"

	"gonogo/readiness/alert"
	"gonogo/readiness/work"
)

// Clean passes each text in an event through clean, and returns the result. Texts are
// what people and services wrote: reasons, titles, labels, errors. What the state
// depends on (IDs, versions, hashes, and everything with a type of its own) is left
// alone. A field that is added later counts as a text unless it is in identifiers.
func Clean(e Event, clean func(string) string) Event {
	if _, raw := e.(Unknown); raw {
		return e
	}
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	cleaner{clean}.value(v, "")
	return v.Interface().(Event)
}

// CleanTexts is [Clean] for what will be part of an event. It is changed in place.
func CleanTexts[T any](of *T, clean func(string) string) {
	cleaner{clean}.value(reflect.ValueOf(of).Elem(), "")
}

// identifiers are the fields, by their names in JSON, that hold no text.
var identifiers = setOf(`after alerts app approvals basis by channel choice choices claim closes commit confirmed_by deployment deputy digest environment escalation
	facts file fingerprint fingerprints from gates gone held hold id incident incidents instead is item kept lead left listed mark named
	places release release_kind role run runbook said settings settles sha sha256 silence source spec status step steps stops subject thread to trigger ts version
	waivers was`)

func setOf(words string) map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(words) {
		all[word] = true
	}
	return all
}

// cleaner walks through a value. Strings that have a type of their own are words of
// the domain, and left alone.
type cleaner struct{ clean func(string) string }

func (c cleaner) value(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && !identifiers[name] {
			v.SetString(c.clean(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			v.Set(c.cleaned(v.Elem(), name).Addr())
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			fresh.Index(i).Set(c.cleaned(v.Index(i), name))
		}
		v.Set(fresh)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
		for at, old := range v.Seq2() {
			fresh.SetMapIndex(at, c.cleaned(old, name))
		}
		v.Set(fresh)
	case reflect.Struct:
		c.fields(v)
	}
}

// cleaned is a clean copy of a value, which shares no memory with it.
func (c cleaner) cleaned(old reflect.Value, name string) reflect.Value {
	fresh := reflect.New(old.Type()).Elem()
	fresh.Set(old)
	c.value(fresh, name)
	return fresh
}

// fields cleans a struct. The name of a step that is planned is no text, and who set a
// silence is one: Alertmanager takes any.
func (c cleaner) fields(v reflect.Value) {
	of := v.Type()
	for i := range of.NumField() {
		if !of.Field(i).IsExported() || of == reflect.TypeFor[work.Planned]() && of.Field(i).Name == "Name" {
			continue
		}
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if of == reflect.TypeFor[alert.Silence]() && name == "by" {
			name = ""
		}
		c.value(v.Field(i), name)
	}
}
