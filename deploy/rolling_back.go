package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// manualRollback is the platform's cause for a rollback that somebody requested.
// Source: DigitalOcean API reference, App deployment cause details.
const manualRollback = "MANUAL_ROLLBACK"

// The facts of a rollback.
const (
	factUntouched = "untouched" // "yes": the earlier build was live all the time
	factSeen      = "seen"      // the version that was live at the end of the rollback
	factMissed    = "missed"    // "yes": that was not the intended one; "no": by now it is
	factUnpinned  = "unpinned"  // "yes": there was no pin left to end
)

// Rollback implements [Strategy].
func (r *rolling) Rollback(e Environment, o Order) []Step {
	back := func(Work) build.Build { return o.To }
	steps := []Step{
		LockStep(e.Name),
		r.stop(o),
		r.waitStopped(o),
		r.unpin(),
		r.validate(o),
		{Name: "rollback", Role: work.RoleRollback, Title: "Roll the app back to " + o.To.Version + " and pin it", Deadline: 2 * time.Minute, Unless: brought,
			Calls:  []string{fmt.Sprintf("POST /v2/apps/%s/rollback to deployment %s, pinned", r.app, short(o.To.Deployment))},
			Effect: rollBack{r}},
		soft(r.follow("follow", "Follow the platform's deployment until it is active", factDeployment, untouched)),
		soft(e.Health.Await("health", r.healthTitle(e), []string{"GET /v2/apps/" + r.app + "/health"}, r.healthy)),
		soft(SmokeStep("smoke", e, back)),
		soft(r.verify(e, "verify", factDeployment, back)),
		r.restored(o),
		soft(quietStep(o)),
		onlyIf(decideStep(o, func(w Work) string { return whyDecide(w, o) }), untouched),
		onlyFor(r.keep(o), work.ChooseKeep),
	}
	for _, step := range r.onward(e, o) {
		steps = append(steps, onlyFor(step, work.ChooseReturn))
	}
	return append(steps, onlyFor(r.late(o), work.ChooseKeep))
}

// restored checks what a rollback has made live, and records it only if it is the
// intended build.
func (r *rolling) restored(o Order) Step {
	return Step{Name: "restored", Title: "See that " + o.To.Version + " is live again, and record it", Deadline: time.Minute,
		Calls: []string{"GET /v2/apps/" + r.app},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			now, err := r.seeSince(ctx, w, w.Fact(factDeployment))
			if err != nil {
				return Result{}, err
			}
			result := Result{Summary: o.To.Version + " is live again", Facts: LiveFacts(now)}
			result.Facts[factSeen], result.Facts[factMissed] = cmp.Or(now.Live.Version, "nothing"), "no"
			if now.Live.Deployment != w.Fact(factDeployment) {
				result.Verdict = answer.Failed
				result.Summary = cmp.Or(now.Live.Version, "nothing") + " is live, and not what the rollback was to bring"
				result.Facts[factMissed] = "yes"
			}
			return result, nil
		},
		Record: func(w Work) *Arrival {
			if w.Fact(factMissed) == "yes" {
				return nil
			}
			at := arrived(w, o.To, factDeployment)
			at.Instead = w.From.Version
			return at
		}}
}

// late checks what is live when somebody keeps a rollback that hadn't succeeded at the
// last look: the platform may have continued while the person was asked.
func (r *rolling) late(o Order) Step {
	step := r.restored(o)
	came := step.Record
	step.Name, step.Title = "late", "See what is live after all, and record it"
	step.Record = func(w Work) *Arrival {
		at := came(w)
		if at != nil {
			at.Untried = true
		}
		return at
	}
	step.Unless = func(w Work) string {
		if w.Fact(factMissed) != "yes" {
			return o.To.Version + " is recorded already"
		}
		return ""
	}
	return step
}

func whyDecide(w Work, o Order) string {
	if w.Fact(factMissed) == "yes" {
		return fmt.Sprintf("the rollback did not come through: %s is live, and the app is pinned. Keep the way back to %s, or return to %s?", w.Fact(factSeen), o.To.Version, w.From.Version)
	}
	return fmt.Sprintf("%s is live and pinned: keep it, or return to %s?", o.To.Version, w.From.Version)
}

// seeSince asks what is live like seeLive, and asks again while the answer is older
// than a deployment that was active. If the app doesn't have that deployment, there is
// no better answer.
func (r *rolling) seeSince(ctx context.Context, w Work, deployment string) (now Current, err error) {
	err = poll(ctx, w, func() (bool, error) {
		var err error
		if now, err = r.Current(ctx); err != nil || deployment == "" || now.Live.Deployment == deployment {
			return err == nil, unlessPassing(err, w)
		}
		within, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		d, err := r.client.Deployment(within, r.app, deployment)
		switch err := classifyRead(err); {
		case isGone(err):
			return true, nil
		case err != nil:
			return false, unlessPassing(err, w)
		}
		return d.Phase != digitalocean.PhaseActive || !now.Created.Before(d.CreatedAt), nil
	})
	return now, orTooLong(ctx, err, "the platform does not say what is live")
}

