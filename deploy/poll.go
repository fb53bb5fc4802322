package deploy

import (
	"context"
	"errors"
	"time"
)

// The pace of polling: fast after something has happened, slower the longer nothing
// does. Polling for half an hour takes about 200 requests: the strictest platform known
// here allows 250 a minute and 5,000 an hour.
const (
	firstPoll   = 250 * time.Millisecond
	slowestPoll = 10 * time.Second
)

// poll calls look until done is true or there is an error, more slowly each time.
func poll(ctx context.Context, w Work, look func() (done bool, err error)) error {
	for wait := firstPoll; ; wait = min(wait*3/2, slowestPoll) {
		if done, err := look(); done || err != nil {
			return err
		}
		if err := w.Pause(ctx, wait); err != nil {
			return err
		}
	}
}

// unlessPassing makes a poll continue after an error that may pass: it returns nil for
// those, and the error if asking again would not help.
func unlessPassing(err error, w Work) error {
	if err == nil {
		return nil
	}
	if isPassing(err) {
		w.Tell("the platform does not answer: " + err.Error())
		return nil
	}
	return err
}

// orTooLong says what was being waited for when it timed out.
func orTooLong(ctx context.Context, err error, still string) error {
	if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) && errors.Is(err, context.DeadlineExceeded) {
		return &tooLong{still, err}
	}
	return err
}

// tooLong is the error of a wait that timed out.
type tooLong struct {
	still string
	cause error
}

// Error implements error.
func (t *tooLong) Error() string { return "timed out: " + t.still }

// Unwrap gives the cause.
func (t *tooLong) Unwrap() error { return t.cause }
