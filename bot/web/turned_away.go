package web

import (
	"sync"
	"time"

	"gonogo/bot/watch"
	"gonogo/readiness/event"
)

const (
	// sizeMatters is how long a delivery that was too large is a trouble: Alertmanager
	// sends it again when its group's next one is due, usually after five minutes.
	sizeMatters = 10 * time.Minute
	// rateMatters is the same for one that came while too many were under way.
	// Alertmanager sends that again within seconds.
	rateMatters = 30 * time.Second
)

// turnedAway remembers when deliveries of alerts were last refused. Its zero value
// remembers none; its methods may be called from any goroutine.
type turnedAway struct {
	mu                sync.Mutex
	tooLarge, tooMany time.Time
	why               string // the last one was too large
}

func (r *turnedAway) large(now time.Time, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tooLarge, r.why = now, why
}

func (r *turnedAway) many(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tooMany = now
}

// troubles are those that refused deliveries mean at a time.
func (r *turnedAway) troubles(now time.Time) (troubles []watch.Trouble) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.tooLarge.IsZero() && now.Sub(r.tooLarge) < sizeMatters {
		troubles = append(troubles, watch.Trouble{Kind: event.TroubleAlertsTooLarge, Why: r.why})
	}
	if !r.tooMany.IsZero() && now.Sub(r.tooMany) < rateMatters {
		troubles = append(troubles, watch.Trouble{Kind: event.TroubleAlertsTooMany,
			Why: "alerts come faster than gonogo can record them, and are told to come again; group them in Alertmanager with group_by, and look at the ledger's disk"})
	}
	return troubles
}

// Refused are the troubles that refused deliveries of alerts mean at a time.
func (s *Server) Refused(now time.Time) []watch.Trouble { return s.turnedAway.troubles(now) }
