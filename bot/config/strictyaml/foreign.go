package strictyaml

import (
	"errors"

	"github.com/goccy/go-yaml"
)

// Foreign reads a file that other programs read too, such as a workflow of GitHub
// Actions: what the struct doesn't have is passed over. The file has the bounds of one of
// ours, so that the library isn't given what it takes minutes for.
func Foreign(data []byte, into any) error {
	var d diagnostics
	text, ok := d.readable(data, Advice{TooLarge: "shorten it", TooManyLines: "shorten it", Empty: "fill it in"})
	if !ok {
		return errors.New(d.faults[0].Problem)
	}
	if yaml.Unmarshal([]byte(text), into) != nil { // its message repeats the file
		return errors.New("it isn't valid YAML, or has something else in a place")
	}
	return nil
}
