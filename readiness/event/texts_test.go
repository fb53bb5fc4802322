package event

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestClean cleans one event of each kind with all fields set, and looks at what is
// left: every text is changed, and nothing that the state goes by.
func TestClean(t *testing.T) {
	left := map[string]bool{}
	for _, e := range full() {
		before := string(mustEncode(t, e))
		seen := 0
		cleaned := Clean(e, func(text string) string { seen++; return "x" })
		if got := string(mustEncode(t, e)); got != before {
			t.Errorf("%s was changed itself: %s", e.Kind(), got)
		}
		var all any
		if err := json.Unmarshal(mustEncode(t, cleaned), &all); err != nil {
			t.Fatal(err)
		}
		strs(all, "", func(path, text string) {
			if text != "x" && text != "" && !strings.Contains(text, "T09:") && !strings.Contains(text, "T10:") {
				left[path] = true
			}
		})
	}
	texts := strings.Fields(`annotations author comment details detail doing labels limit link note problem reading reason summary title unit url value why unknown`)
	for path := range left {
		parts := strings.FieldsFunc(path, func(r rune) bool { return r == '.' })
		if slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(texts, part) }) && path != "problem" {
			t.Errorf("%s is a text, and wasn't cleaned", path)
		}
	}
	for _, path := range []string{"environment", "release", "item", "run", "by", "evidence.by", "evidence.verdict", "plan.name", "delivery.alerts.fingerprint", "basis.gates", "facts.deployment", "act", "steps"} {
		if !left[path] {
			t.Errorf("%s was taken for a text", path)
		}
	}
}

// strs calls do with each text of a JSON value, and the path to it.
func strs(v any, path string, do func(path, text string)) {
	switch v := v.(type) {
	case string:
		do(path, v)
	case []any:
		for _, e := range v {
			strs(e, path, do)
		}
	case map[string]any:
		for name, e := range v {
			strs(e, strings.TrimPrefix(path+"."+name, "."), do)
		}
	}
}

// TestCleanOfUnknown leaves alone what a newer gonogo wrote.
func TestCleanOfUnknown(t *testing.T) {
	e := Unknown{Type: "new", Data: json.RawMessage(`{"text":"a"}`)}
	if got := Clean(e, strings.ToUpper).(Unknown); string(got.Data) != `{"text":"a"}` {
		t.Errorf("%s", got.Data)
	}
}
