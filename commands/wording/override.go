package wording

import (
	"gonogo/commands/reply"
	"gonogo/readiness/history"
)

// OverriddenBy says who let a deployment go out past something, and why.
func OverriddenBy(o history.Override) reply.Text {
	return reply.Say("overridden by ", reply.User(o.By), " and ", reply.User(o.ConfirmedBy), ": ", reply.Shorten(o.Reason, 200))
}

// Override is the state of an override in a word or two.
func Override(o history.Override, end bool) string {
	switch {
	case !o.Used.IsZero():
		return "used"
	case !o.Declined.IsZero() && !o.Confirmed.IsZero():
		return "taken back"
	case !o.Declined.IsZero():
		return "declined"
	case o.Replaced != "":
		return "replaced"
	case end:
		return "expired"
	case !o.Confirmed.IsZero():
		return "confirmed"
	}
	return "asked for"
}
