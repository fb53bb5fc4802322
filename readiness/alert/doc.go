// Package alert is what Alertmanager and triggers say, as data.
//
// A [Delivery] is one notification about a group of [Alert]s. [Delivery.Cut]
// bounds what is recorded of it: at most 1000 alerts, of which 200 in full, the
// worst first. A [Mute] says why Alertmanager notifies nobody of an alert. What a
// delivery means beside what is known already is its [Meaning], one per alert,
// which [gonogo/readiness/history.State.Hear] finds.
//
// A trigger is sampled by gonogo itself; its [TriggerProblem] says what is
// wrong. A [PageOutcome] is how telling an outside webhook went.
//
// All of it is stored in the ledger inside events. Its JSON form is kept: fields
// are added, never renamed.
package alert
