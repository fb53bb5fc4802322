package cards

import (
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// updateGrace is how long after its end a run's messages are still updated.
const updateGrace = 30 * time.Minute

// keptUpToDate reports whether the messages about something that ended are still
// updated. That includes everything, however old, that an earlier process may not have
// updated before it stopped.
func (b Builder) keptUpToDate(ended, now time.Time) bool {
	unseen := b.Before.Sub(ended) < updateGrace && now.Sub(b.Began) < updateGrace
	return unseen || now.Sub(ended) < updateGrace
}

// NewestEnd is when the last run or incident of a ledger ended.
func NewestEnd(state *history.State) time.Time {
	var newest time.Time
	for _, run := range state.Runs {
		newest = later(newest, run.Ended)
	}
	for _, incident := range state.Incidents {
		newest = later(newest, incident.Ended)
	}
	return newest
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// All lists the messages that show runs and sign-offs as they are now: for
// each run that is open or has just ended, an anchor and one message a section
// in its thread; for each sign-off that was asked, its card, until that says
// that it is closed.
func (b Builder) All(v readiness.View) []Card {
	var cards []Card
	storms := v.OnCall().Storms()
	cards = append(cards, b.welcomeCards(v)...)
	cards = append(cards, b.incidentCards(v, storms)...)
	cards = append(cards, b.stormCards(v, storms)...)
	cards = append(cards, b.refusedCards(v)...)
	cards = append(cards, b.troubleCards(v)...)
	cards = append(cards, b.escalationCards(v)...)
	cards = append(cards, b.substituteCards(v)...)
	cards = append(cards, b.substituteStorms(v, storms)...)
	cards = append(cards, b.substituteAlerts(v)...)
	cards = append(cards, b.flipCards(v)...)
	cards = append(cards, b.nudgeCards(v)...)
	cards = append(cards, b.waiverCards(v)...)
	cards = append(cards, b.dutyCards(v)...)
	cards = append(cards, b.scheduledCards(v)...)
	cards = append(cards, b.lockCards(v)...)
	cards = append(cards, b.postmortemCards(v)...)
	if release := v.Release(); release != nil {
		cards = ofRelease(release.Version, cards)
	}
	for _, run := range b.shownRuns(v) {
		own := b.cardsOf(v, run)
		if v.State.Releases[run.Release] != nil {
			own = ofRelease(run.Release, own)
		}
		cards = append(cards, own...)
	}
	cards = append(cards, b.reviewCards(v)...)
	cards = append(cards, b.overrideCards(v)...)
	for _, version := range slices.Sorted(maps.Keys(v.State.Releases)) {
		release := v.State.Releases[version]
		for _, env := range slices.Sorted(maps.Keys(release.Asked)) {
			if card := b.signOffCard(v, release, env); b.unsettled(v, card) {
				cards = append(cards, card)
			}
		}
	}
	return cards
}

// ofRelease are cards whose buttons are about a release.
func ofRelease(version string, cards []Card) []Card {
	for i := range cards {
		cards[i].Release = version
	}
	return cards
}

// unsettled reports whether a card still has something to say: it may change, or
// there is a message that does not say yet how it ended.
func (b Builder) unsettled(v readiness.View, card Card) bool {
	anchor, posted := v.State.Anchors[card.Subject]
	return !card.Final || posted && anchor.Shows == ""
}

// cardsOf are the messages of a run.
func (b Builder) cardsOf(v readiness.View, run *work.Run) []Card {
	switch {
	case run.Change != nil:
		return b.changeCards(v, run)
	case run.What == work.Runbook:
		return b.bookCards(v, run)
	}
	return b.runCards(v, run)
}

func (b Builder) shownRuns(v readiness.View) []*work.Run {
	var shown []*work.Run
	for _, run := range v.State.Runs {
		if run.Open() || b.keptUpToDate(run.Ended, v.Now) {
			shown = append(shown, run)
		}
	}
	slices.SortFunc(shown, func(x, y *work.Run) int {
		if c := x.Started.Compare(y.Started); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return shown
}
