package readiness

import (
	"cmp"
	"encoding/json"
	"time"
)

// Event is something that happened. Events are facts in the past tense; they
// are appended to the ledger and never changed. Their JSON form is kept for
// the ledger's life: fields are added, never renamed.
type Event interface {
	// Kind is the event's type in the ledger.
	Kind() string
}

// ReleaseOpened opens a release, or opens one again with what was answered
// before. A command that names no release means the one opened last.
type ReleaseOpened struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`  // empty: unknown
	By      string `json:"by,omitempty"`      // empty: gonogo itself
	Channel string `json:"channel,omitempty"` // Slack channel it was opened in

	ReleaseKind string `json:"release_kind,omitempty"` // of the configuration's release kinds; empty: the usual one

	// Beside says that other releases stay open but for those in Closes. Events
	// written before releases could be open side by side lack it and close all.
	Beside bool     `json:"beside,omitempty"`
	Closes []string `json:"closes,omitempty"` // versions that this opening supersedes
}

// ReleaseClosed closes a release. Its answers are kept, and opening it again
// brings them back.
type ReleaseClosed struct {
	Release string `json:"release"`
	By      string `json:"by"`
	Reason  string `json:"reason,omitempty"`
}

// AnswersBound binds what was answered before questions had definitions to the
// questions of a configuration.
type AnswersBound struct {
	Definitions map[string]Definition `json:"definitions"` // by item, and by Key.String() where an environment is asked under settings of its own
	Gates       map[string]string     `json:"gates"`       // by environment: what a basis from then must say to hold on
}

// QuestionsKept says, on a person's word, that items ask what they asked before
// in other words: their answers stand.
type QuestionsKept struct {
	Release string                `json:"release"`
	Items   map[string]Definition `json:"items"` // by item: the question as it is now
	By      string                `json:"by"`
}

// EvidenceRecorded answers an item outside a run: a person checked or skipped it.
type EvidenceRecorded struct {
	Release     string   `json:"release"`
	Item        string   `json:"item"`
	Environment string   `json:"environment,omitempty"`
	Evidence    Evidence `json:"evidence"`
	Scheduled   bool     `json:"scheduled,omitempty"` // found by a scheduled check
}

// ItemUnchecked takes back what was answered for an item.
type ItemUnchecked struct {
	Release     string `json:"release"`
	Item        string `json:"item"`
	Environment string `json:"environment,omitempty"`
	By          string `json:"by"`
}

// SignOffAsked puts a release before the roles of an environment.
type SignOffAsked struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	By          string `json:"by"`
}

// SignOffGiven is one role's approval or rejection, with what it was given on.
type SignOffGiven struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Role        string `json:"role"`
	By          string `json:"by"`
	Approved    bool   `json:"approved"`
	Comment     string `json:"comment,omitempty"`
	Basis       Basis  `json:"basis"`
	Deputy      bool   `json:"deputy,omitempty"` // By stood in for the role as a deputy
}

// SignOffRevoked takes a sign-off back.
type SignOffRevoked struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	Role        string `json:"role"`
	By          string `json:"by"`
}

// ItemFlipped says that a scheduled check has changed what people believe of an
// answer: that it lets through, or that it does not.
type ItemFlipped struct {
	Release     string  `json:"release"`
	Item        string  `json:"item"`
	Environment string  `json:"environment,omitempty"`
	Verdict     Verdict `json:"verdict"`
	Summary     string  `json:"summary,omitempty"`
}

// Nudged asks the people behind an answer to see to it; without an item, those
// whose sign-offs an environment lacks.
type Nudged struct {
	Release     string `json:"release"`
	Item        string `json:"item,omitempty"`
	Environment string `json:"environment,omitempty"`
	By          string `json:"by"`
}

// StatusSeen remembers that a person looked at the status. It is written once
// in some minutes.
type StatusSeen struct {
	By string `json:"by"`
}

// WaiverGiven lets an item count as met for one environment until a moment, on
// a person's word. It takes the place of an earlier one.
type WaiverGiven struct {
	Release     string    `json:"release"`
	Item        string    `json:"item"`
	Environment string    `json:"environment"`
	Reason      string    `json:"reason"`
	Until       time.Time `json:"until"`
	By          string    `json:"by"`
	Shown       *Shown    `json:"shown,omitempty"` // what was waived; nil in ledgers from before it was recorded
}

// WaiverRevoked takes a waiver back.
type WaiverRevoked struct {
	Release     string `json:"release"`
	Item        string `json:"item"`
	Environment string `json:"environment"`
	By          string `json:"by"`
}

// EnvironmentAdopted declares a version to be live and known good on an
// environment, on a person's word.
type EnvironmentAdopted struct {
	Environment string `json:"environment"`
	Version     string `json:"version"`
	Commit      string `json:"commit,omitempty"`
	Deployment  string `json:"deployment,omitempty"` // the platform's own ID of it, where there is a platform
	App         string `json:"app,omitempty"`        // the platform's app, where there is a platform
	By          string `json:"by"`
}

// RunStarted opens a run with all the steps it means to do.
type RunStarted struct {
	Run     string   `json:"run"`
	What    string   `json:"what"`  // one of the run kinds: gates, …
	Title   string   `json:"title"` // for people: "all gates", "section tests"
	Release string   `json:"release"`
	By      string   `json:"by,omitempty"`
	Channel string   `json:"channel,omitempty"` // where it was asked for
	Steps   []string `json:"steps,omitempty"`   // of a gate run: Key.String(), unique in the run
	Runbook string   `json:"runbook,omitempty"` // of a runbook's run: which
	// Environment is the one that a runbook is run for; empty: it is run for none
	// in particular.
	Environment string `json:"environment,omitempty"`
	After       string `json:"after,omitempty"` // of a gate run: the run whose effect it measures

	Plan   []Planned `json:"plan,omitempty"`   // of any other run: its steps in order
	Change *Change   `json:"change,omitempty"` // of a deployment or rollback: what it changes
}

// StepStarted is the intent to do a step, written before its effect.
type StepStarted struct {
	Run   string            `json:"run"`
	Step  string            `json:"step"`
	Title string            `json:"title,omitempty"` // of a step that was not planned
	Facts map[string]string `json:"facts,omitempty"` // what a restart needs to look the effect up
}

// StepEnded is the outcome of a step. For a gate it is evidence for its item.
type StepEnded struct {
	Run         string   `json:"run"`
	Step        string   `json:"step"`
	Item        string   `json:"item,omitempty"`
	Environment string   `json:"environment,omitempty"`
	Evidence    Evidence `json:"evidence"`

	Facts map[string]string `json:"facts,omitempty"` // what it found out and did, for the steps after it
}

// RunCancelAsked is a person's wish that a run stop.
type RunCancelAsked struct {
	Run string `json:"run"`
	By  string `json:"by"`

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // how old the picture was by which By was let; zero: it was current
}

// RunEnded closes a run.
type RunEnded struct {
	Run     string  `json:"run"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // one sentence, where the outcome needs one
	Kept    []Build `json:"kept,omitempty"`   // of a rollback that failed: the builds that the platform can still go back to
}

