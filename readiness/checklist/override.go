package checklist

import "slices"

// Override is how two people together may have a version go out to an environment
// although some items don't pass.
type Override struct {
	Roles  []string // who may ask for it: one of these roles' people
	Second []string // who may confirm it: somebody else, of one of these roles
	Items  []string // what may be passed over
}

// Covers reports whether an item may be passed over. What rests on gonogo's own state,
// such as a sign-off or what is live elsewhere, never may.
func (o *Override) Covers(it *Item) bool {
	return o != nil && slices.Contains(o.Items, it.ID) && (it.Gate == nil || it.Gate.Condition == nil)
}
