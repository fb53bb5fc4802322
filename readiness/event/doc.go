// Package event is what happened: one type for each kind of entry in the ledger.
//
// An [Event] is a fact in the past tense. It is decided in storage.Ledger.Update,
// appended to the ledger, and never changed; the ledger adds the time.
// [gonogo/readiness/history.State.Apply] applies it to the state.
//
// [Encode] and [Decode] convert events to JSON and back. The JSON form is permanent:
// fields are added, never renamed, and testdata/events.jsonl has every shape there ever
// was. A kind that this version of gonogo doesn't know is decoded to [Unknown], which is
// kept as it was written and changes nothing.
//
// A new event is a type here, next to those of its family, and two lines in kinds.go:
// its kind and its decoder.
package event
