package readiness

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// keptRuns is how many ended runs the state remembers, of those that changed an
// environment and of the others; the ledger remembers all.
const keptRuns = 200

// State is the fold of the ledger's events. A State that was handed out is
// never changed: Next gives a successor that shares all that stays the same,
// so any number of goroutines may read a State while the next one is made.
type State struct {
	Open     string              // the open release that was opened last, which a command means that names none; "" when none is open
	Opens    []string            // versions of all open releases, in the order in which they were opened; Open is the last
	Releases map[string]*Release // by version
	Runs     map[string]*Run     // by ID; unfinished ones and the newest of the ended
	Live     map[string]Live     // by environment
	Anchors  map[string]Anchor   // by subject
	Posts    map[string]Post     // by subject: posts that were begun and whose outcome is not known

	Observed  map[string]Observation // by environment: what its platform said last
	Good      map[string][]Live      // by environment: versions verified or adopted there, newest last
	Locks     map[string]Lock        // by environment
	Incidents map[string]*Incident   // by ID; those that fire and the newest of the others
	Issues    map[Key]Issue          // by answer

	Refused      *RefusedAlerts         // the delivery of alerts that was refused last, of one day; nil: none was
	AlertOutages map[string]AlertOutage // by host: Alertmanagers that do not answer while alerts fire

	Carried map[Key]Evidence // answers that count for the next release, too
	Bound   bool             // what was answered before questions had definitions is bound to them

	RolledBack map[Place]Withdrawal // versions that were rolled back and did not go live again since
	Frozen     map[string]Frozen    // by environment: freezes that people made
	Lifts      []Lift               // the newest lifts of holds, oldest first

	Escalations map[string]Escalation // by the ID of what nobody took

	Looks    map[string]time.Time       // by person: when they last looked at the status, to some minutes
	Mendings map[string][]time.Duration // by item: how long it took from failed to met, over all releases, newest last

	ended   []string // IDs of ended runs in Runs that changed no environment, oldest first
	changed []string // IDs of ended deployments and rollbacks in Runs, oldest first
	over    []string // IDs of incidents that are over, oldest first
	own     owned
}

// owned says which maps and values this State made itself and so may change.
type owned struct {
	releases, runs, live, observed, anchors, posts, good, locks, incidents, issues, mendings, looks, carried, outages bool
	rolledBack, frozen, escalations                                                                                   bool

	release, run, incident map[string]bool
}

func newOwned() owned {
	return owned{release: map[string]bool{}, run: map[string]bool{}, incident: map[string]bool{}}
}

// ownMap makes a map that is shared with an earlier state s's own, once.
func ownMap[K comparable, V any](m *map[K]V, own *bool) {
	if !*own {
		*m, *own = maps.Clone(*m), true
	}
	if *m == nil {
		*m = map[K]V{}
	}
}

