package wording

import "gonogo/readiness/event"

// IssueAway says of an issue that gonogo keeps it no longer, and why.
func IssueAway(away event.IssueAway) string {
	why := map[event.IssueAway]string{event.IssueMoved: "transferred", event.IssueLocked: "locked", event.IssueDeleted: "deleted"}
	return "moved away (" + why[away] + "); the next failure opens another"
}
