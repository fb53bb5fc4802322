package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gonogo/bot/web"
)

// patience is how long a terminal waits for a bot that was reached and then gives no
// answer, since a frozen process keeps its connections open, or for one that has
// stopped.
type patience struct {
	look    time.Duration // how often the bot is checked, and how long that may take
	giveUp  time.Duration // how long it may give no answer before the wait ends
	restart time.Duration // how long it may take to start again after it stopped
	read    time.Duration // how long reading the ledger may take
}

// hostPatience is the patience of gonogo rollback.
var hostPatience = patience{look: 10 * time.Second, giveUp: 2 * time.Minute, restart: time.Minute, read: 30 * time.Second}

// errSilent says that the bot gave no answer for too long.
type errSilent struct {
	since time.Duration
	hangs string // what the bot itself waits for, if it says so
}

func (e errSilent) Error() string {
	if e.hangs != "" {
		return fmt.Sprintf("the bot has waited for %s for its ledger: %s", e.since, e.hangs)
	}
	return fmt.Sprintf("the bot has not answered for %s; its process hangs or is suspended", e.since)
}

// note is what a person at the terminal is told while the bot is silent.
func (e errSilent) note(byHand string) string {
	if e.hangs != "" {
		return fmt.Sprintf("The bot waits for its ledger: %s. Waiting up to %s for it; nothing is done twice.\nLook at the disk of this host, or at the ledger's database. The steps without the bot: %s", e.hangs, e.since, byHand)
	}
	return fmt.Sprintf("The bot does not answer. Waiting up to %s for it; nothing is done twice.", e.since)
}

// attend does something to an environment that waits for the bot, and meanwhile checks
// that the bot answers and that its disk does. It prints once that it doesn't, and in the
// end gives up. do must return when its context ends.
func (h *host) attend(ctx context.Context, env string, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { h.watchSilence(ctx, cancel, h.client, env) })
	err := do(ctx)
	cancel(nil)
	watch.Wait()
	var silent errSilent
	if err != nil && errors.As(context.Cause(ctx), &silent) {
		return silent
	}
	return err
}

// watchSilence cancels the wait once the bot has given no answer for too long.
func (h *host) watchSilence(ctx context.Context, cancel context.CancelCauseFunc, client *web.Client, env string) {
	tick := time.NewTicker(h.patience.look)
	defer tick.Stop()
	for last, told := time.Now(), false; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		silent, why := h.silentNow(ctx, client)
		switch {
		case !silent && told:
			h.note("The bot answers again.")
			told, last = false, time.Now()
		case !silent:
			last = time.Now()
		case !told: // first, since much time may be over at once: this process may have been suspended
			told = true
			h.note(why.note(h.command("by-hand " + env)))
		case time.Since(last) >= h.patience.giveUp:
			cancel(why)
			return
		}
	}
}

// silentNow reports whether a bot that is running gives no answer, and why. One that has
// stopped is not silent: its connections fail.
func (h *host) silentNow(ctx context.Context, client *web.Client) (silent bool, why errSilent) {
	ask, stop := context.WithTimeout(ctx, h.patience.look)
	defer stop()
	now, err := client.Condition(ask)
	switch {
	case err == nil:
		return now.Hangs != "", errSilent{h.patience.giveUp, now.Hangs}
	case ctx.Err() == nil && ask.Err() != nil && !gone(err):
		return true, errSilent{since: h.patience.giveUp}
	}
	return false, errSilent{}
}

// note prints a line for the person at the terminal, between those of a run.
func (h *host) note(line string) {
	h.writing.Lock()
	defer h.writing.Unlock()
	fmt.Fprintln(h.s.Err, line)
}
