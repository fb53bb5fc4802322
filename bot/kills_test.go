package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/workspace"
	"gonogo/suite"
)

// kills is how many a test makes that kills gonogo again and again.
func kills(few, many int) int {
	if suite.Long {
		return many
	}
	return few
}

// TestKilledBetweenPostAndNote kills the bot with -9 whenever Slack has a message and
// the bot does not know yet. Whoever comes after it finds the message: each alert has
// one card, and each subject one message.
func TestKilledBetweenPostAndNote(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.newCloud()
	kill := p.startProcess()
	p.openRelease("2.0 0a1b2c3d")
	rounds := kills(6, 100)
	for n := range rounds {
		p.hearing()
		until := make(chan struct{})
		done := p.slack.Hold("chat.postMessage", until)
		p.fires(fmt.Sprintf("Alert%03d", n), "")
		p.until("the card at Slack", done)
		kill()
		close(until)
		p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
		kill = p.startProcess()
	}
	p.eventually("a known card for each alert", func() bool {
		return len(p.anchored("incident/")) == rounds
	})
	for subject, n := range p.cards() {
		if n != 1 {
			t.Errorf("%d messages of %s, want one", n, subject)
		}
	}
	for n := range rounds {
		if got := p.naming(fmt.Sprintf("Alert%03d", n)); got != 1 {
			t.Errorf("%d cards name alert %d, want one", got, n)
		}
	}
}

// TestKilledBetweenUploadAndNote does the same to files.
func TestKilledBetweenUploadAndNote(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.configure("deploy: [deployer] }", "deploy: [deployer], fix: [technical_lead] }", "checklist:\n", `runbooks:
  seed:
    title: Seed the test data
    steps: [{ run: [seq, "3000"], timeout: 5m }]
checklist:
`)
	kill := p.startProcess()
	p.openRelease("19.0.1")
	rounds := kills(3, 30)
	seen := "" // the plan before
	for range rounds {
		before := p.filesOf("seed-step-1.txt")
		until := make(chan struct{})
		done := p.slack.Hold("files.completeUploadExternal", until)
		p.tell("U0TL", "/ready fix seed")
		plan := p.newerPlan(seen)
		seen = plan.TS
		p.press("U0TL", plan, "Start")
		p.until("the file at Slack", done)
		kill()
		close(until)
		p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })
		kill = p.startProcess()
		p.eventually("a known file", func() bool { return p.count("run.ended") == p.count("run.started") && len(p.unknownPosts()) == 0 })
		if got := p.filesOf("seed-step-1.txt") - before; got != 1 {
			t.Errorf("%d files after a kill, want one", got)
		}
	}
}

// newerPlan waits for a plan to start that came after another.
func (p *practice) newerPlan(than string) (found workspace.Message) {
	p.t.Helper()
	p.await("a plan", func() bool {
		for _, m := range p.slack.Messages("C0RELEASES") {
			if m.TS > than && slices.Contains(labels(m), "Start") {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// until waits for a channel's end.
func (p *practice) until(what string, done <-chan struct{}) {
	p.t.Helper()
	select {
	case <-done:
	case <-p.ctx.Done():
		p.t.Fatalf("%s never came; the last to be said:\n%s\nthe bot logged:\n%s", what, p.lastSaid(), p.logs)
	}
}

var listensAt = regexp.MustCompile(`"listening for HTTP","address":"([^"]+)"`)

// hearing finds out where the process that was started last listens.
func (p *practice) hearing() {
	p.t.Helper()
	all := listensAt.FindAllStringSubmatch(p.logs.String(), -1)
	if len(all) == 0 {
		p.t.Fatalf("the bot does not say where it listens:\n%s", p.logs)
	}
	p.listens = make(chan string, 1)
	p.listens <- all[len(all)-1][1]
}

// recorded is what the ledger holds of a kind.
func (p *practice) recorded(kind string) (all []json.RawMessage) {
	p.t.Helper()
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "ledger", "export", "--ledger", p.ledger); code != 0 {
		p.t.Fatalf("ledger export ended with %d: %s", code, p.logs)
	}
	for line := range strings.Lines(out.String()) {
		var event struct {
			Kind string
			Data json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			p.t.Fatal(err)
		}
		if event.Kind == kind {
			all = append(all, event.Data)
		}
	}
	return all
}

// postEvent is what the ledger holds of a message, before it is posted and after.
type postEvent struct{ Subject, Mark, File string }

func (p *practice) posts(kind string) (all []postEvent) {
	for _, data := range p.recorded(kind) {
		var post postEvent
		if err := json.Unmarshal(data, &post); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, post)
	}
	return all
}

// anchored are the subjects whose messages the ledger knows.
func (p *practice) anchored(prefix string) map[string]bool {
	known := map[string]bool{}
	for _, post := range p.posts("anchor.posted") {
		if strings.HasPrefix(post.Subject, prefix) {
			known[post.Subject] = true
		}
	}
	return known
}

// unknownPosts are the subjects that were about to be posted and are not known to be.
func (p *practice) unknownPosts() map[string]bool {
	known, unknown := p.anchored(""), map[string]bool{}
	for _, post := range p.posts("anchor.intended") {
		if !known[post.Subject] {
			unknown[post.Subject] = true
		}
	}
	return unknown
}

// cards counts the messages of each subject, by the marks that they carry.
func (p *practice) cards() map[string]int {
	subjects, count := map[string]string{}, map[string]int{}
	for _, post := range p.posts("anchor.intended") {
		subjects[post.Mark] = post.Subject
	}
	for _, m := range append(p.slack.Messages("C0RELEASES"), p.slack.Messages("C0ONCALL")...) {
		if mark := markOf(m); mark != "" {
			count[subjects[mark]]++
		}
	}
	return count
}

// markOf is the mark of a card; empty: it is none.
func markOf(m workspace.Message) string {
	var metadata struct {
		Payload struct{ Mark string } `json:"event_payload"`
	}
	_ = json.Unmarshal(m.Metadata, &metadata) // most messages have none
	return metadata.Payload.Mark
}

// naming counts the messages in on-call's channel, no replies, that have a name in
// their title.
func (p *practice) naming(name string) (n int) {
	for _, m := range p.slack.Messages("C0ONCALL") {
		if (m.ThreadTS == "" || m.ThreadTS == m.TS) && strings.Contains(m.Text, name) {
			n++
		}
	}
	return n
}

// filesOf counts the files of a name.
func (p *practice) filesOf(name string) (n int) {
	for _, m := range p.slack.Messages("C0RELEASES") {
		for _, f := range m.Files {
			if f.Name == name {
				n++
			}
		}
	}
	return n
}
