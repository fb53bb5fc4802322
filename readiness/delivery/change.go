package delivery

import (
	"slices"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// change is a deployment or a rollback, by gonogo or by a pipeline: one of the two is set.
type change struct {
	run       *work.Run
	pipelined *history.Pipelined
}

// since lists what changed an environment since a moment, oldest first.
func since(s *history.State, environment string, moment time.Time) []change {
	var changes []change
	for _, run := range s.Runs {
		if c := run.Change; c != nil && c.Environment == environment && c.Settles == "" && !c.Rehearsal && !run.Started.Before(moment) {
			changes = append(changes, change{run: run})
		}
	}
	for _, p := range s.Pipelined[environment] {
		if !p.At.Before(moment) {
			changes = append(changes, change{pipelined: &p})
		}
	}
	slices.SortFunc(changes, func(a, b change) int {
		if a.follows(b) {
			return 1
		}
		return -1
	})
	return changes
}

func (c change) began() time.Time {
	if c.run != nil {
		return c.run.Started
	}
	return c.pipelined.Began
}

func (c change) follows(other change) bool {
	if c.run != nil && other.run != nil {
		return c.run.Follows(other.run)
	}
	return c.began().After(other.began())
}

// back reports whether it went back to an earlier build.
func (c change) back() bool {
	if c.run != nil {
		return c.run.What != work.Deployment
	}
	return c.pipelined.Back
}

// completed reports whether it brought what it should.
func (c change) completed() bool { return c.run == nil || c.run.Outcome == work.Completed }

func (c change) to() build.Build {
	if c.run != nil {
		return c.run.Change.To
	}
	return c.pipelined.Build
}

// rolledBack is the rollback that left what a deployment had brought, and the incident
// that it ended, if there was one; ok is false if there is no such rollback. After the next
// deployment a rollback is that one's.
func rolledBack(s *history.State, environment string, later []change, deployment change) (back change, incident *history.Incident, ok bool) {
	for _, c := range later {
		if !c.back() {
			break
		}
		if !c.leaves(deployment) {
			continue
		}
		incident := c.incident(s, environment, deployment)
		if incident == nil || incident.FalseAlarm == nil {
			return c, incident, true
		}
	}
	return change{}, nil, false
}

// leaves reports whether a rollback left what a deployment had brought.
func (c change) leaves(deployment change) bool {
	if c.run == nil {
		return c.pipelined.From.Version == deployment.to().Version
	}
	stops := deployment.run != nil && c.run.Change.Stops == deployment.run.ID
	return (stops || c.run.Change.From.Version == deployment.to().Version) && c.run.Begun()
}

// incident is what a rollback ended: for a pipeline's, which names none, the first on the
// environment since the deployment, a false alarm only if there is no other.
func (c change) incident(s *history.State, environment string, deployment change) (first *history.Incident) {
	if c.run != nil {
		return s.Incidents[c.run.Change.Incident]
	}
	for _, i := range s.Incidents {
		if i.Environment != environment || i.Began.Before(deployment.began()) || i.Began.After(c.began()) {
			continue
		}
		if first == nil || i.FalseAlarm == nil && (first.FalseAlarm != nil || i.Began.Before(first.Began)) {
			first = i
		}
	}
	return first
}

// restore is how long a rollback took to restore the environment, and whether it has:
// gonogo's own waits for the alert to be over, before a person decides.
func (c change) restore(incident *history.Incident) (took time.Duration, restored bool) {
	began, restoredAt := c.began(), time.Time{}
	if incident != nil {
		began = incident.Began
	}
	switch {
	case c.run != nil:
		if decide := slices.IndexFunc(c.run.Steps, func(step work.Step) bool { return step.Role == work.RoleDecide }); decide > 0 {
			restoredAt = c.run.Steps[decide].Started
		}
	case incident == nil:
		restoredAt = c.pipelined.At
	case !incident.Firing():
		if restoredAt = c.pipelined.At; incident.Ended.After(restoredAt) {
			restoredAt = incident.Ended
		}
	}
	return restoredAt.Sub(began), !restoredAt.IsZero()
}
