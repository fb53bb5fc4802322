package gates

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/redact"
)

// check is a gate made of a function.
type check func(context.Context, Scope) answer.Evidence

// Check implements [Gate].
func (c check) Check(ctx context.Context, s Scope) answer.Evidence { return c(ctx, s) }

func passing(context.Context, Scope) answer.Evidence {
	return answer.Evidence{Verdict: answer.Passed, Summary: "fine"}
}

func failing(context.Context, Scope) answer.Evidence {
	return answer.Evidence{Verdict: answer.Failed, Summary: "over the limit"}
}

// ran runs jobs and gives the evidence by name.
func ran(ctx context.Context, r Runner, jobs []Job) map[string]answer.Evidence {
	var mu sync.Mutex
	got := map[string]answer.Evidence{}
	r.Run(ctx, jobs, func(Job) error { return nil }, func(j Job, ev answer.Evidence) {
		mu.Lock()
		defer mu.Unlock()
		got[j.Name] = ev
	})
	return got
}

// TestRunnerHoldsOut runs 200 gates of which one hangs whatever it is told,
// one fails and one panics.
func TestRunnerHoldsOut(t *testing.T) {
	released := make(chan struct{})
	var hung sync.WaitGroup
	hung.Add(1)
	hanging := check(func(context.Context, Scope) answer.Evidence {
		defer hung.Done()
		<-released
		return answer.Evidence{Verdict: answer.Passed}
	})
	jobs := []Job{{Name: "hangs", Gate: hanging, Deadline: 50 * time.Millisecond}, {Name: "fails", Gate: check(failing)},
		{Name: "panics", Gate: check(func(context.Context, Scope) answer.Evidence { panic("token c4n4ry") }), Secrets: []string{"c4n4ry"}}}
	for i := range 197 {
		jobs = append(jobs, Job{Name: fmt.Sprint(i), Gate: check(passing)})
	}
	got := ran(t.Context(), Runner{}, jobs) // returns although the hanging one does not
	close(released)
	hung.Wait()
	if len(got) != 200 {
		t.Errorf("got %d answers, want 200", len(got))
	}
	if said := odd(got["hangs"], answer.Errored, "timed out after 50ms and was abandoned"); said != "" {
		t.Error(said)
	}
	if got["hangs"].Took < 50*time.Millisecond {
		t.Errorf("it took %s", got["hangs"].Took)
	}
	if said := odd(got["panics"], answer.Errored, "this gate crashed"); said != "" {
		t.Error(said)
	}
	want := []string{"token [redacted]", "gonogo/gates.TestRunnerHoldsOut.func2", "gonogo/gates.check.Check"}
	if diff := cmp.Diff(want, got["panics"].Details); diff != "" {
		t.Error("the panic's details (-want +got):\n", diff)
	}
	if said := odd(got["fails"], answer.Failed); said != "" {
		t.Error(said)
	}
	if said := odd(got["196"], answer.Passed, "fine"); said != "" {
		t.Error(said)
	}
}

// TestRunnerCancel calls a run off while one gate is under way and others wait.
func TestRunnerCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	obedient := check(func(ctx context.Context, _ Scope) answer.Evidence {
		cancel()
		<-ctx.Done()
		return answer.Evidence{Verdict: answer.Errored, Summary: "cut off"}
	})
	got := ran(ctx, Runner{Parallel: 1}, []Job{{Name: "first", Gate: obedient}, {Name: "second", Gate: check(passing)}, {Name: "third", Gate: check(passing)}})
	if len(got) != 1 || got["first"].Summary != "cut off" {
		t.Errorf("got %v", got)
	}
}

