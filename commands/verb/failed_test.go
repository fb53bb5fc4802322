package verb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

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
		{fmt.Errorf("write: %w, %w: %w", storage.ErrNothingDone, storage.ErrRestart, disk), "gonogo can't record anything until it is restarted"},
		{fmt.Errorf("wait: %w: %w", storage.ErrNothingDone, context.DeadlineExceeded), "Nothing was done."},
		{fmt.Errorf("write: %w: %w", storage.ErrNotDurable, disk), "The ledger holds this"},
		{fmt.Errorf("write: %w", disk), "It isn't known whether this was recorded."},
		{context.DeadlineExceeded, "It isn't known whether this was recorded."},
	} {
		reply := d.Failed(fmt.Errorf("start the run: %w", tt.err))
		if got := fmt.Sprint(reply.Parts); !reply.Refused || !strings.Contains(got, tt.want) {
			t.Errorf("%v: %s %s, want %q", tt.err, reply.Title, got, tt.want)
		}
	}
}
