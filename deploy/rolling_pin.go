package deploy

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// This file deals with rollbacks that exist on the platform already: those made in its
// console, and earlier ones that nobody decided about. While one of them pins the app,
// the platform accepts no other rollback (its validation says app_pinned) until it is
// committed or reverted. A rollback of gonogo works anyway: it commits, which deploys
// nothing, and then rolls back. Reverting would first deploy again what somebody has
// just left. Source: DigitalOcean API reference, Rollback App and Commit App Rollback.

// The facts about a pin that a rollback found.
const (
	factWanted     = "pin_wanted"   // "yes": it keeps the build that the rollback should bring
	factPin        = "pin"          // the deployment that it keeps
	factPinnedTo   = "pinned_to"    // its version
	factPinnedFrom = "pinned_from"  // the version that returning from it would have deployed
	factReleased   = "pin_released" // "yes": it has been released
)

// EarlierPin implements [Pinner].
func (r *rolling) EarlierPin(run *work.Run) *Pin {
	if run.Fact(factPin) == "" || run.Fact(factWanted) == "yes" || run.Fact(factReleased) == "yes" {
		return nil
	}
	return &Pin{To: build.Build{Version: run.Fact(factPinnedTo), Deployment: run.Fact(factPin)}, From: build.Build{Version: run.Fact(factPinnedFrom)}}
}

// facts are a pin as recorded in the ledger.
func (p Pin) facts() map[string]string {
	return map[string]string{factPin: p.To.Deployment, factPinnedTo: p.To.Version, factPinnedFrom: p.From.Version}
}

// unpinStep is the name of the step that releases the pin of an earlier
// rollback.
const unpinStep = "unpin"

// rollbacks are the causes of deployments that bring an earlier build back.
// Source: DigitalOcean API reference, the type of an App deployment's cause
// details.
var rollbacks = map[string]bool{manualRollback: true, "AUTO_ROLLBACK": true}

// findOrigins finds out what the rollbacks of an app rolled back from. If the platform
// no longer lists a deployment, that stays unknown.
func (r *rolling) findOrigins(ctx context.Context, c *Current, app digitalocean.App) error {
	if app.Pinned != nil {
		c.Pin = &Pin{To: r.build(app.Pinned)}
	}
	for _, d := range []*digitalocean.Deployment{app.Active, app.Pinned} {
		if d == nil || d != app.Pinned && !c.Back {
			continue
		}
		left, onward, err := r.before(ctx, *d)
		switch {
		case err != nil:
			return err
		case d == app.Pinned:
			c.Pin.From = r.build(onward)
		default:
			c.Left = r.build(left)
		}
	}
	return nil
}

// before finds what was live before a deployment, and the deployment made just before
// it, whose spec a return deploys.
func (r *rolling) before(ctx context.Context, d digitalocean.Deployment) (live, made *digitalocean.Deployment, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	passed := false
	for one, err := range r.client.History(ctx, r.app) { // the newest first
		if err != nil {
			return nil, nil, classifyRead(err)
		}
		if passed && made == nil {
			made = &one
		}
		if passed && one.ID == d.PreviousID {
			live = &one
		}
		if passed = passed || one.ID == d.ID; made != nil && (live != nil || d.PreviousID == "") {
			break
		}
	}
	return live, made, nil
}

// foundPin interprets a pin that a rollback finds. If it keeps the very deployment that
// should be brought back, the rollback takes it over.
func (r *rolling) foundPin(ctx context.Context, now Current, o Order) Result {
	pin := *now.Pin
	result := Result{Summary: cmp.Or(now.Live.Version, "nothing") + " is live, and the app is pinned to " + cmp.Or(pin.To.Version, "a build without a version"), Facts: pin.facts()}
	left := pin.To
	if r.pinWanted(ctx, pin, o) {
		left = pin.From
		result.Summary = "a rollback on the platform brings " + o.To.Version + " already"
		result.Facts[factWanted], result.Facts[factDeployment] = "yes", pin.To.Deployment
	}
	maps.Copy(result.Facts, leaves(left, o))
	return result
}

// leaves are the facts of a rollback that leaves another build than was confirmed; nil
// if it is the same.
func leaves(left build.Build, o Order) map[string]string {
	if left.Version == "" || left.Version == o.From.Version {
		return nil
	}
	return map[string]string{work.LeftFact: left.Version, work.LeftDeploymentFact: left.Deployment}
}

