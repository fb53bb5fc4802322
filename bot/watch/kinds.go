package watch

import (
	"time"

	"gonogo/readiness/event"
)

// Kind says what a kind of trouble means.
type Kind struct {
	Trouble event.TroubleKind
	Unready bool // /readyz answers 503
	Told    bool // in Slack; else it has a message of its own there already
	Soon    bool // told after a quarter of the usual time, since it doesn't pass by itself
	Page    bool // to the outside webhook too, since Slack may not carry it

	// Unsure is for how long after the start its absence proves nothing, since what
	// it is known from is not kept.
	Unsure time.Duration
}

// Kinds is the one list of what can be wrong with gonogo. What it can't do without
// makes it not ready; a platform that is away for a while, or issues that can't be
// kept, don't.
var Kinds = []Kind{
	{Trouble: event.TroubleLedger, Unready: true, Told: true, Page: true},
	{Trouble: event.TroubleDisk, Unready: true, Told: true, Page: true, Soon: true},
	{Trouble: event.TroubleClock, Unready: true, Told: true},
	{Trouble: event.TroubleSlackConnection, Unready: true, Told: true, Page: true},
	{Trouble: event.TroubleSlackAPI, Unready: true, Told: true, Page: true},
	{Trouble: event.TroubleBotToken, Unready: true, Told: true, Page: true},
	{Trouble: event.TroubleReleasesChannel, Unready: true, Told: true, Page: true},
	{Trouble: event.TroubleOnCallChannel, Unready: true, Told: true, Page: true},
	{Trouble: event.TroubleOtherProcess, Unready: true, Told: true, Unsure: 3 * time.Minute},
	{Trouble: event.TroubleRuns, Unready: true, Told: true, Page: true},
	{Trouble: event.TroubleAlertsTooLarge, Unready: true},
	{Trouble: event.TroubleAlertsTooMany, Unready: true, Told: true, Unsure: time.Minute},
	{Trouble: event.TroublePlatformDenied, Unready: true, Told: true},
	{Trouble: event.TroublePlatformSilent, Told: true},
	{Trouble: event.TroubleGitHub, Told: true},
}

// KindOf finds a kind in the list. A kind that is not there means the worst.
func KindOf(t event.TroubleKind) Kind {
	for _, k := range Kinds {
		if k.Trouble == t {
			return k
		}
	}
	return Kind{Trouble: t, Unready: true, Told: true, Page: true}
}
