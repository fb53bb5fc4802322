package web

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

const benchmark = `{"costsheet": {"p95_ms": 140.5, "n": 200}, "search": {"p95_ms": 12}, "broken": null, "text": "3"}`

func TestJSON(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bench.json": benchmark,
		"lines":      "{\"p95\": 100}\n{\"p95\": 180}\n{\"p95\": 130}\n",
		"rising":     "{\"p95\": 100}\n{\"p95\": 130}\n{\"p95\": 180}\n{\"p95\": 190}\n",
		"gap":        "{\"p95\": 100}\n{\"p50\": 130}\n",
		"torn":       "{\"p95\": 100}\n{\"p95\": 1",
		"empty":      "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const p95 = `numbers: { p95: { path: p95, limit: "< 150"`
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`file: bench.json, numbers: { p95: { path: "costsheet.p95_ms", limit: "< 150" } }`, answer.Passed, "p95 is 140.5"},
		{`file: bench.json, numbers: { p95: { path: "costsheet.p95_ms", limit: "< 140" } }`, answer.Failed, "p95 is 140.5, limit < 140"},
		{`file: bench.json, numbers: { p95: { path: "costsheet.p95_ms", limit: "< 150", warn: "< 120" } }`, answer.Warned, "p95 is 140.5, warning limit < 120"},
		{`file: bench.json, numbers: { p95: { path: "costsheet.p95_ms", limit: "< 140", warn: "< 120" } }`, answer.Failed, "p95 is 140.5, limit < 140"},
		{`file: bench.json, numbers: { a: { path: "costsheet.p95_ms", limit: "< 150", warn: "< 120" }, b: { path: search.p95_ms, limit: "< 10" } }`, answer.Failed, "b is 12, limit < 10"},
		{`file: bench.json, numbers: { a: { path: "costsheet.p95_ms", limit: "< 150" }, b: { path: costsheet.n, limit: ">= 100" } }`, answer.Passed, "a is 140.5"},
		{`file: bench.json, numbers: { p95: { path: costsheets.p95_ms, limit: "< 150" } }`, answer.Errored, "bench.json can't be compared: it has nothing at costsheets.p95_ms"},
		{`file: bench.json, numbers: { p95: { path: broken, limit: "< 150" } }`, answer.Errored, "its broken is null, which measures nothing"},
		{`file: bench.json, numbers: { p95: { path: text, limit: "< 150" } }`, answer.Errored, "its text is a string and not a number"},
		{`file: nowhere.json, ` + p95 + `}}`, answer.NotConfigured, "there is no file nowhere.json"},
		{`file: empty, ` + p95 + `}}`, answer.Errored, "empty can't be compared: it is empty"},
		{`file: torn, lines: last, ` + p95 + `}}`, answer.Errored, "torn can't be compared: its JSON is truncated"},
		{`file: lines, ` + p95 + `}}`, answer.Errored, "it has more than one JSON document; write lines: all or lines: last"},
		{`file: lines, lines: last, ` + p95 + `}}`, answer.Passed, "p95 is 130"},
		{`file: lines, lines: all, ` + p95 + `}}`, answer.Failed, "p95 is 180, limit < 150, in document 2; it is outside in 1 of 3"},
		{`file: rising, lines: all, ` + p95 + `}}`, answer.Failed, "p95 is 180, limit < 150, in document 3; it is outside in 2 of 4"},
		{`file: rising, lines: all, numbers: { p95: { path: p95, limit: "< 200", warn: "< 120" } }`, answer.Warned, "p95 is 130, warning limit < 120, in document 2; it is outside in 3 of 4"},
		{`file: lines, lines: ALL, numbers: { p95: { path: p95, limit: "< 200" } }`, answer.Passed, "within the limits in all 3 documents; in the last, p95 is 130"},
		{`file: gap, lines: last, ` + p95 + `}}`, answer.Errored, "in its last document, it has nothing at p95"},
		{`file: gap, lines: all, ` + p95 + `}}`, answer.Errored, "in document 2, it has nothing at p95"},
		{`file: ., ` + p95 + `}}`, answer.Errored, ""},
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, JSON, "{"+tt.settings+"}", gates.Deps{Dir: dir}), gates.Scope{})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s", tt.settings, wrong)
		}
	}
	ev := kindtest.Measured(t, kindtest.Built(t, JSON, `{file: bench.json, numbers: { p95: { path: "costsheet.p95_ms", limit: "< 150" } }}`, gates.Deps{Dir: dir}), gates.Scope{})
	if diff := cmp.Diff([]answer.Measure{{Name: "p95", Value: "140.5", Limit: "< 150", OK: true}}, ev.Measures); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	ev = kindtest.Measured(t, kindtest.Built(t, JSON, `{file: bench.json, numbers: { p95: { path: "costsheet.p95_ms", limit: "< 150" } }}`, gates.Deps{Dir: dir}), gates.Scope{Opened: time.Now().Add(time.Hour)})
	if wrong := kindtest.Odd(ev, answer.Errored, "bench.json doesn't count: it is older than the release's opening"); wrong != "" {
		t.Error(wrong)
	}
}

