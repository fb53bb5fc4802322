// Package lane is a fair scheduler for what people wait for. It does not know what is
// done in a turn.
//
// A [Lane] has one line for each person. Their turns are served one at a time and in
// order; people with a turn to begin alternate. A turn that is put ahead goes before
// those of other people, in three turns of four. Nothing begins before [Lane.Begin], and
// [Lane.Drain] waits for all that was put.
//
// # The life of a turn
//
//	Put ──▶ waits in its ──▶ works ───── done ──────▶ over
//	        person's line    ▲   │
//	              ▲          │   └─ longer than Limits.Patience: no longer counts as
//	              │          │      working, so others go; unless Limits.InOrder, the
//	              │          │      person's next turn may begin, too
//	              │          │
//	              └─ Aside, and what it waits for has come: at the head of the line
//
// A turn that works for longer than [Limits].Patience is assumed to wait for something
// outside, and no longer takes one of the places for those that work; it still counts
// among those under way. A turn that knows it has to wait calls [Turn.Aside], and counts
// in neither until it continues.
//
// Turns are kept in memory only. How many may wait is the caller's business: a lane
// takes all that is put.
package lane
