package chat

import (
	"sync"
	"time"
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

// barred are the channels that the bot may not write to. Each is known until something
// was posted there, or until a look at the channel shows that the bot may: that nothing
// is to be shown there any more says nothing about the next card.
type barred struct {
	mu   sync.Mutex
	bars map[string]bar       // by channel
	fine map[string]time.Time // by channel: when the last look was asked that found nothing wrong
}

// bar is why the bot may not write to a channel.
type bar struct {
	mend       string // how to fix it
	noted      time.Time
	restricted bool // only some may post there, which membership doesn't show
	visible    bool // the channel's properties showed the restriction
}

// note says how to fix a channel that refused a call, which was asked at a time. It says
// nothing new if a look that was asked later has found the channel as it should be; but
// no look sees every restriction.
func (b *barred) note(channel, mend string, asked time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	restricted := mend == askTheAdministrators
	if !restricted && b.fine[channel].After(asked) {
		return
	}
	if b.bars == nil {
		b.bars = map[string]bar{}
	}
	b.bars[channel] = bar{mend: mend, noted: time.Now(), restricted: restricted, visible: restricted && b.bars[channel].visible}
}

// posted says that a message was posted in a channel.
func (b *barred) posted(channel string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.bars, channel)
}

// answered says that a thread of a channel was answered, which the bot may be allowed to
// do where only some may post. That one of its messages could be changed proves less: it
// needn't be a member for that.
func (b *barred) answered(channel string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.bars[channel].restricted {
		delete(b.bars, channel)
	}
}

// looked says that Slack was asked about a channel at a time, and answered that the bot
// is a member, that it isn't archived, and whether only some may post. A restriction is
// over once the channel's properties showed it and no longer do. One that they never
// showed comes from elsewhere, such as the workspace's settings, so that only a post
// proves that it is over.
func (b *barred) looked(channel string, asked time.Time, restricted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fine == nil {
		b.fine = map[string]time.Time{}
	}
	b.fine[channel] = asked
	known, ok := b.bars[channel]
	switch {
	case !ok || known.noted.After(asked):
	case known.restricted && restricted:
		known.visible = true
		b.bars[channel] = known
	case !known.restricted || known.visible:
		delete(b.bars, channel)
	}
}

// channels are the channels by ID, with how to fix each.
func (b *barred) channels() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[string]string, len(b.bars))
	for channel, known := range b.bars {
		all[channel] = known.mend
	}
	return all
}
