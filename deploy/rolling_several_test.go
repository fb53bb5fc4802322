package deploy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/build"
)

// severalSpec is an app whose image runs in three components, and one that only shares
// the app.
const severalSpec = `{"name":"shop","region":"sgp",
	"services":[
		{"name":"web","image":{"registry_type":"GHCR","registry":"acme","repository":"shop","tag":"1.0"},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"},
		{"name":"docs","image":{"registry_type":"GHCR","registry":"acme","repository":"docs","tag":"7"},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"}],
	"workers":[{"name":"worker","image":{"registry_type":"GHCR","registry":"acme","repository":"shop","tag":"1.0"},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"}],
	"jobs":[{"name":"migrate","kind":"PRE_DEPLOY","image":{"registry_type":"GHCR","registry":"acme","repository":"shop","tag":"1.0"},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"}]}`

func several(t *testing.T, components string) *yard {
	t.Helper()
	return newYard(t, practice.App{Spec: json.RawMessage(severalSpec)}, strings.Replace(ofImage, "image_tag: web", "image_tag: "+components, 1))
}

// TestSeveralComponents deploys one version to several components in one write, and goes
// back.
func TestSeveralComponents(t *testing.T) {
	y := several(t, "[web, worker, migrate]")
	if got := y.strategy.App().String(); got != shop+"/web,worker,migrate" {
		t.Errorf("the app is named %s", got)
	}
	before := y.current()
	y.deploy("r1", "2.0")
	now := y.current()
	if now.Live.Version != "2.0" || before.Live.Version != "1.0" || now.Wanted != "2.0" {
		t.Errorf("live %+v after %+v", now, before)
	}
	app, err := y.client.App(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	for _, name := range []string{"web", "worker", "migrate", "docs"} {
		image, _ := app.Spec.Image(name)
		tags[name] = image.Tag
	}
	if diff := cmp.Diff(map[string]string{"web": "2.0", "worker": "2.0", "migrate": "2.0", "docs": "7"}, tags); diff != "" {
		t.Errorf("the tags differ (-want +got):\n%s", diff)
	}
	facts := map[string]string{}
	order := Order{Run: "r2", From: now.Live, To: build.Build{Version: "1.0", Deployment: before.Live.Deployment}}
	for _, step := range y.strategy.Rollback(Environment{Name: "production", Strategy: y.strategy}, order) {
		if step.Ask != nil {
			break
		}
		y.carry([]Step{step}, y.work(order, facts), facts)
	}
	if back := y.current(); back.Live.Version != "1.0" {
		t.Errorf("then live %+v", back.Live)
	}
}

// TestComponentsApart looks at components that should have one version and don't: nothing
// counts as live.
func TestComponentsApart(t *testing.T) {
	web := several(t, "web")
	web.deploy("r1", "2.0")
	both := &rolling{client: web.client, app: shop, as: VersionAs{ImageTag: components{"web", "worker"}}}
	now, err := both.Current(t.Context())
	if err != nil || now.Live.Version != "" || !strings.HasPrefix(now.Unnamed, "web has 2.0, worker has 1.0; check that version_as") {
		t.Errorf("got %+v, %v", now, err)
	}
}

// TestNotes tells before a deployment which jobs it runs, and what it leaves behind.
func TestNotes(t *testing.T) {
	const migrates = "the job migrate runs with the new version before it goes live; if it fails, nothing is replaced, and a rollback doesn't undo what it did"
	for components, want := range map[string][]string{
		"[web, worker, migrate]": {migrates},
		"[web, migrate]":         {"worker comes from the same source and keeps 1.0; if it belongs to the release, add it to version_as", migrates},
		"web": {"worker comes from the same source and keeps 1.0; if it belongs to the release, add it to version_as",
			"the job migrate runs before the new version goes live, and keeps 1.0; a rollback doesn't undo what it did"},
	} {
		t.Run(components, func(t *testing.T) {
			if diff := cmp.Diff(want, several(t, components).current().Notes); diff != "" {
				t.Errorf("the notes differ (-want +got):\n%s", diff)
			}
		})
	}
}

// TestComponentFaults holds wrong names of components against what is said of them.
func TestComponentFaults(t *testing.T) {
	for components, want := range map[string]string{
		"[]": "version_as needs either image_tag or git_ref", `""`: "isn't the name of a component", "[web, web]": "names web twice", "[web, Worker]": `"Worker" isn't the name of a component`, `"web,worker"`: "isn't the name",
	} {
		_, err := buildRolling(strings.Replace(ofImage, "image_tag: web", "image_tag: "+components, 1), nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", components, err, want)
		}
	}
}
