package commands_test

import (
	"strings"
	"testing"

	"gonogo/commands"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// That a release is asked less is on its plan and its sign-off card, with who
// opened it so.
func TestKindIsShown(t *testing.T) {
	s := newStage(t, "deploy-kind")
	s.bot.Options().Checklist.Kinds = []checklist.ReleaseKind{{ID: "hotfix", Title: "Hotfix", Sections: []string{"tests"},
		SignOffs: []checklist.SignOffRule{{Environment: "production", Roles: []string{"technical_lead"}}}}}
	say := func(key, user, text string) string {
		return show(s.bot.Handle(t.Context(), commands.Request{Key: key, User: user, Text: text}))
	}
	say("1", "U0DEV", "ready release 1.0 0a1b2c3d")
	say("2", "U0DEV", "ready signoff production")
	say("3", "U0TL", "ready approve production")
	const production = "⚠ Opened as Hotfix by U0TL: asks for 1 of 2 sections and 1 of 3 sign-offs for production."
	shown := func() string { return s.cards(t) + say("plan", "U0DEV", "deploy production") }
	if got := shown(); strings.Contains(got, "Opened as") {
		t.Errorf("the usual release is shown as a kind:\n%s", got)
	}
	say("4", "U0TL", "ready release 1.0 as hotfix")
	got := shown()
	if n := strings.Count(got, production); n != 2 {
		t.Errorf("%q is shown %d times, want on the card and the plan:\n%s", production, n, got)
	}
	if want := "the release was opened for the whole checklist and is open as hotfix"; !strings.Contains(got, want) {
		t.Errorf("why the approval is suspended is not shown:\n%s", got)
	}
	if got := say("5", "U0DEV", "deploy staging"); !strings.Contains(got, "⚠ Opened as Hotfix by U0TL: asks for 1 of 2 sections.") {
		t.Errorf("the plan of staging:\n%s", got)
	}
}

// What keeps people from being told of alerts, and what a release is asked less
// than others, is in the history.
func TestHistoryOfAlertsAndKinds(t *testing.T) {
	s := newStage(t, "history-more")
	for _, event := range []event.Event{event.ReleaseOpened{Version: "1.0.1", By: "U0TL", ReleaseKind: "hotfix"}, event.AlertsRefused{Bytes: 41 << 20, Limit: 32 << 20},
		event.AlertSourceFailed{Source: "am:9093", Problem: "refused"}, event.AlertSourceAnswered{Source: "am:9093"}} {
		s.happened(t, event)
	}
	got := show(s.bot.Handle(t.Context(), commands.Request{Key: "1", User: "U0DEV", Text: "ready history"}))
	for _, want := range []string{"Release 1.0.1 opened as hotfix, commit unknown", "A delivery of alerts was refused: 41 MiB", "Alertmanager (am:9093) doesn't respond", "Alertmanager (am:9093) responds again"} {
		if !strings.Contains(got, want) {
			t.Errorf("the history lacks %q:\n%s", want, got)
		}
	}
}
