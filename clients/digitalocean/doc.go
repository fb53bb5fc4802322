// Package digitalocean is the client for DigitalOcean's App Platform: it reads apps
// and their deployments, and makes the few changes that deploy a release and roll it
// back. It is the only package that imports godo, and makes no call of its own
// accord: package deploy calls it, and decides what follows from its answers.
//
// # Nouns
//
// A [Client] has an address and a token. An [App] has a [Spec], the desired state,
// and deployments ([Deployment]), each with the spec it was made from. A deployment
// goes through phases ([Phase]):
//
//	PENDING_BUILD ─▶ BUILDING ─▶ PENDING_DEPLOY ─▶ DEPLOYING ─▶ ACTIVE ─▶ SUPERSEDED
//	      └─────────────┴──────────────┴───────────────┴──▶ ERROR, CANCELED or SUPERSEDED
//
// After [Client.Rollback] the app is pinned to the restored version and accepts no
// other deployment, until [Client.Commit] keeps that version or [Client.Revert]
// deploys the newer one again.
//
// A Spec is kept byte for byte as the platform wrote it, and sent like that, without
// the white space between its values. Unknown fields are sent back untouched, numbers
// keep all their digits, and secrets stay the encrypted values (EV[…]) that the
// platform returned and expects back; only what a With… method names is changed.
// Writing a spec replaces all of it, so start from one that was just read.
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
// A read is retried after a 429, a 5xx or a network error, and not before the
// platform's Retry-After; if that is more than 20 seconds, the read fails at once.
// After a 429 all reads of the client wait that long.
//
// A write is exactly one HTTP request. DigitalOcean has no idempotency keys, so a
// repeated POST is a second deployment, and three layers would repeat one on their
// own: godo's retries, which are off; redirects, which are not followed; and Go's
// HTTP/2, which resends a request when its stream is reset with a protocol error. A
// connection of its own also keeps a write from being sent on one that the other
// side has just closed.
//
// # What happens on failure
//
// Errors are one sentence for people, and their type says what is true now:
//
//	               what happened        what to do
//	*Refused       nothing              fix what the sentence names; if RetryAfter
//	                                    is set, try again after it
//	*Unsure        perhaps the write,   look whether it happened, and leave the
//	               now or later         rest to a person
//	*Unavailable   a read got no answer try again later
//
// Their causes are for logs. No error contains the token, even if the platform's
// answer repeats it.
package digitalocean
