package readiness

import (
	"cmp"
	"slices"
	"strings"

	"gonogo/readiness/history"
)

// Folded reports whether an incident is shown on its storm's card instead of one of its
// own. A severe incident has its own card. So has one whose card was posted already:
// what is in Slack must stay true.
func (o OnCall) Folded(i *history.Incident) bool {
	if i.Storm == "" {
		return false
	}
	subject := "incident/" + i.ID
	_, posted := o.view.State.Anchors[subject]
	_, posting := o.view.State.Posts[subject]
	return !posted && !posting && !o.Severe(i)
}

// CardOf is the subject of the card that shows a subject: its own, or its storm's for a
// folded incident.
func (o OnCall) CardOf(subject string) string {
	id, ok := strings.CutPrefix(subject, "incident/")
	if i := o.view.State.Incidents[id]; ok && i != nil && o.Folded(i) {
		return history.StormSubject(i.Storm)
	}
	return subject
}

// Storm is a storm with the incidents that its card shows.
type Storm struct {
	history.Storm
	Waits     []*history.Incident // firing, not acknowledged or dismissed; the newest first
	Taken     []*history.Incident // firing and acknowledged; the newest first
	Dismissed []*history.Incident // firing, declared a false alarm; the newest first
	Held      []*history.Incident // over, but may fire again
	Ended     []*history.Incident // over
	Own       []*history.Incident // have a card of their own
}

// Firing is how many incidents of its card fire.
func (s Storm) Firing() int { return len(s.Waits) + len(s.Taken) + len(s.Dismissed) }

// Over is how many incidents of its card are over, including those that the state no
// longer has.
func (s Storm) Over() int { return s.Total - s.Firing() - len(s.Held) - len(s.Own) }

// Storms lists the storms, the oldest first.
func (o OnCall) Storms() []Storm {
	if len(o.view.State.Storms) == 0 {
		return nil
	}
	byID := make(map[string]*Storm, len(o.view.State.Storms))
	for id, storm := range o.view.State.Storms {
		byID[id] = &Storm{Storm: storm}
	}
	for _, i := range o.view.State.Incidents {
		if s := byID[i.Storm]; s != nil {
			o.enlist(s, i)
		}
	}
	storms := make([]Storm, 0, len(byID))
	for _, s := range byID {
		for _, list := range [][]*history.Incident{s.Waits, s.Taken, s.Dismissed, s.Held, s.Ended, s.Own} {
			slices.SortFunc(list, newestNews)
		}
		storms = append(storms, *s)
	}
	slices.SortFunc(storms, func(a, b Storm) int { return cmp.Or(a.Began.Compare(b.Began), strings.Compare(a.ID, b.ID)) })
	return storms
}

// enlist puts an incident into the list of its storm that it belongs to.
func (o OnCall) enlist(s *Storm, i *history.Incident) {
	list := &s.Ended
	switch {
	case !o.Folded(i):
		list = &s.Own
	case i.Firing() && i.AckBy != "":
		list = &s.Taken
	case i.Firing() && i.FalseAlarm != nil && i.Dismissed():
		list = &s.Dismissed
	case i.Firing():
		list = &s.Waits
	case len(i.Held()) > 0:
		list = &s.Held
	}
	*list = append(*list, i)
}

// newestNews puts the incidents with the latest news first.
func newestNews(a, b *history.Incident) int {
	return cmp.Or(cmp.Compare(b.News, a.News), strings.Compare(a.ID, b.ID))
}

// Storm finds a storm by its ID; ok is false if there is none.
func (o OnCall) Storm(id string) (s Storm, ok bool) {
	storms := o.Storms()
	n := slices.IndexFunc(storms, func(s Storm) bool { return s.ID == id })
	if n < 0 {
		return Storm{}, false
	}
	return storms[n], true
}

// Newest is the incident that a rollback answers if it names none, or nil. An empty
// environment means any. A severe one comes first: after a storm of warnings, the newest
// incident is rarely the one that matters.
func (o OnCall) Newest(environment string) *history.Incident {
	here := func(i *history.Incident) bool { return environment == "" || i.Environment == environment }
	if severe := o.view.State.Newest(func(i *history.Incident) bool { return here(i) && o.Severe(i) }); severe != nil {
		return severe
	}
	return o.view.State.Newest(here)
}
