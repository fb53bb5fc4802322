package socket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
)

const (
	stagger      = time.Second      // between the sockets, so that Slack refreshes them apart
	drainTimeout = 15 * time.Second // a replaced socket that Slack leaves open so long is closed by us
	goodLife     = 5 * time.Second  // a socket that lived so long, or served anything, was a good one

	// maxPauseAfterWarning is the longest pause before a warned socket is replaced.
	// Slack closes it some ten seconds after the warning.
	maxPauseAfterWarning = 250 * time.Millisecond

	// maxOpen is from how many sockets on replaced ones make room at once.
	// Slack allows an app ten, and counts one for a moment after it is closed.
	maxOpen = 6
)

// Options are what a Pool needs. All of them must be set, except for Recount.
type Options struct {
	API         *slack.Client // asks for the addresses of sockets, with the app-level token
	Connections int           // sockets kept open, 1 to 10

	// Handle decides what to do with an envelope that came in on a socket which Slack
	// greeted as app, and returns the payload of the acknowledgement; nil: none. The
	// acknowledgement waits for it, so it does no I/O. It may be called concurrently.
	Handle func(app string, e *Envelope) (ackPayload []byte)

	// Recount is the usual time between two counts of the app's sockets, which show
	// whether another process uses the same app token; 0: 50 seconds.
	Recount time.Duration

	Now   func() time.Time
	Log   *slog.Logger
	Meter Meter
}

// Pool keeps a number of sockets open. One goroutine a socket, in maintain,
// replaces it when Slack announces its end or when it is cut.
type Pool struct {
	config
	api    *slack.Client
	wanted int

	lastIn atomic.Int64 // of sockets that are gone

	mu         sync.Mutex
	open       []*socket // greeted, in the order they were opened
	draining   []*socket // those of open that were replaced, oldest first
	lastClosed time.Time // when one was last cut or closed
	accepted   bool      // Slack took the app token at least once
	trouble    string    // what keeps us from connecting, and how to fix it
	suspected  time.Time // since when Slack counts more sockets than ours; zero: it does not
	strays     int       // how many more, once that is certain
	alone      bool      // Slack once counted ours alone
	counted    time.Time // when Slack last told how many it counts
	lastCount  time.Time // when a socket that was opened to count was last closed

	doubts chan struct{} // holds one: there is reason to count the sockets

	reading sync.WaitGroup
	refused chan error // gets the error of a token refused at start; holds one
}

// NewPool prepares a Pool and opens nothing.
func NewPool(opts Options) *Pool {
	return &Pool{
		config: config{handle: opts.Handle, pingEvery: 10 * time.Second, silence: 30 * time.Second, recount: cmp.Or(opts.Recount, countEvery), now: opts.Now, log: opts.Log, meter: opts.Meter, dialer: usualDialer},
		api:    opts.API, wanted: opts.Connections, refused: make(chan error, 1), doubts: make(chan struct{}, 1),
	}
}

// Run keeps the sockets open until ctx ends. It returns an error only when
// Slack refuses the app token before it ever took it.
func (p *Pool) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var maintaining sync.WaitGroup
	for i := range p.wanted {
		maintaining.Go(func() {
			if slackerr.Sleep(ctx, time.Duration(i)*stagger) {
				p.maintain(ctx)
			}
		})
	}
	maintaining.Go(func() { p.keepCounting(ctx) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-p.refused:
		cancel()
	}
	maintaining.Wait()
	p.closeAll()
	p.reading.Wait()
	return err
}

// maintain holds one socket open, replacing it as often as needed.
func (p *Pool) maintain(ctx context.Context) {
	pauses := &slackerr.Backoff{}
	current := p.connect(ctx)
	for current != nil {
		reason, ended := current.awaitEnd(ctx)
		if !ended || !p.pauseBeforeNext(ctx, current, reason, pauses) {
			return
		}
		next := p.connect(ctx)
		p.drain(current)
		current = next
	}
}

// pauseBeforeNext waits as long as it is wise to before a socket that is over, or will be
// soon, is replaced, and reports whether to go on. One that served is replaced
// at once. Those that are over as soon as they are opened are replaced after a
// longer pause each time, which breaks the loop; one that was warned still
// serves meanwhile, so its replacement does not wait for long. Where Socket Mode
// was switched off, or Slack counts too many sockets, haste would be no use.
func (p *Pool) pauseBeforeNext(ctx context.Context, s *socket, reason string, pauses *slackerr.Backoff) bool {
	served := s.served.Load() > 0 || p.now().Sub(s.opened) > goodLife
	if served {
		pauses.Reset()
	}
	switch {
	case reason == reasonOff:
		p.report(switchOn(), reason)
		s.close()
		return slackerr.Sleep(ctx, slackerr.LongPause)
	case reason == reasonTooMany:
		p.log.Warn("too many sockets for this app: another process uses the same app token")
		s.close()
		return slackerr.Sleep(ctx, pauses.Next(5*time.Second))
	case served:
		return ctx.Err() == nil
	case reason == reasonWarning:
		return slackerr.Sleep(ctx, min(pauses.Next(0), maxPauseAfterWarning))
	}
	return slackerr.Sleep(ctx, pauses.Next(0))
}

