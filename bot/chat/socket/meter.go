package socket

import "time"

// Meter measures what happens on the sockets. It is called where it happens, so it must
// be quick and accept calls from any goroutine.
type Meter interface {
	// Acknowledged is called with how long after its arrival an envelope was
	// acknowledged.
	Acknowledged(took time.Duration)
	// SocketOver is called with why a socket ended, or was refused before the greeting:
	// one of Reasons.
	SocketOver(reason string)
	// Called is called with how a Web API call ended: one of slackerr.Outcomes.
	Called(method, outcome string)
}

// Reasons for the end of a socket, in addition to those in Slack's disconnect frame.
const (
	reasonCut    = "cut"    // without a word
	reasonOther  = "other"  // with a word that Slack does not document
	reasonClosed = "closed" // by us
)

// Reasons lists why a socket ends.
var Reasons = []string{reasonWarning, reasonRefresh, reasonTooMany, reasonOff, reasonCut, reasonOther, reasonClosed}

// endReason names the end of a socket, given what Slack announced.
func endReason(announced string, closing bool) string {
	switch announced {
	case "":
		if closing {
			return reasonClosed
		}
		return reasonCut
	case reasonWarning, reasonRefresh, reasonTooMany, reasonOff:
		return announced
	}
	return reasonOther
}
