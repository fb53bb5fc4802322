#!/usr/bin/env bash
# slack-go refuses the event that Slack's own documentation shows for a user group
# whose members changed.
#
#   "added_users_count": "3"   json: cannot unmarshal string into … of type int
#   "added_users_count": 3     read, 3 added
#
# The reference page of subteam_members_changed (docs.slack.dev, November 2026) shows
# both counts as strings; Slack's types for Node declare them as numbers. One would
# expect a client library to read the documented example. slack-go 0.35.0 returns an
# error for the whole event, the lists of members included, and its Socket Mode client
# then hands on a bad message in place of the event, which nobody can acknowledge.
#
# A release bot that ends somebody's authority with this event, because they left the
# approvers' group, hears nothing if a count comes as a string. Read the counts as
# either, and take the members from the lists.
#
# Needs Go. Takes about 20 seconds. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'MOD'
module finding

go 1.25

require github.com/slack-go/slack v0.35.0
MOD
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack/slackevents"
)

func main() {
	for _, count := range []string{`"3"`, `3`} {
		event := `{"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": "Ev1", "event_time": 123456789,
			"event": {"type": "subteam_members_changed", "subteam_id": "S1", "team_id": "T1", "date_previous_update": 1446670362,
				"date_update": 1492906952, "added_users": ["U1", "U2", "U3"], "added_users_count": ` + count + `,
				"removed_users": ["U4"], "removed_users_count": ` + strings.ReplaceAll(count, "3", "1") + `}}`
		read, err := slackevents.ParseEvent(json.RawMessage(event), slackevents.OptionNoVerifyToken())
		if err != nil {
			fmt.Println(count, "error:", err)
			continue
		}
		changed := read.InnerEvent.Data.(*slackevents.SubteamMembersChangedEvent)
		fmt.Println(count, "added", len(changed.AddedUsers), "removed", len(changed.RemovedUsers))
	}
}
GO
go mod tidy >/dev/null 2>&1
go run . >got
cat got
cat >want <<'END'
"3" error: EventsAPI Error parsing inner event: unmarshalling_error, json: cannot unmarshal string into Go struct field SubteamMembersChangedEvent.added_users_count of type int
3 added 3 removed 1
END
if ! diff want got >&2; then
	echo "CHANGED: < was, > is" >&2
	exit 1
fi
