package chat

import (
	"time"

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/socket"
)

// Meter is told what happens between gonogo and Slack, by whoever does it, so
// it must be quick and take calls from any goroutine. What it is told comes
// from short lists: [Methods], [slackerr.Outcomes] and [socket.Reasons].
type Meter interface {
	socket.Meter
	pace.Meter
	// TurnedAway tells that the queue was full.
	TurnedAway()
}

// Methods lists what of the Web API this package calls; response_url stands
// for answers to one.
var Methods = []string{
	"apps.connections.open", "auth.test", "chat.postEphemeral", "chat.postMessage", "chat.update", "conversations.open",
	"files.completeUploadExternal", "files.getUploadURLExternal",
	"response_url", "usergroups.list", "usergroups.users.list", "users.info", "views.open", "views.publish",
}

// unmetered is the Meter of those who have none.
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