// CommitFound tells the commit of a release that was opened without one.
type CommitFound struct {
	Release string `json:"release"`
	Commit  string `json:"commit"`
}

// TagMoved says that the tag of a release's version names another commit than
// it did, or than the release was opened with.
type TagMoved struct {
	Release string `json:"release"`
	Was     string `json:"was"`
	Is      string `json:"is"`
}

// ChangeCompared says which commits a deployment or a rollback brought, or why
// that is not known.
type ChangeCompared struct {
	Run      string   `json:"run"`
	Compared Compared `json:"compared"`
}

// PlanWithdrawn takes a plan back before it was started: its Start does nothing.
type PlanWithdrawn struct {
	Environment string `json:"environment"`
	By          string `json:"by"`
}

// StepProgressed says how far a step is that takes its time.
type StepProgressed struct {
	Run   string     `json:"run"`
	Step  string     `json:"step"`
	Doing string     `json:"doing,omitempty"` // in a few words
	Parts []StepPart `json:"parts,omitempty"`
}

// RunAsked puts a question before people, and the run waits for the answer.
type RunAsked struct {
	Run         string   `json:"run"`
	Step        string   `json:"step"`
	Why         string   `json:"why"`
	Choices     []string `json:"choices"`
	Interrupted bool     `json:"interrupted,omitempty"` // whether an outward act took effect is not known
}

