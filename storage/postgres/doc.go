// Package postgres stores the ledger in PostgreSQL, 13 or newer. It is the log where
// there is no persistent disk, or where the database is already backed up and
// replicated.
//
// # The tables
//
// A ledger has a PostgreSQL schema of its own, which the first start creates:
//
//	ledger   one row: format, term and writer, number and hash of the last record
//	records  one row per record; kind, key and data are the bytes that were hashed
//	trial    padding, there only while it is tried whether a write would last
//
// Texts are bytea and times are microseconds since 1970, so that neither the
// database's encoding nor a setting that another client left on a pooled connection
// changes what is read. The index of once-only keys is PostgreSQL's own, on the SHA-256
// of the key.
//
// # An append is one statement
//
// It moves the row in ledger if that still has the writer's term, the number and the
// hash of the record before, and the number of the attempt; and it inserts the records
// if the row moved. One statement is one transaction and one round trip. It needs no
// session, prepared statement, lock or LISTEN, so it works through PgBouncer in
// transaction mode. If the login has synchronous_commit off, the statement turns it on
// for itself.
//
// # When the outcome isn't known
//
// An error of a write never tells whether it was committed. So after any error the log
// settles: it moves the attempt's number, for which it waits until the statement is over
// if the server is still executing it, and which refuses the statement if it arrives
// later. Then it looks whether the record is there. Only if it isn't, and the connection
// was at fault, the append is sent once more. If the server can't be asked, Append
// returns an error and the next Append, Find or Read settles first.
//
// A connection that fails is given up with all others of the pool, also if the server
// has become read-only: after a failover the pool would keep its connections to the old
// primary. Connections for writing are made only to a server that can write.
//
// # One writer
//
// The term fences: a claim adds one to it, and every append of an earlier writer is
// refused. That alone would let a second gonogo, started by mistake, take the ledger
// away from the one that works. So [Place.Open] waits for a writer that has it and is
// alive, and then refuses with [ErrInUse]. A writer shows that it is alive by writing, at
// least every few seconds ([Log.IdleFor]), and says when it leaves. One that was killed
// counts as gone some seconds after its last write, or at once if the start is on the same
// machine and can see that the process has ended. One that was only paused, or cut off,
// finds itself superseded when it wakes up.
//
// An advisory lock can't do this: it belongs to a session, and a pooler in transaction
// mode gives the session to the next client. Replicas that share a ledger are not
// supported yet.
//
// # Failover
//
// A standby that hadn't received everything loses records when it takes over. A writer
// notices: the ledger's row no longer has the hash of the last record that was
// acknowledged. It refuses to continue until it is restarted.
package postgres
