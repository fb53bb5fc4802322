package issues_test

import (
	"fmt"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/storage/storagetest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bodyOf is the body of the issue that evidence makes.
func bodyOf(t *testing.T, it *checklist.Item, ev answer.Evidence, secrets ...string) (title, body string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newIssueWorld(t, []*checklist.Item{it, item("database")})
		defer w.close()
		w.secrets = secrets
		w.gonogo = w.start(storagetest.NewMemory())
		w.measure(it.ID, ev)
		w.pass(5 * time.Second)
		title, body = w.issue().Title, w.issue().Body
	})
	return title, body
}

// TestIssueNamesTheRunbooksEnvironment has an issue say for which environment the
// runbook is run, so that the command can be typed as it stands.
func TestIssueNamesTheRunbooksEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newIssueWorld(t, []*checklist.Item{item("modules")})
		defer w.close()
		w.runbooks = map[string][]string{"mend-modules": {"staging"}}
		w.gonogo = w.start(storagetest.NewMemory())
		w.measure("modules", answer.Evidence{Verdict: answer.Failed, Summary: "3 modules are missing"})
		w.pass(5 * time.Second)
		const want = "- The runbook `mend-modules` fixes it for `staging`: type `/ready fix mend-modules staging` in Slack."
		if body := w.issue().Body; !strings.Contains(body, want) {
			t.Errorf("the issue does not say %q:\n%s", want, body)
		}
	})
}

// TestIssueBody shows all that an issue has to say.
func TestIssueBody(t *testing.T) {
	it := item("modules")
	it.Needs = []string{"database"}
	_, body := bodyOf(t, it, answer.Evidence{
		Verdict: answer.Failed, Summary: "3 modules are missing",
		Measures: []answer.Measure{{Name: "missing", Value: "3", Unit: "modules", Limit: "<= 0"}, {Name: "P95", Value: "80", Unit: "ms", Limit: "< 100ms", OK: true}},
		Details:  []string{"sale_margin: to install", "stock|barcode: `uninstalled`"},
	})
	head, rest, _ := strings.Cut(body, "**Failed**")
	if ok, err := regexp.MatchString(`^<!-- gonogo:key=[0-9a-f]{24} -->\n<!-- gonogo:said=[0-9a-f]{24} -->\n<!-- gonogo:title=[0-9a-f]{24} -->\n\n$`, head); !ok || err != nil {
		t.Errorf("the body begins with %q", head)
	}
	const want = ": 3 modules are missing" + `

| Measure | Value | Limit | Within limit |
|---|---|---|---|
| missing | 3 modules | &lt;= 0 | no |
| P95 | 80 ms | &lt; 100ms | yes |

### Details

` + "```text\nsale_margin: to install\nstock|barcode: `uninstalled`\n```" + `

### About

- Item: The modules are there (` + "`modules`" + `) in section Everything
- Release: ` + "`19.0.2`, commit `4f3c2b1a`" + `
- When: 1 January 2000, 00:00:00 UTC

### How to fix it

- It needs The database are there (` + "`database`" + `), which has not passed yet.
- The runbook ` + "`mend-modules`" + ` fixes it: type ` + "`/ready fix mend-modules`" + ` in Slack.
- Then type ` + "`/ready run modules`" + ` in Slack to measure it again.

_gonogo updates this issue when the evidence changes, and closes it when the gate passes._
`
	rest, end, _ := strings.Cut(rest, "\n<!-- gonogo:end=")
	if ok, err := regexp.MatchString(`^[0-9a-f]{24} -->\n$`, end); !ok || err != nil {
		t.Errorf("the body ends with %q", end)
	}
	if rest != want {
		t.Errorf("the body is\n%s\nwant\n%s", rest, want)
	}
}

