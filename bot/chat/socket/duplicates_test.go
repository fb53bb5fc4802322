package socket

import (
	"fmt"
	"testing"
	"time"
)

// do decides an act as accepted, and returns the result.
func do(d *Deduplicator, keys ...string) string {
	decided := false
	accepted, repeat := d.Do(func() bool { decided = true; return true }, keys...)
	return fmt.Sprintf("decided %t, accepted %t, repeat %t", decided, accepted, repeat)
}

const (
	first  = "decided true, accepted true, repeat false"
	repeat = "decided false, accepted true, repeat true"
)

// An act is recognized by any of its keys, and empty keys don't count.
func TestRepeatsAreRecognised(t *testing.T) {
	d := NewDeduplicator(time.Now)
	for _, tt := range []struct {
		keys []string
		want string
	}{
		{[]string{"press/1", "envelope-1"}, first},
		{[]string{"press/1", "envelope-2"}, repeat},
		{[]string{"press/2", "envelope-1"}, repeat},
		{[]string{"", "envelope-3"}, first},
		{[]string{"", "envelope-4"}, first},
	} {
		if got := do(d, tt.keys...); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.keys, got, tt.want)
		}
	}
}

// An act that was rejected is rejected again, not done after all.
func TestARejectionIsKept(t *testing.T) {
	d := NewDeduplicator(time.Now)
	d.Do(func() bool { return false }, "press/1")
	if got, want := do(d, "press/1"), "decided false, accepted false, repeat true"; got != want {
		t.Errorf("the repeat: %s, want %s", got, want)
	}
}

// Repeats are known for an hour at least, and forgotten after two generations.
func TestRepeatsAreForgotten(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	d := NewDeduplicator(func() time.Time { return now })
	do(d, "early")
	for i, want := range []string{repeat, first} {
		now = now.Add(window + time.Minute)
		do(d, fmt.Sprint("later", i)) // a generation ends where one begins
		if got := do(d, "early"); got != want {
			t.Errorf("after %d generations: %s, want %s", i+1, got, want)
		}
	}
}

// A storm of acts forgets the oldest, and does not grow the memory.
func TestMemoryIsBounded(t *testing.T) {
	d := NewDeduplicator(time.Now)
	for i := range 3 * maxKeys {
		do(d, fmt.Sprint(i))
	}
	if n := len(d.current) + len(d.previous); n > 2*maxKeys {
		t.Errorf("%d keys are held, want %d at most", n, 2*maxKeys)
	}
	if got := do(d, "0"); got != first {
		t.Errorf("the first of all: %s, want it forgotten", got)
	}
}
