package commands_test

import (
	"slices"
	"strings"
	"testing"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
)

// linkedStage has two items that demand a link, and one of them is asked on
// each environment.
func linkedStage(t *testing.T) *stage {
	s := newStage(t, "links")
	by := []string{"technical_lead"}
	modules := &s.bot.Options().Checklist.Sections[0]
	modules.Items = append(modules.Items,
		&checklist.Item{ID: "gdpr", Title: "The GDPR assessment is done", Blocks: []string{"production"}, Manual: &checklist.Manual{By: by, Evidence: checklist.NeedsLink}},
		&checklist.Item{ID: "restored", Title: "Backups are configured", Environments: []string{"staging", "production"}, Blocks: []string{"production"}, Manual: &checklist.Manual{By: by, Evidence: checklist.NeedsLink}},
		&checklist.Item{ID: "told", Title: "Support is told", Blocks: []string{"production"}, Manual: &checklist.Manual{By: by, Evidence: checklist.NeedsNote}})
	s.bot.Options().Checklist.Index()
	s.say(t, "U0DEV: /ready release 19.0.1 0a1b2c3d")
	return s
}

// asks gives the form that a command is answered with.
func (s *stage) asks(t *testing.T, said string) *reply.Form {
	t.Helper()
	r := s.bot.Handle(t.Context(), commands.Request{Key: said, User: "U0TL", Channel: "C0RELEASES", Text: said})
	s.holds(t, r)
	if r.Form == nil {
		t.Fatalf("%s opened no form:\n%s", said, show(r))
	}
	return r.Form
}

// A link that was typed fills the inputs that ask for one.
func TestBulkFormHasTheLink(t *testing.T) {
	for _, test := range []struct {
		said string
		want []string // what each input begins with
	}{
		{"/ready check gdpr reviewed https://example.com/x", []string{"https://example.com/x", "https://example.com/x", ""}},
		{"/ready check gdpr reviewed seen at <https://example.com/x|x> today", []string{"https://example.com/x", "https://example.com/x", "seen at today"}},
		{"/ready check gdpr reviewed https://example.com/x https://example.com/y", []string{"https://example.com/x", "https://example.com/y", ""}},
		{"/ready check gdpr reviewed restored@staging https://a.example/ https://b.example/", []string{"https://a.example/", "https://b.example/", "", ""}},
		{"/ready check gdpr reviewed https://a.example/ https://b.example/ https://c.example/", []string{"https://a.example/", "https://b.example/", "https://c.example/"}},
		{"/ready check gdpr told https://example.com/x", []string{"https://example.com/x", "", "https://example.com/x"}}, // the note of the other
		{"/ready check gdpr reviewed looked fine", []string{"", "", "looked fine"}},
	} {
		t.Run(test.said, func(t *testing.T) {
			var got []string
			for _, in := range linkedStage(t).asks(t, test.said).Inputs {
				got = append(got, in.Initial)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the inputs begin with %q, want %q", got, test.want)
			}
		})
	}
}

// The lines of one item say on which environment each is asked.
func TestBulkFormTellsEnvironmentsApart(t *testing.T) {
	form := linkedStage(t).asks(t, "/ready check restored@staging restored@production")
	var got []string
	for _, line := range form.Intro {
		got = append(got, inWords(line))
	}
	for _, in := range form.Inputs {
		got = append(got, in.Label)
	}
	want := []string{"2 items in one press:", "• Backups are configured on staging", "• Backups are configured on production",
		"Backups are configured on staging: link", "Backups are configured on production: link", "Note for all"}
	if !slices.Equal(got, want) {
		t.Errorf("the form says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Where several releases are open, the form says which one it is about.
func TestBulkFormNamesTheRelease(t *testing.T) {
	st := linkedStage(t)
	st.say(t, "U0DEV: /ready release 19.0.2")
	form := st.asks(t, "/ready 19.0.1 check restored@staging restored@production")
	if got, want := inWords(form.Intro[0]), "2 items of 19.0.1 in one press:"; got != want {
		t.Errorf("the form says %q, want %q", got, want)
	}
}
