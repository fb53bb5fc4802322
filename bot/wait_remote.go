package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/bot/web"
)

// The pauses before a bot on another host that didn't answer is asked again.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 15 * time.Second
)

// runRemote waits for a bot on another host, also if it or what is in between can't be
// reached meanwhile.
func (w *waiting) runRemote(ctx context.Context, s system) error {
	token, _ := s.Environ("GONOGO_WAIT_TOKEN")
	remote, err := web.NewRemote(w.server, token)
	if err != nil {
		return exit{2, err}
	}
	w.host = &host{s: s}
	if strings.HasPrefix(w.server, "http://") {
		fmt.Fprintln(s.Err, "The token is sent unencrypted; use an https:// address outside your own network.")
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	pause := firstPause
	for {
		last, err := remote.Await(ctx, w.asked, w.tell)
		_, passes := errors.AsType[*web.Retry](err)
		switch {
		case err == nil:
			return w.ended(last)
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return w.timedOut()
		case ctx.Err() != nil:
			return ctx.Err()
		case !passes:
			return exit{2, err}
		}
		if last.Environment != "" {
			pause = firstPause // it answered
		}
		fmt.Fprintf(s.Err, "%s. Asking again.\n", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done(): // which Await reports
		}
		pause = min(2*pause, lastPause)
	}
}
