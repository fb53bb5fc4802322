package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/build"
)

const (
	routeDeployment = "GET /v2/apps/{id}/deployments/{did}"
	routeHealth     = "GET /v2/apps/{id}/health"
)

// begun is a deployment of 2.0 that the platform has just taken.
func (y *yard) begun() (steps []Step, w Work, facts map[string]string) {
	y.Helper()
	facts = map[string]string{}
	o := Order{Run: "r1", To: build.Build{Version: "2.0"}}
	w = y.work(o, facts)
	steps = y.strategy.Deploy(Environment{Name: "staging", Strategy: y.strategy}, o)
	y.carry(steps[:3], w, facts)
	return steps[3:], w, facts
}

// calls counts the calls of a route from now on, and does something at the first.
func (y *yard) calls(route string, first func()) *int {
	n := new(int)
	y.platform.OnCall(func(c practice.Call) practice.Fault {
		if c.Route != route {
			return practice.Fault{}
		}
		if *n++; *n == 1 && first != nil {
			return practice.Fault{Before: first}
		}
		return practice.Fault{}
	})
	return n
}

func (y *yard) maintain() {
	y.Helper()
	if _, err := y.platform.Maintenance(shop); err != nil {
		y.Fatal(err)
	}
}

// The platform supersedes a deployment with one of the same version and mark:
// that one is followed, and recorded.
func TestSupersededBySameIsFollowed(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	steps, w, facts := y.begun()
	ours := facts[factDeployment]
	y.calls(routeDeployment, y.maintain)
	y.carry(steps, w, facts)
	live := y.current().Live
	if live.Deployment == ours || live.Version != "2.0" {
		t.Fatalf("live is %+v, want 2.0 in the deployment that superseded %s", live, ours)
	}
	at := steps[len(steps)-1].Record(w)
	if at == nil || at.Build.Deployment != live.Deployment || at.Spec == "" {
		t.Errorf("records %+v, want deployment %s and its configuration", at, live.Deployment)
	}
}

func TestSupersededByAnotherVersion(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	steps, w, _ := y.begun()
	y.calls(routeDeployment, func() { y.console("3.0") })
	if _, err := steps[0].Watch(t.Context(), w); err == nil || !strings.Contains(err.Error(), "another deployment has replaced") {
		t.Errorf("followed to %v, want that another deployment has replaced it", err)
	}
}

// console writes another tag into the spec, as a person does in the console.
func (y *yard) console(tag string) {
	y.Helper()
	app, err := y.client.App(y.Context(), shop)
	if err != nil {
		y.Fatal(err)
	}
	spec, err := app.Spec.WithImageTag("web", tag)
	if err != nil {
		y.Fatal(err)
	}
	if _, _, err := y.client.Update(y.Context(), shop, spec); err != nil {
		y.Fatal(err)
	}
}

// A deployment is replaced with the same after it was healthy: the one that is
// live is verified, after it was healthy too.
func TestReplacedBySameIsMeasuredAgain(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	steps, w, facts := y.begun()
	y.carry(steps[:3], w, facts) // up to the smoke gates
	y.maintain()
	y.now = y.now.Add(time.Hour)
	looks := y.calls(routeHealth, nil)
	y.carry(steps[3:], w, facts)
	if *looks != 3 {
		t.Errorf("its health was looked at %d times, want 3", *looks)
	}
	if live := y.current().Live.Deployment; facts[factDeployment] != live {
		t.Errorf("verified deployment %s, and %s is live", facts[factDeployment], live)
	}
}

func TestReplacedBySameThatIsNotHealthy(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	steps, w, facts := y.begun()
	y.carry(steps[:3], w, facts)
	y.maintain()
	y.now = y.now.Add(time.Hour)
	if err := y.platform.SetHealth(shop, false); err != nil {
		t.Fatal(err)
	}
	ended := errors.New("the time was over")
	w.Pause = func(context.Context, time.Duration) error { return ended }
	if _, err := steps[3].Watch(t.Context(), w); err == nil || !strings.Contains(err.Error(), "did not get healthy") {
		t.Errorf("verified with %v, want that it did not get healthy", err)
	}
}

// The platform may not know for some seconds what it has just named.
func TestDeploymentNotShownYet(t *testing.T) {
	for _, tt := range []struct {
		name   string
		absent int
		want   string // part of the error
	}{{"for some seconds", 4, ""}, {"for good", 1 << 20, "404"}} {
		t.Run(tt.name, func(t *testing.T) {
			y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
			steps, w, _ := y.begun()
			began, n := y.now, 0
			y.platform.OnCall(func(c practice.Call) practice.Fault {
				if c.Route == routeDeployment {
					if n++; n <= tt.absent {
						return practice.Fault{Status: http.StatusNotFound}
					}
				}
				return practice.Fault{}
			})
			_, err := steps[0].Watch(t.Context(), w)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("followed to %v, want %q", err, tt.want)
			}
			if waited := y.now.Sub(began); tt.want != "" && (waited < 10*time.Second || waited > time.Minute) {
				t.Errorf("gave up after %s, want after some seconds", waited)
			}
		})
	}
}

