package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gonogo/bot/web"
)

// patience is how a terminal waits for a bot that was reached and then says
// nothing, since a frozen process keeps its connections open, or that has stopped.
type patience struct {
	look    time.Duration // how often the bot is asked whether it is there, and how long that may take
	giveUp  time.Duration // how long it may be silent at all
	restart time.Duration // how long it may take to start again once it has stopped
}

// hostPatience is that of gonogo rollback.
var hostPatience = patience{look: 10 * time.Second, giveUp: 2 * time.Minute, restart: time.Minute}

// errSilent says that a bot was given up.
type errSilent struct{ since time.Duration }

func (e errSilent) Error() string {
	return fmt.Sprintf("the bot has not answered for %s; its process hangs or is suspended", e.since)
}

// attend does something that waits for the bot, and asks meanwhile whether the
// bot is there. It says once that it is silent, and gives up in the end. What
// does it must stop when its context ends.
func (h *host) attend(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { h.watchSilence(ctx, cancel, h.client) })
	err := do(ctx)
	cancel(nil)
	watch.Wait()
	var silent errSilent
	if err != nil && errors.As(context.Cause(ctx), &silent) {
		return silent
	}
	return err
}

// watchSilence cancels what waits once the bot has been silent for too long.
func (h *host) watchSilence(ctx context.Context, cancel context.CancelCauseFunc, client *web.Client) {
	tick := time.NewTicker(h.patience.look)
	defer tick.Stop()
	for last, told := time.Now(), false; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		silent := h.silentNow(ctx, client)
		switch {
		case !silent && told:
			h.note("The bot answers again.")
			told, last = false, time.Now()
		case !silent:
			last = time.Now()
		case time.Since(last) >= h.patience.giveUp:
			cancel(errSilent{h.patience.giveUp})
			return
		case !told:
			told = true
			h.note(fmt.Sprintf("The bot does not answer. Waiting up to %s for it; nothing is done twice.", h.patience.giveUp))
		}
	}
}

// silentNow reports whether a bot that is there gives no answer. One that has
// stopped is not silent: whoever waits for it hears of that.
func (h *host) silentNow(ctx context.Context, client *web.Client) bool {
	ask, stop := context.WithTimeout(ctx, h.patience.look)
	defer stop()
	err := client.Answers(ask)
	return err != nil && ctx.Err() == nil && ask.Err() != nil && !gone(err)
}

// note writes a line for the person at the terminal, between what follows a run.
func (h *host) note(line string) {
	h.writing.Lock()
	defer h.writing.Unlock()
	fmt.Fprintln(h.s.Err, line)
}
