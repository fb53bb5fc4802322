package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"gonogo/bot/config"
)

// fenced finds the blocks of code in a page, with their language.
var fenced = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// blocks are the blocks of a page in a language.
func blocks(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
		if block[1] == language {
			found = append(found, block[2])
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no %s", page, language)
	}
	return found
}

// TestDocsCommands has a shell run what the pages tell people to type, in their
// order and from a folder with what they name, beside the practice world.
// What runs for ever is ended once it works, and gonogo is the one under test:
// building it, and running all tests, is what CI does.
func TestDocsCommands(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	dir := t.TempDir()
	for _, name := range []string{"examples", "docs", "manifest.yml"} {
		path, err := filepath.Abs("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	gonogo := fmt.Sprintf("#!/bin/sh\nGONOGO_TEST_DOCS=1 exec '%s' \"$@\"\n", os.Args[0])
	p.script(dir, "bin/gonogo", gonogo)
	p.script(dir, "bin/make", "#!/bin/sh\ncase $1 in\nbuild) cp "+dir+"/bin/gonogo ./gonogo ;;\ntest) ;;\n*) echo \"no rule for $1\" >&2; exit 2 ;;\nesac\n")
	p.script(dir, "bin/go", "#!/bin/sh\n[ \"$1 $2\" = 'run ./bot' ] || { echo \"go $*\" >&2; exit 2; }\nshift 2\nexec "+dir+"/bin/gonogo \"$@\"\n")
	for _, page := range []string{"../docs/getting-started.md", "../README.md"} {
		script := exec.CommandContext(p.ctx, "sh", "-eux", "-c", strings.Join(blocks(t, page, "sh"), "\n"))
		script.Dir = dir
		script.Env = append(os.Environ(), "PATH="+dir+"/bin:"+os.Getenv("PATH"))
		for _, v := range p.world.Variables() {
			script.Env = append(script.Env, v.Name+"="+v.Value, "REAL_"+v.Name+"="+v.Value)
		}
		if out, err := script.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", page, err, out)
		}
	}
}

func (p *practice) script(dir, name, text string) {
	p.t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		p.t.Fatal(err)
	}
}

// working is what those commands print, or log, once they work that run until
// they are stopped.
var working = map[string]string{"serve": `"msg":"connected to Slack","sockets":2`, "demo": "gonogo practises at", "playground": "export SLACK_BOT_TOKEN="}

// runDocs is the gonogo of TestDocsCommands. A token that the pages leave out is
// the practice world's.
func runDocs(args []string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	environ := func(name string) (string, bool) {
		value, set := os.LookupEnv(name)
		if strings.HasSuffix(value, "…") {
			return os.LookupEnv("REAL_" + name)
		}
		return value, set
	}
	s := surroundings{Out: os.Stdout, Err: os.Stderr, Environ: environ, Settle: testSettle}
	if mark := working[args[0]]; mark != "" {
		s.Out, s.Err = &until{os.Stdout, mark, cancel}, &until{os.Stderr, mark, cancel}
	}
	return run(ctx, args, s)
}

// until calls a function when a text passes.
type until struct {
	io.Writer
	mark string
	then func()
}

// Write implements io.Writer.
func (u *until) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(u.mark)) {
		u.then()
	}
	return u.Writer.Write(p)
}

// whole is a sound file, whose parts the pages' fragments take the place of.
const whole = `
project: P
slack: { releases: C0RELEASES }
roles: { lead: { users: [U0TL] }, deployer: { users: [U0DEV] }, on_call: { users: [U0ONCALL] } }
connections: { db: { postgres: { url: "${DATABASE_URL}" } }, odoo: { postgres: { url: "${DATABASE_URL}" } }, repo: { github: { repository: a/b } }, cloud: { digitalocean: {} }, metrics: { prometheus: { url: "${PROMETHEUS_URL}" } } }
environments: { staging: { url: https://staging.example.com }, production: { url: https://example.com } }
`

// tests is its checklist.
const tests = "checklist: [{ section: tests, items: [{ item: b, manual: {} }] }]\n"

// TestDocsConfigurations loads every piece of configuration in the pages, in the
// place of that part of a sound file.
func TestDocsConfigurations(t *testing.T) {
	pieces := 0
	load := func(page, piece string, with yaml.MapSlice) {
		var file yaml.MapSlice
		if err := yaml.UnmarshalWithOptions([]byte(whole+tests), &file, yaml.UseOrderedMap()); err != nil {
			t.Fatal(err)
		}
		for _, part := range with {
			file = append(slices.DeleteFunc(file, func(had yaml.MapItem) bool { return had.Key == part.Key }), part)
		}
		text, err := yaml.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := config.Parse(page, text, docsEnviron); err != nil {
			t.Errorf("%v\n%s\nin\n%s", err, piece, text)
		}
		pieces++
	}
	for _, page := range []string{"../docs/getting-started.md", "../docs/configuration.md", "../docs/gates.md"} {
		for _, piece := range blocks(t, page, "yaml") {
			var parts yaml.MapSlice
			if err := yaml.UnmarshalWithOptions([]byte(piece), &parts, yaml.UseOrderedMap()); err != nil {
				t.Errorf("%s: %v\n%s", page, err, piece)
				continue
			}
			if len(parts) == 1 && parts[0].Key == "gate" {
				item := yaml.MapSlice{{Key: "item", Value: "measured"}, {Key: "blocks", Value: []string{}}, parts[0]}
				counted := yaml.MapSlice{{Key: "item", Value: "counted"}, {Key: "manual", Value: yaml.MapSlice{}}}
				parts = yaml.MapSlice{{Key: "checklist", Value: []yaml.MapSlice{
					{{Key: "section", Value: "modules"}, {Key: "items", Value: []yaml.MapSlice{counted}}},
					{{Key: "section", Value: "measured"}, {Key: "items", Value: []yaml.MapSlice{item}}}}},
					{Key: "sign_offs", Value: yaml.MapSlice{{Key: "production", Value: map[string][]string{"roles": {"lead"}}}}}}
			}
			load(page, piece, parts)
		}
	}
	if pieces < 30 {
		t.Errorf("%d pieces were loaded, which are not all", pieces)
	}
}

// docsEnviron has a value for each variable that the pages name.
func docsEnviron(name string) (string, bool) {
	value, ok := map[string]string{
		"DATABASE_URL": "postgres://reader:pw-of-the-docs@db.example/app", "PROMETHEUS_URL": "http://prometheus.example:9090",
		"STAGING_APP_ID": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90", "ALERT_WEBHOOK_TOKEN": "token-of-the-docs", "DIGITALOCEAN_TOKEN": "dop_v1_docs", "GITHUB_TOKEN": "ghp_docs",
	}[name]
	return value, ok
}
