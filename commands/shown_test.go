package commands_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// tell posts the cards that there are, as far as the ledger knows.
func (s *stage) tell(t *testing.T) {
	for _, card := range s.bot.Cards(s.clock.now()) {
		a := history.Anchor{Channel: card.Channel, TS: "1"}
		if card.Final {
			a.Shows = "the end"
		}
		if err := s.bot.Anchored(t.Context(), card.Subject, a); err != nil {
			t.Fatal(err)
		}
	}
}

// How copies of a message are found is known for as long as its anchor says that they may
// arrive.
func TestAnchorsThatWereRepeated(t *testing.T) {
	s := newStage(t, "")
	ctx := t.Context()
	if err := s.bot.Posting(ctx, event.PostIntended{Subject: "run/r1", Channel: "C1", Mark: "m1"}); err != nil {
		t.Fatal(err)
	}
	post, _ := s.bot.Post("run/r1")
	for _, repeated := range []*history.Post{&post, &post, nil, &post} {
		if err := s.bot.Anchored(ctx, "run/r1", history.Anchor{Channel: "C1", TS: "1.0", Repeated: repeated}); err != nil {
			t.Fatal(err)
		}
		if repeated == nil {
			post = history.Post{} // the ledger has forgotten it
		}
		got, _ := s.bot.Anchor("run/r1")
		if wanted := repeated != nil && post.Mark != ""; (got.Repeated != nil) != wanted || wanted && *got.Repeated != post {
			t.Errorf("anchored with %+v: %+v", repeated, got.Repeated)
		}
	}
}

func (s *stage) cards(t *testing.T) string {
	var out strings.Builder
	for _, card := range s.bot.Cards(s.clock.now()) {
		s.holds(t, card.Reply)
		fmt.Fprintf(&out, "-- %s in %s, under %q, final %t\n%s", card.Subject, card.Channel, card.Parent, card.Final, show(card.Reply))
		if card.File != nil {
			fmt.Fprintf(&out, "file %s, %q:\n%s", card.File.Name, card.File.Title, contents(card.File.Path))
		}
	}
	return strings.ReplaceAll(out.String(), s.outputs, "OUTPUTS")
}

func contents(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error() + "\n"
	}
	return string(data)
}

// holds checks what every reply promises: what can be pressed survives the way
// through Slack, and can be typed.
func (s *stage) holds(t testing.TB, r reply.Reply) {
	t.Helper()
	for _, act := range acts(r) {
		value, ok := act.Encode()
		back, err := commands.DecodeAct(value)
		if diff := cmp.Diff(act, back, cmpopts.EquateEmpty()); !ok || err != nil || diff != "" {
			t.Errorf("%s fits: %t, %v (-sent +pressed):\n%s", value, ok, err, diff)
		}
		typed, err := s.bot.ReadTyped(commands.AsTyped(act))
		if diff := cmp.Diff(act, typed, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("/%s: %v (-pressed +typed):\n%s", commands.AsTyped(act), err, diff)
		}
	}
}

// acts are what can be done from a reply.
func acts(r reply.Reply) []reply.Act {
	var all []reply.Act
	for _, part := range r.Parts {
		if actions, ok := part.(reply.Actions); ok {
			for _, b := range actions {
				all = append(all, b.Act)
			}
		}
	}
	if r.Form != nil {
		all = append(all, r.Form.Act)
	}
	return all
}

// show writes a reply with its buttons and its form.
func show(r reply.Reply) string {
	var out strings.Builder
	r.Print(&out, time.UTC)
	for _, part := range r.Parts {
		if actions, ok := part.(reply.Actions); ok {
			for _, b := range actions {
				fmt.Fprintf(&out, "[%s] /%s\n", b.Label, commands.AsTyped(b.Act))
			}
		}
	}
	if r.Form != nil {
		fmt.Fprintf(&out, "form %q says /%s\n", r.Form.Title, commands.AsTyped(r.Form.Act))
		for _, line := range r.Form.Intro {
			fmt.Fprintf(&out, "  %s\n", inWords(line))
		}
		for _, in := range r.Form.Inputs {
			fmt.Fprintf(&out, "  %s (%s): %s\n", in.Name, in.Kind, in.Label)
		}
	}
	if r.Refused {
		fmt.Fprintln(&out, "(nothing was done)")
	}
	return out.String()
}

// issue records what was done to the issue of an item, ITEM or ITEM@ENV: an act,
// and why the issue turned out to be away.
func (s *stage) issue(t *testing.T, name string, how []string) {
	item, env, _ := strings.Cut(name, "@")
	act := event.IssueAct(how[0])
	written := event.IssueWritten{Item: item, Environment: env, Act: act, Number: 7, URL: "https://git.example/7", Open: act != event.CloseIssue}
	if len(how) > 1 {
		written.Open, written.Away = false, event.IssueAway(how[1])
	}
	s.happened(t, written)
}

// happened records an event that no command makes.
func (s *stage) happened(t *testing.T, recorded event.Event) {
	if _, err := s.ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{recorded}, nil
	}); err != nil {
		t.Fatal(err)
	}
}

// approveAlone asks a single role to sign off staging, whose people may deploy
// it too, and asks more of production than a message lists.
func approveAlone(c *checklist.Checklist) {
	c.SignOffs = []checklist.SignOffRule{{Environment: "staging", Roles: []string{"technical_lead"}, SelfApproval: true}}
	more := checklist.Section{ID: "more", Title: "More", Weight: 1}
	for i := range 8 {
		more.Items = append(more.Items, &checklist.Item{ID: fmt.Sprintf("more-%d", i+1), Title: fmt.Sprintf("More, %d", i+1),
			Blocks: []string{"production"}, Manual: &checklist.Manual{By: []string{"product_owner"}}})
	}
	c.Sections = append(c.Sections, more)
	c.Index()
}

// inWords is a text without its looks.
func inWords(text reply.Text) string {
	var b strings.Builder
	for _, span := range text {
		b.WriteString(span.Text)
	}
	return b.String()
}
