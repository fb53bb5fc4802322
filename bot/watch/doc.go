// Package watch looks, all the time, whether gonogo can do its work, and tells people
// when it can't.
//
// A [Trouble] is one thing that keeps gonogo from its work. [Kinds] says of each kind
// whether it makes /readyz answer 503, and who is told of it. What gonogo knows from
// memory, such as how many sockets are open, comes from Options.Own; what has to be
// asked of somebody, such as whether Slack accepts the token, is a [Look].
//
//	Look ── every 30 s, bounded ──▶ verdict ──┐
//	Own ── whenever it is asked for ──────────┴▶ Standing ──▶ /readyz, /metrics
//	                                              │ lasts a minute
//	                                              ▼
//	                        Troubled in the ledger ──▶ card in Slack, webhook
//	                                              │ over
//	                                              ▼
//	                        TroubleEnded in the ledger ──▶ card says so
//
// # What happens on failure
//
// A look that gets no answer changes nothing at first: the last verdict stands. A
// verdict that found trouble stands until an answer says otherwise, and one that found
// none for five minutes; after that, [Standing] lists what was looked at as unchecked.
// Where [Look.Silent] is set, two minutes without an answer are a trouble themselves.
// A look that is needed and was never answered makes gonogo not ready.
//
// The ledger has the trouble before it is told, so a restart tells nothing twice. While
// the ledger can't be written, or a write to it hangs, a trouble can't be recorded.
// Each process then notifies the webhook once, and has [Teller] post a message that nothing
// remembers. The trouble is recorded once the ledger can be written, also if it is over by
// then; its card is shown, and the message is deleted.
package watch
