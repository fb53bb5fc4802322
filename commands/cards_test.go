package commands_test

import (
	"fmt"
	"testing"
	"time"

	"gonogo/commands"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// The cards of a gate run tell whether a person asked for it: those are as many as
// people like.
func TestCardsOfRunsThatPeopleAskedFor(t *testing.T) {
	s := newStage(t, "cards")
	started := func(id, by string) event.Event {
		return event.RunStarted{Run: id, What: work.Gates, Title: id, Release: "19.0.1", By: by}
	}
	_, err := s.bot.Options().Ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.ReleaseOpened{Version: "19.0.1"}, started("theirs", "U0DEV"), started("arrival", "")}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, card := range s.bot.Cards(s.clock.now()) {
		asked[card.Subject] = card.Asked
	}
	theirs, found := asked["run/theirs"]
	arrival, foundToo := asked["run/arrival"]
	if !found || !foundToo || !theirs || arrival {
		t.Errorf("asked for by people: %v, want only theirs", asked)
	}
}

// Of forty releases that were signed off one after the other, the card of the
// open one alone is updated once the others say that they are closed, also
// by the next gonogo.
func TestOldSignOffCardsAreLetBe(t *testing.T) {
	s := newStage(t, "cards")
	say := func(text string) {
		s.said++
		r := commands.Request{Key: fmt.Sprint("line/", s.said), User: "U0DEV", Channel: "C0RELEASES", Text: text}
		if reply := s.bot.Handle(t.Context(), r); reply.Refused {
			t.Fatalf("%s: %s", text, show(reply))
		}
	}
	subjects := func() (all []string) {
		for _, card := range s.bot.Cards(s.clock.now()) {
			all = append(all, card.Subject)
		}
		return all
	}
	for n := range 40 {
		if n > 0 {
			say(fmt.Sprintf("ready close %d.0.0", n-1))
		}
		say(fmt.Sprintf("ready release %d.0.0 0a1b2c3d", n))
		say("ready signoff production")
		if got := subjects(); len(got) > 2 {
			t.Fatalf("release %d: %v, want its card and the one that is closed by it", n, got)
		}
		s.tell(t)
	}
	s.bot = commands.New(*s.bot.Options())
	if got := subjects(); len(got) != 1 || got[0] != "signoff/39.0.0/production" {
		t.Errorf("after a restart: %v, want the open one's card", got)
	}
}
