package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
	"gonogo/readiness"
)

// rollingKind deploys to one App Platform app. The platform starts the new
// containers, waits until they answer, switches over and keeps the old ones
// where they don't. The way back is the platform's own rollback, which pins
// the app until it is kept or returned from.
var rollingKind = Kind{
	Name:    "rolling",
	About:   "one DigitalOcean app, replaced in place; the way back is the platform's own rollback",
	Example: `{connection: cloud, app: "${STAGING_APP_ID}", version_as: {image_tag: web}}`,
	New:     newRolling,
}

type rollingSettings struct {
	Connection string    `yaml:"connection" require:"the DigitalOcean connection to deploy through"`
	App        string    `yaml:"app" require:"the ID of the app"`
	VersionAs  versionAs `yaml:"version_as" require:"how the app names its version, such as { image_tag: web }"`
}

// versionAs says where in the app's spec the version stands; one is set.
type versionAs struct {
	ImageTag string `yaml:"image_tag"` // the component whose image carries it as its tag
	GitRef   string `yaml:"git_ref"`   // the component whose source is checked out at it
}

// markKey is the variable in an app's spec that names the run which wrote it
// last. A deployment carries the spec that it was made from, so one of ours is
// told from one that maintenance or a push started.
const markKey = "GONOGO_RUN"

// callTimeout is how long one read may take with its retries.
const callTimeout = 30 * time.Second

type rolling struct {
	client     *digitalocean.Client
	app        string
	as         versionAs
	components func(app string) []string
}

func newRolling(decode func(any) error, around Surroundings) (Strategy, error) {
	var s rollingSettings
	if err := decode(&s); err != nil {
		return nil, err
	}
	var faults gates.Faults
	if s.App == "" {
		faults = append(faults, gates.Fault{Field: "app", Problem: "app is empty; write the ID of the app, as doctl apps list prints it"})
	}
	if (s.VersionAs.ImageTag == "") == (s.VersionAs.GitRef == "") {
		faults = append(faults, gates.Fault{Field: "version_as", Problem: "version_as takes one of image_tag and git_ref, with the name of the app's component, such as { image_tag: web }"})
	}
	platform, err := client[*digitalocean.Client](around, s.Connection, "digitalocean")
	var obstacle *Obstacle
	if err != nil && !errors.As(err, &obstacle) {
		faults = append(faults, gates.Fault{Field: "connection", Problem: err.Error()})
	}
	r := &rolling{platform, s.App, s.VersionAs, around.Components}
	switch {
	case len(faults) > 0:
		return nil, faults
	case obstacle != nil:
		return nil, &Obstacle{obstacle.Why, r.App()}
	}
	return r, nil
}

// component is the part of the app that carries the version.
func (r *rolling) component() string { return cmp.Or(r.as.ImageTag, r.as.GitRef) }

// App implements [Strategy].
func (r *rolling) App() App { return App{r.app, r.component()} }

// apart are the components of the app that other environments release.
func (r *rolling) apart() []string {
	if r.components == nil {
		return nil
	}
	return slices.DeleteFunc(r.components(r.app), func(name string) bool { return name == r.component() })
}

// Refuses implements [Strategy].
func (r *rolling) Refuses(version string) string {
	if r.as.GitRef != "" {
		return refusesRef(version)
	}
	return refusesTag(version)
}

// version reads a spec's version; empty where it has none.
func (r *rolling) version(spec digitalocean.Spec) string {
	if r.as.GitRef != "" {
		ref, _ := spec.GitRef(r.as.GitRef)
		return ref
	}
	image, _ := spec.Image(r.as.ImageTag)
	return image.Tag
}

// with is the spec with another version in it, and the run's mark. Nothing
// else is touched: the platform takes what is left out as removed.
func (r *rolling) with(spec digitalocean.Spec, version, run string) (digitalocean.Spec, error) {
	var err error
	if r.as.GitRef != "" {
		spec, err = spec.WithGitRef(r.as.GitRef, version)
	} else {
		spec, err = spec.WithImageTag(r.as.ImageTag, version)
	}
	if err != nil {
		return spec, err
	}
	return spec.WithMark(markKey, run)
}

func (r *rolling) build(d *digitalocean.Deployment) readiness.Build {
	if d == nil {
		return readiness.Build{}
	}
	return readiness.Build{Version: r.version(d.Spec), Deployment: d.ID}
}

