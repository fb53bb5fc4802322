package report

import (
	"testing"
	"time"
)

// TestJUnitTimes has times as tools and languages write them, each beside
// others of the same report.
func TestJUnitTimes(t *testing.T) {
	tests := []struct {
		written, beside string
		took            time.Duration
		timing          Timing
	}{
		{"0.16", "", 160 * time.Millisecond, Timed},
		{"12", "", 12 * time.Second, Timed},
		{" 1.5 ", "", 1500 * time.Millisecond, Timed},
		{".5", "", 500 * time.Millisecond, Timed},
		{"5.", "", 5 * time.Second, Timed},
		{"8.7e-05", "", 87 * time.Microsecond, Timed},
		{"-0.000000", "", 0, Timed},
		{"0,160", "", 160 * time.Millisecond, Timed},
		{"12,5", "", 12500 * time.Millisecond, Timed},
		{"1.200,058", "", 20*time.Minute + 58*time.Millisecond, Timed},
		{"1,200.058", "", 20*time.Minute + 58*time.Millisecond, Timed},
		{"1,234,567", "", 1234567 * time.Second, Timed},
		{"1.234", "", 1234 * time.Millisecond, Timed},
		{"1.234", "0.5", 1234 * time.Millisecond, Timed},
		{"1.234", "0,5", 0, Unreadable},
		{"1,234", "", 0, Unreadable},
		{"1,234", "7,891", 0, Unreadable},
		{"1,234", "0,160", 1234 * time.Millisecond, Timed},
		{"1,234", "1.200,058", 1234 * time.Millisecond, Timed},
		{"1,234", "0.5", 1234 * time.Second, Timed},
		{"1,234", "1,200.058", 1234 * time.Second, Timed},
		{"", "1", 0, Untimed},
		{"PT5M3S", "0.1", 0, Unreadable},
		{"5.3s", "", 0, Unreadable},
		{"160ms", "", 0, Unreadable},
		{"00:01:02", "", 0, Unreadable},
		{"1.2.3", "", 0, Unreadable},
		{"-3", "", 0, Unreadable},
		{"NaN", "", 0, Unreadable},
		{"Inf", "", 0, Unreadable},
		{"0x10", "", 0, Unreadable},
		{"1e300", "", 0, Unreadable},
		{"1 234,5", "", 0, Unreadable},
	}
	for _, test := range tests {
		cases := []junitCase{{time: test.beside}, {time: test.written}}
		settleTimes(cases)
		if got := cases[1]; got.took != test.took || got.timing != test.timing {
			t.Errorf("%q beside %q: got %s, %d, want %s, %d", test.written, test.beside, got.took, got.timing, test.took, test.timing)
		}
	}
}

func TestPlusStaysAtTheLongest(t *testing.T) {
	const longest = time.Duration(1<<63 - 1)
	if got := plus(longest-1, 2); got != longest {
		t.Errorf("got %s, want %s", got, longest)
	}
}
