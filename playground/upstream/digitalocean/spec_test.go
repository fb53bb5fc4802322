package digitalocean_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/digitalocean/godo"
	"github.com/google/go-cmp/cmp"

	"gonogo/playground/upstream/digitalocean"
)

// TestSpecRefusals sends specs with one thing wrong in each.
func TestSpecRefusals(t *testing.T) {
	a := open(t)
	const web = `{"name":"web","image":{"registry_type":"GHCR","repository":"shop/odoo","tag":"1.0"}%s}`
	with := func(more string) string { return strings.Replace(web, "%s", more, 1) }
	services := func(list string) string { return `{"name":"shop","services":[` + list + `]}` }
	for _, c := range []struct{ name, spec, want string }{
		{"no spec", `null`, `spec is required`},
		{"an unknown field", `{"name":"shop","sevices":[]}`, `error parsing app spec: unknown field "sevices"`},
		{"an unknown field below", services(with(`,"instance_cuont":2`)), `unknown field "instance_cuont"`},
		{"a wrong type", services(with(`,"instance_count":"2"`)), `error parsing app spec: cannot unmarshal string`},
		{"a name", `{"name":"Shop","services":[` + with("") + `]}`, `field "name"`},
		{"no component", `{"name":"shop"}`, `at least one component`},
		{"null for a component", services(`null`), `field "services.name"`},
		{"a component's name", services(strings.Replace(with(""), "web", "w", 1)), `field "services.name"`},
		{"two of a name", services(with("") + "," + with("")), `there is another component "web"`},
		{"a region", `{"name":"shop","region":"mars","services":[` + with("") + `]}`, `field "region": "mars" is not a region`},
		{"a size", services(with(`,"instance_size_slug":"huge"`)), `"huge" is not an instance size`},
		{"two of a single size", services(with(`,"instance_size_slug":"apps-s-1vcpu-0.5gb","instance_count":2`)), `field "services.instance_count"`},
		{"a variable's name", services(with(`,"envs":[{"key":"1A","value":"x"}]`)), `"1A" is not a variable's name`},
		{"a variable twice", services(with(`,"envs":[{"key":"A"},{"key":"A"}]`)), `there is another variable "A"`},
		{"a scope", services(with(`,"envs":[{"key":"A","scope":"ALWAYS"}]`)), `field "services.envs.scope"`},
		{"a type", services(with(`,"envs":[{"key":"A","type":"HIDDEN"}]`)), `field "services.envs.type"`},
		{"an empty secret", services(with(`,"envs":[{"key":"A","type":"SECRET"}]`)), `the secret "A" needs a value`},
		{"a secret of the app", `{"name":"shop","envs":[{"key":"A","type":"SECRET"}],"services":[` + with("") + `]}`, `field "envs.value"`},
		{"no source", services(`{"name":"web"}`), `needs one source, and has 0`},
		{"two sources", services(with(`,"git":{"repo_clone_url":"https://git.test/a.git","branch":"main"}`)), `needs one source, and has 2`},
		{"a repository", services(`{"name":"web","github":{"repo":"odoo","branch":"main"}}`), `is not OWNER/NAME`},
		{"a branch", services(`{"name":"web","github":{"repo":"shop/odoo"}}`), `needs a repository and a branch`},
		{"a registry type", services(`{"name":"web","image":{"repository":"shop/odoo"}}`), `field "services.image.registry_type"`},
		{"DOCR with a registry", services(`{"name":"web","image":{"registry_type":"DOCR","registry":"x","repository":"shop/odoo"}}`), `field "services.image.registry"`},
		{"tag and digest", services(`{"name":"web","image":{"registry_type":"GHCR","repository":"shop/odoo","tag":"1.0","digest":"sha256:00"}}`), `field "services.image.digest"`},
		{"a domain", `{"name":"shop","domains":[{"domain":"shop.test","minimum_tls_version":"1.1"}],"services":[` + with("") + `]}`, `field "domains.minimum_tls_version"`},
		{"two primary domains", `{"name":"shop","domains":[{"domain":"a.test","type":"PRIMARY"},{"domain":"b.test","type":"PRIMARY"}],"services":[` + with("") + `]}`, `more than one PRIMARY`},
	} {
		got, _ := a.send("PUT", "", `{"spec":`+c.spec+`}`)
		if got.Status != 400 || got.ID != "bad_request" || !strings.Contains(got.Message, c.want) {
			t.Errorf("%s: got %+v, want 400 with %s", c.name, got, c.want)
		}
	}
	if got := a.Writes(); len(got) != 0 {
		t.Errorf("got the writes %v, want none", got)
	}
	if n := len(a.app().Spec.Services[0].Envs); n != 2 {
		t.Errorf("the spec has %d variables after all the refusals, want 2 still", n)
	}
}

// values are the variables of the component web, with their types.
func values(spec *godo.AppSpec) map[string]string {
	all := map[string]string{}
	for _, v := range spec.Services[0].Envs {
		all[v.Key] = v.Value
	}
	return all
}

