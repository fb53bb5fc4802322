package formtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// WithDefault splits the comment beside a setting into its description and its default.
func WithDefault(comment string) (about, usual string) {
	about, usual, _ = strings.Cut(comment, "; default: ")
	return about, usual
}

// Comments are the comments beside the fields of settings, in the Go files of some
// folders, by "package.Type.Field". A field of a struct without a name is
// "{First}.Field", after the first field of the struct.
func Comments(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	found, set := map[string]string{}, token.NewFileSet()
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.TypeSpec:
					if s, ok := n.Type.(*ast.StructType); ok {
						fieldComments(s, file.Name.Name+"."+n.Name.Name, found)
					}
				case *ast.Field:
					inner := n.Type
					if star, ok := inner.(*ast.StarExpr); ok {
						inner = star.X
					}
					if s, ok := inner.(*ast.StructType); ok && len(s.Fields.List) > 0 && len(s.Fields.List[0].Names) > 0 {
						fieldComments(s, "{"+s.Fields.List[0].Names[0].Name+"}", found)
					}
				}
				return true
			})
		}
	}
	return found
}

func fieldComments(s *ast.StructType, of string, found map[string]string) {
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			if f.Tag != nil && strings.Contains(f.Tag.Value, "yaml:") && f.Comment.Text() != "" {
				found[of+"."+name.Name] = strings.TrimSpace(f.Comment.Text())
			}
		}
	}
}
