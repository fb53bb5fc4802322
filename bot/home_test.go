package main

import (
	"encoding/json"
	"strings"
	"testing"

	"gonogo/playground/workspace"
)

// TestHome signs off from the Home tab: each press is answered by direct
// message or with a form, and what was done no longer waits.
func TestHome(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.start()
	p.say("U0DEV", "/ready signoff")
	p.seen("Sign-off: next for staging, 0 of 4")

	p.openHome("U0TL")
	p.pressHome("U0TL", p.homeWith("U0TL", "as Technical Lead"), "Approve")
	p.await("the answer", func() bool { return p.told("U0TL", "Your approval of ") })
	p.homeWithout("U0TL", "as Technical Lead")
	p.seen("Sign-off: next for staging, 1 of 4")

	p.openHome("U0SO")
	p.pressHome("U0SO", p.homeWith("U0SO", "as Security Officer"), "Reject")
	p.await("the form", func() bool { return len(p.slack.Views("U0SO")) == 1 })
	form := p.slack.Views("U0SO")[0]
	comment := map[string]map[string][]string{"comment": {inputAction(t, form.Body, "comment"): {"not like this"}}}
	if _, err := p.slack.SubmitView("U0SO", form.ID, comment); err != nil {
		t.Fatal(err)
	}
	p.await("the answer", func() bool { return p.told("U0SO", "Your rejection of ") })
	p.homeWithout("U0SO", "as Security Officer")

	p.openHome("U0NEW") // looking is for everybody, and nothing waits for who has no role
	if stranger := homeText(p.homeWith("U0NEW", "Nothing.")); !strings.Contains(stranger, "NO-GO") || strings.Contains(stranger, "Approve") {
		t.Errorf("a person without a role sees %s", stranger)
	}
}

func (p *practice) openHome(user string) {
	p.t.Helper()
	if _, err := p.slack.OpenHome(user); err != nil {
		p.t.Fatal(err)
	}
}

// homeWith waits until a person's Home has a text in it.
func (p *practice) homeWith(user, text string) workspace.View {
	p.t.Helper()
	var home workspace.View
	p.await("a Home with "+text, func() bool {
		var ok bool
		home, ok = p.slack.Home(user)
		return ok && strings.Contains(homeText(home), text)
	})
	return home
}

func (p *practice) homeWithout(user, text string) {
	p.t.Helper()
	p.await("a Home without "+text, func() bool {
		home, ok := p.slack.Home(user)
		return ok && !strings.Contains(homeText(home), text)
	})
}

func homeText(v workspace.View) string {
	text, _ := json.Marshal(v.Body["blocks"]) // it came as JSON
	return string(text)
}

// pressHome presses the button with a label on a Home.
func (p *practice) pressHome(user string, home workspace.View, label string) {
	p.t.Helper()
	block, action, value := button(p.t, workspace.Message{Text: "Home", Blocks: json.RawMessage(homeText(home))}, label)
	if _, err := p.slack.PressView(user, home.ID, block, action, value); err != nil {
		p.t.Fatal(err)
	}
}

// told tells whether a direct message to a person has a text in it.
func (p *practice) told(user, text string) bool {
	for _, m := range p.slack.DirectMessages(user) {
		if strings.Contains(m.Text, text) || strings.Contains(string(m.Blocks), text) {
			return true
		}
	}
	return false
}