// TestSecrets wants a secret given back encrypted, taken back as it was given,
// and refused when it was altered or comes from another app.
func TestSecrets(t *testing.T) {
	a := open(t)
	const other = "0831f444-a1a7-11ed-828c-ef59494480b5"
	if err := a.Seed(digitalocean.App{ID: other, Name: "other", Component: "web", Tag: "1.0", Envs: []digitalocean.Env{{Key: "PASSWORD", Value: "swordfish", Secret: true}}}); err != nil {
		t.Fatal(err)
	}
	spec := a.app().Spec
	sealed := values(spec)["PASSWORD"]
	if !strings.HasPrefix(sealed, "EV[1:") || strings.Contains(sealed, "hunter2") {
		t.Fatalf("got the secret as %q", sealed)
	}
	a.update("1.1")
	if got := values(a.app().Spec)["PASSWORD"]; got != sealed {
		t.Errorf("after it was put back: got %q, want %q", got, sealed)
	}
	foreign, _, err := a.client.Apps.Get(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"cut short": sealed[:len(sealed)-2], "altered": sealed[:8] + "AA" + sealed[10:], "another app's": values(foreign.Spec)["PASSWORD"], "nonsense": "EV[1:x:y]",
	} {
		spec.Services[0].Envs[1].Value = value
		_, response, err := a.client.Apps.Update(t.Context(), appID, &godo.AppUpdateRequest{Spec: spec})
		if err == nil || response.StatusCode != 400 || !strings.Contains(err.Error(), "not one that was given out for this app") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	spec.Services[0].Envs[1].Value, spec.Services[0].Envs[1].Type = sealed, godo.AppVariableType_General
	if _, _, err := a.client.Apps.Update(t.Context(), appID, &godo.AppUpdateRequest{Spec: spec}); err == nil {
		t.Error("an encrypted value was taken for a plain one")
	}
	spec.Services[0].Envs = spec.Services[0].Envs[:1]
	if _, _, err := a.client.Apps.Update(t.Context(), appID, &godo.AppUpdateRequest{Spec: spec}); err != nil {
		t.Fatal(err)
	}
	if got := values(a.app().Spec); len(got) != 1 {
		t.Errorf("PUT without the secret: got the variables %v, want it gone", got)
	}
}

// TestSpecIsKept wants every field of a spec back as it was sent.
func TestSpecIsKept(t *testing.T) {
	a := open(t)
	sent := `{"name":"shop","region":"fra","features":["buildpack-stack=ubuntu-22"],
		"services":[{"name":"web","image":{"registry_type":"DOCR","repository":"shop/odoo","tag":"1.1","deploy_on_push":{"enabled":false}},
			"liveness_health_check":{"http_path":"/live","success_threshold":1},"termination":{"grace_period_seconds":30},"instance_count":1,
			"autoscaling":{"min_instance_count":1,"max_instance_count":3,"metrics":{"cpu":{"percent":70}}}}],
		"jobs":[{"name":"migrate","kind":"PRE_DEPLOY","github":{"repo":"shop/odoo","branch":"main","deploy_on_push":false}}],
		"alerts":[{"rule":"DEPLOYMENT_FAILED"}],"maintenance":{"enabled":false},"ingress":{"rules":[{"component":{"name":"web"},"match":{"path":{"prefix":"/"}}}]}}`
	if got, _ := a.send("PUT", "", `{"spec":`+sent+`}`); got.Status != 200 {
		t.Fatalf("got %+v", got)
	}
	_, text := a.send("GET", "", "")
	var got struct {
		App struct {
			Spec    any
			Region  struct{ Slug string }
			Pending struct{ Spec any } `json:"pending_deployment"`
		}
	}
	var want any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(sent), &want); err != nil {
		t.Fatal(err)
	}
	for name, spec := range map[string]any{"the app's": got.App.Spec, "the deployment's": got.App.Pending.Spec} {
		if diff := cmp.Diff(want, spec); diff != "" {
			t.Errorf("%s spec (-sent +got):\n%s", name, diff)
		}
	}
	if got.App.Region.Slug != "fra" {
		t.Errorf("got the region %q, want fra", got.App.Region.Slug)
	}
}

func TestPropose(t *testing.T) {
	a := open(t)
	spec := a.app().Spec
	spec.Services[0].InstanceCount = 2
	for _, c := range []struct {
		appID     string
		available bool
	}{{appID, true}, {"", false}} {
		request := &godo.AppProposeRequest{Spec: spec, AppID: c.appID}
		if c.appID == "" {
			spec.Services[0].Envs[1].Value = "plain again" // what is encrypted is another app's
		}
		got, _, err := a.client.Apps.Propose(t.Context(), request)
		if err != nil || got.AppCost != 24 || got.AppNameAvailable != c.available || (got.AppNameSuggestion == "") != c.available {
			t.Errorf("for the app %q: got %+v, %v, want 24 dollars and the name available: %v", c.appID, got, err, c.available)
		}
	}
	if n := a.app().Spec.Services[0].InstanceCount; n != 1 {
		t.Errorf("the app has %d instances after a proposal, want 1 still", n)
	}
}
