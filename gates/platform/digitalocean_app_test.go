package platform

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	cloud "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

const (
	shopID  = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"
	hollow  = "5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01" // an app of nothing but a static site
	shopURL = "https://shop.example/"
	token   = "dop_v1_practice"
)

const shopSpec = `{"name": "shop", "region": "sgp", "services": [
	{"name": "web", "image": {"registry_type": "GHCR", "repository": "shop/odoo", "tag": "1"}, "instance_size_slug": "apps-d-1vcpu-2gb", "instance_count": 2,
	 "health_check": {"http_path": "/web/health"}, "log_destinations": [{"name": "papertrail", "papertrail": {"endpoint": "logs.papertrailapp.com:12345"}}],
	 "envs": [{"key": "WORKERS", "value": "4", "scope": "RUN_TIME"}, {"key": "PASSWORD", "value": "` + gatestest.Canary + `", "type": "SECRET"}]},
	{"name": "api", "image": {"registry_type": "GHCR", "repository": "shop/api", "tag": "1"}, "instance_size_slug": "apps-d-1vcpu-2gb",
	 "autoscaling": {"min_instance_count": 2, "max_instance_count": 5, "metrics": {"cpu": {"percent": 80}}}, "health_check": {"port": 80}}],
	"workers": [{"name": "cron", "image": {"registry_type": "GHCR", "repository": "shop/cron", "tag": "1"}, "instance_size_slug": "apps-s-1vcpu-1gb"}],
	"jobs": [{"name": "migrate", "kind": "PRE_DEPLOY", "image": {"registry_type": "GHCR", "repository": "shop/odoo", "tag": "1"}, "instance_size_slug": "apps-s-1vcpu-1gb"}],
	"domains": [{"domain": "shop.example", "type": "PRIMARY", "minimum_tls_version": "1.3"}, {"domain": "old.example"}]}`

const hollowSpec = `{"name": "hollow", "static_sites": [{"name": "site", "github": {"repo": "acme/site", "branch": "main"}}]}`

// account is a practice platform with the apps of these tests, and the clock that both
// go by.
type account struct {
	*cloud.Platform
	deps gates.Deps
	now  time.Time
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	slow := cloud.Pace{PendingBuild: time.Minute, Building: time.Minute, PendingDeploy: time.Minute, Deploying: time.Minute}
	platform, err := cloud.New(cloud.Options{Token: token, Pace: slow, Now: func() time.Time { return a.now }})
	if err != nil {
		t.Fatal(err)
	}
	a.Platform = platform
	for _, app := range []cloud.App{{ID: shopID, Name: "shop", URL: strings.TrimSuffix(shopURL, "/"), Spec: json.RawMessage(shopSpec)}, {ID: hollow, Name: "hollow", Spec: json.RawMessage(hollowSpec)}} {
		if err := platform.Seed(app); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(platform.Handler())
	t.Cleanup(server.Close)
	a.deps = gates.Deps{Dir: t.TempDir(), Connections: map[string]connection.Connection{"cloud": gatestest.PlatformAt(t, server.URL, token), "wrong": gatestest.PlatformAt(t, server.URL, "other")}}
	return a
}

// measure runs a gate with settings that follow the connection and the app.
func (a *account) measure(t *testing.T, kind gates.Kind, settings string) answer.Evidence {
	t.Helper()
	for _, one := range []string{"app: " + shopID, "connection: cloud"} {
		if key, _, _ := strings.Cut(one, ":"); !strings.Contains(settings, key+":") {
			settings = strings.TrimSuffix(one+", "+settings, ", ")
		}
	}
	b := kindtest.Built(t, kind, "{"+settings+"}", a.deps)
	ev := kindtest.Measured(t, b, gates.Scope{View: readiness.View{Now: a.now}, TargetURL: shopURL})
	text, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), gatestest.Canary) || strings.Contains(string(text), "EV[") {
		t.Errorf("%s: a value is in %s", settings, text)
	}
	return ev
}

