package pace

import (
	"context"
	"log/slog"
	"time"

	"gonogo/bot/chat/slackerr"
)

// Meter is told of calls, by whoever makes them, so it must be quick and take calls
// from any goroutine.
type Meter interface {
	// Called tells how a call of the Web API ended: one of slackerr.Outcomes.
	Called(method, outcome string)
	// Waited tells how long a call waited for its turn, or for the end of a
	// pause that Slack asked for.
	Waited(method string, waited time.Duration)
}

// Caller makes calls as soon as Slack's limits allow. It may be copied, and used from
// any goroutine; those that were made from one share its limits.
type Caller struct {
	limiter *limiter
	meter   Meter
	log     *slog.Logger

	class Class
	hasty bool              // it is told of a pause instead of waiting for its end
	aside func(wait func()) // waits without keeping others from their turns
}

// NewCaller makes a Caller with limits of its own, for calls that nobody asked for.
func NewCaller(meter Meter, log *slog.Logger) Caller {
	return Caller{limiter: newLimiter(), meter: meter, log: log, aside: func(wait func()) { wait() }}
}

// Hasty is the same Caller for those who must not be held up: where Slack asks for a
// pause, Call returns Slack's error.
func (c Caller) Hasty() Caller {
	c.hasty = true
	return c
}

// Of is the same Caller for calls of a class.
func (c Caller) Of(class Class) Caller {
	c.class = class
	return c
}

// Aside is the same Caller for those who have to step aside while a call waits.
func (c Caller) Aside(step func(wait func())) Caller {
	c.aside = step
	return c
}

// Call makes one call as soon as Slack's limits allow it. A call that Slack turned
// away for its rate is made again after the pause that Slack asks for; no other is.
// The channel is that of a post, or the address of a response_url; for other methods
// it does not matter. An error is that of the call, or of ctx where it ended first.
func (c Caller) Call(ctx context.Context, method, channel string, do func() error) error {
	for {
		asked := time.Now()
		if err := c.limiter.wait(ctx, c.class, method, channel, c.aside); err != nil {
			return err
		}
		c.meter.Waited(method, time.Since(asked))
		err := do()
		c.meter.Called(method, slackerr.Outcome(err))
		pause := slackerr.RetryAfter(err)
		if pause == 0 && slackerr.Code(err) != "ratelimited" {
			return err
		}
		c.log.Info("Slack limited the rate", "method", method, "pause", pause)
		c.limiter.pause(method, channel, max(pause, time.Second))
		if c.hasty {
			return err
		}
	}
}

// Claim has the next call wait in its queue while its caller does other things. It
// returns 0 once the call may be made, and before that how long there is no slot at
// all. The slot is for the next Call of the same class, method and channel.
func (c Caller) Claim(method, channel string) time.Duration {
	return c.limiter.claim(c.class, method, channel)
}
