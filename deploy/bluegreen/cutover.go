package bluegreen

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"gonogo/deploy"
)

// detach takes the name out of the spec of the app that it leaves. It and attach can't be
// one write, since the platform gives a name to one app only.
type detach struct {
	*strategy
	suffix string
}

// Look implements [deploy.Effect].
func (e detach) Look(ctx context.Context, w deploy.Work) (*deploy.Result, error) {
	_, from, err := e.target(w, e.suffix)
	if err != nil {
		return nil, err
	}
	app, err := from.Read(ctx)
	if err != nil || app.Spec.Domain(e.Cutover.Domain) != "" {
		return nil, err
	}
	return &deploy.Result{Summary: e.Cutover.Domain + " is no longer in the spec of " + from.colour}, nil
}

// Prepare implements [deploy.Effect]. It keeps what the spec says about the name, which the
// other app gets.
func (e detach) Prepare(ctx context.Context, w deploy.Work) (map[string]string, error) {
	_, from, err := e.target(w, e.suffix)
	if err != nil {
		return nil, err
	}
	app, err := from.Read(ctx)
	return map[string]string{factEntry + e.suffix: app.Spec.Domain(e.Cutover.Domain)}, err
}

// Act implements [deploy.Effect].
func (e detach) Act(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	_, from, err := e.target(w, e.suffix)
	if err != nil {
		return deploy.Result{}, err
	}
	app, err := from.Read(ctx)
	if err != nil {
		return deploy.Result{}, err
	}
	spec, err := app.Spec.WithoutDomain(e.Cutover.Domain)
	if err == nil {
		err = from.Write(ctx, spec, "")
	}
	return deploy.Result{Summary: from.colour + " took the spec without " + e.Cutover.Domain}, err
}

// attach adds the name to the spec of the app that it goes to.
type attach struct {
	*strategy
	suffix string
}

// Look implements [deploy.Effect].
func (e attach) Look(ctx context.Context, w deploy.Work) (*deploy.Result, error) {
	to, _, err := e.target(w, e.suffix)
	if err != nil {
		return nil, err
	}
	app, err := to.Read(ctx)
	if err != nil || app.Spec.Domain(e.Cutover.Domain) == "" {
		return nil, err
	}
	return &deploy.Result{Summary: e.Cutover.Domain + " is in the spec of " + to.colour}, nil
}

// Prepare implements [deploy.Effect].
func (e attach) Prepare(ctx context.Context, w deploy.Work) (map[string]string, error) {
	entry, err := e.entry(ctx, w, e.suffix)
	return map[string]string{factEntry + e.suffix: entry}, err
}

// Act implements [deploy.Effect].
func (e attach) Act(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	to, from, err := e.target(w, e.suffix)
	if err != nil {
		return deploy.Result{}, err
	}
	return e.give(ctx, w, to, from, w.Fact(factEntry+e.suffix))
}

// give adds the name to the spec of one app, once the other has lost it.
func (s *strategy) give(ctx context.Context, w deploy.Work, to, from side, entry string) (deploy.Result, error) {
	app, err := to.Read(ctx)
	if err != nil {
		return deploy.Result{}, err
	}
	spec, err := app.Spec.WithDomain(entry)
	if err == nil {
		err = to.Write(ctx, spec, w.Run)
	}
	if err != nil {
		err = fmt.Errorf("%w; until %s has it, %s is on neither app: Continue tries again, and a rollback gives it back to %s", err, to.colour, s.Cutover.Domain, from.colour)
	}
	return deploy.Result{Summary: to.colour + " took the spec with " + s.Cutover.Domain}, err
}

// entry is what a spec said about the name: as this run found it, as one of the apps had
// it last, or else nothing but the name.
func (s *strategy) entry(ctx context.Context, w deploy.Work, suffix string) (string, error) {
	if known := w.Fact(factEntry + suffix); known != "" {
		return known, nil
	}
	for _, one := range s.sides {
		if entry, err := one.LastDomain(ctx, s.Cutover.Domain); err != nil || entry != "" {
			return entry, err
		}
	}
	return fmt.Sprintf(`{"domain":%q}`, s.Cutover.Domain), nil
}

// settingUp is how long the platform may take to set up the name and its certificate.
const settingUp = 30 * time.Minute

// settle waits until the platform has set up the name at the app, with a certificate. Its
// facts describe what is live then.
func (s *strategy) settle(suffix, fact string) deploy.Step {
	return deploy.Step{Name: "domain" + suffix, Title: "Wait until " + s.Cutover.Domain + " is active there, with its certificate", Deadline: settingUp,
		Calls: []string{"GET both apps until the name is active"}, Undo: "The name has moved; roll back to move it back",
		Watch: func(ctx context.Context, w deploy.Work) (r deploy.Result, err error) {
			phase := "not set up"
			err = deploy.Poll(ctx, w, func() (done bool, err error) {
				r, phase, err = s.settled(ctx, w, suffix, fact)
				if err == nil && phase != "" {
					w.Tell(s.Cutover.Domain + " is " + phase)
				}
				return err == nil && phase == "", deploy.UnlessPassing(err, w)
			})
			return r, deploy.OrTooLong(ctx, err, s.Cutover.Domain+" is still "+phase+"; DigitalOcean's control panel shows why, under Settings, Domains")
		}}
}