func TestDigitalOceanApp(t *testing.T) {
	a := newAccount(t)
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{``, answer.Passed, "a deployment is active; 3 components healthy"},
		{`live_url: "{target.url}"`, answer.Passed, "it is live at https://shop.example"},
		{`live_url: "https://SHOP.example/"`, answer.Passed, ""},
		{`live_url: "https://staging.example"`, answer.Failed, "it is live at https://shop.example, not at https://staging.example"},
		{`components: {web: {size: apps-d-1vcpu-2gb, instances: ">= 2", health_check: /web/health}}`, answer.Passed, "web has 2 instances"},
		{`components: {web: {size: apps-d-2vcpu-4gb}}`, answer.Failed, "web: instance size is apps-d-1vcpu-2gb, limit apps-d-2vcpu-4gb"},
		{`components: {web: {instances: ">= 3"}}`, answer.Failed, "web: instances is 2, limit >= 3"},
		{`components: {web: {instances: ">= 2", warn: ">= 3"}}`, answer.Warned, "web has 2 instances, warning limit >= 3"},
		{`components: {api: {instances: 2}}`, answer.Passed, ""},
		{`components: {cron: {instances: 1}}`, answer.Passed, "cron has 1 instance"},
		{`components: {web: {health_check: /health}}`, answer.Failed, "the health check of web asks for /web/health, not for /health"},
		{`components: {api: {health_check: /health}}`, answer.Failed, "api has no health check with a path"},
		{`components: {wbe: {}}`, answer.Failed, `the live app has no component "wbe"; it has web, api, cron, migrate`},
		{`health_checks: true`, answer.Failed, "no health check for api, cron"},
		{`log_forwarding: true`, answer.Failed, "no log forwarding for api, cron, migrate"},
		{`domains: {shop.example: {certificate_days: ">= 30", minimum_tls: "1.3"}}`, answer.Passed, "the certificate of shop.example lasts 60 more days"},
		{`domains: {shop.example.: {certificate_days: ">= 61"}}`, answer.Failed, "days left is 60, limit >= 61"},
		{`domains: {shop.example: {warn: ">= 61"}}`, answer.Warned, "lasts 60 more days, warning limit >= 61"},
		{`domains: {old.example: {minimum_tls: "1.2"}}`, answer.Failed, "minimum TLS is not set, limit 1.2"},
		{`domains: {other.example: {}}`, answer.Failed, "the app has no domain other.example"},
		{`spec: app.json`, answer.NotConfigured, "there is no file app.json"},
		{`connection: wrong`, answer.Errored, "the token is wrong or has expired"},
		{`app: 11111111-1e90-4762-9fee-6cc4a0a9f2cf`, answer.Errored, "check the app's ID in the configuration"},
		{`app: ` + hollow, answer.Passed, "a deployment is active; nothing runs that has a health"},
		{`app: ` + hollow + `, health_checks: true`, answer.Failed, "the app has no services or workers"},
		{`app: ` + hollow + `, log_forwarding: true`, answer.Failed, "the app has no components with a log"},
	} {
		if said := kindtest.Odd(a.measure(t, DigitalOceanApp, tt.settings), tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", tt.settings, said)
		}
	}
}

