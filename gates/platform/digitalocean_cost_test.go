package platform

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	cloud "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/answer"
)

// cost measures what apps cost. The shop has two web instances and up to five of the API at
// 39 USD, and a worker at 12: 285 USD.
func (a *account) cost(t *testing.T, settings string) answer.Evidence {
	t.Helper()
	return kindtest.Measured(t, kindtest.Built(t, DigitalOceanCost, "{connection: cloud, "+settings+"}", a.deps), gates.Scope{View: gatestest.NoRelease})
}

func TestDigitalOceanCost(t *testing.T) {
	a := newAccount(t)
	const databases = "c0b86a3e-7d53-4a0c-8f4e-6e2b7d9c4f02"
	if err := a.Seed(cloud.App{ID: databases, Name: "data", Spec: json.RawMessage(strings.Replace(hollowSpec, `"name": "hollow"`, `"name": "data", "databases": [{"name": "db", "engine": "PG"}]`, 1))}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`apps: [` + shopID + `], month: "<= 285"`, answer.Passed, "1 app costs 285.00 USD a month"},
		{`apps: [` + shopID + `], month: "< 285"`, answer.Failed, "1 app costs 285.00 USD a month, limit < 285"},
		{`apps: [` + shopID + `], month: "<= 300", warn: "<= 250"`, answer.Warned, "285.00 USD a month, warning limit <= 250"},
		{`apps: [` + shopID + `, ` + hollow + `], month: "<= 285"`, answer.Passed, "2 apps cost 285.00 USD a month"},
		{`apps: [` + hollow + `], month: 0, preview: true`, answer.Passed, "1 app costs 0.00 USD a month"},
		{`apps: [` + databases + `], month: "<= 50"`, answer.Errored, "data also pays for the database db, which has no instance price; write preview: true"},
		{`apps: [` + shopID + `, 11111111-1e90-4762-9fee-6cc4a0a9f2cf], month: "<= 1000"`, answer.Errored, "check the app's ID in the configuration"},
	} {
		if said := kindtest.Odd(a.cost(t, tt.settings), tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", tt.settings, said)
		}
	}
	if n := len(a.Writes()); n != 0 {
		t.Errorf("it wrote %d times", n)
	}
}

