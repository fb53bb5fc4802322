package event

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Kind implements [Event].
func (ReleaseOpened) Kind() string        { return "release.opened" }
func (AnswersBound) Kind() string         { return "answers.bound" }
func (QuestionsKept) Kind() string        { return "questions.kept" }
func (ReleaseClosed) Kind() string        { return "release.closed" }
func (EvidenceRecorded) Kind() string     { return "evidence.recorded" }
func (ItemUnchecked) Kind() string        { return "item.unchecked" }
func (SignOffAsked) Kind() string         { return "signoff.asked" }
func (SignOffGiven) Kind() string         { return "signoff.given" }
func (SignOffRevoked) Kind() string       { return "signoff.revoked" }
func (ItemFlipped) Kind() string          { return "item.flipped" }
func (Nudged) Kind() string               { return "item.nudged" }
func (StatusSeen) Kind() string           { return "status.seen" }
func (WaiverGiven) Kind() string          { return "waiver.given" }
func (WaiverRevoked) Kind() string        { return "waiver.revoked" }
func (EnvironmentAdopted) Kind() string   { return "environment.adopted" }
func (RunStarted) Kind() string           { return "run.started" }
func (StepStarted) Kind() string          { return "run.step_started" }
func (StepEnded) Kind() string            { return "run.step_ended" }
func (RunCancelAsked) Kind() string       { return "run.cancel_asked" }
func (RunEnded) Kind() string             { return "run.ended" }
func (AnchorPosted) Kind() string         { return "anchor.posted" }
func (PostIntended) Kind() string         { return "anchor.intended" }
func (PostRefused) Kind() string          { return "anchor.refused" }
func (CommitFound) Kind() string          { return "release.commit_found" }
func (ChangeCompared) Kind() string       { return "run.compared" }
func (TagMoved) Kind() string             { return "release.tag_moved" }
func (PlanWithdrawn) Kind() string        { return "plan.withdrawn" }
func (StepProgressed) Kind() string       { return "run.step_progressed" }
func (RunAsked) Kind() string             { return "run.asked" }
func (RunAnswered) Kind() string          { return "run.answered" }
func (VersionWentLive) Kind() string      { return "environment.live" }
func (PlatformObserved) Kind() string     { return "environment.observed" }
func (EnvironmentLocked) Kind() string    { return "environment.locked" }
func (EnvironmentUnlocked) Kind() string  { return "environment.unlocked" }
func (AlertsReceived) Kind() string       { return "alerts.received" }
func (AlertsHeard) Kind() string          { return "alerts.heard" }
func (AlertsDecided) Kind() string        { return "alerts.decided" }
func (AlertsLookedUp) Kind() string       { return "alerts.looked_up" }
func (AlertsRefused) Kind() string        { return "alerts.refused" }
func (AlertSourceFailed) Kind() string    { return "alerts.source_failed" }
func (AlertSourceAnswered) Kind() string  { return "alerts.source_answered" }
func (TriggerRead) Kind() string          { return "trigger.read" }
func (TriggerTripped) Kind() string       { return "trigger.tripped" }
func (TriggerCleared) Kind() string       { return "trigger.cleared" }
func (AutoRollbackPlanned) Kind() string  { return "rollback.planned" }
func (AutoRollbackStopped) Kind() string  { return "rollback.stopped" }
func (AutoRollbackLeft) Kind() string     { return "rollback.left" }
func (IncidentAcknowledged) Kind() string { return "incident.acknowledged" }
func (IncidentSnoozed) Kind() string      { return "incident.snoozed" }
func (IncidentClosed) Kind() string       { return "incident.closed" }
func (EnvironmentFrozen) Kind() string    { return "environment.frozen" }
func (EnvironmentThawed) Kind() string    { return "environment.thawed" }
func (HoldLifted) Kind() string           { return "hold.lifted" }
func (FalseAlarmDeclared) Kind() string   { return "incident.false_alarm" }
func (IssueIntended) Kind() string        { return "issue.intended" }
func (IssueWritten) Kind() string         { return "issue.written" }
func (IssueDelayed) Kind() string         { return "issue.delayed" }
func (Escalated) Kind() string            { return "escalation.sent" }
func (PageIntended) Kind() string         { return "escalation.page_intended" }
func (PageAnswered) Kind() string         { return "escalation.page_answered" }
func (RunTaken) Kind() string             { return "run.taken" }
func (Troubled) Kind() string             { return "gonogo.troubled" }
func (TroubleEnded) Kind() string         { return "gonogo.mended" }
func (TroublePaged) Kind() string         { return "gonogo.trouble_paged" }
func (ReviewFound) Kind() string          { return "review.found" }
func (ReviewRequested) Kind() string      { return "review.requested" }
func (ReviewReportIntended) Kind() string { return "review.report_intended" }
func (ReviewReported) Kind() string       { return "review.reported" }
func (ReviewCompared) Kind() string       { return "review.compared" }
func (ReviewDelayed) Kind() string        { return "review.delayed" }
func (ReviewIntended) Kind() string       { return "review.intended" }
func (ReviewRejectionAsked) Kind() string { return "review.rejection_asked" }
func (ReviewEnded) Kind() string          { return "review.ended" }

