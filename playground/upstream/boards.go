package upstream

import (
	"net/http"
	"slices"
	"strings"

	"gonogo/playground/upstream/grafana"
)

// The practice Grafana. The token protects nothing.
const (
	grafanaPrefix = "/grafana/"
	grafanaToken  = "glsa_practice"
)

// productionPanels are the panels of production's dashboard, the last two within a
// collapsed row.
var productionPanels = []grafana.Panel{
	{ID: 1, Title: "System: CPU, memory, disk", Type: "timeseries"},
	{ID: 2, Title: "Application: response time, errors", Type: "timeseries"},
	{ID: 3, Title: "Database: connections, queries", Type: "timeseries"},
	{ID: 4, Title: "Odoo: users, modules", Type: "stat"},
	{ID: 5, Title: "More", Type: "row", Panels: []grafana.Panel{
		{ID: 6, Title: "Network: throughput, latency", Type: "timeseries"},
		{ID: 7, Title: "Business: transaction volume", Type: "barchart"},
	}},
}

// boards is a Grafana with the dashboard of production.
type boards struct {
	url                                 string // of the Prometheus that it shows
	answers, dashboard, source, contact *Switch
}

func newBoards(p Place) (*Upstream, error) {
	b := &boards{url: p.URL + strings.TrimSuffix(prometheusPrefix, "/")}
	b.addSwitches(p)
	host := grafana.New(grafana.Options{Token: grafanaToken, Dashboards: b.dashboards, DataSources: b.dataSources, ContactPoints: b.contactPoints})
	prefix := strings.TrimSuffix(grafanaPrefix, "/")
	return &Upstream{
		Title: "Grafana", Switches: []*Switch{b.answers, b.dashboard, b.source, b.contact},
		Variables: []Variable{
			{"GRAFANA_URL", p.URL + prefix, "the practice Grafana"},
			{"GRAFANA_TOKEN", grafanaToken, "the token of the practice Grafana's service account"},
		},
		Prefix: grafanaPrefix, Handler: http.StripPrefix(prefix, b.unlessDown(host.Handler())),
	}, nil
}

func (b *boards) addSwitches(p Place) {
	b.answers = (&Switch{ID: "grafana", Title: "Grafana", Help: "Down: every request is answered with 503.",
		States: []State{{ID: "up", Title: "Answers", Good: true}, {ID: "down", Title: "Down (503)"}}}).restore(p)
	b.dashboard = (&Switch{ID: "grafana-dashboard", Title: "The dashboard of production", Help: "Its six panels, two of them within a row.",
		States: []State{{ID: "complete", Title: "Six panels", Good: true}, {ID: "panel-missing", Title: "The Business panel is missing"}, {ID: "missing", Title: "There is none"}}}).restore(p)
	b.source = (&Switch{ID: "grafana-source", Title: "The data source Prometheus", Help: "Broken: it fails the test that Grafana makes.",
		States: []State{{ID: "works", Title: "Works", Good: true}, {ID: "broken", Title: "Broken"}, {ID: "missing", Title: "There is none"}}}).restore(p)
	b.contact = (&Switch{ID: "grafana-contact", Title: "The contact point on-call", Help: "Where Grafana sends its alerts: Slack and email.",
		States: []State{{ID: "there", Title: "Slack and email", Good: true}, {ID: "missing", Title: "There is none"}}}).restore(p)
}

func (b *boards) dashboards() []grafana.Dashboard {
	production := grafana.Dashboard{UID: "production", Title: "Odoo production", Folder: "Production", Panels: productionPanels}
	switch b.dashboard.Position() {
	case "missing":
		return nil
	case "panel-missing":
		row := production.Panels[4]
		row.Panels = row.Panels[:1]
		production.Panels = append(slices.Clone(production.Panels[:4]), row)
	}
	return []grafana.Dashboard{production}
}

func (b *boards) dataSources() []grafana.DataSource {
	if b.source.is("missing") {
		return nil
	}
	return []grafana.DataSource{{UID: "prometheus", Name: "Prometheus", Type: "prometheus", URL: b.url, Broken: b.source.is("broken")}}
}

func (b *boards) contactPoints() []grafana.ContactPoint {
	if b.contact.is("missing") {
		return nil
	}
	return []grafana.ContactPoint{{UID: "a1", Name: "on-call", Type: "slack"}, {UID: "a2", Name: "on-call", Type: "email"}}
}

// unlessDown answers like a proxy whose Grafana is down.
func (b *boards) unlessDown(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.answers.is("down") {
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}
