package checklist

import (
	"time"
)

// DefaultSeverity is the severity of alerts that hold unless the configuration
// names others.
const DefaultSeverity = "critical"

// Severities are those whose alerts hold.
func (c *Checklist) Severities() []string {
	if c.HoldingSeverities == nil {
		return []string{DefaultSeverity}
	}
	return c.HoldingSeverities
}

// EscalationRule says to whom goes what nobody takes.
type EscalationRule struct {
	After   time.Duration // how long something waits for each; 0: nothing is escalated
	To      []string      // roles, in order
	Webhook bool          // an outside address is told as well, along with the first role
}
