package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
	"gonogo/commands/reply"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

const (
	cardEvent = "gonogo_card" // type of the metadata that marks cards
	cardMark  = "mark"        // its one field

	searchPages  = 10               // pages of messages that one search reads
	searchPage   = 200              // messages in a page; Slack may give fewer
	clocksDiffer = 15 * time.Minute // between ours and Slack's, at most
)

// errTooFar says that a search ended before it had read all that it should.
var errTooFar = errors.New("too many messages were written since")

// post posts the card's message to its channel or thread. The intent is recorded first,
// with a mark that the message carries.
func (t *threads) post(ctx context.Context, s *showing) {
	intent := t.intend(ctx, s)
	web, said, says := t.web.picked(s.class()), s.card.Reply, s.says()
	t.send(s, intent.Channel, func() func() {
		ts, err := web.post(ctx, intent.Channel, intent.Thread, says, marked(intent.Mark))
		return func() {
			if err != nil {
				s.unsure = slackerr.Unsure(err)
				t.failed(ctx, s, said, err)
				return
			}
			t.accepted(intent)
			t.posted(s, intent.Channel, ts)
			t.shows(s, said)
			t.save(ctx, s)
		}
	})
}

// accepted notes that the bot could post in a channel, or in a thread there.
func (t *threads) accepted(p history.Post) {
	if p.Thread != "" {
		t.web.barred.answered(p.Channel)
		return
	}
	t.web.barred.posted(p.Channel)
}

// intend records a post that is about to be made. If an earlier one was recorded and
// did not arrive, its mark is used again, so that a copy which arrives late is
// recognized.
func (t *threads) intend(ctx context.Context, s *showing) history.Post {
	place := event.PostIntended{Subject: s.card.Subject, Channel: s.card.Channel, Worsened: s.card.Worsened}
	if s.card.Parent != "" {
		place.Thread = t.anchor(s.card.Parent)
	}
	if before, ok := t.intended(s); ok && before.Mark != "" && before.Channel == place.Channel && before.Thread == place.Thread {
		return before
	}
	place.Mark, s.repeated = rand.Text(), nil
	s.intent = t.record(ctx, place)
	return s.intent
}

// record records an intent. On a full disk the card is posted anyway, and may be posted
// twice if gonogo is killed then: for on-call, two cards are better than none.
func (t *threads) record(ctx context.Context, p event.PostIntended) history.Post {
	if err := t.commands.Posting(ctx, p); err != nil {
		t.log.Error("the ledger did not record a message that is about to be posted; it may be posted twice if gonogo is killed now",
			"subject", p.Subject, "error", err)
	}
	return history.Post{Channel: p.Channel, Thread: p.Thread, Mark: p.Mark, File: p.File, At: t.now()}
}

// posted takes note of the message that shows a card from now on.
func (t *threads) posted(s *showing, channel, ts string) {
	s.anchor, s.gone, s.unsure, s.unsaved = history.Anchor{Channel: channel, TS: ts, Repeated: s.repeated}, false, false, true
}

// intended is a recorded post of a card that isn't known to have arrived.
func (t *threads) intended(s *showing) (intent history.Post, ok bool) {
	if intent, ok = t.commands.Post(s.card.Subject); ok {
		return intent, true
	}
	return s.intent, s.unsure
}

// search looks whether a message arrived whose post had no certain outcome. Found, it
// is the card's from then on; otherwise it will be posted again.
func (t *threads) search(ctx context.Context, s *showing) {
	intent, _ := t.intended(s)
	web := t.web.picked(s.class())
	t.send(s, intent.Channel, func() func() {
		found, err := web.find(ctx, t.self(), intent)
		return func() { t.searched(ctx, s, intent, found, err) }
	})
}

// searched processes the result of a search.
func (t *threads) searched(ctx context.Context, s *showing, intent history.Post, found []string, err error) {
	switch {
	case err == nil && len(found) > 0:
		t.adopt(ctx, s, intent, found)
	case err == nil:
		s.unsure, s.repeated = false, &intent
		t.watchForCopies(s, intent)
	case intent.Channel != s.card.Channel && ofChannel[slackerr.Code(err)] != "":
		s.unsure = false // another channel is configured since
		t.log.Warn("posting a message again: gonogo can't look whether it arrived in the channel that was configured before",
			"subject", s.card.Subject, "channel", intent.Channel, "error", slackerr.WithoutURL(err))
	case cannotSearch(err):
		s.unsure, s.twice = false, true
		t.log.Warn("a message may stand in Slack twice: gonogo cannot look whether its first post arrived; "+whySearchFailed(err),
			"subject", s.card.Subject, "channel", intent.Channel, "error", slackerr.WithoutURL(err))
	default:
		t.failed(ctx, s, s.card.Reply, err)
	}
}

