// Package answer is what can be said to an item of the checklist, as data.
//
// An item asks a question, named by its [Definition]. A gate or a person answers
// it with [Evidence]: a [Verdict], what was measured ([Measure]), a note, a link
// or a [File], and the [Subject] that it was taken from. The [Key] says which
// item was answered, and for which environment; the [Scope] says for what the
// answer counts.
//
// A sign-off rests on a [Basis], the answers as they were when it was given. A
// waiver rests on what was [Shown] to the person who gave it.
//
// Evidence, Basis and Shown are stored in the ledger inside events. Their JSON
// form is kept: fields are added, never renamed. Whether an answer counts now is
// not decided here but by [gonogo/readiness.View].
package answer