// ownClone is a copy of a map that can be written to; a snapshot leaves empty
// maps out.
func ownClone[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

// Release is a version and what is known of it.
type Release struct {
	Version, Commit string
	Tag             string // commit that the version's tag was seen to move to last; empty: it never moved
	Opened          time.Time
	OpenedBy        string
	Kind            string // of the configuration's release kinds; empty: the usual one
	KindBy          string // who opened it as that kind
	Channel         string // Slack channel it was opened in; empty: not told
	Evidence        map[Key]Evidence
	WentLive        map[string]time.Time          // by environment: when it first went live there
	Asked           map[string]Asked              // by environment: sign-off was asked for
	SignOffs        map[string]map[string]SignOff // by environment, then role
	Waivers         map[Key]Waiver                // by item and the environment for which it counts

	Failing map[Key]time.Time // since when an answer fails
	Said    map[Key]Said      // what people were told unasked
	Streaks map[Key]int       // how often in a row a gate run ended in an error
	Turns   map[Key]Turn      // when an answer last became another one
	Nudges  map[Key]Nudge     // by answer, or by environment alone for its sign-offs
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
	Deputy   bool // By stood in for the role as a deputy
}

// Anchor is the Slack message that shows a subject.
type Anchor struct {
	Channel, TS string
	Shows       string // digest of the final state that it shows; empty: it shows none
}

// Post is a message or file on its way to Slack.
type Post struct {
	Channel, Thread string
	Mark            string // in the message's metadata; empty: it is a file
	File            string // Slack's ID of the file
	At              time.Time
}

// NewState is the state before anything happened.
func NewState() *State {
	return (&State{
		Releases: map[string]*Release{}, Runs: map[string]*Run{}, Live: map[string]Live{}, Anchors: map[string]Anchor{},
		Observed: map[string]Observation{}, Good: map[string][]Live{}, Locks: map[string]Lock{}, Incidents: map[string]*Incident{}, Issues: map[Key]Issue{},
	}).Next()
}

// Next returns a state that can be changed with Apply without changing s.
func (s *State) Next() *State {
	next := *s
	next.ended, next.changed, next.over = slices.Clip(s.ended), slices.Clip(s.changed), slices.Clip(s.over)
	next.own = newOwned()
	return &next
}

// OpenRelease is the release that was opened last of those that are open, or
// nil when none is.
func (s *State) OpenRelease() *Release { return s.Releases[s.Open] }

// IsOpen reports whether a version is an open release.
func (s *State) IsOpen(version string) bool { return slices.Contains(s.Opens, version) }

// Apply folds one event into s, which must be fresh from NewState or Next and
// not yet shared. Events that speak of a release, run or item that s does not
// know change nothing, and neither do those of a newer gonogo. Each family of
// events has a function of its own, beside what it changes.
func (s *State) Apply(at time.Time, event Event) {
	switch e := event.(type) {
	case ReleaseOpened, ReleaseClosed, AnswersBound, QuestionsKept, CommitFound, TagMoved:
		s.applyRelease(at, event)
	case EvidenceRecorded, ItemUnchecked, ItemFlipped, WaiverGiven, WaiverRevoked, Nudged:
		s.applyAnswer(at, event)
	case SignOffAsked, SignOffGiven, SignOffRevoked:
		s.applySignOff(at, event)
	case RunStarted, StepStarted, StepProgressed, StepEnded, RunAsked, RunAnswered, RunCancelAsked, RunTaken, RunEnded, ChangeCompared:
		s.applyRun(at, event)
	case EnvironmentAdopted, VersionWentLive, PlatformObserved, EnvironmentLocked, EnvironmentUnlocked:
		s.applyEnvironment(at, event)
	case EnvironmentFrozen, EnvironmentThawed, HoldLifted, FalseAlarmDeclared:
		s.applyHold(at, event)
	case AlertsReceived, AlertsHeard, AlertsDecided, AlertsLookedUp, AlertsRefused, AlertSourceFailed, AlertSourceAnswered:
		s.applyAlerts(at, event)
	case TriggerTripped, TriggerRead, TriggerCleared, IncidentAcknowledged, IncidentClosed:
		s.applyIncident(at, event)
	case Escalated, PageIntended, PageAnswered:
		s.applyEscalation(at, event)
	case IssueIntended, IssueWritten, IssueDelayed:
		s.applyIssue(at, event)
	case PostIntended, AnchorPosted:
		s.applyMessage(at, event)
	case StatusSeen:
		s.see(at, e)
	}
}

// applyRelease folds what happens to a release as such.
func (s *State) applyRelease(at time.Time, event Event) {
	switch e := event.(type) {
	case ReleaseOpened:
		s.openRelease(at, e)
	case ReleaseClosed:
		s.closeReleases(e.Release)
	case AnswersBound:
		s.bind(e)
	case QuestionsKept:
		s.keepQuestions(e)
	case CommitFound:
		s.findCommit(e)
	case TagMoved:
		if r := s.changeRelease(e.Release); r != nil {
			r.Tag = e.Is
		}
	}
}

// applyMessage folds the messages that show subjects.
func (s *State) applyMessage(at time.Time, event Event) {
	switch e := event.(type) {
	case PostIntended:
		ownMap(&s.Posts, &s.own.posts)
		s.Posts[e.Subject] = Post{e.Channel, e.Thread, e.Mark, e.File, at}
	case AnchorPosted:
		s.setAnchor(e.Subject, Anchor{e.Channel, e.TS, e.Shows})
	}
}

// applyAnswer folds answers to items, and what people say of them.
func (s *State) applyAnswer(at time.Time, event Event) {
	switch e := event.(type) {
	case EvidenceRecorded:
		key := Key{e.Item, e.Environment}
		if e.Scheduled {
			s.rememberVerdict(e.Release, key)
			s.countStreak(e.Release, key, e.Evidence.Verdict)
		}
		s.record(at, e.Release, key, e.Evidence)
	case ItemUnchecked:
		s.uncheck(at, e)
	case ItemFlipped:
		s.flip(at, e)
	case WaiverGiven:
		s.waive(at, e)
	case WaiverRevoked:
		if r := s.changeRelease(e.Release); r != nil {
			delete(r.Waivers, Key{e.Item, e.Environment})
		}
	case Nudged:
		s.nudge(at, e)
	}
}

// applySignOff folds sign-offs.
func (s *State) applySignOff(at time.Time, event Event) {
	switch e := event.(type) {
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
	}
}

func (s *State) openRelease(at time.Time, e ReleaseOpened) {
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
		Evidence: map[Key]Evidence{}, WentLive: map[string]time.Time{}, Asked: map[string]Asked{}, SignOffs: map[string]map[string]SignOff{}, Waivers: map[Key]Waiver{}, Failing: map[Key]time.Time{}, Said: map[Key]Said{}, Streaks: map[Key]int{},
		Turns: map[Key]Turn{}, Nudges: map[Key]Nudge{},
	}
	for environment, live := range s.Live {
		if live.Version == e.Version {
			s.wentLive(live.At, e.Version, environment) // before it was opened
		}
	}
}

