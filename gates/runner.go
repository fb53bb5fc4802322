package gates

import (
	"context"
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"gonogo/readiness"
)

// Bounds of the evidence that a gate may hand in.
const (
	maxDetails    = 50
	maxMeasures   = 200
	maxLine       = 500 // letters
	usualDeadline = 30 * time.Second
	grace         = 100 * time.Millisecond // for a gate to notice that its time is over
)

// Job is one gate to run under a name.
type Job struct {
	Name     string
	Gate     Gate
	Scope    Scope
	Deadline time.Duration // 0: the gate's own, or 30 s
	Secrets  []string      // values that must not stand in the evidence
}

// Unhurried is a gate that sets its own deadline.
type Unhurried interface{ Deadline() time.Duration }

func (j Job) deadline() time.Duration {
	if own, ok := j.Gate.(Unhurried); ok && own.Deadline() > 0 {
		return own.Deadline()
	}
	if j.Deadline > 0 {
		return j.Deadline
	}
	return usualDeadline
}

// Runner runs gates side by side. Nothing that a gate does reaches the others:
// a panic, a hang and an overlong answer are that gate's own error.
type Runner struct {
	Parallel int // at most so many at once; 0: 16
}

// Run runs every job and returns when all are over. begin is called before a
// job and may call it off with an error; end is called with its evidence. Both
// are called from several goroutines. Jobs that have not begun when ctx ends
// are not begun.
//
// A gate that ignores its deadline is left behind: its goroutine goes on, but
// its answer is thrown away, so that one hanging gate costs its deadline and
// no more.
func (r Runner) Run(ctx context.Context, jobs []Job, begin func(Job) error, end func(Job, readiness.Evidence)) {
	queue := make(chan Job)
	var workers sync.WaitGroup
	parallel := r.Parallel
	if parallel <= 0 {
		parallel = 16
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
	for _, job := range jobs {
		queue <- job
	}
	close(queue)
	workers.Wait()
}

// measure runs one gate under its deadline.
func (j Job) measure(ctx context.Context) readiness.Evidence {
	start := time.Now()
	within, cancel := context.WithTimeout(ctx, j.deadline())
	defer cancel()
	answer := make(chan readiness.Evidence, 1)
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
	return j.presentable(ev)
}

// await takes the gate's answer, or gives up on it shortly after its time.
func (j Job) await(within context.Context, answer <-chan readiness.Evidence) readiness.Evidence {
	select {
	case ev := <-answer:
		return ev
	case <-within.Done():
	}
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case ev := <-answer:
		return ev
	case <-patience.C:
	}
	if within.Err() == context.Canceled {
		return errored("cut off before it had measured")
	}
	return errored("did not answer within %s; it was left behind", j.deadline())
}

func (j Job) panicked(cause any) readiness.Evidence {
	ev := errored("this gate has a fault of its own and could not measure; its developers need the details below")
	ev.Details = append([]string{fmt.Sprint(cause)}, stackLines(string(debug.Stack()))...)
	return ev
}

// stackLines keeps the function names of a stack, newest first.
func stackLines(stack string) []string {
	var lines []string
	for line := range strings.Lines(stack) {
		if line = strings.TrimSpace(line); strings.Contains(line, "gonogo/") && !strings.Contains(line, "runner.go") {
			lines = append(lines, line)
		}
	}
	return lines[:min(len(lines), 8)]
}

// presentable takes secrets out of evidence and cuts it to its bounds. An
// answer without a verdict is no pass.
func (j Job) presentable(ev readiness.Evidence) readiness.Evidence {
	if ev.Verdict == "" {
		ev = errored("this gate gave no verdict")
	}
	clean := j.redactor()
	ev.Summary, ev.Note, ev.Link = clean(ev.Summary), clean(ev.Note), clean(ev.Link)
	if more := len(ev.Details) - maxDetails; more > 0 {
		ev.Details = append(ev.Details[:maxDetails:maxDetails], fmt.Sprintf("… and %d more", more))
	}
	details := make([]string, len(ev.Details))
	for i, line := range ev.Details {
		details[i] = clean(line)
	}
	ev.Details = details
	measures := make([]readiness.Measure, min(len(ev.Measures), maxMeasures))
	for i := range measures {
		m := ev.Measures[i]
		m.Name, m.Value, m.Limit = clean(m.Name), clean(m.Value), clean(m.Limit)
		measures[i] = m
	}
	ev.Measures = measures
	return ev
}

// redactor blanks the job's secrets, and the passwords within them, and cuts
// what is too long.
func (j Job) redactor() func(string) string {
	var pairs []string
	for _, secret := range j.Secrets {
		for _, form := range secretForms(secret) {
			pairs = append(pairs, form, "[redacted]")
		}
	}
	blank := strings.NewReplacer(pairs...)
	return func(text string) string {
		text = blank.Replace(text)
		if runes := []rune(text); len(runes) > maxLine {
			text = string(runes[:maxLine-1]) + "…"
		}
		return text
	}
}

// secretForms are the ways in which a secret may be written: as it is, escaped
// for an address, and the password of an address by itself.
func secretForms(secret string) []string {
	var forms []string
	add := func(form string) {
		if len(form) >= 4 {
			forms = append(forms, form)
		}
	}
	add(secret)
	if u, err := url.Parse(secret); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			add(password)
			add(url.QueryEscape(password))
			add(url.PathEscape(password))
		}
		add(u.User.String())
	}
	add(url.QueryEscape(secret))
	return forms
}
