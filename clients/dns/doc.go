// Package dns queries individual name servers: the authoritative servers of a name,
// and any resolver. That shows whether a changed record is visible everywhere.
//
// [Client.Ask] sends one question to one server, over UDP, and over TCP if the answer
// doesn't fit. A question that gets no answer is sent once more. An answer is final,
// whatever it says, except that a server without EDNS is asked again without it.
// [Client.Authorities] finds the authoritative servers of a name through a resolver,
// with every address of each.
//
// Whatever a server says is an [Answer], even if it is "no such name" or a refusal.
// Only a server that doesn't answer is an error, with a sentence for people. Nothing
// here is secret, and nothing is written.
package dns
