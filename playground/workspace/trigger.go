package workspace

import (
	"fmt"
	"time"
)

// trigger is what a trigger_id stands for: one person's act, good for one view and a few seconds
// (docs.slack.dev/interactivity/handling-user-interaction).
type trigger struct {
	user    string
	expires time.Time
	used    bool
}

// remembered is how long past its end a trigger or a response_url is told from one that never was.
const remembered = time.Hour

// newTrigger makes a trigger_id for what a person just did.
func (w *Workspace) newTrigger(user string) string {
	id := fmt.Sprintf("%d.%d.%s", w.now().UnixMilli(), len(w.triggers), token())
	w.triggers[id] = &trigger{user: user, expires: w.now().Add(w.opts.TriggerLife)}
	if len(w.triggers)%1024 == 0 {
		forgetExpired(w.triggers, w.now(), func(t *trigger) time.Time { return t.expires.Add(remembered) })
	}
	return id
}

// usable is the trigger behind an ID, if a view may still be opened with it.
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

// invalidArguments is Slack's refusal of a call whose arguments are not what the method takes.
func invalidArguments(messages ...string) apiError {
	e := apiError{code: "invalid_arguments"}
	for _, m := range messages {
		e.messages = append(e.messages, "[ERROR] "+m)
	}
	return e
}
