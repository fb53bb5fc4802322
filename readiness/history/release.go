package history

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
)

// Release is a version and everything known about it.
type Release struct {
	Version, Commit string
	Tag             string // commit that the version's tag was last seen to move to; empty: it never moved
	Opened          time.Time
	OpenedBy        string
	Kind            string // one of the configuration's release kinds; empty: the usual one
	KindBy          string // who opened it as that kind
	Channel         string // Slack channel it was opened in; empty: not known
	Evidence        map[answer.Key]answer.Evidence
	WentLive        map[string]time.Time          // by environment: when it first went live there
	Asked           map[string]Asked              // by environment: when sign-offs were requested
	SignOffs        map[string]map[string]SignOff // by environment, then role
	Waivers         map[answer.Key]Waiver         // by item and the environment for which it counts

	Failing        map[answer.Key]time.Time     // since when an answer has failed
	Notices        map[answer.Key]Notice        // what people were told without asking
	Streaks        map[answer.Key]int           // how many times in a row a gate run ended in an error
	VerdictChanges map[answer.Key]VerdictChange // when an answer last changed
	Nudges         map[answer.Key]Nudge         // by answer, or by environment alone for its sign-offs
}

// Asked is when and by whom sign-offs were requested.
type Asked struct {
	By string
	At time.Time
}

// SignOff is one role's approval or rejection.
type SignOff struct {
	Role, By string
	Approved bool
	Comment  string
	Basis    answer.Basis
	At       time.Time
	Deputy   bool // By acted as a deputy for the role
	Misdated bool // given while the clock was ahead, so its age isn't known
}

// TagElsewhere is the commit that the tag of the release's version points to, if it
// isn't the release's commit; "" if it is, as far as is known.
func (r *Release) TagElsewhere() string {
	if r.Tag == "" || r.Commit == "" || build.SameCommit(r.Tag, r.Commit) {
		return ""
	}
	return r.Tag
}

// applyRelease folds the events about releases as such.
func (s *State) applyRelease(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.ReleaseOpened:
		s.openRelease(at, e)
	case event.ReleaseClosed:
		s.closeReleases(e.Release)
	case event.AnswersBound:
		s.bind(e)
	case event.QuestionsKept:
		s.keepQuestions(e)
	case event.CommitFound:
		s.findCommit(e)
	case event.TagMoved:
		if r := s.changeRelease(e.Release); r != nil {
			r.Tag = e.Is
		}
	}
}

// OpenRelease is the most recently opened release that is still open, or nil.
func (s *State) OpenRelease() *Release { return s.Releases[s.Open] }

// IsOpen reports whether a version is an open release.
func (s *State) IsOpen(version string) bool { return slices.Contains(s.Opens, version) }

func (s *State) openRelease(at time.Time, e event.ReleaseOpened) {
	closes := e.Closes
	if !e.Beside {
		closes = s.Opens
	}
	s.closeReleases(append(slices.Clone(closes), e.Version)...)
	s.Opens, s.Open = append(slices.Clip(s.Opens), e.Version), e.Version
	if r := s.changeRelease(e.Version); r != nil {
		r.reopen(e)
		return
	}
	ownMap(&s.Releases, &s.own.releases)
	s.own.release[e.Version] = true
	s.Releases[e.Version] = &Release{
		Version: e.Version, Commit: e.Commit, Opened: at, OpenedBy: e.By, Kind: e.ReleaseKind, KindBy: e.By, Channel: e.Channel,
		Evidence: map[answer.Key]answer.Evidence{}, WentLive: map[string]time.Time{}, Asked: map[string]Asked{}, SignOffs: map[string]map[string]SignOff{}, Waivers: map[answer.Key]Waiver{}, Failing: map[answer.Key]time.Time{}, Notices: map[answer.Key]Notice{}, Streaks: map[answer.Key]int{},
		VerdictChanges: map[answer.Key]VerdictChange{}, Nudges: map[answer.Key]Nudge{},
	}
	for environment, live := range s.Live {
		if live.Version == e.Version {
			s.wentLive(live.At, e.Version, environment) // before it was opened
		}
	}
}

// reopen adds what a second opening says and the first did not; answers are kept.
func (r *Release) reopen(e event.ReleaseOpened) {
	r.Commit = cmp.Or(r.Commit, e.Commit)
	if e.ReleaseKind != "" && e.ReleaseKind != r.Kind {
		r.Kind, r.KindBy = e.ReleaseKind, e.By
	}
	r.Channel = cmp.Or(e.Channel, r.Channel)
}

// closeReleases removes releases from those that are open.
func (s *State) closeReleases(versions ...string) {
	s.Opens = slices.DeleteFunc(slices.Clone(s.Opens), func(open string) bool { return slices.Contains(versions, open) })
	s.Open = ""
	if n := len(s.Opens); n > 0 {
		s.Open = s.Opens[n-1]
	}
}

// findCommit notes the commit of a release, there and wherever its version is known to
// have been live.
func (s *State) findCommit(e event.CommitFound) {
	r := s.changeRelease(e.Release)
	if r == nil || r.Commit != "" {
		return
	}
	r.Commit = e.Commit
	of := func(l Live) bool { return l.Version == e.Release && l.Commit == "" }
	for env, live := range s.Live {
		if of(live) {
			live.Commit = e.Commit
			ownMap(&s.Live, &s.own.live)
			s.Live[env] = live
		}
	}
	for env, good := range s.Good {
		if !slices.ContainsFunc(good, of) {
			continue
		}
		good = slices.Clone(good)
		for i := range good {
			if of(good[i]) {
				good[i].Commit = e.Commit
			}
		}
		ownMap(&s.Good, &s.own.good)
		s.Good[env] = good
	}
}

// changeRelease returns a release that s may change, or nil if there is none.
func (s *State) changeRelease(version string) *Release {
	r := s.Releases[version]
	if r == nil || s.own.release[version] {
		return r
	}
	ownMap(&s.Releases, &s.own.releases)
	c := *r
	c.Evidence, c.Asked, c.Streaks = ownClone(r.Evidence), ownClone(r.Asked), ownClone(r.Streaks)
	c.Waivers, c.Notices, c.Failing = ownClone(r.Waivers), ownClone(r.Notices), ownClone(r.Failing)
	c.VerdictChanges, c.Nudges, c.WentLive = ownClone(r.VerdictChanges), ownClone(r.Nudges), ownClone(r.WentLive)
	c.SignOffs = make(map[string]map[string]SignOff, len(r.SignOffs))
	for env, given := range r.SignOffs {
		c.SignOffs[env] = maps.Clone(given)
	}
	s.Releases[version], s.own.release[version] = &c, true
	return &c
}
