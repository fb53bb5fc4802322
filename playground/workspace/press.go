package workspace

import (
	"encoding/json"
	"fmt"
	"slices"
)

// pick is the key of the values that one person has chosen in one message.
type pick struct{ user, channel, ts string }

// Press uses an element of a message, or of an ephemeral message to the person, by its action_id. The values are those of
// the chosen options, a date, a person or a text; if several buttons share an action_id, the value selects one.
func (w *Workspace) Press(user, channelID, ts, actionID string, values ...string) (*Delivery, error) {
	return w.PressIn(user, channelID, ts, "", actionID, values...)
}

// PressIn is like Press, for an element in a given block. The block may be that of an earlier version of the message if the
// same button, with the same value, is still in it.
func (w *Workspace) PressIn(user, channelID, ts, blockID, actionID string, values ...string) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, c, err := w.whoWhere(user, channelID)
	if err != nil {
		return nil, err
	}
	m, err := w.seen(u.ID, c, ts)
	if err != nil {
		return nil, err
	}
	blocks := decodeBlocks(m.Blocks)
	p, err := findPressed(blocks, blockID, actionID, values)
	if err != nil {
		return nil, err
	}
	chosen, err := p.choose(values)
	if err != nil {
		return nil, err
	}
	state := w.remember(pick{u.ID, c.ID, ts}, p, chosen)
	payload := w.messagePress(u, c, m, w.action(p, chosen), inputState(blocks, state))
	return w.deliver(kindInteraction, payload, false, func(o *Outcome) { w.settlePress(u, o) }), nil
}

// seen is a message that a person can see, ephemeral or not.
func (w *Workspace) seen(user string, c *channel, ts string) (*Message, error) {
	if m, ok := c.byTS[ts]; ok {
		return m, nil
	}
	i := slices.IndexFunc(w.ephemerals[user], func(m *Message) bool { return m.TS == ts && m.Channel == c.ID })
	if i < 0 {
		return nil, unknown("message", ts)
	}
	return w.ephemerals[user][i], nil
}

// remember stores what a person chose in an input of a message, and returns everything they have chosen there.
func (w *Workspace) remember(at pick, p placed, chosen object) map[string]any {
	if _, ok := inputKinds[p.kind()]; !ok {
		return w.picks[at]
	}
	if w.picks[at] == nil {
		w.picks[at] = map[string]any{}
	}
	w.picks[at][inputKey(p)] = chosen
	return w.picks[at]
}

// settlePress notifies the person if the app didn't acknowledge the press.
func (w *Workspace) settlePress(u User, o *Outcome) {
	if !o.Acked {
		w.notice(u.ID, "error", fmt.Sprintf("This app did not respond in time (%s). Nothing may have happened; try again.", o.Error))
	}
}

// PressView uses an element of an open modal or of a person's Home tab. An element of an input block sends nothing to the app
// unless the block has dispatch_action; then the delivery is nil.
func (w *Workspace) PressView(user, viewID, blockID, actionID string, values ...string) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, v, err := w.viewInUse(user, viewID)
	if err != nil {
		return nil, err
	}
	p, err := findPressed(v.blocks(), blockID, actionID, values)
	if err != nil {
		return nil, err
	}
	chosen, err := p.choose(values)
	if err != nil {
		return nil, err
	}
	v.keep(p, chosen)
	if str(p.block, "type") == "input" && p.block["dispatch_action"] != true {
		return nil, nil
	}
	payload := w.viewPress(u, v, w.action(p, chosen))
	return w.deliver(kindInteraction, payload, false, func(o *Outcome) { w.settlePress(u, o) }), nil
}

// keep stores what was chosen in an input of a view.
func (v *view) keep(p placed, chosen object) {
	if v.chosen == nil {
		v.chosen = map[string]any{}
	}
	if _, ok := inputKinds[p.kind()]; ok {
		v.chosen[inputKey(p)] = chosen
	}
}

// viewInUse finds a person and a view that they can use: their top modal or their Home tab.
func (w *Workspace) viewInUse(user, viewID string) (User, *view, error) {
	u, err := w.people.person(user)
	if err != nil {
		return User{}, nil, err
	}
	if top := w.top(user); top != nil && top.ID == viewID {
		return u, top, nil
	}
	if home := w.homes[user]; home != nil && home.ID == viewID {
		return u, home, nil
	}
	return User{}, nil, unknown("open view", viewID)
}

// OpenHome opens the app's Home tab, which sends the app app_home_opened.
func (w *Workspace) OpenHome(user string) (*Delivery, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, err := w.people.person(user)
	if err != nil {
		return nil, err
	}
	event := object{"user": u.ID, "channel": w.direct(u.ID).ID, "tab": "home", "event_ts": timestamp(w.now())}
	if home := w.homes[user]; home != nil {
		event["view"] = home.wire()
	}
	return w.sendEvent("app_home_opened", event, object{"type": "app_home_opened"}), nil
}

// parseObject reads a JSON object.
func parseObject(data json.RawMessage) (object, bool) {
	var o object
	return o, json.Unmarshal(data, &o) == nil && o != nil
}
