package workspace

import (
	"slices"
	"strings"
)

// wireChannel is a conversation in the form of the Web API.
func wireChannel(c *channel) object {
	if c.IsIM {
		return object{
			"id": c.ID, "created": 1767225600, "is_im": true, "is_org_shared": false, "context_team_id": teamID,
			"user": c.person(), "is_archived": false, "is_open": true, "priority": 0,
		}
	}
	properties := object{}
	if len(c.Posting) > 0 {
		properties["posting_restricted_to"] = object{"type": []string{"admin"}, "user": c.Posting}
	}
	return object{
		"properties": properties,
		"id":         c.ID, "name": c.Name, "name_normalized": c.Name, "created": 1767225600, "creator": "U0TL",
		"is_channel": true, "is_group": false, "is_im": false, "is_mpim": false, "is_private": false,
		"is_archived": c.Archived, "is_general": c.ID == "C0GENERAL", "is_member": c.has(botUser),
		"is_shared": false, "is_ext_shared": false, "is_org_shared": false, "context_team_id": teamID,
		"topic":       object{"value": c.Topic, "creator": "U0TL", "last_set": 1767225600},
		"purpose":     object{"value": "", "creator": "", "last_set": 0},
		"num_members": len(c.Members), "previous_names": []string{},
	}
}

