package monitoring

import (
	"net/http/httptest"
	"testing"

	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	stand "gonogo/playground/upstream/grafana"
	"gonogo/readiness/answer"
)

func TestGrafana(t *testing.T) {
	forbidden := ""
	server := httptest.NewServer(stand.New(stand.Options{Token: "glsa_x",
		Dashboards: func() []stand.Dashboard {
			return []stand.Dashboard{
				{UID: "a", Title: "Shop", Folder: "Production", Panels: []stand.Panel{{Title: "CPU ", Type: "stat"}, {Title: "More", Type: "row", Panels: []stand.Panel{{Title: "Errors", Type: "stat"}}}}},
				{UID: "b", Title: "Shop", Folder: "Staging"}, {UID: "c", Title: "Shop overview"},
			}
		},
		DataSources: func() []stand.DataSource {
			return []stand.DataSource{{UID: "p", Name: "Prometheus", Type: "prometheus"}, {UID: "t", Name: "Test", Type: "testdata", NoTest: true}}
		},
		ContactPoints: func() []stand.ContactPoint {
			return []stand.ContactPoint{{Name: "on-call", Type: "slack"}, {Name: "on-call", Type: "email"}}
		},
		Forbids: func(permission string) bool { return permission == forbidden },
	}).Handler())
	defer server.Close()
	deps := gates.Deps{Connections: map[string]connection.Connection{"panels": gatestest.GrafanaAt(t, server.URL, "glsa_x")}}
	for _, tt := range []struct {
		settings, forbids string
		verdict           answer.Verdict
		words             string
	}{
		{`dashboards: {Shop: {folder: Production, panels: [CPU, Errors], count: 2}}`, "", answer.Passed, "Shop has 2 panels"},
		{`dashboards: {Shop: {folder: Production, panels: [CPU, Error, Disk]}}`, "", answer.Failed, `Shop lacks 2 panels: Error, Disk (it has "Errors")`},
		{`dashboards: {Shop: {folder: Production, panels: [More]}}`, "", answer.Failed, "lacks 1 panel: More"},
		{`dashboards: {Shop: {folder: Production, count: ">= 6"}}`, "", answer.Failed, "Shop has 2 panels, limit >= 6"},
		{`dashboards: {Shop: {}}`, "", answer.Errored, `2 dashboards called "Shop"; name the folder`},
		{`dashboards: {Shop: {folder: Test}}`, "", answer.Failed, `no dashboard "Shop in Test"`},
		{`dashboards: {Sho: {}}`, "", answer.Failed, `no dashboard "Sho"`},
		{`dashboards: {Shop overview: {}, Nothing: {}}`, "", answer.Failed, `no dashboard "Nothing"`},
		{`data_sources: {Prometheus: {type: loki}}`, "", answer.Failed, "is of type prometheus, not loki"},
		{`data_sources: {Test: {}}`, "", answer.Errored, "has no test; write untested: true"},
		{`data_sources: {Test: {untested: true}}`, "", answer.Passed, "the data source Test exists"},
		{`contact_points: {on-call: {type: email}}`, "", answer.Passed, "the contact point on-call exists"},
		{`contact_points: {on-call: {type: pagerduty}}`, "", answer.Failed, "sends to slack, email, not to pagerduty"},
		{`contact_points: {on-call: {}}`, "alert.provisioning:read", answer.Errored, "give it the permission alert.provisioning:read"},
		{`data_sources: {Prometheus: {}}`, "datasources:query", answer.Errored, "give it the permission datasources:query"},
		{`{data_sources: {Prometheus: {}}, dashboards: {Nothing: {}}}`, "datasources:query", answer.Failed, `no dashboard "Nothing"`},
	} {
		forbidden = tt.forbids
		settings := "connection: panels\n" + tt.settings
		if tt.settings[0] == '{' {
			settings = "{connection: panels, " + tt.settings[1:]
		}
		ev := kindtest.Measured(t, kindtest.Built(t, Grafana, settings, deps), gates.Scope{})
		if said := kindtest.Odd(ev, tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", tt.settings, said)
		}
	}
	if got, want := kindtest.Faulty(t, Grafana, "connection: panels", deps), "there is nothing to look for; name dashboards, data_sources or contact_points"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestAlertPathFaults(t *testing.T) {
	deps := gates.Deps{Connections: map[string]connection.Connection{"alerting": gatestest.AlertmanagerAt(t, "http://localhost:9093"), "metrics": gatestest.PrometheusAt(t, "http://localhost:9090")}}
	for settings, want := range map[string]string{
		`{connection: alerting, within: 2h}`:                     "within is a time above zero and up to 1h",
		`{connection: alerting, warn: "P95 < 3s"}`:               "there is only one time; remove the percentile",
		`{connection: alerting, labels: {alertname: x}}`:         `"alertname" can't be a label of this alert; choose one by which your routes match, such as severity`,
		`{connection: alerting, labels: {gonogo_probe: x}}`:      `"gonogo_probe" can't be a label of this alert; choose one by which your routes match, such as severity`,
		`{connection: metrics}`:                                  `connection "metrics" is of kind prometheus, this gate needs alertmanager`,
		`{connection: alerting, labels: {"a b": x}, within: 1m}`: `"a b" can't be a label of this alert; choose one by which your routes match, such as severity`,
	} {
		if got := kindtest.Faulty(t, AlertPath, settings, deps); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", settings, got, want)
		}
	}
}
