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
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// rollingKind deploys to one App Platform app. The platform starts the new containers,
// waits until they answer, switches over and keeps the old ones where they don't.
// Rolling back uses the platform's own rollback, which pins the app until it is kept or
// returned from.
var rollingKind = Kind{
	Name:    "rolling",
	About:   "one DigitalOcean app, replaced in place; the way back is the platform's own rollback",
	Example: `{connection: cloud, app: "${STAGING_APP_ID}", version_as: {image_tag: web}}`,
	New:     newRolling,
	ByHand:  ByHand{Back: rollingBack, Keep: rollingKeep, Return: rollingReturn},
}

type rollingSettings struct {
	Connection string    `yaml:"connection" require:"the DigitalOcean connection to deploy through"`
	App        string    `yaml:"app" require:"the ID of the app"`
	VersionAs  versionAs `yaml:"version_as" require:"where the app's spec has the version, such as { image_tag: web }"`
}

// versionAs says where in the app's spec the version is; exactly one is set.
type versionAs struct {
	ImageTag string `yaml:"image_tag"` // the component whose image tag is the version
	GitRef   string `yaml:"git_ref"`   // the component whose Git ref is the version
}

// markKey is the variable in an app's spec that names the run which wrote it last. A
// deployment contains the spec that it was made from, so ours can be told from those
// that maintenance or a push started.
const markKey = "GONOGO_RUN"

// callTimeout is how long one read may take with its retries.
const callTimeout = 30 * time.Second

type rolling struct {
	client     *digitalocean.Client
	app        string
	as         versionAs
	components func(app string) []string
}

func newRolling(decode func(any) error, deps Deps) (Strategy, error) {
	var s rollingSettings
	if err := decode(&s); err != nil {
		return nil, err
	}
	var faults gates.Faults
	if s.App == "" {
		faults = append(faults, gates.Fault{Field: "app", Problem: "app is empty; write the ID of the app, as printed by doctl apps list"})
	}
	if (s.VersionAs.ImageTag == "") == (s.VersionAs.GitRef == "") {
		faults = append(faults, gates.Fault{Field: "version_as", Problem: "version_as needs either image_tag or git_ref, with the name of the app's component, such as { image_tag: web }"})
	}
	platform, err := client[*digitalocean.Client](deps, s.Connection, "digitalocean")
	var obstacle *Obstacle
	if err != nil && !errors.As(err, &obstacle) {
		faults = append(faults, gates.Fault{Field: "connection", Problem: err.Error()})
	}
	r := &rolling{platform, s.App, s.VersionAs, deps.Components}
	switch {
	case len(faults) > 0:
		return nil, faults
	case obstacle != nil:
		return nil, &Obstacle{obstacle.Why, r.App()}
	}
	return r, nil
}

// component is the component whose version changes.
func (r *rolling) component() string { return cmp.Or(r.as.ImageTag, r.as.GitRef) }

// App implements [Strategy].
func (r *rolling) App() App { return App{ID: r.app, Component: r.component()} }

