// Package history folds events into the state: everything that gonogo knows.
//
// A [State] has the releases with their answers, sign-offs and waivers ([Release]),
// the runs, what is [Live] on each environment and what was known to be good there,
// locks, freezes and lifts, versions that were rolled back, incidents with their
// alerts ([Incident]), issues, escalations, and the messages that show all of these
// ([Anchor]).
//
//	events ──▶ State.Next ──▶ State.Apply … ──▶ published, never changed again
//	             │
//	             └─ shares what it doesn't change with the state before it
//
// Only [State.Apply] changes a state. It passes each event to the function for its
// family, next to the type that this changes: applyRun in run.go, applyAlerts in
// incident_alerts.go. A function that changes a map or a value of the state copies it
// first (ownMap, changeRelease, changeRun, changeIncident), so that other goroutines
// can keep reading earlier states.
//
// Old events have the same effect as when they were written: this package fills in
// what they lack, and a comment says which ledgers have such events. What has ended
// is dropped from the state after a while; the ledger keeps all of it.
//
// [State.Hear] finds what is new in an alert delivery, before it becomes an event.
// Whether a release may go out isn't decided here: that also needs the checklist and
// the time, see [gonogo/readiness.View].
//
// [Encode] and [Decode] write and read a state for storage's snapshots. Only the
// program that made a snapshot can use it.
package history
