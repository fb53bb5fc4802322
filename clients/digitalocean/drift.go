package digitalocean

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Difference is one place where a spec says something else than another.
type Difference struct {
	Path string // such as services.web.instance_count; what has a name is found by it
	Only string // "file" or "app" where only that has it; empty: both have, and say different things
}

// String is the difference in a few words, without values, which may be confidential.
func (d Difference) String() string {
	if d.Only == "" {
		return d.Path + " differs"
	}
	return fmt.Sprintf("%s is only in the %s", d.Path, d.Only)
}

// ParseSpec reads a spec that people keep as a file, in JSON.
func ParseSpec(text []byte) (Spec, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	var object map[string]json.RawMessage
	var syntax *json.SyntaxError
	err := d.Decode(&object)
	switch {
	case errors.As(err, &syntax):
		return Spec{}, fmt.Errorf("it isn't JSON (line %d); write it with doctl apps spec get ID --format json", 1+bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n")))
	case err != nil:
		return Spec{}, errors.New("it isn't JSON with an app's spec; write it with doctl apps spec get ID --format json")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Spec{}, errors.New("there is something after the spec")
	}
	if len(object) == 0 {
		return Spec{}, errors.New("it is an empty spec")
	}
	return Spec{bytes.Clone(text)}, nil
}

// Differences are the places where an app's spec differs from one in a file, in the
// order of their paths. Values that the platform has encrypted can't be compared, and
// count as equal to any. Fields that have their default, or nothing, count as not there.
// The error says that one of the two can't be read.
func (s Spec) Differences(file Spec) ([]Difference, error) {
	app, _ := s.tree().(map[string]any)
	wanted, _ := file.tree().(map[string]any)
	if app == nil || wanted == nil {
		return nil, errNoSpec
	}
	var all []Difference
	compare("", wanted, app, &all)
	return all, nil
}

// defaults are what fields mean that a spec leaves out.
var defaults = map[string][]any{
	"instance_count": {json.Number("1")},
	"http_port":      {json.Number("8080")},
	"scope":          {"RUN_AND_BUILD_TIME"},
	"type":           {"GENERAL", "UNSPECIFIED"},
	"kind":           {"UNSPECIFIED"},
}

// nothing reports whether a value at a field says no more than if it were left out.
func nothing(field string, value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return value == "" || value == false || slices.Contains(defaults[field], value)
}

// compare notes how two values at a path differ.
func compare(path string, file, app any, all *[]Difference) {
	if isEncrypted(app) {
		return
	}
	file, app = keyed(file), keyed(app)
	inFile, isObject := file.(map[string]any)
	inApp, isToo := app.(map[string]any)
	if !isObject || !isToo {
		if !equal(file, app) {
			*all = append(*all, Difference{Path: path})
		}
		return
	}
	names := maps.Clone(inFile)
	maps.Copy(names, inApp)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		compareMember(strings.TrimPrefix(path+"."+name, "."), name, inFile, inApp, all)
	}
}

func compareMember(path, name string, inFile, inApp map[string]any, all *[]Difference) {
	file, thereFile := inFile[name]
	app, thereApp := inApp[name]
	thereFile = thereFile && !nothing(name, file)
	thereApp = thereApp && !nothing(name, app)
	if thereFile != thereApp {
		// A list of which only one side has any is compared one by one, so that each
		// place has the same path whether or not there are others.
		if thereFile && isNamed(file) {
			app, thereApp = []any{}, true
		} else if thereApp && isNamed(app) {
			file, thereFile = []any{}, true
		}
	}
	switch {
	case thereFile && thereApp:
		compare(path, file, app, all)
	case thereFile:
		*all = append(*all, Difference{path, "file"})
	case thereApp && !isEncrypted(app):
		*all = append(*all, Difference{path, "app"})
	}
}

// isNamed reports whether a value is a list whose elements have names.
func isNamed(value any) bool {
	list, isList := value.([]any)
	_, isObject := keyed(value).(map[string]any)
	return isList && isObject && len(list) > 0
}

func isEncrypted(value any) bool {
	text, _ := value.(string)
	return strings.HasPrefix(text, encryptedPrefix)
}

// equal compares what is no object.
func equal(file, app any) bool {
	one, err := json.Marshal(file)
	other, otherErr := json.Marshal(app)
	return err == nil && otherErr == nil && bytes.Equal(one, other)
}

// names are the fields that tell the elements of a list apart.
var names = []string{"name", "key", "domain", "rule"}

// keyed is a list as an object, by what its elements are called, so that their order
// doesn't count; anything else, and a list whose elements have no such field or the same
// name twice, is as it was.
func keyed(value any) any {
	list, ok := value.([]any)
	if !ok {
		return value
	}
	for _, field := range names {
		if object := by(field, list); object != nil {
			return object
		}
	}
	return value
}

func by(field string, list []any) map[string]any {
	all := map[string]any{}
	for _, one := range list {
		object, _ := one.(map[string]any)
		name, ok := object[field].(string)
		if _, twice := all[name]; !ok || twice {
			return nil
		}
		all[name] = one
	}
	return all
}
