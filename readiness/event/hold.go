package event

// HoldKind says what sort of thing holds.
type HoldKind string

// The kinds of holds, the most pressing first.
const (
	HeldByRollback    HoldKind = "undecided"   // a rollback that is under way or waits for Keep or Return
	HeldByInterrupted HoldKind = "interrupted" // it isn't known what the run did
	HeldByPin         HoldKind = "pin"         // the platform takes no deployment after a rollback
	HeldByReturn      HoldKind = "rolled-back" // the version was rolled back
	HeldByAlert       HoldKind = "alert"       // a severe alert fires
	HeldByFreeze      HoldKind = "freeze"
	HeldByLock        HoldKind = "lock"
)

// Permission is the permission that lifting a hold of a kind requires.
func (k HoldKind) Permission() string {
	switch k {
	case HeldByLock, HeldByFreeze:
		return "lock"
	case HeldByAlert:
		return "alerts"
	case HeldByReturn:
		return "release"
	}
	return "rollback"
}
