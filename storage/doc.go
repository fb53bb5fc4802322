// Package storage is what gonogo remembers: an append-only journal of
// everything that happened, and the state that follows from it.
//
// # Nouns
//
// A [Record] is one event as it is kept: numbered, stamped, and chained to the
// one before by its hash. A [Log] keeps records, and an index of their once-only
// keys; package bolt keeps them in a file, storagetest in memory, and every Log
// passes the suite in storagetest. Package store opens the Log that the
// configuration names. The [Ledger] stands on a Log: it folds the records into a
// [history.State], asks callers for decisions, and appends what they decide.
//
// # Who calls it
//
// Commands and runs change the state by [Ledger.Update], or by [Ledger.Once]
// where the same wish may arrive twice. Everyone reads [Ledger.State], which
// takes no lock. The chat side waits on [Ledger.Watch] and draws what it sees.
// Who watches over gonogo asks [Ledger.Health], and [Ledger.Answers].
//
// [Export] writes a Log as text and [Lines] reads that again; [Copy] makes
// another Log of either, with the same hashes.
//
// # How a decision becomes a fact
//
// One goroutine, in [Ledger.Run], owns the state:
//
//	Update ──▶ gather ──▶ evaluate ──▶ append ──▶ publish ──▶ answer
//	           what       each in      one        State and   every
//	           waits      turn         durable    Watch       caller
//	                                   write
//
// Each decision of a batch sees what the ones before it decided. While a batch
// is being made durable, the next one gathers, so many writers share one write
// to the disk. Nobody is answered before the write.
//
// Decisions are taken in the order in which they were asked for, whoever asks, up to
// 512 a write. So what an alert, a schedule or a run asks for waits for what was
// asked before it and for nothing later. Whoever can ask often is bounded where they
// come in, by how much of theirs is under way at a time: that is how long the others
// may wait.
//
// # Once-only keys
//
// A decision's key is in each of its records, for the ledger's life. Whether one
// stands is asked of the log, which has an index of them ([Log].Find) that grows in
// the same write as the records; none are held in memory. A batch asks once for all
// its keys.
//
// # One writer
//
// A ledger claims its log before it reads it ([Log].Claim), and appends under the
// term it got. Whoever claims the log later begins another term: from then on each
// append of the earlier one is refused, with who that is ([Superseded]), and a claim
// waits for an append under way. So a gonogo that was paused, or cut off, cannot add
// to a ledger with which another one went on. Within a term a log that has moved past
// what the writer last knew is refused too ([ErrConflict]).
//
// # Snapshots
//
// Reading the events and folding them is most of the work of a start, so the
// ledger leaves its state in a file now and then ([Snapshots]): every 5,000
// records and at a clean stop, from a goroutine of its own. A start takes the
// state from there and folds only what came after. It still walks the whole
// chain and looks every key up, so an altered record or a lost key is found
// whether it is folded or not. What a start does not see is a
// snapshot that somebody wrote anew, its hash included; whoever can do that can
// write the journal anew too. Remove the file, and everything is folded.
//
// # On failure
//
// A decision that returns an error, or panics, leaves no trace. If the append
// fails, the whole batch is undone and every caller in it gets the error,
// also those whose decision was a refusal: it may have rested on what was
// undone. The log is then read again, since a write that failed may be there
// all the same: the error wraps [ErrNothingDone] where it is not, and
// [ErrNotDurable] where it is; where that cannot be read it wraps neither, and
// nobody may be told that nothing was done. All three wrap [ErrUnwritten]. A later
// attempt may succeed, unless the error wraps [ErrRestart]: the log holds what was
// not folded, or has another writer, and everything is refused until gonogo is
// restarted. A ledger whose records do not fit together is not opened: [Unusable]
// says in a sentence what is wrong with it and what to do.
//
// # Room for a rollback
//
// A [Reserve] takes up room on the disk. Where a write finds that full and has an
// event of a rollback in it, or of the deployment that a rollback stops, a piece of
// the reserve is given back and the write is repeated, so that going back does
// not wait for somebody who makes room.
//
// # What the chain proves
//
// [Verify] finds a record that was altered, removed, moved or added, and a tail
// that was cut off. It cannot find that somebody wrote the whole journal anew
// from some point on, hashes included; whoever has to exclude that keeps the
// last hash elsewhere, and compares.
package storage
