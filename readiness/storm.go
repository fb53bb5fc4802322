package readiness

import (
	"cmp"
	"slices"
	"strings"

	"gonogo/readiness/history"
)

// Folded reports whether the card of a storm shows an incident, instead of one of its
// own. It has its own where it is severe, and where one was posted already: as long as
// that stands in Slack, it is kept true.
func (v View) Folded(i *history.Incident) bool {
	if i.Storm == "" {
		return false
	}
	subject := "incident/" + i.ID
	_, posted := v.State.Anchors[subject]
	_, posting := v.State.Posts[subject]
	return !posted && !posting && !v.Severe(i)
}

// CardOf is the subject of the card that shows a subject: for a folded incident, its
// storm's.
func (v View) CardOf(subject string) string {
	id, ok := strings.CutPrefix(subject, "incident/")
	if i := v.State.Incidents[id]; ok && i != nil && v.Folded(i) {
		return history.StormSubject(i.Storm)
	}
	return subject
}

// Crowd is a storm with the incidents that its card shows.
type Crowd struct {
	history.Storm
	Waits     []*history.Incident // firing, and nobody has said anything of them; the newest first
	Taken     []*history.Incident // firing and acknowledged; the newest first
	Dismissed []*history.Incident // firing, and false alarms; the newest first
	Held      []*history.Incident // over, but may fire again
	Ended     []*history.Incident // over
	Own       []*history.Incident // those that have a card of their own
}

// Firing is how many incidents of its card fire.
func (c Crowd) Firing() int { return len(c.Waits) + len(c.Taken) + len(c.Dismissed) }

// Over is how many incidents of its card are over, with those that are forgotten.
func (c Crowd) Over() int { return c.Total - c.Firing() - len(c.Held) - len(c.Own) }

// Crowds lists the storms, the oldest first.
func (v View) Crowds() []Crowd {
	if len(v.State.Storms) == 0 {
		return nil
	}
	byID := make(map[string]*Crowd, len(v.State.Storms))
	for id, storm := range v.State.Storms {
		byID[id] = &Crowd{Storm: storm}
	}
	for _, i := range v.State.Incidents {
		if c := byID[i.Storm]; c != nil {
			v.enlist(c, i)
		}
	}
	crowds := make([]Crowd, 0, len(byID))
	for _, c := range byID {
		for _, list := range [][]*history.Incident{c.Waits, c.Taken, c.Dismissed, c.Held, c.Ended, c.Own} {
			slices.SortFunc(list, newestNews)
		}
		crowds = append(crowds, *c)
	}
	slices.SortFunc(crowds, func(a, b Crowd) int { return cmp.Or(a.Began.Compare(b.Began), strings.Compare(a.ID, b.ID)) })
	return crowds
}

// enlist puts an incident where it belongs in its storm.
func (v View) enlist(c *Crowd, i *history.Incident) {
	list := &c.Ended
	switch {
	case !v.Folded(i):
		list = &c.Own
	case i.Firing() && i.AckBy != "":
		list = &c.Taken
	case i.Firing() && i.FalseAlarm != nil && i.Dismissed():
		list = &c.Dismissed
	case i.Firing():
		list = &c.Waits
	case len(i.Held()) > 0:
		list = &c.Held
	}
	*list = append(*list, i)
}

// newestNews orders the incidents of a storm by what is new.
func newestNews(a, b *history.Incident) int {
	return cmp.Or(cmp.Compare(b.News, a.News), strings.Compare(a.ID, b.ID))
}

// CrowdOf finds a storm; ok is false where there is none of that name.
func (v View) CrowdOf(id string) (c Crowd, ok bool) {
	crowds := v.Crowds()
	n := slices.IndexFunc(crowds, func(c Crowd) bool { return c.ID == id })
	if n < 0 {
		return Crowd{}, false
	}
	return crowds[n], true
}

// Newest is the incident that a rollback answers where none is named, or nil: on an
// environment, or on any where that is empty. It is the newest severe one that fires
// or, where none is severe, the newest: after a storm of warnings that is rarely the one
// that matters.
func (v View) Newest(environment string) *history.Incident {
	here := func(i *history.Incident) bool { return environment == "" || i.Environment == environment }
	if severe := v.State.Newest(func(i *history.Incident) bool { return here(i) && v.Severe(i) }); severe != nil {
		return severe
	}
	return v.State.Newest(here)
}
