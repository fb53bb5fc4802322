package chat

import (
	"time"
)

// Meter is told what happens between gonogo and Slack, by whoever does it, so
// it must be quick and take calls from any goroutine. What it is told comes
// from short lists: [Methods], [slackerr.Outcomes] and [Reasons].
type Meter interface {
	// Acknowledged tells how long after its arrival an envelope was acknowledged.
	Acknowledged(took time.Duration)
	// TurnedAway tells that the queue was full.
	TurnedAway()
	// SocketOver tells why a socket ended, or was refused in place of a greeting.
	SocketOver(reason string)
	// Called tells how a call of the Web API ended.
	Called(method, outcome string)
	// Waited tells how long a call waited for its turn, or for the end of a
	// pause that Slack asked for.
	Waited(method string, waited time.Duration)
}

// Reasons for the end of a socket beside those of Slack's disconnect frame.
const (
	overCut    = "cut"    // without a word
	overOther  = "other"  // with a word that Slack does not document
	overClosed = "closed" // by us
)

// Methods lists what of the Web API this package calls; response_url stands
// for answers to one.
var Methods = []string{
	"apps.connections.open", "auth.test", "chat.postEphemeral", "chat.postMessage", "chat.update", "conversations.open",
	"files.completeUploadExternal", "files.getUploadURLExternal",
	"response_url", "usergroups.list", "usergroups.users.list", "users.info", "views.open", "views.publish",
}

// Reasons lists why a socket ends.
var Reasons = []string{warned, refreshed, tooMany, switchedOff, overCut, overOther, overClosed}

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

// overReason names the end of a socket, given what Slack announced.
func overReason(announced string, leaving bool) string {
	switch announced {
	case "":
		if leaving {
			return overClosed
		}
		return overCut
	case warned, refreshed, tooMany, switchedOff:
		return announced
	}
	return overOther
}
