package workspace

import (
	"strconv"
	"time"
)

// wirePerson is the acting person in the form of interaction payloads.
func wirePerson(u User) object {
	return object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.team()}
}

// channelName is a channel's name in the payloads of commands and interactions.
func channelName(c *channel) string {
	if c.IsIM {
		return "directmessage"
	}
	return c.Name
}

// slashPayload is the payload of a command (docs.slack.dev/interactivity/implementing-slash-commands).
func (w *Workspace) slashPayload(u User, c *channel, command, text string) object {
	return object{
		"token": verification, "team_id": teamID, "team_domain": teamDomain, "api_app_id": appID,
		"channel_id": c.ID, "channel_name": channelName(c), "user_id": u.ID, "user_name": u.Name,
		"command": command, "text": text, "is_enterprise_install": "false",
		"trigger_id":   w.newTrigger(u.ID),
		"response_url": w.newHook(hook{user: u.ID, channel: c, response: command}),
	}
}

// interaction has the fields that all interaction payloads share (docs.slack.dev/reference/interaction-payloads).
func (w *Workspace) interaction(kind string, u User) object {
	return object{
		"type": kind, "token": verification, "api_app_id": appID, "user": wirePerson(u),
		"team":       object{"id": teamID, "domain": teamDomain},
		"enterprise": nil, "is_enterprise_install": false,
	}
}

// messagePress is the payload of a press in a message. For an ephemeral message it has no message, because Slack doesn't store those.
func (w *Workspace) messagePress(u User, c *channel, m *Message, action object, state object) object {
	p := w.interaction("block_actions", u)
	p["channel"] = object{"id": c.ID, "name": channelName(c)}
	container := object{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.Ephemeral}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	p["container"] = container
	if !m.Ephemeral {
		p["message"] = w.wire(m)
	}
	p["state"] = object{"values": state}
	p["actions"] = []any{action}
	p["trigger_id"] = w.newTrigger(u.ID)
	p["response_url"] = w.newHook(hook{user: u.ID, channel: c, message: m})
	return p
}

// viewPress is the payload of a press in a modal or a Home tab.
func (w *Workspace) viewPress(u User, v *view, action object) object {
	p := w.interaction("block_actions", u)
	p["container"] = object{"type": "view", "view_id": v.ID}
	p["view"] = v.wire()
	p["actions"] = []any{action}
	p["trigger_id"] = w.newTrigger(u.ID)
	return p
}

// action is the part of a payload that says what was pressed and chosen.
func (w *Workspace) action(p placed, chosen object) object {
	a := object{
		"type": p.kind(), "action_id": p.actionID(), "block_id": p.blockID(),
		"action_ts": timestamp(w.now()),
	}
	for _, field := range []string{"text", "value", "style", "url", "placeholder", "confirm"} {
		if value, ok := p.element[field]; ok {
			a[field] = value
		}
	}
	for field, value := range chosen {
		a[field] = value
	}
	return a
}

func timestamp(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMicro())/1e6, 'f', 6, 64)
}

// viewPayload is the payload for a modal that was submitted or closed.
func (w *Workspace) viewPayload(kind string, u User, v *view) object {
	p := w.interaction(kind, u)
	p["view"] = v.wire()
	if kind == "view_submission" {
		p["trigger_id"] = w.newTrigger(u.ID)
		p["response_urls"] = []any{}
	} else {
		p["is_cleared"] = false
	}
	return p
}

// eventPayload wraps an event (docs.slack.dev/apis/events-api). In a Slack Connect channel team_id is the other
// workspace, and authorizations name the one with the app.
func (w *Workspace) eventPayload(event object) object {
	id, team := "Ev"+token()[:10], teamID
	if c, ok := w.channels[str(event, "channel")]; ok && c.Shared != "" {
		team = c.Shared
	}
	return object{
		"token": verification, "team_id": team, "context_team_id": teamID, "context_enterprise_id": nil,
		"api_app_id": appID, "type": "event_callback", "event": event, "event_id": id,
		"event_time": w.now().Unix(), "is_ext_shared_channel": team != teamID, "event_context": "4-" + id,
		"authorizations": []any{object{
			"enterprise_id": nil, "team_id": teamID, "user_id": botUser, "is_bot": true, "is_enterprise_install": false,
		}},
	}
}