func (PostmortemOpened) Kind() string        { return "postmortem.opened" }
func (PostmortemPlanned) Kind() string       { return "postmortem.planned" }
func (PostmortemEnded) Kind() string         { return "postmortem.ended" }
func (PostmortemIssueIntended) Kind() string { return "postmortem.issue_intended" }
func (PostmortemIssueWritten) Kind() string  { return "postmortem.issue_written" }

func (DeploymentScheduled) Kind() string   { return "deployment.scheduled" }
func (DeploymentReminded) Kind() string    { return "deployment.reminded" }
func (DeploymentUnscheduled) Kind() string { return "deployment.unscheduled" }

func (OverrideAsked) Kind() string     { return "override.asked" }
func (OverrideConfirmed) Kind() string { return "override.confirmed" }
func (OverrideDeclined) Kind() string  { return "override.declined" }

func (OverrideIssueIntended) Kind() string { return "override.issue_intended" }
func (OverrideIssueWritten) Kind() string  { return "override.issue_written" }

func (EnvironmentQueued) Kind() string  { return "environment.queued" }
func (EnvironmentOffered) Kind() string { return "environment.offered" }
func (LockReminded) Kind() string       { return "environment.lock_reminded" }

func (SilenceAsked) Kind() string    { return "silence.asked" }
func (SilenceEndAsked) Kind() string { return "silence.end_asked" }
func (SilenceIntended) Kind() string { return "silence.intended" }
func (SilenceWritten) Kind() string  { return "silence.written" }
func (SilenceDelayed) Kind() string  { return "silence.delayed" }
func (SilenceGone) Kind() string     { return "silence.gone" }

func (u Unknown) Kind() string { return u.Type }

