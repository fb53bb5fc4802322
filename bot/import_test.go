package main

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonogo/bot/config"
	"gonogo/bot/scaffold"
)

// asked runs gonogo with what a person types, and gives the exit code and both outputs.
func asked(t *testing.T, typed string, args ...string) (code int, out, said string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, system{In: strings.NewReader(typed), Out: &o, Err: &e, Environ: os.LookupEnv})
	return code, o.String(), e.String()
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const markdown = "# Shop 2.0\n\n## Tests\n\n- [x] All tests pass\n- [ ] Coverage is at least 80 %\n\n## Deploy\n\n- [ ] Backups are made\n- [ ] Status\n"

// Each task box becomes an item that a person checks; a ticked one is a claim.
func TestImport(t *testing.T) {
	from := writeFile(t, "checklist.md", markdown)
	code, out, said := asked(t, "", "import", from)
	want := "4 boxes, 4 items in 2 sections. 1 ticked in checklist.md: an item's page shows that as a claim of the file, and somebody must still check it.\n" +
		"The channel C0RELEASES and the people U0LEAD and U0DEV in it are examples: replace them first.\n"
	if code != 0 || said != want {
		t.Fatalf("exit code %d, said %q; want %q", code, said, want)
	}
	c, err := config.Parse("gonogo.yml", []byte(out), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range c.Checklist.Sections {
		for _, it := range s.Items {
			got = append(got, s.Title+": "+it.Title+" "+it.Claimed)
			if it.Manual == nil {
				t.Errorf("%s isn't checked by a person", it.ID)
			}
		}
	}
	titles := []string{"Tests: All tests pass checklist.md:5", "Tests: Coverage is at least 80 % ", "Deploy: Backups are made ", "Deploy: Status "}
	if !slices.Equal(got, titles) || c.Project != "Shop 2.0" {
		t.Errorf("%s has %q, want %q", c.Project, got, titles)
	}
}

// What looks like a box and isn't is named, each line of it, so that the count comes out.
func TestImportNamesWhatItLeavesOut(t *testing.T) {
	from := writeFile(t, "checklist.md", "- [ ] Backups\n  - [ ] are tested\n\n| Check | Done |\n|-|-|\n| Logs | ☐ |\n\n```\n- [ ] a\n- [ ] b\n```\n\n☐ c\n")
	code, out, said := asked(t, "", "import", from)
	want := "6 boxes, 3 items in 1 section.\n" +
		"Left out: lines 9-10 and 13. What looks like a box there is in a block of code or a comment, or isn't [ ], [x], ☐ or ☑ at the beginning of a list item or a cell; write it as - [ ] What must be true.\n" +
		"The channel"
	if code != 0 || !strings.HasPrefix(said, want) || !strings.Contains(out, `title: "Backups: are tested"`) || !strings.Contains(out, `title: "Logs"`) {
		t.Errorf("exit code %d, said %q; want %q; printed %s", code, said, want, out)
	}
}

func TestImportRefuses(t *testing.T) {
	folder := t.TempDir()
	there := writeFile(t, "there.yml", "mine")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"import"}, 64, "gonogo import takes one file, such as: gonogo import checklist.md"},
		{[]string{"import", filepath.Join(folder, "none.md")}, 2, "no such file"},
		{[]string{"import", folder}, 2, "isn't a file"},
		{[]string{"import", writeFile(t, "plain.md", "text")}, 2, "has no task boxes"},
		{[]string{"import", writeFile(t, "large.md", strings.Repeat("x", maxImport+1))}, 2, "larger than 4 MiB"},
		{[]string{"import", writeFile(t, "a.md", markdown), "-o", there}, 2, "exists already and was left as it is"},
		{[]string{"import", writeFile(t, "b.md", markdown), "-o", ""}, 64, "--output needs the name of a file"},
		{[]string{"init", there}, 2, "exists already and was left as it is"},
		{[]string{"init", filepath.Join(folder, "no", "a.yml")}, 2, "there is no folder"},
		{[]string{"init", filepath.Join(folder, "a.yml"), "--from", ""}, 64, "--from needs the name of a file"},
	} {
		if code, out, said := asked(t, "", tt.args...); code != tt.code || out != "" || !strings.Contains(said, tt.want) {
			t.Errorf("%v: exit code %d, printed %q, said %q; want %d and %q", tt.args, code, out, said, tt.code, tt.want)
		}
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "mine" {
		t.Errorf("the file that was there has %q, %v", text, err)
	}
}

