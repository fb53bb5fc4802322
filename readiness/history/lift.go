package history

import (
	"time"
)

// Lift is a person's decision that a hold doesn't count, with the reason.
type Lift struct {
	Environment, Claim string
	Version            string    // the version that may be deployed; empty: any
	Alerts             []string  // for an alert's hold: the fingerprints that it covers until they end
	Until              time.Time // zero: as long as the hold
	By, Reason         string
	Deputy             string // role for which By acted as a deputy; empty: as a holder
	At                 time.Time
}
