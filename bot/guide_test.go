package main

import (
	"slices"
	"testing"

	"gonogo/examples"
	"gonogo/playground/guide"
	"gonogo/playground/workspace"
)

// TestGuides follows the demo's guides literally, as a newcomer does: it becomes each person, types, presses and turns, and
// sees every step ticked by what happened.
func TestGuides(t *testing.T) {
	t.Parallel()
	for file, g := range map[string]*guide.Guide{"story.yml": examples.Story, "insightpulse.yml": examples.Tour} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			p.useExample(file)
			p.start()
			for _, step := range g.Steps {
				p.doStep(step)
				p.await("the tick of "+step.ID, func() bool { return slices.Contains(g.Done(nil, inWorld{p}), step.ID) })
			}
		})
	}
}

// doStep does what a step of a guide says.
func (p *practice) doStep(step guide.Step) {
	p.t.Helper()
	if step.Turn != nil {
		p.set(step.Turn.Switch, step.Turn.State)
	}
	for _, user := range step.As {
		if step.Type != "" {
			if err := p.slack.Say(user, step.Channel, "", step.Type); err != nil {
				p.t.Fatal(err)
			}
		}
		for _, press := range step.Press {
			click(p.t, p.slack, user, p.pressable(user, step.Channel, press), press.Label)
		}
	}
}

// pressable waits for a message with a button.
func (p *practice) pressable(user, channel string, press guide.Press) (found workspace.Message) {
	p.t.Helper()
	p.await(press.Label+" under "+press.Under, func() bool {
		messages := p.slack.Messages(channel)
		if press.Own {
			messages = p.slack.Ephemerals(user)
		}
		var ok bool
		if found, ok = newest(messages, press.Under); ok {
			_, _, _, ok = findButton(found, press.Label)
		}
		return ok
	})
	return found
}

// inWorld is the practice world of a test as a guide sees it.
type inWorld struct{ p *practice }

// Shows implements [guide.World].
func (w inWorld) Shows(channel, text string) bool { return w.p.slack.Shows(channel, text) }

// Told implements [guide.World].
func (w inWorld) Told(person, text string) bool { return w.p.slack.Told(person, text) }

// Position implements [guide.World].
func (w inWorld) Position(id string) string { return w.p.world.Position(id) }
