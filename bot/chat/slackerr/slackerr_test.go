package slackerr_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
)

// What each kind of error means: for the next attempt, for the log and for metrics.
func TestKindsOfError(t *testing.T) {
	named := func(code string) error { return fmt.Errorf("post: %w", slack.SlackErrorResponse{Err: code}) }
	for _, tt := range []struct {
		name               string
		err                error
		code               string
		temporary, lasting bool
		after              time.Duration
		outcome            string
	}{
		{"none", nil, "", true, false, 0, slackerr.OK},
		{"a revoked token", named("token_revoked"), "token_revoked", false, true, 0, slackerr.Refused},
		{"Socket Mode switched off", named(slackerr.SocketModeOff), "link_disabled", false, true, 0, slackerr.Refused},
		{"a refusal of this call", named("channel_not_found"), "channel_not_found", false, false, 0, slackerr.Refused},
		{"trouble inside Slack", named("internal_error"), "internal_error", true, false, 0, slackerr.Refused},
		{"too many calls, without a pause", named("ratelimited"), "ratelimited", true, false, 0, slackerr.Limited},
		{"too many calls", &slack.RateLimitedError{RetryAfter: 30 * time.Second}, "", true, false, 30 * time.Second, slackerr.Limited},
		{"a pause of nothing", &slack.RateLimitedError{}, "", true, false, time.Second, slackerr.Limited},
		{"a gateway's error", slack.StatusCodeError{Code: http.StatusBadGateway}, "", true, false, 0, slackerr.Failed},
		{"a wrong address", slack.StatusCodeError{Code: http.StatusNotFound}, "", false, false, 0, slackerr.Failed},
		{"no answer", errors.New("connection reset"), "", true, false, 0, slackerr.Failed},
		{"our own end", context.Canceled, "", false, false, 0, slackerr.Failed},
	} {
		fix, lasting := slackerr.Lasting(tt.err)
		if got := slackerr.Code(tt.err); got != tt.code || slackerr.Temporary(tt.err) != tt.temporary || lasting != tt.lasting || lasting != (fix != "") {
			t.Errorf("%s: code %q, temporary %t, lasting %t (%q)", tt.name, got, slackerr.Temporary(tt.err), lasting, fix)
		}
		if got := slackerr.RetryAfter(tt.err); got != tt.after || slackerr.Outcome(tt.err) != tt.outcome {
			t.Errorf("%s: retry after %v, outcome %s; want %v, %s", tt.name, got, slackerr.Outcome(tt.err), tt.after, tt.outcome)
		}
	}
}

// An address that is as good as a password never reaches the log.
func TestWithoutURL(t *testing.T) {
	cause := errors.New("connection refused")
	err := fmt.Errorf("answering: %w", &url.Error{Op: "Post", URL: "https://hooks.slack.com/secret", Err: cause})
	if got := slackerr.WithoutURL(err); got != cause {
		t.Errorf("got %v, want %v", got, cause)
	}
	if got := slackerr.WithoutURL(cause); got != cause {
		t.Errorf("got %v of an error without an address, want it as it is", got)
	}
}

// Pauses double up to a limit, half of each at random, and are never shorter than
// what Slack asks for.
func TestBackoff(t *testing.T) {
	var b slackerr.Backoff
	most := slackerr.FirstPause
	for i := range 12 {
		if got := b.Next(0); got < most/2 || got > most {
			t.Errorf("pause %d = %v, want %v to %v", i, got, most/2, most)
		}
		most = min(2*most, slackerr.MaxPause)
	}
	if got := b.Next(90 * time.Second); got != 90*time.Second {
		t.Errorf("pause = %v, want the 90 s that Slack asks for", got)
	}
	b.Most = slackerr.DownPause
	if got := b.Next(0); got < slackerr.DownPause/2 || got > slackerr.DownPause {
		t.Errorf("pause = %v, want %v to %v", got, slackerr.DownPause/2, slackerr.DownPause)
	}
	b.Reset()
	if got := b.Next(0); got > slackerr.FirstPause {
		t.Errorf("pause = %v after a success, want the first again", got)
	}
}
