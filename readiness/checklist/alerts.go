package checklist

import (
	"time"
)

// DefaultSeverity is the severity of alerts that hold unless the configuration
// names others.
const DefaultSeverity = "critical"

var defaultSeverities = []string{DefaultSeverity} // made once, since each look at the cards asks for each alert

// Severities are those whose alerts hold. The list is not to be changed.
func (c *Checklist) Severities() []string {
	if c.HoldingSeverities == nil {
		return defaultSeverities
	}
	return c.HoldingSeverities
}

// EscalationRule says to whom goes what nobody takes.
type EscalationRule struct {
	After   time.Duration // how long something waits for each; 0: nothing is escalated
	To      []string      // roles, in order
	Webhook bool          // an outside address is told as well, along with the first role
}