func untouched(w Work) string {
	if w.Fact(factUntouched) == "yes" {
		return w.To.Version + " never stopped being live"
	}
	return ""
}

// stop stops the deployment that the rollback interrupts.
func (r *rolling) stop(o Order) Step {
	return Step{Name: "stop", Title: "Stop the deployment under way", Deadline: 2 * time.Minute,
		Calls:  []string{"POST /v2/apps/" + r.app + "/deployments/…/cancel"},
		Effect: cancelDeployment{r, o.Stops},
		Unless: func(Work) string {
			if o.Stops == "" {
				return "no deployment is under way"
			}
			return ""
		}}
}

// waitStopped waits until the platform no longer deploys the build of the deployment
// that was stopped, in that deployment or in one that somebody else made from its spec,
// and checks whether the earlier build was ever replaced.
func (r *rolling) waitStopped(o Order) Step {
	return Step{Name: "look", Title: "See what is live", Deadline: 10 * time.Minute, Calls: []string{"GET /v2/apps/" + r.app},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			var now Current
			outdated := 0
			err := poll(ctx, w, func() (bool, error) {
				var err error
				if now, err = r.Current(ctx); err != nil {
					return false, unlessPassing(err, w)
				}
				if r.outdated(ctx, now, o) {
					if outdated++; outdated <= mostAbsent {
						w.Tell("the platform lists an older deployment as live; asking again")
						return false, nil
					}
					now.Live = o.From // it can't have rolled back by itself
				}
				if now.Next != nil && o.Stops != "" && now.Next.Version == o.From.Version {
					w.Tell("waiting until the platform is no longer at deployment " + short(now.Next.Deployment))
					return false, nil
				}
				return true, nil
			})
			if err != nil {
				return Result{}, orTooLong(ctx, err, "the platform has not stopped the deployment under way")
			}
			if now.Pinned() {
				return r.foundPin(ctx, now, o), nil
			}
			return foundLive(now, o), nil
		}}
}

// outdated reports whether the deployment that a platform reports as live was made
// before the one that the rollback should leave, so the answer is old. If that isn't
// known, the rollback continues.
func (r *rolling) outdated(ctx context.Context, now Current, o Order) bool {
	if o.From.Deployment == "" || o.From.Deployment == now.Live.Deployment || now.Created.IsZero() {
		return false
	}
	was, err := r.Was(ctx, o.From.Deployment)
	return err == nil && now.Created.Before(was.Created)
}

// foundLive interprets what a rollback finds live, if nothing is pinned.
func foundLive(now Current, o Order) Result {
	result := Result{Summary: cmp.Or(now.Live.Version, "nothing") + " is live"}
	if o.Stops == "" && now.Live.Version != o.To.Version && now.Live.Version == now.Wanted {
		result.Facts = leaves(now.Live, o)
	}
	if now.Live.Deployment != o.To.Deployment && (o.Stops == "" || now.Live.Version != o.To.Version) {
		return result
	}
	result.Summary = o.To.Version + " never stopped being live"
	result.Facts = map[string]string{factUntouched: "yes", factDeployment: now.Live.Deployment}
	if now.Wanted != "" && now.Wanted != o.To.Version {
		result.Verdict = answer.Warned
		result.Details = []string{fmt.Sprintf("the app's spec still names %s, so the platform's next deployment would take that out", now.Wanted)}
	}
	return result
}

func (r *rolling) validate(o Order) Step {
	return Step{Name: "validate", Title: "Ask the platform whether it can go back to " + o.To.Version, Deadline: time.Minute, Unless: brought,
		Calls: []string{"POST /v2/apps/" + r.app + "/rollback/validate"},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			if o.To.Deployment == "" {
				return Result{}, failed("gonogo does not know which of the platform's deployments %s was: it was adopted without one", o.To.Version)
			}
			var said digitalocean.Validation
			err := poll(ctx, w, func() (bool, error) {
				var err error
				said, err = r.client.ValidateRollback(ctx, r.app, o.To.Deployment)
				return err == nil, unlessPassing(classifyRead(err), w)
			})
			if err != nil {
				return Result{}, orTooLong(ctx, err, "the platform does not say whether it can go back")
			}
			return judgeValidation(said, o)
		}}
}

