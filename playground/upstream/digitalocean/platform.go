package digitalocean

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say what platform to make. Their zero value is a platform in memory
// that takes any token, has every image and deploys in no time.
type Options struct {
	Token    string              // the one that is let in; empty: any
	File     string              // where the state is kept; empty: in memory
	BaseURL  string              // what links to further pages begin with, without a slash at its end; empty: the request's own host
	Pace     Pace                // how long deployments take
	Settling int                 // how often an app is read until a domain that is new to it is set up
	Registry map[string][]string // repository → its tags; nil: every image exists
	Public   map[string]string   // domain → where it is served; others: https:// and the domain
	Now      func() time.Time    // nil: time.Now
	Log      *slog.Logger        // nil: nothing is logged
}

// Pace is how long a deployment spends in each phase.
type Pace struct {
	PendingBuild, Building, PendingDeploy, Deploying time.Duration
}

// Build is how builds go.
type Build string

// The ways a build goes. It is decided when a deployment is created.
const (
	BuildGood Build = "good"
	BuildBad  Build = "bad"  // ends in ERROR
	BuildSlow Build = "slow" // takes SlowBuild more
)

// SlowBuild is how much longer a slow build takes.
const SlowBuild = time.Minute

// Platform is one account's App Platform.
type Platform struct {
	opts Options

	watch sync.Mutex // guards what tests see and set
	calls []Call
	count map[string]int // calls by route
	fault func(Call) Fault

	mu     sync.Mutex // guards what follows; every effect happens under it
	apps   []*app     // in the order in which they were seeded
	key    []byte     // encrypts secrets
	build  Build
	writes []Write
	recent []time.Time // requests of the last hour
}

// New makes a platform, with what its file holds.
func New(opts Options) (*Platform, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	p := &Platform{opts: opts, count: map[string]int{}, build: BuildGood, key: make([]byte, 32)}
	rand.Read(p.key)
	if err := p.load(); err != nil {
		return nil, err
	}
	return p, nil
}

// now is the platform's time. Rounding drops the monotonic clock, which does
// not outlive the process.
func (p *Platform) now() time.Time { return p.opts.Now().UTC().Round(0) }

// App is an app to begin with.
type App struct {
	ID   string // a UUID
	Name string
	URL  string // where it is live; empty: an address under ondigitalocean.app

	// One service with an image. RegistryType is GHCR where it is empty, and
	// Repository the app's name.
	Component    string
	RegistryType string
	Registry     string
	Repository   string
	Tag          string
	Region       string
	Size         string // an instance size's slug
	Envs         []Env

	// Spec is for everything else; where it is set, the fields from Component
	// down are not looked at.
	Spec json.RawMessage
}

// Env is a variable of an app's component.
type Env struct {
	Key, Value string
	Secret     bool
}

// Seed adds an app with one deployment that is active. An app with this ID
// that was in the platform's file stays as it is, but for its URL.
func (p *Platform) Seed(seed App) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.app(seed.ID); a != nil {
		a.URL = cmp.Or(seed.URL, a.URL)
		return p.save()
	}
	text := seed.Spec
	if text == nil {
		var err error
		if text, err = json.Marshal(seed.spec()); err != nil {
			return fmt.Errorf("write the spec of the app %s: %w", seed.Name, err)
		}
	}
	spec, err := p.accept(seed.ID, text)
	if err != nil {
		return fmt.Errorf("seed the app %s: %w", seed.Name, err)
	}
	a := &app{ID: seed.ID, URL: seed.URL, Spec: spec, Created: p.now(), Updated: p.now()}
	if a.URL == "" {
		a.URL = "https://" + seed.Name + "-" + strings.ToLower(rand.Text()[:5]) + ".ondigitalocean.app"
	}
	a.Deployments = []*deployment{{ID: newID(), Spec: spec, Cause: initial, Created: p.now()}}
	p.apps = append(p.apps, a)
	return p.save()
}

func (seed App) spec() map[string]any {
	image := map[string]any{
		"registry_type": cmp.Or(seed.RegistryType, "GHCR"),
		"repository":    cmp.Or(seed.Repository, seed.Name),
		"tag":           seed.Tag,
	}
	if seed.Registry != "" {
		image["registry"] = seed.Registry
	}
	envs := make([]map[string]any, len(seed.Envs))
	for i, e := range seed.Envs {
		envs[i] = map[string]any{"key": e.Key, "value": e.Value, "scope": "RUN_TIME", "type": "GENERAL"}
		if e.Secret {
			envs[i]["type"] = "SECRET"
		}
	}
	return map[string]any{
		"name": seed.Name, "region": cmp.Or(seed.Region, "sgp"),
		"services": []any{map[string]any{
			"name": seed.Component, "image": image, "envs": envs,
			"http_port": 8069, "instance_count": 1, "instance_size_slug": cmp.Or(seed.Size, "apps-s-1vcpu-1gb"),
			"health_check": map[string]any{"http_path": "/web/health"},
		}},
	}
}

