package build

import (
	"testing"
)

func TestSameCommit(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"0a1b2c3", "0a1b2c3d4e5f", true}, {"0A1B2C3D", "0a1b2c3", true}, {"0a1b2c3", "0a1b2c4", false},
		{"", "0a1b2c3", false}, {"", "", false}, {"0a1b", "0a1b2c3", false}, {"c0ffee", "c0ffee", true},
	} {
		if got := SameCommit(tt.a, tt.b); got != tt.want {
			t.Errorf("SameCommit(%q, %q) = %t, want %t", tt.a, tt.b, got, tt.want)
		}
	}
}
