package chat

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands/cards"
	"gonogo/readiness/alert"
)

// calls counts the messages in #on-call that mention on-call and name an alert.
func (n *night) calls(name string) (count int) {
	for _, m := range n.onCallSees("<@U0ONCALL>") {
		if strings.Contains(m.Text+string(m.Blocks), name) {
			count++
		}
	}
	return count
}

// An alert that leaves a storm mentions on-call once, with its own card, whatever got
// worse until then; and again when it gets worse after that.
func TestAlertThatLeavesAStormMentionsOnce(t *testing.T) {
	atNightWith(t, cards.Mention{Users: []string{"U0ONCALL"}}, nil, func(n *night) {
		n.happens(warnings(0, 20, "Warning")...)
		warning, critical := n.alert("Database", "warning", alert.Firing), n.alert("Database-2", "critical", alert.Firing)
		n.receives("more", n.alert("Disk", "warning", alert.Firing))
		n.receives("Database", warning)
		time.Sleep(5 * time.Second)
		n.receives("more", n.alert("Disk", "warning", alert.Firing), n.alert("Disk-2", "warning", alert.Firing))
		time.Sleep(5 * time.Second)
		n.receives("more", n.alert("Disk", "warning", alert.Firing), n.alert("Disk-2", "warning", alert.Firing), n.alert("Disk-3", "critical", alert.Firing))
		n.receives("Database", warning, critical)
		time.Sleep(10 * time.Second)
		n.wants("Firing: Disk")
		n.wants("Firing: Database")
		if disk, database := n.calls("Disk"), n.calls("Database"); disk != 1 || database != 1 {
			t.Errorf("on-call was mentioned %d and %d times once they left the storm, want once each", disk, database)
		}
		n.receives("Database", warning, critical, n.alert("Database-3", "critical", alert.Firing))
		time.Sleep(10 * time.Second)
		if got := n.calls("Database"); got != 2 {
			t.Errorf("on-call was mentioned %d times once it got worse, want twice", got)
		}
	})
}
