// Package socket keeps Socket Mode connections to Slack open and acknowledges what
// comes in on them. It knows Slack's envelopes, and nothing of what gonogo makes of
// them: that is up to [Options.Handle].
//
// # The life of a socket
//
//	      apps.connections.open
//	                │ an address, good for one connection
//	                ▼
//	            dialled ─────── no hello within 10 s, or a disconnect in its
//	                │           place: try again after a pause
//	          hello │
//	                ▼
//	              open ──────── cut, or nothing came in for 30 s: over, and
//	                │           replaced at once if it served, else after a pause
//	     disconnect │
//	                ▼
//	           announced ────── Socket Mode off, too many sockets: we close it
//	                │           and wait before opening another
//	 the next socket│
//	  has said hello│
//	                ▼
//	            draining ────── still open after 15 s, or in the way of a new
//	                │           one: we close it
//	closed by Slack │
//	                ▼
//	               over
//
// Open, announced and draining sockets all serve: each envelope goes to Handle, and
// what that returns goes out with the acknowledgement, on the same socket.
//
// So a socket that Slack announces to close has its replacement before it goes, and
// envelopes on their way are not lost. An envelope whose acknowledgement was lost
// comes again, perhaps on another socket; a [Deduplicator] recognises it.
//
// A [Pool] keeps one to ten of them, opened a second apart so that Slack refreshes
// them apart. One goroutine a socket reads it, and is the only one that writes its
// acknowledgements; another replaces it. A socket is judged by what comes in: Slack's
// answers to our pings are enough, and a socket that is merely open is not.
//
// # Other processes
//
// Slack spreads envelopes over all sockets of an app, also those of a second process with
// the same app token. The greeting of a socket says how many Slack counts, so a pool that
// has opened none for a while opens one more, and closes it once it is greeted; see
// [Status].Strays.
//
// # When Slack fails
//
// Temporary errors are retried with growing pauses, lasting ones (a revoked token,
// Socket Mode switched off) once a minute, with the sentence that fixes them in the
// log and in [Status]. Only an app token that Slack never accepted ends [Pool.Run].
// Sockets that end as soon as they are opened are replaced more and more slowly.
package socket