// Current implements [Strategy].
func (r *rolling) Current(ctx context.Context) (Current, error) {
	app, err := r.read(ctx)
	if err != nil {
		return Current{}, err
	}
	c := Current{Live: r.build(app.Active), Pinned: app.Pinned != nil, Wanted: r.version(app.Spec), URL: app.LiveURL}
	r.describe(&c, app.Active)
	if next := underWay(app); next != nil {
		build := r.build(next)
		c.Next, c.NextBy, c.NextMark = &build, next.Cause, markOf(next)
	}
	return c, r.trace(ctx, &c, app)
}

// describe adds what a live deployment was made from.
func (r *rolling) describe(c *Current, live *digitalocean.Deployment) {
	if live != nil {
		c.Digest, c.Spec = r.digest(live), live.Spec.Digest(markKey, r.apart())
		c.Mark, c.Created, c.Back = markOf(live), live.CreatedAt, rollbacks[live.Cause]
	}
}

// Was implements [Strategy].
func (r *rolling) Was(ctx context.Context, deployment string) (Current, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	d, err := r.client.Deployment(ctx, r.app, deployment)
	if unheardOf(err) {
		return Current{}, ErrNoDeployment
	}
	c := Current{Live: r.build(&d)}
	r.describe(&c, &d)
	return c, passing(err)
}

// digest tells apart what was built under one version: by the commit, or by the
// image that was pushed. A push whose image is not told is its own.
func (r *rolling) digest(d *digitalocean.Deployment) string {
	switch commit := d.Commits[r.component()]; {
	case commit != "":
		return commit
	case d.Pushed != "":
		return d.Pushed
	case d.Cause == "DEPLOY_ON_PUSH":
		return "push " + d.ID
	}
	image, _ := d.Spec.Image(r.component())
	return image.Digest
}

func (r *rolling) read(ctx context.Context) (digitalocean.App, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	app, err := r.client.App(ctx, r.app)
	return app, passing(err)
}

// others are the causes of deployments that carry the spec, and with it the
// mark, of the run before them. Source: DigitalOcean API reference, the type of
// an App deployment's cause details.
var others = map[string]bool{"MAINTENANCE": true, "DEPLOY_ON_PUSH": true, "AUTOSCALED": true, "AUTO_ROLLBACK": true,
	manualRollback: true, "UPDATE_DATABASE_TRUSTED_SOURCES": true}

// markOf is the run that made a deployment; empty: none of ours.
func markOf(d *digitalocean.Deployment) string {
	if others[d.Cause] {
		return ""
	}
	return d.Spec.Mark(markKey)
}

// underWay is the deployment that an app is at, or nil.
func underWay(app digitalocean.App) *digitalocean.Deployment {
	for _, d := range []*digitalocean.Deployment{app.InProgress, app.Pending} {
		if d != nil && !d.Phase.Terminal() {
			return d
		}
	}
	return nil
}

// Deploy implements [Strategy].
func (r *rolling) Deploy(e Environment, o Order) []Step {
	to := func(Work) readiness.Build { return o.To }
	return []Step{
		LockStep(e.Name),
		r.free(),
		{Name: "update", Title: fmt.Sprintf("Write %s into the app's spec", o.To.Version), Deadline: 2 * time.Minute,
			Undo:   cmp.Or(o.From.Version, "What was live") + " stays live",
			Calls:  []string{"GET /v2/apps/" + r.app, fmt.Sprintf("PUT /v2/apps/%s with %s of %s = %s and %s = this run", r.app, r.place(), r.component(), o.To.Version, markKey)},
			Effect: updateApp{r}},
		r.follow("follow", "Follow the platform's deployment until it is active", "deployment", nil),
		e.Health.Await("health", r.healthTitle(e), []string{"GET /v2/apps/" + r.app + "/health"}, r.healthy),
		smokeStep("smoke", e, to),
		r.verify(e, "verify", factDeployment, to),
		{Name: "record", Title: "Record what is live and release the lock", Record: func(w Work) *Arrival {
			return arrived(w, o.To, factDeployment)
		}},
	}
}

func (r *rolling) place() string {
	if r.as.GitRef != "" {
		return "the git ref"
	}
	return "the image tag"
}

func (r *rolling) healthTitle(e Environment) string {
	h := e.Health.orDefaults()
	return fmt.Sprintf("Healthy %d times in a row, every %s", h.Consecutive, readiness.Span(h.Every))
}

// arrived is a build that went live in the deployment of a fact, as the platform
// told it.
func arrived(w Work, b readiness.Build, fact string) *Arrival {
	b.Deployment = cmp.Or(w.Fact(fact), b.Deployment)
	return &Arrival{Build: b, Digest: w.Fact(factDigest), Spec: w.Fact(factSpec)}
}

