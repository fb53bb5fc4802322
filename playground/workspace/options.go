package workspace

import (
	"log/slog"
	"time"
)

// Options configures a workspace. The zero value is a workspace in memory with Slack's own times and limits.
type Options struct {
	// StateFile is the file in which the workspace stores its state; empty: memory only.
	StateFile string
	// BaseURL returns the workspace's URL, like http://127.0.0.1:4600, whenever another URL is made from it. nil: the host of
	// the last Web API call.
	BaseURL func() string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log is the log; nil discards it.
	Log *slog.Logger

	// PingEvery is the time between WebSocket pings (default 10 s).
	PingEvery time.Duration
	// EnvelopeTimeout is how long to wait for the acknowledgement of an envelope (default 3 s).
	EnvelopeTimeout time.Duration
	// TriggerLife is how long a trigger_id can be used (default 3 s).
	TriggerLife time.Duration
	// TicketLife is how long a socket's URL can be used (default 30 s).
	TicketLife time.Duration
	// Refresh is how long a socket lives until the app is asked to replace it; 0: forever.
	Refresh time.Duration
	// WarnBefore is how long before its end a socket is warned (default 10 s).
	WarnBefore time.Duration
	// Linger is how long a TCP connection stays open after the server has closed the WebSocket (default 10 s).
	Linger time.Duration
	// Redeliver are the pauses before an unacknowledged event is sent again (default 0, 1 and 5 minutes).
	Redeliver []time.Duration
	// SaveAfter is how long after a change StateFile is written, with all changes until then (default 300 ms).
	SaveAfter time.Duration

	// Unlimited disables the Web API's rate limits, for load tests.
	Unlimited bool
	// Scopes are the scopes of the bot token; nil: all that the methods here need.
	Scopes []string
	// Events are the event types that the app has subscribed to; nil: those of its manifest, which are app_mention,
	// app_home_opened, subteam_members_changed, subteam_updated and user_change. message.channels and message.im are
	// supported too.
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

// timeDefaults sets Slack's own times: 3 s for an acknowledgement and a trigger, a warning about 10 s before a socket's end
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
