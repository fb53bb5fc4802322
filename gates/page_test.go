package gates

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/gates.md anew")

// page is where people read about the kinds of gates.
const page = "../docs/gates.md"

// TestGatesPage holds the page to the code: what it says of a kind is what
// stands beside the kind's settings.
func TestGatesPage(t *testing.T) {
	want := gatesPage(t)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what the code says; go test ./gates -run GatesPage -update writes it anew (-code +page):\n%s", page, diff)
	}
}

func gatesPage(t *testing.T) string {
	comments := fieldComments(t)
	var b strings.Builder
	b.WriteString("# Gates\n\nA gate measures an item of the checklist: `gate: { KIND: { … } }`. It answers passed, warned, failed (measured, over the\n" +
		"limit), errored (could not measure) or not_configured; only the first two let a release through.\n\n" +
		"Limits are written as people write them: `< 3s`, `P95 < 100ms`, `>= 80%`, `>= 134`, `0`. Durations are `90s`, `15m`, `24h`, `30d`. In\n" +
		"addresses and texts `{target.url}`, `{target.host}`, `{release.version}` and `{release.commit}` stand for what is measured then.\n" +
		"A variable, `${NAME}`, may stand wherever a value does.\n\n" +
		"This page is made from the code by `go test ./gates -run GatesPage -update`.\n")
	for _, kind := range Kinds() {
		fmt.Fprintf(&b, "\n## %s\n\nMeasures %s.\n\n```yaml\ngate:\n  %s:\n", kind.Name, kind.About, kind.Name)
		for line := range strings.Lines(strings.TrimSpace(kind.Example)) {
			b.WriteString("    " + line)
		}
		b.WriteString("\n```\n\n| setting | what it is |\n|---|---|\n")
		for _, row := range rows(t, settingsOf(t, kind), "", comments) {
			b.WriteString(row)
		}
	}
	return b.String()
}

var errSeen = errors.New("seen")

// settingsOf is the type into which a kind's settings are decoded.
func settingsOf(t *testing.T, kind Kind) reflect.Type {
	var seen reflect.Type
	_, err := kind.New(func(into any) error {
		seen = reflect.TypeOf(into).Elem()
		return errSeen
	}, Surroundings{})
	if seen == nil {
		t.Fatalf("%s decoded no settings: %v", kind.Name, err)
	}
	return seen
}

// rows are the lines of a table of settings.
func rows(t *testing.T, of reflect.Type, under string, comments map[string]string) (all []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			continue
		}
		about := comments[of.Name()+"."+f.Name]
		if about == "" {
			t.Errorf("%s.%s has no comment beside it that says what the setting %s is", of.Name(), f.Name, name)
		}
		all = append(all, fmt.Sprintf("| `%s%s` | %s |\n", under, name, strings.ReplaceAll(about, "|", `\|`)))
		inner, mark := f.Type, "."
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			if inner.Kind() == reflect.Map {
				mark = ".NAME."
			}
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.NumField() > 0 && inner.Field(0).Tag.Get("yaml") != "" {
			all = append(all, rows(t, inner, under+name+mark, comments)...)
		}
	}
	return all
}

// fieldComments are the comments beside the fields of this package's structs.
func fieldComments(t *testing.T) map[string]string {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found, set := map[string]string{}, token.NewFileSet()
	for _, entry := range files {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, entry.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			structure, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, f := range structure.Fields.List {
				for _, name := range f.Names {
					found[spec.Name.Name+"."+name.Name] = strings.TrimSpace(f.Comment.Text())
				}
			}
			return true
		})
	}
	return found
}
