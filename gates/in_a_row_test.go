package gates

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/readiness/answer"
)

// sequence is a gate that gives one verdict after another, each after it took a while.
type sequence struct {
	verdicts []answer.Verdict
	took     time.Duration
	asked    int
}

// Check implements [Gate].
func (q *sequence) Check(ctx context.Context, _ Scope) answer.Evidence {
	if !Pause(ctx, q.took) {
		return Errored("cut off")
	}
	q.asked++
	return answer.Evidence{Verdict: q.verdicts[(q.asked-1)%len(q.verdicts)], Summary: "measured"}
}

// A gate that must hold several times in a row is asked until it doesn't, with a pause
// between two measurements, and each measurement may take its whole time.
func TestInARow(t *testing.T) {
	const p, w, f, e = answer.Passed, answer.Warned, answer.Failed, answer.Errored
	for name, tt := range map[string]struct {
		verdicts []answer.Verdict
		took     time.Duration
		want     answer.Verdict
		says     string
		asked    int
		in       time.Duration
	}{
		"holds":                    {[]answer.Verdict{p, p, p}, time.Second, p, "measured; held 3 times in a row", 3, 3*time.Second + 2*time.Minute},
		"fails at once":            {[]answer.Verdict{f}, 0, f, "measured", 1, 0},
		"fails later":              {[]answer.Verdict{p, p, f}, 0, f, "measured; it had held 2 of 3 times in a row", 3, 2 * time.Minute},
		"can't be measured later":  {[]answer.Verdict{p, e}, 0, e, "measured; it had held 1 of 3 times in a row", 2, time.Minute},
		"warned before":            {[]answer.Verdict{w, p, p}, 0, w, "measured; held 3 times in a row", 3, 2 * time.Minute},
		"isn't configured":         {[]answer.Verdict{answer.NotConfigured}, 0, answer.NotConfigured, "measured", 1, 0},
		"takes its time each time": {[]answer.Verdict{p}, UsualDeadline, p, "measured; held 3 times in a row", 3, 3*UsualDeadline + 2*time.Minute},
		"takes too long":           {[]answer.Verdict{p}, UsualDeadline + time.Second, e, "cut off", 0, UsualDeadline},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate, began := &sequence{verdicts: tt.verdicts, took: tt.took}, time.Now()
				job := Job{Name: "a", Gate: Built{Gate: gate}.InARow(3, time.Minute).Gate}
				ev := ran(t.Context(), Runner{}, []Job{job})["a"]
				if ev.Verdict != tt.want || ev.Summary != tt.says || gate.asked != tt.asked || time.Since(began) != tt.in {
					t.Errorf("%s, %q, asked %d times in %s; want %s, %q, %d times in %s", ev.Verdict, ev.Summary, gate.asked, time.Since(began), tt.want, tt.says, tt.asked, tt.in)
				}
			})
		})
	}
}

// Whoever cancels doesn't wait for the next measurement.
func TestInARowIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(90*time.Second, cancel)
		began := time.Now()
		gate := Built{Gate: &sequence{verdicts: []answer.Verdict{answer.Passed}}}.InARow(5, time.Minute).Gate
		ev := gate.Check(ctx, Scope{})
		if ev.Verdict != answer.Errored || ev.Summary != "cut off after it had held 2 of 5 times in a row" || time.Since(began) != 90*time.Second {
			t.Errorf("%s, %q after %s", ev.Verdict, ev.Summary, time.Since(began))
		}
	})
}

// Evidence of before is stale once a gate must hold in a row.
func TestInARowHasSettingsOfItsOwn(t *testing.T) {
	one := Built{Gate: check(passing), Settings: "abc"}
	seen := map[string]bool{one.Settings: true}
	for _, b := range []Built{one.InARow(2, time.Second), one.InARow(3, time.Second), one.InARow(3, time.Minute)} {
		if seen[b.Settings] {
			t.Errorf("%s is the hash of others, too", b.Settings)
		}
		seen[b.Settings] = true
	}
}
