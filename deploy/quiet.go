package deploy

import (
	"context"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"time"
)

// quietDeadline is how long after a rollback an alert may take to end: its query looks
// back some minutes, and Alertmanager sends only every group interval.
const quietDeadline = 20 * time.Minute

// quietStep waits until the incident behind a rollback is over.
func quietStep(o Order) Step {
	return Step{Name: "quiet", Title: "Wait until what began it is quiet", Deadline: quietDeadline,
		Unless: func(w Work) string {
			switch {
			case o.Incident == "":
				return "a person asked for it, and no alert"
			case w.State().Incidents[o.Incident] == nil:
				return "no alert of that name is on record"
			case w.State().Incidents[o.Incident].DeclaredBy != "":
				return "a person declared it, and closes it once it is over"
			}
			return ""
		},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			err := w.Until(ctx, func(s *history.State) bool { i := s.Incidents[o.Incident]; return i == nil || !i.Firing() })
			if err != nil {
				return Result{}, orTooLong(ctx, err, "it still fires")
			}
			return restored(w.State().Incidents[o.Incident]), nil
		}}
}

// restored says how long it took from the alert until it ended.
func restored(i *history.Incident) Result {
	if i == nil {
		return Result{Summary: "it is quiet"}
	}
	took := readiness.Span(i.Ended.Sub(i.Began))
	return Result{Summary: "quiet again, " + took + " after it began", Facts: map[string]string{work.RestoredFact: took},
		Measures: []answer.Measure{{Name: "alert to restored", Value: took, OK: true}}}
}
