// Package deploytest is a platform to deploy to in tests: a strategy that keeps what
// is live in memory, counts the writes that took effect, and fails in the ways that
// real platforms do.
package deploytest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"gonogo/deploy"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// Platform remembers what is live and every write that took effect. Change it
// with Set.
type Platform struct {
	Live   string
	Pinned bool
	Named  deploy.App // what it deploys to
	Writes []string   // that took effect, in order
	Asked  int        // how often it was asked what is live
	Away   bool       // looks are not answered
	ActErr error      // what the next act says
	Effect bool       // whether the next act takes effect although it fails

	Keeps []string // versions that it can go back to besides what is known to be good, the newest first

	Warns []string // what it warns of before a rollback

	Both string // what all builds have in common of what any trigger samples

	Beside func() // what else a rollback changes, where others share the app

	// Entered, where it is set, is closed when an act is sent, which then waits
	// for Hold.
	Entered, Hold chan struct{}

	unpinned bool // it never pins

	mu          sync.Mutex
	marks       map[string]bool   // writes that took effect, by "step/run"
	deployments map[string]string // by version: the run that deployed it
}

var (
	_ deploy.Pinner         = (*Platform)(nil)
	_ deploy.TargetLister   = (*Platform)(nil)
	_ deploy.RollbackWarner = (*Platform)(nil)
	_ deploy.Sharer         = (*Platform)(nil)
)

// New is a platform with a version live on it.
func New(live string) *Platform {
	return &Platform{Live: live, Named: deploy.App{ID: "app", Component: "web"}, marks: map[string]bool{}, deployments: map[string]string{}}
}

// Unpinned is the platform as one that never pins, and that can do no more than it
// must.
func (p *Platform) Unpinned() deploy.Strategy {
	p.unpinned = true
	return struct{ deploy.Strategy }{p}
}

// App implements [deploy.Strategy].
func (p *Platform) App() deploy.App { return p.Named }

// Refuses implements [deploy.Strategy]: a tag takes no “+”.
func (p *Platform) Refuses(version string) string {
	if strings.Contains(version, "+") {
		return "a tag takes no “+”; open the release under another name"
	}
	return ""
}

// Was implements [deploy.Strategy].
func (p *Platform) Was(_ context.Context, deployment string) (deploy.Current, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for version, id := range p.deployments {
		if id == deployment {
			return deploy.Current{Live: build.Build{Version: version, Deployment: id}}, nil
		}
	}
	if version, ok := strings.CutPrefix(deployment, "d"); ok {
		return deploy.Current{Live: build.Build{Version: version, Deployment: deployment}}, nil
	}
	return deploy.Current{}, &deploy.Gone{Cause: errors.New("the app has no such deployment")}
}

// deployment is the ID of what is live; nothing has none.
func (p *Platform) deployment() string {
	switch id, ours := p.deployments[p.Live]; {
	case p.Live == "":
		return ""
	case ours:
		return id
	}
	return "d" + p.Live
}

// Set changes the platform.
func (p *Platform) Set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// Land lets a write of a run take effect that was given up for lost.
func (p *Platform) Land(step, run string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marks[step+"/"+run] = true
	p.Writes = append(p.Writes, step)
}

// RollbackTargets implements [deploy.TargetLister].
func (p *Platform) RollbackTargets(context.Context) ([]build.Build, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Away {
		return nil, errAway
	}
	var kept []build.Build
	for _, version := range p.Keeps {
		kept = append(kept, build.Build{Version: version, Deployment: "d" + version})
	}
	return kept, nil
}

// RollbackWarnings implements [deploy.RollbackWarner].
func (p *Platform) RollbackWarnings(context.Context, build.Build) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Away {
		return nil, errAway
	}
	return p.Warns, nil
}

// Common implements [deploy.Sharer].
func (p *Platform) Common(deploy.Trigger) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Both
}

// Redeploy makes another deployment of what is live, as maintenance does.
func (p *Platform) Redeploy(deployment string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deployments[p.Live] = deployment
}

var errAway = &deploy.Passing{After: time.Second, Cause: errors.New("the platform is away")}

// write is an effect on the platform.
type write struct {
	*Platform
	step string
	then func(*Platform, deploy.Work)
}

// Look implements [deploy.Effect].
func (e write) Look(_ context.Context, w deploy.Work) (*deploy.Result, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.Away:
		return nil, errAway
	case e.marks[e.step+"/"+w.Run]:
		return &deploy.Result{Summary: "found", Facts: map[string]string{"deployment": w.Run}}, nil
	}
	return nil, nil
}

// Prepare implements [deploy.Effect].
func (e write) Prepare(context.Context, deploy.Work) (map[string]string, error) {
	return map[string]string{"before": "none"}, nil
}

