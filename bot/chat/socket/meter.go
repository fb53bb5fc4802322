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
	overCut    = "cut"    // without a word
	overOther  = "other"  // with a word that Slack does not document
	overClosed = "closed" // by us
)

// Reasons lists why a socket ends.
var Reasons = []string{warned, refreshed, tooMany, switchedOff, overCut, overOther, overClosed}

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
