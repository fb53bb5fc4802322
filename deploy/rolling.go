package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
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
	VersionAs  VersionAs `yaml:"version_as" require:"where the app's spec has the version, such as { image_tag: web }"`
}

// VersionAs says where in the app's spec the version is; exactly one is set.
type VersionAs struct {
	ImageTag components `yaml:"image_tag"` // the component whose image tag is the version, or several that always have the same, such as [web, worker, migrate]
	GitRef   components `yaml:"git_ref"`   // the component whose Git ref is the version, or several
}

// components are names of components of an app: one, or a list.
type components []string

// Decode reads the two forms.
func (c *components) Decode(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*c = components{one}
		return nil
	}
	return decode((*[]string)(c))
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
	as         VersionAs
	components func(app string) []string
}

func newRolling(decode func(any) error, deps Deps) (Strategy, error) {
	var s rollingSettings
	if err := decode(&s); err != nil {
		return nil, err
	}
	var faults gates.Faults
	faults = append(faults, AppFaults("app", s.App)...)
	faults = append(faults, s.VersionAs.Faults()...)
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

// AppFaults is what is wrong with the ID of an app.
func AppFaults(field, id string) gates.Faults {
	switch {
	case id == "":
		return gates.Faults{{Field: field, Problem: "app is empty; write the ID of the app, as printed by doctl apps list"}}
	case !digitalocean.IsAppID(id):
		return gates.Faults{{Field: field, Problem: digitalocean.NoAppID}}
	}
	return nil
}

// Faults is what is wrong with it.
func (as VersionAs) Faults() (faults gates.Faults) {
	if (len(as.ImageTag) == 0) == (len(as.GitRef) == 0) {
		return gates.Faults{{Field: "version_as", Problem: "version_as needs either image_tag or git_ref, with the name of the app's component, such as { image_tag: web }"}}
	}
	seen := map[string]bool{}
	for _, name := range as.names() {
		switch {
		case !componentName.MatchString(name):
			faults = append(faults, gates.Fault{Field: "version_as", Problem: fmt.Sprintf("%q isn't the name of a component; the app's spec has them, such as web", name)})
		case seen[name]:
			faults = append(faults, gates.Fault{Field: "version_as", Problem: "version_as names " + name + " twice; keep one"})
		}
		seen[name] = true
	}
	return faults
}

// componentName matches at least the names that App Platform takes. Source: DigitalOcean
// API reference, App spec.
var componentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// names are the components whose version changes.
func (as VersionAs) names() []string { return append(slices.Clone(as.ImageTag), as.GitRef...) }

// App implements [Strategy].
func (r *rolling) App() App { return App{ID: r.app, Component: joinComponents(r.as.names())} }

// otherComponents are the components of the app that other environments deploy.
func (r *rolling) otherComponents() []string {
	if r.components == nil {
		return nil
	}
	mine := r.as.names()
	return slices.DeleteFunc(r.components(r.app), func(name string) bool { return slices.Contains(mine, name) })
}

// Refuses implements [Strategy].
func (r *rolling) Refuses(version string) string {
	if len(r.as.GitRef) > 0 {
		return refusesRef(version)
	}
	return refusesTag(version)
}

// version reads a spec's version. It is empty where a component has none, or another
// than the others.
func (r *rolling) version(spec digitalocean.Spec) string {
	names := r.as.names()
	version := r.versionOf(spec, names[0])
	for _, name := range names[1:] {
		if r.versionOf(spec, name) != version {
			return ""
		}
	}
	return version
}

func (r *rolling) versionOf(spec digitalocean.Spec, component string) string {
	if len(r.as.GitRef) > 0 {
		ref, _ := spec.GitRef(component)
		return ref
	}
	image, _ := spec.Image(component)
	return image.Tag
}

// unnamed says what to check if a spec has no version.
func (r *rolling) unnamed(spec digitalocean.Spec) string {
	var each []string
	for _, name := range r.as.names() {
		each = append(each, name+" has "+cmp.Or(r.versionOf(spec, name), "none"))
	}
	if len(each) == 1 {
		return "check that version_as names the right component"
	}
	return strings.Join(each, ", ") + "; check that version_as names the right components, and deploy one version to all of them"
}

// specWith is the spec with another version and the run's mark. Nothing else is
// changed: the platform removes what is left out.
func (r *rolling) specWith(spec digitalocean.Spec, version, run string) (digitalocean.Spec, error) {
	for _, name := range r.as.names() {
		var err error
		if len(r.as.GitRef) > 0 {
			spec, err = spec.WithGitRef(name, version)
		} else {
			spec, err = spec.WithImageTag(name, version)
		}
		if err != nil {
			return spec, err
		}
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
	c := r.current(app)
	c.WantedIn, c.Notes = "the app's spec", r.notes(app.Spec)
	return c, r.findOrigins(ctx, &c, app)
}

// current describes what is live on the app, and what is under way.
func (r *rolling) current(app digitalocean.App) Current {
	c := Current{Live: r.build(app.Active), Wanted: r.version(app.Spec)}
	if app.Active != nil && c.Live.Version == "" {
		c.Unnamed = r.unnamed(app.Active.Spec)
	}
	r.describe(&c, app.Active)
	if next := underWay(app); next != nil {
		build := r.build(next)
		c.Next, c.NextBy, c.NextMark = &build, next.Cause, markOf(next)
	}
	return c
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
	switch commit := r.together(func(name string) string { return d.Commits[name] }); {
	case commit != "":
		return commit
	case d.Pushed != "":
		return d.Pushed
	case d.Cause == "DEPLOY_ON_PUSH":
		return "push " + d.ID
	}
	return r.together(func(name string) string {
		image, _ := d.Spec.Image(name)
		return image.Digest
	})
}

// together is what the components have under a name each. If all have the same, or there
// is one component, it is that; empty: none has any.
func (r *rolling) together(of func(component string) string) string {
	var all []string
	for _, name := range r.as.names() {
		all = append(all, of(name))
	}
	if all = slices.Compact(all); len(all) == 1 {
		return all[0]
	}
	return strings.Join(all, ",")
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
		r.update(o),
		r.follow("follow", "Follow the platform's deployment until it is active", "deployment", nil),
		e.Health.Await("health", r.healthTitle(e), []string{"GET /v2/apps/" + r.app + "/health"}, r.healthy),
		SmokeStep("smoke", e, to),
		r.verify(e, "verify", factDeployment, to),
		{Name: "record", Title: "Record what is live and release the lock", Record: func(w Work) *Arrival {
			return arrived(w, o.To, factDeployment)
		}},
	}
}

// update writes the version into the app's spec.
func (r *rolling) update(o Order) Step {
	return Step{Name: "update", Title: fmt.Sprintf("Write %s into the app's spec", o.To.Version), Deadline: 2 * time.Minute,
		Undo:   cmp.Or(o.From.Version, "What was live") + " stays live",
		Calls:  []string{"GET /v2/apps/" + r.app, fmt.Sprintf("PUT /v2/apps/%s with %s of %s = %s and %s = this run", r.app, r.place(), joinComponents(r.as.names()), o.To.Version, markKey)},
		Effect: updateApp{r}}
}

func (r *rolling) place() string {
	if len(r.as.GitRef) > 0 {
		return "the git ref"
	}
	return "the image tag"
}

func (r *rolling) healthTitle(e Environment) string { return "Healthy " + e.Health.Row() }

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
