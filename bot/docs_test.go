package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gonogo/bot/config"
)

// fenced finds the blocks of code in a page, with their language.
var fenced = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// notRun are the lines of the docs that no test runs, each with why.
var notRun = map[string]string{
	"make build":                          "CI builds by itself",
	"./gonogo serve --config gonogo.yml":  "it runs for ever; every other test of this package serves",
	"go run ./bot demo":                   "it runs for ever; the browser tests see the world that it shows",
	"make test":                           "it runs this test",
	"./gonogo doctor --config gonogo.yml": "TestDocsCommands runs it with the practice world's tokens",
	"go run ./bot demo --config examples/story.yml --dir story-demo": "it runs for ever; TestStory tells it",
}

// TestDocsCommands runs what the pages tell people to type, in the order in
// which they tell it, against the practice world.
func TestDocsCommands(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	dir := t.TempDir()
	example, err := os.ReadFile("../examples/minimal.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"../docs/getting-started.md", "../README.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			if block[1] != "sh" {
				continue
			}
			for line := range strings.Lines(block[2]) {
				line, _, _ = strings.Cut(line, "#")
				if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "export ") {
					continue
				}
				if strings.HasPrefix(line, "cp ") {
					if err := os.WriteFile(filepath.Join(dir, "gonogo.yml"), example, 0o600); err != nil {
						t.Fatal(err)
					}
					continue
				}
				runLine(t, p, dir, page, line)
			}
		}
	}
	if code, out := (&practice{t: t, ctx: p.ctx, environ: p.environ, logs: p.logs, config: filepath.Join(dir, "gonogo.yml")}).doctor(); code == 2 {
		t.Errorf("doctor cannot use the first checklist:\n%s\n%s", out, p.logs)
	}
}

// runLine runs one line of a page that calls gonogo.
func runLine(t *testing.T, p *practice, dir, page, line string) {
	t.Helper()
	if _, excused := notRun[line]; excused {
		return
	}
	command, into, redirected := strings.Cut(line, " > ")
	args, ours := strings.CutPrefix(command, "./gonogo ")
	if !ours {
		t.Errorf("%s tells people to type %q, which no test runs", page, line)
		return
	}
	var out bytes.Buffer
	words := strings.Fields(strings.ReplaceAll(args, "gonogo.yml", filepath.Join(dir, "gonogo.yml")))
	if code := p.command(p.ctx, &out, words...); code != 0 {
		t.Errorf("%s: %q ends with %d: %s%s", page, line, code, out.String(), p.logs)
	}
	if redirected && !strings.HasPrefix(out.String(), "{") {
		t.Errorf("%s: %q writes %.60q into %s", page, line, out.String(), into)
	}
}

// TestDocsConfigurations loads the fragments of configuration in the pages, as
// parts of a file that is sound without them.
func TestDocsConfigurations(t *testing.T) {
	base := "project: P\nslack: { releases: C0RELEASES }\nchecklist: [{ section: a, items: [{ item: b, manual: {} }] }]\n"
	for _, page := range []string{"../docs/getting-started.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		loaded := 0
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			if block[1] != "yaml" {
				continue
			}
			loaded++
			if _, err := config.Parse(page, []byte(base+block[2]), func(name string) (string, bool) {
				if strings.HasPrefix(name, "STAGING") || strings.HasPrefix(name, "ALERT") {
					return "0a1b2c3d-some-value", true
				}
				return "", false
			}); err != nil {
				t.Errorf("%v\n%s", err, block[2])
			}
		}
		if loaded == 0 {
			t.Errorf("%s holds no configuration", page)
		}
	}
}