// An app of static sites has no health to tell: it is healthy when its
// deployment is active.
func TestStaticSitesAreHealthyByPhase(t *testing.T) {
	spec := func(part string) json.RawMessage {
		return json.RawMessage(`{"name":"shop","region":"sgp","static_sites":[{"name":"web","git":{"repo_clone_url":"https://example.com/shop.git","branch":"1.0"}}]` + part + `}`)
	}
	y := newYard(t, practice.App{Spec: spec("")}, "{connection: cloud, app: "+shop+", version_as: {git_ref: web}}")
	y.deploy("r1", "2.0")
	if live := y.current().Live.Version; live != "2.0" {
		t.Errorf("%s is live, want 2.0", live)
	}
}

// What is live differs where its version, image or configuration does, and not
// where the platform deploys the same again.
func TestCurrentTellsWhatItIsMadeOf(t *testing.T) {
	y := newYard(t, practice.App{Component: "web", Tag: "1.0"}, ofImage)
	y.deploy("r1", "2.0")
	first := y.current()
	y.maintain()
	y.now = y.now.Add(time.Hour)
	again := y.current()
	if again.Live.Deployment == first.Live.Deployment || again.Spec != first.Spec || again.Digest != first.Digest {
		t.Errorf("maintenance made %+v of %+v, want another deployment of the same", again, first)
	}
	if was, err := y.strategy.Was(t.Context(), first.Live.Deployment); err != nil || was.Live != first.Live || was.Spec != first.Spec {
		t.Errorf("the first was %+v, %v; want as it was told before", was, err)
	}
	if _, err := y.strategy.Was(t.Context(), "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90"); !isGone(err) {
		t.Errorf("a deployment of another app: %v, want one that is gone", err)
	}
	if _, err := y.platform.Push(shop); err != nil {
		t.Fatal(err)
	}
	y.now = y.now.Add(time.Hour)
	if pushed := y.current(); pushed.Digest == first.Digest {
		t.Errorf("a pushed image is told as %+v, the same as before", pushed)
	}
	y.console("2.1")
	y.now = y.now.Add(time.Hour)
	if hotfix := y.current(); hotfix.Live.Version != "2.1" || hotfix.Spec == first.Spec {
		t.Errorf("the console's is told as %+v, want 2.1 with another configuration", hotfix)
	}
}

func TestVersionsThatThePlatformCannotHave(t *testing.T) {
	tags, refs := &rolling{as: VersionAs{ImageTag: components{"web"}}}, &rolling{as: VersionAs{GitRef: components{"web"}}}
	for _, tt := range []struct {
		version  string
		tag, ref bool // it can be one
	}{
		{"1.2.3", true, true}, {"v1.2.3-rc.1", true, true}, {"19.0.1_hotfix", true, true}, {strings.Repeat("7", 70), true, true},
		{"1.2.3+build.5", false, true}, {"service/v1.2.3", false, true}, {strings.Repeat("7", 129), false, true},
		{"1.0 final", false, false}, {"-1", false, false}, {".1", false, false}, {"1..2", true, false}, {"1.lock", true, false}, {"1~2", false, false}, {"", false, false}, {"é", false, true},
	} {
		if got := tags.Refuses(tt.version) == ""; got != tt.tag {
			t.Errorf("%q can be a tag: %t, want %t: %s", tt.version, got, tt.tag, tags.Refuses(tt.version))
		}
		if got := refs.Refuses(tt.version) == ""; got != tt.ref {
			t.Errorf("%q can be a ref: %t, want %t: %s", tt.version, got, tt.ref, refs.Refuses(tt.version))
		}
	}
}

// An environment whose component shares its app with another's is not told
// that its configuration has changed when the other is deployed.
func TestSharedAppIsToldApart(t *testing.T) {
	spec := json.RawMessage(`{"name":"shop","region":"sgp","services":[
		{"name":"web","image":{"registry_type":"GHCR","repository":"web","tag":"1.0"},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"},
		{"name":"api","image":{"registry_type":"GHCR","repository":"api","tag":"7"},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"}]}`)
	y := newYard(t, practice.App{Spec: spec}, ofImage)
	api := &rolling{y.client, shop, VersionAs{ImageTag: components{"api"}}, func(string) []string { return []string{"web", "api"} }}
	before, err := api.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	y.deploy("r1", "2.0")
	after, err := api.Current(t.Context())
	if err != nil || after.Live.Version != "7" || after.Spec != before.Spec || after.Live.Deployment == before.Live.Deployment {
		t.Errorf("web was deployed, and api is %+v after %+v (%v); want the same in another deployment", after, before, err)
	}
}
