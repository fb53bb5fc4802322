package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/workspace"
	"gonogo/suite"
)

// TestEachItsDatabase breaks the database of one environment, by what it holds
// and by not answering: that environment is NO-GO and the other stays GO.
func TestEachItsDatabase(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.configure("connections:\n  odoo: { postgres: { url: \"${ODOO_DATABASE_URL}\" } }\n", "",
		"        estimate: 1h\n", "        scope: environment\n        environments: [staging, production]\n",
		"    title: Tests\n", "    title: Tests\n    blocks: []\n", "    title: Site\n", "    title: Site\n    blocks: []\n",
		"  staging: { url: \"${STAGING_URL}\" }\n", `  staging: { url: "${STAGING_URL}", connections: { odoo: { postgres: { url: "${STAGING_ODOO_URL}" } } } }
  production: { connections: { odoo: { postgres: { url: "${PRODUCTION_ODOO_URL}" } } } }
`, "sign_offs:\n  staging:", "sign_offs: {}\nrelease_kinds:\n  hotfix: { sections: [tests] } #")
	p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	p.set("staging-oca-dependencies", "installed")
	p.set("production-oca-dependencies", "installed")
	p.runAll("staging: ✓ *GO*", "production: ✓ *GO*")
	for broken, other := range map[string]string{"staging": "production", "production": "staging"} {
		p.set(broken+"-oca-dependencies", "not-installed")
		p.runAll(broken+": ✗ *NO-GO*, 1 blocker", other+": ✓ *GO*", "✗ *The OCA modules are installed on "+broken+"*")
		p.set(broken+"-oca-dependencies", "installed")
		p.set(broken+"-database", "refusing")
		p.runAll(broken+": ✗ *NO-GO*, 1 blocker", other+": ✓ *GO*", "⚠ *The OCA modules are installed on "+broken+"*", "starting or stopping")
		answers := p.say("U0DEV", "/ready status oca")
		expect(t, answers, "passed on "+other)
		expect(t, answers, "could not measure on "+broken)
		p.set(broken+"-database", "answering")
		p.runAll("staging: ✓ *GO*", "production: ✓ *GO*")
	}
}

// TestDatabasesOfTheExample breaks one database of the whole example when 19.0.1
// may go out everywhere. Production's holds back production alone. Staging's
// holds back both, since production takes what is validated on staging; what is
// asked of production's database stands.
func TestDatabasesOfTheExample(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := readyOnBoth(t)
	const whole, missing = "The database lists all 10 modules as installed on ", "1 of 10 modules is not installed: ipai_knowledge_ai"

	p.set("production-remaining-modules", "one-missing")
	run := p.runAll("staging: ✓ *GO*", "production: ✗ *NO-GO*", "✗ *"+whole+"production*: "+missing, "All gates: 5 of ")
	if strings.Contains(string(run.Blocks), "on staging*") {
		t.Errorf("what production lacks is said of staging: %s", run.Blocks)
	}
	answers := p.say("U0DEV", "/ready status ten-modules")
	expect(t, answers, "passed on staging: all 10 modules are installed")
	expect(t, answers, "failed on production: "+missing)
	p.set("production-remaining-modules", "installed")
	p.runAll("staging: ✓ *GO*", "production: ✓ *GO*")

	p.set("staging-database", "refusing")
	run = p.runAll("staging: ✗ *NO-GO*", "production: ✗ *NO-GO*", "⚠ *ipai_core is installed on staging*")
	if strings.Contains(string(run.Blocks), "on production*") {
		t.Errorf("what staging's database does not answer is said of production: %s", run.Blocks)
	}
	answers = p.say("U0DEV", "/ready status ten-modules")
	expect(t, answers, "could not measure on staging")
	expect(t, answers, "passed on production: all 10 modules are installed")
}

// readyOnBoth starts the whole example with all of it answered, 19.0.1 live on
// both environments and approved for production: both are GO.
func readyOnBoth(t *testing.T) *practice {
	p := newPractice(t)
	p.useExample("insightpulse.yml")
	stop := p.start()
	p.openRelease("19.0.1 fe890e0a68f46460d32a48d19890f4bdc8955c62")
	p.mend()
	for _, environment := range []string{"staging", "production"} {
		expect(t, p.say("U0DEV", "/deploy adopt "+environment), "19.0.1 counts as live on "+environment)
	}
	stop()
	p.answerAll()
	p.start()
	p.runAll("staging: ✓ *GO*")
	expect(t, p.say("U0DEV", "/ready signoff production"), "The roles are asked")
	card := p.seen("Sign-off: 19.0.1 for production, 0 of 4")
	for _, user := range []string{"U0PO", "U0TL", "U0SO", "U0PM"} {
		expect(t, p.press(user, card, "Approve"), "Approved")
	}
	expect(t, p.say("U0DEV", "/ready"), "staging: ✓ GO. production: ✓ GO.")
	return p
}

// mend turns every switch of the panel to a state in which a release may go out.
func (p *practice) mend() {
	p.t.Helper()
	var panel struct {
		Groups []struct {
			Switches []struct {
				ID, State string
				States    []struct {
					ID   string
					Good bool
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(p.read(p.world.URL()+"/_/panel")), &panel); err != nil {
		p.t.Fatal(err)
	}
	for _, group := range panel.Groups {
		for _, s := range group.Switches {
			for _, state := range s.States {
				if state.Good && s.State == s.States[0].ID && !s.States[0].Good {
					p.set(s.ID, state.ID)
				}
			}
		}
	}
}

// gatesEnded is in the message of a run of all gates once the run has ended.
var gatesEnded = regexp.MustCompile(`All gates: (all \d+ passed|\d+ of \d+ (failed|could not be measured)|\d+ failed and \d+ could not be measured, of \d+)`)

// runAll runs all gates, and waits for what the new run's message says at its end. On a busy
// machine a gate may exceed its own time limit; then they are run again, as people would.
func (p *practice) runAll(want ...string) (found workspace.Message) {
	p.t.Helper()
	for range 3 {
		before, says := len(p.slack.Messages("C0RELEASES")), false
		p.tell("U0DEV", "/ready run all")
		p.await("the end of a run that says "+strings.Join(want, " and "), func() bool {
			ended := false
			for _, m := range p.slack.Messages("C0RELEASES")[before:] {
				text := string(m.Blocks)
				if says = !slices.ContainsFunc(want, func(words string) bool { return !strings.Contains(text, words) }); says {
					found = m
					return true
				}
				if gatesEnded.MatchString(m.Text + text) {
					ended, found = true, m
				}
			}
			return ended
		})
		if says {
			return found
		}
	}
	p.t.Fatalf("no run says %q; the last one: %s", want, found.Blocks)
	return found
}