// TestDigitalOceanCostOfChange: of a spec that isn't live yet and the live one, the more
// expensive counts.
func TestDigitalOceanCostOfChange(t *testing.T) {
	a := newAccount(t)
	client := a.deps.Connections["cloud"].Client.(*digitalocean.Client)
	for _, count := range []string{`"instance_count": 4`, `"instance_count": 1`} {
		spec, err := digitalocean.ParseSpec([]byte(strings.Replace(shopSpec, `"instance_count": 2`, count, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.Update(t.Context(), shopID, spec); err != nil {
			t.Fatal(err)
		}
		if said := kindtest.Odd(a.cost(t, `apps: [`+shopID+`], month: "<= 285"`), answer.Failed, "1 app costs 363.00 USD a month"); said != "" {
			t.Errorf("%s: %s", count, said)
		}
		a.now = a.now.Add(time.Hour)
		if count == `"instance_count": 4` {
			continue
		}
		if said := kindtest.Odd(a.cost(t, `apps: [`+shopID+`], month: "<= 285"`), answer.Passed, "1 app costs 246.00 USD a month"); said != "" {
			t.Error(said)
		}
	}
}

// TestDigitalOceanCostPreview: the estimate counts where it is higher.
func TestDigitalOceanCostPreview(t *testing.T) {
	a := newAccount(t)
	const fixed = "c0b86a3e-7d53-4a0c-8f4e-6e2b7d9c4f02"
	spec := `{"name": "fixed", "services": [{"name": "web", "image": {"registry_type": "GHCR", "repository": "shop/odoo", "tag": "1"}, "instance_size_slug": "apps-s-1vcpu-1gb"}],
		"jobs": [{"name": "migrate", "kind": "PRE_DEPLOY", "image": {"registry_type": "GHCR", "repository": "shop/odoo", "tag": "1"}, "instance_size_slug": "apps-s-1vcpu-2gb"}]}`
	if err := a.Seed(cloud.App{ID: fixed, Name: "fixed", Spec: json.RawMessage(spec)}); err != nil {
		t.Fatal(err)
	}
	const settings = `apps: [` + fixed + `], month: "<= 12"`
	if said := kindtest.Odd(a.cost(t, settings), answer.Passed, "12.00 USD"); said != "" {
		t.Error(said)
	}
	ev := a.cost(t, settings+", preview: true")
	if said := kindtest.Odd(ev, answer.Failed, "1 app costs 37.00 USD a month, limit <= 12"); said != "" {
		t.Error(said)
	}
	if !strings.Contains(strings.Join(ev.Details, "\n"), "37.00 USD by DigitalOcean's own estimate, instead of 12.00") {
		t.Errorf("got the details %q", ev.Details)
	}
	a.OnCall(func(c cloud.Call) cloud.Fault {
		if strings.HasSuffix(c.Route, "/propose") {
			return cloud.Fault{Status: 403}
		}
		return cloud.Fault{}
	})
	if said := kindtest.Odd(a.cost(t, settings+", preview: true"), answer.Errored, "give the token the scope app:create"); said != "" {
		t.Error(said)
	}
	if said := kindtest.Odd(a.cost(t, settings), answer.Passed, "12.00 USD"); said != "" {
		t.Error(said)
	}
}

// TestEstimateWithoutPrice: an estimate that has no price, or none that can be read, isn't
// zero.
func TestEstimateWithoutPrice(t *testing.T) {
	a := newAccount(t)
	var estimate string
	handler := a.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/propose") {
			_, _ = io.WriteString(w, estimate)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	a.deps.Connections["cloud"] = gatestest.PlatformAt(t, server.URL, token)
	for text, verdict := range map[string]answer.Verdict{
		`{"app_cost": 300.5}`:  answer.Failed,
		`{"app_cost": "22"}`:   answer.Passed,
		`{}`:                   answer.Errored,
		`{"app_cost": null}`:   answer.Errored,
		`{"app_cost": -1}`:     answer.Errored,
		`{"app_cost": 1e999}`:  answer.Errored,
		`{"app_cost": "free"}`: answer.Errored,
	} {
		estimate = text
		if said := kindtest.Odd(a.cost(t, `apps: [`+shopID+`], month: "<= 285", preview: true`), verdict); said != "" {
			t.Errorf("%s: %s", text, said)
		}
	}
}

// TestInstancesWithoutPrice: what has no price is never free.
func TestInstancesWithoutPrice(t *testing.T) {
	g := &costGate{}
	for text, want := range map[string]string{
		`{"name": "shop", "services": [{"name": "web"}]}`:                                 "the spec of shop doesn't say the instance size of web",
		`{"name": "shop", "workers": [{"name": "cron", "instance_size_slug": "huge"}]}`:   "DigitalOcean lists no price for the instance size huge of cron",
		`{"name": "shop", "egress": {"type": "DEDICATED_IP"}}`:                            "shop also pays for a dedicated IP address, which has no instance price; write preview: true",
		`{"name": "shop", "services": "none"}`:                                            "the app's spec has a field services that can't be read; look at the app in DigitalOcean's control panel",
		`{"name": "shop", "databases": [{"name": "db", "production": true}], "envs": []}`: "",
	} {
		spec, err := digitalocean.ParseSpec([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = g.instances(spec, map[string]float64{"small": 5})
		if err == nil != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestDigitalOceanCostFaults(t *testing.T) {
	a := newAccount(t)
	for settings, want := range map[string]string{
		`{connection: cloud, month: 1}`:                                         "apps is missing; write the IDs of the apps, which doctl apps list shows",
		`{connection: cloud, apps: [` + shopID + `, ` + shopID + `], month: 1}`: "apps has an app twice, which would then cost twice as much; remove one",
		`{connection: cloud, apps: [` + shopID + `]}`:                           "month is missing; write what the apps may cost a month in US dollars, as in <= 150",
	} {
		if got := kindtest.Faulty(t, DigitalOceanCost, settings, a.deps); !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", settings, got, want)
		}
	}
}