// RunAnswered is a person's answer to what a run asked.
type RunAnswered struct {
	Run    string `json:"run"`
	Step   string `json:"step"`
	Choice string `json:"choice"`
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	Deputy string `json:"deputy,omitempty"` // role for which By acted as a deputy
}

// VersionWentLive says that a run brought a version to an environment.
type VersionWentLive struct {
	Environment string `json:"environment"`
	Build       Build  `json:"build"`
	Run         string `json:"run"`
	By          string `json:"by,omitempty"`
	Verified    bool   `json:"verified"`          // healthy, and its smoke gates passed
	Instead     string `json:"instead,omitempty"` // version that a rollback left: no longer known good
	App         string `json:"app,omitempty"`     // the platform's app
	Digest      string `json:"digest,omitempty"`  // of its image, where the platform tells
	Spec        string `json:"spec,omitempty"`    // digest of the configuration that it runs with, where the platform tells
}

// PlatformObserved is what a platform says of an environment, where that
// differs from what it said before: what is live or, in Problem, why it cannot
// be told.
type PlatformObserved struct {
	Environment string `json:"environment"`
	App         string `json:"app,omitempty"`
	Build       Build  `json:"build"` // without a deployment: nothing is live
	Digest      string `json:"digest,omitempty"`
	Spec        string `json:"spec,omitempty"`
	Tagged      bool   `json:"tagged,omitempty"` // the app names its version
	Pinned      bool   `json:"pinned,omitempty"` // it takes no deployment until a rollback is kept or returned from
	Mark        string `json:"mark,omitempty"`   // the run that made what is live, by its mark in the app's configuration
	Back        bool   `json:"back,omitempty"`   // a rollback on the platform made what is live
	Left        string `json:"left,omitempty"`   // version that this rollback left, where the platform tells
	Problem     string `json:"problem,omitempty"`
}

// EnvironmentLocked keeps deployments off an environment.
type EnvironmentLocked struct {
	Environment string `json:"environment"`
	Claim       string `json:"claim"` // names the lock, so that only it is released
	By          string `json:"by,omitempty"`
	Reason      string `json:"reason"`
	Run         string `json:"run,omitempty"` // the run that holds it
}

