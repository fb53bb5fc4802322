package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema compiles the schema as an editor would.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("gonogo.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("gonogo.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// asJSON is YAML as an editor hands it to a schema.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Every configuration that is read without a fault is one by the schema.
func TestSchemaTakesWhatIsSound(t *testing.T) {
	s := schema(t)
	files, err := filepath.Glob("../../examples/*.yml")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range append(files, "testdata/sample.yml", "../testdata/practice.yml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// What is misspelt, missing or of the wrong shape is found by the schema too.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	for name, item := range map[string]string{
		"an unknown field":          `{ item: a, manual: {}, titel: A }`,
		"an unknown gate":           `{ item: a, gate: { htpp: { url: x } } }`,
		"an unknown setting":        `{ item: a, gate: { http: { url: x, statuss: 200 } } }`,
		"two kinds":                 `{ item: a, gate: { http: { url: x }, tls: { address: x } } }`,
		"a setting within a part":   `{ item: a, gate: { all_of: { gates: [{ tls: { adress: x } }] } } }`,
		"an item without a name":    `{ manual: {} }`,
		"a list in place of a word": `{ item: a, title: [b], manual: {} }`,
		"a word in place of a list": `{ item: a, manual: { by: lead } }`,
		"a duration without a unit": `{ item: a, estimate: 45, manual: {} }`,
		"a duration in words":       `{ item: a, max_age: a day, manual: {} }`,
		"a name that is two words":  `{ item: a b, manual: {} }`,
		"a timeout without a unit":  `{ item: a, gate: { http: { url: "http://x", timeout: 5 } } }`,
	} {
		if err := s.Validate(asJSON(t, []byte(frame+"      - "+item+"\n"))); err == nil {
			t.Errorf("%s is taken: %s", name, item)
		}
	}
	if err := s.Validate(asJSON(t, []byte(frame+"      - { item: a, title: A, gate: { all_of: { gates: [{ title: B, http: { url: x } }, { tls: { address: x, min_version: \"1.2\" } }] } } }\n"))); err != nil {
		t.Errorf("a sound file is refused: %v", err)
	}
	for was, is := range map[string]string{"releases: C0RELEASES": "releases: '#releases'", "[U0TL]": "[tomas]", `"http://staging.example"`: "staging.example", "repository: a/b": "repository: a"} {
		if err := s.Validate(asJSON(t, []byte(strings.Replace(frame, was, is, 1)+"      - { item: a, manual: {} }\n"))); err == nil {
			t.Errorf("%s is taken", is)
		}
	}
	if err := s.Validate(asJSON(t, []byte(strings.Replace(frame, "project: P", "projekt: P", 1)+"      - { item: a, manual: {} }\n"))); err == nil {
		t.Error("a misspelt field at the top is taken")
	}
}
