// Package pace keeps gonogo's calls of Slack's Web API within Slack's limits, for the
// whole app, and shares what the limits allow between those who call. It does not
// know what is called.
//
// A [Caller] makes a call as soon as the limit of its method allows, and again where
// Slack turned it away for its rate, since such a call did nothing. All callers that
// were made from one share its limits. Where Slack asks for a pause, the pause holds
// the method; for posts only the channel, and for answers only the response_url.
//
// # Who goes first
//
// Calls that wait for the same limit are of a [Class]. While a card or a message of a
// thread waits, it gets at least every second slot, however much people ask for. Of
// the others urgent answers get the first; other answers and cards of gate runs that
// people started take turns. Within a class the first to come is the first to go.
//
// Nothing here is kept: the limits begin anew with the process, and Slack says so where
// that is too soon.
package pace