func TestRunnerBegin(t *testing.T) {
	var order []string
	Runner{Parallel: 1}.Run(t.Context(), []Job{{Name: "a", Gate: check(passing)}, {Name: "b", Gate: check(passing)}},
		func(j Job) error {
			order = append(order, "begin "+j.Name)
			if j.Name == "a" {
				return errors.New("the ledger is gone")
			}
			return nil
		},
		func(j Job, _ answer.Evidence) { order = append(order, "end "+j.Name) })
	if diff := cmp.Diff([]string{"begin a", "begin b", "end b"}, order); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

// TestRunnerSideBySide needs as many gates at once as may run, and watches that
// there are never more.
func TestRunnerSideBySide(t *testing.T) {
	const parallel = 5
	met := make(chan struct{})
	var mu sync.Mutex
	var once sync.Once
	now, most := 0, 0
	meet := check(func(context.Context, Scope) answer.Evidence {
		mu.Lock()
		now++
		most = max(most, now)
		if now == parallel {
			once.Do(func() { close(met) })
		}
		mu.Unlock()
		<-met
		mu.Lock()
		now--
		mu.Unlock()
		return answer.Evidence{Verdict: answer.Passed}
	})
	var jobs []Job
	for i := range 20 {
		jobs = append(jobs, Job{Name: fmt.Sprint(i), Gate: meet})
	}
	// Gates that never meet are ended by their deadline, and fail the test.
	for name, ev := range ran(t.Context(), Runner{Parallel: parallel}, jobs) {
		if ev.Verdict != answer.Passed {
			t.Errorf("%s: %s", name, ev.Summary)
		}
	}
	if most != parallel {
		t.Errorf("%d ran at once, want %d", most, parallel)
	}
}

func TestRunnerMemory(t *testing.T) {
	var before, after runtime.MemStats
	huge := check(func(context.Context, Scope) answer.Evidence {
		ev := answer.Evidence{Verdict: answer.Failed, Summary: strings.Repeat("x", 100_000)}
		for range 1000 {
			ev.Details = append(ev.Details, "line")
			ev.Measures = append(ev.Measures, answer.Measure{Name: "m"})
		}
		return ev
	})
	var jobs []Job
	for i := range 100 {
		jobs = append(jobs, Job{Name: fmt.Sprint(i), Gate: huge})
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	got := ran(t.Context(), Runner{Parallel: 100}, jobs)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 20<<20 {
		t.Errorf("the evidence of 100 gates takes %d MiB", grown>>20)
	}
	ev := got["0"]
	if len(ev.Details) != MaxDetails || len(ev.Measures) != maxMeasures || len([]rune(ev.Summary)) != redact.MaxLine {
		t.Errorf("got %d details, %d measures and %d letters", len(ev.Details), len(ev.Measures), len([]rune(ev.Summary)))
	}
	if last := ev.Details[MaxDetails-1]; last != "… and 951 more lines" {
		t.Errorf("the last line is %q", last)
	}
}

func TestNoVerdict(t *testing.T) {
	for _, verdict := range []answer.Verdict{"", "fine", answer.NotApplicable} {
		if got := Presentable(answer.Evidence{Verdict: verdict}, nil); got.Verdict != answer.Errored {
			t.Errorf("%q counts as %s", verdict, got.Verdict)
		}
	}
}

// longer is a gate that takes so long.
type longer struct {
	check
	atLeast, atMost time.Duration
}

// LeastTime implements [WithLeastTime].
func (l longer) LeastTime() time.Duration { return l.atLeast }

// Deadline implements [WithDeadline].
func (l longer) Deadline() time.Duration { return l.atMost }

// The gates that take longest begin first, then those that may, and the others in their order.
func TestRunnerBeginsWithTheLongest(t *testing.T) {
	jobs := []Job{
		{Name: "a", Gate: check(passing)},
		{Name: "second at most", Gate: longer{passing, 0, time.Second}},
		{Name: "b", Gate: check(passing)},
		{Name: "hour at most", Gate: longer{passing, 0, time.Hour}},
		{Name: "minute at least", Gate: longer{passing, time.Minute, 2 * time.Minute}},
		{Name: "three of 40 s", Gate: Built{Gate: longer{passing, 20 * time.Second, time.Minute}}.InARow(3, 30*time.Second).Naming(map[string]string{"9": "NINE"}).Gate},
	}
	var begun []string
	Runner{Parallel: 1}.Run(t.Context(), jobs, func(j Job) error { begun = append(begun, j.Name); return errors.New("only the order counts") }, func(Job, answer.Evidence) {})
	if diff := cmp.Diff([]string{"three of 40 s", "minute at least", "hour at most", "a", "b", "second at most"}, begun); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
