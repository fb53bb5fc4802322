package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/alert"
)

// The newest message about an alert counts, in order of arrival. These are the
// exceptions, and their reasons.
const (
	// copyWithin is how long after the end of an alert a message that it fires, with a
	// start before that end, may be a copy that a peer of Alertmanager sent late. Peers
	// wait for each other for --cluster.peer-timeout, 15s by default, and the third one
	// waits twice that.
	copyWithin = 30 * time.Second
	// sameStart is by how much two starts may differ and still be the same one: the
	// replicas of a Prometheus may see an alert begin one evaluation apart.
	sameStart = 30 * time.Second
	// decideOwn is how long a message that may be a late copy is held until another one
	// decides, if it came from the Alertmanager that reported the end.
	decideOwn = time.Minute
	// decidePeer is the same if it came from another one. That one repeats the end at
	// its next group_interval, 5m by default.
	decidePeer = 6 * time.Minute
	// heardApart is how often repeated messages are recorded.
	heardApart = time.Minute
)

// firstNotification is Alertmanager's reason for a message about a group that is new to
// it.
const firstNotification = "first notification"

// Hearing is what a delivery says that the state doesn't know yet.
type Hearing struct {
	Means   map[string]alert.Meaning // by fingerprint
	News    []alert.Alert            // the alerts in Means; firing ones first, then the ends of firing ones
	Unnamed int                      // alerts that may fire and that neither it nor an earlier message names
	Home    *Incident                // the incident that it is about; nil: none that is known
	Opens   bool                     // an alert fires that doesn't belong to Home
	After   string                   // the ID of Home if all its alerts began anew; otherwise empty
	Repeats []string                 // incidents of which it repeats what is known, if it is time to record that

	delivery alert.Delivery
	known    map[string]known
	now      time.Time
}

// Empty reports whether there is nothing to record but Repeats.
func (h *Hearing) Empty() bool {
	return len(h.News) == 0 && (h.Home == nil || !h.Home.Firing() || h.Home.Unnamed[h.delivery.GroupKey].Count == h.Unnamed)
}

// Hear interprets a delivery that arrives at a time.
func (s *State) Hear(d alert.Delivery, now time.Time) *Hearing {
	h := &Hearing{Means: map[string]alert.Meaning{}, delivery: d, known: s.known(d.Alerts), now: now}
	h.Home = s.home(h)
	for _, a := range d.Alerts {
		if meaning := h.judge(a); meaning != "" && h.Means[a.Fingerprint] == "" {
			h.Means[a.Fingerprint] = meaning
			h.News = append(h.News, a)
		}
	}
	slices.SortStableFunc(h.News, func(a, b alert.Alert) int { return cmp.Compare(h.weight(a), h.weight(b)) })
	h.open()
	h.count()
	h.repeat()
	return h
}

// weight orders what must not be left out of the ledger: firing alerts first, then the
// ends of firing ones.
func (h *Hearing) weight(a alert.Alert) int {
	switch {
	case a.Firing():
		return 0
	case h.known[a.Fingerprint].fires:
		return 1
	}
	return 2
}

// home finds the incident that a delivery is about: one with a firing alert of the
// delivery, otherwise the group's, otherwise one that is over.
func (s *State) home(h *Hearing) *Incident {
	var home *Incident
	better := func(i *Incident) {
		if i != nil && (home == nil || i.follows(home)) {
			home = i
		}
	}
	for _, k := range h.known {
		if k.fires {
			better(k.incident)
		}
	}
	if home != nil {
		return home
	}
	if better(s.LastOfGroup(h.delivery.GroupKey)); home != nil {
		return home
	}
	for _, k := range h.known {
		better(k.incident)
	}
	return home
}

// open decides whether an alert fires that belongs to a new incident: if no incident is
// firing, or everything that the delivery is about began anew.
func (h *Hearing) open() {
	begins, restarts := false, false
	for _, meaning := range h.Means {
		begins = begins || meaning == alert.MeansFiring
		restarts = restarts || meaning == alert.MeansRestarted
	}
	switch {
	case h.Home == nil || !h.Home.Firing():
		h.Opens = begins
	case restarts && h.emptied():
		h.Opens, h.After = true, h.Home.ID
	}
}

// emptied reports whether the delivery leaves nothing of what Home was about.
func (h *Hearing) emptied() bool {
	for _, a := range h.Home.Alerts {
		if meaning := h.Means[a.Fingerprint]; a.Firing() && meaning != alert.MeansRestarted && meaning != alert.MeansEnded {
			return false
		}
	}
	return len(h.Home.Unnamed) == 0
}

