package pace

import (
	"context"
	"log/slog"
	"time"

	"gonogo/bot/chat/slackerr"
)

// Meter counts calls. It is called where they are made, from any goroutine, so it must
// be quick.
type Meter interface {
	// Called counts a call of the Web API by how it ended: one of slackerr.Outcomes.
	Called(method, outcome string)
	// Waited records how long a call waited for its turn, or for the end of a pause that
	// Slack asked for.
	Waited(method string, waited time.Duration)
}

// Caller makes calls as soon as Slack's limits allow. It may be copied, and used from
// any goroutine; copies share its limits.
type Caller struct {
	limiter *limiter
	meter   Meter
	log     *slog.Logger

	class   Class
	claimed bool              // takes the slots that Claim got
	hasty   bool              // returns an error instead of waiting for a pause to end
	aside   func(wait func()) // waits without taking other people's turns
}

// NewCaller makes a Caller with limits of its own, for calls that nobody asked for.
func NewCaller(meter Meter, log *slog.Logger) Caller {
	return Caller{limiter: newLimiter(), meter: meter, log: log, aside: func(wait func()) { wait() }}
}

// Faster is the same Caller for a Slack that takes so many times as many calls as Slack
// does. It must be set before the first call.
func (c Caller) Faster(times float64) Caller {
	c.limiter.rate = times
	return c
}

// Hasty is the same Caller for those who must not block: where Slack asks for a pause,
// Call returns Slack's error.
func (c Caller) Hasty() Caller {
	c.hasty = true
	return c
}

// Of is the same Caller for calls of a class.
func (c Caller) Of(class Class) Caller {
	c.class = class
	return c
}

// Claimed is the same Caller for calls that were claimed.
func (c Caller) Claimed() Caller {
	c.claimed = true
	return c
}

// Aside is the same Caller for those who give up their turn while a call waits.
func (c Caller) Aside(step func(wait func())) Caller {
	c.aside = step
	return c
}

// Call makes one call as soon as Slack's limits allow it. A call that Slack
// rate-limited is repeated after the pause that Slack asks for; no other is. The
// channel is that of a post, or the address of a response_url; for other methods it
// does not matter. An error is that of the call, or of ctx where it ended first.
func (c Caller) Call(ctx context.Context, method, channel string, do func() error) error {
	for {
		asked := time.Now()
		if err := c.limiter.wait(ctx, c.class, c.claimed, method, channel, c.aside); err != nil {
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

// Claim queues the next call while its caller does other things. It returns 0 once the
// call may be made, and before that the time until there is a slot. The slot is for the
// next Call of the same class, method and channel by a Claimed Caller.
func (c Caller) Claim(method, channel string) time.Duration {
	return c.limiter.claim(c.class, method, channel)
}
