package pages

import (
	"fmt"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/delivery"
)

// Delivery is DORA's four figures of each environment that something was deployed to lately;
// nothing if there is none.
func Delivery(v readiness.View) []reply.Part {
	t := reply.Table{Title: fmt.Sprintf("Delivery in the last %s", readiness.Span(delivery.Period)), Header: []string{"Environment", "Deployments", "Lead time", "Rolled back", "Restored in"}}
	for _, env := range v.Checklist.Environments {
		f := delivery.Of(v.State, env.Name, v.Now)
		if f.Deployments == 0 {
			continue
		}
		often := fmt.Sprintf("%d, %.1f a week", f.Deployments, f.PerWeek(v.Now))
		if f.Since.After(v.Now.Add(-delivery.Period)) {
			often += " (the newest; older ones aren't kept)"
		}
		t.Rows = append(t.Rows, []reply.Text{reply.Say(env.Name), reply.Say(often), middle(f.Lead), reply.Say(fmt.Sprintf("%d of %d", f.Failed, f.Deployments)), middle(f.Restore)})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []reply.Part{t, reply.Note(reply.Say("Lead time is the median from opening a release until it was live there, and the last column the median from an alert, or without one the start of the rollback, " +
		"until the earlier version was live and the alert over. " + byPipeline(v) + "Rehearsals and false alarms don't count."))}
}

// middle is a median for people.
func middle(m delivery.Median) reply.Text {
	if m.Of == 0 {
		return reply.Say("–")
	}
	return reply.Say(readiness.Span(m.Middle))
}

// byPipeline says how it is known that a pipeline went back, if one deploys.
func byPipeline(v readiness.View) string {
	if len(v.State.Pipelined) == 0 {
		return ""
	}
	return "A pipeline rolls back by deploying an earlier version again. "
}
