// Package chat is gonogo's way in and out of Slack, and the only package that
// knows Slack's types. It turns what people say, press and fill in into a
// [commands.Request], turns each [commands.Reply] into blocks, and keeps the
// messages that show runs and sign-offs true.
//
// # The way in
//
//	link ─┐                        ┌─ worker ─┐
//	link ─┼─ intake ─ seen ─ queue ┼─ worker ─┼─ Commands.Handle ─ answer
//	link ─┘   (ack at once)        └─ worker ─┘
//
// A pool keeps a few sockets open. The goroutine that reads a socket parses a
// frame once, asks intake what to do with it, and writes the acknowledgement
// itself before anything else can take time. Intake refuses what comes from
// another app or workspace, knows repeats by what was done (not only by their
// envelope), validates forms, and puts the rest on a bounded queue. When that
// is full the person is told "busy, nothing was done".
//
// # The way out
//
// Workers hand requests to [Commands] and give the reply where it was asked
// for: privately where a command was typed or a button pressed, in the thread
// of a mention, as a form where one is asked for. Separately, threads watches
// the state and posts or updates each [commands.Card], newest state only,
// within Slack's limits for the whole app; homes does the same for the Home
// tabs that people have opened lately.
//
// # When Slack fails
//
// A socket is judged by what comes in: our pings must be answered. A socket
// that Slack announces to close is replaced before it is let go. Passing
// errors are retried with a growing pause; lasting ones (a revoked token, a
// missing scope) are logged with the sentence that mends them and retried
// slowly. Only a token that is refused at start ends Run with an error.
//
// What happens on the way in and out is told to a [Meter], and [Chat.Health] says
// how the connection stands.
//
// Roles are judged from a picture of user groups that is at most a minute old;
// when Slack does not let it be renewed, nobody has a say until it does.
package chat
