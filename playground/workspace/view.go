package workspace

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gonogo/playground/workspace/blockkit"
)

// Limits of views (docs.slack.dev/surfaces/modals).
const (
	maxStack    = 3
	maxViewSize = 250 * 1024
)

// view is a modal or Home tab of one person. Body is what the app sent.
type view struct {
	ID       string `json:"id"`
	User     string `json:"user"`
	Hash     string `json:"hash"`
	Root     string `json:"root"`
	Previous string `json:"previous,omitempty"`
	Body     object `json:"body"`

	chosen map[string]any // inputKey → state of the inputs that were changed
}

func (v *view) blocks() []any {
	blocks, _ := v.Body["blocks"].([]any)
	return blocks
}

// wire is a view in the form that is sent to the app and the page.
func (v *view) wire() object {
	o := object{
		"id": v.ID, "team_id": teamID, "app_id": appID, "app_installed_team_id": teamID, "bot_id": botID,
		"hash": v.Hash, "root_view_id": v.Root, "previous_view_id": nil,
		"state":            object{"values": inputState(v.blocks(), v.chosen)},
		"private_metadata": "", "callback_id": "", "external_id": "",
		"title": nil, "close": nil, "submit": nil, "clear_on_close": false, "notify_on_close": false,
	}
	if v.Previous != "" {
		o["previous_view_id"] = v.Previous
	}
	maps.Copy(o, v.Body)
	return o
}

// parseView reads and checks a view of a kind ("modal" or "home").
func parseView(a args, kind string) (object, error) {
	value, ok := a.structured("view")
	return checkView(value, ok, kind)
}

func checkView(value any, ok bool, kind string) (object, error) {
	body, isObject := value.(object)
	if !ok || !isObject {
		return nil, invalidArguments("missing required field: view")
	}
	if size, err := json.Marshal(body); err != nil || len(size) > maxViewSize {
		return nil, apiError{code: "view_too_large"}
	}
	if str(body, "type") != kind {
		return nil, invalidArguments(fmt.Sprintf("unsupported type: %v [json-pointer:/view/type]", body["type"]))
	}
	if faults := blockkit.CheckView(body); len(faults) > 0 {
		return nil, invalidBlocks("invalid_arguments", faults)
	}
	nameBlocks(body["blocks"].([]any))
	return body, nil
}

// newView is a new view that isn't shown yet.
func (w *Workspace) newView(user string, body object) *view {
	v := &view{ID: "V" + token()[:10], User: user, chosen: map[string]any{}}
	v.Root = v.ID
	w.fill(v, body)
	return v
}

// fill sets a view's content and gives it a new hash. Entered values stay if their inputs do.
func (w *Workspace) fill(v *view, body object) {
	v.Body = body
	v.Hash = fmt.Sprintf("%d.%s", w.now().Unix(), token()[:8])
}

// externalTaken reports whether another view of the workspace has this external_id.
func (w *Workspace) externalTaken(id string, except *view) bool {
	if id == "" {
		return false
	}
	for v := range w.allViews() {
		if v != except && str(v.Body, "external_id") == id {
			return true
		}
	}
	return false
}

func (w *Workspace) allViews() map[*view]bool {
	all := map[*view]bool{}
	for _, stack := range w.modals {
		for _, v := range stack {
			all[v] = true
		}
	}
	for _, v := range w.homes {
		all[v] = true
	}
	return all
}

// viewOf is the view that view_id or external_id names.
func (w *Workspace) viewOf(c *call) (*view, error) {
	id, external := c.text("view_id"), c.text("external_id")
	if id == "" && external == "" {
		return nil, invalidArguments("missing required field: view_id")
	}
	for v := range w.allViews() {
		if id != "" && v.ID == id || id == "" && str(v.Body, "external_id") == external {
			return v, nil
		}
	}
	return nil, apiError{code: "not_found"}
}

// top is a person's top modal, or nil.
func (w *Workspace) top(user string) *view {
	stack := w.modals[user]
	if len(stack) == 0 {
		return nil
	}
	return stack[len(stack)-1]
}

// setStack replaces a person's modals and shows the top one.
func (w *Workspace) setStack(user string, stack []*view) {
	w.modals[user] = stack
	w.showTop(user)
}

func (w *Workspace) showTop(user string) {
	var shown any
	if v := w.top(user); v != nil {
		shown = v.wire()
	}
	w.publish(user, "view", object{"view": shown})
}

// push puts a modal on top of a person's stack.
func (w *Workspace) push(user string, body object) (*view, error) {
	stack := w.modals[user]
	if len(stack) == 0 {
		return nil, apiError{code: "not_found"}
	}
	if len(stack) >= maxStack {
		return nil, apiError{code: "push_limit_reached"}
	}
	v := w.newView(user, body)
	v.Root, v.Previous = stack[0].ID, stack[len(stack)-1].ID
	w.setStack(user, append(slices.Clone(stack), v))
	return v, nil
}

// show publishes a changed view to its person.
func (w *Workspace) show(v *view) {
	if w.homes[v.User] == v {
		w.publish(v.User, "home", object{"view": v.wire()})
		w.changed()
		return
	}
	w.showTop(v.User)
}

// pop closes the top modal.
func (w *Workspace) pop(user string) {
	if stack := w.modals[user]; len(stack) > 0 {
		w.setStack(user, slices.Clone(stack[:len(stack)-1]))
	}
}
