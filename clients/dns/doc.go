// Package dns asks name servers, one by one, what they say of a name: those
// that have authority over it and any resolver. That is how it is known whether
// a record that was changed is seen everywhere.
//
// [Client.Ask] asks one server one question, over UDP and, where the answer
// does not fit, over TCP. A question that got no answer is asked once more; an
// answer is never asked for again, since what a server says is what is wanted;
// but a server that does not know EDNS is asked without.
// [Client.Authorities] finds the servers that have authority over a name, with
// every address of each, through a resolver.
//
// What a server says is an [Answer], also where it says no: no such name, or
// that it will not. Only a server that says nothing is an error, with a
// sentence for people. Nothing here is secret, and nothing is written.
package dns