// liveFacts are what the platform says of what is live.
func liveFacts(now Current) map[string]string {
	return map[string]string{factDigest: now.Digest, factSpec: now.Spec}
}

// free waits until the platform has nothing else to do, and refuses an app
// that is pinned.
func (r *rolling) free() Step {
	return Step{Name: "look", Title: "See that the platform is free", Deadline: 15 * time.Minute,
		Undo: "Nothing was changed", Calls: []string{"GET /v2/apps/" + r.app},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			var live readiness.Build
			err := poll(ctx, w, func() (bool, error) {
				now, err := r.Current(ctx)
				switch {
				case err != nil:
					return false, unlessPassing(err, w)
				case now.Pinned:
					return false, failed("the platform keeps the app pinned after a rollback and refuses deployments; say /rollback keep or /rollback return first")
				case now.Next != nil && now.NextMark != w.Run:
					w.Tell("waiting for a deployment that " + cmp.Or(now.NextBy, "somebody else") + " started")
					return false, nil
				}
				live = now.Live
				return true, nil
			})
			if err != nil {
				return Result{}, orTooLong(ctx, err, "the platform is still at another deployment")
			}
			return Result{Summary: cmp.Or(live.Version, "nothing") + " is live", Facts: map[string]string{"replaces": live.Deployment}}, nil
		}}
}

// updateApp puts the spec back with the new version in it. The platform takes
// the whole spec and makes a deployment of it.
type updateApp struct{ *rolling }

// Look implements [Effect]: the spec, or a deployment made from it, carries
// the run's mark.
func (u updateApp) Look(ctx context.Context, w Work) (*Result, error) {
	app, err := u.read(ctx)
	if err != nil {
		return nil, err
	}
	d, err := u.since(ctx, w.Fact("before"), func(d digitalocean.Deployment) bool { return markOf(&d) == w.Run })
	if err != nil || d != nil {
		return u.found(d), err
	}
	if app.Spec.Mark(markKey) == w.Run {
		return nil, failed("the app's spec is ours, and the platform shows no deployment of it")
	}
	return nil, nil
}

func (u updateApp) found(d *digitalocean.Deployment) *Result {
	if d == nil {
		return nil
	}
	return &Result{Summary: "the platform took it as deployment " + short(d.ID), Facts: map[string]string{"deployment": d.ID}}
}

// Prepare implements [Effect].
func (u updateApp) Prepare(ctx context.Context, w Work) (map[string]string, error) {
	return u.newest(ctx)
}

// Act implements [Effect].
func (u updateApp) Act(ctx context.Context, w Work) (Result, error) {
	app, err := u.read(ctx)
	if err != nil {
		return Result{}, err
	}
	spec, err := u.with(app.Spec, w.To.Version, w.Run)
	if err != nil {
		return Result{}, err
	}
	id, _, err := u.client.Update(ctx, u.app, spec)
	if err != nil {
		return Result{}, judge(err)
	}
	if id == "" {
		return Result{}, &Unknown{Cause: errors.New("the platform took the spec and named no deployment")}
	}
	return Result{Summary: "the platform took it as deployment " + short(id), Facts: map[string]string{"deployment": id}}, nil
}

// newest notes the newest deployment there is: whatever comes after it is told
// from it by its place in the list, not by two clocks.
func (r *rolling) newest(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := r.client.Deployments(ctx, r.app, 1)
	if err != nil {
		return nil, passing(err)
	}
	facts := map[string]string{"before": "none"}
	if len(list) > 0 {
		facts["before"] = list[0].ID
	}
	return facts, nil
}

