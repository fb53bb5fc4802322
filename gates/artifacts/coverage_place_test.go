package artifacts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// ten are the lines 1 to 10 of a class, run or not.
func ten(hits int) string {
	var b strings.Builder
	for n := range 10 {
		fmt.Fprintf(&b, `<line number="%d" hits="%d"/>`, n+1, hits)
	}
	return "<lines>" + b.String() + "</lines>"
}

// cobertura is a report of one class; sources are its elements.
func cobertura(sources, file, lines string) string {
	return `<coverage><sources>` + sources + `</sources><class name="a" filename="` + file + `">` + lines + `</class></coverage>`
}

func source(folders ...string) string {
	return "<source>" + strings.Join(folders, "</source><source>") + "</source>"
}

// python is a report of one file of ten lines, run or not.
func python(file string, run bool) string {
	lines := map[bool]string{true: "[1,2,3,4,5,6,7,8,9,10]", false: "[]"}
	return fmt.Sprintf(`{"files": {%q: {"executed_lines": %s, "missing_lines": %s}}}`, file, lines[run], lines[!run])
}

// tree writes files into a folder of their own, and the folders they need.
func tree(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Two reports name files; of one it is measured in each, all of its lines run
// in the first and none in the second. Where they are two files, half is run.
func TestCoveragePlaces(t *testing.T) {
	const (
		main = "app/main.py"
		one  = "100.00 % of 10 "
		two  = "50.00 % of 20 "
	)
	tests := []struct {
		name  string
		files map[string]string
		more  string // settings
		want  string
	}{
		{"services, JSON", map[string]string{"orders/r": python(main, true), "billing/r": python(main, false)}, "", two},
		{"services, Cobertura with a dot", map[string]string{"orders/r": cobertura(source("."), main, ten(1)), "billing/r": cobertura(source("."), main, ten(0))}, "", two},
		{"services, Cobertura without a source", map[string]string{"orders/r": cobertura("", main, ten(1)), "billing/r": cobertura("", main, ten(0))}, "", two},
		{"services, Cobertura with several", map[string]string{"orders/r": cobertura(source("/w/orders", "/w/lib"), main, ten(1)), "billing/r": cobertura(source("/w/billing", "/w/lib"), main, ten(0))}, "", two},
		{"services, Cobertura with several, of which one has a dot", map[string]string{"orders/r": cobertura(source(".", "lib"), main, ten(1)), "billing/r": cobertura(source(".", "lib"), main, ten(0))}, "", two},
		{"services, Cobertura with a root", map[string]string{"orders/r": cobertura(source("/w/orders"), main, ten(1)), "billing/r": cobertura(source("/w/billing"), main, ten(0))}, "", two},
		{"services, roots of one name", map[string]string{"orders/r": cobertura(source("/w/orders/app"), "main.py", ten(1)), "billing/r": cobertura(source("/w/billing/app"), "main.py", ten(0))}, "", two},
		{"services, reports in one folder", map[string]string{"x/r-orders": cobertura(source("/w/orders/app"), "main.py", ten(1)), "x/r-billing": cobertura(source("/w/billing/app"), "main.py", ten(0))}, "", two},
		{"services on two systems", map[string]string{"orders/r": cobertura(source("/w/orders/app"), "main.py", ten(1)), "billing/r": cobertura(source(`C:\w\billing\app`), "main.py", ten(0))}, "", two},
		{"services, whole names", map[string]string{"orders/r": python("/w/orders/app/main.py", true), "billing/r": python("/w/billing/app/main.py", false)}, "", two},
		{"services that are here", map[string]string{"orders/r": python(main, true), "billing/r": python(main, false), "orders/app/main.py": "", "billing/app/main.py": ""}, "", two},
		{"services with folders of reports", map[string]string{"orders/out/r": python(main, true), "billing/out/r": cobertura(source("."), main, ten(0)), "orders/app/main.py": "", "billing/app/main.py": ""}, "", two},
		{"Go modules of one path", map[string]string{"orders/r": "mode: set\napp/main.go:1.1,2.2 10 1\n", "orders/go.mod": "module app\n", "billing/r": "mode: set\napp/main.go:1.1,2.2 10 0\n", "billing/go.mod": "module app\n"}, "", two},

		{"one folder, JSON", map[string]string{"x/r1": python(main, true), "x/r2": python(main, false)}, "", one},
		{"one tree that is here", map[string]string{"unit/r": python(main, true), "whole/r": cobertura(source("."), main, ten(0)), main: ""}, "", one},
		{"one tree, as the settings say", map[string]string{"unit/r": python(main, true), "whole/r": python(main, false)}, ", same_sources: true", one},
		{"one Go module", map[string]string{"unit/r": "mode: set\nexample.com/x/main.go:1.1,2.2 10 1\n", "whole/r": "mode: set\nexample.com/x/main.go:1.1,2.2 10 0\n"}, "", one},
		{"two agents, of a drive and not", map[string]string{"linux/r": cobertura(source("/home/ci/shop"), main, ten(1)), "windows/r": cobertura(source(`C:\agent\shop`), `app\main.py`, ten(0))}, "", one},
		{"two agents, roots that end otherwise", map[string]string{"linux/r": cobertura(source("/home/ci/shop"), main, ten(1)), "windows/r": cobertura(source(`D:\a\1\s`), `app\main.py`, ten(0))}, "", one},
		{"two agents, whole names", map[string]string{"x/r1": python("/home/ci/shop/app/main.py", true), "x/r2": python(`C:\agent\shop\app\main.py`, false)}, "", one},
		{"two drives", map[string]string{"a/r": python(`D:\shop\app\main.py`, true), "b/r": python(`C:\shop\app\main.py`, false)}, "", one},
		{"here and on another agent", map[string]string{"x/r1": cobertura(source("DIR"), main, ten(1)), "x/r2": cobertura(source(`C:\agent\shop`), `app\main.py`, ten(0))}, "", one},
		{"here, in a folder's reports, and on another agent", map[string]string{"linux/r": cobertura(source("DIR"), main, ten(1)), "windows/r": cobertura(source(`C:\agent\shop`), `app\main.py`, ten(0))}, "", one},
		{"two tools of one folder", map[string]string{"x/r1": python(main, true), "x/r2": cobertura(source("/home/ci/shop"), main, ten(0))}, "", one},
		{"two files of one tree", map[string]string{"x/r1": cobertura(source("DIR"), "a/main.py", ten(1)), "x/r2": cobertura(source("DIR"), "b/main.py", ten(0))}, "", two},
		{"two agents by number", map[string]string{"agent1/r": cobertura(source("/home/agent1/shop"), main, ten(1)), "agent2/r": cobertura(source("/home/agent2/shop"), main, ten(0))}, "", one},
		{"two agents of GitLab", map[string]string{"x/r1": cobertura(source("/builds/x7Gh/0/team/shop"), main, ten(1)), "x/r2": cobertura(source("/builds/kL9q/0/team/shop"), main, ten(0))}, "", one},
		{"two agents, other lines", map[string]string{"x/r1": cobertura(source("/home/agent1/shop"), main, ten(1)), "x/r2": cobertura(source("/home/agent2/shop"), main, strings.ReplaceAll(ten(0), `number="1`, `number="2`))}, "", "52.63 % of 19 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, tt.files)
			ev := coverageOf(t, dir, `{file: "**/r*", overall: ">= 0%"`+tt.more+`}`)
			if wrong := kindtest.Odd(ev, answer.Passed, tt.want); wrong != "" {
				t.Errorf("%s\n%s", wrong, strings.Join(ev.Details, "\n"))
			}
		})
	}
}

// Files that are told apart are named with their folder, and patterns know them
// by both names; the evidence says that they were told apart.
func TestCoverageNamesApart(t *testing.T) {
	dir := tree(t, map[string]string{"orders/r": python("app/main.py", true), "billing/r": python("app/main.py", false)})
	ev := coverageOf(t, dir, `{file: "*/r", paths: {"app/**": "= 50%", "orders/app/*": "= 100%", "billing/**": "= 0%"}}`)
	if wrong := kindtest.Odd(ev, answer.Passed, "50.00 % of 20 lines of app/** in 2 files are run, 0.00 % of 10 lines of billing/** in 1 file are run"); wrong != "" {
		t.Error(wrong)
	}
	want := "1 name told apart by the folders of the reports, since the sources are not here, such as billing/app/main.py, orders/app/main.py; same_sources: true counts each once"
	if len(ev.Details) == 0 || ev.Details[0] != want {
		t.Errorf("details %q, want first %q", ev.Details, want)
	}
}
