package chat

import (
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// allowance is how often something may be called: at once so many times, then
// so often a minute. Both together stay within Slack's limit for any minute.
type allowance struct {
	burst     int
	perMinute float64
}

// allowances hold for the whole app, see https://docs.slack.dev/apis/web-api/rate-limits.
// Methods that are not named answer a person who waits; they are only held
// back when Slack says so.
var allowances = map[string]allowance{
	"chat.postMessage":   {burst: 3, perMinute: 60},  // in each channel: one a second, short bursts aside
	"chat.update":        {burst: 10, perMinute: 40}, // tier 3: 50
	"conversations.open": {burst: 10, perMinute: 40}, // tier 3: 50
	"views.publish":      {burst: 20, perMinute: 60}, // tier 4: 100

	"conversations.history": {burst: 10, perMinute: 40}, // tier 3: 50
	"conversations.replies": {burst: 10, perMinute: 40}, // tier 3: 50
	"users.info":            {burst: 40, perMinute: 60}, // tier 4: 100
}

// class tells calls apart by who waits for them.
type class int

const (
	unasked   class = iota // cards and whatever else answers no command
	started                // cards of gate runs that people started, as many as they like
	answering              // answers to people
	urgent                 // answers to Acknowledge, Stop and rollback
	classes   = iota
)

// pace is the one limiter for the whole app, with a queue for each of Slack's
// limits. Its slots are shared: while an unasked call waits it gets at least every
// second one, however much of what people asked for waits. Of that, urgent answers
// go first; other answers and cards of gate runs take turns. Calls of one class go
// in their order.
type pace struct {
	mu     sync.Mutex
	queues map[string]*queue // by hold
}

// queue is the calls that wait for one of Slack's limits. It is guarded by pace.mu.
type queue struct {
	limit   *rate.Limiter // nil: nothing but pauses holds calls back
	until   time.Time     // the end of a pause that Slack asked for
	waiting [classes][]*slot
	claimed [classes]*slot // of the next card, which is sent once it is granted
	granted int            // slots that are granted and not used yet
	owed    bool           // the last slot went to what people asked for though an unasked call waited
	behind  class          // of answering and started, the one that had its turn last
	timer   *time.Timer    // comes back for the calls that wait
}

// slot is what a call waits for.
type slot struct {
	class   class
	granted chan struct{} // closed once the call may be made
}

func newPace() *pace { return &pace{queues: map[string]*queue{}} }

// hold names what a limit and a pause are for: the channel for posts and the
// address for a response_url, which Slack limits one by one; otherwise the method.
func hold(method, channel string) string {
	if method == "chat.postMessage" || method == "response_url" {
		return method + "/" + channel
	}
	return method
}

// wait returns when method may be called, or with an error when ctx ends first. It
// waits aside.
func (p *pace) wait(ctx context.Context, c class, method, channel string, aside func(wait func())) error {
	q, s := p.enter(c, method, channel)
	if q == nil {
		return ctx.Err()
	}
	select {
	case <-s.granted:
	default:
		aside(func() {
			select {
			case <-s.granted:
			case <-ctx.Done():
			}
		})
	}
	return p.leave(ctx, q, s)
}

// enter has a call wait in its queue, in the slot that was claimed for it if one was;
// nil is that nothing holds it back.
func (p *pace) enter(c class, method, channel string) (*queue, *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.queue(method, channel)
	if q == nil {
		return nil, nil
	}
	if s := q.claimed[c]; s != nil {
		q.claimed[c] = nil
		return q, s
	}
	s := q.add(c)
	p.advance(q, time.Now())
	return q, s
}

// leave counts a call in that has its slot, or gives up its place where ctx ended.
func (p *pace) leave(ctx context.Context, q *queue, s *slot) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, err := time.Now(), ctx.Err()
	waiting := q.waiting[s.class]
	if i := slices.Index(waiting, s); i >= 0 {
		q.waiting[s.class] = slices.Delete(waiting, i, i+1)
		return err
	}
	q.granted--
	if err == nil && q.limit != nil {
		q.limit.AllowN(now, 1)
	}
	p.advance(q, now)
	return err
}

// claim has the next call of a class wait in its queue while its caller does other
// things. It returns 0 once the call may be made, and before that how long there
// is no slot at all.
func (p *pace) claim(c class, method, channel string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	q, now := p.queue(method, channel), time.Now()
	if q == nil {
		return 0
	}
	if q.claimed[c] == nil {
		q.claimed[c] = q.add(c)
	}
	p.advance(q, now)
	select {
	case <-q.claimed[c].granted:
		return max(0, q.until.Sub(now))
	default:
		return q.delay(now)
	}
}

// queue is where a call waits; nil where nothing holds it back. It is called with
// the pace locked, as the rest is.
func (p *pace) queue(method, channel string) *queue {
	key := hold(method, channel)
	if allowed, limited := allowances[method]; limited && p.queues[key] == nil {
		p.queues[key] = &queue{limit: rate.NewLimiter(rate.Limit(allowed.perMinute/60), allowed.burst)}
	}
	return p.queues[key]
}

// advance grants the slots that there are, and comes back when there is another
// while calls wait.
func (p *pace) advance(q *queue, now time.Time) {
	for !q.empty() {
		if delay := q.delay(now); delay > 0 {
			p.comeBack(q, delay)
			return
		}
		q.granted++
		close(q.next().granted)
	}
}

func (p *pace) comeBack(q *queue, delay time.Duration) {
	if q.timer != nil {
		q.timer.Reset(delay)
		return
	}
	q.timer = time.AfterFunc(delay, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.advance(q, time.Now())
	})
}

// pause keeps calls back for as long as Slack asked, and forgets pauses that are
// over: response_urls do not come back.
func (p *pace) pause(method, channel string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(p.queues, func(_ string, q *queue) bool { return q.over(now) })
	q := p.queue(method, channel)
	if q == nil {
		q = &queue{}
		p.queues[hold(method, channel)] = q
	}
	if until := now.Add(d); until.After(q.until) {
		q.until = until
	}
}

func (q *queue) add(c class) *slot {
	s := &slot{c, make(chan struct{})}
	q.waiting[c] = append(q.waiting[c], s)
	return s
}

// next is whose turn it is. The queue must not be empty.
func (q *queue) next() *slot {
	order := []class{urgent, answering, started, unasked}
	if q.behind == answering {
		order = []class{urgent, started, answering, unasked}
	}
	if q.owed {
		order = append([]class{unasked}, order...)
	}
	first := slices.IndexFunc(order, func(c class) bool { return len(q.waiting[c]) > 0 })
	c := order[first]
	s := q.waiting[c][0]
	q.waiting[c] = q.waiting[c][1:]
	q.owed = c != unasked && len(q.waiting[unasked]) > 0
	if c == answering || c == started {
		q.behind = c
	}
	return s
}

// delay is how long there is no slot.
func (q *queue) delay(now time.Time) time.Duration {
	delay := q.until.Sub(now)
	if q.limit == nil {
		return delay
	}
	missing := float64(q.granted+1) - q.limit.TokensAt(now)
	return max(delay, time.Duration(math.Ceil(missing/float64(q.limit.Limit())*float64(time.Second))))
}

func (q *queue) empty() bool {
	return !slices.ContainsFunc(q.waiting[:], func(waiting []*slot) bool { return len(waiting) > 0 })
}

// over tells of a queue that was there only for a pause.
func (q *queue) over(now time.Time) bool {
	return q.limit == nil && q.until.Before(now) && q.empty() && q.granted == 0
}
