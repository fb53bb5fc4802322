package workspace

import (
	"log/slog"
	"time"
)

// Options say what a workspace is like. The zero value is a workspace in memory with Slack's own times and limits.
type Options struct {
	// StateFile is where the workspace keeps what it must remember; empty means memory only.
	StateFile string
	// BaseURL is the address clients reach this workspace at, like http://127.0.0.1:4600, asked whenever a URL is
	// made. Without it the host of the last Web API call is used.
	BaseURL func() string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log receives what a person running the workspace may want to know; nil discards it.
	Log *slog.Logger

	// PingEvery is the time between WebSocket pings (default 10 s).
	PingEvery time.Duration
	// EnvelopeTimeout is how long an envelope waits for its acknowledgement (default 3 s).
	EnvelopeTimeout time.Duration
	// TriggerLife is how long a trigger_id can be used (default 3 s).
	TriggerLife time.Duration
	// TicketLife is how long a socket address can be used (default 30 s).
	TicketLife time.Duration
	// Refresh is a socket's life before it is asked to make way for a new one; 0 is for ever.
	Refresh time.Duration
	// WarnBefore is how long before its end a socket is warned (default 10 s).
	WarnBefore time.Duration
	// Linger is how long a TCP connection stays open after the server has closed the WebSocket (default 10 s).
	Linger time.Duration
	// Redeliver are the waits before an event that was not acknowledged is sent again (default 0, 1 and 5 minutes).
	Redeliver []time.Duration
	// SaveAfter is how long changes are collected before they are written to StateFile (default 300 ms).
	SaveAfter time.Duration

	// Unlimited switches the Web API's rate limits off, for load tests.
	Unlimited bool
	// Scopes are what the bot token was granted; nil is all that the methods here need.
	Scopes []string
	// Events are the event types the app subscribed to; nil is those of its manifest: app_mention, app_home_opened,
	// subteam_members_changed, subteam_updated and user_change. Also known are message.channels, message.im and
	// member_joined_channel.
	Events []string
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Redeliver == nil {
		o.Redeliver = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	if o.Scopes == nil {
		o.Scopes = knownScopes()
	}
	if o.Events == nil {
		o.Events = []string{"app_mention", "app_home_opened", "subteam_members_changed", "subteam_updated", "user_change"}
	}
	o.timeDefaults()
	return o
}

// timeDefaults fills in Slack's own times: 3 s for an acknowledgement and a trigger, a warning about 10 s before a socket's end
// (docs.slack.dev/apis/events-api/using-socket-mode, docs.slack.dev/interactivity/handling-user-interaction).
func (o *Options) timeDefaults() {
	for field, value := range map[*time.Duration]time.Duration{
		&o.PingEvery:       10 * time.Second,
		&o.EnvelopeTimeout: 3 * time.Second,
		&o.TriggerLife:     3 * time.Second,
		&o.TicketLife:      30 * time.Second,
		&o.WarnBefore:      10 * time.Second,
		&o.Linger:          10 * time.Second,
		&o.SaveAfter:       300 * time.Millisecond,
	} {
		if *field == 0 {
			*field = value
		}
	}
}
