package digitalocean

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// value is a value within JSON text: text[from:to]. Changes replace those bytes
// and leave all others as they are.
type value struct {
	text     []byte
	from, to int
}

// member is a field of an object.
type member struct {
	key string
	value
}

func whole(text []byte) value { return value{text, 0, len(text)} }

func (v value) bytes() []byte { return v.text[v.from:v.to] }

// members are an object's fields, in order.
func (v value) members() ([]member, error) {
	var all []member
	err := v.walk('{', func(d *json.Decoder) error {
		key, err := d.Token()
		if err != nil {
			return err
		}
		one, err := v.next(d)
		all = append(all, member{key.(string), one})
		return err
	})
	return all, err
}

// items are an array's elements.
func (v value) items() ([]value, error) {
	var all []value
	err := v.walk('[', func(d *json.Decoder) error {
		one, err := v.next(d)
		all = append(all, one)
		return err
	})
	return all, err
}

// walk opens an object or array, and calls each for as long as there is more
// in it.
func (v value) walk(open json.Delim, each func(*json.Decoder) error) error {
	d := json.NewDecoder(bytes.NewReader(v.bytes()))
	if first, err := d.Token(); err != nil || first != open {
		return errors.Join(err, fmt.Errorf("no %v is there", open))
	}
	for d.More() {
		if err := each(d); err != nil {
			return err
		}
	}
	return nil
}

// next is the value that a decoder of v comes to.
func (v value) next(d *json.Decoder) (value, error) {
	var raw json.RawMessage
	err := d.Decode(&raw)
	to := v.from + int(d.InputOffset())
	return value{v.text, to - len(raw), to}, err
}

// member finds a field of an object. Of several with one key the last counts,
// as it does to encoding/json.
func (v value) member(key string) (value, bool) {
	all, _ := v.members() // what is no object has none
	for _, m := range slices.Backward(all) {
		if m.key == key {
			return m.value, true
		}
	}
	return value{}, false
}

// string is a field that is a text; empty where it is anything else.
func (v value) string(key string) string {
	m, _ := v.member(key)
	var s string
	_ = json.Unmarshal(m.bytes(), &s)
	return s
}

// replaced is the whole text with another value in this one's place.
func (v value) replaced(by []byte) []byte { return splice(v.text, v.from, v.to, by) }

func splice(text []byte, from, to int, by []byte) []byte {
	return slices.Concat(text[:from], by, text[to:])
}

// added is an array or object with something more before its end.
func added(text []byte, isEmpty bool, more []byte) []byte {
	end := len(text) - 1
	for end > 1 && bytes.ContainsRune([]byte(" \t\r\n"), rune(text[end-1])) {
		end--
	}
	if !isEmpty {
		more = slices.Concat([]byte{','}, more)
	}
	return splice(text, end, end, more)
}

// set is an object with a field replaced, or added at the end.
func set(object []byte, key string, by []byte) ([]byte, error) {
	all, err := whole(object).members()
	if err != nil {
		return nil, err
	}
	if old, there := whole(object).member(key); there {
		return old.replaced(by), nil
	}
	name, err := json.Marshal(key)
	return added(object, len(all) == 0, slices.Concat(name, []byte{':'}, by)), err
}

// without is an object without a field.
func without(object []byte, key string) ([]byte, error) {
	all, err := whole(object).members()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(m member) bool { return m.key == key })
	switch {
	case i < 0:
		return object, nil
	case i > 0:
		object = splice(object, all[i-1].to, all[i].to, nil)
	case len(all) == 1:
		return []byte("{}"), nil
	default:
		comma := all[0].to + bytes.IndexByte(object[all[0].to:], ',')
		object = splice(object, bytes.IndexByte(object, '{')+1, comma+1, nil)
	}
	return without(object, key) // of several with one key none is to stay
}
