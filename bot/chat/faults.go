package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"
)

// lastingFaults are Slack's errors that trying again does not mend, with the
// sentence that does. The names are those of the Web API's methods
// (https://docs.slack.dev/reference/methods).
var lastingFaults = map[string]string{
	"invalid_auth":            "copy the token again from the app's page at api.slack.com/apps",
	"not_authed":              "no token reached Slack; set SLACK_BOT_TOKEN and SLACK_APP_TOKEN",
	"account_inactive":        "the app was removed from the workspace; install it again and set the new token",
	"token_revoked":           "the token was revoked; install the app again and set the new token",
	"token_expired":           "the token has expired; switch token rotation off for the app and set a new token",
	"missing_scope":           "the token lacks a scope; the app token needs connections:write, the bot token those of the app's manifest; install the app again after adding them",
	"not_allowed_token_type":  "the wrong kind of token; SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-",
	"access_denied":           "the workspace denies this app access; ask its administrators",
	"forbidden_team":          "the token does not belong to this workspace; use the token of this workspace's installation",
	"team_access_not_granted": "the app may not act in this workspace; ask its administrators",
	"no_permission":           "the app may not do this; ask the workspace's administrators",
	"org_login_required":      "the workspace is being moved to an Enterprise organisation; install the app again afterwards",
	"ekm_access_denied":       "the workspace's administrators have suspended access; ask them",
	"team_disabled":           "the workspace is disabled; ask its owners",
	"link_disabled":           "Socket Mode is switched off for the app; switch it on at api.slack.com/apps under Socket Mode",
}

// code is Slack's name for an error, or "" when the error is not Slack's.
func code(err error) string {
	var answer slack.SlackErrorResponse
	if errors.As(err, &answer) {
		return answer.Err
	}
	return ""
}

// lastingFault tells whether trying again is no use, and what mends it.
func lastingFault(err error) (mend string, lasting bool) {
	mend, lasting = lastingFaults[code(err)]
	return mend, lasting
}

// retryAfter is the pause that Slack asks for, or 0.
func retryAfter(err error) time.Duration {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return max(limited.RetryAfter, time.Second)
	}
	return 0
}

// passing tells whether the same call may well succeed a little later.
func passing(err error) bool {
	if code(err) != "" {
		switch code(err) {
		case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited":
			return true
		}
		return false
	}
	var status slack.StatusCodeError
	if errors.As(err, &status) {
		return status.Code >= 500 || status.Code == http.StatusTooManyRequests || status.Code == http.StatusRequestTimeout
	}
	return !errors.Is(err, context.Canceled)
}

// safe strips addresses from an error before it is logged: those of sockets
// and response_urls are as good as passwords.
func safe(err error) string {
	var withAddress *url.Error
	if errors.As(err, &withAddress) {
		return withAddress.Err.Error()
	}
	return err.Error()
}

// Pauses between attempts: the first is short, none is longer than the cap.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 30 * time.Second
	slowPause    = time.Minute // after a lasting fault
)

// pauses are the growing waits between attempts.
type pauses struct{ last time.Duration }

func newPauses() *pauses { return &pauses{} }

// next is the wait before the next attempt, at least as long as asked for and
// never all at the same time: half of it is chance.
func (p *pauses) next(asked time.Duration) time.Duration {
	p.last = min(max(2*p.last, firstPause), longestPause)
	return max(p.last/2+rand.N(p.last/2+1), asked)
}

func (p *pauses) reset() { p.last = 0 }
