package deploy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// This file has what is the same wherever a version is deployed and brought back by the
// same means, and nothing pins it: the order of the steps, and what replaces the
// placeholders of the settings.

// Out lists the steps of a deployment: the given ones, which take the build out, between
// the lock and the record.
func Out(e Environment, o Order, out []Step) []Step {
	steps := append([]Step{LockStep(e.Name)}, out...)
	return append(steps, Step{Name: "record", Title: "Record what is live and release the lock",
		Record: func(w Work) *Arrival { return arrived(w, o.To, factDeployment) }})
}

// Back is the steps of a rollback that a strategy makes itself.
type Back struct {
	Stop  []Step // stop the deployment under way
	Ready []Step // make the way back ready, without changing what is live
	Out   []Step // bring the earlier build back; the first one sends it
	Hard  int    // how many of Out must succeed before anything can be recorded as live again
	Again []Step // take the build that was left out again, if a person chooses Return

	// Untouched says why there is nothing to decide, or "": the build was live all the
	// time. Nil: that isn't known.
	Untouched func(Work) string
}

// Steps lists them with what surrounds them: the lock, the records, the wait until the
// incident is over, and the question whether to keep what is live.
func (b Back) Steps(e Environment, o Order) []Step {
	steps := []Step{LockStep(e.Name)}
	for _, step := range b.Stop {
		step.Unless = func(Work) string {
			if o.Stops == "" {
				return "no deployment is under way"
			}
			return ""
		}
		steps = append(steps, step)
	}
	steps = append(steps, b.Ready...)
	for i, step := range b.Out {
		if i == 0 {
			step.Role = work.RoleRollback
		}
		if i >= b.Hard {
			step = soft(step)
		}
		steps = append(steps, step)
	}
	steps = append(steps, Step{Name: "restored", Title: "Record what is live again", Record: func(w Work) *Arrival {
		at := arrived(w, o.To, factDeployment)
		at.Instead = w.From.Version
		return at
	}}, soft(quietStep(o)), b.decide(o))
	for _, step := range append(b.Again, Step{Name: "returned", Title: "Record what is live",
		Record: func(w Work) *Arrival { return arrived(w, w.From, factReturned) }}) {
		steps = append(steps, onlyFor(step, work.ChooseReturn))
	}
	return steps
}

// decide asks whether to keep what came back.
func (b Back) decide(o Order) Step {
	step := decideStep(o, func(w Work) string {
		return fmt.Sprintf("%s is live: keep it, or return to %s?", o.To.Version, w.From.Version)
	})
	if b.Untouched == nil {
		return step
	}
	return onlyIf(step, b.Untouched)
}

// VerifyStep sees that a version is what is live, after all that was measured.
func VerifyStep(name, version string, s Strategy) Step {
	return Step{Name: name, Title: "See that " + version + " is what is live", Deadline: time.Minute, Watch: func(ctx context.Context, w Work) (Result, error) {
		now, err := seeLive(ctx, w, s)
		if err == nil && now.Live.Version != version {
			err = failed("%s is live, and not %s", OrNothing(now.Live.Version), version)
		}
		return Result{Summary: now.Live.Version + " is live", Facts: LiveFacts(now)}, err
	}}
}

// What a fact says in the place of a version: none is live, or it isn't known which.
const (
	NothingLive = "nothing"
	UnknownLive = "unknown"
)

// OrNothing is a version, for a fact or a sentence.
func OrNothing(version string) string {
	if version == "" {
		return NothingLive
	}
	return version
}

// Placeholders are what stands in settings for what is deployed.
type Placeholders struct {
	Of          string // what takes them, such as deploy.sh
	Environment string
	To, From    build.Build
	More        []string // names and values of others, in turn
}

// Fill replaces them in texts. It fails if one of the texts needs what isn't known.
func (p Placeholders) Fill(texts ...string) (filled []string, err error) {
	if !SafeVersion(p.To.Version) {
		return nil, failed("there is no version to give to %s", p.Of)
	}
	values := strings.NewReplacer(append([]string{"{release.version}", p.To.Version, "{release.commit}", p.To.Commit, "{environment}", p.Environment,
		"{rollback.version}", p.To.Version, "{rollback.from}", p.From.Version}, p.More...)...)
	for _, text := range texts {
		if p.To.Commit == "" && strings.Contains(text, "{release.commit}") {
			return nil, failed("the commit of %s isn't known, and %s takes it; open the release with its commit", p.To.Version, p.Of)
		}
		filled = append(filled, values.Replace(text))
	}
	return filled, nil
}
