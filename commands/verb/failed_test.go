package verb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gonogo/commands/reply"
	"gonogo/storage"
)

// A person is told that nothing was done only where that is known.
func TestFailedSaysWhatIsKnown(t *testing.T) {
	d := &Desk{Options: Options{Log: slog.New(slog.DiscardHandler)}}
	disk := errors.New("input/output error")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{storage.ErrStopped, "Nothing was done."},
		{fmt.Errorf("write: %w: %w", storage.ErrNothingDone, disk), "Nothing was done."},
		{fmt.Errorf("write: %w: %w", storage.ErrNothingDone, &storage.Unusable{Path: "/var/lib/gonogo.db", Problem: "was deleted or moved while gonogo was using it", NextStep: "move it back"}),
			"Nothing was done. The ledger's file was deleted or moved while gonogo was using it; move it back."},
		{fmt.Errorf("write: %w, %w: %w", storage.ErrNothingDone, storage.ErrRestart, disk), "gonogo can't record anything until it is restarted"},
		{fmt.Errorf("wait: %w: %w", storage.ErrNothingDone, context.DeadlineExceeded), "Nothing was done."},
		{fmt.Errorf("write: %w: %w", storage.ErrNotDurable, disk), "The ledger holds this"},
		{fmt.Errorf("write: %w", disk), "It isn't known whether this was recorded."},
		{context.DeadlineExceeded, "It isn't known whether this was recorded."},
	} {
		r := d.Failed(fmt.Errorf("start the run: %w", tt.err))
		if got := says(r); !r.Refused || !strings.Contains(got, tt.want) {
			t.Errorf("%v: %s %s, want %q", tt.err, r.Title, got, tt.want)
		}
	}
}

// says is the text of a reply's lines.
func says(r reply.Reply) (text string) {
	for _, part := range r.Parts {
		lines, _ := part.(reply.Lines)
		for _, line := range lines {
			for _, span := range line {
				text += span.Text
			}
			text += "\n"
		}
	}
	return text
}
