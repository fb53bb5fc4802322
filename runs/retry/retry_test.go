package retry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/runs/retry"
)

func TestBackoffGrows(t *testing.T) {
	now := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
	var b retry.Backoff
	var pauses []time.Duration
	for range 5 {
		b.Grow(now, 5*time.Second, 30*time.Second)
		pauses = append(pauses, b.Until.Sub(now))
	}
	want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, 30 * time.Second}
	if !slices.Equal(pauses, want) {
		t.Errorf("the pauses are %v, want %v", pauses, want)
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := retry.Sleep(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("slept %v and got %v, want a minute and no error", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if err := retry.Sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("slept %v and got %v, want a second and the context's error", time.Since(began), err)
		}
	})
}

func TestJitterStaysNearThePace(t *testing.T) {
	for _, pace := range []time.Duration{0, 1, time.Second, time.Hour} {
		for range 100 {
			if got := retry.Jitter(pace); got < pace-pace/20 || got > pace+pace/20+1 {
				t.Fatalf("a pace of %v became %v", pace, got)
			}
		}
	}
}
