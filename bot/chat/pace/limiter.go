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

// Class tells calls apart by who waits for them.
type Class int

// Classes of calls.
const (
	Unasked   Class = iota // cards and whatever else answers no command
	Started                // cards of gate runs that people started, as many as they like
	Answering              // answers to people
	Urgent                 // answers to Acknowledge, Stop and rollback
	classes   = iota
)

// limiter is the one limiter for the whole app, with a queue for each of Slack's
// limits. Its slots are shared: while an unasked call waits it gets at least every
// second one, however much of what people asked for waits. Of that, urgent answers
// go first; other answers and cards of gate runs take turns. Calls of one class go
// in their order.
type limiter struct {
	mu     sync.Mutex
	queues map[string]*queue // by hold
}

// queue is the calls that wait for one of Slack's limits. It is guarded by limiter.mu.
type queue struct {
	limit   *rate.Limiter // nil: nothing but pauses holds calls back
	until   time.Time     // the end of a pause that Slack asked for
	waiting [classes][]*slot
	claimed [classes]*slot // of the next card, which is sent once it is granted
	granted int            // slots that are granted and not used yet
	owed    bool           // the last slot went to what people asked for though an unasked call waited
	behind  Class          // of answering and started, the one that had its turn last
	timer   *time.Timer    // comes back for the calls that wait
}

// slot is what a call waits for.
type slot struct {
	class   Class
	granted chan struct{} // closed once the call may be made
}

func newLimiter() *limiter { return &limiter{queues: map[string]*queue{}} }

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
func (l *limiter) wait(ctx context.Context, c Class, method, channel string, aside func(wait func())) error {
	q, s := l.enter(c, method, channel)
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

// enter has a call wait in its queue, in the slot that was claimed for it if one was;
// nil is that nothing holds it back.
func (l *limiter) enter(c Class, method, channel string) (*queue, *slot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queue(method, channel)
	if q == nil {
		return nil, nil
	}
	if s := q.claimed[c]; s != nil {
		q.claimed[c] = nil
		return q, s
	}
	s := q.add(c)
	l.advance(q, time.Now())
	return q, s
}

// leave counts a call in that has its slot, or gives up its place where ctx ended.
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

// claim has the next call of a class wait in its queue while its caller does other
// things. It returns 0 once the call may be made, and before that how long there
// is no slot at all.
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

// queue is where a call waits; nil where nothing holds it back. It is called with
// the limiter locked, as the rest is.
func (l *limiter) queue(method, channel string) *queue {
	key := hold(method, channel)
	if allowed, limited := allowances[method]; limited && l.queues[key] == nil {
		l.queues[key] = &queue{limit: rate.NewLimiter(rate.Limit(allowed.perMinute/60), allowed.burst)}
	}
	return l.queues[key]
}

// advance grants the slots that there are, and comes back when there is another
// while calls wait.
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

// pause keeps calls back for as long as Slack asked, and forgets pauses that are
// over: response_urls do not come back.
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

// next is whose turn it is. The queue must not be empty.
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
