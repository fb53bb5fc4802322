// Package history folds events into the state: everything that gonogo knows.
//
// A [State] holds the releases with their answers, sign-offs and waivers
// ([Release]), the runs, what is [Live] on each environment and was known good
// there, locks, freezes and lifts, versions that were rolled back, incidents with
// their alerts ([Incident]), issues, escalations, and the messages that show them
// ([Anchor]).
//
//	events ──▶ State.Next ──▶ State.Apply … ──▶ published, never changed again
//	             │
//	             └─ shares with the state before it what it does not change
//
// [State.Apply] is the only way in. It sends each event to the function of its
// family, which stands beside what it changes: applyRun in run.go, applyAlerts in
// incident_alerts.go. A function that changes a map or a value of the state makes
// it the state's own first (ownMap, changeRelease, changeRun, changeIncident), so
// that goroutines may read earlier states meanwhile.
//
// Old events fold as they did when they were written: what they lack has a
// fallback here, and a comment says from which ledgers it comes. What has ended
// is forgotten after a while, the ledger keeps all of it.
//
// What an alert delivery says that the state does not know is found by
// [State.Hear], before it becomes an event. Whether a release may go out is not
// judged here: that also takes the checklist and a moment, see
// [gonogo/readiness.View].
//
// [Encode] and [Decode] write and read a state for storage's snapshots. A
// snapshot is of use only to the program that made it.
package history