// wire is a message in the form of the Web API.
func (w *Workspace) wire(m *Message) object {
	o := object{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": teamID}
	if m.IsBot {
		o["bot_id"], o["app_id"] = botID, appID
		o["bot_profile"] = object{"id": botID, "app_id": appID, "name": appName, "team_id": teamID, "deleted": false, "updated": 1767225600, "icons": object{}}
	}
	for field, present := range map[string]struct {
		ok    bool
		value any
	}{
		"blocks":    {len(m.Blocks) > 0, m.Blocks},
		"thread_ts": {m.ThreadTS != "", m.ThreadTS},
		"edited":    {m.Edited != "", object{"user": m.User, "ts": m.Edited}},
		"files":     {len(m.Files) > 0, w.wireFiles(m.Files)},
		"reactions": {len(m.Reactions) > 0, m.Reactions},
		"metadata":  {len(m.Metadata) > 0, m.Metadata},
	} {
		if present.ok {
			o[field] = present.value
		}
	}
	if m.Replies > 0 {
		o["reply_count"], o["latest_reply"], o["is_locked"], o["subscribed"] = m.Replies, m.LastReply, false, false
	}
	return o
}

func (w *Workspace) conversationsInfo(c *call) (object, error) {
	place, ok := w.channels[c.text("channel")]
	if !ok {
		return nil, apiError{code: "channel_not_found"}
	}
	return object{"channel": wireChannel(place)}, nil
}

func (w *Workspace) conversationsList(c *call) (object, error) {
	types := c.text("types")
	if types == "" {
		types = "public_channel"
	}
	list := []object{}
	for _, place := range w.listed() {
		kind := "public_channel"
		if place.IsIM {
			kind = "im"
		}
		if slices.Contains(strings.Split(types, ","), kind) && !(place.Archived && c.boolean("exclude_archived")) {
			list = append(list, wireChannel(place))
		}
	}
	page, next := limited(c.args, list, 100, 1000)
	return object{"channels": page, "response_metadata": cursor(next)}, nil
}

func (w *Workspace) conversationsMembers(c *call) (object, error) {
	place, ok := w.channels[c.text("channel")]
	if !ok {
		return nil, apiError{code: "channel_not_found"}
	}
	page, next := limited(c.args, place.Members, 100, 1000)
	return object{"members": append([]string{}, page...), "response_metadata": cursor(next)}, nil
}

// readable is the channel with an ID, if the app may read its messages.
func (w *Workspace) readable(id string) (*channel, error) {
	place, ok := w.channels[id]
	if !ok {
		return nil, apiError{code: "channel_not_found"}
	}
	if !place.has(botUser) {
		return nil, apiError{code: "not_in_channel"}
	}
	return place, nil
}

// between filters messages by the arguments oldest, latest and inclusive.
func between(a args, messages []*Message) []*Message {
	oldest, latest := micros(a.text("oldest")), micros(a.text("latest"))
	inclusive := a.boolean("inclusive")
	return slices.DeleteFunc(messages, func(m *Message) bool {
		ts := micros(m.TS)
		if inclusive && (ts == oldest || ts == latest) {
			return false
		}
		return ts <= oldest || latest > 0 && ts >= latest
	})
}

// conversationsHistory lists the messages of a channel without replies, the newest first.
func (w *Workspace) conversationsHistory(c *call) (object, error) {
	place, err := w.readable(c.text("channel"))
	if err != nil {
		return nil, err
	}
	roots := slices.DeleteFunc(slices.Clone(place.messages), (*Message).isReply)
	roots = between(c.args, roots)
	slices.Reverse(roots)
	return w.pageOf(c.args, roots), nil
}

// conversationsReplies lists a thread, its root first.
func (w *Workspace) conversationsReplies(c *call) (object, error) {
	place, err := w.readable(c.text("channel"))
	if err != nil {
		return nil, err
	}
	root, ok := place.byTS[c.text("ts")]
	if !ok {
		return nil, apiError{code: "thread_not_found"}
	}
	thread := place.thread(root.TS)
	replies := between(c.args, slices.Clone(thread[1:]))
	return w.pageOf(c.args, append([]*Message{root}, replies...)), nil
}

func (w *Workspace) pageOf(a args, messages []*Message) object {
	page, next := limited(a, messages, 100, 999)
	list := []object{}
	for _, m := range page {
		told := w.wire(m)
		if !a.boolean("include_all_metadata") {
			delete(told, "metadata")
		}
		list = append(list, told)
	}
	return object{"messages": list, "has_more": next != "", "pin_count": 0, "response_metadata": cursor(next)}
}

// conversationsOpen opens the direct conversation with one person. Group conversations aren't supported.
func (w *Workspace) conversationsOpen(c *call) (object, error) {
	if id := c.text("channel"); id != "" {
		place, ok := w.channels[id]
		if !ok || !place.IsIM {
			return nil, apiError{code: "channel_not_found"}
		}
		return object{"no_op": true, "already_open": true, "channel": w.opened(place, c)}, nil
	}
	users := strings.Split(c.text("users"), ",")
	if users[0] == "" {
		return nil, apiError{code: "users_list_not_supplied"}
	}
	if len(users) > 1 {
		return nil, apiError{code: "not_enough_users"}
	}
	user, ok := w.people.user(strings.TrimSpace(users[0]))
	if !ok {
		return nil, apiError{code: "user_not_found"}
	}
	if user.IsBot {
		return nil, apiError{code: "cannot_dm_bot"}
	}
	return object{"channel": w.opened(w.direct(user.ID), c)}, nil
}

func (w *Workspace) opened(place *channel, c *call) object {
	if c.boolean("return_im") {
		return wireChannel(place)
	}
	return object{"id": place.ID}
}

func (w *Workspace) conversationsJoin(c *call) (object, error) {
	place, ok := w.channels[c.text("channel")]
	if !ok {
		return nil, apiError{code: "channel_not_found"}
	}
	if place.IsIM {
		return nil, apiError{code: "method_not_supported_for_channel_type"}
	}
	if place.Archived {
		return nil, apiError{code: "is_archived"}
	}
	answer := object{"channel": wireChannel(place)}
	if place.has(botUser) {
		answer["warning"] = "already_in_channel"
		return answer, nil
	}
	place.Members = append(slices.Clone(place.Members), botUser)
	w.changed()
	w.publish("", "reset", object{})
	return object{"channel": wireChannel(place)}, nil
}
