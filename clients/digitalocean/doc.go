// Package digitalocean asks DigitalOcean's App Platform: it reads apps and
// their deployments, and makes the few changes that take a release out and
// bring it back. It is the only package that knows godo, and asks nothing by
// itself: whoever deploys calls it, and decides what follows from its answers.
//
// # Nouns
//
// A [Client] knows an address and a token. An [App] has a [Spec], which is what
// is wanted, and [Deployment]s, which are what was made of it, each with the
// spec it was made from. A deployment goes through [Phase]s:
//
//	PENDING_BUILD ─▶ BUILDING ─▶ PENDING_DEPLOY ─▶ DEPLOYING ─▶ ACTIVE ─▶ SUPERSEDED
//	      └─────────────┴──────────────┴───────────────┴──▶ ERROR, CANCELED or SUPERSEDED
//
// After [Client.Rollback] the app is pinned to what was brought back and takes
// no other deployment, until [Client.Commit] keeps that version or
// [Client.Revert] deploys the newer one again.
//
// A Spec is kept as the platform wrote it, byte for byte, and sent like that,
// less the blanks between its values. Fields that this package does not know
// come back untouched, numbers keep all their digits, and secrets stay the
// encrypted values (EV[…]) that the platform gave out and wants to have back;
// only what a With… method names is changed. Writing a spec
// replaces the whole of it, so start from one that was just read.
//
// # Reads and writes
//
//	         lasts              tried            connection
//	read     as long as its     4 times at most, kept open between
//	         context, 10 s a    0.25, 0.5 and    requests
//	         try at most        1 s apart
//	write    as long as its     once             its own, HTTP/1.1
//	         context
//
// A read is tried again after a 429, a 5xx or a failure of the network, and not
// before the platform's Retry-After; one that asks for more than 20 seconds is
// not waited for. After a 429 all reads of the client wait as long.
//
// A write is exactly one HTTP request. DigitalOcean knows no idempotency key,
// so a repeated POST is a second deployment, and three layers would repeat one
// on their own: godo's retries, which are off; redirects, which are not
// followed; and Go's HTTP/2, which sends a request again when its stream is
// reset with a protocol error. On a connection of its own a write does not
// meet one that the other side has just closed, either.
//
// # What happens on failure
//
// Errors are one sentence for people, and tell by their type what is true now:
//
//	               what happened        what to do
//	*Refused       nothing              mend what the sentence names; where
//	                                    RetryAfter is set, ask again after it
//	*Unsure        perhaps the write,   look whether it did, and leave the rest
//	               now or later         to a person
//	*Unavailable   a read got no answer ask again later
//
// Their causes are for logs. No error contains the token, even where the
// platform's answer repeats it.
package digitalocean
