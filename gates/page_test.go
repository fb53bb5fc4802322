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
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates/form"
	"gonogo/gates/glob"
	"gonogo/gates/limit"
	"gonogo/readiness"
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
	b.WriteString(head)
	for _, kind := range Kinds() {
		fmt.Fprintf(&b, "\n## %s\n\nMeasures %s.\n\n%s\n", kind.Name, kind.About, verdictLines(t, kind))
		if kind.Notes != "" {
			b.WriteString(kind.Notes + "\n\n")
		}
		fmt.Fprintf(&b, "```yaml\ngate:\n  %s:\n", kind.Name)
		for line := range strings.Lines(strings.TrimSpace(kind.Example)) {
			b.WriteString("    " + line)
		}
		b.WriteString("\n```\n\n| setting | written as | default | what it is |\n|---|---|---|---|\n")
		defaultsHold(t, kind, comments)
		for _, row := range rows(t, settingsOf(t, kind), "", comments) {
			b.WriteString(row)
		}
	}
	return b.String()
}

const head = `# Gates

A gate measures an item of the checklist, and answers with a verdict and evidence. Passed and warned let a release through. Failed
means measured, and over the limit; errored that it could not be measured; not configured that what should be measured is not there. A
gate that is cut off, or whose time is over, is errored.

| written as | is | such as |
|---|---|---|
| duration | a number and its unit, ms, s, m, h or d | ` + "`90s`, `15m`, `1h30m`, `30d`" + ` |
| limit | ` + "`<`, `<=`, `>`, `>=`, `!=` or `=`" + `, a number, a share or a duration; without a sign it has to be just that | ` + "`>= 14`, `>= 80%`, `< 3s`, `0`" + ` |
| limit of a count | a limit with a number | ` + "`>= 134`, `0`" + ` |
| limit of a share | a limit with a share, in per cent | ` + "`>= 80%`" + ` |
| limit of a time | a limit with a duration, perhaps of a percentile: P50, P90, P95, P99 or max | ` + "`< 3s`, `P95 < 100ms`" + ` |
| limit or word | a limit, or a word that it has to be, or not to be | ` + "`< 100`, `= on`, `!= 'off'`" + ` |
| pattern | of names of files, in which ` + "`*`" + ` stands for anything but a folder, and ` + "`**`" + ` for any folders | ` + "`reports/**/*.xml`" + ` |

In addresses and texts ` + "`{target.url}`, `{target.host}`, `{release.version}` and `{release.commit}`" + ` stand for what is measured then.
A variable, ` + "`${NAME}`" + `, may stand wherever a value does.

This page is made from the code by ` + "`go test ./gates -run GatesPage -update`" + `.
`

// verdictLines is when a kind answers what.
func verdictLines(t *testing.T, kind Kind) string {
	var b strings.Builder
	v := kind.Verdicts
	if v.Passed == "" || v.Failed == "" {
		t.Errorf("kind %s does not say when it passes and fails", kind.Name)
	}
	for _, line := range [][2]string{{"passed", v.Passed}, {"warned", v.Warned}, {"failed", v.Failed}, {"errored", v.Errored}, {"not configured", v.NotConfigured}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "- **%s**: %s.\n", line[0], line[1])
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
	}, Deps{})
	if seen == nil {
		t.Fatalf("%s decoded no settings: %v", kind.Name, err)
	}
	return seen
}

// defaultsHold looks whether what the comments say of defaults is what the kind
// fills in before it reads its settings.
func defaultsHold(t *testing.T, kind Kind, comments map[string]string) {
	var filled reflect.Value
	_, _ = kind.New(func(into any) error {
		filled = reflect.ValueOf(into).Elem()
		return errSeen
	}, Deps{})
	for i := range filled.NumField() {
		f := filled.Type().Field(i)
		if filled.Field(i).IsZero() {
			continue
		}
		_, usual := withDefault(comments[filled.Type().Name()+"."+f.Name])
		want := fmt.Sprint(filled.Field(i).Interface())
		switch v := filled.Field(i).Interface().(type) {
		case limit.Duration:
			want = readiness.Span(time.Duration(v))
		case bool:
			want = "yes"
		}
		if usual != want {
			t.Errorf("%s: the default of %s is %s, and its comment says %q", kind.Name, f.Name, want, usual)
		}
	}
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
		said, usual := withDefault(about)
		if f.Tag.Get("required") != "" {
			usual = "**required**"
		}
		all = append(all, fmt.Sprintf("| `%s%s` | %s | %s | %s |\n", under, name, cell(written(f)), cell(usual), cell(said)))
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

// withDefault takes the words for what holds otherwise off a comment.
func withDefault(comment string) (about, usual string) {
	rest, told := strings.CutSuffix(comment, " unless said")
	i := strings.LastIndex(rest, "; ")
	if !told || i < 0 {
		return comment, ""
	}
	return rest[:i], rest[i+2:]
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// written is how the value of a field is written.
func written(f reflect.StructField) string {
	if to := f.Tag.Get("to"); to != "" {
		return fmt.Sprintf("%s, %s to %s", word(f.Type), f.Tag.Get("from"), to)
	}
	return word(f.Type)
}

func word(of reflect.Type) string {
	if form, ok := form.Of(of); ok {
		return form.Name
	}
	if shapes := form.Shapes(of); len(shapes) > 0 {
		var all []string
		for _, shape := range shapes {
			all = append(all, word(shape))
		}
		text := strings.Join(all, ", or ")
		if of == reflect.TypeFor[glob.Patterns]() {
			text = strings.ReplaceAll(text, "text", "pattern")
		}
		return text
	}
	switch of.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "number"
	case reflect.Slice:
		return "list of " + word(of.Elem()) + "s"
	case reflect.Map:
		if of == reflect.TypeFor[part]() {
			return "gate"
		}
		return word(of.Elem()) + " by name"
	}
	return "mapping"
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
