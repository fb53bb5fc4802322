package artifacts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// sarifTool is a tool that is run on files of its own, and what the gate has to answer
// to the report that it leaves in r.sarif.
type sarifTool struct {
	junitTool
	program string // of Go's tools, with its version; "" for a tool of npm
	hidden  string // what stands in the report and must not be in the evidence
}

// goShop is code that staticcheck and gosec complain about.
var goShop = map[string]string{"go.mod": "module example.com/shop\n\ngo 1.24\n", "main.go": `package main

import (
	"crypto/md5"
	"fmt"
)

func main() {
	fmt.Printf("%x %d\n", md5.Sum([]byte("x")), "s")
}
`}

// goClean has nothing to complain about, and goBroken is no Go.
var (
	goClean  = map[string]string{"go.mod": "module example.com/shop\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() {}\n"}
	goBroken = map[string]string{"go.mod": "module example.com/shop\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() {\n"}
)

const (
	staticcheck = "staticcheck -f sarif ./... > r.sarif"
	gosec       = "gosec -quiet -fmt sarif -out r.sarif ./..."
	gitleaks    = "git init -q . && git add . && git -c user.name='Ann Author' -c user.email=ann@author.example commit -qm 'add settings' && gitleaks git --no-banner -f sarif -r r.sarif ."
	eslint      = "eslint -f @microsoft/eslint-formatter-sarif -o r.sarif shop.js"

	eslintConfig = `export default [{ files: ["**/*.js"], rules: { "no-debugger": "error", "no-unused-vars": "warn" } }];`
)

// leak is a secret that gitleaks finds, put together here so that it finds none in
// this file.
var leak = "ghp_" + "fcDOrHIPESvjRmeA6mOOCrlwBVLuOJm5ug1d"

