package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/playground/workspace"
)

// bulkConfig has a section of which a person checks all lines; one demands a link.
const bulkConfig = `project: Practice
slack: { releases: C0RELEASES, on_call: C0ONCALL }
storage: { bolt: "${LEDGER}" }
listen: 127.0.0.1:0
roles:
  technical_lead: { title: Technical Lead, users: [U0TL] }
  deployer: { title: Deployer, users: [U0DEV] }
permissions: { run: [deployer], check: [technical_lead], release: [deployer], deploy: [deployer] }
checklist:
  - section: papers
    title: Papers
    items:
      - { item: notes, title: The release notes are written, manual: {} }
      - { item: manual, title: The manual is up to date, manual: {} }
      - { item: reviewed, title: The code is reviewed, manual: { evidence: link } }
environments:
  staging: {}
`

// TestBulkCheck fills in the form for a whole section: one press checks all of
// its lines in one decision, and each says so.
func TestBulkCheck(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.config = filepath.Join(t.TempDir(), "bulk.yml")
	if err := os.WriteFile(p.config, []byte(bulkConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.tell("U0TL", "/ready check papers")
	p.await("the form", func() bool { return len(p.slack.Views("U0TL")) == 1 })
	form := p.slack.Views("U0TL")[0]
	submit := func(link string) workspace.Outcome {
		t.Helper()
		d, err := p.slack.SubmitView("U0TL", form.ID, workspace.Values{"link:reviewed": {inputAction(t, form.Body, "link:reviewed"): {link}}})
		if err != nil {
			t.Fatal(err)
		}
		o, err := d.Wait(p.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := submit("http://"); o.Errors["link:reviewed"] == "" || len(p.slack.Views("U0TL")) != 1 {
		t.Errorf("a link that is none gets the errors %v", o.Errors)
	}
	before := len(p.slack.Ephemerals("U0TL"))
	if o := submit("https://git.example/pull/7"); len(o.Errors) > 0 {
		t.Fatalf("the form was refused: %v", o.Errors)
	}
	if got := p.answer("U0TL", before); !strings.Contains(got, "3 items checked") {
		t.Errorf("the answer is %q", got)
	}
	for _, item := range []string{"notes", "manual", "reviewed"} {
		before := len(p.slack.Ephemerals("U0TL"))
		p.say("U0TL", "/ready status "+item)
		if m := p.slack.Ephemerals("U0TL")[before]; !strings.Contains(string(m.Blocks), "checked with 2 others in one press") {
			t.Errorf("the details of %s do not say that it was checked with others: %s", item, m.Blocks)
		}
	}
	before = len(p.slack.Ephemerals("U0TL"))
	p.say("U0TL", "/ready report")
	if m := p.slack.Ephemerals("U0TL")[before]; strings.Count(string(m.Blocks), "checked with 2 others in one press") != 3 {
		t.Errorf("the report does not say so of each: %s", m.Blocks)
	}
}
