// Package answer is what can be said to an item of the checklist, as data.
//
// An item asks a question, identified by its [Definition]. A gate or a person answers
// it with [Evidence]: a [Verdict], what was measured ([Measure]), a note, a link or a
// [File], and the [Subject] that was measured. The [Key] says which item was answered,
// and for which environment; the [Scope] says what the answer counts for.
//
// A sign-off rests on a [Basis], the answers as they were when it was given. A waiver
// rests on what was [Shown] to the person who gave it.
//
// Evidence, Basis and Shown are stored in the ledger inside events. Their JSON form is
// permanent: fields are added, never renamed. [gonogo/readiness.View] decides whether
// an answer counts now.
package answer
