package pace

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
)

// tally is a Meter that counts calls by their outcome.
type tally map[string]int

func (c tally) Called(_, outcome string)   { c[outcome]++ }
func (tally) Waited(string, time.Duration) {}

// A call that Slack turned away for its rate is made again after the pause, but for a
// caller that is told of it. Any other error is the call's.
func TestCallAgainAfterAPause(t *testing.T) {
	limited := &slack.RateLimitedError{RetryAfter: 20 * time.Second}
	refused := errors.New("the connection is gone")
	for _, tt := range []struct {
		name  string
		hasty bool
		first error
		want  error
		calls int
		after time.Duration
	}{
		{"limited", false, limited, nil, 2, 20 * time.Second},
		{"limited, without a time", false, slack.SlackErrorResponse{Err: "ratelimited"}, nil, 2, time.Second},
		{"limited, and hasty", true, limited, limited, 1, 0},
		{"refused", false, refused, refused, 1, 0},
		{"done", false, nil, nil, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				counted, calls, began := tally{}, 0, time.Now()
				c := NewCaller(counted, slog.New(slog.DiscardHandler))
				if tt.hasty {
					c = c.Hasty()
				}
				err := c.Call(t.Context(), "chat.postMessage", place, func() error {
					if calls++; calls == 1 {
						return tt.first
					}
					return nil
				})
				if !errors.Is(err, tt.want) || calls != tt.calls || time.Since(began) != tt.after {
					t.Errorf("%d calls within %v, %v; want %d within %v, %v", calls, time.Since(began), err, tt.calls, tt.after, tt.want)
				}
				told := 0
				for _, n := range counted {
					told += n
				}
				if told != calls {
					t.Errorf("the meter was told of %v, want %d calls", counted, calls)
				}
			})
		})
	}
}