// settled is what is live once the name is set up; until then, phase says how far it is.
func (s *strategy) settled(ctx context.Context, w deploy.Work, suffix, fact string) (r deploy.Result, phase string, err error) {
	to, _, err := s.target(w, suffix)
	if err != nil {
		return r, "", err
	}
	app, err := to.Read(ctx)
	if err != nil {
		return r, "", err
	}
	domain, _ := app.Domain(s.Cutover.Domain)
	d, _ := deploy.UnderWay(app)
	switch {
	case app.Spec.Domain(s.Cutover.Domain) == "":
		return r, "", fmt.Errorf("somebody took %s out of the spec of %s again", s.Cutover.Domain, to.colour)
	case !s.arrived(app) && d == nil:
		return r, "not deployed to " + to.colour + " yet", s.lost(ctx, to)
	case domain.Phase == "ERROR":
		return r, "", fmt.Errorf("DigitalOcean could not set up %s on %s; its control panel shows why, under Settings, Domains", s.Cutover.Domain, to.colour)
	case !s.arrived(app):
		return r, "being deployed to " + to.colour, nil
	case domain.Phase != "ACTIVE":
		return r, "in the phase " + cmp.Or(domain.Phase, "UNKNOWN") + " on " + to.colour, nil
	}
	r.Summary = s.Cutover.Domain + " is active on " + to.colour
	if !domain.CertificateExpires.IsZero() {
		r.Summary += ", with a certificate until " + domain.CertificateExpires.UTC().Format(time.DateOnly)
	}
	r.Facts = facts(to.Live(app), fact)
	return r, "", nil
}

// lost fails if the deployment failed that was to bring the name. Else what the platform
// says may be of a moment ago.
func (s *strategy) lost(ctx context.Context, at side) error {
	why, err := at.Failure(ctx, s.Cutover.Domain)
	if err == nil && why != "" {
		err = fmt.Errorf("%s has %s in its spec and didn't get it: %s", at.colour, s.Cutover.Domain, why)
	}
	return err
}

// facts are what is live, with the deployment as a fact of its own.
func facts(now deploy.Current, deployment string) map[string]string {
	known := deploy.LiveFacts(now)
	known[deployment] = now.Live.Deployment
	return known
}

// undo ends what a cancelled run has begun: a name that it has taken from one app and given
// to none goes back, and a deployment to the idle app is stopped.
type undo struct{ *strategy }

// factBack says that the name goes back.
const factBack = "name_back"

// homeless reports whether the run has left the name on neither app.
func (e undo) homeless(ctx context.Context, w deploy.Work) (homeless, moved bool, err error) {
	now, err := e.read(ctx)
	if err != nil {
		return false, false, err
	}
	to, _, err := e.target(w, "")
	at := e.holders(now)
	return len(at) == 0 && w.Fact(factEntry) != "", len(at) == 1 && e.sides[at[0]].ID() == to.ID(), err
}

// Look implements [deploy.Effect].
func (e undo) Look(ctx context.Context, w deploy.Work) (*deploy.Result, error) {
	if w.Fact(factTarget) == "" {
		return &deploy.Result{Summary: "nothing was changed"}, nil
	}
	homeless, moved, err := e.homeless(ctx, w)
	switch {
	case err != nil || homeless:
		return nil, err
	case w.Fact(factBack) != "":
		return &deploy.Result{Summary: e.Cutover.Domain + " is where it was"}, nil
	case moved:
		return &deploy.Result{Summary: e.Cutover.Domain + " has moved already, and stays; a rollback moves it back"}, nil
	}
	to, _, _ := e.target(w, "")
	return to.Stop(w.Run).Look(ctx, w)
}

// Prepare implements [deploy.Effect].
func (e undo) Prepare(ctx context.Context, w deploy.Work) (map[string]string, error) {
	homeless, _, err := e.homeless(ctx, w)
	if err != nil || homeless {
		return map[string]string{factBack: "yes"}, err
	}
	to, _, _ := e.target(w, "")
	return to.Stop(w.Run).Prepare(ctx, w)
}

// Act implements [deploy.Effect].
func (e undo) Act(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	to, from, err := e.target(w, "")
	switch {
	case err != nil:
		return deploy.Result{}, err
	case w.Fact(factBack) == "":
		return to.Stop(w.Run).Act(ctx, w)
	}
	return e.give(ctx, w, from, to, w.Fact(factEntry))
}
