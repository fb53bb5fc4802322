package pace

import (
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// allowance is how often something may be called: a burst, then so many a minute.
// Together they stay within Slack's limit for any minute.
type allowance struct {
	burst     int
	perMinute float64
}

// allowances hold for the whole app, see https://docs.slack.dev/apis/web-api/rate-limits.
// The other methods answer a person who waits; they are delayed only when Slack asks for
// it.
var allowances = map[string]allowance{
	"chat.postMessage":   {burst: 3, perMinute: 60},  // in each channel: one a second, short bursts aside
	"chat.update":        {burst: 10, perMinute: 40}, // tier 3: 50
	"conversations.open": {burst: 10, perMinute: 40}, // tier 3: 50
	"views.publish":      {burst: 20, perMinute: 60}, // tier 4: 100

	"conversations.history": {burst: 10, perMinute: 40}, // tier 3: 50
	"conversations.replies": {burst: 10, perMinute: 40}, // tier 3: 50
	"users.info":            {burst: 40, perMinute: 60}, // tier 4: 100
}

// Class orders calls by who waits for them.
type Class int

// Classes of calls.
const (
	Unasked   Class = iota // cards and everything else that doesn't answer a command
	Started                // cards of gate runs that people started, however many
	Answering              // answers to people
	Urgent                 // answers to Acknowledge, Stop and rollback
	classes   = iota
)

// limiter is the rate limiter for the whole app, with a queue for each of Slack's
// limits. While an unasked call waits, it gets at least every second slot, however much
// of what people asked for waits. Of that, urgent answers go first; other answers and
// cards of gate runs take turns. Calls of one class are made in order.
type limiter struct {
	rate   float64 // how many times the allowances may be called
	mu     sync.Mutex
	queues map[string]*queue // by hold
}

// queue is the calls that wait for one of Slack's limits. It is guarded by limiter.mu.
type queue struct {
	limit   *rate.Limiter // nil: only pauses delay calls
	until   time.Time     // the end of a pause that Slack asked for
	waiting [classes][]*slot
	claimed [classes]*slot // slots for cards that are sent once granted
	granted int            // slots that were granted and not used yet
	owed    bool           // the last slot went to a person's call although an unasked call was waiting
	behind  Class          // answering or started: the one that had the last turn
	timer   *time.Timer    // fires when the next slot for a waiting call is free
}

// slot is what a call waits for.
type slot struct {
	class   Class
	granted chan struct{} // closed when the call may be made
}

func newLimiter() *limiter { return &limiter{rate: 1, queues: map[string]*queue{}} }

// hold is the key of a limit and of a pause: the channel for posts and the address for
// a response_url, which Slack limits separately; otherwise the method.
func hold(method, channel string) string {
	if method == "chat.postMessage" || method == "response_url" {
		return method + "/" + channel
	}
	return method
}

// wait returns when method may be called, or with an error when ctx ends first. It
// waits by aside. A slot that was claimed is for claimed calls only.
func (l *limiter) wait(ctx context.Context, c Class, claimed bool, method, channel string, aside func(wait func())) error {
	q, s := l.enter(c, claimed, method, channel)
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
	return l.leave(ctx, q, s)
}

// enter queues a call, in the slot that was claimed for it if there is one; nil means
// that it need not wait.
func (l *limiter) enter(c Class, claimed bool, method, channel string) (*queue, *slot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queue(method, channel)
	if q == nil {
		return nil, nil
	}
	if s := q.claimed[c]; s != nil && claimed {
		q.claimed[c] = nil
		return q, s
	}
	s := q.add(c)
	l.advance(q, time.Now())
	return q, s
}

// leave takes the slot of a call that got it, or gives up its place where ctx ended.
func (l *limiter) leave(ctx context.Context, q *queue, s *slot) error {
	l.mu.Lock()
	defer l.mu.Unlock()
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
	l.advance(q, now)
	return err
}

// claim queues the next call of a class while its caller does other things. It returns
// 0 once the call may be made, and before that the time until there is a slot.
func (l *limiter) claim(c Class, method, channel string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	q, now := l.queue(method, channel), time.Now()
	if q == nil {
		return 0
	}
	if q.claimed[c] == nil {
		q.claimed[c] = q.add(c)
	}
	l.advance(q, now)
	select {
	case <-q.claimed[c].granted:
		return max(0, q.until.Sub(now))
	default:
		return q.delay(now)
	}
}

// queue is where a call waits; nil where it need not. Like the functions below, it is
// called with the limiter locked.
func (l *limiter) queue(method, channel string) *queue {
	key := hold(method, channel)
	if allowed, limited := allowances[method]; limited && l.queues[key] == nil {
		l.queues[key] = &queue{limit: rate.NewLimiter(rate.Limit(l.rate*allowed.perMinute/60), allowed.burst)}
	}
	return l.queues[key]
}

// advance grants the slots that are free, and sets the timer for the next if calls
// still wait.
func (l *limiter) advance(q *queue, now time.Time) {
	for !q.empty() {
		if delay := q.delay(now); delay > 0 {
			l.comeBack(q, delay)
			return
		}
		q.granted++
		close(q.next().granted)
	}
}

func (l *limiter) comeBack(q *queue, delay time.Duration) {
	if q.timer != nil {
		q.timer.Reset(delay)
		return
	}
	q.timer = time.AfterFunc(delay, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.advance(q, time.Now())
	})
}

// pause delays calls for as long as Slack asked, and drops pauses that are over:
// response_urls aren't used again.
func (l *limiter) pause(method, channel string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(l.queues, func(_ string, q *queue) bool { return q.over(now) })
	q := l.queue(method, channel)
	if q == nil {
		q = &queue{}
		l.queues[hold(method, channel)] = q
	}
	if until := now.Add(d); until.After(q.until) {
		q.until = until
	}
}

func (q *queue) add(c Class) *slot {
	s := &slot{c, make(chan struct{})}
	q.waiting[c] = append(q.waiting[c], s)
	return s
}

// next takes the call whose turn it is. The queue must not be empty.
func (q *queue) next() *slot {
	order := []Class{Urgent, Answering, Started, Unasked}
	if q.behind == Answering {
		order = []Class{Urgent, Started, Answering, Unasked}
	}
	if q.owed {
		order = append([]Class{Unasked}, order...)
	}
	first := slices.IndexFunc(order, func(c Class) bool { return len(q.waiting[c]) > 0 })
	c := order[first]
	s := q.waiting[c][0]
	q.waiting[c] = q.waiting[c][1:]
	q.owed = c != Unasked && len(q.waiting[Unasked]) > 0
	if c == Answering || c == Started {
		q.behind = c
	}
	return s
}

// delay is the time until there is a slot.
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

// over reports whether a queue existed only for a pause that has ended.
func (q *queue) over(now time.Time) bool {
	return q.limit == nil && q.until.Before(now) && q.empty() && q.granted == 0
}