// connect opens a socket, trying until it succeeds or ctx ends; then it
// returns nil.
func (p *Pool) connect(ctx context.Context) *socket {
	down := slackerr.Backoff{Most: slackerr.DownPause}
	for {
		s, err := p.openSocket(ctx, false)
		if err == nil {
			return s
		}
		if ctx.Err() != nil {
			return nil
		}
		wait := down.Next(slackerr.RetryAfter(err))
		if fix, lasting := slackerr.Lasting(err); lasting || errors.Is(err, refusal(reasonOff)) {
			if fix == "" {
				fix = switchOn()
			}
			p.report(fix, slackerr.Code(err))
			p.refuseToken(err, fix)
			wait = max(wait, slackerr.LongPause)
		} else {
			p.log.Warn("can't connect to Slack; retrying", "pause", wait, "error", slackerr.WithoutURL(err))
		}
		if !slackerr.Sleep(ctx, wait) {
			return nil
		}
	}
}

// switchOn is the sentence that fixes Socket Mode being switched off.
func switchOn() string {
	sentence, _ := slackerr.Fix(reasonOff)
	return sentence
}

// openSocket asks Slack for an address and opens a socket there. When Slack has many
// of our sockets open already, the oldest that was replaced makes room. One that is
// passing is opened for its greeting only.
func (p *Pool) openSocket(ctx context.Context, passing bool) (*socket, error) {
	p.makeRoom()
	asking, cancel := context.WithTimeout(ctx, handshakeTimeout)
	_, address, err := p.api.StartSocketModeContext(asking)
	cancel()
	p.meter.Called("apps.connections.open", slackerr.Outcome(err))
	if err != nil {
		return nil, fmt.Errorf("asking Slack for a socket: %w", slackerr.WithoutURL(err))
	}
	p.mu.Lock()
	p.accepted = true
	p.mu.Unlock()
	s, err := p.config.dial(ctx, address)
	var refused refusal
	switch {
	case errors.As(err, &refused):
		p.meter.SocketOver(endReason(string(refused), false))
		return nil, err
	case err != nil:
		p.mu.Lock()
		p.lastClosed = p.now() // Slack may count it for a while
		p.mu.Unlock()
		return nil, err
	}
	s.passing = passing
	p.add(s)
	return s, nil
}

// add counts a socket in and starts reading it.
func (p *Pool) add(s *socket) {
	p.mu.Lock()
	p.open = append(p.open, s)
	p.trouble = ""
	p.countStrays(s.connections - len(p.open))
	ours := len(p.open)
	p.mu.Unlock()
	level := slog.LevelInfo
	if s.passing {
		level = slog.LevelDebug
	}
	p.log.Log(context.Background(), level, "connected to Slack", "sockets", ours)
	p.reading.Go(func() {
		err := s.read()
		p.remove(s)
		if !s.passed() {
			p.meter.SocketOver(endReason(s.reason, s.closing.Load()))
		}
		p.log.Log(context.Background(), level, "socket closed", "served", s.served.Load(), "reason", slackerr.WithoutURL(err))
	})
}

// remove counts a socket out.
func (p *Pool) remove(s *socket) {
	is := func(other *socket) bool { return other == s }
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = slices.DeleteFunc(p.open, is)
	p.draining = slices.DeleteFunc(p.draining, is)
	if s.passed() {
		p.lastCount = p.now()
	} else {
		p.lastClosed = p.now()
	}
	p.lastIn.Store(max(p.lastIn.Load(), s.lastIn.Load()))
}

// drain leaves a socket that was replaced to Slack, which closes it when what
// was on its way has arrived; if Slack does not, we do.
func (p *Pool) drain(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.open, s) {
		return
	}
	p.draining = append(p.draining, s)
	overdue := time.AfterFunc(drainTimeout, s.close)
	p.reading.Go(func() {
		<-s.done
		overdue.Stop()
	})
}

// makeRoom closes the oldest replaced sockets when there are many.
func (p *Pool) makeRoom() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for surplus := len(p.open) - maxOpen; surplus >= 0 && len(p.draining) > 0; surplus-- {
		p.reading.Go(p.draining[0].close)
		p.draining = p.draining[1:]
	}
}

// closeAll says goodbye on every socket at once.
func (p *Pool) closeAll() {
	p.mu.Lock()
	all := slices.Clone(p.open)
	p.mu.Unlock()
	var closing sync.WaitGroup
	for _, s := range all {
		closing.Go(s.close)
	}
	closing.Wait()
}

// report logs what keeps gonogo from connecting, and makes it part of Status.
func (p *Pool) report(fix, reason string) {
	p.mu.Lock()
	p.trouble = fix
	p.mu.Unlock()
	p.log.Error("Slack refused the connection: "+fix, "reason", reason, "pause", slackerr.LongPause)
}

// refuseToken ends the pool if Slack never took the app token.
func (p *Pool) refuseToken(err error, fix string) {
	p.mu.Lock()
	accepted := p.accepted
	p.mu.Unlock()
	if accepted {
		return
	}
	select {
	case p.refused <- fmt.Errorf("the app token is refused by Slack (%s): %s", slackerr.Code(err), fix):
	default: // another socket was refused first
	}
}

// Status is the state of the connection to Slack, judged by what came in.
type Status struct {
	Open        int       // sockets that are open and greeted
	Draining    int       // those of them that were replaced, and are left to Slack to close
	LastInbound time.Time // when anything last came in; zero: nothing did
	Trouble     string    // what keeps us from connecting, and how to fix it; empty: nothing known
	Strays      int       // sockets of other processes with the same app token
}

// Status returns the state of the connection to Slack.
func (p *Pool) Status() Status {
	last := p.lastIn.Load()
	p.mu.Lock()
	defer p.mu.Unlock()
	open := 0
	for _, s := range p.open {
		last = max(last, s.lastIn.Load())
		if !s.passing {
			open++
		}
	}
	status := Status{Open: open, Draining: len(p.draining), Trouble: p.trouble, Strays: p.strays}
	if last != 0 {
		status.LastInbound = time.Unix(0, last)
	}
	return status
}