func TestJSONFromURL(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, benchmark)
			z.Close()
		case r.URL.Path == "/long":
			fmt.Fprint(w, benchmark, strings.Repeat(" ", 300<<10))
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/", http.StatusFound)
		case r.Header.Get("X-Api-Key") != "k3y4":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, benchmark)
		default:
			fmt.Fprint(w, benchmark)
		}
	}))
	defer site.Close()
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`url: "{target.url}/", headers: {X-Api-Key: k3y4}, numbers: { p95: { path: costsheet.p95_ms, limit: "< 150" } }`, answer.Passed, "p95 is 140.5"},
		{`url: "{target.url}/gzip", numbers: { p95: { path: costsheet.p95_ms, limit: "< 150", warn: "< 140" } }`, answer.Warned, "p95 is 140.5, warning limit < 140"},
		{`url: "{target.url}/gzip", numbers: { p95: { path: costsheet.p95_ms, limit: "< 140" } }`, answer.Failed, "p95 is 140.5, limit < 140"},
		{`url: "{target.url}/", numbers: { p95: { path: costsheet.p95_ms, limit: "< 150" } }`, answer.Errored, "it answered with status 403 instead of a document"},
		{`url: "{target.url}/moved", numbers: { p95: { path: costsheet.p95_ms, limit: "< 150" } }`, answer.Errored, "it answered with status 302 instead of a document"},
		{`url: "{target.url}/long", numbers: { p95: { path: costsheet.p95_ms, limit: "< 150" } }`, answer.Errored, "it answered with more than was read, 256 KiB"},
		{`url: "{target.url}/gzip", numbers: { p95: { path: text, limit: "< 150" } }`, answer.Errored, "the answer can't be compared: its text is a string"},
		{`url: "http://127.0.0.1:1/", numbers: { p95: { path: text, limit: "< 150" } }`, answer.Errored, "refuses connections"},
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, JSON, "{"+tt.settings+"}", gates.Deps{}), gates.Scope{TargetURL: site.URL})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s", tt.settings, wrong)
		}
	}
	b := kindtest.Built(t, JSON, fmt.Sprintf(`{url: %q, numbers: { p95: { path: text, limit: "< 150" } }}`, site.URL), abroad(t))
	if wrong := kindtest.Odd(kindtest.Measured(t, b, gates.Scope{}), answer.Errored, "isn't a public address"); wrong != "" {
		t.Error(wrong)
	}
}

func TestJSONFaults(t *testing.T) {
	for settings, want := range map[string][]string{
		`{}`: {"file", "numbers"},
		`{file: a, url: "http://x", numbers: {n: {path: a, limit: 1}}}`:                    {"url"},
		`{url: "ftp://x", numbers: {n: {path: a, limit: 1}}}`:                              {"url"},
		`{file: a, headers: {A: b}, ca: x, server_name: y, numbers: {n: {path: a}}}`:       {"ca", "headers", "numbers.n.limit", "server_name"},
		`{file: a, numbers: {n: {path: "a..b", limit: 1}}}`:                                {"numbers.n.path"},
		`{url: "http://x", ca: nowhere, timeout: 0s, numbers: {n: {path: "a", limit: 1}}}`: {"ca", "timeout"},
	} {
		_, err := kindtest.Build(JSON, settings, gates.Deps{})
		faults, _ := err.(gates.Faults)
		var fields []string
		for _, f := range faults {
			fields = append(fields, f.Field)
		}
		slices.Sort(fields)
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", settings, err, diff)
		}
	}
	for _, settings := range []string{
		`{file: a, lines: first, numbers: {n: {path: a, limit: 1}}}`,
		`{file: a, numbers: {n: {path: a, limit: "< 150ms"}}}`,
		`{file: a, numbers: {n: {path: a, limit: "< 5%"}}}`,
		`{file: a, numbers: {n: {path: a, limit: "P95 < 5"}}}`,
	} {
		kindtest.Faulty(t, JSON, settings, gates.Deps{})
	}
}
