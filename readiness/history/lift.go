package history

import (
	"time"
)

// Lift is a person's word that a hold does not count, with the reason.
type Lift struct {
	Environment, Claim string
	Version            string    // the version that may pass; empty: any
	Alerts             []string  // of an alert's hold: the fingerprints that it covers until they end
	Until              time.Time // zero: as long as the hold
	By, Reason         string
	Deputy             string // role for which By acted as a deputy; empty: as a holder
	At                 time.Time
}