// Act implements [deploy.Effect].
func (e write) Act(_ context.Context, w deploy.Work) (deploy.Result, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Entered != nil {
		close(e.Entered)
		e.mu.Unlock()
		<-e.Hold
		e.mu.Lock()
		e.Entered = nil
	}
	err := e.ActErr
	e.ActErr = nil
	if err != nil && !e.Effect {
		return deploy.Result{}, err
	}
	e.marks[e.step+"/"+w.Run] = true
	e.Writes = append(e.Writes, e.step)
	if e.then != nil {
		e.then(e.Platform, w)
	}
	return deploy.Result{Summary: "done", Facts: map[string]string{"deployment": w.Run}}, err
}

// Current implements [deploy.Strategy].
func (p *Platform) Current(context.Context) (deploy.Current, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Asked++
	if p.Away {
		return deploy.Current{}, errAway
	}
	now := deploy.Current{Live: build.Build{Version: p.Live, Deployment: p.deployment()}}
	if p.Pinned {
		now.Pin = &deploy.Pin{To: now.Live}
	}
	return now, nil
}

// Deploy implements [deploy.Strategy].
func (p *Platform) Deploy(e deploy.Environment, o deploy.Order) []deploy.Step {
	return deploy.ToDo([]deploy.Step{
		{Name: "lock", Title: "Lock", Role: work.RoleLock},
		{Name: "update", Title: "Update", Deadline: 2 * time.Minute, Effect: write{p, "update", func(p *Platform, w deploy.Work) {
			p.Live, p.deployments[w.To.Version] = w.To.Version, w.Run
		}}},
		e.Health.Await("health", "Healthy", nil, func(context.Context, deploy.Work) error { return nil }),
		deploy.SmokeStep("smoke", e, func(deploy.Work) build.Build { return o.To }),
		{Name: "record", Title: "Record", Record: func(w deploy.Work) *deploy.Arrival {
			return &deploy.Arrival{Build: build.Build{Version: o.To.Version, Deployment: w.Fact("deployment")}}
		}},
	})
}

// Rollback implements [deploy.Strategy].
func (p *Platform) Rollback(_ deploy.Environment, o deploy.Order) []deploy.Step {
	chosen := func(choice string) func(deploy.Work) string {
		return func(w deploy.Work) string {
			if w.Decision() != choice {
				return "not chosen"
			}
			return ""
		}
	}
	return []deploy.Step{
		{Name: "lock", Title: "Lock", Role: work.RoleLock},
		{Name: "rollback", Role: work.RoleRollback, Title: "Roll back", Deadline: 2 * time.Minute, Effect: write{p, "rollback", func(p *Platform, w deploy.Work) {
			p.Live, p.Pinned = w.To.Version, !p.unpinned
			if p.Beside != nil {
				p.Beside()
			}
		}}},
		{Name: "restored", Title: "Record", Record: func(deploy.Work) *deploy.Arrival {
			return &deploy.Arrival{Build: o.To, Instead: o.From.Version}
		}},
		{Name: "decide", Role: work.RoleDecide, Title: "Decide", Ask: &deploy.Ask{Why: func(deploy.Work) string { return "keep it?" }, Choices: []string{work.ChooseKeep, work.ChooseReturn}}},
		{Name: "keep", Title: "Keep", Deadline: 2 * time.Minute, Choice: work.ChooseKeep, Unless: chosen(work.ChooseKeep), Effect: write{p, "keep", func(p *Platform, _ deploy.Work) { p.Pinned = false }}},
		{Name: "return", Title: "Return", Deadline: 2 * time.Minute, Choice: work.ChooseReturn, Unless: chosen(work.ChooseReturn), Effect: write{p, "return", func(p *Platform, w deploy.Work) { p.Live, p.Pinned = w.From.Version, false }}},
		{Name: "returned", Title: "Record", Choice: work.ChooseReturn, Unless: chosen(work.ChooseReturn), Record: func(deploy.Work) *deploy.Arrival { return &deploy.Arrival{Build: o.From} }},
	}
}

// EarlierPin implements [deploy.Pinner].
func (p *Platform) EarlierPin(*work.Run) *deploy.Pin { return nil }

// Settle implements [deploy.Pinner].
func (p *Platform) Settle(_ deploy.Environment, o deploy.Order) []deploy.Step {
	lock := deploy.Step{Name: "lock", Title: "Lock", Role: work.RoleLock}
	if o.Settles == work.ChooseKeep {
		return []deploy.Step{lock, {Name: "keep", Title: "Keep", Deadline: 2 * time.Minute, Effect: write{p, "keep", func(p *Platform, _ deploy.Work) { p.Pinned = false }}}}
	}
	return []deploy.Step{lock, {Name: "return", Title: "Return", Deadline: 2 * time.Minute, Effect: write{p, "return", func(p *Platform, w deploy.Work) { p.Live, p.Pinned = w.From.Version, false }}},
		{Name: "returned", Title: "Record", Record: func(deploy.Work) *deploy.Arrival { return &deploy.Arrival{Build: o.From} }}}
}

// Abort implements [deploy.Strategy].
func (p *Platform) Abort(o deploy.Order) *deploy.Step {
	return &deploy.Step{Name: "abort", Role: work.RoleAbort, Title: "Stop", Deadline: 2 * time.Minute, Effect: write{p, "abort", nil}}
}
