package workspace

import (
	"encoding/json"
	"fmt"
)

// Values are what a person entered into a modal: block_id → action_id → values, as Press takes them.
type Values map[string]map[string][]string

// SubmitView lets a person submit the modal they look at. What they left out keeps the state it had. Inputs that Slack's own client
// would not let pass are refused in Outcome.Errors without asking the app.
func (w *Workspace) SubmitView(user, viewID string, values Values) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, v, err := w.looking(user, viewID)
	if err != nil {
		return nil, err
	}
	if str(v.Body, "type") != "modal" {
		return nil, fmt.Errorf("view %s is no modal, so it cannot be submitted", viewID)
	}
	if err := v.enter(values); err != nil {
		return nil, err
	}
	if faults := v.incomplete(); len(faults) > 0 {
		return refusedByClient(faults), nil
	}
	payload := w.viewPayload("view_submission", u, v)
	return w.deliver(kindInteraction, payload, true, func(o *Outcome) { w.settleSubmit(u, v, o) }), nil
}

// enter puts what was entered into the view's state.
func (v *view) enter(values Values) error {
	for blockID, actions := range values {
		for actionID, entered := range actions {
			p, err := find(v.blocks(), blockID, actionID, nil)
			if err != nil {
				return err
			}
			chosen, err := p.choose(entered)
			if err != nil {
				return err
			}
			v.keep(p, chosen)
		}
	}
	return nil
}

// refusedByClient is a submission that never left the person's window.
func refusedByClient(faults map[string]string) *Delivery {
	d := &Delivery{done: make(chan struct{}), outcome: Outcome{Errors: faults}}
	close(d.done)
	return d
}

// settleSubmit does what the app's acknowledgement asks for. Without a response_action the modal closes
// (docs.slack.dev/surfaces/modals).
func (w *Workspace) settleSubmit(u User, v *view, o *Outcome) {
	if !o.Acked {
		w.trouble(u)
		return
	}
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   any               `json:"view"`
	}
	if len(o.Payload) > 0 && json.Unmarshal(o.Payload, &answer) != nil {
		w.trouble(u)
		return
	}
	switch answer.Action {
	case "":
		w.pop(u.ID)
	case "clear":
		w.setStack(u.ID, nil)
	case "errors":
		w.showErrors(u, v, answer.Errors, o)
	case "update", "push":
		w.follow(u, v, answer.Action, answer.View)
	default:
		w.trouble(u)
	}
}

// showErrors shows an app's objections beside their inputs. One that names no input is shown by no client.
func (w *Workspace) showErrors(u User, v *view, faults map[string]string, o *Outcome) {
	inputs := map[string]bool{}
	for _, b := range v.blocks() {
		if block, ok := b.(object); ok && str(block, "type") == "input" {
			inputs[str(block, "block_id")] = true
		}
	}
	for blockID := range faults {
		if !inputs[blockID] {
			w.notice(u.ID, "error", fmt.Sprintf("The app objected to %q, which is no input of this form.", blockID))
			return
		}
	}
	if len(faults) == 0 {
		w.trouble(u)
		return
	}
	o.Errors = faults
}

// follow shows the view that the acknowledgement brought, in place of the submitted one or on top of it.
func (w *Workspace) follow(u User, v *view, action string, next any) {
	body, err := checkView(next, true, "modal")
	if err == nil && action == "push" {
		_, err = w.push(u.ID, body)
	} else if err == nil {
		w.fill(v, body)
		w.show(v)
	}
	if err != nil {
		w.log.Warn("an acknowledgement contained a view that Slack rejects", "error", err)
		w.trouble(u)
	}
}

// trouble is what Slack shows when a modal's submission goes wrong.
func (w *Workspace) trouble(u User) {
	w.notice(u.ID, "error", "We had some trouble connecting. Try again?")
}

// CloseView lets a person close the modal they look at; the app hears of it if it asked to (notify_on_close). The delivery is
// nil if it did not.
func (w *Workspace) CloseView(user, viewID string) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, v, err := w.looking(user, viewID)
	if err != nil {
		return nil, err
	}
	if str(v.Body, "type") != "modal" {
		return nil, fmt.Errorf("view %s is no modal, so it cannot be closed", viewID)
	}
	var delivery *Delivery
	if v.Body["notify_on_close"] == true {
		delivery = w.deliver(kindInteraction, w.viewPayload("view_closed", u, v), false, nil)
	}
	if v.Body["clear_on_close"] == true {
		w.setStack(u.ID, nil)
	} else {
		w.pop(u.ID)
	}
	return delivery, nil
}
