// Package lane lets what people wait for have its turn, fairly. It does not know what
// is done in a turn.
//
// A [Lane] has one line for each person. Their turns are served in order and one at a
// time; people whose lines may move take turns. What is put ahead goes before what other
// people wait for, in three turns of four. Nothing begins before [Lane.Begin], and
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
// A turn that works for longer than [Limits].Patience is taken to wait for something
// outside, and keeps nobody else from working; it still counts among those under way. A
// turn that knows that it has to wait says so with [Turn.Aside], and then counts for
// nothing until it goes on.
//
// Turns are kept in memory alone. How many may wait is the caller's business: a lane
// takes all that is put.
package lane
