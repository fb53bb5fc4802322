package wording

import "gonogo/readiness/event"

// IssueAway says that gonogo no longer maintains an issue, and why.
func IssueAway(away event.IssueAway) string {
	why := map[event.IssueAway]string{event.IssueMoved: "transferred", event.IssueLocked: "locked", event.IssueDeleted: "deleted"}
	return "moved away (" + why[away] + "); the next failure opens another"
}
