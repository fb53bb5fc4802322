// Package event is what happened: one type for each kind of entry in the ledger.
//
// An [Event] is a fact in the past tense. It is decided in storage.Ledger.Update,
// appended to the ledger, and never changed; the ledger adds the time. What it
// does to the state is in [gonogo/readiness/history.State.Apply].
//
// [Encode] and [Decode] turn events into JSON and back. The JSON form is kept for
// the ledger's life: fields are added, never renamed, and testdata/events.jsonl
// holds every shape there ever was. A kind that this gonogo does not know decodes
// to [Unknown], which is kept as it was written and changes nothing.
//
// A new event is a type here, beside those of its family, and two lines in
// kinds.go: its kind and its decoder.
package event
