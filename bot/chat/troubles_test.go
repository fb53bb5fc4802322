package chat

import (
	"testing"
	"time"

	"gonogo/readiness/event"
)

// A problem that comes back before its message says that it is over gets another
// message, and both end right.
func TestProblemThatComesBack(t *testing.T) {
	atNight(t, nil, func(n *night) {
		begins := event.Troubled{Trouble: event.TroubleGitHub, Why: "GitHub rejects the token"}
		n.happens(begins)
		time.Sleep(5 * time.Second)
		n.wants("gonogo has a problem")
		n.happens(event.TroubleEnded{Trouble: event.TroubleGitHub}, begins)
		time.Sleep(5 * time.Second)
		n.wants("Resolved: gonogo had a problem")
		n.wants("gonogo has a problem")
		n.happens(event.TroubleEnded{Trouble: event.TroubleGitHub})
		time.Sleep(5 * time.Second)
		if over := n.onCallSees("Resolved: gonogo had a problem"); len(over) != 2 {
			t.Errorf("%d messages say that it is over, want two", len(over))
		}
	})
}
