package main

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/playground/workspace"
)

// TestStory plays the README's story, testdata/story.txt, over the real
// protocols: the bot as serve runs it, with the configuration that the story
// is told with.
//
//	> USER: TEXT                      says something in #releases
//	< TEXT                            only they see an answer that says so
//	: CHANNEL TEXT                    a message or thread of the channel says so
//	@ USER CHANNEL "UNDER" LABEL      presses a button; channel - is their own last answer
//	% SWITCH STATE                    turns a switch of the panel
func TestStory(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.useExample("story.yml")
	stop := p.start()
	s := storyteller{practice: p, since: map[string]int{}}
	file, err := os.Open("testdata/story.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines, n := bufio.NewScanner(file), 1; lines.Scan(); n++ {
		s.play(lines.Text())
		if t.Failed() {
			t.Fatalf("at line %d", n)
		}
	}
	stop()
	p.wantOutside()
}

// useExample has the bot use a shipped example, with a ledger of the test's own,
// any free port, and limits to times that a busy machine keeps too.
func (p *practice) useExample(name string) {
	p.t.Helper()
	p.liftSlackLimits()
	text, err := os.ReadFile("../examples/" + name)
	if err != nil {
		p.t.Fatal(err)
	}
	own := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:0", "bolt: gonogo.db", "bolt: "+p.ledger,
		`"< 3s"`, `"< 300s"`, `"< 500ms"`, `"< 300s"`, "P95 < 100ms", "P95 < 100s").Replace(string(text))
	p.config = filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(p.config, []byte(own), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// storyteller remembers whose answer is meant.
type storyteller struct {
	*practice
	user  string         // who spoke or pressed last
	since map[string]int // how many private answers a person had before that
}

var pressed = regexp.MustCompile(`^@ (\w+) (\S+) "([^"]+)" (.+)$`)

func (s *storyteller) play(line string) {
	s.t.Helper()
	mark, rest, _ := strings.Cut(line, " ")
	switch mark {
	case ">":
		user, text, _ := strings.Cut(rest, ": ")
		s.turn(user)
		if err := s.slack.Say(user, "C0RELEASES", "", text); err != nil {
			s.t.Fatal(err)
		}
	case "<":
		s.await("an answer for "+s.user+" with "+rest, func() bool {
			_, ok := newest(s.slack.Ephemerals(s.user)[s.since[s.user]:], rest)
			return ok
		})
	case ":":
		channel, text, _ := strings.Cut(rest, " ")
		s.await("a message in "+channel+" with "+text, func() bool {
			_, ok := newest(s.slack.Messages(channel), text)
			return ok
		})
	case "%":
		id, state, _ := strings.Cut(rest, " ")
		s.set(id, state)
	case "@":
		m := pressed.FindStringSubmatch(line)
		s.press(m[1], m[2], m[3], m[4])
	}
}

func (s *storyteller) turn(user string) {
	s.user, s.since[user] = user, len(s.slack.Ephemerals(user))
}

// press presses a button under the newest message that says so.
func (s *storyteller) press(user, channel, under, label string) {
	s.t.Helper()
	from := s.slack.Messages(channel)
	if channel == "-" {
		from = s.slack.Ephemerals(user)
	}
	message, ok := newest(from, under)
	if !ok {
		s.t.Fatalf("there is no message with %q", under)
	}
	s.turn(user)
	if channel == "-" { // the answer may take the message's place
		s.since[user] = slices.IndexFunc(from, func(m workspace.Message) bool { return m.TS == message.TS })
	}
	click(s.t, s.slack, user, message, label)
}

func newest(messages []workspace.Message, text string) (workspace.Message, bool) {
	for i := len(messages) - 1; i >= 0; i-- {
		if strings.Contains(messages[i].Text, text) || strings.Contains(string(messages[i].Blocks), text) {
			return messages[i], true
		}
	}
	return workspace.Message{}, false
}

// wantOutside compares what GitHub and DigitalOcean were asked to change in the
// story with what it takes: each write once.
func (p *practice) wantOutside() {
	p.t.Helper()
	issues, apps := "/repos/insightpulse/insightpulse-odoo/issues", "/v2/apps/"
	staging, _ := p.environ("STAGING_APP_ID")
	production, _ := p.environ("PRODUCTION_APP_ID")
	want := []string{
		"POST " + issues,
		"PATCH " + issues + "/215",
		"POST " + issues + "/215/comments",
		"POST " + issues, // the postmortem's
		"PUT " + apps + staging,
		"PUT " + apps + production,
		"POST " + apps + production + "/rollback",
		"POST " + apps + production + "/rollback/commit",
	}
	isEdit := func(a, b string) bool { return a == b && strings.HasPrefix(a, "PATCH ") } // of what failed one after the other, on a busy machine
	retold := func(write string) bool { return write == "PATCH "+issues+"/216" }         // the postmortem, if the story takes long enough
	if diff := cmp.Diff(want, slices.CompactFunc(slices.DeleteFunc(p.world.Writes(), retold), isEdit)); diff != "" {
		p.t.Errorf("what was written outside (-want +got):\n%s", diff)
	}
	p.wantCounts(map[string]int{"run.ended": 9, "environment.live": 3, "environment.adopted": 2, "alerts.received": 2, "run.asked": 1, "incident.acknowledged": 1, "hold.lifted": 1})
}
