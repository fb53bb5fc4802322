package readiness

import "testing"

// A rollback that names no alert answers the newest severe one, however many warnings
// came since, and where none is severe the newest.
func TestRollbackAnswersWhatIsSevere(t *testing.T) {
	h := begin(chain())
	h.fire("w1", "production", "warning", "a").fire("c1", "production", "critical", "b").fire("c2", "staging", "critical", "c").fire("w2", "production", "warning", "d")
	for env, want := range map[string]string{"": "c2", "production": "c1", "staging": "c2"} {
		if got := h.view().OnCall().Newest(env); got == nil || got.ID != want {
			t.Errorf("on %q it answers %+v, want %s", env, got, want)
		}
	}
	h.quiet("c1", "b")
	if got := h.view().OnCall().Newest("production"); got == nil || got.ID != "w2" {
		t.Errorf("where none is severe it answers %+v, want w2", got)
	}
	if got := h.view().OnCall().Newest("elsewhere"); got != nil {
		t.Errorf("elsewhere it answers %+v, want nothing", got)
	}
}
