// Package storage is what gonogo remembers: an append-only journal of
// everything that happened, and the state that follows from it.
//
// # Nouns
//
// A [Record] is one stored event: numbered, stamped, and chained to the one before by
// its hash. A [Log] stores records, and an index of their once-only keys; package
// bolt stores them in a file, storagetest in memory, and every Log passes the suite in
// storagetest. Package store opens the Log that the configuration names. The [Ledger]
// is built on a Log: it folds the records into a [history.State], asks callers for
// decisions, and appends what they decide.
//
// # Who calls it
//
// Commands and runs change the state through [Ledger.Update], or through [Ledger.Once]
// where the same request may arrive twice. Everyone reads [Ledger.State], which takes
// no lock. The chat side waits on [Ledger.Watch] and shows what has changed. Health
// checks call [Ledger.Health] and [Ledger.Answers].
//
// [Export] writes a Log as text and [Lines] reads the text; [Copy] makes another Log
// from either, with the same hashes.
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
// Each decision in a batch sees what the ones before it decided. While a batch is
// being made durable, the next one gathers, so many writers share one write to the
// disk. Nobody is answered before the write.
//
// Decisions are made in the order in which they arrive, whoever asks, up to 512 a
// write. So a decision for an alert, a schedule or a run waits for what was asked
// before it and for nothing later. Callers that can ask often are limited where their
// requests come in, by how many of them may be in progress at a time; that bounds how
// long the others wait.
//
// # Once-only keys
//
// A decision's key is in each of its records, for the ledger's life. The log has an
// index of the keys ([Log].Find), which is updated in the same write as the records;
// none are held in memory. A batch looks up all its keys at once.
//
// # One writer
//
// A ledger claims its log before reading it ([Log].Claim), and appends under the term
// that it got. A later claim begins another term: from then on every append of the
// earlier writer is refused, with the name of the new one ([Superseded]). A claim
// waits for an append in progress. So a gonogo that was paused, or cut off, can't add
// to a ledger that another one has taken over. Within a term, an append to a log that
// has moved past what the writer last knew is refused too ([ErrConflict]).
//
// # Snapshots
//
// Reading and folding the events is most of the work of a start, so the ledger saves
// its state to a file ([Snapshots]) every 5,000 records and at a clean stop, in a
// goroutine of its own. A start loads the state from there and folds only what came
// after. It still walks the whole chain and looks up every key, so an altered record or
// a lost key is found whether it is folded or not. A start doesn't notice a snapshot
// that somebody rewrote together with its hash; whoever can do that can also rewrite
// the journal. If the file is removed, everything is folded.
//
// # On failure
//
// A decision that returns an error, or panics, leaves no trace. If the append fails,
// the whole batch is undone and every caller in it gets the error, also those whose
// decision was a refusal: it may have rested on what was undone. The log is then read
// again, since a failed write may be there all the same: the error wraps
// [ErrNothingDone] if it isn't, and [ErrNotDurable] if it is; if the log can't be read,
// the error wraps neither, and nobody may be told that nothing was done. All three wrap
// [ErrUnwritten]. A later attempt may succeed, unless the error wraps [ErrRestart]: the
// log has records that were not folded, or another writer, and everything is refused
// until gonogo is restarted. A ledger whose records don't fit together isn't opened:
// [Unusable] says in a sentence what is wrong with it and what to do.
//
// # A clock that is wrong
//
// A record's time is no earlier than that of the one before: if the clock is behind the
// last record, time stands still, and [Health].Ahead says by how much the record is
// ahead. If the clock stays behind for two minutes, it is believed: the record
// [event.ClockSetBack] says that the clock was ahead before, and times are the clock's
// again. What was recorded while it was ahead then no longer counts where it counts
// for a limited time, since its age isn't known.
//
// # Room for a rollback
//
// A [Reserve] occupies space on the disk. If a write finds the disk full and contains
// an event of a rollback, or of the deployment that a rollback stops, a piece of the
// reserve is freed and the write is repeated, so that a rollback doesn't wait for
// somebody to free space.
//
// # What the chain proves
//
// [Verify] finds a record that was altered, removed, moved or added, and a tail that
// was cut off. It can't detect that somebody rewrote the whole journal from some point
// on, hashes included. To rule that out, keep the last hash elsewhere, and compare.
package storage
