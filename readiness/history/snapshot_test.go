package history

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/event"
)

// thaw writes a state and reads it back.
func thaw(t interface{ Fatal(...any) }, s *State) *State {
	var file bytes.Buffer
	if err := Encode(&file, s); err != nil {
		t.Fatal(err)
	}
	read, err := Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// Every field that a State has, however deep, is written and read. A field that
// would be left out, as gob leaves out what is not exported, fails here.
func TestSnapshotHoldsEveryField(t *testing.T) {
	s := NewState()
	fill(t, reflect.ValueOf(s).Elem(), "State", map[reflect.Type]int{})
	s.ended, s.changed, s.over = []string{"ended"}, []string{"changed"}, []string{"over"}
	if diff := cmp.Diff(s, thaw(t, s), sameState); diff != "" {
		t.Errorf("what was read (-written +read):\n%s", diff)
	}
}

// hidden are the fields of State that are not exported, with where they are in
// a snapshot.
var hidden = map[string]string{"State.ended": "Ended", "State.changed": "Changed", "State.over": "Over", "State.own": "nowhere, and need not be",
	"State.index": "nowhere, since it follows from Incidents"}

// fill puts something other than zero into every field.
func fill(t *testing.T, v reflect.Value, path string, within map[reflect.Type]int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), path, within)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), path+"[]", within)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, path+" key", within)
		fill(t, value, path+"[]", within)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		fillStruct(t, v, path, within)
	default:
		t.Errorf("%s is a %s, which a snapshot cannot hold", path, v.Type())
	}
}

func fillStruct(t *testing.T, v reflect.Value, path string, within map[reflect.Type]int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(monday))
		return
	}
	if within[v.Type()] == 2 { // a lock may lie under a lock, and so on
		return
	}
	within[v.Type()]++
	defer func() { within[v.Type()]-- }()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := path + "." + field.Name
		switch {
		case field.IsExported():
			fill(t, v.Field(i), name, within)
		case hidden[name] == "":
			t.Errorf("%s is not exported, so no snapshot holds it: export it, or give it a place in snapshot", name)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	var file bytes.Buffer
	if err := Encode(&file, fold(NewState(), 0, []event.Event{event.ReleaseOpened{Version: "19.0.1"}})); err != nil {
		t.Fatal(err)
	}
	for n := range file.Len() {
		if _, err := Decode(bytes.NewReader(file.Bytes()[:n])); err == nil {
			t.Fatalf("%d of %d bytes were taken for a state", n, file.Len())
		}
	}
}
