// Package vendortest compares what a practice service answers with its vendor's own
// description of the API.
//
// A description is testdata/description.json beside the service: what a script in
// scripts/ took from the vendor's OpenAPI document, as JSON Schema.
package vendortest

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Description is what a vendor says of the operations that a practice service has.
type Description struct {
	Paths    map[string]Operation // by method and path, such as "GET /v2/apps/{id}"
	compiler *jsonschema.Compiler
}

// Operation is what a vendor says of one operation.
type Operation struct {
	Status int      // of an answer without an error
	Query  []string // the parameters that it takes
}

// Read reads the description of the service in whose folder the test runs.
func Read(t *testing.T) Description {
	t.Helper()
	text, err := os.ReadFile("testdata/description.json")
	if err != nil {
		t.Fatal(err)
	}
	var d Description
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	d.compiler = jsonschema.NewCompiler()
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("description.json", whole); err != nil {
		t.Fatal(err)
	}
	return d
}

// Check compares an operation's answer with the description.
func (d Description) Check(t *testing.T, operation string, status int, body string) {
	t.Helper()
	known, ok := d.Paths[operation]
	if !ok || status != known.Status {
		t.Errorf("%s: got %d %.300s, want %d", operation, status, body, known.Status)
		return
	}
	if known.Status == 204 && body == "" {
		return
	}
	pointer := strings.NewReplacer("~", "~0", "/", "~1").Replace(operation)
	if err := d.Valid(t, "/paths/"+(&url.URL{Path: pointer}).EscapedPath()+"/answer", body); err != nil {
		t.Errorf("%s: %v", operation, err)
	}
}

// Valid compares a JSON text with the schema at a JSON pointer of the description.
func (d Description) Valid(t *testing.T, pointer, text string) error {
	t.Helper()
	schema, err := d.compiler.Compile("description.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(whole)
}
