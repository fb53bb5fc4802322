package web

import (
	"errors"
	"fmt"
	"time"

	"gonogo/bot/watch"
	"gonogo/readiness/event"
	"gonogo/storage"
)

// Health is the bot's condition, for systems that monitor it.
type Health struct {
	Ledger     storage.Health
	LedgerSize int64     // of its file, in bytes; 0: it has none
	Sockets    int       // connections to Slack that are open and greeted
	Draining   int       // those of them that another took the place of
	Wanted     int       // how many should serve
	LastFrame  time.Time // when anything last came in from Slack, an answer to a ping too; zero: never
	Queue      int       // requests from Slack that wait
	QueueSize  int       // how many may
	Trouble    string    // what keeps the bot from Slack, if known
	Strays     int       // connections to Slack of other processes with the same app token

	// Standing is what was found by looking; of what Own finds, nothing in it counts.
	Standing watch.Standing
}

// quiet is how long without a frame until Slack counts as disconnected. Pings go out every
// ten seconds, and a socket that is silent for thirty is ended.
const quiet = 45 * time.Second

const othersSay = "another process uses the same Slack app token and takes part of what people say; stop it, or give it an app of its own"

// reason is why the bot is not ready, as far as its own numbers show.
type reason struct {
	kind event.TroubleKind // empty: it passes by itself
	says string
	why  string // the same as long as the cause is
}

// ownReasons are the reasons in the bot's own numbers.
func (h Health) ownReasons(now time.Time) (all []reason) {
	add := func(kind event.TroubleKind, why, format string, values ...any) {
		all = append(all, reason{kind, fmt.Sprintf(format, values...), why})
	}
	failing := h.Ledger.Failing
	var known *storage.Unusable
	switch {
	case h.Ledger.Full(): // see diskReason
	case errors.As(failing, &known):
		says := "the ledger " + known.Problem + "; " + known.NextStep
		add(event.TroubleLedger, says, "%s", says)
	case errors.Is(failing, storage.ErrRestart):
		add(event.TroubleLedger, "the ledger can't be written until gonogo is restarted; its log says why",
			"the ledger can't be written until gonogo is restarted; it was last tried at %s, and gonogo's log says why", h.Ledger.Failed.UTC().Format(time.RFC3339))
	case failing != nil:
		add(event.TroubleLedger, "the ledger can't be written; gonogo's log says why",
			"the ledger could not be written at %s; gonogo's log says why", h.Ledger.Failed.UTC().Format(time.RFC3339))
	}
	if says, why := diskReason(h.Ledger); says != "" {
		add(event.TroubleDisk, why, "%s", says)
	}
	if since := hanging(h.Ledger, now); since != "" {
		add(event.TroubleLedger, "a write to the ledger hangs; look at its disk", "%s; look at its disk", since)
	}
	if ahead := h.Ledger.Ahead; ahead > 0 {
		const means = "ahead of the clock, so what was recorded may count for too long; check the clock of gonogo's host"
		add(event.TroubleClock, "the last record of the ledger is "+means, "the last record of the ledger is %s "+means, ahead.Round(time.Second))
	}
	switch {
	case h.Sockets == 0 && h.Trouble != "":
		add(event.TroubleSlackConnection, "Slack is not connected: "+h.Trouble, "Slack is not connected: %s", h.Trouble)
	case h.Sockets == 0:
		add(event.TroubleSlackConnection, "Slack is not connected, so nobody can press or type anything; check gonogo's network", "Slack is not connected")
	case now.Sub(h.LastFrame) > quiet:
		add(event.TroubleSlackConnection, "nothing comes in from Slack; check gonogo's network",
			"nothing has come in from Slack for %s", now.Sub(h.LastFrame).Round(time.Second))
	}
	if h.Strays > 0 {
		add(event.TroubleOtherProcess, othersSay, othersSay)
	}
	if h.QueueSize > 0 && h.Queue >= h.QueueSize {
		add("", "", "the queue is full: %d requests from Slack wait", h.Queue)
	}
	return all
}

// diskReason says what is wrong with the room on the ledger's disk; why is the same as
// long as the cause is.
func diskReason(l storage.Health) (says, why string) {
	const partly = "part of the room that is kept for a rollback is used, so the next rollback may not be recorded; free some space on the ledger's disk"
	end := "; free some space there"
	if !l.Room.Whole() {
		end = ", and " + partly
	}
	switch {
	case l.Full():
		why = "the ledger can't be written, since its disk or a quota is full" + end
		return why, why
	case l.Room.Err != nil:
		why = "how much space is free on the ledger's disk can't be found out; look at that disk"
		return why, why
	case l.Room.Low:
		return fmt.Sprintf("only %d MiB are free on the ledger's disk%s", l.Room.Free>>20, end),
			fmt.Sprintf("less than %d MiB are free on the ledger's disk%s", 2*storage.LeastFree>>20, end)
	case !l.Room.Whole():
		return partly, partly
	}
	return "", ""
}

// hanging says that a write to the ledger hangs, if one does.
func hanging(l storage.Health, now time.Time) string {
	hangs := l.Hangs(now)
	if hangs == 0 {
		return ""
	}
	return fmt.Sprintf("a write to the ledger has been under way for %s", hangs)
}

// Own are the troubles that the bot's own numbers show.
func (h Health) Own(now time.Time) (troubles []watch.Trouble) {
	for _, r := range h.ownReasons(now) {
		if r.kind != "" {
			troubles = append(troubles, watch.Trouble{Kind: r.kind, Why: r.why})
		}
	}
	return troubles
}

// own are the kinds of trouble that Own finds.
var own = map[event.TroubleKind]bool{event.TroubleLedger: true, event.TroubleDisk: true, event.TroubleClock: true, event.TroubleSlackConnection: true, event.TroubleOtherProcess: true}

// reasons says why the bot is not ready; none: it is.
func (h Health) reasons(now time.Time) []string {
	reasons := []string{}
	for _, r := range h.ownReasons(now) {
		reasons = append(reasons, r.says)
	}
	for _, t := range h.Standing.Troubles {
		if watch.KindOf(t.Kind).Unready && !own[t.Kind] {
			reasons = append(reasons, t.Why)
		}
	}
	return append(reasons, h.Standing.Pending...)
}

// problems are what is wrong without making the bot unready.
func (h Health) problems() (problems []string) {
	for _, t := range h.Standing.Troubles {
		if !watch.KindOf(t.Kind).Unready {
			problems = append(problems, t.Why)
		}
	}
	return problems
}

// troubled returns which kinds of trouble there are.
func (h Health) troubled(now time.Time) map[event.TroubleKind]bool {
	kinds := map[event.TroubleKind]bool{}
	for _, t := range append(h.Own(now), h.Standing.Troubles...) {
		kinds[t.Kind] = true
	}
	return kinds
}
