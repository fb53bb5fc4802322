package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"gonogo/commands/reply"
	"gonogo/playground/workspace/blockkit"
)

// A Home fits Slack's limits whatever there is to say.
func TestHomeLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.Marshal(slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: inUTC.Home(replies().Draw(t, "reply"))}})
		if err != nil {
			t.Fatal(err)
		}
		var wire map[string]any
		if err := json.Unmarshal(data, &wire); err != nil {
			t.Fatal(err)
		}
		if faults := blockkit.CheckView(wire); len(faults) > 0 || len(data) > 250_000 {
			t.Fatalf("%d bytes, %v", len(data), faults)
		}
	})
}

// Buttons that say a lot are cut off before Slack refuses the page.
func TestHomeSize(t *testing.T) {
	var r reply.Reply
	for range maxActionSets {
		set := make(reply.Actions, maxButtons)
		for i := range set {
			set[i] = reply.Button{Label: "Run", Act: reply.Act{Verb: "ready skip", Text: strings.Repeat("<", maxValue-40)}}
		}
		r.Parts = append(r.Parts, set)
	}
	blocks := inUTC.Home(r)
	data, err := json.Marshal(slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}})
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 250_000 || !strings.Contains(string(data), "more than this page holds") {
		t.Errorf("%d blocks of %d bytes end with %.200s", len(blocks), len(data), data[max(0, len(data)-200):])
	}
}
