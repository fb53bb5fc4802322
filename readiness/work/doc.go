// Package work is runs as data: gate runs, deployments, rollbacks and runbooks, in
// progress or done.
//
// A [Run] has steps ([Step]), planned when it starts. A deployment or a rollback has a
// [Change], which says what it does to an environment. A run that needs a person has a
// [Question] and waits for the [Answer]; the Choose constants are the choices that it
// may offer. It ends with an [Outcome].
//
//	           step started      step ended
//	planned ───────────────▶ running ─────▶ done      (each step)
//	run started ──▶ open ──▶ completed | failed | cancelled | interrupted
//
// [Run.Current], [Run.Path], [Run.Begun] and [Run.Failed] say where a run stands. Only
// the fold of events in package history changes a run; package runs does the work, and
// records each step before and after it.
package work
