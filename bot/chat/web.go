package chat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/lane"
	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/render"
	"gonogo/bot/chat/slackerr"
	"gonogo/commands/reply"
)

// web is Slack's Web API as gonogo uses it: rate-limited, and with a message sent again
// in simpler blocks where Slack refuses the newer ones.
type web struct {
	api    *slack.Client
	http   *http.Client
	calls  pace.Caller
	render render.Renderer
	log    *slog.Logger
	meter  Meter

	lowered *atomic.Bool // this workspace refused the newer blocks
	barred  *barred      // channels that the bot may not write to
}

// forHasty is the same Web API for a caller that must not block: it gets an error
// instead of waiting for a pause to end.
func (w *web) forHasty() *web {
	hasty := *w
	hasty.calls = w.calls.Hasty()
	return &hasty
}

// of is the same Web API, with its calls in another class.
func (w *web) of(c pace.Class) *web {
	own := *w
	own.calls = w.calls.Of(c)
	return &own
}

// picked is the same Web API for the calls of a card that was picked to be shown, and of
// which pick has claimed the first.
func (w *web) picked(c pace.Class) *web {
	own := w.of(c)
	own.calls = own.calls.Claimed()
	return own
}

// inTurn is the same Web API for an answer, which gives up its turn while it waits.
func (w *web) inTurn(t *lane.Turn, c pace.Class) *web {
	own := w.of(c)
	own.calls = own.calls.Aside(t.Aside)
	return own
}

// sendWithFallback sends a reply with the newer blocks and, as long as Slack refuses
// them, with simpler ones.
func (w *web) sendWithFallback(r reply.Reply, send func(text string, blocks []slack.Block) error) error {
	at := render.Full
	if w.lowered.Load() {
		at = render.Sections
	}
	for first := at; ; at++ {
		err := send(w.render.Message(r, at))
		if err == nil && at > first && first == render.Full && render.UsesFull(r) {
			w.lowered.Store(true)
		}
		if !refusesBlocks(err) || at == render.TextOnly {
			return err
		}
		w.log.Warn("Slack rejected the blocks of a message; sending it in a simpler form", "title", r.Title, "error", slackerr.WithoutURL(err))
	}
}

// refusesBlocks reports whether simpler blocks may be accepted.
func refusesBlocks(err error) bool {
	switch slackerr.Code(err) {
	case "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "msg_blocks_too_long", "msg_too_long", "unsupported_block_type", "only_one_table_allowed":
		return true
	}
	return false
}

func options(text string, blocks []slack.Block, more ...slack.MsgOption) []slack.MsgOption {
	return append(more, slack.MsgOptionText(text, false), slack.MsgOptionBlocks(blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
}

// post puts a message into a channel, or into a thread there.
func (w *web) post(ctx context.Context, channel, thread string, r reply.Reply, more ...slack.MsgOption) (ts string, err error) {
	err = w.sendWithFallback(r, func(text string, blocks []slack.Block) error {
		opts := options(text, blocks, more...)
		if thread != "" {
			opts = append(opts, slack.MsgOptionTS(thread))
		}
		return w.calls.Call(ctx, "chat.postMessage", channel, func() (err error) {
			_, ts, err = w.api.PostMessageContext(ctx, channel, opts...)
			return err
		})
	})
	return ts, err
}

// update replaces a message.
func (w *web) update(ctx context.Context, channel, ts string, r reply.Reply) error {
	return w.sendWithFallback(r, func(text string, blocks []slack.Block) error {
		return w.calls.Call(ctx, "chat.update", channel, func() error {
			_, _, _, err := w.api.UpdateMessageContext(ctx, channel, ts, options(text, blocks)...)
			return err
		})
	})
}

// remove deletes a message. One that is gone already is no error.
func (w *web) remove(ctx context.Context, channel, ts string) error {
	err := w.calls.Call(ctx, "chat.delete", "", func() error {
		_, _, err := w.api.DeleteMessageContext(ctx, channel, ts)
		return err
	})
	if slackerr.Code(err) == "message_not_found" {
		return nil
	}
	return err
}

// postEphemeral shows a message to one person in a channel.
func (w *web) postEphemeral(ctx context.Context, channel, thread, user string, r reply.Reply) error {
	return w.sendWithFallback(r, func(text string, blocks []slack.Block) error {
		opts := options(text, blocks)
		if thread != "" {
			opts = append(opts, slack.MsgOptionTS(thread))
		}
		return w.calls.Call(ctx, "chat.postEphemeral", channel, func() error {
			_, err := w.api.PostEphemeralContext(ctx, channel, user, opts...)
			return err
		})
	})
}

// direct sends a message to one person.
func (w *web) direct(ctx context.Context, user string, r reply.Reply) error {
	var channel string
	err := w.calls.Call(ctx, "conversations.open", "", func() error {
		c, _, _, err := w.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
		if err == nil {
			channel = c.ID
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("opening a conversation: %w", err)
	}
	_, err = w.post(ctx, channel, "", r)
	return err
}

// open shows a form to the person whose trigger it is.
func (w *web) open(ctx context.Context, trigger string, form slack.ModalViewRequest) error {
	_, err := w.api.OpenViewContext(ctx, trigger, form)
	w.meter.Called("views.open", slackerr.Outcome(err))
	return err
}

// urlResponse is the body of a request to a response_url,
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.
type urlResponse struct {
	ResponseType    string        `json:"response_type"`
	ReplaceOriginal bool          `json:"replace_original"`
	ThreadTS        string        `json:"thread_ts,omitempty"`
	Text            string        `json:"text"`
	Blocks          []slack.Block `json:"blocks,omitempty"`
}

// respond sends an answer to a response_url.
func (w *web) respond(ctx context.Context, address string, a urlResponse, r reply.Reply) error {
	return w.sendWithFallback(r, func(text string, blocks []slack.Block) error {
		a.Text, a.Blocks = text, blocks
		body, err := json.Marshal(a)
		if err != nil {
			return err
		}
		return w.calls.Call(ctx, "response_url", address, func() error { return w.postAnswer(ctx, address, body) })
	})
}

// postAnswer posts to a response_url. Slack answers "ok", or JSON with an
// error's name, or just that name.
func (w *web) postAnswer(ctx context.Context, address string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return slackerr.WithoutURL(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.http.Do(request)
	if err != nil {
		return slackerr.WithoutURL(err)
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10)) // the status is enough to go by
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After")) // an unreadable value is 0, which counts as a second
		return &slack.RateLimitedError{RetryAfter: time.Duration(seconds) * time.Second}
	case response.StatusCode >= 500:
		return slack.StatusCodeError{Code: response.StatusCode, Status: response.Status}
	}
	if name := answerError(response.StatusCode, said); name != "" {
		return slack.SlackErrorResponse{Err: name}
	}
	return nil
}

// answerError is the error in the answer of a response_url; "" for none.
func answerError(status int, said []byte) string {
	var answer struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(said, &answer) == nil && answer.OK != nil {
		if *answer.OK {
			return ""
		}
		return cmp.Or(answer.Error, "unknown_error")
	}
	if status < 300 {
		return ""
	}
	return cmp.Or(strings.TrimSpace(string(said)), "http_"+strconv.Itoa(status))
}
