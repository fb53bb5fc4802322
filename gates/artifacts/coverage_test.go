package artifacts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/gates/limit"
	"gonogo/gates/report"
	"gonogo/readiness/answer"
)

// The same four files in three formats: 6 of 8 lines of core are run, and 1 of
// 4 of the web's; the rates that are written are all wrong.
const (
	coberturaReport = `<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>
<coverage line-rate="0.99" branch-rate="0.99" lines-valid="100" lines-covered="99" version="7" timestamp="1">
  <sources><source>DIR/src</source></sources>
  <packages><package name="core" line-rate="1"><classes>
    <class name="a" filename="core/a.py" line-rate="1"><methods><method name="f"><lines><line number="1" hits="9"/></lines></method></methods>
      <lines><line number="1" hits="4"/><line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/><line number="3" hits="0"/><line number="4" hits="2"/></lines></class>
    <class name="a.Inner" filename="core/a.py" line-rate="1"><methods/><lines><line number="3" hits="0"/><line number="4" hits="0"/></lines></class>
    <class name="b" filename="core/b.py" line-rate="1"><methods/><lines><line number="1" hits="1"/><line number="2" hits="1"/><line number="3" hits="1"/><line number="4" hits="0"/></lines></class>
  </classes></package><package name="web"><classes>
    <class name="v" filename="web/v.py" line-rate="1"><methods/><lines><line number="1" hits="1"/><line number="2" hits="0"/><line number="3" hits="0"/><line number="4" hits="0"/></lines></class>
  </classes></package></packages>
</coverage>`
	pythonReport = `{"meta": {"format": 3, "version": "7.6.1"}, "files": {
		"src/core/a.py": {"executed_lines": [1, 2, 4], "missing_lines": [3], "excluded_lines": [9], "summary": {"percent_covered": 100}, "executed_branches": [[2, 3]], "missing_branches": [[2, 4]]},
		"src/core/b.py": {"executed_lines": [1, 2, 3], "missing_lines": [4], "excluded_lines": [], "summary": {}},
		"src/web/v.py": {"executed_lines": [1], "missing_lines": [2, 3, 4], "excluded_lines": [], "summary": {}}},
		"totals": {"percent_covered": 100}}`
	goReport = `mode: atomic
example.com/shop/src/core/a.go:1.1,2.2 3 7
example.com/shop/src/core/a.go:3.1,3.9 1 0
example.com/shop/src/core/b.go:1.1,4.2 3 1
example.com/shop/src/core/b.go:5.1,5.2 1 0
example.com/shop/src/web/v.go:1.1,1.2 1 1
example.com/shop/src/web/v.go:2.1,4.2 3 0
example.com/shop/src/core/a.go:1.1,2.2 3 0
`
)

