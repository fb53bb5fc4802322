package deploy

import (
	"context"
	"fmt"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"time"
)

// Health is when an environment counts as healthy: after several good answers in a row.
// Platforms themselves need only one.
type Health struct {
	Consecutive int           // 0: 3
	Every       time.Duration // between two looks; 0: 10 s
	Timeout     time.Duration // after which it has failed; 0: 10 min
}

func (h Health) orDefaults() Health {
	if h.Consecutive == 0 {
		h.Consecutive = 3
	}
	if h.Every == 0 {
		h.Every = 10 * time.Second
	}
	if h.Timeout == 0 {
		h.Timeout = 10 * time.Minute
	}
	return h
}

// Problem is why nothing can be healthy often enough before the timeout; "" if it can.
func (h Health) Problem() string {
	h = h.orDefaults()
	if h.Consecutive < 2 || h.Every < h.Timeout/time.Duration(h.Consecutive-1) { // a product might overflow
		return ""
	}
	return fmt.Sprintf("%d healthy answers with pauses of %s take as long as the timeout of %s, or longer; raise timeout, or lower consecutive or every",
		h.Consecutive, readiness.Span(h.Every), readiness.Span(h.Timeout))
}

// Row is what it takes to be healthy: "3 times in a row, every 10s".
func (h Health) Row() string {
	h = h.orDefaults()
	return fmt.Sprintf("%s in a row, every %s", phrase.Count(h.Consecutive, "time"), readiness.Span(h.Every))
}

// Await is a step that waits until a number of looks in a row were good. A look is good
// if it returns nil; an error says in a sentence what is wrong, or that there was no
// answer. One bad look restarts the count.
func (h Health) Await(name, title string, calls []string, look func(ctx context.Context, w Work) error) Step {
	h = h.orDefaults()
	return Step{Name: name, Title: title, Deadline: h.Timeout, Calls: calls,
		Undo: "Live, unverified; go back or forward",
		Watch: func(ctx context.Context, w Work) (Result, error) {
			return h.await(ctx, w, look)
		}}
}

func (h Health) await(ctx context.Context, w Work, look func(ctx context.Context, w Work) error) (Result, error) {
	row := 0
	var last error
	for {
		err := look(ctx, w)
		if err == nil || ctx.Err() == nil { // else it was cut off, which says nothing
			last = err
		}
		switch {
		case err != nil && ctx.Err() == nil:
			row = 0
			w.Tell(err.Error())
		case err == nil:
			row++
			w.Tell(fmt.Sprintf("healthy %d of %d times in a row", row, h.Consecutive))
		}
		if row >= h.Consecutive {
			times := fmt.Sprint(row)
			return Result{Summary: "healthy " + phrase.Count(row, "time") + " in a row", Measures: []answer.Measure{
				{Name: "healthy in a row", Value: times, Limit: fmt.Sprintf(">= %d", h.Consecutive), OK: true},
			}}, nil
		}
		if err := w.Pause(ctx, h.Every); err != nil {
			return Result{}, h.gaveUp(row, last)
		}
	}
}

func (h Health) gaveUp(row int, last error) error {
	if last == nil {
		return failed("timed out: it was healthy %d of %d times in a row", row, h.Consecutive)
	}
	return failed("it did not get healthy within %s: %w", readiness.Span(h.Timeout), last)
}
