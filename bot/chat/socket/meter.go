package socket

import "time"

// Meter is told what happens on the sockets, by whoever does it, so it must be
// quick and take calls from any goroutine.
type Meter interface {
	// Acknowledged tells how long after its arrival an envelope was acknowledged.
	Acknowledged(took time.Duration)
	// SocketOver tells why a socket ended, or was refused in place of a greeting: one
	// of Reasons.
	SocketOver(reason string)
	// Called tells how a call of the Web API ended: one of slackerr.Outcomes.
	Called(method, outcome string)
}

// Reasons for the end of a socket beside those of Slack's disconnect frame.
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
