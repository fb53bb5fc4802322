package digitalocean

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Spec is what an app is wanted to be, in the platform's own JSON. A Spec is
// never changed; With… returns another.
type Spec struct{ raw json.RawMessage }

// MarshalJSON implements json.Marshaler.
func (s Spec) MarshalJSON() ([]byte, error) {
	if s.raw == nil {
		return []byte("null"), nil
	}
	return s.raw, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Spec) UnmarshalJSON(data []byte) error {
	s.raw = bytes.Clone(data)
	return nil
}

// Image is where a component's image comes from.
type Image struct {
	Registry   string `json:"registry"`
	Type       string `json:"registry_type"`
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
}

// componentLists are the fields of a spec that hold components.
var componentLists = []string{"services", "workers", "jobs", "static_sites", "functions"}

// sources are the fields of a component that name a repository with a branch.
var sources = []string{"git", "github", "gitlab", "bitbucket"}

// object is a JSON object whose values stay as they were written.
type object struct {
	keys   []string
	values map[string]json.RawMessage
}

// readObject reads an object and keeps the order of its fields.
func readObject(data json.RawMessage) (object, error) {
	o := object{values: map[string]json.RawMessage{}}
	if err := json.Unmarshal(data, &o.values); err != nil {
		return o, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil {
		return o, err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return o, err
		}
		o.keys = append(o.keys, key.(string))
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return o, err
		}
	}
	return o, nil
}

// set replaces a field or adds it at the end.
func (o *object) set(key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if _, there := o.values[key]; !there {
		o.keys = append(o.keys, key)
	}
	o.values[key] = data
	return nil
}

func (o *object) drop(key string) {
	delete(o.values, key)
	o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(o.values[key])
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// text reads a field that is a text; "" if there is none.
func (o object) text(key string) string {
	var s string
	_ = json.Unmarshal(o.values[key], &s) // anything else is no text
	return s
}

// component finds a component: the list it stands in, its place and itself.
func (s Spec) component(name string) (list string, all []json.RawMessage, i int, found object, err error) {
	spec, err := readObject(s.raw)
	if err != nil {
		return "", nil, 0, object{}, errors.New("the app has no spec that can be read")
	}
	var names []string
	for _, list := range componentLists {
		var all []json.RawMessage
		if json.Unmarshal(spec.values[list], &all) != nil {
			continue
		}
		for i, raw := range all {
			c, err := readObject(raw)
			if err != nil {
				continue
			}
			if c.text("name") == name {
				return list, all, i, c, nil
			}
			names = append(names, c.text("name"))
		}
	}
	return "", nil, 0, object{}, fmt.Errorf("the app has no component %q; it has %s", name, orNone(names))
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Image reads a component's image; ok is false where it has none.
func (s Spec) Image(component string) (image Image, ok bool) {
	_, _, _, c, err := s.component(component)
	if err != nil || c.values["image"] == nil {
		return Image{}, false
	}
	return image, json.Unmarshal(c.values["image"], &image) == nil
}

// WithImageTag is the spec with another tag of the same image. A digest is
// taken out, since it would pin the image that was there before.
func (s Spec) WithImageTag(component, tag string) (Spec, error) {
	return s.change(component, func(c *object) error {
		image, err := readObject(c.values["image"])
		if err != nil {
			return fmt.Errorf("the component %q has no image", component)
		}
		image.drop("digest")
		return errors.Join(image.set("tag", tag), c.set("image", image))
	})
}

// GitRef reads the branch or tag that a component is built from; ok is false
// where it is not built from a repository.
func (s Spec) GitRef(component string) (ref string, ok bool) {
	_, _, _, c, err := s.component(component)
	if err != nil {
		return "", false
	}
	for _, source := range sources {
		if git, err := readObject(c.values[source]); err == nil {
			return git.text("branch"), true
		}
	}
	return "", false
}

// WithGitRef is the spec with a component built from another branch or tag.
func (s Spec) WithGitRef(component, ref string) (Spec, error) {
	return s.change(component, func(c *object) error {
		for _, source := range sources {
			if git, err := readObject(c.values[source]); err == nil {
				return errors.Join(git.set("branch", ref), c.set(source, git))
			}
		}
		return fmt.Errorf("the component %q is not built from a repository", component)
	})
}

// change gives the spec with one component changed.
func (s Spec) change(component string, change func(*object) error) (Spec, error) {
	list, all, i, c, err := s.component(component)
	if err != nil {
		return Spec{}, err
	}
	if err := change(&c); err != nil {
		return Spec{}, err
	}
	if all[i], err = json.Marshal(c); err != nil {
		return Spec{}, err
	}
	return s.with(list, all)
}

// with gives the spec with one field replaced.
func (s Spec) with(key string, value any) (Spec, error) {
	spec, err := readObject(s.raw)
	if err != nil {
		return Spec{}, errors.New("the app has no spec that can be read")
	}
	if err := spec.set(key, value); err != nil {
		return Spec{}, err
	}
	raw, err := json.Marshal(spec)
	return Spec{raw}, err
}

// variable is an environment variable of an app as this package writes it.
type variable struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Scope string `json:"scope"`
	Type  string `json:"type"`
}

// Mark reads a variable of the whole app; "" if there is none.
func (s Spec) Mark(key string) string {
	var spec struct{ Envs []variable }
	if json.Unmarshal(s.raw, &spec) != nil {
		return ""
	}
	for _, v := range spec.Envs {
		if v.Key == key {
			return v.Value
		}
	}
	return ""
}

// WithMark is the spec with a variable of the whole app set. It is seen when
// the app runs and is no secret, so that it can be read back.
func (s Spec) WithMark(key, value string) (Spec, error) {
	var spec struct{ Envs []json.RawMessage }
	if err := json.Unmarshal(s.raw, &spec); err != nil {
		return Spec{}, errors.New("the app has no spec that can be read")
	}
	mark, err := json.Marshal(variable{key, value, "RUN_TIME", "GENERAL"})
	if err != nil {
		return Spec{}, err
	}
	for i, raw := range spec.Envs {
		if v, err := readObject(raw); err == nil && v.text("key") == key {
			spec.Envs[i] = mark
			return s.with("envs", spec.Envs)
		}
	}
	return s.with("envs", append(spec.Envs, mark))
}