// EnvironmentUnlocked releases one lock; another on the same environment stays.
type EnvironmentUnlocked struct {
	Environment string `json:"environment"`
	Claim       string `json:"claim"`
	By          string `json:"by,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Deputy      string `json:"deputy,omitempty"` // role for which By acted as a deputy
}

// EnvironmentFrozen keeps deployments off an environment until a moment, on a
// person's word. It takes the place of an earlier one.
type EnvironmentFrozen struct {
	Environment string    `json:"environment"`
	Claim       string    `json:"claim"`
	By          string    `json:"by"`
	Reason      string    `json:"reason"`
	Until       time.Time `json:"until"`
}

// EnvironmentThawed ends such a freeze before its time.
type EnvironmentThawed struct {
	Environment string `json:"environment"`
	Claim       string `json:"claim"`
	By          string `json:"by"`
	Reason      string `json:"reason,omitempty"`
}

// HoldLifted lets a version pass a hold, on a person's word.
type HoldLifted struct {
	Hold        HoldKind  `json:"hold"`
	Environment string    `json:"environment"`
	Claim       string    `json:"claim"`             // names the hold
	Version     string    `json:"version,omitempty"` // empty: any
	Alerts      []string  `json:"alerts,omitempty"`  // fingerprints of the alerts that it covers until they end
	Until       time.Time `json:"until,omitzero"`    // zero: as long as the hold
	By          string    `json:"by"`
	Reason      string    `json:"reason"`
	Deputy      string    `json:"deputy,omitempty"` // role for which By acted as a deputy
}

// FalseAlarmDeclared says that an incident was none: what it holds goes free.
type FalseAlarmDeclared struct {
	Incident string `json:"incident"`
	By       string `json:"by"`
	Reason   string `json:"reason"`
}

// AlertsReceived is news about a group of alerts.
type AlertsReceived struct {
	Incident    string        `json:"incident"`
	Environment string        `json:"environment,omitempty"` // that its labels name, if any
	Title       string        `json:"title"`
	Delivery    AlertDelivery `json:"delivery"`
	// Means says what each of the delivery's alerts means, by fingerprint. It
	// is absent in events of a gonogo that judged them while folding.
	Means map[string]Meaning `json:"means,omitzero"`
	After string             `json:"after,omitempty"` // an incident whose end was never sent: its alerts began anew
	// Places are the environments that alerts name, by fingerprint, where they
	// name different ones. Absent in events of older versions of gonogo.
	Places map[string]string `json:"places,omitempty"`
}

// place is the environment that an alert of the delivery names; empty: none.
func (e AlertsReceived) place(print string) string { return cmp.Or(e.Places[print], e.Environment) }

// AlertsHeard says that messages about incidents came which say nothing new.
type AlertsHeard struct {
	Incidents []string `json:"incidents"`
}

// AlertsDecided says what became of alerts whose message was held because it
// might have been a late copy.
type AlertsDecided struct {
	Held         string   `json:"held"`               // the incident after whose end it came
	Fingerprints []string `json:"fingerprints"`       // of the alerts
	Incident     string   `json:"incident,omitempty"` // in which they fire; empty: it was a late copy
	Environment  string   `json:"environment,omitempty"`
	Title        string   `json:"title,omitempty"`
	Listed       bool     `json:"listed,omitempty"` // Alertmanager was asked and has them; else nothing was heard in time
}

// AlertsLookedUp is what Alertmanager said of an incident's alerts when it was
// asked, as far as that is new.
type AlertsLookedUp struct {
	Incident string          `json:"incident"`
	Listed   []string        `json:"listed,omitempty"` // alerts that it has, by fingerprint
	Gone     []string        `json:"gone,omitempty"`   // alerts that it had and has no more
	Named    []string        `json:"named,omitempty"`  // groups of which it has no alert that the incident does not name
	Muted    map[string]Mute `json:"muted,omitempty"`  // alerts by fingerprint; an empty Mute: not muted any more
}

// AlertsRefused says that a delivery of alerts was too large to be read.
type AlertsRefused struct {
	Bytes int64 `json:"bytes"` // its size, or the limit where its sender did not say more
	Limit int64 `json:"limit"` // what it may have
}

// AlertSourceFailed says that an Alertmanager which is asked what still fires
// stopped answering.
type AlertSourceFailed struct {
	Source   string    `json:"source"`            // its host
	Since    time.Time `json:"since"`             // when it was asked and gave no answer
	Answered time.Time `json:"answered,omitzero"` // when it last answered; zero: not since gonogo started
	Problem  string    `json:"problem"`           // a sentence, with the next step
}

// AlertSourceAnswered says that such an Alertmanager answers again, or is not
// asked any more.
type AlertSourceAnswered struct {
	Source string `json:"source"`
}

// TriggerTripped says that a trigger found an environment in a bad way.
type TriggerTripped struct {
	Incident    string         `json:"incident"`
	Environment string         `json:"environment"`
	Trigger     string         `json:"trigger"`
	Title       string         `json:"title"`
	Problem     TriggerProblem `json:"problem"`
	Reading     string         `json:"reading,omitempty"`
	Limit       string         `json:"limit,omitempty"`
	Samples     int            `json:"samples"` // how many in a row
}

// TriggerRead says what a trigger that fires measures now.
type TriggerRead struct {
	Incident string `json:"incident"`
	Reading  string `json:"reading"`
}

// TriggerCleared says that what tripped a trigger is over.
type TriggerCleared struct {
	Incident string `json:"incident"`
	Reading  string `json:"reading,omitempty"`
}

// IncidentAcknowledged says who looks after an incident.
type IncidentAcknowledged struct {
	Incident string `json:"incident"`
	By       string `json:"by"`
	Deputy   string `json:"deputy,omitempty"` // role for which By acted as a deputy

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // as in RunCancelAsked
}

// IncidentClosed ends an incident on a person's word: that it is over was
// never heard.
type IncidentClosed struct {
	Incident string `json:"incident"`
	By       string `json:"by"`
}

// IssueIntended is the intent to do something to the issue of an answer.
type IssueIntended struct {
	Item        string   `json:"item"`
	Environment string   `json:"environment,omitempty"`
	Act         IssueAct `json:"act"`
}

// IssueWritten is what became of it.
type IssueWritten struct {
	Item        string   `json:"item"`
	Environment string   `json:"environment,omitempty"`
	Act         IssueAct `json:"act"`
	Number      int      `json:"number"`
	URL         string   `json:"url"`
	Open        bool     `json:"open"`
	Said        string   `json:"said"`           // digest of what it says
	Lead        string   `json:"lead,omitempty"` // the answer whose issue this is, "item@environment"; empty: this one's own
}

// IssueDelayed says that an issue has to wait.
type IssueDelayed struct {
	Item        string    `json:"item"`
	Environment string    `json:"environment,omitempty"`
	Why         string    `json:"why"`
	Until       time.Time `json:"until,omitzero"`
}

// AnchorPosted remembers the message that shows a subject, so that it is found
// again after a crash, and what it shows once that is final, so that it is not
// sent again after each start.
type AnchorPosted struct {
	Subject string `json:"subject"` // "run/ID", "signoff/RELEASE/ENVIRONMENT", "incident/ID"
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Shows   string `json:"shows,omitempty"` // digest of a final state; empty: of one that may change, or not known
}

// Escalated says that something nobody took went to a role.
type Escalated struct {
	ID          string         `json:"id"` // of what waits, see [Unanswered]
	About       UnansweredKind `json:"about"`
	Subject     string         `json:"subject"`
	Title       string         `json:"title"`
	Environment string         `json:"environment,omitempty"`
	Incident    string         `json:"incident,omitempty"`
	Run         string         `json:"run,omitempty"`
	Since       time.Time      `json:"since"`
	Role        string         `json:"role,omitempty"` // empty: to the webhook alone
}

// PageIntended is the intent to tell the outside webhook of an escalation.
type PageIntended struct {
	Escalation string `json:"escalation"` // its ID
}

// PageAnswered is how that went.
type PageAnswered struct {
	Escalation string      `json:"escalation"`
	Outcome    PageOutcome `json:"outcome"`
	Status     int         `json:"status,omitempty"` // of HTTP, where there was an answer
	Why        string      `json:"why,omitempty"`    // why it was not told
}

// RunTaken says who looks after a run that waits for a person, or that failed.
type RunTaken struct {
	Run    string `json:"run"`
	By     string `json:"by"`
	Deputy string `json:"deputy,omitempty"` // role for which By acted as a deputy
}

// Unknown is an event of a newer gonogo: kept as it was written, and ignored.
type Unknown struct {
	Type string
	Data json.RawMessage
}
