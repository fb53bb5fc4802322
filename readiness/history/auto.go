package history

import (
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// AutoRollback is gonogo's own rollback from a version that is live on an environment:
//
//	planned ── Due ──▶ Run
//	   └── stopped by a person, or by gonogo since the reasons no longer hold
//
// There is at most one run for each version and environment.
type AutoRollback struct {
	Incident  string
	To        string
	At, Due   time.Time // zero: there was no countdown
	StoppedAt time.Time // zero: it was not stopped
	StoppedBy string    // empty: gonogo itself
	AsOf      time.Time // AutoRollbackStopped.MembershipAsOf
	Why       string    // why gonogo stopped it
	Run       string    // empty: it has not begun
}

// Counts reports whether the countdown is running.
func (a AutoRollback) Counts() bool { return !a.Due.IsZero() && a.StoppedAt.IsZero() && a.Run == "" }

// Spent reports whether there may be no other countdown: it has become a rollback, or a
// person stopped it.
func (a AutoRollback) Spent() bool { return a.Run != "" || a.StoppedBy != "" }

// Auto is the automatic rollback from what is live on an environment, if there is one.
func (s *State) Auto(environment string) (AutoRollback, bool) {
	a, ok := s.Autos[Place{environment, s.Live[environment].Version}]
	return a, ok
}

// AutoOf is the automatic rollback that an incident began, if it did.
func (s *State) AutoOf(i *Incident) (AutoRollback, bool) {
	for place, a := range s.Autos {
		if place.Environment == i.Environment && a.Incident == i.ID {
			return a, true
		}
	}
	return AutoRollback{}, false
}

func (s *State) setAuto(place Place, a AutoRollback) {
	ownMap(&s.Autos, &s.own.autos)
	s.Autos[place] = a
}

func (s *State) stopAuto(at time.Time, e event.AutoRollbackStopped) {
	for place, a := range s.Autos {
		if place.Environment == e.Environment && a.Incident == e.Incident && a.Counts() {
			a.StoppedAt, a.StoppedBy, a.Why, a.AsOf = at, e.By, e.Why, e.MembershipAsOf
			s.setAuto(place, a)
		}
	}
}

// beginAuto notes that an automatic rollback has begun.
func (s *State) beginAuto(run *work.Run) {
	if run.Change == nil || !run.Change.Auto {
		return
	}
	place := Place{run.Change.Environment, run.Change.From.Version}
	a := s.Autos[place]
	if a.Incident != run.Change.Incident {
		a = AutoRollback{Incident: run.Change.Incident}
	}
	a.To, a.Run = run.Change.To.Version, run.ID
	s.setAuto(place, a)
}

// applyAuto folds the events of automatic rollbacks, before their run.
func (s *State) applyAuto(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.AutoRollbackPlanned:
		s.setAuto(Place{e.Environment, e.From}, AutoRollback{Incident: e.Incident, To: e.To, At: at, Due: e.Due})
	case event.AutoRollbackStopped:
		s.stopAuto(at, e)
	case event.AutoRollbackLeft:
		if i := s.changeIncident(e.Incident); i != nil {
			i.Left = e.Why
		}
	}
}
