package cards

import (
	"time"

	"gonogo/commands/reply"
)

// Card is a message that gonogo keeps true: the anchor of a run or of a
// sign-off, or a message in its thread. It is a pure view of the state.
type Card struct {
	Subject string // key in State.Anchors, "run/ID" or "run/ID/SECTION"
	Parent  string // subject of the card whose thread it is in; empty: in the channel
	Channel string // Slack channel ID
	Release string // version that its buttons are about where they name none; empty: they name their own
	Reply   reply.Reply
	First   bool // on-call waits for it: it goes before all others
	Alert   bool // it tells of an alert: there may be hundreds, so it goes after the others of First, the newest first; named elsewhere where Slack refuses it
	Final   bool // nothing about it will change by itself
	Storm   bool // of an alert storm: like what is First, it is shown in another channel where Slack refuses it
	Asked   bool // of a gate run that a person started; others are not held up by many of them
	// Worsened is when an alert got worse last of what the card says; zero: none did.
	Worsened time.Time
	File     *File // shared in its place, once; where Slack does not take it, Reply is shown
}

// File is a file on gonogo's machine to share.
type File struct {
	Path        string
	Name, Title string // as people see it
}
