package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonogo/suite"
)

// block is one fenced block of a page. What can be followed by nobody here, such
// as the configuration of another program, is marked no-run in its first line.
type block struct {
	page     string
	line     int    // of the page, where it begins
	language string // sh, text, yaml, ini
	info     string // what else stands in its first line
	text     string
	after    string // what the page says from there to the next block or heading
}

func (b block) String() string { return fmt.Sprintf("%s:%d", filepath.Base(b.page), b.line) }

// fence begins and ends a block; it is indented where the block is part of a list.
var fence = regexp.MustCompile("^( *)```([a-z]*) *(.*)$")

// blocksOf takes a page apart.
func blocksOf(t *testing.T, page string) (all []block) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	inside, indent, prose := false, "", false
	for i, line := range strings.Split(string(text), "\n") {
		switch mark := fence.FindStringSubmatch(line); {
		case mark != nil && !inside:
			all, indent = append(all, block{page: page, line: i + 1, language: mark[2], info: mark[3]}), mark[1]
			inside, prose = true, false
		case mark != nil:
			inside, prose = false, true
		case inside:
			all[len(all)-1].text += strings.TrimPrefix(line, indent) + "\n"
		case strings.HasPrefix(line, "#"):
			prose = false
		case prose:
			all[len(all)-1].after += line + "\n"
		}
	}
	if inside {
		t.Errorf("%s is never closed", all[len(all)-1])
	}
	return all
}

// pages are all that people read.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../docs/*.md")
	if err != nil || len(found) < 3 {
		t.Fatalf("found %v, %v", found, err)
	}
	return append(found, "../README.md", "../CONTRIBUTING.md", "../AGENTS.md")
}

// TestDocs does what the pages say, in their order, each from a folder of its
// own: a shell runs the commands and prints what the page shows, what runs until
// it is stopped is stopped once it works, what is to be said in Slack is said in
// the practice Slack, and configurations are loaded: gonogo's own, and what is for
// Alertmanager and systemd by their own tools.
func TestDocs(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	for _, page := range pages(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			f := newFollower(t, page)
			var printed string // by the block before
			for _, b := range f.blocks {
				switch {
				case b.info == "no-run":
				case b.info == "alertmanager":
					f.alertmanager(b)
				case b.info != "":
					t.Errorf("%s: %q is no mark; write no-run, alertmanager or nothing", b, b.info)
				case b.language == "sh":
					printed = f.run(b)
				case b.language == "text":
					f.compare(b, printed)
				case b.language == "ini":
					f.unit(b)
				case b.language == "yaml":
					f.configure(b)
				case b.language == "mermaid": // a drawing, whose rooms a test of the root package holds
				default:
					t.Errorf("%s: nobody follows a block of the language %q; mark it no-run", b, b.language)
				}
			}
		})
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unslug  = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// anchors are the headings of a page as links name them.
func anchors(page string) (all []string) {
	text, _ := os.ReadFile(page) // what is not there has no headings
	for _, found := range heading.FindAllStringSubmatch(string(text), -1) {
		all = append(all, "#"+strings.ReplaceAll(unslug.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-"))
	}
	return all
}

// TestDocsLinks looks whether what the pages lead to is there.
func TestDocsLinks(t *testing.T) {
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			to := page
			if found[1] != "" {
				to = filepath.Join(filepath.Dir(page), found[1])
			}
			if _, err := os.Stat(to); err != nil || found[2] != "" && !slices.Contains(anchors(to), found[2]) {
				t.Errorf("%s leads to %s%s, which is not there", page, found[1], found[2])
			}
		}
	}
}

// compare holds what a page shows to what was printed. An ellipsis stands for
// anything in its line, and in a line of its own for any lines.
func (f *follower) compare(b block, printed string) {
	f.t.Helper()
	var pattern strings.Builder
	for line := range strings.Lines(b.text) {
		if line == "…\n" {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
	}
	if !regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(printed) {
		f.t.Errorf("%s shows\n%s\nand what was printed is\n%s", b, b.text, printed)
	}
}

// inTable finds the commands of the README's table: what stands between
// backticks in the first cell of a row.
var (
	inTable   = regexp.MustCompile("(?m)^\\| (`gonogo [^|]*) \\|")
	quoted    = regexp.MustCompile("`(?:gonogo )?([a-z ]+)[^`]*`")
	available = regexp.MustCompile(`(?m)^  ([a-z]+) +[A-Z]`)
)

// TestReadmeNamesTheCommands holds the README's table to the commands there are.
func TestReadmeNamesTheCommands(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	help := func(args ...string) (string, int) {
		var out bytes.Buffer
		code := run(t.Context(), append(args, "--help"), system{Out: &out, Err: &out, Environ: os.LookupEnv})
		return out.String(), code
	}
	told := map[string]bool{"help": true, "completion": true} // which are those of every program
	for _, row := range inTable.FindAllStringSubmatch(string(text), -1) {
		for _, found := range quoted.FindAllStringSubmatch(row[1], -1) {
			words := strings.Fields(found[1])
			told[words[0]] = true
			if said, code := help(words...); code != 0 || !strings.Contains(said, "gonogo "+strings.Join(words, " ")) {
				t.Errorf("the README names gonogo %s, and its help is %d:\n%s", strings.Join(words, " "), code, said)
			}
		}
	}
	said, _ := help()
	there := available.FindAllStringSubmatch(said, -1)
	for _, command := range there {
		if !told[command[1]] {
			t.Errorf("the README does not name gonogo %s", command[1])
		}
	}
	if len(there) < 10 {
		t.Errorf("only %d commands were found in\n%s", len(there), said)
	}
}