// since finds the oldest deployment that came after another and is as wanted.
func (r *rolling) since(ctx context.Context, before string, wanted func(digitalocean.Deployment) bool) (*digitalocean.Deployment, error) {
	if before == "" {
		return nil, nil // the intent was not written, so nothing was sent
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var found *digitalocean.Deployment
	for d, err := range r.client.History(ctx, r.app) { // the newest first
		switch {
		case err != nil:
			return nil, passing(err)
		case d.ID == before:
			return found, nil
		case wanted(d):
			found = &d
		}
	}
	return found, nil
}

// verify sees that the deployment is the one that is live. Where the platform
// has replaced it meanwhile with one of the same thing, that one has to be
// healthy and to pass the smoke gates like the one before it.
func (r *rolling) verify(e Environment, name, fact string, build func(Work) readiness.Build) Step {
	return Step{Name: name, Title: "See that it is what is live", Deadline: time.Minute + e.Health.orDefaults().Timeout + smokeDeadline,
		Calls: []string{"GET /v2/apps/" + r.app}, Undo: "Live, unverified",
		Watch: func(ctx context.Context, w Work) (Result, error) {
			want, id := build(w), w.Fact(fact)
			for {
				now, err := r.seeLive(ctx, w)
				switch {
				case err != nil:
					return Result{}, err
				case now.Live.Deployment == id && now.Live.Version == want.Version:
					return verified(now, fact), nil
				case now.Live.Deployment == id:
					return Result{}, failed("the live deployment carries %s, not %s", cmp.Or(now.Live.Version, "no version"), want.Version)
				}
				switch outdated, err := r.replaced(ctx, w, id, now.Live.Deployment); {
				case err != nil:
					return Result{}, err
				case outdated:
					w.Tell("the platform lists an older deployment as live; asking again")
					if err := w.Pause(ctx, repeatAfter); err != nil {
						return Result{}, orTooLong(ctx, err, "the platform still lists an older deployment as live")
					}
					continue
				}
				if result, err := r.tryAgain(ctx, w, e, want); err != nil {
					return result, err
				}
				id = now.Live.Deployment
			}
		}}
}

func verified(now Current, fact string) Result {
	version := now.Live.Version
	facts := liveFacts(now)
	facts[fact] = now.Live.Deployment
	return Result{Summary: version + " is live", Facts: facts, Measures: []readiness.Measure{{Name: "live version", Value: version, Limit: version, OK: true}}}
}

// replaced returns an error where a deployment was replaced with one of another
// thing. The answer that named the other is outdated where that is the older of
// the two: deployments become live in the order in which they are made.
func (r *rolling) replaced(ctx context.Context, w Work, id, by string) (outdated bool, err error) {
	var pair [2]digitalocean.Deployment
	err = poll(ctx, w, func() (bool, error) {
		for i, one := range []string{id, by} {
			var err error
			if pair[i], err = r.client.Deployment(ctx, r.app, one); err != nil {
				return false, unlessPassing(err, w)
			}
		}
		return true, nil
	})
	switch {
	case err != nil && !unheardOf(err):
		return false, orTooLong(ctx, err, "the platform does not say what is live")
	case err == nil && pair[1].CreatedAt.Before(pair[0].CreatedAt):
		return true, nil
	case err != nil || !r.repeats(pair[1], pair[0]):
		return false, failed("deployment %s is live, not %s: something has replaced it", short(by), short(id))
	}
	return false, nil
}

// tryAgain looks at the health and the smoke gates of what took the place of a
// deployment that had passed them.
func (r *rolling) tryAgain(ctx context.Context, w Work, e Environment, build readiness.Build) (Result, error) {
	w.Tell("the platform has deployed it again; looking at that one")
	if result, err := e.Health.orDefaults().await(ctx, w, r.healthy); err != nil || len(e.Smoke) == 0 {
		return result, err
	}
	return judgeSmoke(e.Smoke, w.Measure(ctx, e.URL, build, e.Smoke))
}

// healthy is one look at the platform's own health of every component.
func (r *rolling) healthy(ctx context.Context, _ Work) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	components, err := r.client.Health(ctx, r.app)
	if err != nil {
		return err
	}
	if len(components) == 0 {
		return r.healthyByPhase(ctx)
	}
	for _, c := range components {
		if !c.Healthy() {
			return failed("%s is %s, %d of %d replicas ready", c.Name, c.State, c.Ready, c.Desired)
		}
	}
	return nil
}

// healthyByPhase judges an app of whose components the platform tells no
// health. One that is only static sites or functions has none to tell: it is
// as healthy as its deployment is active. Source: DigitalOcean API reference,
// App health.
func (r *rolling) healthyByPhase(ctx context.Context) error {
	app, err := r.client.App(ctx, r.app)
	switch {
	case err != nil:
		return err
	case app.Active == nil || len(app.Active.Spec.Running()) > 0:
		return failed("the platform tells the health of no component")
	case app.Active.Phase != digitalocean.PhaseActive:
		return failed("the live deployment is %s", phaseWords(app.Active.Phase))
	}
	return nil
}

// Abort implements [Strategy].
func (r *rolling) Abort(o Order) *Step {
	return &Step{Name: "abort", Role: readiness.RoleAbort, Title: "Stop the platform's deployment", Deadline: 2 * time.Minute,
		Effect: cancelDeployment{r, o.Run}}
}

// short is enough of an ID for people to tell it by.
func short(id string) string {
	if len(id) > 8 {
		return id[:8]
	}
	return cmp.Or(id, "none")
}