// decoders is the one list of event types; a new event is one line here.
var decoders = map[string]func([]byte) (Event, error){
	ReleaseOpened{}.Kind():        decode[ReleaseOpened],
	ReleaseClosed{}.Kind():        decode[ReleaseClosed],
	AnswersBound{}.Kind():         decode[AnswersBound],
	QuestionsKept{}.Kind():        decode[QuestionsKept],
	EvidenceRecorded{}.Kind():     decode[EvidenceRecorded],
	ItemUnchecked{}.Kind():        decode[ItemUnchecked],
	SignOffAsked{}.Kind():         decode[SignOffAsked],
	SignOffGiven{}.Kind():         decode[SignOffGiven],
	SignOffRevoked{}.Kind():       decode[SignOffRevoked],
	ItemFlipped{}.Kind():          decode[ItemFlipped],
	Nudged{}.Kind():               decode[Nudged],
	StatusSeen{}.Kind():           decode[StatusSeen],
	WaiverGiven{}.Kind():          decode[WaiverGiven],
	WaiverRevoked{}.Kind():        decode[WaiverRevoked],
	EnvironmentAdopted{}.Kind():   decode[EnvironmentAdopted],
	RunStarted{}.Kind():           decode[RunStarted],
	StepStarted{}.Kind():          decode[StepStarted],
	StepEnded{}.Kind():            decode[StepEnded],
	RunCancelAsked{}.Kind():       decode[RunCancelAsked],
	RunEnded{}.Kind():             decode[RunEnded],
	AnchorPosted{}.Kind():         decode[AnchorPosted],
	PostIntended{}.Kind():         decode[PostIntended],
	PostRefused{}.Kind():          decode[PostRefused],
	CommitFound{}.Kind():          decode[CommitFound],
	ChangeCompared{}.Kind():       decode[ChangeCompared],
	TagMoved{}.Kind():             decode[TagMoved],
	PlanWithdrawn{}.Kind():        decode[PlanWithdrawn],
	StepProgressed{}.Kind():       decode[StepProgressed],
	RunAsked{}.Kind():             decode[RunAsked],
	RunAnswered{}.Kind():          decode[RunAnswered],
	VersionWentLive{}.Kind():      decode[VersionWentLive],
	PlatformObserved{}.Kind():     decode[PlatformObserved],
	EnvironmentLocked{}.Kind():    decode[EnvironmentLocked],
	EnvironmentUnlocked{}.Kind():  decode[EnvironmentUnlocked],
	AlertsReceived{}.Kind():       decode[AlertsReceived],
	AlertsHeard{}.Kind():          decode[AlertsHeard],
	AlertsDecided{}.Kind():        decode[AlertsDecided],
	AlertsLookedUp{}.Kind():       decode[AlertsLookedUp],
	AlertsRefused{}.Kind():        decode[AlertsRefused],
	ClockSetBack{}.Kind():         decode[ClockSetBack],
	AlertSourceFailed{}.Kind():    decode[AlertSourceFailed],
	AlertSourceAnswered{}.Kind():  decode[AlertSourceAnswered],
	TriggerRead{}.Kind():          decode[TriggerRead],
	TriggerTripped{}.Kind():       decode[TriggerTripped],
	TriggerCleared{}.Kind():       decode[TriggerCleared],
	AutoRollbackPlanned{}.Kind():  decode[AutoRollbackPlanned],
	AutoRollbackStopped{}.Kind():  decode[AutoRollbackStopped],
	AutoRollbackLeft{}.Kind():     decode[AutoRollbackLeft],
	IncidentAcknowledged{}.Kind(): decode[IncidentAcknowledged],
	IncidentSnoozed{}.Kind():      decode[IncidentSnoozed],
	IncidentClosed{}.Kind():       decode[IncidentClosed],
	EnvironmentFrozen{}.Kind():    decode[EnvironmentFrozen],
	EnvironmentThawed{}.Kind():    decode[EnvironmentThawed],
	HoldLifted{}.Kind():           decode[HoldLifted],
	FalseAlarmDeclared{}.Kind():   decode[FalseAlarmDeclared],
	IssueIntended{}.Kind():        decode[IssueIntended],
	IssueWritten{}.Kind():         decode[IssueWritten],
	IssueDelayed{}.Kind():         decode[IssueDelayed],
	Escalated{}.Kind():            decode[Escalated],
	PageIntended{}.Kind():         decode[PageIntended],
	PageAnswered{}.Kind():         decode[PageAnswered],
	RunTaken{}.Kind():             decode[RunTaken],
	Troubled{}.Kind():             decode[Troubled],
	TroubleEnded{}.Kind():         decode[TroubleEnded],
	TroublePaged{}.Kind():         decode[TroublePaged],

	OverrideAsked{}.Kind():         decode[OverrideAsked],
	OverrideConfirmed{}.Kind():     decode[OverrideConfirmed],
	OverrideDeclined{}.Kind():      decode[OverrideDeclined],
	OverrideIssueIntended{}.Kind(): decode[OverrideIssueIntended],
	OverrideIssueWritten{}.Kind():  decode[OverrideIssueWritten],
	DeploymentScheduled{}.Kind():   decode[DeploymentScheduled],
	DeploymentReminded{}.Kind():    decode[DeploymentReminded],
	DeploymentUnscheduled{}.Kind(): decode[DeploymentUnscheduled],
	ReviewFound{}.Kind():           decode[ReviewFound],
	ReviewRequested{}.Kind():       decode[ReviewRequested],
	ReviewReportIntended{}.Kind():  decode[ReviewReportIntended],
	ReviewReported{}.Kind():        decode[ReviewReported],
	ReviewCompared{}.Kind():        decode[ReviewCompared],
	ReviewDelayed{}.Kind():         decode[ReviewDelayed],
	ReviewIntended{}.Kind():        decode[ReviewIntended],
	ReviewRejectionAsked{}.Kind():  decode[ReviewRejectionAsked],
	ReviewEnded{}.Kind():           decode[ReviewEnded],

	EnvironmentQueued{}.Kind():       decode[EnvironmentQueued],
	EnvironmentOffered{}.Kind():      decode[EnvironmentOffered],
	LockReminded{}.Kind():            decode[LockReminded],
	PostmortemOpened{}.Kind():        decode[PostmortemOpened],
	PostmortemPlanned{}.Kind():       decode[PostmortemPlanned],
	PostmortemEnded{}.Kind():         decode[PostmortemEnded],
	PostmortemIssueIntended{}.Kind(): decode[PostmortemIssueIntended],
	PostmortemIssueWritten{}.Kind():  decode[PostmortemIssueWritten],

	SilenceAsked{}.Kind():    decode[SilenceAsked],
	SilenceEndAsked{}.Kind(): decode[SilenceEndAsked],
	SilenceIntended{}.Kind(): decode[SilenceIntended],
	SilenceWritten{}.Kind():  decode[SilenceWritten],
	SilenceDelayed{}.Kind():  decode[SilenceDelayed],
	SilenceGone{}.Kind():     decode[SilenceGone],
}

func decode[E Event](data []byte) (Event, error) {
	var e E
	err := json.Unmarshal(data, &e)
	return e, err
}

// Encode writes an event's data as JSON.
func Encode(e Event) (json.RawMessage, error) {
	if u, ok := e.(Unknown); ok {
		return u.Data, nil
	}
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Kind(), err)
	}
	return data, nil
}

// Decode reads an event as Encode wrote it. A type that this gonogo
// does not know comes back as [Unknown].
func Decode(kind string, data json.RawMessage) (Event, error) {
	read, ok := decoders[kind]
	if !ok {
		return Unknown{Type: kind, Data: bytes.Clone(data)}, nil
	}
	e, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	return e, nil
}
