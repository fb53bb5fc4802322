// Package delivery computes the four figures by which DORA, the research program on
// software delivery, compares teams: how often they deploy, how long a change takes to
// get there, how often it fails, and how long until that is restored.
//
// They are computed from the state, without reading the ledger again, for what gonogo
// itself deployed and rolled back. Rehearsals and false alarms don't count.
package delivery

import (
	"slices"
	"time"

	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Period is the time that figures are computed for, until now.
const Period = 90 * 24 * time.Hour

// Figures are the four figures of one environment.
type Figures struct {
	Since       time.Time // where the period begins; later than a Period ago if the state remembers less
	Deployments int       // that were completed, or went live and were rolled back
	Failed      int       // those of them that were rolled back
	Lead        Median    // from opening a release until it was live there for the first time
	Restore     Median    // from the alert, or without one the rollback's start, until the earlier version was live and the alert was over
}

// Median is the middle of some durations.
type Median struct {
	Middle time.Duration
	Of     int // how many there were; 0: there is no median
}

// Of computes the figures of an environment.
func Of(s *history.State, environment string, now time.Time) Figures {
	f := Figures{Since: now.Add(-Period)}
	if kept := s.ChangesKeptSince(); kept.After(f.Since) {
		f.Since = kept
	}
	changes := since(s, environment, f.Since)
	var restores []time.Duration
	for i, run := range changes {
		back := rolledBack(s, changes[i+1:], run)
		if run.What != work.Deployment || back == nil && run.Outcome != work.Completed {
			continue
		}
		f.Deployments++
		if back == nil {
			continue
		}
		f.Failed++
		if took, restored := restore(s, back); restored {
			restores = append(restores, took)
		}
	}
	f.Lead, f.Restore = median(leads(s, environment, f.Since)), median(restores)
	return f
}

// PerWeek is how many deployments there were a week.
func (f Figures) PerWeek(now time.Time) float64 {
	return float64(f.Deployments) / (now.Sub(f.Since).Hours() / (7 * 24))
}

// since lists what changed an environment since a moment, oldest first.
func since(s *history.State, environment string, moment time.Time) []*work.Run {
	var changes []*work.Run
	for _, run := range s.Runs {
		if c := run.Change; c != nil && c.Environment == environment && c.Settles == "" && !c.Rehearsal && !run.Started.Before(moment) {
			changes = append(changes, run)
		}
	}
	slices.SortFunc(changes, func(a, b *work.Run) int {
		if a.Follows(b) {
			return 1
		}
		return -1
	})
	return changes
}

// rolledBack is the rollback that left what a deployment had brought, or nil. After the
// next deployment a rollback is that one's.
func rolledBack(s *history.State, later []*work.Run, deployment *work.Run) *work.Run {
	for _, run := range later {
		if run.What == work.Deployment {
			return nil
		}
		left := run.Change.Stops == deployment.ID || run.Change.From.Version == deployment.Change.To.Version
		if incident := s.Incidents[run.Change.Incident]; left && run.Begun() && (incident == nil || incident.FalseAlarm == nil) {
			return run
		}
	}
	return nil
}

// restore is how long a rollback took to restore the environment, and whether it has.
func restore(s *history.State, back *work.Run) (took time.Duration, restored bool) {
	decide := slices.IndexFunc(back.Steps, func(step work.Step) bool { return step.Role == work.RoleDecide })
	if decide < 1 || back.Steps[decide].Started.IsZero() {
		return 0, false
	}
	began := back.Started
	if incident := s.Incidents[back.Change.Incident]; incident != nil {
		began = incident.Began
	}
	return back.Steps[decide].Started.Sub(began), true
}

// leads lists how long releases took that went live since a moment.
func leads(s *history.State, environment string, moment time.Time) (took []time.Duration) {
	for _, release := range s.Releases {
		if live := release.WentLive[environment]; !live.IsZero() && !live.Before(moment) {
			took = append(took, live.Sub(release.Opened))
		}
	}
	return took
}

func median(all []time.Duration) Median {
	n := len(all)
	if n == 0 {
		return Median{}
	}
	slices.Sort(all)
	return Median{(all[(n-1)/2] + all[n/2]) / 2, n}
}