var sarifTools = []sarifTool{
	{program: "staticcheck@v0.8.2", junitTool: junitTool{name: "staticcheck, a finding", command: staticcheck, files: goShop,
		verdict: answer.Failed, summary: "1 finding, limit 0; the worst is high: SA5009 at main.go:9 (Staticcheck)"}},
	{program: "staticcheck@v0.8.2", junitTool: junitTool{name: "staticcheck, none", command: staticcheck, files: goClean,
		verdict: answer.Passed, summary: "no findings by Staticcheck"}},
	{program: "staticcheck@v0.8.2", junitTool: junitTool{name: "staticcheck, code that does not compile", command: staticcheck, files: goBroken,
		verdict: answer.Errored, summary: "r.sarif: Staticcheck could not read some of the code (rule compile); see its own output"}},
	{program: "staticcheck@v0.8.2", junitTool: junitTool{name: "staticcheck, a finding that is ignored", command: "staticcheck -show-ignored -f sarif ./... > r.sarif",
		files:   map[string]string{"go.mod": goShop["go.mod"], "main.go": strings.Replace(goShop["main.go"], "\tfmt.P", "\t//lint:ignore SA5009 it is a test\n\tfmt.P", 1)},
		verdict: answer.Passed, summary: "no findings by Staticcheck", details: []string{"Suppressed, and not counted: 1."}}},

	{program: "gosec@v2.30.0", junitTool: junitTool{name: "gosec, findings", command: gosec, exit: 1, files: goShop,
		settings: "findings: \"<= 5\"\nrules: {G401: 0}\ntools: {gosec: \"<= 5\"}",
		verdict:  answer.Failed, summary: "1 finding of G401, limit 0; the worst is medium: G401 at main.go:9 (gosec)", details: []string{"gosec: 2 findings (2 medium)", "medium: G501 at main.go:4 (gosec)"}}},
	{program: "gosec@v2.30.0", junitTool: junitTool{name: "gosec, none", command: strings.Replace(gosec, " -quiet", "", 1), files: goClean,
		verdict: answer.Passed, summary: "no findings by gosec"}},
	{program: "gosec@v2.30.0", junitTool: junitTool{name: "gosec, none and quiet, which writes no file", command: gosec, files: goClean,
		verdict: answer.NotConfigured, summary: "no report matches r.sarif; run the tool, and have it write its report there even if it finds nothing"}},
	{program: "gosec@v2.30.0", junitTool: junitTool{name: "gosec, code that does not compile, which its report doesn't say", command: strings.Replace(gosec, " -quiet", "", 1), exit: 1, files: goBroken,
		verdict: answer.Passed, summary: "no findings by gosec"}},

	{program: "gitleaks@v8.30.1", hidden: leak, junitTool: junitTool{name: "gitleaks, a secret", command: gitleaks, exit: 1, files: map[string]string{"shop.ini": "token = \"" + leak + "\"\n"},
		verdict: answer.Failed, summary: "1 finding, limit 0; the worst is critical: github-pat at shop.ini:1 (gitleaks)"}},
	{program: "gitleaks@v8.30.1", hidden: "author", junitTool: junitTool{name: "gitleaks, rated by the settings", command: gitleaks, exit: 1, files: map[string]string{"shop.ini": "token = \"" + leak + "\"\n"},
		settings: "unrated: medium\ncritical: 0\nhigh: 0\nmedium: \"<= 1\"\nwarn: {medium: 0}",
		verdict:  answer.Warned, summary: "1 medium, warning limit 0; the worst is medium: github-pat at shop.ini:1 (gitleaks)"}},
	{program: "gitleaks@v8.30.1", junitTool: junitTool{name: "gitleaks, none", command: gitleaks, files: map[string]string{"shop.ini": "colour = red\n"},
		verdict: answer.Passed, summary: "no findings by gitleaks"}},

	{junitTool: junitTool{name: "ESLint, one disabled", command: eslint, exit: 1,
		files:    map[string]string{"eslint.config.mjs": eslintConfig, "shop.js": "debugger;\nconst a = 1;\n// eslint-disable-next-line no-debugger -- kept for support\ndebugger;\n"},
		settings: "critical: 0\nhigh: 0",
		verdict:  answer.Failed, summary: "1 high, limit 0; the worst is high: no-debugger at DIR/shop.js:1 (ESLint)",
		details: []string{"ESLint: 2 findings (1 high, 1 medium)", "Suppressed, and not counted: 1.", "medium: no-unused-vars at DIR/shop.js:2"}}},
	{junitTool: junitTool{name: "ESLint, none", command: eslint, files: map[string]string{"eslint.config.mjs": eslintConfig, "shop.js": "export default 1;\n"},
		verdict: answer.Passed, summary: "no findings by ESLint"}},
	{junitTool: junitTool{name: "ESLint, a file that it can't read", command: eslint, exit: 1, files: map[string]string{"eslint.config.mjs": eslintConfig, "shop.js": "const = 1;\n"},
		verdict: answer.Errored, summary: "r.sarif: ESLint reports an error of its own: Parsing error: Unexpected token ="}},
	{junitTool: junitTool{name: "oxlint, a warning", command: "oxlint -f sarif shop.js > r.sarif", files: map[string]string{"shop.js": "debugger;\n"},
		verdict: answer.Failed, summary: "1 finding, limit 0; the worst is medium: eslint(no-debugger) at shop.js:1 (oxlint)"}},
	{junitTool: junitTool{name: "Biome, an error", command: "biome lint --reporter=sarif shop.js > r.sarif", exit: 1, files: map[string]string{"shop.js": "debugger;\n"},
		verdict: answer.Failed, summary: "1 finding, limit 0; the worst is high: lint/suspicious/noDebugger at DIR/shop.js:1 (Biome)"}},
}