// Superseded lists the open releases that opening another one closes: those
// that gonogo opened by itself, and those that have been everywhere they go.
func (v View) Superseded(by string) []string {
	var over []string
	for _, version := range v.State.Opens {
		r := v.State.Releases[version]
		if version != by && (r.OpenedBy == "" || v.isOut(r)) {
			over = append(over, version)
		}
	}
	return over
}

// isOut reports whether a release has gone live wherever nothing comes after.
func (v View) isOut(r *Release) bool {
	last := 0
	for _, env := range v.Checklist.Environments {
		if len(v.Checklist.ComesAfter(env.Name)) > 0 {
			continue
		}
		if _, live := r.WentLive[env.Name]; !live {
			return false
		}
		last++
	}
	return last > 0
}

// reopen takes from a second opening what the first did not say; what was
// answered stays.
func (r *Release) reopen(e ReleaseOpened) {
	r.Commit = cmp.Or(r.Commit, e.Commit)
	if e.ReleaseKind != "" && e.ReleaseKind != r.Kind {
		r.Kind, r.KindBy = e.ReleaseKind, e.By
	}
	r.Channel = cmp.Or(e.Channel, r.Channel)
}

// closeReleases takes releases out of those that are open.
func (s *State) closeReleases(versions ...string) {
	s.Opens = slices.DeleteFunc(slices.Clone(s.Opens), func(open string) bool { return slices.Contains(versions, open) })
	s.Open = ""
	if n := len(s.Opens); n > 0 {
		s.Open = s.Opens[n-1]
	}
}

func (s *State) record(at time.Time, release string, key Key, ev Evidence) {
	if r := s.changeRelease(release); r != nil {
		ev.At = at
		r.noteChange(at, key, ev.Verdict)
		r.Evidence[key] = ev
		s.noteFixTime(at, r, key, ev.Verdict)
		if ev.Scope.CarriesOver() {
			ownMap(&s.Carried, &s.own.carried)
			s.Carried[key] = ev
		}
	}
}

// uncheck takes an answer back. One that was said of this release alone leaves
// what carries over from an earlier one.
func (s *State) uncheck(at time.Time, e ItemUnchecked) {
	r, key := s.changeRelease(e.Release), Key{e.Item, e.Environment}
	if r == nil {
		return
	}
	r.noteChange(at, key, "")
	if ev, answered := r.Evidence[key]; !answered || ev.Scope.CarriesOver() {
		ownMap(&s.Carried, &s.own.carried)
		delete(s.Carried, key)
	}
	delete(r.Evidence, key)
}

// wentLive notes that a version is live on an environment.
func (s *State) wentLive(at time.Time, version, environment string) {
	if r := s.changeRelease(version); r != nil {
		if _, before := r.WentLive[environment]; !before {
			r.WentLive[environment] = at
		}
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
	e.Basis.Kind = r.Kind // events of earlier versions do not say it
	r.SignOffs[e.Environment][e.Role] = SignOff{e.Role, e.By, e.Approved, e.Comment, e.Basis, at, e.Deputy}
}

func (s *State) setAnchor(subject string, a Anchor) {
	ownMap(&s.Anchors, &s.own.anchors)
	s.Anchors[subject] = a
	ownMap(&s.Posts, &s.own.posts)
	delete(s.Posts, subject)
}

// forgetAnchors forgets the messages that show a subject and what belongs to it,
// and where it was escalated to.
func (s *State) forgetAnchors(subject string) {
	ownMap(&s.Anchors, &s.own.anchors)
	ownMap(&s.Posts, &s.own.posts)
	maps.DeleteFunc(s.Anchors, func(of string, _ Anchor) bool { return within(of, subject) })
	maps.DeleteFunc(s.Posts, func(of string, _ Post) bool { return within(of, subject) })
	for _, e := range s.EscalationsOf(subject) {
		ownMap(&s.Escalations, &s.own.escalations)
		delete(s.Escalations, e.ID)
	}
}

// within tells whether a subject is another one or belongs to it.
func within(of, subject string) bool { return of == subject || strings.HasPrefix(of, subject+"/") }

// changeRelease returns a release that s may change, or nil if there is none.
func (s *State) changeRelease(version string) *Release {
	r := s.Releases[version]
	if r == nil || s.own.release[version] {
		return r
	}
	ownMap(&s.Releases, &s.own.releases)
	c := *r
	c.Evidence, c.Asked, c.Streaks = ownClone(r.Evidence), ownClone(r.Asked), ownClone(r.Streaks)
	c.Waivers, c.Said, c.Failing = ownClone(r.Waivers), ownClone(r.Said), ownClone(r.Failing)
	c.Turns, c.Nudges, c.WentLive = ownClone(r.Turns), ownClone(r.Nudges), ownClone(r.WentLive)
	c.SignOffs = make(map[string]map[string]SignOff, len(r.SignOffs))
	for env, given := range r.SignOffs {
		c.SignOffs[env] = maps.Clone(given)
	}
	s.Releases[version], s.own.release[version] = &c, true
	return &c
}
