// Package readiness is what gonogo means, and nothing of how it is done: no
// I/O, no clock, no goroutine.
//
// # Nouns
//
// A [Checklist] is what must be true before a release goes out: [Section]s of
// [Item]s, read from the configuration. An item is answered by a gate or by a
// person; each answer is [Evidence] with a [Verdict]. An item may be asked once
// for the release or once per environment, so answers are kept under a [Key].
//
// Everything that happened is an [Event] in the ledger. [State] is the fold of
// those events: it holds releases with their evidence and sign-offs, runs,
// what is live where, and the messages that show it all.
//
// A [View] is a checklist, a state and a moment seen together. All judgement is
// a method of View and is computed anew each time, never stored:
//
//	Standing   does this item let the release through, and if not, why
//	Decide     GO or NO-GO for an environment, with every blocker
//	Score      how much of the checklist lets through
//	Timeline   what takes longest from here, and when each milestone is reached
//	Approval   who signed off an environment, on what, and who is missing
//	Holds      what holds the release back on an environment: locks, freezes, alerts, rollbacks
//
// # Who calls it
//
// storage folds events into a State and asks the callers of Update for new
// ones; runs records what gates measured; commands shows Views to people and
// turns their words into events. The moment always comes in from outside: the
// ledger stamps events, callers pass now.
//
// # Failing closed
//
// An item without evidence, with stale evidence, or with evidence taken under
// other settings does not let the release through. Errored and not_configured
// are never a pass. A state that holds an event of a newer gonogo keeps it and
// ignores what it cannot read.
package readiness
