package history

import (
	"maps"
	"strings"
	"time"

	"gonogo/readiness/event"
)

// Anchor is the Slack message that shows a subject.
type Anchor struct {
	Channel, TS string
	Shows       string    // digest of the final state that it shows; empty: it shows none
	At          time.Time // when it was recorded first
	Worsened    time.Time // when an alert got worse last of what was posted; zero: none did
	Repeated    *Post     // how copies of it that may still arrive are found; nil: there can be none
}

// Post is a message or file on its way to Slack.
type Post struct {
	Channel, Thread string
	Mark            string // in the message's metadata; empty: for a file
	File            string // Slack's ID of the file
	At              time.Time
	Worsened        time.Time // as in Anchor
}

// Refusal is that Slack refuses to post or change a message.
type Refusal struct {
	Channel string // empty: every channel
	Why     string // the end of a sentence, with the next step
	At      time.Time
}

// applyMessage folds the events about messages.
func (s *State) applyMessage(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.PostIntended:
		ownMap(&s.Posts, &s.own.posts)
		s.Posts[e.Subject] = Post{e.Channel, e.Thread, e.Mark, e.File, at, e.Worsened}
	case event.PostRefused:
		refusal := Refusal{e.Channel, e.Why, at}
		if known, ok := s.Refusals[e.Subject]; ok {
			refusal.At = known.At
		}
		ownMap(&s.Refusals, &s.own.refusals)
		s.Refusals[e.Subject] = refusal
	case event.AnchorPosted:
		a := Anchor{Channel: e.Channel, TS: e.TS, Shows: e.Shows, At: at}
		if known, ok := s.Anchors[e.Subject]; ok && known.Channel == a.Channel && known.TS == a.TS {
			a.At, a.Worsened = known.At, known.Worsened
		} else if intent, ok := s.Posts[e.Subject]; ok {
			a.Worsened = intent.Worsened
		}
		if e.Repeated {
			a.Repeated = s.repeated(e.Subject)
		}
		s.setAnchor(e.Subject, a)
	}
}

// PostedWith is when an alert got worse last of what a subject's message said as its post
// was begun; begun is false if it wasn't.
func (s *State) PostedWith(subject string) (worsened time.Time, begun bool) {
	if a, posted := s.Anchors[subject]; posted {
		return a.Worsened, true
	}
	p, begun := s.Posts[subject]
	return p.Worsened, begun
}

// repeated is the post that a subject's message was made by: the one that was under way,
// or the one that its anchor remembers.
func (s *State) repeated(subject string) *Post {
	if p, ok := s.Posts[subject]; ok {
		return &p
	}
	return s.Anchors[subject].Repeated
}

func (s *State) setAnchor(subject string, a Anchor) {
	ownMap(&s.Anchors, &s.own.anchors)
	s.Anchors[subject] = a
	ownMap(&s.Posts, &s.own.posts)
	delete(s.Posts, subject)
	if _, refused := s.Refusals[subject]; refused {
		ownMap(&s.Refusals, &s.own.refusals)
		delete(s.Refusals, subject)
	}
}

// Substitute is the subject of the message that stands in for a card that Slack refuses.
func Substitute(subject string) string { return subject + "/elsewhere" }

// Substituted is the subject of the card that a message stands in for; ok is false if the
// message is no substitute.
func Substituted(of string) (subject string, ok bool) { return strings.CutSuffix(of, "/elsewhere") }

// Unshown reports whether Slack refuses a card or a message in its thread, so that what
// they say isn't shown. Messages that notify a role, and the card's substitute, don't
// count: they are shown in another channel.
func (s *State) Unshown(subject string) (Refusal, bool) {
	if r, refused := s.Refusals[subject]; refused {
		return r, true
	}
	var oldest Refusal
	for of, r := range s.Refusals {
		below, ok := strings.CutPrefix(of, subject+"/")
		if ok && below != "elsewhere" && !strings.HasPrefix(below, "escalated/") && (oldest.At.IsZero() || r.At.Before(oldest.At)) {
			oldest = r
		}
	}
	return oldest, !oldest.At.IsZero()
}

// forgetAnchors drops the messages about a subject and everything below it, and its
// escalations.
func (s *State) forgetAnchors(subject string) {
	ownMap(&s.Anchors, &s.own.anchors)
	ownMap(&s.Posts, &s.own.posts)
	maps.DeleteFunc(s.Anchors, func(of string, _ Anchor) bool { return within(of, subject) })
	maps.DeleteFunc(s.Posts, func(of string, _ Post) bool { return within(of, subject) })
	if len(s.Refusals) > 0 {
		ownMap(&s.Refusals, &s.own.refusals)
		maps.DeleteFunc(s.Refusals, func(of string, _ Refusal) bool { return within(of, subject) })
	}
	for _, e := range s.EscalationsOf(subject) {
		ownMap(&s.Escalations, &s.own.escalations)
		delete(s.Escalations, e.ID)
	}
}

// within reports whether a subject is another one or belongs to it.
func within(of, subject string) bool { return of == subject || strings.HasPrefix(of, subject+"/") }
