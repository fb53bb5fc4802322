// Package chat is gonogo's way in and out of Slack: it and the packages below it are the only ones
// that know Slack. It turns what people say, press and fill in into a [commands.Request], turns
// each [reply.Reply] into blocks, and keeps the messages that show runs and sign-offs up to date.
//
// A [Workspace] is the part of Slack that needs no commands: who holds which role, and where
// messages are. It is made first, since the commands need it; a [Chat] then connects the two.
//
// # The way in
//
//	socket ─┐                ┌─ urgent ─┐                        ┌─ answers ─────┐
//	socket ─┼─ intake ───────┤          ├─ Commands.Handle ─────▶┤               ├─ Slack
//	socket ─┘  (ack at once) └─ plain ──┘   busy: nothing done ─▶└─ turned away ─┘
//
// Package socket keeps a few sockets open. The goroutine that reads one asks intake what to do
// with each envelope, and writes the acknowledgement itself before anything else can take time.
// Intake refuses what comes from another app or workspace, recognises repeats by what was done
// (not only by their envelope), validates forms, and queues the rest.
//
// # Turns
//
// Turns are fair (package lane). Each person has one queue, whose acts are decided one at a time
// and in order. People with something in their queue take turns. Four lanes have their own
// goroutines, so that none waits for another:
//
//	urgent       Acknowledge, Stop and rollback of people who are known to hold the
//	             role; 2 acts compute for each core, 1024 may wait
//	plain        all else; 2 acts compute for each core, Options.QueueSize may wait.
//	             Approvals, and what answers alerts, rollbacks and runs that ask, go
//	             before what other people wait for, in three turns of four
//	answers      64 are sent at a time
//	turned away  64 sentences for those for whom there was no room are sent at a
//	             time, 256 may wait
//
// A person may have 32 acts waiting in a lane, and 32 whose answers Slack has not taken; for more
// they are told that nothing was done. [Commands] decides what is urgent, from the roles in
// memory: nobody without a role can flood the urgent lane.
//
// A Stop that overtakes a Start finds nothing under way. So it also stops the acts that arrived
// before it and would start what it stops; [Commands] says which those are. One that still waits
// for its turn does not begin; one that Commands is handling already is waited for, and then
// stopped (undecided.go).
//
// Waiting takes nobody else's turn. An act that takes longer than 20 ms is assumed to wait for a
// platform or the disk, and no longer counts among those that compute; its person's queue stops
// until it is done, except for urgent acts. An answer that has to wait, for a rate limit or for a
// pause that Slack asks for, gives up its turn to others, but not to those for the same
// destination. A pause holds one response_url, one channel's posts or one method.
//
// # Shares
//
// Cards, Home tabs and the members of roles have a goroutine each beside the lanes. Webhooks
// (bot/web), schedules, triggers and runs (runs) never enter them. Where they compete with what
// people ask for, they have a reserved share:
//
//	Slack's limits   a card or a message of a thread that waits for a limit gets at
//	                 least every second slot; of the others urgent answers get the
//	                 first, and other answers and cards of gate runs that people
//	                 started take turns (package pace)
//	the ledger       decides in the order of arrival (storage); of people's acts at
//	                 most Options.Workers of each lane are under way at a time
//	gates            each run and the scheduled checks have places of their own (runs)
//	HTTP             webhooks have an entry of their own, which no command uses (bot/web)
//
// # The way out
//
// Package render turns replies into blocks and forms. A reply is delivered where it was asked for:
// privately where a command was typed or a button pressed or a mention is refused, in the thread
// of any other mention, as a form where one is asked for. Of the replies that replace one message,
// the newest wins. Separately, threads watches the state and posts or updates each [cards.Card],
// newest state only, within Slack's limits for the whole app; homes does the same for the Home
// tabs that people have opened lately.
//
// # One message for each card
//
// A post may succeed although the response is lost, or the process may end between the two. So the
// ledger records each post before it is made, and the message carries a mark in its metadata (a
// file is known by its ID). What may have arrived is searched for in its channel or thread before
// it is posted again. Copies that arrive late are deleted, or lose their buttons, for as long as
// the card is shown, also by the next process (posts.go, copies.go). An app without the history
// scopes cannot search: its repeated messages say that they may be duplicates.
//
// # When Slack fails
//
// Package socket replaces the sockets that end, and package slackerr tells passing
// errors, which are retried with a growing pause, from lasting ones (a revoked token,
// a missing scope), which are logged with the sentence that fixes them and retried
// slowly. Only a token that is refused at start ends Run with an error.
//
// A card that Slack refuses for good shows its title as plain text, and the command that
// shows the rest.
//
// That Slack refuses a message about an alert, or one that on-call waits for, is recorded,
// as the outcome of its post. From that follow a message in the other channel
// (commands/cards, elsewhere.go and elsewhere_alerts.go), and, for what on-call waits for,
// that the outside webhook is notified at once (runs/incidents).
//
// A [Meter] counts what happens on the way in and out, and [Chat.Health] reports the state of the
// connection and the channels that the bot can't post to.
//
// # Who may
//
// Package people knows who holds which role, from Slack's user groups and profiles. Intake passes
// it events at once, before they are acknowledged.
package chat
