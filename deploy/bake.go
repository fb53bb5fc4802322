package deploy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Deploying lists the steps that deploy a build to an environment: those of its
// strategy and, if it bakes, those that compare what the triggers measure before and
// after. The build is recorded as live before it bakes; the lock stays until the end, and
// only a person or a rollback ends a bake early.
func Deploying(e Environment, o Order) []Step {
	steps := e.Strategy.Deploy(e, o)
	if len(e.Bake) == 0 {
		return steps
	}
	for i := range steps {
		if steps[i].Record != nil {
			steps[i].Title = "Record what is live"
		}
	}
	first := slices.IndexFunc(steps, func(s Step) bool { return s.Effect != nil })
	steps = slices.Insert(steps, max(first, 0), beforeStep(e))
	for i := range e.Bake {
		steps = append(steps, bake{e, i}.step())
	}
	again := SmokeStep("smoke-baked", e, func(Work) build.Build { return o.To })
	again.Title, again.Undo = "Measure the smoke gates again, and release the lock", "Live, and not baked; go back or forward"
	return append(steps, again)
}

// factBefore is under which name a run keeps what a trigger measured before the switch.
func factBefore(trigger string) string { return "before." + trigger }

// beforeStep notes what the triggers measure before anything changes. What can't be
// measured then delays no deployment.
func beforeStep(e Environment) Step {
	return Step{Name: "triggers-before", Title: "Measure " + phrase.Count(len(e.Triggers), "trigger") + " before the switch", Deadline: time.Minute,
		Undo: "Nothing was changed", Added: true,
		Watch: func(ctx context.Context, w Work) (Result, error) {
			r := Result{Summary: "for comparison", Facts: map[string]string{}}
			for i, reading := range w.Read(ctx, e.Triggers) {
				t := e.Triggers[i]
				now := bake{env: e}.figure(w.State(), t, reading)
				r.Details = append(r.Details, t.Title+": "+now)
				r.Facts[factBefore(t.ID)] = now
			}
			return r, nil
		}}
}

// bake is one look at the triggers of an environment, some time after a deployment.
type bake struct {
	env Environment
	n   int // which of the environment's times
}

func (b bake) last() bool { return b.n == len(b.env.Bake)-1 }

func (b bake) lasts() time.Duration { return b.env.Bake[b.n] }

func (b bake) step() Step {
	title := fmt.Sprintf("Watch %s for %s", phrase.Count(len(b.env.Triggers), "trigger"), readiness.Span(b.lasts()))
	if b.n > 0 {
		title = fmt.Sprintf("Watch until %s after the switch", readiness.Span(b.lasts()))
	}
	return Step{Name: fmt.Sprintf("bake-%d", b.n+1), Role: work.RoleBake, Title: title, Lasts: b.lasts(), Undo: "Live, and not baked; go back or forward", Added: true, Watch: b.watch}
}

// bakePace is the pause between two looks of a bake whose time is over while a trigger
// is breached.
const bakePace = 10 * time.Second

// watch waits until it is time, and says what the triggers measure. The last look is
// repeated until nothing is wrong: how long that may take is for people to say.
func (b bake) watch(ctx context.Context, w Work) (Result, error) {
	if err := b.wait(ctx, w); err != nil {
		return Result{}, err
	}
	for {
		result, wrong := b.look(ctx, w)
		switch err := b.replaced(w, w.State()); {
		case err != nil:
			return result, err
		case ctx.Err() == nil && (len(wrong) == 0 || !b.last()):
			return result, nil
		}
		w.Tell("the time is over, and " + strings.Join(wrong, ", ") + "; it ends when that is over")
		if err := w.Pause(ctx, bakePace); err != nil {
			return result, err
		}
	}
}

// wait waits for the time of the look, and tells meanwhile which triggers fire.
func (b bake) wait(ctx context.Context, w Work) error {
	for {
		left := b.left(w)
		if left <= 0 {
			return nil
		}
		now := b.standing(w.State())
		w.Tell(now)
		within, cancel := context.WithTimeout(ctx, left)
		err := w.Until(within, func(s *history.State) bool { return b.replaced(w, s) != nil || b.standing(s) != now })
		cancel()
		if ctx.Err() != nil {
			return err
		}
		if err := b.replaced(w, w.State()); err != nil {
			return err
		}
	}
}

// left is the time until the look, counted from when the ledger says that the bake
// began: a restart neither shortens nor prolongs it.
func (b bake) left(w Work) time.Duration {
	run := w.State().Runs[w.Run]
	if run == nil {
		return 0
	}
	return min(run.BakeBegan().Add(b.lasts()).Sub(w.Now()), b.lasts()) // the clock may have been ahead when it began
}

// replaced is an error if something else than the run's build is live by now.
func (b bake) replaced(w Work, s *history.State) error {
	if now := s.Live[b.env.Name]; now.Version != w.To.Version {
		return failed("%s is live on %s by now, and not %s", cmp.Or(now.Name(), "nothing"), b.env.Name, w.To.Version)
	}
	return nil
}

// standing says which triggers fire.
func (b bake) standing(s *history.State) string {
	var wrong []string
	for _, t := range b.env.Triggers {
		if problem := b.problem(s, t, Reading{}); problem != "" {
			wrong = append(wrong, problem)
		}
	}
	if len(wrong) == 0 {
		return "no trigger fires"
	}
	return strings.Join(wrong, ", ")
}

// look compares what each trigger measures with what it did before the switch, and lists
// what is wrong.
func (b bake) look(ctx context.Context, w Work) (r Result, wrong []string) {
	readings, s := w.Read(ctx, b.env.Triggers), w.State()
	for i, t := range b.env.Triggers {
		now := b.figure(s, t, readings[i])
		r.Details = append(r.Details, fmt.Sprintf("%s: %s, before the switch %s", t.Title, now, cmp.Or(w.Fact(factBefore(t.ID)), "not measured")))
		if problem := b.problem(s, t, readings[i]); problem != "" {
			wrong = append(wrong, problem)
		}
	}
	r.Summary = fmt.Sprintf("after %s, none of %s is breached", readiness.Span(b.lasts()), phrase.Count(len(b.env.Triggers), "trigger"))
	if len(wrong) > 0 {
		r.Verdict, r.Summary = answer.Warned, fmt.Sprintf("after %s, %s", readiness.Span(b.lasts()), strings.Join(wrong, ", "))
	}
	return r, wrong
}

// figure is what a trigger measures, with the limit that it has.
func (b bake) figure(s *history.State, t Trigger, r Reading) string {
	if t.Sample == nil {
		if t.Fires(s, b.env.Name) != nil {
			return "fires"
		}
		return "doesn't fire"
	}
	if limit := t.LimitOf(r); limit != "" && r.Err == nil {
		return fmt.Sprintf("%s (trips at %s)", r.Text(t), limit)
	}
	return r.Text(t)
}

// problem says why a trigger keeps a bake from ending, or "". What a person has declared
// a false alarm doesn't.
func (b bake) problem(s *history.State, t Trigger, r Reading) string {
	i := t.Fires(s, b.env.Name)
	switch {
	case i != nil && i.Dismissed():
		return ""
	case r.Err != nil, i != nil && (i.Problem == alert.Unmeasurable || i.Problem == alert.NoData):
		return "“" + t.Title + "” can't be measured"
	case i != nil, r.Breach:
		return "“" + t.Title + "” is breached"
	}
	return ""
}
