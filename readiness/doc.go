// Package readiness judges whether a release may go out. Together with the packages
// below it, it is gonogo's domain model: no I/O, no clock, no goroutine.
//
// # The packages
//
// Each package imports only those above it in this list:
//
//	build      what runs on a platform: version, commit, deployment
//	answer     what can be said to an item: verdict, evidence, subject, scope
//	checklist  what must be true: sections, items, roles, environments, freezes
//	alert      what Alertmanager and triggers say
//	work       runs: steps, changes, questions and answers
//	event      what happened: every kind of entry in the ledger
//	history    the state, folded from events
//	readiness  what a checklist and a state mean at a moment
//
// # Judgement
//
// A [View] is a checklist, a state and a moment. Every judgement is made from a View,
// mostly by its methods, and is computed anew each time, never stored:
//
//	Standing   does this item pass, and if not, why not
//	Decide     GO or NO-GO for an environment, with every blocker
//	Score      how much of the checklist passes
//	Timeline   what takes longest from here, and when each milestone is reached
//	Approval   who signed off an environment, on what, and who is missing
//	Holds      what holds the release back on an environment: locks, freezes, alerts, rollbacks
//	OnCall     which alerts and runs wait for a person, and who is notified next
//	Endings    which answers a new configuration would end
//
// # Who calls it
//
// storage folds events into a state and asks the callers of Update for new ones; runs
// records what gates measured; commands shows Views to people and turns what they type
// or press into events. The time always comes from outside: the ledger stamps events,
// and callers pass now.
//
// # Failing closed
//
// An item without evidence, with stale evidence, or with evidence that was measured
// under other settings does not pass. Errored and not_configured are never a pass. An
// event of a newer gonogo is kept, and what this version can't read of it is ignored.
package readiness
