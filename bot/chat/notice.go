package chat

import (
	"context"

	"gonogo/bot/chat/slackerr"
	"gonogo/commands/reply"
)

// Notify posts a message that nothing keeps true, and returns its timestamp. It is for
// what the ledger can't record: if gonogo is restarted, the message stays as it is.
func (c *Chat) Notify(ctx context.Context, channel string, r reply.Reply) (ts string, err error) {
	ts, err = c.web.post(ctx, channel, "", r)
	return ts, slackerr.WithoutURL(err)
}

// Retract deletes a message that Notify posted. One that is gone already is no error.
func (c *Chat) Retract(ctx context.Context, channel, ts string) error {
	err := c.web.calls.Call(ctx, "chat.delete", "", func() error {
		_, _, err := c.web.api.DeleteMessageContext(ctx, channel, ts)
		return err
	})
	if slackerr.Code(err) == "message_not_found" {
		return nil
	}
	return slackerr.WithoutURL(err)
}
