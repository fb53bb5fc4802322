// Package pgwire is a PostgreSQL server for a fixed list of statements. It
// speaks version 3 of the frontend/backend protocol as the real server does
// (https://www.postgresql.org/docs/15/protocol.html), so that any client
// library connects to it, but it has no parser, no planner and no tables: a
// statement is known by its text, and one that is not on the list is refused
// with SQLSTATE 0A000.
//
// # Nouns
//
// A [Server] is one database with one user. It answers the statements it was given
// ([Statement]) and those that every server here knows: transaction control, timeouts
// through set_config, and a few questions about the server itself. A session is
// one connection: its transaction, its prepared statements and its portals. A
// [Fault] is an error with the SQLSTATE that PostgreSQL gives it.
//
// A session's life, with the letter that ReadyForQuery shows:
//
//	connect ──▶ startup ──▶ password (SCRAM-SHA-256) ──▶ idle (I)
//	idle (I) ──begin──▶ in a transaction (T) ──error──▶ failed (E)
//	T, E ──commit, rollback──▶ idle (I)
//	any ──Terminate, cut, shutdown──▶ closed
//
// # What is refused, and why
//
// The server stands for a database behind a transaction pooler, since that is
// where surprises wait: start-up parameters that PgBouncer does not know
// (statement_timeout, options, search_path) are refused as PgBouncer refuses
// them. TLS and GSSAPI are declined with the protocol's 'N'.
//
// # Who calls it
//
// The practice database calls [New] and [Server.Serve], which returns when its
// context has ended and every session is over. Nothing is stored.
package pgwire