// whySearchFailed is what keeps gonogo from finding a message, or how to mend it.
func whySearchFailed(err error) string {
	if errors.Is(err, errTooFar) {
		return "more was written in the channel since than it reads"
	}
	return "give the app the scopes channels:history and groups:history and install it again"
}

// adopt makes the first of some messages the card's, and retires the others.
func (t *threads) adopt(ctx context.Context, s *showing, intent history.Post, found []string) {
	if intent.File != "" {
		t.posted(s, intent.Channel, fileAnchor+intent.File)
		said := s.card.Reply
		s.have = &said
	} else {
		t.posted(s, intent.Channel, found[0])
	}
	t.save(ctx, s)
	t.extras.Go(func() {
		for _, ts := range found[1:] {
			t.retire(ctx, intent.Channel, ts)
		}
	})
}

// retire deletes a copy of a card's message, or at least its buttons. It reports whether
// that succeeded.
func (t *threads) retire(ctx context.Context, channel, ts string) (retired bool) {
	err := t.web.remove(ctx, channel, ts)
	if err == nil {
		t.log.Info("deleted a copy of a message", "channel", channel, "ts", ts)
		return true
	}
	t.log.Warn("could not delete a copy of a message; taking its buttons away", "channel", channel, "ts", ts, "error", slackerr.WithoutURL(err))
	err = t.web.update(ctx, channel, ts, reply.Reply{Title: "Posted twice", Parts: []reply.Part{reply.Lines{reply.Say("This is a copy; the other message is kept current.")}}})
	if err != nil {
		t.log.Error("could not retire a copy of a message", "channel", channel, "ts", ts, "error", slackerr.WithoutURL(err))
	}
	return err == nil
}

// says is what a card's message should say. If there may be a second copy, it says that
// too. If Slack refused the card, it is only the title.
func (s *showing) says() reply.Reply {
	r := s.card.Reply
	if s.refuses(r) {
		return titleOnly(s.card)
	}
	if s.twice {
		r.Parts = append(slices.Clone(r.Parts), reply.Note(reply.Say("Possible duplicate: Slack did not confirm an earlier copy of this message.")))
	}
	return r
}

// cannotSearch reports whether the app may not read in a channel, though it may write
// there.
func cannotSearch(err error) bool {
	code := slackerr.Code(err)
	switch {
	case errors.Is(err, errTooFar):
		return true
	case code == "" || slackerr.Temporary(err):
		return false
	case code == "missing_scope" || code == "no_permission" || code == "access_denied" || code == "not_allowed_token_type":
		return true
	}
	_, barred := whyBarred(code)
	return !barred
}

// marked puts a mark into a message's metadata.
func marked(mark string) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: cardEvent, EventPayload: map[string]any{cardMark: mark}})
}

// searchMethod is the method that reads the place of a post.
func searchMethod(p history.Post) string {
	if p.Thread != "" {
		return "conversations.replies"
	}
	return "conversations.history"
}

// find gives the timestamps of our messages that carry a post's mark or file, the
// oldest first. A channel is read from its newest message back, so a post that was
// just made is found however much was written before it.
func (w *web) find(ctx context.Context, self string, p history.Post) (found []string, err error) {
	oldest := strconv.FormatInt(p.At.Add(-clocksDiffer).Unix(), 10)
	cursor := ""
	for range searchPages {
		var page []slack.Message
		err := w.calls.Call(ctx, searchMethod(p), "", func() (err error) {
			page, cursor, err = w.read(ctx, p, oldest, cursor)
			return err
		})
		if slackerr.Code(err) == "thread_not_found" {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			if m.User == self && carries(m, p) {
				found = append(found, m.Timestamp)
			}
		}
		if cursor == "" {
			break
		}
	}
	if cursor != "" && len(found) == 0 {
		return nil, errTooFar
	}
	slices.Sort(found)
	return found, nil
}

// read is one page of a channel or thread.
func (w *web) read(ctx context.Context, p history.Post, oldest, cursor string) ([]slack.Message, string, error) {
	if p.Thread != "" {
		page, _, next, err := w.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: p.Channel,
			Timestamp: p.Thread, Oldest: oldest, Cursor: cursor, Limit: searchPage, IncludeAllMetadata: true})
		return page, next, err
	}
	page, err := w.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: p.Channel,
		Oldest: oldest, Cursor: cursor, Limit: searchPage, IncludeAllMetadata: true})
	if err != nil {
		return nil, "", err
	}
	return page.Messages, page.ResponseMetaData.NextCursor, nil
}

// carries reports whether a message is the one that a post was to make.
func carries(m slack.Message, p history.Post) bool {
	if p.File != "" {
		return slices.ContainsFunc(m.Files, func(f slack.File) bool { return f.ID == p.File })
	}
	return m.Metadata.EventType == cardEvent && m.Metadata.EventPayload[cardMark] == p.Mark
}
