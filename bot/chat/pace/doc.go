// Package pace keeps gonogo's calls of Slack's Web API within Slack's limits, for the
// whole app, and divides what the limits allow between the callers. It knows nothing
// about the calls themselves.
//
// A [Caller] makes a call as soon as the limit of its method allows, and repeats one
// that Slack rate-limited, since that did nothing. All callers that were made from one
// share its limits. Where Slack asks for a pause, the pause holds the method; for posts
// only the channel, and for answers only the response_url.
//
// # Who goes first
//
// Each call has a [Class]. While a card or a message of a thread waits, it gets at
// least every second slot, however much people ask for. Of the others urgent answers
// get the first; other answers and cards of gate runs that people started take turns.
// Within a class calls are made in order.
//
// Nothing here is stored: after a restart the limits start afresh, and if that is too
// soon, Slack asks for a pause.
package pace