// TestSARIFOfRealTools runs the tools that Go and npm have.
func TestSARIFOfRealTools(t *testing.T) {
	for _, tool := range sarifTools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			deps := reports(t, tool.files)
			if tool.program == "" {
				tool.run(t, deps.Dir)
			} else {
				runTool(t, deps.Dir, goTool(t, tool.program)+":"+os.Getenv("PATH"), tool.command, tool.exit)
			}
			tool.summary = strings.ReplaceAll(tool.summary, "DIR", deps.Dir)
			for i := range tool.details {
				tool.details[i] = strings.ReplaceAll(tool.details[i], "DIR", deps.Dir)
			}
			ev := kindtest.Measured(t, kindtest.Built(t, SARIF, "file: r.sarif\n"+tool.settings, deps), gates.Scope{})
			tool.compare(t, ev)
			text, err := json.Marshal(ev)
			if err != nil || tool.hidden != "" && strings.Contains(string(text), tool.hidden) {
				t.Errorf("%q is in %s (%v)", tool.hidden, text, err)
			}
		})
	}
}

// compare compares the gate's answer with the one that is wanted.
func (tool sarifTool) compare(t *testing.T, ev answer.Evidence) {
	t.Helper()
	if ev.Verdict != tool.verdict || ev.Summary != tool.summary {
		t.Errorf("got  %s: %s\nwant %s: %s", ev.Verdict, ev.Summary, tool.verdict, tool.summary)
	}
	for _, want := range tool.details {
		if !slices.ContainsFunc(ev.Details, func(line string) bool { return strings.Contains(line, want) }) {
			t.Errorf("got  %q\nwant a line with %q", ev.Details, want)
		}
	}
}

// goTool is the folder of a tool that scripts/go-tools.sh has built.
func goTool(t *testing.T, name string) string {
	t.Helper()
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	dir := filepath.Join(cache, "gonogo-test", name)
	if _, err := os.Stat(dir); err != nil {
		missing(t, "make tools")
	}
	return dir
}

// scanned is a report of a tool with results of a rule in files.
func scanned(tool string, files ...string) string {
	var results []string
	for _, file := range files {
		results = append(results, `{"ruleId": "R1", "level": "warning", "message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "`+file+`"}}}]}`)
	}
	return `{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "` + tool + `"}}, "results": [` + strings.Join(results, ", ") + `]}]}`
}

