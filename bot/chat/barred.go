package chat

import (
	"maps"
	"sync"
)

// ofChannel are Slack's reasons why the bot may not write to a channel, with what mends
// each.
var ofChannel = map[string]string{
	"not_in_channel":    inviteTheBot,
	"channel_not_found": inviteTheBot,
	"is_archived":       "the channel is archived; unarchive it or configure another",

	"restricted_action":                     askTheAdministrators,
	"restricted_action_thread_only_channel": askTheAdministrators,
	"restricted_action_read_only_channel":   askTheAdministrators,
	"not_allowed":                           askTheAdministrators,
}

const (
	inviteTheBot         = "invite the bot to the channel with /invite, and check its ID in the configuration"
	askTheAdministrators = "the channel does not let the bot post; ask the workspace's administrators"
)

// barred are the channels that the bot may not write to while something is to be shown
// there. The goroutine of the cards changes it; others may read it.
type barred struct {
	mu   sync.Mutex
	mend map[string]string // by channel
}

// note says why a channel cannot be written to, and what mends it.
func (b *barred) note(channel, mend string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mend == nil {
		b.mend = map[string]string{}
	}
	b.mend[channel] = mend
}

// clear says that a channel could be written to.
func (b *barred) clear(channel string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.mend, channel)
}

// keep forgets channels in which nothing is to be shown: nobody tries them any more.
func (b *barred) keep(waiting map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.mend, func(channel, _ string) bool { return !waiting[channel] })
}

// channels are the channels by ID, with what mends each.
func (b *barred) channels() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := maps.Clone(b.mend)
	if all == nil {
		all = map[string]string{}
	}
	return all
}
