package chat

import (
	"time"

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/socket"
)

// Meter counts and times what happens between gonogo and Slack. It is called where
// things happen, from any goroutine, so it must be quick. Its labels come from short
// lists: [Methods], [slackerr.Outcomes] and [socket.Reasons].
type Meter interface {
	socket.Meter
	pace.Meter
	// TurnedAway counts a request that found the queue full.
	TurnedAway()
}

// Methods lists the Web API methods that this package calls; response_url stands for
// answers to one.
var Methods = []string{
	"apps.connections.open", "auth.test", "chat.postEphemeral", "chat.postMessage", "chat.update", "conversations.info", "conversations.open",
	"files.completeUploadExternal", "files.getUploadURLExternal",
	"response_url", "usergroups.list", "usergroups.users.list", "users.info", "views.open", "views.publish",
}

// unmetered is the Meter where none is given.
type unmetered struct{}

// Acknowledged implements [Meter].
func (unmetered) Acknowledged(time.Duration) {}

// TurnedAway implements [Meter].
func (unmetered) TurnedAway() {}

// SocketOver implements [Meter].
func (unmetered) SocketOver(string) {}

// Called implements [Meter].
func (unmetered) Called(string, string) {}

// Waited implements [Meter].
func (unmetered) Waited(string, time.Duration) {}
