package artifacts

import (
	"os"
	"testing"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
	"gonogo/suite"
)

// coverageTool is a tool that measures files of its own, and what the gate has to
// say of the report that it leaves in coverage.xml or coverage.json. The shares
// are those that the tool prints itself.
type coverageTool struct {
	junitTool
	overall, branches, all string
}

// pythonShop is measured with one of two branches taken.
var pythonShop = map[string]string{"shop.py": "def refund(n):\n    if n > 3:\n        return n\n    return n / 2\n\n\nrefund(1)\n"}

// cShop is measured by gcov.
var cShop = map[string]string{"shop.c": `static int refund(int n) {
	if (n > 3)
		return n;
	return n / 2;
}
int main(void) { return refund(1); }
`}

// shopJS has three functions, and the tests call all of them or one.
const shopJS = `function price(n, member, coupon) {
  let p = n * 10
  if (n > 10) p *= 0.9
  if (member) p -= 1
  return coupon ? p / 2 : p
}
function label(n) {
  return n === 1 ? '1 item' : n + ' items'
}
module.exports = { price, label }
`

const c8 = "c8 --include shop.js --reporter cobertura --reporter text --reports-dir . node tests.js && mv cobertura-coverage.xml coverage.xml"

// vitestCoverage measures a module with a function and a class. The report has
// the lines of its methods a second time.
func vitestCoverage(provider string) junitTool {
	return junitTool{
		name:    "vitest, " + provider,
		command: "vitest run --coverage.provider=" + provider + " && mv coverage/cobertura-coverage.xml coverage.xml",
		files: map[string]string{
			"vitest.config.mjs": "export default { cacheDir: '.cache', test: { coverage: { enabled: true, include: ['shop.mjs'], reporter: ['cobertura', 'text'] } } }",
			"shop.mjs": `export function price(n, member, coupon) {
  let p = n * 10
  if (n > 10) p *= 0.9
  if (member) p -= 1
  return coupon ? p / 2 : p
}
export class Cart {
  add(n) {
    if (n < 1) return 0
    return n
  }
  empty() {
    return []
  }
}
`,
			"shop.test.mjs": `import { test, expect } from 'vitest'
import { price, Cart } from './shop.mjs'
test('price', () => expect(price(1)).toBe(10))
test('cart', () => expect(new Cart().add(2)).toBe(2))
`},
	}
}

var coverageTools = []coverageTool{
	{junitTool{name: "coverage.py, XML", needs: "/usr/bin/python3-coverage", debian: "python3-coverage", files: pythonShop,
		command: "python3-coverage run --branch shop.py && python3-coverage xml -q"}, "80.00", "50.00", "2"},
	{junitTool{name: "coverage.py, JSON", needs: "/usr/bin/python3-coverage", debian: "python3-coverage", files: pythonShop,
		command: "python3-coverage run --branch shop.py && python3-coverage json -q"}, "80.00", "50.00", "2"},
	{junitTool{name: "gcovr", needs: "/usr/bin/gcovr", debian: "gcovr gcc", files: cShop,
		command: "gcc --coverage shop.c -o shop && { ./shop || true; } && gcovr --xml coverage.xml"}, "80.00", "50.00", "2"},
	{junitTool{name: "c8", command: c8, files: map[string]string{"shop.js": shopJS,
		"tests.js": `const s = require("./shop.js"); s.price(1); s.label(1); s.label(2)`}}, "100.00", "62.50", "8"},
	{junitTool{name: "c8, a test less", command: c8, files: map[string]string{"shop.js": shopJS,
		"tests.js": `const s = require("./shop.js"); s.label(1); s.label(2)`}}, "40.00", "100.00", "4"},
	{vitestCoverage("v8"), "85.71", "50.00", "8"},
	{vitestCoverage("istanbul"), "85.71", "50.00", "8"},
}

// TestCoverageOfRealTools runs the tools that Debian and npm have.
func TestCoverageOfRealTools(t *testing.T) {
	for _, tool := range coverageTools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			dir := coverageReports(t, tool.files)
			tool.run(t, dir)
			ev := kindtest.Measured(t, kindtest.Built(t, Coverage, `{file: "coverage.*", overall: ">= 0%", branches: ">= 0%"}`, gates.Deps{Dir: dir}), gates.Scope{})
			if said := kindtest.Odd(ev, answer.Passed); said != "" {
				t.Fatal(said)
			}
			want := []string{tool.overall, tool.branches, tool.all}
			for i, m := range ev.Measures {
				if m.Value != want[i] {
					t.Errorf("%s: got %s, want %s", m.Name, m.Value, want[i])
				}
			}
		})
	}
}

// A process that is killed leaves no counters, and covdata then makes a profile
// of 0 % without an error.
func TestCoverageOfKilledGo(t *testing.T) {
	suite.LeftToFull(t)
	dir := coverageReports(t, map[string]string{
		"go.mod":  "module example.com/shop\n\ngo 1.24\n",
		"main.go": "package main\n\nimport (\n\t\"os\"\n\t\"syscall\"\n)\n\nfunc main() {\n\tif len(os.Args) > 1 {\n\t\tsyscall.Kill(os.Getpid(), syscall.SIGKILL)\n\t}\n}\n",
	})
	for _, run := range []struct{ name, command, summary string }{
		{"whole", "./shop", "50.00 % of 2 statements in 1 file are run"},
		{"killed", "./shop kill", "0.00 % of 2 statements in 1 file are run"},
	} {
		command := "mkdir " + run.name + " && go build -cover -o shop . && { GOCOVERDIR=" + run.name + " " + run.command +
			" || true; } && go tool covdata textfmt -i=" + run.name + " -o=cover.out"
		runTool(t, dir, os.Getenv("PATH"), command, 0)
		if wrong := kindtest.Odd(coverageOf(t, dir, `{file: cover.out, overall: ">= 0%"}`), answer.Passed, run.summary); wrong != "" {
			t.Errorf("%s: %s", run.name, wrong)
		}
	}
}
