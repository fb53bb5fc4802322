// Package slackerr says what Slack's errors mean: whether trying again can help,
// how long to wait before that, and how to fix what it cannot. It makes no calls
// itself; whoever makes one asks it about the error.
//
// Two kinds of error are told apart. A lasting one, such as a revoked token, has
// a sentence that fixes it, and is retried once in [LongPause], since a person may
// fix it meanwhile. A temporary one is retried after the growing pauses of a
// [Backoff]. Everything else is Slack's answer to this one call.
package slackerr

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"
)

// fixes has the errors of Slack that retrying doesn't fix, each with the sentence that
// says how to. The names are those of the Web API's methods
// (https://docs.slack.dev/reference/methods).
var fixes = map[string]string{
	"invalid_auth":            "copy the token again from the app's page at api.slack.com/apps, and restart gonogo",
	"not_authed":              "no token reached Slack; set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, and restart gonogo",
	"account_inactive":        "the app was removed from the workspace; install it again, set the new token, and restart gonogo",
	"token_revoked":           "the token was revoked; install the app again, set the new token, and restart gonogo",
	"token_expired":           "the token has expired; switch token rotation off for the app, set a new token, and restart gonogo",
	"missing_scope":           "the token lacks a scope; the app token needs connections:write, the bot token those of the app's manifest; install the app again after adding them",
	"not_allowed_token_type":  "the wrong kind of token; SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-; set the right one, and restart gonogo",
	"access_denied":           "the workspace denies this app access; ask its administrators",
	"forbidden_team":          "the token does not belong to this workspace; use the token of this workspace's installation, and restart gonogo",
	"team_access_not_granted": "the app may not act in this workspace; ask its administrators",
	"no_permission":           "the app may not do this; ask the workspace's administrators",
	"org_login_required":      "the workspace is being moved to an Enterprise organisation; install the app again afterwards",
	"ekm_access_denied":       "the workspace's administrators have suspended access; ask them",
	"team_disabled":           "the workspace is disabled; ask its owners",
	"link_disabled":           "Socket Mode is switched off for the app; switch it on at api.slack.com/apps under Socket Mode",
}

// SocketModeOff is Slack's name for Socket Mode being switched off for the app. It
// is also the reason with which Slack then closes the sockets.
const SocketModeOff = "link_disabled"

// Code is Slack's name for an error, or "" when the error is not Slack's.
func Code(err error) string {
	var answer slack.SlackErrorResponse
	if errors.As(err, &answer) {
		return answer.Err
	}
	return ""
}

// Fix is the sentence that fixes a lasting error, by Slack's name for it. It
// reports false where the error is not a lasting one.
func Fix(code string) (fix string, lasting bool) {
	fix, lasting = fixes[code]
	return fix, lasting
}

// Lasting reports whether retrying is useless, and how to fix the error.
func Lasting(err error) (fix string, lasting bool) { return Fix(Code(err)) }

// RetryAfter is the pause that Slack asks for, at least a second, or 0 where it
// asks for none.
func RetryAfter(err error) time.Duration {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return max(limited.RetryAfter, time.Second)
	}
	return 0
}

// Temporary reports whether the same call may succeed a little later.
func Temporary(err error) bool {
	if code := Code(err); code != "" {
		switch code {
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

// Unsure reports whether a call may have taken effect though it returned an error:
// there was no answer, or one that says that Slack or a gateway lost track of it. After
// a refusal or a pause that Slack asks for, it is certain that nothing happened.
func Unsure(err error) bool {
	if err == nil || RetryAfter(err) > 0 || Code(err) == "ratelimited" {
		return false
	}
	return Temporary(err) || errors.Is(err, context.Canceled)
}

// WithoutURL drops the address from an error that names one, for the log: those
// of sockets and response_urls are as good as passwords.
func WithoutURL(err error) error {
	var withAddress *url.Error
	if errors.As(err, &withAddress) {
		return withAddress.Err
	}
	return err
}

// The outcomes of a call, as metrics name them.
const (
	OK      = "ok"
	Limited = "rate_limited" // Slack asked for a pause
	Refused = "refused"      // Slack answered with an error
	Failed  = "failed"       // there was no answer from Slack
)

// Outcomes lists the outcomes of a call.
var Outcomes = []string{OK, Limited, Refused, Failed}

// Outcome names how a call ended, by its error.
func Outcome(err error) string {
	switch {
	case err == nil:
		return OK
	case RetryAfter(err) > 0, Code(err) == "ratelimited":
		return Limited
	case Code(err) != "":
		return Refused
	}
	return Failed
}
