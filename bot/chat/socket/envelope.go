package socket

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Envelope is one thing that a person did, as Slack brings it. It is acknowledged by
// its ID.
type Envelope struct {
	Type           string  `json:"type"` // slash_commands, interactive, events_api
	ID             string  `json:"envelope_id"`
	AcceptsPayload bool    `json:"accepts_response_payload"` // the acknowledgement may carry an answer
	Payload        Payload `json:"payload"`
}

// Payload is what a person did: a slash command, an interaction or an event. The fields
// of the other kinds are empty.
type Payload struct {
	Type   string `json:"type"` // block_actions, view_submission, event_callback; empty for slash commands
	AppID  string `json:"api_app_id"`
	TeamID string `json:"team_id"`

	// Slash commands.
	Command   string `json:"command"`
	Text      string `json:"text"`
	UserID    string `json:"user_id"`
	ChannelID string `json:"channel_id"`

	// Slash commands and interactions.
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`

	// Interactions.
	Team      Ref       `json:"team"`
	User      Person    `json:"user"`
	Channel   Ref       `json:"channel"`
	Container Container `json:"container"`
	Message   Message   `json:"message"` // with the button; empty for a message that only one person sees
	Actions   []Action  `json:"actions"`
	View      View      `json:"view"`

	// Events.
	EventID        string          `json:"event_id"`
	Event          Event           `json:"event"`
	Authorizations []Authorization `json:"authorizations"`
}

// Authorization is an installation of the app that an event is for,
// https://docs.slack.dev/apis/events-api#authorizations. Slack lists one.
type Authorization struct {
	TeamID       string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id"`
}

// Ref names a workspace or a channel.
type Ref struct {
	ID string `json:"id"`
}

// Person is who did something, and the workspace they belong to.
type Person struct {
	ID     string `json:"id"`
	TeamID string `json:"team_id"`
}

// Container is where a pressed button is.
type Container struct {
	MessageTS string `json:"message_ts"`
	ThreadTS  string `json:"thread_ts"`
	ChannelID string `json:"channel_id"`
	Ephemeral bool   `json:"is_ephemeral"`
}

// Thread is the thread that the pressed message is a reply in; "" where it is none. The
// first message of a thread has its own timestamp as thread_ts.
func (c Container) Thread() string {
	if c.ThreadTS == c.MessageTS {
		return ""
	}
	return c.ThreadTS
}

// Message is the message with a pressed button.
type Message struct {
	Blocks json.RawMessage `json:"blocks"`
}

// Action is the press of a button.
type Action struct {
	ActionID string `json:"action_id"`
	ActionTS string `json:"action_ts"`
	Value    string `json:"value"`
}

// View is a form as it was submitted, or a Home tab as it was published.
type View struct {
	ID              string `json:"id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		Values map[string]map[string]Input `json:"values"` // by block_id, then by action_id
	} `json:"state"`
}

// Input is the value of one input of a form, which is in one of three places.
type Input struct {
	Value          string `json:"value"`
	SelectedDate   string `json:"selected_date"`
	SelectedOption struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// Text is the value, wherever it is.
func (in Input) Text() string {
	switch {
	case in.Value != "":
		return in.Value
	case in.SelectedDate != "":
		return in.SelectedDate
	default:
		return in.SelectedOption.Value
	}
}

// Event is an event of the Events API: a mention, an opened Home tab, a change of a
// user group or of a person.
type Event struct {
	Type     string `json:"type"`
	Subtype  string `json:"subtype"`
	User     Who    `json:"user"`
	BotID    string `json:"bot_id"`
	Text     string `json:"text"`
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Tab      string `json:"tab"`  // of the app's Home
	View     View   `json:"view"` // of the Home tab, once one was published

	Edited     *struct{} `json:"edited"`      // there once the message was edited
	Team       string    `json:"team"`        // of who wrote the message
	UserTeam   string    `json:"user_team"`   // the same, in a channel shared with another workspace
	SourceTeam string    `json:"source_team"` // where such a message was written

	// Of subteam_members_changed, https://docs.slack.dev/reference/events/subteam_members_changed.
	Usergroup string   `json:"subteam_id"`
	Added     []string `json:"added_users"`
	Removed   []string `json:"removed_users"`
	Subteam   Subteam  `json:"subteam"` // of subteam_updated
}

// Subteam is a user group after a change,
// https://docs.slack.dev/reference/events/subteam_updated. Slack lists at most 500
// users.
type Subteam struct {
	ID       string   `json:"id"`
	Handle   string   `json:"handle"`
	Users    []string `json:"users"`       // nil: not told
	Disabled Count    `json:"date_delete"` // when it was disabled; 0: it is not
	Members  Count    `json:"user_count"`  // however many of them are listed
}

// Count is a number that Slack writes with or without quotes. Anything else is -1.
type Count int64

// UnmarshalJSON implements [json.Unmarshaler]. It never fails: the rest of an envelope
// still counts.
func (c *Count) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	if *c = Count(n); err != nil {
		*c = -1
	}
	return nil
}

// Who is whom an event names: by ID or, in a user_change, as they are after it.
type Who struct {
	ID      string
	Changed *Member
}

// Member is a person as far as it matters for their say.
type Member struct {
	ID                string `json:"id"`
	TeamID            string `json:"team_id"`
	Deleted           bool   `json:"deleted"`
	IsBot             bool   `json:"is_bot"`
	IsRestricted      bool   `json:"is_restricted"`
	IsUltraRestricted bool   `json:"is_ultra_restricted"`
	IsStranger        bool   `json:"is_stranger"`
	Enterprise        struct {
		Teams []string `json:"teams"`
	} `json:"enterprise_user"`
}

// UnmarshalJSON implements [json.Unmarshaler]. It never fails, as for [Count].
func (w *Who) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &w.ID) == nil {
		return nil
	}
	var m Member
	_ = json.Unmarshal(data, &m) // a field of an unexpected type is skipped
	if m.ID != "" {
		w.ID, w.Changed = m.ID, &m
	}
	return nil
}