// count finds how many alerts may fire that no message named. A firing alert that isn't
// in the delivery is one of those that it left out.
func (h *Hearing) count() {
	h.Unnamed = h.delivery.Unnamed
	if h.Home == nil || !h.Home.Firing() || h.Opens || h.Unnamed == 0 {
		return
	}
	for _, a := range h.Home.Alerts {
		if _, named := h.known[a.Fingerprint]; a.Firing() && !named {
			h.Unnamed--
		}
	}
	h.Unnamed = max(h.Unnamed, 0)
}

func (h *Hearing) repeat() {
	for _, a := range h.delivery.Alerts {
		k := h.known[a.Fingerprint]
		if a.Firing() && k.fires && h.now.Sub(k.incident.Last) >= heardApart && !slices.Contains(h.Repeats, k.incident.ID) {
			h.Repeats = append(h.Repeats, k.incident.ID)
		}
	}
}

// judge returns what a message says about an alert; "": nothing new.
func (h *Hearing) judge(a alert.Alert) alert.Meaning {
	k := h.known[a.Fingerprint]
	switch {
	case k.incident == nil && a.Firing():
		return alert.MeansFiring
	case k.incident == nil && h.Home != nil:
		return alert.MeansEnded // remembered, so that a late message that it fires is recognized
	case k.incident == nil:
		return ""
	case a.Firing() && k.fires:
		if a.StartsAt.Sub(k.alert.StartsAt) > sameStart {
			return alert.MeansRestarted
		}
		return ""
	case a.Firing():
		return h.afterEnd(k, a)
	case k.fires:
		return h.atEnd(k, a)
	}
	return h.endAgain(k, a)
}

// afterEnd interprets a message that an alert fires whose end was reported.
func (h *Hearing) afterEnd(k known, a alert.Alert) alert.Meaning {
	from := h.delivery.ExternalURL
	switch {
	case a.StartsAt.After(k.ended), h.now.Sub(k.endTold) > copyWithin:
		return alert.MeansFiring
	case h.delivery.Reason == firstNotification && from != "" && from == k.record.From:
		return alert.MeansFiring // the Alertmanager that reported the end says that this is new
	case k.record.Held != nil:
		return ""
	}
	return alert.MeansHeld
}

// atEnd interprets a message that a firing alert has ended. The end must belong to this
// firing: it must not be before its start, nor be the end from before it fired again,
// which a peer may repeat late.
func (h *Hearing) atEnd(k known, a alert.Alert) alert.Meaning {
	before := k.record.Before
	switch {
	case a.End().Before(k.alert.StartsAt):
		return ""
	case before.IsZero(), a.End().After(before):
		return alert.MeansEnded
	case k.record.Unproven && h.now.Sub(k.record.BeforeAt) > copyWithin:
		return alert.MeansEnded // it was a late copy, as its sender says now
	}
	return ""
}

// endAgain interprets a message that an ended alert has ended. A later end is new, and
// so is the same one if it decides about a held message.
func (h *Hearing) endAgain(k known, a alert.Alert) alert.Meaning {
	if a.End().After(k.ended) || k.record.Held != nil && h.now.Sub(k.endTold) > copyWithin {
		return alert.MeansEnded
	}
	return ""
}

// known is the last known state of an alert. It has copies of what may change while a
// delivery is folded.
type known struct {
	incident *Incident // nil: never heard of
	alert    alert.Alert
	record   AlertRecord
	fires    bool
	ended    time.Time // zero if it fires
	endTold  time.Time // when its end was reported; zero if it fires
}

// knownOf is what an incident knows about one of its alerts. A person may have closed
// the whole incident, and with it firing alerts.
func knownOf(i *Incident, print string) known {
	k := known{incident: i, alert: i.Alerts[print], record: i.Records[print]}
	switch {
	case i.Firing() && k.alert.Firing():
		k.fires = true
	case k.alert.Firing():
		k.ended, k.endTold = i.Ended, i.Ended
	default:
		k.ended, k.endTold = k.alert.End(), k.record.Told
	}
	return k
}

// known finds the last known state of alerts, in the incident of any group.
func (s *State) known(alerts []alert.Alert) map[string]known {
	all, found := make(map[string]known, len(alerts)), s.indexed()
	for _, a := range alerts {
		last := known{}
		for _, id := range found.byAlert.of(a.Fingerprint) {
			if k := knownOf(s.Incidents[id], a.Fingerprint); k.replaces(last) {
				last = k
			}
		}
		all[a.Fingerprint] = last
	}
	return all
}

// replaces orders what different incidents know about an alert.
func (k known) replaces(last known) bool {
	switch {
	case last.incident == nil:
		return true
	case k.fires != last.fires:
		return k.fires
	}
	return cmp.Or(k.record.Told.Compare(last.record.Told), strings.Compare(k.incident.ID, last.incident.ID)) > 0
}
