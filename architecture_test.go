package gonogo_test

import (
	"flag"
	"go/ast"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what follows from the code: names of moved functions in pages, usage hints")

// pointer is a function as the pages for contributors name it:
// file.go:Type.method or file.go:function.
var pointer = regexp.MustCompile("`([a-z0-9_/]+\\.go):([A-Za-z0-9_.]+)`")

// goSpan is anything between backticks that names a Go file.
var goSpan = regexp.MustCompile("`([^`\n ]*[a-z0-9_]\\.go[^`\n ]*)`")

// notation is how docs/architecture.md explains the way it names functions.
const notation = "file.go:Type.method"

// functions lists a file's functions, methods with the name of their type.
func functions(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			names = append(names, receiver(f)+f.Name.Name)
		}
	}
	return names
}

// receiver is the type of a method with a dot, or "".
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

// places are where functions are declared.
type places struct {
	files     map[string]bool
	functions map[string][]string // by name: the files
}

func placesOf(t *testing.T) places {
	p := places{map[string]bool{}, map[string][]string{}}
	for _, s := range sources(t) {
		p.files[s.name] = true
		for _, name := range functions(s.file) {
			p.functions[name] = append(p.functions[name], s.name)
		}
	}
	return p
}

// moved finds the one file that has a function now, below the same folder of the
// root; "" if there is none, or more than one.
func (p places) moved(file, function string) string {
	root, _, _ := strings.Cut(file, "/")
	found := slices.DeleteFunc(slices.Clone(p.functions[function]), func(name string) bool {
		return !strings.HasPrefix(name, root+"/") || strings.HasSuffix(name, "_test.go") != strings.HasSuffix(file, "_test.go")
	})
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// follow has a page name the files that functions were moved to.
func (p places) follow(page string) string {
	return pointer.ReplaceAllStringFunc(page, func(said string) string {
		found := pointer.FindStringSubmatch(said)
		if now := p.moved(found[1], found[2]); now != "" && !slices.Contains(p.functions[found[2]], found[1]) {
			return "`" + now + ":" + found[2] + "`"
		}
		return said
	})
}

// wrong says what is wrong with the name of a file or function, or "".
func (p places) wrong(said string) string {
	file, function, named := strings.Cut(said, ":")
	switch {
	case said == notation || strings.ContainsAny(file, "*") || path.Ext(file) != ".go":
		return ""
	case !p.files[file]:
		return "there is no file " + file
	case named && !slices.Contains(p.functions[function], file):
		return file + " has no function " + function
	}
	return ""
}

// TestPagesNameFunctionsThatExist keeps the pages for contributors true: each
// file and function that they name is there. With -update they follow functions
// that were moved to another file.
func TestPagesNameFunctionsThatExist(t *testing.T) {
	p := placesOf(t)
	for page, least := range map[string]int{"docs/architecture.md": 80, "docs/security.md": 40, "CONTRIBUTING.md": 5, "AGENTS.md": 0} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			text = []byte(p.follow(string(text)))
			if err := os.WriteFile(page, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, found := range goSpan.FindAllStringSubmatch(string(text), -1) {
			if why := p.wrong(found[1]); why != "" {
				t.Errorf("%s names %s, but %s; if it was only moved, go test . -run Pages -update mends that", page, found[1], why)
			}
		}
		if n := len(pointer.FindAllString(string(text), -1)); n < least {
			t.Errorf("only %d functions were found in %s", n, page)
		}
	}
}

// drawn is a room in the drawing of docs/architecture.md.
var drawn = regexp.MustCompile(`<b>([a-z/]+)</b>`)

// TestDrawingHasTheRoomsThereAre looks whether each room of the drawing is one.
func TestDrawingHasTheRoomsThereAre(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, found := range drawn.FindAllStringSubmatch(string(text), -1) {
		seen[found[1]] = true
		if _, is := rooms[found[1]]; !is {
			t.Errorf("docs/architecture.md draws %s, which is no room", found[1])
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d rooms are drawn", len(seen))
	}
}
