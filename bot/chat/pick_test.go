package chat

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"gonogo/commands/cards"
	"gonogo/playground/workspace"
)

// flood shows more new cards than a channel takes, for two minutes, beside those that a
// function gives for each moment.
func flood(b *bot, more func(cards.Card) cards.Card, beside func(n int) []cards.Card) {
	var all []cards.Card
	for n := range 240 {
		all = append(all, more(card(fmt.Sprintf("flood/%d", n), "flood")))
		b.show(append(beside(n), all...)...)
		time.Sleep(500 * time.Millisecond)
	}
}

func unchanged(c cards.Card) cards.Card { return c }

// What is new in a channel all the time holds nothing else there back forever: neither
// the answers in a thread, nor changes of messages, however slow Slack is.
func TestFloodOfNewCardsHoldsNothingBack(t *testing.T) {
	for name, slow := range map[string]time.Duration{"usual": 0, "slow": 1100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(*http.Request) { time.Sleep(slow) }, func(slackSide *workspace.Workspace, b *bot) {
				run, section := card("run/1", "Running"), answerTo("run/1", "run/1/tests", "Section")
				b.show(run)
				time.Sleep(5 * time.Second)
				flood(b, unchanged, func(n int) []cards.Card {
					if n < 10 {
						return []cards.Card{run}
					}
					run.Reply.Title = "Done"
					return []cards.Card{run, section}
				})
				for _, want := range []string{"Done", "Section"} {
					if !slices.Contains(kinds(slackSide), want) {
						t.Errorf("after two minutes no message begins with %q", want)
					}
				}
			})
		})
	}
}

// In a flood of severe alerts the newest go first, and yet the older ones aren't held
// back until its end.
func TestFloodOfSevereAlertsShowsOlderOnesToo(t *testing.T) {
	severe := func(c cards.Card) cards.Card {
		c.First, c.Alert = true, true
		return c
	}
	inBubble(t, func(*http.Request) {}, func(_ *workspace.Workspace, b *bot) {
		flood(b, severe, func(int) []cards.Card { return nil })
		for n := range 10 {
			if _, posted := b.Anchor(fmt.Sprintf("flood/%d", n)); !posted {
				t.Errorf("after two minutes alert %d isn't shown", n)
			}
		}
	})
}

// Cards that on-call waits for, and that change all the time, leave others some of the
// updates that Slack allows.
func TestChangingCardsLeaveOthersTheirUpdates(t *testing.T) {
	inBubble(t, func(*http.Request) {}, func(slackSide *workspace.Workspace, b *bot) {
		one, two, run := card("incident/1", "0"), card("incident/2", "0"), card("run/1", "Running")
		one.First, two.First = true, true
		b.show(one, two, run)
		time.Sleep(5 * time.Second)
		for n := range 180 {
			if n == 60 { // the first updates may come faster
				run.Reply.Title = "Done"
			}
			one.Reply.Title, two.Reply.Title = fmt.Sprint(n), fmt.Sprint(n)
			b.show(one, two, run)
			time.Sleep(time.Second)
		}
		if all := kinds(slackSide); !slices.Contains(all, "Done") {
			t.Errorf("after two minutes the other card says %q", all)
		}
	})
}

// What has waited long doesn't go ahead of what on-call waits for more than now and then.
func TestLongWaitDoesNotDelayOnCall(t *testing.T) {
	inBubble(t, func(*http.Request) {}, func(_ *workspace.Workspace, b *bot) {
		var all []cards.Card
		for n := range 300 {
			all = append(all, card(fmt.Sprintf("flood/%d", n), "flood"))
		}
		b.show(all...)
		time.Sleep(2 * time.Minute)
		for n := range 10 {
			urgent := card(fmt.Sprintf("incident/%d", n), "critical")
			urgent.First = true
			all = append(all, urgent)
		}
		b.show(all...)
		time.Sleep(15 * time.Second)
		for n := range 10 {
			if _, posted := b.Anchor(fmt.Sprintf("incident/%d", n)); !posted {
				t.Errorf("after 15 seconds critical card %d isn't shown", n)
			}
		}
	})
}
