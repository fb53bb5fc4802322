package history

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Incidents that come close together make a storm: one card shows those that are not
// severe. Which incidents came in a storm is decided once, when they are heard, so that
// it stays the same when others end and are forgotten.
const (
	stormAfter  = 10              // others heard just before make the next one part of a storm
	stormWithin = 5 * time.Minute // this long before
	stormLasts  = time.Hour       // then another card takes over, lower in the channel
)

// Storm is a crowd of incidents that were heard close together.
type Storm struct {
	ID    string    // that of its first incident
	Began time.Time // when that was heard
	Last  time.Time // when the newest was heard
	Total int       // incidents that came in it, with those that are forgotten
	Known int       // of these, those that the state has
	News  int       // how often an incident came or changed how severe it is
}

// StormSubject is the subject of the card of a storm.
func StormSubject(id string) string { return "storm/" + id }

// gather notes that an incident was heard, and makes it part of a storm where many
// others were heard just before.
func (s *State) gather(i *Incident) {
	crowded := len(s.Recent) == stormAfter && i.Heard.Sub(s.Recent[0]) <= stormWithin
	s.Recent = append(slices.Clone(s.Recent), i.Heard)
	s.Recent = s.Recent[max(0, len(s.Recent)-stormAfter):]
	if !crowded {
		return
	}
	storm, goesOn := s.Storms[s.Storm]
	if !goesOn || i.Heard.Sub(storm.Last) > stormWithin || i.Heard.Sub(storm.Began) >= stormLasts {
		storm = Storm{ID: i.ID, Began: i.Heard}
	}
	storm.Last = i.Heard
	storm.Total++
	storm.Known++
	i.Storm, s.Storm = storm.ID, storm.ID
	s.addNews(i, storm)
}

// addNews records that a storm brought something that nobody has seen yet.
func (s *State) addNews(i *Incident, storm Storm) {
	storm.News++
	i.News, i.Loud = storm.News, i.loudness()
	ownMap(&s.Storms, &s.own.storms)
	s.Storms[storm.ID] = storm
}

// stirChanged notes which of some incidents are no longer as severe as they were. Those
// had a card of their own before, or were to get one, so the card of the storm that
// people saw until now didn't show them.
func (s *State) stirChanged(ids ...string) {
	for _, id := range ids {
		i := s.Incidents[id]
		if i == nil || !i.Firing() || i.Loud == i.loudness() {
			continue
		}
		storm, ok := s.Storms[i.Storm]
		if !ok {
			continue
		}
		if i = s.changeIncident(id); i.Loud != "" {
			s.addNews(i, storm)
		}
		i.Loud = i.loudness()
	}
}

// loudness is which severities its firing alerts have that nobody has silenced.
func (i *Incident) loudness() string {
	var all []string
	for print, a := range i.Alerts {
		if severity := cmp.Or(a.Severity(), "none"); a.Firing() && !i.Records[print].Mute.Muted() && !slices.Contains(all, severity) {
			all = append(all, severity)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// leaveStorm forgets an incident of a storm, and with the last one the storm.
func (s *State) leaveStorm(i *Incident) {
	storm, ok := s.Storms[i.Storm]
	if !ok {
		return
	}
	ownMap(&s.Storms, &s.own.storms)
	if storm.Known--; storm.Known > 0 {
		s.Storms[storm.ID] = storm
		return
	}
	delete(s.Storms, storm.ID)
	s.forgetAnchors(StormSubject(storm.ID))
}