func judgeValidation(said digitalocean.Validation, o Order) (Result, error) {
	if !said.Valid {
		why := "it gives no reason"
		if said.Error != nil {
			why = said.Error.Message
		}
		return Result{}, failed("the platform cannot go back to %s: %s", o.To.Version, strings.TrimSuffix(why, "."))
	}
	result := Result{Summary: "the platform can go back to " + o.To.Version}
	for _, warning := range said.Warnings {
		result.Verdict = answer.Warned
		result.Details = append(result.Details, warning.Message)
	}
	return result, nil
}

// rollBack makes the platform roll back to an earlier deployment and pin it.
type rollBack struct{ *rolling }

// Look implements [Effect]: it looks for a deployment newer than the intent, caused by
// a rollback and with the version, and for the pin.
func (b rollBack) Look(ctx context.Context, w Work) (*Result, error) {
	d, err := b.since(ctx, w.Fact("before"), func(d digitalocean.Deployment) bool {
		return d.Cause == manualRollback && b.version(d.Spec) == w.To.Version
	})
	if err != nil || d == nil {
		return nil, err
	}
	return rolledBack(d.ID), nil
}

func rolledBack(id string) *Result {
	return &Result{Summary: "the platform goes back as deployment " + short(id), Facts: map[string]string{factDeployment: id}}
}

// Prepare implements [Effect].
func (b rollBack) Prepare(ctx context.Context, _ Work) (map[string]string, error) {
	return b.newest(ctx)
}

// Act implements [Effect].
func (b rollBack) Act(ctx context.Context, w Work) (Result, error) {
	d, err := b.client.Rollback(ctx, b.app, w.To.Deployment)
	if err != nil {
		return Result{}, classifyWrite(err)
	}
	return *rolledBack(d.ID), nil
}

// cancelDeployment stops the deployment that a run has under way.
type cancelDeployment struct {
	*rolling
	run string
}

// Look implements [Effect]: it checks that the run has none under way. It first waits
// for a run that is being stopped, so that no request of it is still on its way to the
// platform.
func (c cancelDeployment) Look(ctx context.Context, w Work) (*Result, error) {
	d, err := c.target(ctx)
	switch {
	case err != nil:
		return nil, err
	case d != nil:
		return nil, nil
	}
	if c.run != w.Run {
		if err := w.Until(ctx, func(s *history.State) bool { r := s.Runs[c.run]; return r == nil || !r.Open() }); err != nil {
			return nil, orTooLong(ctx, err, "the deployment that is being stopped has not come to rest")
		}
		if d, err = c.target(ctx); err != nil || d != nil {
			return nil, err
		}
	}
	return &Result{Summary: "the platform has no deployment of it under way"}, nil
}

func (c cancelDeployment) target(ctx context.Context) (*digitalocean.Deployment, error) {
	app, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	if d := underWay(app); d != nil && markOf(d) == c.run {
		return d, nil
	}
	return nil, nil
}

// Prepare implements [Effect].
func (c cancelDeployment) Prepare(ctx context.Context, _ Work) (map[string]string, error) {
	d, err := c.target(ctx)
	if err != nil || d == nil {
		return nil, err
	}
	return map[string]string{"stopping": d.ID}, nil
}

// repeatAfter is the pause before a write that may safely be repeated is sent again.
const repeatAfter = time.Second

// Act implements [Effect]. Stopping a deployment twice has the same effect as stopping
// it once, so if the response is lost it looks again and repeats, without asking
// anybody.
func (c cancelDeployment) Act(ctx context.Context, w Work) (Result, error) {
	id := w.Fact("stopping")
	d, err := c.target(ctx)
	if id == "" || err == nil && (d == nil || d.ID != id) {
		return Result{Summary: "the platform has no deployment of it under way"}, nil
	}
	var unsure *digitalocean.Unsure
	switch _, err := c.client.Cancel(ctx, c.app, id); {
	case errors.As(err, &unsure):
		return Result{}, &Passing{repeatAfter, err}
	case err != nil:
		return c.tooLate(ctx, id, err)
	}
	return Result{Summary: "the platform was told to stop deployment " + short(id)}, nil
}

// tooLate interprets a refusal to stop: a deployment that ended by itself at the last
// moment is fine.
func (c cancelDeployment) tooLate(ctx context.Context, id string, refusal error) (Result, error) {
	var refused *digitalocean.Refused
	if errors.As(refusal, &refused) && refused.RetryAfter == 0 {
		if d, err := c.target(ctx); err == nil && (d == nil || d.ID != id) {
			return Result{Summary: "deployment " + short(id) + " ended before it could be stopped"}, nil
		}
	}
	return Result{}, classifyWrite(refusal)
}
