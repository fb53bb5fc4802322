package event

// The events around locks, besides EnvironmentLocked and EnvironmentUnlocked.

// EnvironmentQueued says that a person wants to be told when an environment is free, or no
// longer does.
type EnvironmentQueued struct {
	Environment string `json:"environment"`
	By          string `json:"by"`
	Leaves      bool   `json:"leaves,omitempty"`
}

// EnvironmentOffered says that an environment is free, and who is told: the next in line,
// who leaves the queue by that.
type EnvironmentOffered struct {
	Environment string `json:"environment"`
	To          string `json:"to"`
}

// LockReminded says that the holder of a lock is reminded of it.
type LockReminded struct {
	Environment string `json:"environment"`
	Claim       string `json:"claim"`
}
