// Package readiness judges whether a release may go out. It and the packages
// below it are gonogo's domain model: no I/O, no clock, no goroutine.
//
// # The packages
//
// Imports go one way, from the bottom of this list to its top:
//
//	build      what runs on a platform: version, commit, deployment
//	answer     what can be said to an item: verdict, evidence, subject, scope
//	checklist  what must be true: sections, items, roles, environments, freezes
//	alert      what Alertmanager and triggers say
//	work       runs: steps, changes, questions and answers
//	event      what happened: every kind of entry in the ledger
//	history    the state, folded from events
//	readiness  the judgement: a checklist, a state and a moment seen together
//
// # Judgement
//
// A [View] is a checklist, a state and a moment. All judgement is made of it, mostly
// by its methods. It is computed anew each time, never stored:
//
//	Standing   does this item pass, and if not, why
//	Decide     GO or NO-GO for an environment, with every blocker
//	Score      how much of the checklist passes
//	Timeline   what takes longest from here, and when each milestone is reached
//	Approval   who signed off an environment, on what, and who is missing
//	Holds      what holds the release back on an environment: locks, freezes, alerts, rollbacks
//	Unanswered what waits for a person, and to whom it goes next
//	Endings    what a new configuration would end of what was said
//
// # Who calls it
//
// storage folds events into a state and asks the callers of Update for new
// ones; runs records what gates measured; commands shows Views to people and
// turns their words into events. The moment always comes in from outside: the
// ledger stamps events, callers pass now.
//
// # Failing closed
//
// An item without evidence, with stale evidence, or with evidence taken under
// other settings does not pass. Errored and not_configured are never a pass. A
// state that holds an event of a newer gonogo keeps it and ignores what it
// cannot read.
package readiness
