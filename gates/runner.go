package gates

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/readiness"
	"gonogo/readiness/answer"
)

const (
	UsualDeadline = 30 * time.Second       // of a gate that sets none
	usualGrace    = 100 * time.Millisecond // how long a gate may take to notice its timeout
	usualParallel = 16
)

// Job is one gate to run under a name.
type Job struct {
	Name     string
	Gate     Gate
	Scope    Scope
	Deadline time.Duration // 0: the gate's own, or 30 s
	Secrets  []string      // values that must not appear in the evidence
}

// WithDeadline is a gate that sets its own deadline; it goes before the job's.
type WithDeadline interface{ Deadline() time.Duration }

// WithGracePeriod is a gate that needs a while to clean up when it is stopped.
type WithGracePeriod interface{ GracePeriod() time.Duration }

// WithLeastTime is a gate that takes at least so long when it passes, such as a load that
// lasts 10 minutes.
type WithLeastTime interface{ LeastTime() time.Duration }

// LeastTime is what the gate takes at least when it passes, if it can tell.
func LeastTime(g Gate) time.Duration {
	if own, ok := g.(WithLeastTime); ok {
		return own.LeastTime()
	}
	return 0
}

// longestFirst orders jobs by what they take at least, then by what they may take.
func longestFirst(a, b Job) int {
	return cmp.Or(cmp.Compare(LeastTime(b.Gate), LeastTime(a.Gate)), cmp.Compare(b.Timeout(), a.Timeout()))
}

// Grace is how long the gate may take to stop after its time is up.
func (j Job) Grace() time.Duration {
	if own, ok := j.Gate.(WithGracePeriod); ok {
		return usualGrace + own.GracePeriod()
	}
	return usualGrace
}

// Timeout is how long the gate may take: its own deadline, or else the job's.
func (j Job) Timeout() time.Duration {
	if own, ok := j.Gate.(WithDeadline); ok && own.Deadline() > 0 {
		return own.Deadline()
	}
	if j.Deadline > 0 {
		return j.Deadline
	}
	return UsualDeadline
}

// Runner runs gates side by side. No gate affects the others: a panic, a hang and an
// overlong answer are that gate's own error.
type Runner struct {
	Parallel int // at most so many at once; 0: 16
}

// Run runs every job and returns when all are done. begin is called before a job, and
// an error from it skips the job; end is called with its evidence. Both are called from
// several goroutines. Jobs that have not begun when ctx ends are skipped.
//
// Those that take longest begin first, so that the others are done meanwhile.
//
// A gate that ignores its deadline is abandoned: its goroutine continues, but its
// answer is dropped, so that one hanging gate costs only its deadline.
func (r Runner) Run(ctx context.Context, jobs []Job, begin func(Job) error, end func(Job, answer.Evidence)) {
	queue := make(chan Job)
	var workers sync.WaitGroup
	parallel := r.Parallel
	if parallel <= 0 {
		parallel = usualParallel
	}
	for range min(parallel, len(jobs)) {
		workers.Go(func() {
			for job := range queue {
				if ctx.Err() == nil && begin(job) == nil {
					end(job, job.measure(ctx))
				}
			}
		})
	}
	for _, job := range slices.SortedStableFunc(slices.Values(jobs), longestFirst) {
		queue <- job
	}
	close(queue)
	workers.Wait()
}

// measure runs one gate under its deadline.
func (j Job) measure(ctx context.Context) answer.Evidence {
	start := time.Now()
	within, cancel := context.WithTimeout(ctx, j.Timeout())
	defer cancel()
	answer := make(chan answer.Evidence, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				answer <- j.panicked(cause)
			}
		}()
		answer <- j.Gate.Check(within, j.Scope)
	}()
	ev := j.await(within, answer)
	ev.Took = time.Since(start)
	return Presentable(ev, j.Secrets)
}

// await waits for the gate's answer, and gives up shortly after its deadline.
func (j Job) await(within context.Context, answer <-chan answer.Evidence) answer.Evidence {
	select {
	case ev := <-answer:
		return ev
	case <-within.Done():
	}
	patience := time.NewTimer(j.Grace())
	defer patience.Stop()
	select {
	case ev := <-answer:
		return ev
	case <-patience.C:
	}
	if within.Err() == context.Canceled {
		return Errored("cut off before it had measured")
	}
	return Errored("timed out after %s and was abandoned", readiness.Span(j.Timeout()))
}

func (j Job) panicked(cause any) answer.Evidence {
	ev := Errored("this gate crashed and could not measure; report it to its developers with the details below")
	ev.Details = append([]string{fmt.Sprint(cause)}, stackLines(string(debug.Stack()))...)
	return ev
}

// stackLines keeps the names of gonogo's own functions in a stack, newest first,
// without the runner's.
func stackLines(stack string) []string {
	var lines []string
	for line := range strings.Lines(stack) {
		if end := strings.LastIndex(line, "("); strings.HasPrefix(line, "gonogo/") && end > 0 && !strings.Contains(line, "gates.Job.") {
			lines = append(lines, line[:end])
		}
	}
	return lines[:min(len(lines), 8)]
}

// Pause waits, or returns false when ctx ends first.
func Pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
