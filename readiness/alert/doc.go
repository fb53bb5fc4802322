// Package alert is what Alertmanager and triggers report, as data.
//
// A [Delivery] is one notification about a group of alerts ([Alert]). [Delivery.Cut]
// limits what is recorded of it: at most 1000 alerts, of which 200 in full, the worst
// first. A [Mute] says why Alertmanager notifies nobody of an alert. A [Meaning], one
// per alert, is what a delivery adds to what is already known;
// [gonogo/readiness/history.State.Hear] finds it.
//
// gonogo samples triggers itself; a [TriggerProblem] says what is wrong. A
// [PageOutcome] says how a call of an outside webhook went.
//
// All of it is stored in the ledger inside events. Its JSON form is permanent: fields
// are added, never renamed.
package alert
