package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"gonogo/playground/workspace"
	"gonogo/storage/store"
)

// slackMuteOnPeople has Slack tell neither who is in a user group nor who a
// person is.
func (p *practice) slackMuteOnPeople() {
	for _, method := range []string{"usergroups.users.list", "usergroups.list", "users.info"} {
		p.slack.Fail(method, "internal_error", 1<<20)
	}
}

// ageMembers writes a file of members with all its times moved into the past.
func (p *practice) ageMembers(written []byte, by time.Duration) {
	p.t.Helper()
	var known any
	if err := json.Unmarshal(written, &known); err != nil {
		p.t.Fatal(err)
	}
	aged, err := json.Marshal(earlier(known, by))
	if err == nil {
		err = os.WriteFile(store.Store{Bolt: p.ledger}.Files().Members(), aged, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// earlier is a JSON value in which every time is moved into the past.
func earlier(value any, by time.Duration) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = earlier(v[key], by)
		}
	case []any:
		for i := range v {
			v[i] = earlier(v[i], by)
		}
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.Add(-by).Format(time.RFC3339Nano)
		}
	}
	return value
}

// A bot that is restarted while Slack tells nothing about people knows who was
// on call within the last day: they may roll back, which is recorded as judged by
// that. After a day they may not, and nothing else may be done by it at any time.
func TestOnCallIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.newCloud()
	p.configure("roles:\n", "roles:\n  on_call: { title: On call, usergroup: S0ONCALL }\n", "rollback: [deployer]", "rollback: [on_call]", "lock: [deployer]", "lock: [on_call]")
	stop := p.start()
	p.open()
	p.deploy()
	if said := p.say("U0ONCALL", "/rollback staging"); !strings.Contains(said, "Roll staging back to 1.0?") {
		t.Fatalf("while Slack tells who is on call, they are told %q", said)
	}
	stop()
	if info, err := os.Stat((store.Store{Bolt: p.ledger}).Files().Members()); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file of members: %v, %v; want one with mode 0600", info, err)
	}

	written, err := os.ReadFile(store.Store{Bolt: p.ledger}.Files().Members())
	if err != nil {
		t.Fatal(err)
	}

	p.slackMuteOnPeople()
	p.ageMembers(written, 24*time.Hour+time.Minute)
	stop = p.start()
	if said := p.say("U0ONCALL", "/rollback staging"); !strings.Contains(said, "Can't look up who may do that at the moment") {
		t.Errorf("after a day and a minute on-call is told %q", said)
	}
	stop()

	p.ageMembers(written, 23*time.Hour)
	p.start()
	if said := p.say("U0ONCALL", "/deploy lock staging why"); !strings.Contains(said, "Can't look up who may do that at the moment") {
		t.Errorf("a lock is answered %q", said)
	}
	if said := p.say("U0PO", "/rollback staging"); !strings.Contains(said, "Can't look up who may do that at the moment") {
		t.Errorf("an outsider is told %q", said)
	}
	if said := p.say("U0ONCALL", "/rollback start staging because it is slow"); !strings.Contains(said, "Rolling staging back") {
		t.Fatalf("within a day on-call is told %q", said)
	}
	var card workspace.Message
	p.await("the rollback's card", func() (found bool) {
		card, found = newest(p.slack.Messages("C0ONCALL"), "staging back to 1.0")
		return found
	})
	wantShown(t, card, "judged by membership as of")
}