// otherComponents are the components of the app that other environments deploy.
func (r *rolling) otherComponents() []string {
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

// specWith is the spec with another version and the run's mark. Nothing else is
// changed: the platform removes what is left out.
func (r *rolling) specWith(spec digitalocean.Spec, version, run string) (digitalocean.Spec, error) {
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

func (r *rolling) build(d *digitalocean.Deployment) build.Build {
	if d == nil {
		return build.Build{}
	}
	return build.Build{Version: r.version(d.Spec), Deployment: d.ID}
}

// Current implements [Strategy].
func (r *rolling) Current(ctx context.Context) (Current, error) {
	app, err := r.read(ctx)
	if err != nil {
		return Current{}, err
	}
	c := Current{Live: r.build(app.Active), Wanted: r.version(app.Spec), WantedIn: "the app's spec",
		Unnamed: "check that version_as names the right component"}
	r.describe(&c, app.Active)
	if next := underWay(app); next != nil {
		build := r.build(next)
		c.Next, c.NextBy, c.NextMark = &build, next.Cause, markOf(next)
	}
	return c, r.findOrigins(ctx, &c, app)
}

// describe adds what a live deployment was made from.
func (r *rolling) describe(c *Current, live *digitalocean.Deployment) {
	if live != nil {
		c.Digest, c.Spec = r.digest(live), live.Spec.Digest(markKey, r.otherComponents())
		c.Mark, c.Created, c.Back = markOf(live), live.CreatedAt, rollbacks[live.Cause]
	}
}

// Was implements [Strategy].
func (r *rolling) Was(ctx context.Context, deployment string) (Current, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	d, err := r.client.Deployment(ctx, r.app, deployment)
	if err != nil {
		return Current{}, classifyRead(err)
	}
	c := Current{Live: r.build(&d)}
	r.describe(&c, &d)
	return c, nil
}

// digest distinguishes what was built under one version: by the commit, or by the image
// that was pushed. A push whose image isn't known is distinct.
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
	return app, classifyRead(err)
}

// inherits are the causes of deployments that copy the spec, and with it the mark, of
// the run before them. Source: DigitalOcean API reference, the type of an App
// deployment's cause details.
var inherits = map[string]bool{"MAINTENANCE": true, "DEPLOY_ON_PUSH": true, "AUTOSCALED": true, "AUTO_ROLLBACK": true,

	manualRollback: true, "UPDATE_DATABASE_TRUSTED_SOURCES": true}

// markOf is the run that made a deployment; empty: none of ours.
func markOf(d *digitalocean.Deployment) string {
	if inherits[d.Cause] {
		return ""
	}
	return d.Spec.Mark(markKey)
}

// underWay is the deployment in progress on an app, or nil.
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
	to := func(Work) build.Build { return o.To }
	return []Step{
		LockStep(e.Name),
		r.free(),
		{Name: "update", Title: fmt.Sprintf("Write %s into the app's spec", o.To.Version), Deadline: 2 * time.Minute,
			Undo:   cmp.Or(o.From.Version, "What was live") + " stays live",
			Calls:  []string{"GET /v2/apps/" + r.app, fmt.Sprintf("PUT /v2/apps/%s with %s of %s = %s and %s = this run", r.app, r.place(), r.component(), o.To.Version, markKey)},
			Effect: updateApp{r}},
		r.follow("follow", "Follow the platform's deployment until it is active", "deployment", nil),
		e.Health.Await("health", r.healthTitle(e), []string{"GET /v2/apps/" + r.app + "/health"}, r.healthy),
		SmokeStep("smoke", e, to),
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

// free waits until the platform is doing nothing else, and rejects an app that is
// pinned.
func (r *rolling) free() Step {
	return Step{Name: "look", Title: "See that the platform is free", Deadline: 15 * time.Minute,
		Undo: "Nothing was changed", Calls: []string{"GET /v2/apps/" + r.app},
		Watch: func(ctx context.Context, w Work) (Result, error) {
			var live build.Build
			err := poll(ctx, w, func() (bool, error) {
				now, err := r.Current(ctx)
				switch {
				case err != nil:
					return false, unlessPassing(err, w)
				case now.Pinned():
					return false, failed("the platform keeps the app pinned after a rollback and refuses deployments; say /rollback keep or /rollback return first")
				case now.Next != nil && now.NextMark != w.Run:
					w.Tell("waiting for a deployment that " + cmp.Or(now.NextBy, "somebody else") + " started")
					return false, nil
				}
				live = now.Live
				return true, nil
			})
			if err != nil {
				return Result{}, orTooLong(ctx, err, "the platform is still busy with another deployment")
			}
			return Result{Summary: cmp.Or(live.Version, "nothing") + " is live", Facts: map[string]string{"replaces": live.Deployment}}, nil
		}}
}

// Abort implements [Strategy].
func (r *rolling) Abort(o Order) *Step {
	return &Step{Name: "abort", Role: work.RoleAbort, Title: "Stop the platform's deployment", Deadline: 2 * time.Minute,
		Effect: cancelDeployment{r, o.Run}}
}
