package deploying

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gonogo/commands/reply"
	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// TestPlanTable shows each step's deadline and way back, and how long it usually took
// there, once that is known.
func TestPlanTable(t *testing.T) {
	began := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	steps := []deploy.Step{{Name: "lock", Title: "Lock"}, {Name: "follow", Title: "Follow", Deadline: 30 * time.Minute, Undo: "The old version stays"}, {Name: "new", Title: "New here", Deadline: time.Minute}}
	state := &history.State{Runs: map[string]*work.Run{}}
	show := func() string {
		var text strings.Builder
		v := readiness.View{State: state, Now: began}
		reply.Reply{Title: "Plan", Parts: reply.NonEmpty([]reply.Part{planTable(v, "production", steps), tookLine(v, "production")})}.Print(&text, time.UTC)
		_, shown, _ := strings.Cut(text.String(), "\n\n")
		return shown
	}
	if got, want := show(), `STEP         WITHIN  IF IT FAILS
1. Lock      –       –
2. Follow    30m     The old version stays
3. New here  1m      –
`; got != want {
		t.Errorf("before the first:\n%swant\n%s", got, want)
	}
	for i, took := range []time.Duration{time.Hour, 2 * time.Minute, 4 * time.Minute, 130 * time.Second} {
		at := began.Add(time.Duration(i) * 24 * time.Hour)
		state.Runs[fmt.Sprint(i)] = &work.Run{What: work.Deployment, Outcome: work.Completed, Change: &work.Change{Environment: "production"}, Started: at, Ended: at.Add(took + time.Second),
			Steps: []work.Step{{Name: "lock", Started: at, Ended: at.Add(time.Millisecond)}, {Name: "follow", Started: at, Ended: at.Add(took)}}}
	}
	if got, want := show(), `STEP         USUALLY  WITHIN  IF IT FAILS
1. Lock      –        –       –
2. Follow    2m10s    30m     The old version stays
3. New here  –        1m      –

Usually done after 2m11s (last 3: 2m11s, 4m1s, 2m1s).
`; got != want {
		t.Errorf("after four:\n%swant\n%s", got, want)
	}
}
