package spelling

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"http", "http", 0}, {"", "dns", 3}, {"htp", "http", 1}, {"htttp", "http", 1}, {"hrtp", "http", 1},
		{"htpt", "http", 1}, {"ca", "abc", 3}, {"kitten", "sitting", 3}, {"prüfen", "prufen", 1}, {"жук", "жку", 1},
		{strings.Repeat("x", 300), strings.Repeat("x", 301), 301}, {strings.Repeat("x", 300), strings.Repeat("x", 300), 0},
	} {
		if got := Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("from %q to %q: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestDistanceIsOne makes one slip and counts it; both ways are as far.
func TestDistanceIsOne(t *testing.T) {
	word := rapid.SliceOfN(rapid.RuneFrom([]rune("abcdé")), 1, 20)
	rapid.Check(t, func(t *rapid.T) {
		a := word.Draw(t, "word")
		i := rapid.IntRange(0, len(a)-1).Draw(t, "at")
		b := map[string][]rune{
			"drop":   append(append([]rune{}, a[:i]...), a[i+1:]...),
			"insert": append(append(append([]rune{}, a[:i]...), 'x'), a[i:]...),
			"change": append(append(append([]rune{}, a[:i]...), 'x'), a[i+1:]...),
		}
		if i > 0 && a[i] != a[i-1] {
			b["swap"] = append(append(append([]rune{}, a[:i-1]...), a[i], a[i-1]), a[i+1:]...)
		}
		for slip, other := range b {
			if there, back := Distance(string(a), string(other)), Distance(string(other), string(a)); there != 1 || back != 1 {
				t.Errorf("%s: from %q to %q: got %d, and back %d", slip, string(a), string(other), there, back)
			}
		}
	})
}

func TestNearest(t *testing.T) {
	kinds := []string{"dns", "http", "junit", "tls"}
	for _, tt := range []struct {
		word string
		most int
		want string
	}{
		{"htp", 2, "http"}, {"HTTP", 2, "http"}, {"jnuit", 1, "junit"}, {"ftps", 1, ""}, {"ftp", 2, "http"}, {"xns", 1, "dns"}, {"tns", 1, "dns"}, {"", 2, ""},
	} {
		if got := Nearest(tt.word, kinds, tt.most); got != tt.want {
			t.Errorf("%q, at most %d: got %q, want %q", tt.word, tt.most, got, tt.want)
		}
	}
}
