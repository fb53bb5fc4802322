package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"gonogo/suite"
)

// Reports may be long, and what is kept of them is bounded.
func TestCoverageIsBounded(t *testing.T) {
	suite.LeftToFull(t)
	var long strings.Builder
	long.WriteString(`{"files": {"a.py": {"missing_lines": [], "executed_lines": [0`)
	for n := range maxUnits {
		fmt.Fprintf(&long, ",%d", n+1)
	}
	long.WriteString("]}}}")
	err := NewCoverage("/w", []string{"/w/long.json"}, false, fstest.MapFS{}).Read("/w/long.json", strings.NewReader(long.String()))
	if err == nil || !strings.Contains(err.Error(), "more than 1000000 lines") {
		t.Errorf("got %v", err)
	}
}

// FuzzReadCoverage reads whatever comes, in two folders. A second reading must say
// the same, and no more may be run than there is.
func FuzzReadCoverage(f *testing.F) {
	names, err := filepath.Glob("testdata/coverage/*")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte("mode: set\nexample.com/shop/main.go:1.1,2.2 10 1\n"))
	}
	f.Add([]byte(`<coverage><sources><source>C:\agent\shop</source></sources><class filename="app\main.py"><methods><method><lines><line number="1" hits="1" condition-coverage="50% (1/2)"/></lines></method></methods></class></coverage>`),
		[]byte(`{"files": {"app/main.py": {"executed_lines": [1], "missing_lines": [2], "executed_branches": [[1, 2]], "missing_branches": [], "summary": {"num_statements": 2, "num_branches": 2}}}}`))
	disk := fstest.MapFS{"w/a/app/main.py": {}, "w/b/go.mod": {Data: []byte("module example.com/shop\n")}}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		read := func() ([]File, [2]bool) {
			c := NewCoverage("/w", []string{"/w/a/r", "/w/b/r"}, false, disk)
			errs := [2]bool{c.Read("/w/a/r", bytes.NewReader(a)) != nil, c.Read("/w/b/r", bytes.NewReader(b)) != nil}
			return c.Files(), errs
		}
		files, errs := read()
		again, errsAgain := read()
		if errs != errsAgain || !reflect.DeepEqual(files, again) {
			t.Fatal("read twice, they say different things")
		}
		for _, file := range files {
			if file.Run < 0 || file.Run > file.All || file.Taken < 0 || file.Taken > file.Ways {
				t.Errorf("%s has run %d of %d and taken %d of %d", file.Name, file.Run, file.All, file.Taken, file.Ways)
			}
		}
	})
}

// TestCoverageFiles reads a report of each format that speaks of one file.
func TestCoverageFiles(t *testing.T) {
	reports := map[string]string{
		"/w/r.xml":  `<coverage><sources><source>/w</source></sources><class filename="app/main.py"><lines><line number="1" hits="1"/><line number="2" hits="0" condition-coverage="50% (1/2)"/></lines></class></coverage>`,
		"/w/r.json": `{"files": {"app/main.py": {"executed_lines": [2], "missing_lines": [1, 3]}}}`,
		"/w/r.out":  "mode: set\nshop/main.go:1.1,2.2 10 1\nshop/main.go:3.1,4.2 5 0\n",
	}
	c := NewCoverage("/w", []string{"/w/r.xml", "/w/r.json", "/w/r.out"}, false, fstest.MapFS{"w/app/main.py": {}})
	for name, text := range reports {
		if err := c.Read(name, strings.NewReader(text)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	want := []File{
		{Name: "app/main.py", Reported: []string{"app/main.py"}, Run: 2, All: 3, Taken: 1, Ways: 2},
		{Name: "shop/main.go", Anywhere: true, Run: 10, All: 15},
	}
	if diff := cmp.Diff(want, c.Files()); diff != "" || !c.Lines || !c.Statements {
		t.Errorf("lines %t, statements %t, files (-want +got):\n%s", c.Lines, c.Statements, diff)
	}
}

// A report that is larger than what is read of it, or that the disk gives only in
// part, is an error, even if it could be cut after any line.
func TestCoverageIsReadToItsEnd(t *testing.T) {
	suite.LeftToFull(t)
	block := "shop/main.go:1.1,2.2 10 1\n"
	mode := "mode: set" + strings.Repeat(" ", (MaxSize-len("mode: set\n"))%len(block)) + "\n"
	long := mode + strings.Repeat(block, (MaxSize-len(mode))/len(block)) // which can be cut here
	spaces := strings.NewReader("<coverage>" + strings.Repeat(" ", MaxSize) + "</coverage>")
	if err := NewCoverage("/w", []string{"/w/r.xml"}, false, fstest.MapFS{}).Read("/w/r.xml", spaces); err == nil || err.Error() != "it is larger than 32 MiB; write it in several files" {
		t.Errorf("of XML: got %v", err)
	}
	for want, text := range map[string]io.Reader{
		"it is larger than 32 MiB; write it in several files": strings.NewReader(long + "shop/mail.go:1.1,2.2 10 0\n"),
		"the disk gave an error":                              io.MultiReader(strings.NewReader(mode+strings.Repeat(block, 10_000)), iotest.ErrReader(errors.New("the disk gave an error"))),
	} {
		err := NewCoverage("/w", []string{"/w/r.out"}, false, fstest.MapFS{}).Read("/w/r.out", text)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
