// Package delivery computes the four figures by which DORA, the research program on
// software delivery, compares teams: how often they deploy, how long a change takes to
// get there, how often it fails, and how long until that is restored.
//
// They are computed from the state, without reading the ledger again, for what gonogo
// itself deployed and rolled back, and for what a team's own pipeline deployed. A pipeline
// rolls back by deploying an earlier build again. Rehearsals and false alarms don't count.
package delivery

import (
	"slices"
	"time"

	"gonogo/readiness/history"
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
	for _, kept := range []time.Time{s.ChangesKeptSince(), s.PipelinedKeptSince(environment)} {
		if kept.After(f.Since) {
			f.Since = kept
		}
	}
	changes := since(s, environment, f.Since)
	var restores []time.Duration
	for i, c := range changes {
		back, incident, failed := rolledBack(s, environment, changes[i+1:], c)
		if c.back() || !failed && !c.completed() {
			continue
		}
		f.Deployments++
		if !failed {
			continue
		}
		f.Failed++
		if took, restored := back.restore(incident); restored {
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