// TestSARIFVerdicts judges reports of several tools.
func TestSARIFVerdicts(t *testing.T) {
	files := map[string]string{
		"a.sarif": scanned("one", "a", "b"), "b.sarif": scanned("two", "c"), "none.sarif": scanned("one"), "torn.sarif": scanned("one", "a")[:40],
		"old/a.sarif": scanned("one", "a"), "ended.sarif": strings.Replace(scanned("one"), `"results"`, `"invocations": [{"endTimeUtc": "2020-02-03T04:05:06Z"}], "results"`, 1),
	}
	for _, tt := range []struct {
		name, settings string
		verdict        answer.Verdict
		summary        string
	}{
		{"by default none", `file: a.sarif`, answer.Failed, "2 findings, limit 0; the worst is medium: R1 at a (one)"},
		{"some allowed", `{file: a.sarif, findings: "<= 2"}`, answer.Passed, "2 findings (2 medium) by one"},
		{"several reports", `{file: [a.sarif, b.sarif], findings: "<= 2"}`, answer.Failed, "3 findings, limit <= 2; the worst is medium: R1 at a (one)"},
		{"a severity", `{file: a.sarif, critical: 0, high: 0}`, answer.Passed, "2 findings (2 medium) by one"},
		{"another severity", `{file: a.sarif, critical: 0, high: 0, medium: "< 2"}`, answer.Failed, "2 medium, limit < 2; the worst is medium: R1 at a (one)"},
		{"a warning", `{file: a.sarif, findings: "<= 2", warn: {findings: 0}}`, answer.Warned, "2 findings, warning limit 0; the worst is medium: R1 at a (one)"},
		{"a rule", `{file: a.sarif, findings: "<= 9", rules: {R1: 1, R2: 0}}`, answer.Failed, "2 findings of R1, limit 1; the worst is medium: R1 at a (one)"},
		{"tools", `{file: [a.sarif, b.sarif], tools: {ONE: 2, two: 1}}`, answer.Passed, "3 findings (3 medium) by one, two"},
		{"a tool that isn't named", `{file: [a.sarif, b.sarif], tools: {one: 2}}`, answer.Failed, "1 finding of other tools, limit 0; the worst is medium: R1 at a (one)"},
		{"a tool without a run", `{file: a.sarif, findings: "<= 2", tools: {gosec: 0}}`, answer.Errored, "the reports have no run of gosec; they are of one"},
		{"new ones", `{file: a.sarif, new_since: "old/*.sarif"}`, answer.Failed, "1 new, limit 0; the worst is medium: R1 at a (one)"},
		{"no more new ones than allowed", `{file: a.sarif, new_since: "old/*.sarif", new: "<= 2", warn: {new: "<= 1"}}`, answer.Passed, "2 findings (2 medium) by one; 1 of them new"},
		{"nothing to compare with", `{file: a.sarif, new_since: "older/*.sarif"}`, answer.Errored, "no report matches older/*.sarif; keep the last release's reports there, or remove new_since until there is one"},
		{"compared with itself", `{file: a.sarif, new_since: "*.sarif"}`, answer.Errored, "a.sarif is also the report of this release; new_since must name the last release's"},
		{"compared with a torn one", `{file: a.sarif, new_since: torn.sarif}`, answer.Errored, "torn.sarif cannot be compared with: its JSON is truncated or invalid at byte 40; run the tool that wrote it again"},
		{"torn", `file: torn.sarif`, answer.Errored, "torn.sarif cannot be counted: its JSON is truncated or invalid at byte 40; run the tool that wrote it again"},
		{"none at all", `file: gitleaks.sarif`, answer.NotConfigured, "no report matches gitleaks.sarif; run the tool, and have it write its report there even if it finds nothing"},
		{"of an older run", `file: ended.sarif`, answer.Errored, "ended.sarif cannot be counted: it says that the tool ended at 2020-02-03 04:05 UTC, before the release's opening; run the tool again for this release"},
	} {
		deps := reports(t, files)
		ev := kindtest.Measured(t, kindtest.Built(t, SARIF, tt.settings, deps), gates.Scope{Opened: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		if ev.Verdict != tt.verdict || ev.Summary != tt.summary {
			t.Errorf("%s: got  %s: %s\nwant %s: %s", tt.name, ev.Verdict, ev.Summary, tt.verdict, tt.summary)
		}
	}
	deps := reports(t, files)
	ev := kindtest.Measured(t, kindtest.Built(t, SARIF, "file: none.sarif", deps), gates.Scope{Opened: time.Now().Add(time.Hour)})
	if said := kindtest.Odd(ev, answer.Errored, "none.sarif cannot be counted: it is older than the release's opening"); said != "" {
		t.Error(said)
	}
}

func TestSARIFSettings(t *testing.T) {
	for settings, want := range map[string]string{
		`{}`:                                       "file is missing; it names the report, as in reports/gosec.sarif",
		`file: "[a"`:                               `"[a" isn't a file name pattern; write it like reports/*.xml or reports/**/*.xml`,
		`{file: a, new_since: "[a"}`:               `"[a" isn't a file name pattern; write it like reports/*.xml or reports/**/*.xml`,
		`{file: a, new: 0}`:                        "there is nothing to compare with; add new_since, which names the last release's report",
		`{file: a, warn: {new: 0}}`:                "there is nothing to compare with; add new_since, which names the last release's report",
		`{file: a, high: 0}`:                       "high has a limit and critical has none; add critical: 0",
		`{file: a, critical: 0, low: "< 3"}`:       "low has a limit and medium has none; add medium: 0",
		`{file: a, unrated: awful}`:                `"awful" isn't a severity; write critical, high, medium or low`,
		`{file: a, findings: none}`:                `"none" isn't a limit of a count; write it like >= 134, < 5 or 0`,
		`{file: a, warn: {findings: 0, worse: 1}}`: "worse",
	} {
		if got := kindtest.Faulty(t, SARIF, settings, gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", settings, got, want)
		}
	}
}
