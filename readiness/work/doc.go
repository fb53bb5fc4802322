// Package work is runs: gate runs, deployments, rollbacks and runbooks, in
// progress or done.
//
// A [Run] has [Step]s, planned when it starts. A deployment or a rollback carries
// a [Change], which says what it does to an environment. A run that needs a
// person has a [Question] and waits for the [Answer]; what it may offer are the
// Choose constants. It ends with an [Outcome].
//
//	           step started      step ended
//	planned ───────────────▶ running ─────▶ done      (each step)
//	run started ──▶ open ──▶ completed | failed | cancelled | interrupted
//
// Methods of Run say where it stands: [Run.Current], [Run.Path], [Run.Begun],
// [Run.Failed]. A run is changed only by the fold of events in package history;
// package runs does the work, and records each step before and after it.
package work
