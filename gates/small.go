package gates

import (
	"context"
	"errors"
	"iter"
	"maps"
	"strings"
	"syscall"
	"time"
)

// pause waits, or returns false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// short cuts a text that is only quoted to one line of 80 letters.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return text
}
