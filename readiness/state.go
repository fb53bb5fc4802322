package readiness

import (
	"maps"
	"slices"
	"time"
)

// keptRuns is how many ended runs the state remembers; the ledger remembers all.
const keptRuns = 200

// State is the fold of the ledger's events. A State that was handed out is
// never changed: Next gives a successor that shares all that stays the same,
// so any number of goroutines may read a State while the next one is made.
type State struct {
	Open     string              // version of the open release; "" before the first
	Releases map[string]*Release // by version
	Runs     map[string]*Run     // by ID; unfinished ones and the newest of the ended
	Live     map[string]Live     // by environment
	Anchors  map[string]Anchor   // by subject

	ended []string // IDs of ended runs in Runs, oldest first
	own   owned
}

// owned says which maps and values this State made itself and so may change.
type owned struct {
	releases, runs, live, anchors bool
	release                       map[string]bool
	run                           map[string]bool
}

// Release is a version and what is known of it.
type Release struct {
	Version, Commit string
	Opened          time.Time
	OpenedBy        string
	Evidence        map[Key]Evidence
	Asked           map[string]Asked              // by environment: sign-off was asked for
	SignOffs        map[string]map[string]SignOff // by environment, then role
}

// Asked is when and by whom a sign-off was asked for.
type Asked struct {
	By string
	At time.Time
}

// SignOff is one role's word.
type SignOff struct {
	Role, By string
	Approved bool
	Comment  string
	Basis    Basis
	At       time.Time
}

// Live is what is known to run on an environment.
type Live struct {
	Version, Commit string
	By              string
	At              time.Time
}

// Anchor is the Slack message that shows a subject.
type Anchor struct{ Channel, TS string }

// NewState is the state before anything happened.
func NewState() *State {
	return &State{
		Releases: map[string]*Release{}, Runs: map[string]*Run{}, Live: map[string]Live{}, Anchors: map[string]Anchor{},
		own: owned{true, true, true, true, map[string]bool{}, map[string]bool{}},
	}
}

// Next returns a state that can be changed with Apply without changing s.
func (s *State) Next() *State {
	next := *s
	next.ended = slices.Clip(s.ended)
	next.own = owned{release: map[string]bool{}, run: map[string]bool{}}
	return &next
}

// OpenRelease is the open release, or nil before the first.
func (s *State) OpenRelease() *Release { return s.Releases[s.Open] }

// Apply folds one event into s, which must be fresh from NewState or Next and
// not yet shared. Events that speak of a release, run or item that s does not
// know change nothing.
func (s *State) Apply(at time.Time, event Event) {
	switch e := event.(type) {
	case ReleaseOpened:
		s.openRelease(at, e)
	case EvidenceRecorded:
		s.record(at, e.Release, Key{e.Item, e.Environment}, e.Evidence)
	case ItemUnchecked:
		if r := s.changeRelease(e.Release); r != nil {
			delete(r.Evidence, Key{e.Item, e.Environment})
		}
	case SignOffAsked:
		if r := s.changeRelease(e.Release); r != nil {
			r.Asked[e.Environment] = Asked{e.By, at}
		}
	case SignOffGiven:
		s.signOff(at, e)
	case SignOffRevoked:
		if r := s.changeRelease(e.Release); r != nil {
			delete(r.SignOffs[e.Environment], e.Role)
		}
	case EnvironmentAdopted:
		s.setLive(e.Environment, Live{e.Version, e.Commit, e.By, at})
	case RunStarted:
		s.startRun(at, e)
	case StepStarted:
		s.startStep(at, e)
	case StepEnded:
		s.endStep(at, e)
	case RunCancelAsked:
		if r := s.changeRun(e.Run); r != nil && r.Open() {
			r.CancelledBy = e.By
		}
	case RunEnded:
		s.endRun(at, e)
	case AnchorPosted:
		s.setAnchor(e.Subject, Anchor{e.Channel, e.TS})
	}
}

func (s *State) openRelease(at time.Time, e ReleaseOpened) {
	if _, known := s.Releases[e.Version]; known {
		s.Open = e.Version
		return
	}
	if !s.own.releases {
		s.Releases, s.own.releases = maps.Clone(s.Releases), true
	}
	s.own.release[e.Version] = true
	s.Releases[e.Version] = &Release{
		Version: e.Version, Commit: e.Commit, Opened: at, OpenedBy: e.By,
		Evidence: map[Key]Evidence{}, Asked: map[string]Asked{}, SignOffs: map[string]map[string]SignOff{},
	}
	s.Open = e.Version
}

func (s *State) record(at time.Time, release string, key Key, ev Evidence) {
	if r := s.changeRelease(release); r != nil {
		ev.At = at
		r.Evidence[key] = ev
	}
}

func (s *State) signOff(at time.Time, e SignOffGiven) {
	r := s.changeRelease(e.Release)
	if r == nil {
		return
	}
	if r.SignOffs[e.Environment] == nil {
		r.SignOffs[e.Environment] = map[string]SignOff{}
	}
	r.SignOffs[e.Environment][e.Role] = SignOff{e.Role, e.By, e.Approved, e.Comment, e.Basis, at}
}

func (s *State) setLive(environment string, live Live) {
	if !s.own.live {
		s.Live, s.own.live = maps.Clone(s.Live), true
	}
	s.Live[environment] = live
}

func (s *State) setAnchor(subject string, a Anchor) {
	if !s.own.anchors {
		s.Anchors, s.own.anchors = maps.Clone(s.Anchors), true
	}
	s.Anchors[subject] = a
}

// changeRelease returns a release that s may change, or nil if there is none.
func (s *State) changeRelease(version string) *Release {
	r := s.Releases[version]
	if r == nil || s.own.release[version] {
		return r
	}
	if !s.own.releases {
		s.Releases, s.own.releases = maps.Clone(s.Releases), true
	}
	c := *r
	c.Evidence, c.Asked = maps.Clone(r.Evidence), maps.Clone(r.Asked)
	c.SignOffs = make(map[string]map[string]SignOff, len(r.SignOffs))
	for env, given := range r.SignOffs {
		c.SignOffs[env] = maps.Clone(given)
	}
	s.Releases[version], s.own.release[version] = &c, true
	return &c
}