// TestDigitalOceanAppChanges looks at the app while something happens to it.
func TestDigitalOceanAppChanges(t *testing.T) {
	a := newAccount(t)
	soon := a.now.Add(36 * time.Hour)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	looks := func(settings string, verdict answer.Verdict, words string) {
		t.Helper()
		if said := kindtest.Odd(a.measure(t, DigitalOceanApp, settings), verdict, words); said != "" {
			t.Error(said)
		}
	}
	const domain = `domains: {shop.example: {certificate_days: ">= 14"}}`
	do(a.SetHealth(shopID, false))
	looks("", answer.Failed, "web is unhealthy")
	do(a.SetHealth(shopID, true))
	do(a.SetDomain(shopID, cloud.Domain{Name: "shop.example", Phase: "CONFIGURING"}))
	looks("domains: {shop.example: {}}", answer.Failed, "shop.example is not active yet (CONFIGURING)")
	do(a.SetDomain(shopID, cloud.Domain{Name: "shop.example", Phase: "ERROR", Expires: soon}))
	looks("domains: {shop.example: {}}", answer.Failed, "DigitalOcean couldn't set up shop.example")
	do(a.SetDomain(shopID, cloud.Domain{Name: "shop.example", Phase: "ACTIVE"}))
	looks(domain, answer.Errored, "DigitalOcean doesn't say when the certificate of shop.example expires")
	do(a.SetDomain(shopID, cloud.Domain{Name: "shop.example", Phase: "ACTIVE", Expires: soon}))
	looks(domain, answer.Failed, "days left is 1, limit >= 14")
	do(a.SetDomain(shopID, cloud.Domain{Name: "shop.example", Phase: "ACTIVE", Expires: a.now}))
	looks("domains: {shop.example: {}}", answer.Failed, "the certificate of shop.example has expired")
	do(a.SetDomain(shopID, cloud.Domain{Name: "shop.example", Phase: "UNKNOWN", Expires: soon}))
	looks("domains: {shop.example: {}}", answer.Errored, "DigitalOcean doesn't know the state of shop.example")
	_, err := a.Maintenance(shopID)
	do(err)
	looks("", answer.Warned, "another deployment is under way (PENDING_BUILD)")
	a.now = a.now.Add(time.Hour)
	looks("", answer.Passed, "a deployment is active")
	a.OnCall(func(c cloud.Call) cloud.Fault {
		if strings.HasSuffix(c.Route, "/health") {
			return cloud.Fault{Status: 503}
		}
		return cloud.Fault{}
	})
	looks("", answer.Errored, "read the app's health but responded with 503")
}

func TestDigitalOceanAppSpec(t *testing.T) {
	a := newAccount(t)
	for _, tt := range []struct {
		name, old, by, more string
		verdict             answer.Verdict
		words               string
	}{
		{"the same", "", "", "", answer.Passed, "the live spec agrees with app.json"},
		{"another count", `"instance_count": 2`, `"instance_count": 3`, "", answer.Failed, "the live app and app.json differ in 1 place: services.web.instance_count differs"},
		{"what may differ", `"tag": "1"}, "instance_size_slug": "apps-d-1vcpu-2gb", "instance_count": 2`, `"tag": "2"}, "instance_size_slug": "apps-d-1vcpu-2gb", "instance_count": 2`, ", ignore: [services.*.image.tag]", answer.Passed, ""},
		{"what may differ elsewhere", `"instance_count": 2`, `"instance_count": 3`, ", ignore: [services.api]", answer.Failed, "services.web.instance_count differs"},
		{"a variable less", `{"key": "WORKERS", "value": "4", "scope": "RUN_TIME"}, `, ``, "", answer.Failed, "services.web.envs.WORKERS is only in the app"},
		{"no longer secret", `, "type": "SECRET"`, ``, "", answer.Failed, "services.web.envs.PASSWORD.type is only in the app"},
		{"torn", `}]}`, ``, "", answer.Errored, "app.json can't be read: it isn't JSON"},
	} {
		text := shopSpec
		if tt.old != "" {
			text = strings.Replace(shopSpec, tt.old, tt.by, 1)
		}
		if err := os.WriteFile(filepath.Join(a.deps.Dir, "app.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if said := kindtest.Odd(a.measure(t, DigitalOceanApp, "spec: app.json"+tt.more), tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", tt.name, said)
		}
	}
}

func TestDigitalOceanAppFaults(t *testing.T) {
	a := newAccount(t)
	for settings, want := range map[string]string{
		`{connection: cloud}`:            "app is missing; write the app's ID, which doctl apps list shows",
		`{connection: cloud, app: shop}`: "this can't be the ID of an app, which looks like 4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf; write the one that doctl apps list shows",
		`{connection: cloud, app: ` + shopID + `, domains: {a.example: {minimum_tls: "1.1"}}}`: `minimum_tls is "1.2" or "1.3", in quotes`,
		`{connection: cloud, app: ` + shopID + `, ignore: [services]}`:                         "ignore is about the places of a spec, and there is none; write spec, too",
		`{app: ` + shopID + `}`: "connection is missing; name one of kind digitalocean",
	} {
		if got := kindtest.Faulty(t, DigitalOceanApp, settings, a.deps); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", settings, got, want)
		}
	}
}
