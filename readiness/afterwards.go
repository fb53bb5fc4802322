package readiness

import (
	"slices"
	"strings"
	"time"

	"gonogo/readiness/checklist"
)

// Due is an answer that is asked after a deployment and is not met yet.
type Due struct {
	Item    *checklist.Item
	Section checklist.Section
	Answer  Standing
	Release string    // whose deployment opened it
	Opened  time.Time // when that went live
	At      time.Time // when it is due; zero: no time was set
}

// Overdue reports whether it should have been met by a time.
func (d Due) Overdue(now time.Time) bool { return !d.At.IsZero() && now.After(d.At) }

// dueSoon is the share of its time, and the longest time, before the due date from
// which a task is due soon.
const (
	dueSoonShare = 4
	dueSoonMost  = 24 * time.Hour
)

// Soon is when people are reminded before it is due: in the last quarter of its time,
// and at most a day before.
func (d Due) Soon() time.Time {
	return d.At.Add(-min(d.Section.Within/dueSoonShare, dueSoonMost))
}

// Afterwards lists what is asked after deployments and is not met, whether or not a
// release is open, what is due first first. Answers about a version or its deployment
// are asked about what is live, and superseded with it; answers that carry over keep
// their due date.
func (v View) Afterwards() []Due {
	var due []Due
	for _, section := range v.Checklist.Afterwards {
		if section.Live == "" {
			continue
		}
		live := v.Of(v.State.Live[section.Live].Version)
		for _, it := range section.Items {
			due = append(due, live.dueOf(section, it)...)
		}
	}
	slices.SortStableFunc(due, func(a, b Due) int { return a.At.Compare(b.At) })
	return due
}

// dueOf lists the answers of one item that are open and not met.
func (v View) dueOf(section checklist.Section, it *checklist.Item) []Due {
	if v.Version == "" || v.Release() == nil {
		return nil
	}
	var due []Due
	for _, s := range v.Standings(it) {
		if s.Through || s.Waiting != "" {
			continue
		}
		d := Due{Item: it, Section: section, Answer: s, Release: v.Version}
		if d.Opened = v.Release().WentLive[section.Live]; it.Scope.CarriesOver() {
			d.Release, d.Opened = v.firstLive(section.Live, d.Release, d.Opened)
		}
		if section.Within > 0 {
			d.At = d.Opened.Add(section.Within)
		}
		if it.Scope.CarriesOver() && !s.Until.IsZero() {
			d.At = s.Until // it was met, and has to be again
		}
		due = append(due, d)
	}
	return due
}

// firstLive is the first release that went live on an environment.
func (v View) firstLive(environment, version string, at time.Time) (string, time.Time) {
	for _, r := range v.State.Releases {
		live, ok := r.WentLive[environment]
		if ok && (live.Before(at) || live.Equal(at) && strings.Compare(r.Version, version) < 0) {
			version, at = r.Version, live
		}
	}
	return version, at
}
