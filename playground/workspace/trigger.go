package workspace

import (
	"fmt"
	"time"
)

// trigger is the act behind a trigger_id, by which the app may open one view within a few seconds
// (docs.slack.dev/interactivity/handling-user-interaction).
type trigger struct {
	user    string
	expires time.Time
	used    bool
}

// expiredRetention is how long an expired trigger or response_url is stored, so that its error differs from that of an unknown one.
const expiredRetention = time.Hour

// newTrigger creates a trigger_id for a person's act.
func (w *Workspace) newTrigger(user string) string {
	id := fmt.Sprintf("%d.%d.%s", w.now().UnixMilli(), len(w.triggers), token())
	w.triggers[id] = &trigger{user: user, expires: w.now().Add(w.opts.TriggerLife)}
	if len(w.triggers)%1024 == 0 {
		forgetExpired(w.triggers, w.now(), func(t *trigger) time.Time { return t.expires.Add(expiredRetention) })
	}
	return id
}

// usable is the trigger with an ID, if it can still open a view.
func (w *Workspace) usable(id string) (*trigger, error) {
	t, ok := w.triggers[id]
	switch {
	case id == "":
		return nil, invalidArguments("missing required field: trigger_id")
	case !ok:
		return nil, apiError{code: "invalid_trigger_id"}
	case t.used:
		return nil, apiError{code: "exchanged_trigger_id"}
	case !w.now().Before(t.expires):
		return nil, apiError{code: "expired_trigger_id"}
	}
	return t, nil
}

// invalidArguments is Slack's error for a call with invalid arguments.
func invalidArguments(messages ...string) apiError {
	e := apiError{code: "invalid_arguments"}
	for _, m := range messages {
		e.messages = append(e.messages, "[ERROR] "+m)
	}
	return e
}
