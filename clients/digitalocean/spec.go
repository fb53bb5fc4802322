package digitalocean

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Spec is what an app is wanted to be, in the platform's own JSON. A Spec is
// never changed; With… returns another.
type Spec struct{ text json.RawMessage }

var errNoSpec = errors.New("the platform gave no spec of the app that can be read; look at the app in DigitalOcean's control panel")

// MarshalJSON implements [json.Marshaler].
func (s Spec) MarshalJSON() ([]byte, error) {
	if s.text == nil {
		return []byte("null"), nil
	}
	return s.text, nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Spec) UnmarshalJSON(text []byte) error {
	s.text = bytes.Clone(text)
	return nil
}

// String keeps a spec, whose variables may be confidential, out of logs.
func (s Spec) String() string { return "spec of " + whole(s.text).string("name") }

// Equal reports whether two specs say the same: the order of fields and blanks
// don't count, and numbers are compared digit by digit.
func (s Spec) Equal(other Spec) bool { return reflect.DeepEqual(s.tree(), other.tree()) }

func (s Spec) tree() (tree any) {
	d := json.NewDecoder(bytes.NewReader(s.text))
	d.UseNumber()
	if d.Decode(&tree) != nil {
		return nil
	}
	return tree
}

// Digest is short for what a spec says, without a variable of the whole app and
// without some components, such as those that are released apart. Specs that
// say the same have the same digest.
func (s Spec) Digest(variable string, apart []string) string {
	tree, _ := s.tree().(map[string]any)
	if tree == nil {
		return ""
	}
	dropNamed(tree, "envs", "key", []string{variable})
	for _, list := range componentLists {
		dropNamed(tree, list, "name", apart)
	}
	text, _ := json.Marshal(tree) // fields in order; what was read can be written
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// dropNamed takes objects out of a list of a tree, by the text of one field. A
// list that has nothing left goes too: an empty one says the same as none.
func dropNamed(tree map[string]any, list, field string, names []string) {
	held, _ := tree[list].([]any)
	tree[list] = slices.DeleteFunc(held, func(one any) bool {
		object, _ := one.(map[string]any)
		name, _ := object[field].(string)
		return slices.Contains(names, name)
	})
	if len(tree[list].([]any)) == 0 {
		delete(tree, list)
	}
}

// Running names the components that run all the time, and so have a health:
// static sites are files, jobs end, and functions run when they are called.
func (s Spec) Running() []string {
	var names []string
	for _, list := range []string{"services", "workers"} {
		held, _ := whole(s.text).member(list)
		all, _ := held.items()
		for _, c := range all {
			names = append(names, c.string("name"))
		}
	}
	return names
}

// Image is where a component's image comes from.
type Image struct {
	Registry   string `json:"registry"`
	Type       string `json:"registry_type"` // DOCR, DOCKER_HUB or GHCR
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
}

// componentLists are the fields of a spec that hold components with an image
// or a source. Source: DigitalOcean API reference, App spec.
var componentLists = []string{"services", "workers", "jobs", "static_sites", "functions"}

// repositories are the fields of a component that name a repository with a
// branch.
var repositories = []string{"git", "github", "gitlab", "bitbucket"}

// component finds a component by its name.
func (s Spec) component(name string) (value, error) {
	spec := whole(s.text)
	if _, err := spec.members(); err != nil {
		return value{}, fmt.Errorf("%w: %w", errNoSpec, err)
	}
	var names []string
	for _, list := range componentLists {
		held, _ := spec.member(list)
		all, _ := held.items() // a list that is not there is empty
		for _, c := range all {
			if c.string("name") == name {
				return c, nil
			}
			names = append(names, c.string("name"))
		}
	}
	if len(names) == 0 {
		return value{}, fmt.Errorf("the app has no component %q, and no other", name)
	}
	return value{}, fmt.Errorf("the app has no component %q; it has %s", name, strings.Join(names, ", "))
}

// image finds a component's image.
func (s Spec) image(component string) (value, error) {
	c, err := s.component(component)
	if err != nil {
		return value{}, err
	}
	image, there := c.member("image")
	if _, err := image.members(); !there || err != nil {
		return value{}, fmt.Errorf("the component %q has no image; it is built from a repository, so its version is a git ref", component)
	}
	return image, nil
}

// Image reads a component's image; ok is false where it has none.
func (s Spec) Image(component string) (image Image, ok bool) {
	held, err := s.image(component)
	if err != nil {
		return Image{}, false
	}
	return image, json.Unmarshal(held.bytes(), &image) == nil
}

// WithImageTag is the spec with another tag of the same image. A digest is
// taken out: it pins the image that was there before, and the platform takes
// no tag beside it.
func (s Spec) WithImageTag(component, tag string) (Spec, error) {
	held, err := s.image(component)
	if err != nil {
		return Spec{}, err
	}
	image, err := without(held.bytes(), "digest")
	if err != nil {
		return Spec{}, err
	}
	image, err = set(image, "tag", quoted(tag))
	return Spec{held.replaced(image)}, err
}

// repository finds where a component is built from.
func (s Spec) repository(component string) (value, error) {
	c, err := s.component(component)
	if err != nil {
		return value{}, err
	}
	for _, field := range repositories {
		source, _ := c.member(field)
		if _, err := source.members(); err == nil {
			return source, nil
		}
	}
	return value{}, fmt.Errorf("the component %q is not built from a repository; it has an image, so its version is an image tag", component)
}

// GitRef reads the branch that a component is built from; ok is false where it
// is not built from a repository.
func (s Spec) GitRef(component string) (ref string, ok bool) {
	source, err := s.repository(component)
	if err != nil {
		return "", false
	}
	return source.string("branch"), true
}

// Source names where a component comes from, without its version: an image, or a
// repository. It is empty if that isn't known.
func (s Spec) Source(component string) string {
	if image, ok := s.Image(component); ok {
		return strings.Join([]string{image.Type, image.Registry, image.Repository}, "/")
	}
	source, err := s.repository(component)
	if err != nil {
		return ""
	}
	return source.string("repo") + source.string("repo_clone_url")
}

// WithGitRef is the spec with a component built from another branch.
func (s Spec) WithGitRef(component, ref string) (Spec, error) {
	source, err := s.repository(component)
	if err != nil {
		return Spec{}, err
	}
	changed, err := set(source.bytes(), "branch", quoted(ref))
	return Spec{source.replaced(changed)}, err
}

// Mark reads a variable of the whole app; empty if there is none.
func (s Spec) Mark(key string) string {
	envs, _ := whole(s.text).member("envs")
	all, _ := envs.items()
	for _, v := range all {
		if v.string("key") == key {
			return v.string("value")
		}
	}
	return ""
}

// WithMark is the spec with a variable of the whole app set. It is seen when
// the app runs, so that it causes no other build, and is no secret, so that it
// can be read back.
func (s Spec) WithMark(key, text string) (Spec, error) {
	mark := fmt.Appendf(nil, `{"key":%s,"value":%s,"scope":"RUN_TIME","type":"GENERAL"}`, quoted(key), quoted(text))
	envs, _ := whole(s.text).member("envs")
	all, err := envs.items()
	if err != nil { // there are none, or null
		changed, err := set(s.text, "envs", []byte("["+string(mark)+"]"))
		if err != nil {
			return Spec{}, fmt.Errorf("%w: %w", errNoSpec, err)
		}
		return Spec{changed}, nil
	}
	for _, v := range all {
		if v.string("key") == key {
			return Spec{v.replaced(mark)}, nil
		}
	}
	return Spec{envs.replaced(added(envs.bytes(), len(all) == 0, mark))}, nil
}

// quoted is a text as JSON.
func quoted(text string) []byte {
	q, _ := json.Marshal(text) // a string can always be written
	return q
}
