package strictyaml

import (
	"strings"
	"testing"
)

// TestForeign reads what it is asked for in a file of another program, and refuses what
// isn't YAML without repeating it.
func TestForeign(t *testing.T) {
	var into struct {
		On   any    `yaml:"on"`
		Name string `yaml:"run-name"`
	}
	sound := "on:\n  workflow_dispatch:\n    inputs: { version: { required: true } }\nrun-name: Deploy ${{ inputs.version }}\njobs: { a: 1 }\n"
	if err := Foreign([]byte(sound), &into); err != nil || into.Name != "Deploy ${{ inputs.version }}" || into.On == nil {
		t.Errorf("read %+v, %v", into, err)
	}
	for _, text := range []string{"a: [s3cret", "run-name: [s3cret]", strings.Repeat("[", 200), "\xff", ""} {
		if err := Foreign([]byte(text), &into); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}
