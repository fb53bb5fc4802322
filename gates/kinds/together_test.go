package kinds

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// answers is a server whose path says with which status it answers.
func answers(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTogether(t *testing.T) {
	url := answers(t)
	good := fmt.Sprintf(`{ title: Good, http: { url: "%s/200", status: 200 } }`, url)
	bad := fmt.Sprintf(`{ title: Bad, http: { url: "%s/500", status: 200 } }`, url)
	gone := `{ title: Gone, http: { url: "http://127.0.0.1:1/", status: 200 } }`
	unset := `{ junit: { files: nowhere/*.xml } }`
	nested := fmt.Sprintf("{ title: Inner, any_of: { gates: [%s, %s] } }", bad, good)
	for _, tt := range []struct {
		kind, gates string
		verdict     answer.Verdict
		words       []string
	}{
		{"all_of", good + "," + nested, answer.Passed, []string{"2 of 2 gates passed"}},
		{"all_of", good + "," + bad + "," + gone, answer.Failed, []string{"1 of 3 gates passed", "Bad: ", "500"}},
		{"all_of", good + "," + gone, answer.Errored, []string{"Gone: "}},
		{"all_of", good + "," + unset, answer.NotConfigured, []string{"junit: no report matches"}},
		{"any_of", bad + "," + gone + "," + good, answer.Passed, []string{"1 of 3 gates passed"}},
		{"any_of", bad + "," + gone, answer.Errored, []string{"0 of 2 gates passed", "Gone: "}},
		{"any_of", bad + "," + unset, answer.Failed, []string{"Bad: "}},
		{"all_of", bad + `,{ title: Steady, http: { url: "` + url + `/200" }, consecutive: 3, every: 1ms }`, answer.Failed, []string{"1 of 2 gates passed"}},
		{"any_of", `{ title: Steady, http: { url: "` + url + `/200" }, consecutive: 3, every: 1ms },` + unset, answer.Passed, []string{"1 of 2 gates passed"}},
	} {
		ev := kindtest.Measured(t, built(t, tt.kind, "gates: ["+tt.gates+"]", gates.Deps{Dir: t.TempDir()}), gates.Scope{})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words...); wrong != "" {
			t.Errorf("%s of %s: %s", tt.kind, tt.gates, wrong)
		}
	}
	ev := kindtest.Measured(t, built(t, "all_of", "gates: ["+good+","+nested+"]", gates.Deps{}), gates.Scope{})
	if lines := strings.Join(ev.Details, "\n"); !strings.Contains(lines, "Good: passed, ") || !strings.Contains(lines, "· Bad: failed, ") {
		t.Errorf("details name not every part:\n%s", lines)
	}
	if m := ev.Measures[0]; m.Name != "Good: status" {
		t.Errorf("a measure is named %q, without its gate", m.Name)
	}
}

func TestTogetherIsTheSumOfItsParts(t *testing.T) {
	page := `{ http: { url: "http://a.example/", status: 200 } }`
	hash := func(parts string) string {
		return built(t, "all_of", "gates: ["+parts+"]", gates.Deps{}).Settings
	}
	if hash(page+","+page) == hash(page+","+strings.Replace(page, "200", "204", 1)) {
		t.Error("the settings of a part do not change the hash")
	}
	if built(t, "all_of", "gates: ["+page+","+page+"]", gates.Deps{}).Acts {
		t.Error("gates that only look are said to act")
	}
	act := built(t, "any_of", "gates: ["+page+", { all_of: { gates: ["+page+", { command: { run: [sh, -c, exit], timeout: 7m } }] } }]", gates.Deps{})
	if !act.Acts {
		t.Error("a command within is said to look only")
	}
	if got := (gates.Job{Gate: act.Gate}).Timeout().Minutes(); got < 7 {
		t.Errorf("all may take %.1f minutes, want at least the 7 of its slowest part", got)
	}
}

func TestTogetherSettings(t *testing.T) {
	page := `{ http: { url: "http://a.example/", status: 200 } }`
	deep := page
	for range 5 {
		deep = "{ all_of: { gates: [" + page + "," + deep + "] } }"
	}
	for parts, want := range map[string]string{
		page:          "at least two gates",
		page + ", {}": "a gate is missing",
		page + `, { title: " ", http: { url: "http://a.example/" } }`: "title is empty",
		page + ", { title: Nothing }":                                 "a gate is missing",
		page + ", { nosuch: {} }":                                     `there is no gate kind "nosuch"`,
		page + ", { http: {}, tls: {} }":                              "names http and tls",
		page + ", { http: { urll: x } }":                              "urll",
		page + ", { tls: {} }":                                        "address is missing",
		page + ", { deployed: { environment: staging } }":             "evaluated continuously",
		page + "," + deep:                                             "deep within each other",
		strings.Repeat(page+",", 20) + page:                           "more than 20 gates",
		page + ", { title: [a], http: { url: 'x://' } }":              "",
	} {
		if got := faulty(t, "all_of", "gates: ["+parts+"]", gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("%s gives %s, want %s", parts, got, want)
		}
	}
}

// Parts that are called alike, or as another would be numbered, each have their
// own result.
func TestTogetherNames(t *testing.T) {
	url := answers(t)
	part := func(title string, status int) string {
		return fmt.Sprintf(`{ title: %s, http: { url: "%s/%d", status: 200 } }`, title, url, status)
	}
	ev := kindtest.Measured(t, built(t, "all_of", "gates: ["+strings.Join([]string{part("x 3", 200), part("x", 200), part("x", 500), part("x", 200)}, ",")+"]", gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Failed, "3 of 4 gates passed; x 2: "); wrong != "" {
		t.Error(wrong)
	}
	for _, line := range []string{"x 3: passed", "x: passed", "x 2: failed", "x 4: passed"} {
		if !strings.Contains(strings.Join(ev.Details, "\n"), line) {
			t.Errorf("%q is not among %q", line, ev.Details)
		}
	}
}

// A part with much to say leaves room for the results of the others.
func TestTogetherLeavesRoom(t *testing.T) {
	var cases strings.Builder
	for i := range 100 {
		fmt.Fprintf(&cases, "<testcase name='t%d'><failure/></testcase>", i)
	}
	deps := reports(t, map[string]string{"a.xml": "<testsuite>" + cases.String() + "</testsuite>"})
	junit := "{ junit: { files: a.xml } }"
	ev := kindtest.Measured(t, built(t, "any_of", "gates: ["+strings.Join([]string{junit, junit, junit, "{ title: Last, junit: { files: b.xml } }"}, ",")+"]", deps), gates.Scope{})
	if len(ev.Details) > gates.MaxDetails || !strings.HasPrefix(ev.Details[len(ev.Details)-1], "Last: not configured") {
		t.Errorf("got %d lines, the last %q", len(ev.Details), ev.Details[len(ev.Details)-1])
	}
}

// reports writes files for a test.
func reports(t *testing.T, files map[string]string) gates.Deps {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return gates.Deps{Dir: dir}
}
