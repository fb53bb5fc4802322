package suite

import (
	"slices"
	"testing"
)

func TestSample(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5, 6}
	want := []int{0, 3, 6}
	if Full {
		want = all
	}
	if got := Sample(3, all); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Sample(3, all[:0]); len(got) > 0 {
		t.Errorf("got %v of nothing", got)
	}
}

// recorder is a test that only notes how it ends.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()      {}
func (r *recorder) Skip(...any)  { r.ended = "skipped" }
func (r *recorder) Fatal(...any) { r.ended = "failed" }

// What a desk leaves out never goes missing in CI.
func TestLeftToFull(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped", "true": "failed"} {
		if Full {
			want = ""
		}
		t.Setenv("CI", ci)
		var r recorder
		if LeftToFull(&r); r.ended != want {
			t.Errorf("with CI=%q it is %q, want %q", ci, r.ended, want)
		}
	}
}