// coverageReports writes files into a folder of their own.
func coverageReports(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func coverageOf(t *testing.T, dir, settings string) answer.Evidence {
	t.Helper()
	return kindtest.Measured(t, kindtest.Built(t, Coverage, settings, gates.Deps{Dir: dir}), gates.Scope{})
}

// Every format is counted line by line, whatever shares it claims.
func TestCoverageFormats(t *testing.T) {
	dir := coverageReports(t, map[string]string{"cobertura.xml": coberturaReport, "python.json": pythonReport, "cover.out": goReport})
	for _, file := range []string{"cobertura.xml", "python.json", "cover.out"} {
		ev := coverageOf(t, dir, fmt.Sprintf(`{file: %s, overall: ">= 58.3%%", paths: {"src/core/**": ">= 75%%", "src/web/*": ">= 25%%"}}`, file))
		if wrong := kindtest.Odd(ev, answer.Passed, "58.33 % of 12 ", " in 3 files"); wrong != "" {
			t.Errorf("%s: %s", file, wrong)
		}
		ev = coverageOf(t, dir, fmt.Sprintf(`{file: %s, overall: ">= 58.34%%", paths: {"src/core/**": "> 75%%"}}`, file))
		if wrong := kindtest.Odd(ev, answer.Failed, "overall is 58.33 %, limit >= 58.34%; src/core/** is 75.00 %, limit > 75%"); wrong != "" {
			t.Errorf("%s: %s", file, wrong)
		}
		if len(ev.Details) != 3 || !strings.Contains(ev.Details[0], "web/v.") || !strings.Contains(ev.Details[0], "3 of 4 ") {
			t.Errorf("%s: details %q, want the worst file first", file, ev.Details)
		}
	}
}

// A line that any report saw run is run, and counts once.
func TestCoverageOfSeveralReports(t *testing.T) {
	other := `{"files": {"src/web/v.py": {"executed_lines": [2, 3], "missing_lines": [1, 4]}}}`
	dir := coverageReports(t, map[string]string{"a.json": pythonReport, "b.json": other, "c.xml": coberturaReport})
	ev := coverageOf(t, dir, `{file: ["*.json", c.xml], overall: ">= 75%", exclude: [src/core/b.py], branches: "= 50%"}`)
	if wrong := kindtest.Odd(ev, answer.Passed, "75.00 % of 8 lines in 2 files"); wrong != "" {
		t.Error(wrong)
	}
	// Cobertura counts the ways of line 2, coverage.py the two of them by name.
	if got := ev.Measures[1]; got.Value != "50.00" {
		t.Errorf("branches are %s %%, want 50.00", got.Value)
	}
}

// coverage.py lists more than it counts: line 0 of an empty file, and a branch
// out of a decorator into a function that is excluded. What it counts is taken.
func TestCoverageOfPythonListsMore(t *testing.T) {
	dir := coverageReports(t, map[string]string{"python.json": `{"files": {
		"pkg/__init__.py": {"executed_lines": [0], "missing_lines": [], "excluded_lines": [], "summary": {"num_statements": 0, "num_branches": 0}, "executed_branches": [], "missing_branches": []},
		"pkg/a.py": {"executed_lines": [1, 4, 6], "missing_lines": [7], "excluded_lines": [8, 9], "summary": {"num_statements": 4, "num_branches": 4},
			"executed_branches": [[4, 6], [6, 8]], "missing_branches": [[4, 7], [6, 4], [6, -4]]}}}`})
	ev := coverageOf(t, dir, `{file: python.json, overall: "= 75%", branches: "= 25%"}`)
	if wrong := kindtest.Odd(ev, answer.Passed, "75.00 % of 4 lines in 2 files"); wrong != "" {
		t.Error(wrong)
	}
}

// A line that branches, and does not say how many of its branches were taken, is
// no line without branches.
func TestCoverageOfUnknownBranches(t *testing.T) {
	for _, says := range []string{`branch="true"`, `condition-coverage="50%"`, `branch="true" condition-coverage="half"`} {
		dir := coverageReports(t, map[string]string{"unknown.xml": `<coverage><packages><package><classes><class filename="a.py"><lines>
			<line number="1" hits="1" branch="true" condition-coverage="100% (2/2)"/><line number="2" hits="1" ` + says + `/></lines></class></classes></package></packages></coverage>`})
		if wrong := kindtest.Odd(coverageOf(t, dir, `{file: unknown.xml, branches: ">= 90%"}`), answer.Errored, "doesn't say how many of its branches were taken"); wrong != "" {
			t.Errorf("%s: %s", says, wrong)
		}
		if wrong := kindtest.Odd(coverageOf(t, dir, `{file: unknown.xml, overall: ">= 90%"}`), answer.Passed, "100.00 %"); wrong != "" {
			t.Errorf("%s: %s", says, wrong)
		}
	}
}

func TestCoverageThatSaysNothing(t *testing.T) {
	dir := coverageReports(t, map[string]string{
		"empty.xml": "", "words.txt": "hello", "torn.xml": coberturaReport[:700], "torn.json": pythonReport[:200], "none.json": `{"files": {}}`,
		"root.xml": "<report/>", "bad.out": "mode: set\nx.go:1.1,2.2 3\n", "other.json": `{"results": []}`, "good.json": pythonReport,
		"twice.json": `{"files": {"a.py": {"executed_lines": [1], "missing_lines": [2, 3], "missing_lines": []}}}`,
		"twin.json":  `{"files": {"a.py": {"executed_lines": [], "missing_lines": [1]}, "a.py": {"executed_lines": [1], "missing_lines": []}}}`,
		"latin.xml":  `<?xml version="1.0" encoding="latin1"?><coverage/>`, "nohits.xml": `<coverage><class filename="a"><lines><line number="1"/></lines></class></coverage>`,
	})
	for settings, want := range map[string]string{
		"file: empty.xml":  "it is empty",
		"file: words.txt":  "it isn't Cobertura XML, coverage.py's JSON or a Go cover profile",
		"file: torn.xml":   "is truncated or invalid at line",
		"file: torn.json":  "its JSON is truncated",
		"file: none.json":  "it contains no executable lines",
		"file: root.xml":   "its root element is <report>",
		"file: bad.out":    "line 2 is not a line of a Go cover profile",
		"file: other.json": "names no files",
		"file: twice.json": "its JSON has the name /files/a.py/missing_lines twice; write it again with coverage json",
		"file: twin.json":  "its JSON has the name /files/a.py twice",
		"file: latin.xml":  "character set latin1",
		"file: nohits.xml": "does not say how often it was run",
		`{file: good.json, paths: {"lib/**": ">= 1%"}}`:               "no line in the reports is of a file that matches lib/**",
		`{file: good.json, exclude: ["src/**"]}`:                      "contain no executable lines",
		`{file: good.json, branches: ">= 1%", exclude: [src/core/*]}`: "do not include branches",
	} {
		if !strings.HasPrefix(settings, "{") {
			settings = "{" + settings + "}"
		}
		settings = strings.TrimSuffix(settings, "}") + `, overall: ">= 0%"}`
		if wrong := kindtest.Odd(coverageOf(t, dir, settings), answer.Errored, want); wrong != "" {
			t.Errorf("%s: %s", settings, wrong)
		}
	}
	if wrong := kindtest.Odd(coverageOf(t, dir, `{file: nowhere/*.xml, overall: ">= 0%"}`), answer.NotConfigured, "no report matches nowhere/*.xml"); wrong != "" {
		t.Error(wrong)
	}
	old := kindtest.Measured(t, kindtest.Built(t, Coverage, `{file: good.json, overall: ">= 0%"}`, gates.Deps{Dir: dir}), gates.Scope{Opened: time.Now().Add(time.Hour)})
	if wrong := kindtest.Odd(old, answer.Errored, "older than the release's opening"); wrong != "" {
		t.Error(wrong)
	}
}

// A profile of the go command itself, with a package's path in it, is read as
// the tool reads it.
func TestCoverageOfGo(t *testing.T) {
	dir := coverageReports(t, map[string]string{
		"go.mod":       "module example.com/shop\n\ngo 1.24\n",
		"shop.go":      "package shop\n\nfunc Price(n int) int {\n\tif n > 10 {\n\t\treturn n * 9\n\t}\n\treturn n * 10\n}\n",
		"shop_test.go": "package shop\n\nimport \"testing\"\n\nfunc TestPrice(t *testing.T) {\n\tif Price(1) != 10 {\n\t\tt.Fail()\n\t}\n}\n",
	})
	test := exec.Command("go", "test", "-coverprofile", "cover.out", ".")
	test.Dir, test.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := test.CombinedOutput(); err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
	if wrong := kindtest.Odd(coverageOf(t, dir, `{file: cover.out, overall: ">= 66%", paths: {shop.go: "< 67%"}}`), answer.Passed, "66.66 % of 3 statements in 1 file are run"); wrong != "" {
		t.Error(wrong)
	}
}

func TestCoveragePaths(t *testing.T) {
	for _, tt := range []struct {
		name, pattern string
		loose, want   bool
	}{
		{"src/core/a.py", "src/core/**", false, true},
		{"src/core/deep/a.py", "src/core/**", false, true},
		{"src/core/deep/a.py", "src/core/*", false, false},
		{"src/core/a.py", "core/**", false, false},
		{"example.com/shop/core/a.go", "core/**", true, true},
		{"/builds/shop/core/a.py", "core/*.py", true, true},
		{"/builds/shop/core/a.py", "/builds/**", true, true},
		{"src/core/a.py", "**/a.py", false, true},
		{"a.py", "**/a.py", false, true},
		{"src/score/a.py", "**/core/**", false, false},
		{"src/core", "src/core/**", false, false},
	} {
		if got := matches(report.File{Name: tt.name, Anywhere: tt.loose}, tt.pattern); got != tt.want {
			t.Errorf("%s matches %s: %t, want %t", tt.name, tt.pattern, got, tt.want)
		}
	}
}

func TestCoverageSettings(t *testing.T) {
	for settings, want := range map[string]string{
		`overall: ">= 80%"`:                                  "file is missing",
		`{file: a.xml, overall: ">= 180%"}`:                  "isn't a limit of a share",
		`file: a.xml`:                                        "there is nothing to compare",
		`{file: a.xml, overall: ">= 80"}`:                    "isn't a limit of a share",
		`{file: a.xml, paths: {"[": ">= 80%"}}`:              "isn't a file name pattern",
		`{file: a.xml, overall: ">= 80%", exclude: ["[a-"]}`: "isn't a file name pattern",
	} {
		if got := kindtest.Faulty(t, Coverage, settings, gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("%s gives %s, want %s", settings, got, want)
		}
	}
	if values := []string{fmt.Sprint(gates.ShareMeasure("x", 9999, 10000, limit.Share{}).Value), fmt.Sprint(gates.ShareMeasure("x", 2, 3, limit.Share{}).Value)}; !slices.Equal(values, []string{"99.99", "66.66"}) {
		t.Errorf("shares are written %q", values)
	}
}

// What coverage.py wrote of one run, as XML and as JSON, gives what its own
// report says: 19 statements, 8 missed; 8 ways on, 2 taken. The run was on
// another machine.
func TestCoverageOfPython(t *testing.T) {
	for _, file := range []string{"coverage.xml", "coverage.json"} {
		ev := coverageOf(t, "../report/testdata/coverage", fmt.Sprintf(`{file: %s, overall: ">= 57.8%%", branches: "= 25%%", paths: {"src/core/**": "> 76%%", "src/web/*.py": "< 17%%"}}`, file))
		if wrong := kindtest.Odd(ev, answer.Passed, "57.89 % of 19 lines in 4 files are run"); wrong != "" {
			t.Errorf("%s: %s", file, wrong)
		}
	}
}

// Reports as other tools and systems write them.
func TestCoverageShapes(t *testing.T) {
	class := func(inside string) string { return `<class name="a" filename="core/a.py">` + inside + `</class>` }
	lines := `<lines><line number="1" hits="1"/><line number="2" hits="0"/></lines>`
	dir := coverageReports(t, map[string]string{
		"methods.xml":  `<coverage><sources><source>/builds/shop/src</source></sources>` + class(`<methods><method name="f">`+lines+`</method></methods><lines/>`) + `</coverage>`,
		"both.xml":     `<coverage><sources><source>/builds/shop/src</source></sources>` + class(`<methods><method name="f"><lines><line number="9" hits="1"/></lines></method></methods>`+lines) + `</coverage>`,
		"relative.xml": `<coverage><sources><source>src</source></sources>` + class(lines) + `</coverage>`,
		"several.xml":  `<coverage><sources><source>DIR/lib</source><source>DIR/src</source></sources>` + class(lines) + `</coverage>`,
		"bom.json":     "\ufeff" + `{"files": {"src/core/a.py": {"executed_lines": [1], "missing_lines": [2]}}}`,
		"windows.json": `{"files": {"src\\core\\a.py": {"executed_lines": [1], "missing_lines": [2]}}}`,
		"drive.json":   `{"files": {"C:\\builds\\shop\\src\\core\\a.py": {"executed_lines": [1], "missing_lines": [2]}}}`,
		"drive.xml":    `<coverage><sources><source>C:\builds\shop\</source></sources><class name="a" filename="src\core\a.cs">` + lines + `</class></coverage>`,
		"share.xml":    `<coverage><sources><source>\\builds\shop\src</source></sources><class name="a" filename="core\a.cs">` + lines + `</class></coverage>`,
		"ascii.xml":    `<?xml version="1.0" encoding="US-ASCII"?><coverage><sources><source>src</source></sources>` + class(lines) + `</coverage>`,
		"bom.out":      "\ufeffmode: set\r\nexample.com/shop/src/core/a.go:1.1,2.2 1 1\r\nmode: set\r\nexample.com/shop/src/core/a.go:3.1,4.2 1 0\r\n",
	})
	if err := os.MkdirAll(filepath.Join(dir, "src", "core"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "src", "core", "a.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"methods.xml", "both.xml", "relative.xml", "several.xml", "bom.json", "windows.json", "drive.json", "drive.xml", "share.xml", "ascii.xml", "bom.out"} {
		ev := coverageOf(t, dir, fmt.Sprintf(`{file: %s, paths: {"src/core/*": "= 50%%"}}`, file))
		if wrong := kindtest.Odd(ev, answer.Passed, "50.00 % of 2 ", " in 1 file are run"); wrong != "" {
			t.Errorf("%s: %s", file, wrong)
		}
	}
}

// The lines of methods are lines of their class, also where it lists others
// itself. Istanbul notes there where each function begins, which is no
// statement, and counts no such line in its own figures.
func TestCoverageOfMethods(t *testing.T) {
	var bodies, starts, heads strings.Builder
	for m := range 2 {
		fmt.Fprintf(&bodies, `<method name="m%d"><lines>`, m)
		for n := range 8 {
			fmt.Fprintf(&bodies, `<line number="%d" hits="0"/>`, 10*m+n+10)
		}
		bodies.WriteString(`</lines></method>`)
	}
	for n := range 3 {
		fmt.Fprintf(&starts, `<method name="(anonymous_%d)" hits="1" signature="()V"><lines><line number="%d" hits="1"/></lines></method>`, n, n+10)
		fmt.Fprintf(&heads, `<method name="m%d"><lines><line number="%d" hits="1"/></lines></method>`, n, n+40)
	}
	class := func(name, methods, lines string) string {
		return `<class name="` + name + `" filename="` + name + `.js"><methods>` + methods + `</methods><lines>` + lines + `</lines></class>`
	}
	own := `<line number="1" hits="1"/><line number="2" hits="1"/>`
	for _, tt := range []struct{ name, classes, want string }{
		{"bodies beside lines of the class", class("a", bodies.String(), own), "11.11 % of 18 lines"},
		{"bodies over again", class("a", `<method name="m"><lines>`+own+`</lines></method>`, own+`<line number="3" hits="0"/>`), "66.66 % of 3 lines"},
		{"Istanbul's, where functions begin", class("a", starts.String(), own) + class("b", starts.String(), own+`<line number="3" hits="0"/>`), "80.00 % of 5 lines"},
		{"one line each, in a report that has bodies too", class("a", bodies.String(), own) + class("b", heads.String(), own), "30.43 % of 23 lines"},
		{"two functions in one line, of gocover-cobertura", class("a", `<method name="A"><lines><line number="3" hits="1"/></lines></method><method name="B"><lines><line number="3" hits="0"/></lines></method>`,
			`<line number="3" hits="1"/><line number="3" hits="0"/><line number="5" hits="0"/>`), "50.00 % of 2 lines"},
		{"no lines but of methods", class("a", starts.String(), ""), "100.00 % of 3 lines"},
	} {
		dir := coverageReports(t, map[string]string{"r.xml": "<coverage>" + tt.classes + "</coverage>"})
		if wrong := kindtest.Odd(coverageOf(t, dir, `{file: r.xml, overall: ">= 0%"}`), answer.Passed, tt.want); wrong != "" {
			t.Errorf("%s: %s", tt.name, wrong)
		}
	}
}

// The headline is about what has a limit, and says of how many.
func TestCoverageHeadline(t *testing.T) {
	report := func(ways string) string {
		return `<coverage><class name="a" filename="core/a.js"><lines><line number="1" hits="1" branch="true" condition-coverage="` + ways + `"/><line number="2" hits="0"/></lines></class>` +
			`<class name="b" filename="web/b.js"><lines><line number="1" hits="1"/><line number="2" hits="1"/></lines></class></coverage>`
	}
	dir := coverageReports(t, map[string]string{"many.xml": report("72% (8/11)"), "few.xml": report("100% (4/4)")})
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		want     string
	}{
		{`{file: many.xml, branches: ">= 80%"}`, answer.Failed, "branches is 72.72 %, limit >= 80%; there are 11 branches in all"},
		{`{file: few.xml, branches: ">= 80%"}`, answer.Passed, "75.00 % of 4 lines in 2 files are run, 100.00 % of 4 branches are taken"},
		{`{file: few.xml, overall: ">= 75%"}`, answer.Passed, "75.00 % of 4 lines in 2 files are run"},
		{`{file: few.xml, paths: {"core/**": ">= 50%"}}`, answer.Passed, "50.00 % of 2 lines of core/** in 1 file are run"},
		{`{file: few.xml, overall: "> 1%", paths: {"core/**": ">= 50%", "web/**": "= 100%"}}`, answer.Passed,
			"75.00 % of 4 lines in 2 files are run, 50.00 % of 2 lines of core/** in 1 file are run, 100.00 % of 2 lines of web/** in 1 file are run"},
	} {
		ev := coverageOf(t, dir, tt.settings)
		if ev.Verdict != tt.verdict || ev.Summary != tt.want {
			t.Errorf("%s: got %s, %s; want %s, %s", tt.settings, ev.Verdict, ev.Summary, tt.verdict, tt.want)
		}
		if i := slices.IndexFunc(ev.Measures, func(m answer.Measure) bool { return m.Name == "branches in all" }); strings.Contains(tt.settings, "branches") != (i >= 0) {
			t.Errorf("%s: measures %+v, want how many branches there are", tt.settings, ev.Measures)
		}
	}
}

// A report that is not whole, or that holds nothing, is not made good by the
// one beside it.
func TestCoverageBesideAGoodReport(t *testing.T) {
	good := `{"files": {"a.py": {"executed_lines": [1], "missing_lines": []}}}`
	for text, want := range map[string]string{
		"mode: set\n":                         "it contains no executable lines",
		"mode: often\nx.go:1.1,2.2 1 1\n":     "line 1 names a mode",
		"mode: set\nx.go:1.1,2 1 1\n":         "line 2 is not a line",
		"mode: set\nx.go:1.1,2.2 9999999 1\n": "line 2 is not a line",
		"\xff\xfe{\x00":                       "character set UTF-16; only UTF-8 is read",
		`{"files": {"b.py": {"executed_lines": [1], "missing_lines": [], "executed_branches": [[1, 2]], "summary": {"num_branches": 3}}}}`: "its num_branches of b.py is 3, and it lists fewer",
		`<coverage/>`: "it contains no executable lines",
		`<coverage lines-valid="0" lines-covered="0" line-rate="NaN"><packages></packages></coverage>`: "it contains no executable lines", // as c8 10.1.3 writes
		`<coverage/><coverage/>`: "it continues after its end",
		`{"files": {}}`:          "it contains no executable lines",
		good + good:              "it continues after its end",
		good[:len(good)-1]:       "its JSON is truncated",
		`{"files": {"b.py": {"executed_lines": [1]}}}`:                                                                                            "it does not say which lines of b.py were run",
		`{"files": {"b.py": {"executed_lines": "1", "missing_lines": []}}}`:                                                                       "its JSON is truncated or isn't coverage.py's",
		`{"files": {"b.py": {"executed_lines": [1], "missing_lines": [2], "summary": {"num_statements": 3}}}}`:                                    "its num_statements of b.py is 3",
		`{"files": {"b.py": {"executed_lines": [1], "missing_lines": [2, 3], "summary": {"num_statements": 1}}}}`:                                 "its num_statements of b.py is 1",
		`{"files": {"b.py": {"executed_lines": [1], "missing_lines": [], "summary": {"num_branches": 1}, "missing_branches": [[1, 2], [1, 3]]}}}`: "its num_branches of b.py is 1",
		`{"files": []}`: "its JSON is truncated or isn't coverage.py's",
		`<coverage><class filename="a"><lines><line number="1" hits="-1"/></lines></class></coverage>`: "does not say how often",
	} {
		dir := coverageReports(t, map[string]string{"a.txt": good, "b.txt": text})
		ev := coverageOf(t, dir, `{file: "*.txt", overall: ">= 0%"}`)
		if wrong := kindtest.Odd(ev, answer.Errored, "b.txt cannot be counted", want); wrong != "" {
			t.Errorf("%q: %s", text, wrong)
		}
	}
}
