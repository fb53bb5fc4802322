package chat

import (
	"bytes"
	"encoding/json"
	"errors"
)

// frame is one message from a Socket Mode socket. All of Slack's kinds are
// read into this one shape in a single pass: their fields do not collide, and
// what gonogo has no use for is skipped.
// See https://docs.slack.dev/apis/events-api/using-socket-mode.
type frame struct {
	Type           string  `json:"type"`
	EnvelopeID     string  `json:"envelope_id"`
	AcceptsPayload bool    `json:"accepts_response_payload"`
	Reason         string  `json:"reason"`          // of a disconnect
	NumConnections int     `json:"num_connections"` // of a hello
	ConnectionInfo appInfo `json:"connection_info"` // of a hello
	Payload        payload `json:"payload"`
}

type appInfo struct {
	AppID string `json:"app_id"`
}

// payload is what a person did: a slash command, an interaction or an event.
type payload struct {
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
	Team      named     `json:"team"`
	User      person    `json:"user"`
	Channel   named     `json:"channel"`
	Container container `json:"container"`
	Message   message   `json:"message"` // that has the button; not for one that only one person sees
	Actions   []press   `json:"actions"`
	View      view      `json:"view"`

	// Events.
	EventID        string          `json:"event_id"`
	Event          event           `json:"event"`
	Authorizations []authorization `json:"authorizations"`
}

// authorization is an installation of the app that an event is for,
// https://docs.slack.dev/apis/events-api#authorizations. Slack lists one.
type authorization struct {
	TeamID       string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id"`
}

type named struct {
	ID string `json:"id"`
}

type person struct {
	ID     string `json:"id"`
	TeamID string `json:"team_id"`
}

type container struct {
	MessageTS string `json:"message_ts"`
	ThreadTS  string `json:"thread_ts"`
	ChannelID string `json:"channel_id"`
	Ephemeral bool   `json:"is_ephemeral"`
}

type message struct {
	Blocks json.RawMessage `json:"blocks"`
}

type press struct {
	ActionID string `json:"action_id"`
	ActionTS string `json:"action_ts"`
	Value    string `json:"value"`
}

type view struct {
	ID              string `json:"id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		Values map[string]map[string]entry `json:"values"`
	} `json:"state"`
}

// entry is the value of one input, which is in one of three places.
type entry struct {
	Value          string `json:"value"`
	SelectedDate   string `json:"selected_date"`
	SelectedOption struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

func (e entry) text() string {
	switch {
	case e.Value != "":
		return e.Value
	case e.SelectedDate != "":
		return e.SelectedDate
	default:
		return e.SelectedOption.Value
	}
}

type event struct {
	Type     string `json:"type"`
	Subtype  string `json:"subtype"`
	User     string `json:"user"`
	BotID    string `json:"bot_id"`
	Text     string `json:"text"`
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Tab      string `json:"tab"`  // of the app's Home
	View     view   `json:"view"` // of the Home tab, once one was published

	Edited     *struct{} `json:"edited"`      // there once the message was edited
	Team       string    `json:"team"`        // of who wrote the message
	UserTeam   string    `json:"user_team"`   // the same, in a channel shared with another workspace
	SourceTeam string    `json:"source_team"` // where such a message was written
}

// parse reads a frame as far as it can be read. A field of an unexpected type
// is skipped, since a newer kind of envelope must still be acknowledged; so
// must one that is no JSON, if its ID can be made out.
func parse(raw []byte) (f frame, err error) {
	err = json.Unmarshal(raw, &f)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) {
		return f, nil
	}
	if err != nil {
		return frame{EnvelopeID: findEnvelopeID(raw)}, err
	}
	return f, nil
}

// findEnvelopeID picks the envelope's ID out of a frame that is not JSON.
func findEnvelopeID(raw []byte) string {
	_, rest, found := bytes.Cut(raw, []byte(`"envelope_id"`))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, ": \t\r\n")
	rest, quoted := bytes.CutPrefix(rest, []byte(`"`))
	id, _, closed := bytes.Cut(rest, []byte(`"`))
	if !quoted || !closed {
		return ""
	}
	return string(id)
}

// maxAck is the size from which Slack drops an acknowledgement without a word.
const maxAck = 20_000

// appendAck writes the acknowledgement of an envelope. A payload that is too
// large is left out: the bare acknowledgement matters more.
func appendAck(b []byte, id string, payload []byte) []byte {
	b = append(b, `{"envelope_id":`...)
	quoted, _ := json.Marshal(id) // a string always can be
	b = append(b, quoted...)
	if len(payload) > 0 && len(payload)+len(b) < maxAck-20 {
		b = append(b, `,"payload":`...)
		b = append(b, payload...)
	}
	return append(b, '}')
}
