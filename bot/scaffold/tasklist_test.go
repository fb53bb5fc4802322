package scaffold

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func noWord(string) bool { return false }

func TestRead(t *testing.T) {
	got, err := Read([]byte(`# Shop 2.0 *readiness*

- [ ] Read this first

## 1. Tests

- [x] All 134 tests pass, see [the run](https://ci.example/7) and `+"`make test`"+`
  - [ ] Within
* [X] ~~Struck~~ **bold**
  on two lines
1. [ ] Numbered

### Speed

- a plain line
- [ ] Search < 200 ms & `+"`${HOME}`"+` "quoted"

`+"```"+`
- [ ] not a box
`+"```"+`

## Status

- [ ] status
- [ ] Status
- [ ] ✅
- [ ] a <host> & b if a<b and c>d, 5 \* 3 &amp; null
- [ ] `+"`a\\*b`"+` null
- [ ] null
- [✓] another mark

| box | table |
|---|---|
| [ ] a | b |
`), func(name string) bool { return name == "status" })
	if err != nil {
		t.Fatal(err)
	}
	want := List{Title: "Shop 2.0 readiness", Sections: []Section{
		{"shop-2-0-readiness", "Shop 2.0 readiness", []Task{{"read-this-first", "Read this first", false, 3}}},
		{"1-tests", "1. Tests", []Task{
			{"all-134-tests-pass-see-the-run-and-make", "All 134 tests pass, see the run and make test", true, 7},
			{"within", "All 134 tests pass, see the run and make test: Within", false, 8},
			{"struck-bold-on-two-lines", "Struck bold on two lines", true, 9},
			{"numbered", "Numbered", false, 11}}},
		{"1-tests-speed", "1. Tests: Speed", []Task{{"search-200-ms-home-quoted", `Search < 200 ms & ${HOME} "quoted"`, false, 16}}},
		{"status-section", "Status", []Task{
			{"status-task", "status", false, 24}, {"status-task-2", "Status", false, 25}, {"task", "✅", false, 26}, {"a-host-b-if-a-b-and-c-d-5-3-null", "a <host> & b if a<b and c>d, 5 * 3 & null", false, 27}, {"a-b-null", `a\*b null`, false, 28}, {"null-task", "null", false, 29}, {"a-b", "a, b", false, 34}}},
	}, Missed: []int{19, 30}, Lost: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if tasks, ticked := got.Count(); tasks != 13 || ticked != 2 {
		t.Errorf("%d tasks, %d of them ticked", tasks, ticked)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "the file has no task boxes",
		"# Title\n\n- a line\n- (x) none": "the file has no task boxes;",
		"# Title\n\n- a line\n- [] none":  "no task boxes that Markdown would show; line 4 looks like one",
		"```\n- [ ] code\n```\n":          "no task boxes that Markdown would show; line 2 looks like one",
		"- [ ] a\xff":                     "isn't UTF-8 text",
		strings.Repeat("- [ ] a\n", 2001): "more than 2000 task boxes",
	} {
		if _, err := Read([]byte(text), noWord); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

// Names are used once, and are short.
func TestNames(t *testing.T) {
	list, err := Read([]byte(strings.Repeat("- [ ] "+strings.Repeat("very ", 60)+"long\n", 3)+"# "+strings.Repeat("x", 500)+"\n\n- [ ] a\n"), noWord)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range list.Sections {
		names = append(names, s.Name)
		if n := len([]rune(s.Title)); n > maxTitle {
			t.Errorf("a title of %d letters", n)
		}
		for _, task := range s.Tasks {
			names = append(names, task.Name)
			if n := len([]rune(task.Title)); n > maxTitle {
				t.Errorf("a title of %d letters", n)
			}
		}
	}
	very := "very-very-very-very-very-very-very-very"
	if diff := cmp.Diff([]string{"checklist", very, very + "-2", very + "-3", strings.Repeat("x", maxName), "a"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Names keep what letters of any script say, and are never empty.
func TestNamesInOtherScripts(t *testing.T) {
	for title, want := range map[string]string{
		"Größe prüfen":          "grosse-prufen",
		"Éléments vérifiés":     "elements-verifies",
		"E\u0301te\u0301":       "ete",
		"Łódź: zażółć":          "lodz-zazolc",
		"Резервные копии":       "rezervnye-kopii",
		"备份完成":                  "bei-fen-wan-cheng",
		"🚀":                     "task",
		"Статус":                "status",
		strings.Repeat("Ж", 50): strings.Repeat("zh", 20),
	} {
		list, err := Read([]byte("- [ ] "+title+"\n- [ ] "+title+"\n"), noWord)
		if err != nil {
			t.Fatal(err)
		}
		if got := list.Sections[0].Tasks; got[0].Name != want || got[1].Name != want+"-2" {
			t.Errorf("%s: got %s and %s, want %s", title, got[0].Name, got[1].Name, want)
		}
	}
}
