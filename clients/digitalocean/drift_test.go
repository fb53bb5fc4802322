package digitalocean_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/digitalocean"
)

const driftText = `{"name": "shop", "services": [
  {"name": "web", "instance_count": 2, "image": {"tag": "1"}, "envs": [{"key": "A", "value": "a", "scope": "RUN_AND_BUILD_TIME"}, {"key": "B", "type": "SECRET", "value": "EV[1:n:c]"}]},
  {"name": "api", "instance_count": 1, "internal_ports": [80, 81]}], "alerts": [{"rule": "DOMAIN_FAILED"}], "static_sites": null}`

func TestDifferences(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"the same", driftText, nil},
		{"another order", `{"alerts": [{"rule": "DOMAIN_FAILED"}], "services": [{"internal_ports": [80, 81], "name": "api"},
			{"envs": [{"key": "B", "type": "SECRET", "value": "EV[1:n:c]"}, {"value": "a", "key": "A"}], "image": {"tag": "1"}, "instance_count": 2, "name": "web"}], "name": "shop"}`, nil},
		{"a plain secret", strings.Replace(driftText, "EV[1:n:c]", "hunter2", 1), nil},
		{"a secret without its value", strings.Replace(driftText, `, "value": "EV[1:n:c]"`, "", 1), nil},
		{"a secret that isn't one", strings.Replace(driftText, `"type": "SECRET", `, "", 1), []string{"services.web.envs.B.type is only in the app"}},
		{"another count", strings.Replace(driftText, `"instance_count": 2`, `"instance_count": 3`, 1), []string{"services.web.instance_count differs"}},
		{"another value", strings.Replace(driftText, `"value": "a"`, `"value": "b"`, 1), []string{"services.web.envs.A.value differs"}},
		{"another list", strings.Replace(driftText, `[80, 81]`, `[81, 80]`, 1), []string{"services.api.internal_ports differs"}},
		{"no variable", strings.Replace(driftText, `{"key": "A", "value": "a", "scope": "RUN_AND_BUILD_TIME"}, `, "", 1), []string{"services.web.envs.A is only in the app"}},
		{"another component", strings.Replace(driftText, `"name": "api"`, `"name": "cron"`, 1), []string{"services.api is only in the app", "services.cron is only in the file"}},
		{"a worker more", strings.Replace(driftText, `"static_sites": null`, `"workers": [{"name": "cron"}]`, 1), []string{"workers.cron is only in the file"}},
		{"a shape", `{"name": "shop", "services": "none"}`, []string{"alerts.DOMAIN_FAILED is only in the app", "services differs"}},
	} {
		file, err := digitalocean.ParseSpec([]byte(tt.file))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		found, err := spec(driftText).Differences(file)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var got []string
		for _, d := range found {
			got = append(got, d.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestDifferencesOfEncrypted: the app has a plain value where the file has an encrypted
// one.
func TestDifferencesOfEncrypted(t *testing.T) {
	app := spec(strings.Replace(driftText, "EV[1:n:c]", "plain", 1))
	found, err := app.Differences(spec(driftText))
	if err != nil || len(found) != 1 || found[0].Path != "services.web.envs.B.value" {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestParseSpecFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "it isn't JSON with an app's spec; write it with doctl apps spec get ID --format json",
		"[]":                 "it isn't JSON with an app's spec; write it with doctl apps spec get ID --format json",
		"null":               "it is an empty spec",
		"{}":                 "it is an empty spec",
		"{\n\"a\": 1,\n}":    "it isn't JSON (line 3); write it with doctl apps spec get ID --format json",
		"name: shop\n":       "it isn't JSON (line 1); write it with doctl apps spec get ID --format json",
		`{"name": "a"} more`: "there is something after the spec",
	} {
		if _, err := digitalocean.ParseSpec([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestComponents(t *testing.T) {
	all, err := spec(`{"name": "shop", "services": [{"name": "web", "instance_size_slug": "basic-m", "autoscaling": {"min_instance_count": 2, "max_instance_count": 5},
		"health_check": {"http_path": "/health"}, "log_destinations": [{"name": "papertrail"}], "envs": [{"key": "A", "type": "SECRET", "value": "EV[1:n:c]"}, {"key": "B"}]}],
		"workers": [{"name": "cron", "liveness_health_check": {}}], "jobs": null}`).Components()
	if err != nil {
		t.Fatal(err)
	}
	want := []digitalocean.Component{
		{Kind: "services", Name: "web", Size: "basic-m", Instances: 2, MostInstances: 5, Health: &digitalocean.HealthCheck{HTTPPath: "/health"}, LogDestinations: []string{"papertrail"},
			Variables: []digitalocean.Variable{{Key: "A", Secret: true, Encrypted: true}, {Key: "B", Empty: true}}},
		{Kind: "workers", Name: "cron", Instances: 1, MostInstances: 1, Liveness: &digitalocean.HealthCheck{}},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{`[]`, ``, `{"services": {"web": "canary"}}`, `{"services": [{"name": "web", "instance_count": "canary"}]}`} {
		if _, err := spec(text).Components(); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzDifferences looks that no file stops the program, and that a spec never differs from
// itself.
func FuzzDifferences(f *testing.F) {
	for _, text := range []string{driftText, `{"name":"a"}`, `{"envs":[{"key":"A"},{"key":"A"}]}`, `{"a":[{"name":1}],"b":{}}`, `{"a":{"b":"EV[1]"}}`, `[`} {
		f.Add([]byte(text), []byte(driftText))
	}
	f.Fuzz(func(t *testing.T, file, app []byte) {
		one, err := digitalocean.ParseSpec(file)
		if err != nil {
			return
		}
		if same, err := one.Differences(one); err != nil || len(same) > 0 {
			t.Errorf("it differs from itself: %v, %v", same, err)
		}
		other, err := digitalocean.ParseSpec(app)
		if err != nil {
			return
		}
		if _, err := one.Differences(other); err != nil {
			t.Errorf("they can't be compared: %v", err)
		}
		_, _ = one.Components()
		_, _ = one.Variables()
	})
}
