package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadReply(t *testing.T) {
	for name, want := range map[string]Reply{
		"count.json":    {ID: "2", Result: "17"},
		"refused.json":  {ID: "1", Result: "false"},
		"none.json":     {ID: "2"},
		"access.json":   {ID: "2", Error: &ReplyError{200, "odoo.exceptions.AccessError"}},
		"notfound.json": {ID: "null", Error: &ReplyError{404, "werkzeug.exceptions.NotFound"}},
	} {
		text, err := os.ReadFile(filepath.Join("testdata/reply", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadReply(strings.NewReader(string(text)))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestReadReplyThatIsNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "its JSON is truncated or invalid at byte 0",
		"<html>":                          "its JSON is truncated or invalid at byte 0",
		"null":                            "it isn't a JSON-RPC answer, which begins with {",
		"[]":                              "it isn't a JSON-RPC answer, which begins with {",
		"{}":                              "it has no jsonrpc: 2.0",
		`{"jsonrpc": "1.0", "result": 1}`: "it has no jsonrpc: 2.0",
		`{"jsonrpc": "2.0", "result": 1`:  "truncated or invalid",
		`{"jsonrpc": "2.0", "result": 1} {"jsonrpc": "2.0"}`:                  "it continues after its end",
		`{"jsonrpc": "2.0", "result": 1, "result": 2}`:                        "its JSON has the name /result twice",
		`{"jsonrpc": "2.0", "result": 1, "error": "no"}`:                      "/error has the wrong type",
		`{"jsonrpc": "2.0", "error": {"code": "x"}}`:                          "/error/code has the wrong type",
		`{"jsonrpc": "2.0", "result": 1, "error": {"data": {"name": ["a"]}}}`: "/error/data/name has the wrong type",
	} {
		got, err := ReadReply(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || got != (Reply{}) {
			t.Errorf("%s: got %+v, %v, want %s", text, got, err, want)
		}
	}
}

// FuzzReadReply reads whatever comes. What is read without an error is JSON in which a
// plain reading finds the same, and an error is never overlooked.
func FuzzReadReply(f *testing.F) {
	names, err := filepath.Glob("testdata/reply/*.json")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadReply(strings.NewReader(text))
		if err != nil {
			return
		}
		var plain map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &plain); err != nil {
			t.Fatalf("it was read, and isn't JSON: %v", err)
		}
		if string(plain["result"]) != got.Result || string(plain["id"]) != got.ID {
			t.Errorf("got %+v from %s", got, text)
		}
		if fault, there := plain["error"]; (there && string(fault) != "null") != (got.Error != nil) {
			t.Errorf("its error is %s, and was read as %+v", fault, got.Error)
		}
	})
}
