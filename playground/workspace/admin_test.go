package workspace_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/playground/workspace"
)

// Changes of user groups and of people come as Slack tells them: who came and who
// left, then the whole; a disabled group with its time; a person with all that is
// known of them. What changes nothing is not told.
func TestChangesAreTold(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	next := func(part string, fields ...string) map[string]any {
		t.Helper()
		event, _ := l.next().Payload["event"].(map[string]any)
		if part != "" {
			event, _ = event[part].(map[string]any)
		}
		told := map[string]any{}
		for _, field := range fields {
			told[field] = event[field]
		}
		return told
	}
	same := func(got, want map[string]any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	}
	must(w.Admin().SetGroup("S0ONCALL", "U0ONCALL"))
	must(w.Admin().SetGroup("S0ONCALL", "U0TL"))
	same(next("", "type", "subteam_id", "added_users", "removed_users", "removed_users_count"), map[string]any{
		"type": "subteam_members_changed", "subteam_id": "S0ONCALL", "added_users": []any{"U0TL"}, "removed_users": []any{"U0ONCALL"}, "removed_users_count": "1"})
	same(next("subteam", "id", "users", "user_count", "date_delete"), map[string]any{"id": "S0ONCALL", "users": []any{"U0TL"}, "user_count": 1.0, "date_delete": 0.0})
	must(w.Admin().DisableGroup("S0ONCALL", true))
	same(next("subteam", "date_delete"), map[string]any{"date_delete": float64(w.clock.Now().Unix())})
	must(w.Admin().Deactivate("U0TL", true))
	same(next("user", "id", "deleted", "is_restricted"), map[string]any{"id": "U0TL", "deleted": true, "is_restricted": false})
	must(w.Admin().Demote("U0PM", true))
	same(next("user", "id", "deleted", "is_restricted"), map[string]any{"id": "U0PM", "deleted": false, "is_restricted": true})
	must(w.SetStatus("U0PM", "Away"))
	same(next("user", "id", "real_name"), map[string]any{"id": "U0PM", "real_name": "Paolo Mendoza"})
	l.none()

	many := make([]string, 501)
	must(w.Admin().SetGroup("S0PM", many...))
	next("")
	users, _ := next("subteam", "users")["users"].([]any)
	if len(users) != 500 {
		t.Errorf("%d members are listed, want the 500 that Slack lists at most", len(users))
	}
	for _, err := range []error{w.Admin().SetGroup("S0NO"), w.Admin().DisableGroup("S0NO", true), w.Admin().Deactivate("U0NO", true)} {
		if err == nil {
			t.Error("what is not there was changed")
		}
	}
}

// Once the deadlines are lifted, an app may acknowledge and open a form as late as it
// likes; what was sent before keeps Slack's three seconds.
func TestLiftedDeadlines(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	l := w.connect()
	before := w.slash("U0TL", "C0RELEASES", "/ready", "before")
	l.next()
	w.Admin().LiftDeadlines()
	after := w.slash("U0TL", "C0RELEASES", "/ready", "after")
	late := l.next()
	w.pass(24 * time.Hour)
	if o := w.outcome(before); o.Acked || o.Error != "operation_timeout" {
		t.Errorf("the command of before: %+v, want operation_timeout", o)
	}
	if _, err := w.api.OpenViewContext(w.ctx, after.TriggerID, asking("Late")); err != nil {
		t.Errorf("a form that is opened a day late: %v", err)
	}
	l.ack(late, nil)
	if o := w.outcome(after); !o.Acked || o.After != 24*time.Hour {
		t.Errorf("the command of after: %+v, want acknowledged after a day", o)
	}
}