// pinWanted reports whether a pin keeps the deployment that an order brings back. If
// the platform doesn't say, the order rolls back itself.
func (r *rolling) pinWanted(ctx context.Context, pin Pin, o Order) bool {
	if pin.To.Version != o.To.Version || pin.To.Deployment == o.To.Deployment {
		return pin.To.Version == o.To.Version
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	d, err := r.client.Deployment(ctx, r.app, pin.To.Deployment)
	return err == nil && o.To.Deployment != "" && d.ClonedFrom == o.To.Deployment
}

// unpin releases the pin of an earlier rollback.
func (r *rolling) unpin() Step {
	return Step{Name: unpinStep, Title: "Release the pin of an earlier rollback", Deadline: 2 * time.Minute, Added: true,
		Undo:  "What is live stays live, pinned or not",
		Calls: []string{"POST /v2/apps/" + r.app + "/rollback/commit, where the app is pinned"},
		Unless: func(w Work) string {
			switch {
			case w.Fact(factWanted) == "yes":
				return brought(w)
			case w.Fact(factPin) == "":
				return "nothing is pinned"
			}
			return ""
		},
		Effect: releasePin{r}}
}

// brought says why a rollback has nothing to write: the platform never left the
// version, or is already rolling back to it.
func brought(w Work) string {
	if w.Fact(factWanted) == "yes" {
		return "the platform has gone back to " + w.To.Version + " already"
	}
	return untouched(w)
}

var released = map[string]string{factReleased: "yes"}

// releasePin ends the pin of an earlier rollback by keeping what it brought back.
type releasePin struct{ *rolling }

// Look implements [Effect]: it checks that nothing is pinned. If there is another pin
// than the one to release, the outcome of the write is unknown.
func (p releasePin) Look(ctx context.Context, w Work) (*Result, error) {
	app, err := p.read(ctx)
	switch {
	case err != nil:
		return nil, err
	case app.Pinned == nil:
		return &Result{Summary: "the app is no longer pinned", Facts: released}, nil
	case w.Fact(factPin) != "" && w.Fact(factPin) != app.Pinned.ID:
		return nil, failed("the app was rolled back again meanwhile, and is pinned to %s", cmp.Or(p.build(app.Pinned).Version, "a build without a version"))
	}
	return nil, nil
}

// Prepare implements [Effect]. While an app is pinned, the platform says little about
// whether it can roll back; what it does say is taken into account.
func (p releasePin) Prepare(ctx context.Context, w Work) (map[string]string, error) {
	within, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	said, err := p.client.ValidateRollback(within, p.app, w.To.Deployment)
	err = classifyRead(err)
	switch {
	case isPassing(err):
		return nil, err
	case err != nil:
		return nil, failed("the platform cannot go back to %s, and the pin was left as it is: %w", w.To.Version, err)
	case !said.Valid && (said.Error == nil || said.Error.Code != appPinned):
		_, err := judgeValidation(said, w.Order)
		return nil, failed("%w; the pin was left as it is", err)
	}
	now, err := p.Current(ctx)
	if err != nil || !now.Pinned() {
		return Pin{}.facts(), err
	}
	return now.Pin.facts(), nil
}

// appPinned is the platform's code for a rollback that a pin prevents.
const appPinned = "app_pinned"

// Act implements [Effect].
func (p releasePin) Act(ctx context.Context, w Work) (Result, error) {
	err := p.client.Commit(ctx, p.app)
	if err == nil {
		return Result{Summary: "the pin is released, and " + cmp.Or(w.Fact(factPinnedTo), "what is live") + " stays live until the rollback", Facts: released}, nil
	}
	var refused *digitalocean.Refused
	if errors.As(err, &refused) && refused.RetryAfter == 0 {
		return p.refused(ctx, err)
	}
	return Result{}, classifyWrite(err)
}

// refused interprets a refusal: the pin may be gone, or the platform may still be
// starting what it is pinned to.
func (p releasePin) refused(ctx context.Context, refusal error) (Result, error) {
	app, err := p.read(ctx)
	switch {
	case err != nil:
		return Result{}, refusal
	case app.Pinned == nil:
		return Result{Summary: "the app is no longer pinned", Facts: released}, nil
	case !app.Pinned.Phase.Terminal():
		return Result{}, &Passing{slowestPoll, refusal}
	}
	return Result{}, refusal
}
