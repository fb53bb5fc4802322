package chat

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
	"gonogo/commands/cards"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// share uploads a file into a thread in Slack's three steps,
// https://docs.slack.dev/messaging/working-with-files: get an upload address, send the
// content there, complete the upload. Slack doesn't return the message's timestamp, so
// the file's ID identifies it; intend records that before the last step.
func (w *web) share(ctx context.Context, channel, thread string, file *cards.File, intend func(id string)) (id string, err error) {
	opened, err := os.Open(file.Path)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return "", err
	}
	var place *slack.GetUploadURLExternalResponse
	err = w.calls.Call(ctx, "files.getUploadURLExternal", "", func() (err error) {
		place, err = w.api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: file.Name, FileSize: int(info.Size())})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("asking where to upload: %w", err)
	}
	if err := w.api.UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: place.UploadURL, Reader: opened, Filename: file.Name}); err != nil {
		return "", fmt.Errorf("uploading: %w", err)
	}
	intend(place.FileID)
	err = w.calls.Call(ctx, "files.completeUploadExternal", "", func() error {
		_, err := w.api.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
			Files: []slack.FileSummary{{ID: place.FileID, Title: file.Title}}, Channel: channel, ThreadTimestamp: thread})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("completing the upload: %w", err)
	}
	return place.FileID, nil
}

// sharing uploads files in the background: an upload may take longer than an alert can
// wait.
type sharing struct {
	busy sync.WaitGroup
	tick chan struct{} // done has grown

	mu   sync.Mutex
	done []shared
}

// shared is the outcome of one upload.
type shared struct {
	subject, id string
	intent      history.Post // empty: the last step was not begun
	err         error
}

// start uploads a file in the background.
func (s *sharing) start(ctx context.Context, w *web, p event.PostIntended, file *cards.File, record func(context.Context, event.PostIntended) history.Post) {
	s.busy.Go(func() {
		var intent history.Post
		id, err := w.share(ctx, p.Channel, p.Thread, file, func(id string) {
			p.File = id
			intent = record(ctx, p)
		})
		s.mu.Lock()
		s.done = append(s.done, shared{p.Subject, id, intent, err})
		s.mu.Unlock()
		select {
		case s.tick <- struct{}{}:
		default: // a wake-up is pending already
		}
	})
}

// take returns the uploads that have ended since the last call.
func (s *sharing) take() []shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := s.done
	s.done = nil
	return done
}

// collect records the files that were uploaded. Where Slack refuses a file, the card's
// reply says where to find it instead.
func (t *threads) collect(ctx context.Context) {
	for _, done := range t.files.take() {
		s := t.shown[done.subject]
		if s == nil {
			continue
		}
		s.sharing = false
		reply := s.card.Reply
		switch {
		case done.err == nil:
			t.accepted(done.intent)
			s.anchor, s.have = history.Anchor{Channel: s.card.Channel, TS: fileAnchor + done.id}, &reply
			t.save(ctx, s)
		case refusesFile(done.err):
			t.log.Error("Slack rejected a file; its message says where to find it", "subject", done.subject, "error", slackerr.WithoutURL(done.err))
			s.unshared = true
		default:
			s.intent, s.unsure = done.intent, done.intent.File != "" && slackerr.Unsure(done.err)
			s.next = time.Now().Add(slackerr.RetryAfter(done.err)) // the upload address is not rate-limited by web
			t.failed(ctx, s, reply, done.err)
		}
	}
}

// fileAnchor precedes a file's ID where a message has its timestamp.
const fileAnchor = "file:"

// refusesFile reports whether the same upload would fail again. The upload address
// refuses with a status code only.
func refusesFile(err error) bool {
	var path *fs.PathError
	var status slack.StatusCodeError
	said := slackerr.Code(err) != "" || errors.As(err, &status)
	return errors.As(err, &path) || said && !slackerr.Temporary(err) && slackerr.RetryAfter(err) == 0
}
