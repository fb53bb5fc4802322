package gates

import (
	"testing"
	"time"
)

func TestPrecisely(t *testing.T) {
	tests := map[time.Duration]string{
		1234567 * time.Nanosecond: "1ms", 250400 * time.Nanosecond: "250µs", 3417 * time.Millisecond: "3.42s",
		2*time.Minute + 400*time.Millisecond: "2m", 90 * time.Second: "1m30s",
	}
	for d, want := range tests {
		if got := Precisely(d); got != want {
			t.Errorf("%d ns: got %s, want %s", d, got, want)
		}
	}
}
