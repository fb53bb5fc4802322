package chat

import (
	"context"
	"slices"
	"time"

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/slackerr"
	"gonogo/commands/reply"
	"gonogo/readiness/history"
)

// noticeLasts is how far back a notice is looked for.
const noticeLasts = 24 * time.Hour

// Notice is a message of which the ledger knows nothing, since it can't be written. The
// message carries the mark, by which this process or a later one finds it again.
type Notice struct{ Channel, Mark string }

// Notify posts a notice and returns its timestamp. If the channel has it already, since
// an earlier post had no answer or another process made it, it is changed instead.
func (c *Chat) Notify(ctx context.Context, n Notice, r reply.Reply) (ts string, err error) {
	web := c.web.of(pace.Urgent)
	found, err := c.notices(ctx, n)
	switch {
	case err != nil && !cannotSearch(err):
		return "", slackerr.WithoutURL(err)
	case len(found) > 0:
		return found[0], slackerr.WithoutURL(web.update(ctx, n.Channel, found[0], r))
	}
	ts, err = web.post(ctx, n.Channel, "", r, marked(n.Mark))
	return ts, slackerr.WithoutURL(err)
}

// Withdraw deletes a notice and its copies; ts is what Notify returned, if it is known.
// One that is gone already is no error.
func (c *Chat) Withdraw(ctx context.Context, n Notice, ts string) error {
	found, err := c.notices(ctx, n)
	if err != nil && !cannotSearch(err) {
		return slackerr.WithoutURL(err)
	}
	if ts != "" && !slices.Contains(found, ts) {
		found = append(found, ts)
	}
	for _, ts := range found {
		if err := c.web.remove(ctx, n.Channel, ts); err != nil {
			return slackerr.WithoutURL(err)
		}
	}
	return nil
}

func (c *Chat) notices(ctx context.Context, n Notice) ([]string, error) {
	return c.web.find(ctx, c.user(), history.Post{Channel: n.Channel, Mark: n.Mark, At: c.opts.Now().Add(-noticeLasts)})
}
