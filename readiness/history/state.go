package history

import (
	"maps"
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// keptRuns is how many ended runs the state remembers, of those that changed an
// environment and of the others; the ledger remembers all.
const keptRuns = 200

// State is the fold of the ledger's events. A State that was handed out is
// never changed: Next gives a successor that shares all that stays the same,
// so any number of goroutines may read a State while the next one is made.
type State struct {
	Open     string               // the open release that was opened last, which a command means that names none; "" when none is open
	Opens    []string             // versions of all open releases, in the order in which they were opened; Open is the last
	Releases map[string]*Release  // by version
	Runs     map[string]*work.Run // by ID; unfinished ones and the newest of the ended
	Live     map[string]Live      // by environment
	Anchors  map[string]Anchor    // by subject
	Posts    map[string]Post      // by subject: posts that were begun and whose outcome is not known
	Refusals map[string]Refusal   // by subject: messages about alerts and runs that Slack refuses

	Observed  map[string]Observation // by environment: what its platform said last
	Good      map[string][]Live      // by environment: versions verified or adopted there, newest last
	Locks     map[string]work.Lock   // by environment
	Incidents map[string]*Incident   // by ID; those that fire and the newest of the others
	Issues    map[answer.Key]Issue   // by answer

	Storms map[string]Storm // by ID; those of which an incident is known
	Storm  string           // ID of the one that an incident joined last; empty: none did
	Recent []time.Time      // when the newest incidents were heard, at most ten, oldest first

	Refused      *RefusedAlerts         // the delivery of alerts that was refused last, of one day; nil: none was
	AlertOutages map[string]AlertOutage // by host: Alertmanagers that do not answer while alerts fire

	Carried map[answer.Key]answer.Evidence // answers that count for the next release, too
	Bound   bool                           // what was answered before questions had definitions is bound to them

	Autos      map[Place]AutoRollback // rollbacks by gonogo itself, from what was live
	Rehearsed  map[string]Rehearsal   // by environment: the last rehearsal of a rollback there
	Scheduled  map[string]Scheduled   // by ID: deployments that wait for their time, and the newest of the others
	Reviews    map[string]Review      // by ID: workflow runs that wait for gonogo's answer, and the newest of the others
	Requested  []ReviewRequest        // the newest of GitHub's requests whose runs aren't found yet, the oldest first
	RolledBack map[Place]Withdrawal   // versions that were rolled back and did not go live again since
	Restored   map[Place]Withdrawal   // versions that went live again after they were rolled back: that rollback
	Queues     map[string]Queue       // by environment: who waits until it is free
	Overrides  map[string]Override    // by ID: the newest ones
	Pipelined  map[string][]Pipelined // by environment: the newest deployments by a team's own pipeline, newest last
	LockNews   []LockNews             // what people have to know about locks, the newest last
	Frozen     map[string]Frozen      // by environment: freezes that people made
	Lifts      []Lift                 // the newest lifts of holds, oldest first

	Postmortems map[string]Postmortem // by the rollback's run; those to come and the newest of the others

	Silences map[string]Silence // by ID: silences in Alertmanager; those to come and those of the last day

	Escalations map[string]Escalation // by the ID of what nobody took

	Troubles map[event.TroubleKind]Trouble // by kind: the newest of gonogo's own

	PastTroubles []Trouble // ended ones that a newer one of their kind follows, and whose messages may not say so yet; oldest first

	StatusSeen map[string]time.Time       // by person: when they last looked at the status, to some minutes
	FixTimes   map[string][]time.Duration // by item: how long it took from failed to met, over all releases, newest last

	ended   []string // IDs of ended runs in Runs that changed no environment, oldest first
	changed []string // IDs of ended deployments and rollbacks in Runs, oldest first
	over    []string // IDs of incidents that are over, oldest first
	index   incidentIndex
	own     owned
}

// owned says which maps and values this State made itself and so may change.
type owned struct {
	releases, runs, live, observed, anchors, posts, good, locks, incidents, issues, fixTimes, statusSeen, carried, outages                                bool
	autos, rolledBack, restored, frozen, escalations, storms, troubles, refusals, scheduled, reviews, queues, postmortems, overrides, silences, pipelined bool

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

// NewState is the state before anything happened.
func NewState() *State {
	return (&State{
		Releases: map[string]*Release{}, Runs: map[string]*work.Run{}, Live: map[string]Live{}, Anchors: map[string]Anchor{},
		Observed: map[string]Observation{}, Good: map[string][]Live{}, Locks: map[string]work.Lock{}, Incidents: map[string]*Incident{}, Issues: map[answer.Key]Issue{},
	}).Next()
}

// Next returns a state that can be changed with Apply without changing s.
func (s *State) Next() *State {
	next := *s
	next.ended, next.changed, next.over = slices.Clip(s.ended), slices.Clip(s.changed), slices.Clip(s.over)
	next.index, next.own = s.indexed().share(), newOwned()
	return &next
}

// Apply folds one event into s, which must be fresh from NewState or Next and
// not yet shared. Events that speak of a release, run or item that s does not
// know change nothing, and neither do those of a newer gonogo. Each family of
// events has a function of its own, beside what it changes.
func (s *State) Apply(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.ReleaseOpened, event.ReleaseClosed, event.AnswersBound, event.QuestionsKept, event.CommitFound, event.TagMoved:
		s.applyRelease(at, happened)
	case event.EvidenceRecorded, event.ItemUnchecked, event.ItemFlipped, event.WaiverGiven, event.WaiverRevoked, event.Nudged:
		s.applyAnswer(at, happened)
	case event.SignOffAsked, event.SignOffGiven, event.SignOffRevoked:
		s.applySignOff(at, happened)
	case event.RunStarted, event.StepStarted, event.StepProgressed, event.StepEnded, event.RunAsked, event.RunAnswered, event.RunCancelAsked, event.RunTaken, event.RunEnded, event.ChangeCompared:
		s.applyRun(at, happened)
		s.endCutoverSilences(at)
	case event.EnvironmentAdopted, event.VersionWentLive, event.PlatformObserved, event.EnvironmentLocked, event.EnvironmentUnlocked:
		s.applyEnvironment(at, happened)
	case event.EnvironmentFrozen, event.EnvironmentThawed, event.HoldLifted, event.FalseAlarmDeclared:
		s.applyHold(at, happened)
	case event.AlertsReceived, event.AlertsHeard, event.AlertsDecided, event.AlertsLookedUp, event.AlertsRefused, event.AlertSourceFailed, event.AlertSourceAnswered:
		s.applyAlerts(at, happened)
	case event.TriggerTripped, event.TriggerRead, event.TriggerCleared, event.IncidentAcknowledged, event.IncidentSnoozed, event.IncidentClosed:
		s.applyIncident(at, happened)
	case event.AutoRollbackPlanned, event.AutoRollbackStopped, event.AutoRollbackLeft:
		s.applyAuto(at, happened)
	case event.DeploymentScheduled, event.DeploymentReminded, event.DeploymentUnscheduled:
		s.applyScheduled(at, happened)
	case event.OverrideAsked, event.OverrideConfirmed, event.OverrideDeclined, event.OverrideIssueIntended, event.OverrideIssueWritten:
		s.applyOverride(at, happened)
	case event.ReviewRequested, event.ReviewReportIntended, event.ReviewReported, event.ReviewFound, event.ReviewCompared, event.ReviewDelayed, event.ReviewIntended, event.ReviewRejectionAsked, event.ReviewEnded:
		s.applyReview(at, happened)
	case event.EnvironmentQueued, event.EnvironmentOffered, event.LockReminded:
		s.applyQueue(at, happened)
	case event.SilenceAsked, event.SilenceEndAsked, event.SilenceIntended, event.SilenceWritten, event.SilenceDelayed, event.SilenceGone:
		s.applySilence(at, happened)
	case event.Escalated, event.PageIntended, event.PageAnswered:
		s.applyEscalation(at, happened)
	case event.IssueIntended, event.IssueWritten, event.IssueDelayed:
		s.applyIssue(at, happened)
	case event.PostmortemOpened, event.PostmortemPlanned, event.PostmortemEnded, event.PostmortemIssueIntended, event.PostmortemIssueWritten:
		s.applyPostmortem(at, happened)
	case event.PostIntended, event.PostRefused, event.AnchorPosted:
		s.applyMessage(at, happened)
	case event.Troubled, event.TroubleEnded, event.TroublePaged:
		s.applyTrouble(at, happened)
	case event.StatusSeen:
		s.see(at, e)
	case event.ClockSetBack:
		s.setClockBack(at)
	}
}