// app finds an app; nil where there is none. The caller holds mu.
func (p *Platform) app(id string) *app {
	for _, a := range p.apps {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// SetBuild says how the builds of deployments go that are created from now on.
// A rollback builds nothing, so it is not touched.
func (p *Platform) SetBuild(how Build) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.build = how
}

// SetHealth makes the app's components healthy, which they are at first, or
// unhealthy.
func (p *Platform) SetHealth(appID string, healthy bool) error {
	return p.change(appID, func(a *app) error {
		a.Unhealthy = !healthy
		return nil
	})
}

// Edit changes the app's spec in place: that of the app, and of each of its deployments,
// as if they had always been so.
func (p *Platform) Edit(appID string, edit func(spec map[string]any)) error {
	return p.change(appID, func(a *app) error {
		specs := []*json.RawMessage{&a.Spec, &a.Before}
		for _, d := range a.Deployments {
			specs, d.names = append(specs, &d.Spec), nil
		}
		for _, one := range specs {
			if *one == nil {
				continue
			}
			var spec map[string]any
			if err := json.Unmarshal(*one, &spec); err != nil {
				return err
			}
			edit(spec)
			text, err := json.Marshal(spec)
			if err != nil {
				return err
			}
			if *one, err = p.accept(a.ID, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// Maintenance starts a deployment of the app as it is, as the platform does by
// itself when it maintains its machines, and gives its ID.
func (p *Platform) Maintenance(appID string) (deploymentID string, err error) {
	return p.unasked(appID, maintenance)
}

// Push starts a deployment of the app as it is, as a new image or commit does
// where the spec says so, and gives its ID.
func (p *Platform) Push(appID string) (deploymentID string, err error) {
	return p.unasked(appID, push)
}

func (p *Platform) unasked(appID string, why cause) (id string, err error) {
	err = p.change(appID, func(a *app) error {
		if a.Pinned != "" {
			return pinned(a)
		}
		id = p.deploy(a, why, a.Spec, nil).ID
		return nil
	})
	return id, err
}

// change does something to an app outside the API.
func (p *Platform) change(appID string, do func(*app) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.app(appID)
	if a == nil {
		return fmt.Errorf("the platform has no app %s", appID)
	}
	if err := do(a); err != nil {
		return err
	}
	return p.save()
}

// Live tells the image tag, or else the branch, of the app's first component
// as it is live now, and the commit where it was built from one.
func (p *Platform) Live(appID string) (version, commit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.app(appID)
	if a == nil {
		return "", ""
	}
	active := a.active(p.now())
	if active == nil {
		return "", ""
	}
	serves := active.source()
	return serves.version, serves.commit
}

// Reign is the time from which a version was live.
type Reign struct {
	Since   time.Time
	Version string
}

// Reigns are the versions that were live until now, the oldest first.
func (p *Platform) Reigns(appID string) []Reign {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.app(appID)
	if a == nil {
		return nil
	}
	var all []Reign
	for _, d := range a.Deployments {
		if d.cameUp(p.now()) {
			all = append(all, Reign{d.upAt(), d.source().version})
		}
	}
	return all
}

// Named tells the version that a domain leads to as it is live now, as [Platform.Live]
// does for an app; empty if no app has the domain. It doesn't matter how far the domain
// has been set up.
func (p *Platform) Named(domain string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.leadsTo(domain, p.now())
}

// leadsTo tells the version that a domain led to. The caller holds mu.
func (p *Platform) leadsTo(domain string, at time.Time) string {
	for _, a := range p.apps {
		if live := a.active(at); live != nil && live.has(domain) {
			return live.source().version
		}
	}
	return ""
}

// NamedReigns are the versions that a domain led to until now, the oldest first.
func (p *Platform) NamedReigns(domain string) (all []Reign) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var changes []time.Time
	for _, a := range p.apps {
		for _, d := range a.Deployments {
			if d.cameUp(p.now()) {
				changes = append(changes, d.upAt())
			}
		}
	}
	slices.SortFunc(changes, time.Time.Compare)
	for _, at := range changes {
		if version := p.leadsTo(domain, at); version != "" && (len(all) == 0 || all[len(all)-1].Version != version) {
			all = append(all, Reign{at, version})
		}
	}
	return all
}

// Handler serves the API under /v2/.
func (p *Platform) Handler() http.Handler { return p.routes() }

// newID is a random UUID, version 4 (RFC 9562).
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
