package history

import (
	"fmt"
	"testing"
	"time"

	"gonogo/readiness/event"
)

func overrideAsked(id string) event.Event {
	return event.OverrideAsked{ID: id, Environment: "production", Release: "2", Reason: "the shop is down", By: "U0TL", Until: monday.Add(15 * time.Minute)}
}

func overrideConfirmed(id string) event.Event {
	return event.OverrideConfirmed{ID: id, By: "U0SEC", Until: monday.Add(time.Hour)}
}

// An override counts once: for the deployment of its version that begins next.
func TestOverrideIsUsedOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		then []event.Event
		used string
	}{
		"unconfirmed":         {then: []event.Event{deploymentOf("r", "2", "")}},
		"another version":     {then: []event.Event{overrideConfirmed("a"), deploymentOf("r", "3", "")}},
		"its version":         {then: []event.Event{overrideConfirmed("a"), deploymentOf("r", "2", "")}, used: "r"},
		"and the one after":   {then: []event.Event{overrideConfirmed("a"), deploymentOf("r", "2", ""), deploymentOf("s", "2", "")}, used: "r"},
		"declined once used":  {then: []event.Event{overrideConfirmed("a"), deploymentOf("r", "2", ""), event.OverrideDeclined{ID: "a", By: "U0SEC"}}, used: "r"},
		"replaced once used":  {then: []event.Event{overrideConfirmed("a"), deploymentOf("r", "2", ""), overrideAsked("b")}, used: "r"},
		"replaced before":     {then: []event.Event{overrideConfirmed("a"), overrideAsked("b"), deploymentOf("r", "2", "")}},
		"declined before":     {then: []event.Event{overrideConfirmed("a"), event.OverrideDeclined{ID: "a", By: "U0SEC"}, deploymentOf("r", "2", "")}},
		"the clock was ahead": {then: []event.Event{overrideConfirmed("a"), event.ClockSetBack{}, deploymentOf("r", "2", "")}},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewState()
			for i, e := range append([]event.Event{overrideAsked("a")}, tt.then...) {
				at := monday.Add(time.Duration(i) * time.Minute)
				if _, back := e.(event.ClockSetBack); back {
					at = monday.Add(-time.Hour)
				}
				s = s.Next()
				s.Apply(at, e)
			}
			if o := s.Overrides["a"]; o.Run != tt.used {
				t.Errorf("used by %q, want %q", o.Run, tt.used)
			}
			at := monday.Add(20 * time.Minute)
			if o, counts := s.OverrideOn("production", "2", at); counts != (tt.used != "" && s.Changing("production").ID == tt.used) && name != "another version" {
				t.Errorf("%+v counts: %t", o, counts)
			}
		})
	}
}

// The oldest overrides are forgotten, with their messages.
func TestOverridesAreForgotten(t *testing.T) {
	s := NewState()
	for n := range keptOverrides + 5 {
		id := fmt.Sprint("o", n)
		s = fold(s, n*10, []event.Event{overrideAsked(id), event.AnchorPosted{Subject: "override/" + id, Channel: "C", TS: "1"}})
	}
	if _, old := s.Overrides["o4"]; old || len(s.Overrides) != keptOverrides || len(s.Anchors) != keptOverrides {
		t.Errorf("%d are remembered, with %d messages", len(s.Overrides), len(s.Anchors))
	}
}
