// Package load sends many requests to a site at once, and tells how they were answered.
//
// A [Plan] says what to send: a number of users, each of whom asks again as soon as the
// answer is there, or a rate. [Plan.Run] sends it and returns an [Outcome]. The requests
// are paced by vegeta; connections, deadlines and the count of what was really sent are
// this package's own.
//
// # What it promises
//
// Only the hosts of the plan's URLs are connected to: no redirect is followed and no proxy
// is asked. When the context ends, every connection is closed at once, and Run returns when
// its last goroutine has ended. The bounds are those of the constants; an answer is read to
// its end, and one that is larger than [MaxBody] counts as failed.
//
// A request counts as sent once it was written to a connection. One that wasn't, such as to
// a port on which nothing listens, says nothing about the site under load, so the caller
// compares [Outcome.Sent] with what was meant.
package load

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Bounds of a load.
const (
	MaxRate     = 1000             // requests a second
	MaxUsers    = 500              // requests under way at once, also at a rate
	MaxFor      = 10 * time.Minute // how long it may last
	MaxRequests = 1_000_000        // in all
	MaxBody     = 16 << 20         // bytes of one answer
)

// hopeless is how many requests may fail to be sent before a load is given up of which
// most weren't sent.
const hopeless = 1000

// Plan is the load that is meant.
type Plan struct {
	URLs    []string    // that are asked in turn, with GET
	Headers http.Header // that are sent
	Users   int         // how many ask at once; 0: Rate counts
	Rate    int         // requests a second
	For     time.Duration
	Timeout time.Duration                    // of one request, its answer included
	Allows  func(status int) bool            // whether an answer with the status succeeded
	Roots   *x509.CertPool                   // authorities that count; nil: the machine's
	Dialer  func(address string) *net.Dialer // what connects to a host and port; nil: the usual
}

// Meant is how many requests a plan at a rate sends; 0 for users, who ask as fast as they
// are answered.
func (p Plan) Meant() int {
	if p.Users > 0 {
		return 0
	}
	return int(float64(p.Rate) * p.For.Seconds())
}

// Outcome is what became of a load.
type Outcome struct {
	Tried    int             // requests begun
	Sent     int             // those that were written to a connection
	Statuses map[int]int     // of complete answers with a status that isn't allowed, how many
	Broken   int             // requests without a complete answer, sent or not
	Took     []time.Duration // by those that succeeded, from connecting to the answer's end
	Cause    error           // why the first of those without a complete answer has none, an [*url.Error]
	Full     bool            // MaxRequests was reached before the time was over
}

// Failed is how many requests didn't succeed.
func (o Outcome) Failed() int { return o.Tried - len(o.Took) }

// GivenUp reports whether most requests couldn't even be sent.
func (o Outcome) GivenUp() bool { return o.Tried-o.Sent > hopeless && 2*o.Sent < o.Tried }

// Run sends the load. It returns early when ctx ends, or when hardly any request can be
// sent.
func (p Plan) Run(ctx context.Context) Outcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // closes every connection
	wire := newWire(ctx, p)
	workers := uint64(MaxUsers)
	if p.Users > 0 {
		workers = uint64(p.Users)
	}
	attacker := vegeta.NewAttacker(vegeta.Client(wire.client()), vegeta.MaxBody(0), vegeta.Workers(min(workers, uint64(max(p.Users, 10)))), vegeta.MaxWorkers(workers))
	defer context.AfterFunc(ctx, func() { attacker.Stop() })()

	o := Outcome{Statuses: map[int]int{}}
	for result := range attacker.Attack(p.targeter(), &pacer{ctx, wire, vegeta.Rate{Freq: p.Rate, Per: time.Second}}, p.For, "") {
		o.Tried++
		switch status := int(result.Code); {
		case status == 0:
			o.Broken++
		case p.Allows(status):
			o.Took = append(o.Took, result.Latency)
		default:
			o.Statuses[status]++
		}
	}
	o.Sent, o.Cause, o.Full = int(wire.sent.Load()), wire.cause, o.Tried >= MaxRequests
	return o
}

// targeter gives each URL in turn.
func (p Plan) targeter() vegeta.Targeter {
	targets := make([]vegeta.Target, len(p.URLs))
	for i, address := range p.URLs {
		targets[i] = vegeta.Target{Method: http.MethodGet, URL: address, Header: p.Headers}
	}
	return vegeta.NewStaticTargeter(targets...)
}

// pacer waits between requests as vegeta does, and stops waiting when the context ends.
// With a rate of zero it doesn't wait.
type pacer struct {
	ctx  context.Context
	wire *wire
	rate vegeta.Rate
}

var _ vegeta.Pacer = (*pacer)(nil)

// Pace implements [vegeta.Pacer].
func (p *pacer) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	if hits >= MaxRequests || p.wire.hopeless() {
		return 0, true
	}
	wait, stop := p.rate.Pace(elapsed, hits)
	if stop {
		return 0, true
	}
	due := time.NewTimer(max(wait, 0))
	defer due.Stop()
	select {
	case <-p.ctx.Done():
		return 0, true
	case <-due.C:
		return 0, p.ctx.Err() != nil
	}
}

// Rate implements [vegeta.Pacer].
func (p *pacer) Rate(elapsed time.Duration) float64 { return p.rate.Rate(elapsed) }
