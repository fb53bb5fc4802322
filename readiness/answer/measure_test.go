package answer

import (
	"testing"
)

func TestWorseThan(t *testing.T) {
	for _, tt := range []struct {
		limit, got, was string
		want            bool
	}{
		{"< 5", "6", "5", true}, {"< 5", "5", "6", false}, {">= 80%", "70.5 %", "75.00 %", true}, {">= 80%", "76 %", "75.00 %", false},
		{"P95 < 3s", "3.4s", "900ms", true}, {"P95 < 3s", "900ms", "3.4s", false}, {"< 30d", "2d", "47h", true}, {"0", "3", "2", true}, {"0", "1", "2", false},
		{"= 134", "130", "133", true}, {"200", "500", "404", true}, {"none", "a, b", "a", true}, {"", "NaN", "1", true}, {"< 5", "unreadable", "7", true},
	} {
		m := Measure{Limit: tt.limit, Value: tt.got}
		if got := m.worseThan(Measure{Limit: tt.limit, Value: tt.was}); got != tt.want {
			t.Errorf("limit %q: %q worse than %q = %t, want %t", tt.limit, tt.got, tt.was, got, tt.want)
		}
	}
}
