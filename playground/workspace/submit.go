package workspace

import (
	"encoding/json"
	"fmt"
)

// Values are what a person entered into a modal: block_id → action_id → values in the form of Press.
type Values map[string]map[string][]string

// SubmitView submits a person's top modal. Inputs that values leaves out keep their state. Values that Slack's own client rejects
// are errors in Outcome.Errors, and nothing is sent to the app.
func (w *Workspace) SubmitView(user, viewID string, values Values) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, v, err := w.viewInUse(user, viewID)
	if err != nil {
		return nil, err
	}
	if str(v.Body, "type") != "modal" {
		return nil, fmt.Errorf("view %s isn't a modal, so it can't be submitted", viewID)
	}
	if err := v.enter(values); err != nil {
		return nil, err
	}
	if faults := v.clientErrors(); len(faults) > 0 {
		return refusedByClient(faults), nil
	}
	payload := w.viewPayload("view_submission", u, v)
	return w.deliver(kindInteraction, payload, true, func(o *Outcome) { w.settleSubmit(u, v, o) }), nil
}

// enter stores values in the view's state.
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

// refusedByClient is the delivery of a submission that the client rejected.
func refusedByClient(faults map[string]string) *Delivery {
	d := &Delivery{done: make(chan struct{}), outcome: Outcome{Errors: faults}}
	close(d.done)
	return d
}

// settleSubmit applies the response_action of the app's acknowledgement. Without one the modal closes
// (docs.slack.dev/surfaces/modals).
func (w *Workspace) settleSubmit(u User, v *view, o *Outcome) {
	if !o.Acked {
		w.noticeTrouble(u)
		return
	}
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   any               `json:"view"`
	}
	if len(o.Payload) > 0 && json.Unmarshal(o.Payload, &answer) != nil {
		w.noticeTrouble(u)
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
		w.noticeTrouble(u)
	}
}

// showErrors returns an app's errors for the inputs of a form. Slack's client can't show one for anything else.
func (w *Workspace) showErrors(u User, v *view, faults map[string]string, o *Outcome) {
	inputs := map[string]bool{}
	for _, b := range v.blocks() {
		if block, ok := b.(object); ok && str(block, "type") == "input" {
			inputs[str(block, "block_id")] = true
		}
	}
	for blockID := range faults {
		if !inputs[blockID] {
			w.notice(u.ID, "error", fmt.Sprintf("The app returned an error for %q, which isn't an input of this form.", blockID))
			return
		}
	}
	if len(faults) == 0 {
		w.noticeTrouble(u)
		return
	}
	o.Errors = faults
}

// follow shows the view in the acknowledgement, in place of the submitted one or on top of it.
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
		w.noticeTrouble(u)
	}
}

// noticeTrouble shows Slack's message for a submission that failed.
func (w *Workspace) noticeTrouble(u User) {
	w.notice(u.ID, "error", "We had some trouble connecting. Try again?")
}

// CloseView closes a person's top modal. The app is notified if the view has notify_on_close; otherwise the delivery is nil.
func (w *Workspace) CloseView(user, viewID string) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, v, err := w.viewInUse(user, viewID)
	if err != nil {
		return nil, err
	}
	if str(v.Body, "type") != "modal" {
		return nil, fmt.Errorf("view %s isn't a modal, so it can't be closed", viewID)
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