// The questions are asked until the answers fit, and what is written is valid.
func TestInit(t *testing.T) {
	to := filepath.Join(t.TempDir(), "gonogo.yml")
	answers := strings.Join([]string{"Shop", "releases", "C0REL", "", "anna", "U0ANNA", "U0ANNA", "U0BEN", "all, prod", "null, live", "test, live", "", "shop.example", "https://shop.example/{x}", "https://shop.example:99999/", "https://shop.example/"}, "\n") + "\n"
	code, out, said := asked(t, answers, "init", to)
	if code != 0 || out != "" || !strings.Contains(said, to+" is written. Next: gonogo config check "+to) || strings.Count(said, "A channel's ID begins with") != 1 {
		t.Fatalf("exit code %d, printed %q, said %q", code, out, said)
	}
	c, err := config.Load(to, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
	var names []string
	for _, e := range c.Checklist.Environments {
		names = append(names, e.Name)
	}
	if !slices.Equal(names, []string{"test", "live"}) || c.Slack.Releases != "C0REL" || c.Project != "Shop" || c.Targets["live"] != "https://shop.example/" {
		t.Errorf("environments %v, channel %s, project %s, targets %v", names, c.Slack.Releases, c.Project, c.Targets)
	}
	if code, _, said := asked(t, answers, "init", to); code != 2 || !strings.Contains(said, "exists already") {
		t.Errorf("the second time: exit code %d, said %q", code, said)
	}
	if code, _, said := asked(t, "Shop\n", "init", filepath.Join(t.TempDir(), "a.yml")); code != 2 || !strings.Contains(said, "weren't all answered") {
		t.Errorf("with one answer: exit code %d, said %q", code, said)
	}
}

// Init takes the checklist of a file, too.
func TestInitFrom(t *testing.T) {
	from, to := writeFile(t, "checklist.md", markdown), filepath.Join(t.TempDir(), "gonogo.yml")
	if code, _, said := asked(t, "\nC0REL\nC0CALL\nU0ANNA\nU0BEN\n\n\n\n", "init", "--from", from, to); code != 0 {
		t.Fatalf("exit code %d, said %q", code, said)
	}
	c, err := config.Load(to, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if it, ok := c.Checklist.Item("all-tests-pass"); !ok || it.Claimed != "checklist.md:5" || c.Slack.OnCall != "C0CALL" {
		t.Errorf("item %+v, on-call %s", it, c.Slack.OnCall)
	}
}

// Whatever a Markdown file says, the configuration is valid, and has all of its boxes.
func FuzzImport(f *testing.F) {
	for _, text := range []string{markdown, "- [x] ${HOME} $${x} {target.url}", "# All\n- [ ] production\n- [ ] staging\n", "- [ ] null\n# null\n- [ ] Null\n", "- [ ] " + strings.Repeat("[{", 200), "- [ ] \u202e \"'\\ # : {} []\n- [ ] \x00\x07", "> - [ ] quoted\n\n| a |\n|-|\n| - [ ] b |\n", "- [ ] a <!-- b -->\n  - ☑ c: {target.url}\n\n| a | ☐ | [x] |\n|-|-|-|\n| ☐ | ☒ | ${X} |\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := scaffold.Read([]byte(text), reservedName)
		if err != nil {
			return
		}
		plan := scaffold.Plan{Project: cmp.Or(list.Title, "My service"), Releases: "C0RELEASES", Lead: "U0LEAD", Deployer: "U0DEV", Source: "checklist.md", List: list,
			Environments: []scaffold.Environment{{Name: "staging"}, {Name: "production"}}}
		written, err := plan.YAML()
		if err != nil {
			t.Fatal(err)
		}
		c, err := config.Parse("gonogo.yml", written, func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		tasks, _ := list.Count()
		got := 0
		for _, s := range c.Checklist.Sections {
			got += len(s.Items)
		}
		if got != tasks {
			t.Errorf("%d items of %d boxes", got, tasks)
		}
	})
}