// hostile is text that would do something if it came through as it is, with
// what must not be left of it.
var hostile = []struct{ name, text, not string }{
	{"a team", "ask @acme/owners now", "@acme"},
	{"a person", "(@octocat)", "@octocat"},
	{"an issue", "see #17", "#17"},
	{"an issue elsewhere", "see acme/other#17", "#17"},
	{"an issue in words", "see GH-17", "GH-17"},
	{"a marker", "<!-- gonogo:key=0123456789abcdef01234567 -->", "<!-- gonogo:key=0123456789abcdef01234567"},
	{"the end of a comment", "--> out", "--> out"},
	{"a secret", "the password is hunter2hunter2", "hunter2"},
	{"a password in an address", "postgres://gonogo:swordfish@db/shop", "swordfish"},
	{"a turned text", "exe.\u202egpj", "\u202e"},
	{"a gap of no width", "pass\u200bword", "pass\u200bword"},
	{"a line's end", "one\u2028two", "\u2028"},
	{"a code block's end", "```\n# Headline", "\n# Headline"},
}

// inProse is what must not be left of a text outside of code.
var inProse = []struct{ name, text, not string }{
	{"HTML", "<img src=x>", "<img"},
	{"bold", "**not bold**", "**not"},
	{"a link", "[click](https://evil.test)", "[click]("},
	{"an address", "https://evil.test/x", "https://evil"},
	{"an address without a scheme", "www.evil.test", "www.evil"},
	{"a cell", "a | b", "a | b"},
}

// TestIssueText lets nothing from outside do anything in a title or a body.
func TestIssueText(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			title, body := bodyOf(t, item("modules"), everywhere(tt.text), secret)
			if strings.Contains(title, tt.not) || strings.Contains(body, tt.not) {
				t.Errorf("%q came through: %s\n%s", tt.not, title, body)
			}
		})
	}
	for _, tt := range inProse {
		t.Run(tt.name, func(t *testing.T) {
			ev := everywhere(tt.text)
			ev.Details = nil // in a block of code it is as it is
			if _, body := bodyOf(t, item("modules"), ev, secret); strings.Contains(body, tt.not) {
				t.Errorf("%q came through:\n%s", tt.not, body)
			}
		})
	}
}

// everywhere is evidence that says the same in each of its places.
func everywhere(text string) answer.Evidence {
	return answer.Evidence{
		Verdict: answer.Failed, Summary: text, Note: text, Details: []string{text, "x " + text},
		Measures: []answer.Measure{{Name: text, Value: text, Unit: text, Limit: text}},
	}
}

// TestIssueFence holds that no detail can end its block of code.
func TestIssueFence(t *testing.T) {
	_, body := bodyOf(t, item("modules"), answer.Evidence{Verdict: answer.Failed, Details: []string{"```", "````", "# Headline"}})
	if !strings.Contains(body, "\n`````text\n```\n````\n# Headline\n`````\n") {
		t.Errorf("the body is\n%s", body)
	}
}

// TestIssueSize keeps within GitHub's bounds, whatever was measured.
func TestIssueSize(t *testing.T) {
	long := strings.Repeat("<&", 250)
	ev := everywhere(long)
	for n := range 200 {
		ev.Measures = append(ev.Measures, answer.Measure{Name: fmt.Sprint(n, long), Value: long, Limit: long})
		ev.Details = append(ev.Details, long)
	}
	title, body := bodyOf(t, item("modules"), ev)
	if got := len([]rune(title)); got > 160 {
		t.Errorf("the title has %d letters", got)
	}
	if got := len(body); got > 60_000 {
		t.Errorf("the body has %d bytes", got)
	}
	for _, want := range []string{"more measures.", "more lines\n```", "/ready run modules"} {
		if !strings.Contains(body, want) {
			t.Errorf("the body lacks %q", want)
		}
	}
}

// TestIssueShowsUnseen shows what cannot be seen as what it is, and leaves other
// scripts and emoji as they are.
func TestIssueShowsUnseen(t *testing.T) {
	title, body := bodyOf(t, item("modules"), everywhere("exe.\u202egpj of محمد 👩\u200d🚀"))
	if want := "exe.<U+202E>gpj of محمد 👩\u200d🚀"; !strings.Contains(title, want) || !strings.Contains(body, "\n"+want) || !strings.Contains(body, "&lt;U+202E&gt;") {
		t.Errorf("the title is %q, the body\n%s", title, body)
	}
}
