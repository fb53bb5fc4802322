package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
	"gonogo/bot/watch"
	"gonogo/readiness/event"
)

// Looks find out whether Slack still lets gonogo post: a revoked token and a channel
// that the bot was removed from leave the sockets open.
func (w *Workspace) Looks(releases, onCall string) []watch.Look {
	looks := []watch.Look{{Whether: "Slack accepts the bot token", Finds: []event.TroubleKind{event.TroubleBotToken}, Needed: true,
		Silent: event.TroubleSlackAPI, Ask: w.lookAtToken},
		w.channelLook("releases", releases, event.TroubleReleasesChannel)}
	if onCall != "" && onCall != releases {
		looks = append(looks, w.channelLook("on-call", onCall, event.TroubleOnCallChannel))
	}
	return looks
}

func (w *Workspace) channelLook(what, id string, kind event.TroubleKind) watch.Look {
	return watch.Look{Whether: "gonogo can post in the " + what + " channel", Finds: []event.TroubleKind{kind}, Needed: true,
		Ask: func(ctx context.Context) ([]watch.Trouble, error) {
			why, err := w.lookAtChannel(ctx, id)
			if err != nil || why == "" {
				return nil, err
			}
			return []watch.Trouble{{Kind: kind, Why: fmt.Sprintf("gonogo can't post in the %s channel: %s", what, why)}}, nil
		}}
}

// look makes a call that nobody waits for.
func (w *Workspace) look(ctx context.Context, method string, call func() error) error {
	err := w.web.calls.Hasty().Call(ctx, method, "", call)
	switch {
	case err == nil:
		return nil
	case slackerr.Outcome(err) == slackerr.Limited:
		return fmt.Errorf("the rate of %s is limited by Slack: %w", method, watch.ErrLater)
	case slackerr.Code(err) == "" || slackerr.Temporary(err):
		return errNoAnswer
	}
	return err
}

var errNoAnswer = errors.New("the Web API of Slack doesn't respond, so gonogo can post and answer nothing; check gonogo's network and Slack's status page")

func (w *Workspace) lookAtToken(ctx context.Context) ([]watch.Trouble, error) {
	err := w.look(ctx, "auth.test", func() error {
		_, err := w.web.api.AuthTestContext(ctx)
		return err
	})
	if fix, lasting := slackerr.Lasting(err); lasting {
		return []watch.Trouble{{Kind: event.TroubleBotToken, Why: fmt.Sprintf("Slack rejects the bot token (%s): %s", slackerr.Code(err), fix)}}, nil
	}
	return nil, err
}

// lookAtChannel says why the bot can't post in a channel; empty: it can.
func (w *Workspace) lookAtChannel(ctx context.Context, id string) (why string, err error) {
	var place *slack.Channel
	asked := time.Now()
	err = w.look(ctx, "conversations.info", func() (err error) {
		place, err = w.web.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
		return err
	})
	fix, lasting := slackerr.Lasting(err)
	switch {
	case slackerr.Code(err) == "missing_scope":
		return "", &watch.Unknowable{Why: "the bot token lacks the scopes channels:read and groups:read; add them and install the app again"}
	case slackerr.Code(err) == "channel_not_found":
		return id + " doesn't exist, or is private and the bot isn't a member; type /invite @gonogo there, or correct the ID in the configuration", nil
	case lasting:
		return "", fmt.Errorf("the bot token is rejected by Slack (%s): %s", slackerr.Code(err), fix)
	case err != nil:
		return "", err
	case place.IsArchived:
		return "#" + place.Name + " is archived; unarchive it or configure another channel", nil
	case !place.IsMember:
		return "the bot isn't in #" + place.Name + "; type /invite @gonogo there", nil
	}
	w.web.barred.looked(id, asked, restrictsPosting(place))
	return "", nil
}

// restrictsPosting reports whether only some may post in a channel, see
// https://docs.slack.dev/reference/objects/conversation-object. Whether the bot is one of
// them shows when it posts.
func restrictsPosting(c *slack.Channel) bool {
	p := c.Properties
	return c.IsReadOnly || p != nil && len(p.PostingRestrictedTo.Type)+len(p.PostingRestrictedTo.User) > 0
}
