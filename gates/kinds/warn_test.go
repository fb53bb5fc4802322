package kinds

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonogo/gates"
)

// looseWarnings have, for each kind with a warning limit, settings in which one would never
// warn, and the field that is named.
var looseWarnings = map[string][]struct{ settings, field string }{
	"http": {
		{`{url: "http://a.example/", p95: "< 1s", warn: {p95: "< 2s"}}`, "warn.p95"},
		{`{url: "http://a.example/", max: "< 1s", warn: {max: "< 1s"}}`, "warn.max"},
	},
	"load": {
		{`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 1s, p50: "< 1s", warn: {p50: "<= 1s"}}`, "warn.p50"},
		{`{urls: "http://a.example/", hosts: [a.example], users: 1, for: 1s, warn: {errors: "0%"}}`, "warn.errors"},
	},
	"sarif": {
		{`{file: a.sarif, warn: {findings: "<= 5"}}`, "warn.findings"},
		{`{file: a.sarif, critical: 0, high: "<= 2", warn: {high: 0}}`, ""},
		{`{file: a.sarif, critical: 0, high: "<= 2", warn: {high: "< 9"}}`, "warn.high"},
		{`{file: a.sarif, new_since: b.sarif, warn: {new: 0}}`, "warn.new"},
	},
	"container": {{`{image: a.tar, age: "< 7d", warn: {age: "< 30d"}}`, "warn.age"}},
	"postgres_schema": {{
		`{connection: odoo, materialized_views: {revenue: {column: day, age: "< 1d", warn: "< 2d"}}}`, "materialized_views.revenue.warn",
	}},
	"prometheus": {
		{`{connection: metrics, query: up, limit: "< 5%", warn: "< 7%"}`, "warn"},
		{`{connection: metrics, availability: {query: up, over: 1d, target: ">= 99%", budget_left: ">= 0%"}}`, "availability.budget_left"},
	},
	"superset":   {{`{connection: boards, charts: {Revenue: {time: "< 1s", warn: "< 2s"}}}`, "charts.Revenue.warn"}},
	"alert_path": {{`{connection: alerting, within: 1m, warn: "< 2m"}`, "warn"}, {`{connection: alerting, warn: "<= 60s"}`, "warn"}},
	"on_call":    {{`{people: ">= 2", warn: ">= 1"}`, "warn"}, {`warn: ">= 1"`, "warn"}},
	"github_alerts": {
		{`{connection: repo, secrets: {warn: "< 3"}}`, "secrets.warn"},
		{`{connection: repo, code: {warn: {open: 0}}}`, "code.warn.open"},
		{`{connection: repo, dependencies: {critical: 0, high: "< 3", warn: {high: "< 4"}}}`, "dependencies.warn.high"},
	},
	"github_issues": {{`{connection: repo, labels: [audit], open: "< 3", warn: "< 5"}`, "warn"}, {`{connection: repo, labels: [audit], warn: 0}`, "warn"}},
	"json":          {{`{file: a.json, numbers: {p95: {path: a, limit: "< 150", warn: "< 150"}}}`, "numbers.p95.warn"}},
	"odoo":          {{`{url: "http://a.example", database: a, login: a, password: a, model: res.partner, count: ">= 10", warn: ">= 5"}`, "warn"}},
	"logs":          {{`{file: a.log, minutes: 5, errors: 0, warn: "< 5"}`, "warn"}},
	"digitalocean_app": {
		{`{connection: cloud, app: ` + someApp + `, components: {web: {instances: ">= 2", warn: ">= 1"}}}`, "components.web.warn"},
		{`{connection: cloud, app: ` + someApp + `, domains: {a.example: {certificate_days: "> 14", warn: "> 7"}}}`, "domains.a.example.warn"},
	},
	"digitalocean_cost": {{`{connection: cloud, apps: [` + someApp + `], month: "< 100", warn: "< 150"}`, "warn"}},
}

// someApp is the ID of an app.
const someApp = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"

// TestLooseWarnings: a warning limit that never warns is a fault, in each kind that has one.
func TestLooseWarnings(t *testing.T) {
	for _, kind := range All() {
		cases := looseWarnings[kind.Name]
		if len(cases) == 0 && canWarn(kind) {
			t.Errorf("%s has a warning limit; add one that never warns to the table", kind.Name)
		}
		for _, tt := range cases {
			var faults gates.Faults
			_, err := decoded(kind.Name, tt.settings, gates.Deps{Connections: exampleConnections(t)})
			switch {
			case tt.field == "" && err != nil:
				t.Errorf("%s %s: %v", kind.Name, tt.settings, err)
			case tt.field == "":
			case err == nil:
				t.Errorf("%s %s: no fault", kind.Name, tt.settings)
			case !errors.As(err, &faults) || faults[0].Field != tt.field || !strings.Contains(faults[0].Problem, "never warns"):
				t.Errorf("%s %s: got %+v", kind.Name, tt.settings, err)
			}
		}
	}
}

// canWarn reports whether a kind has a setting for a limit that only warns.
func canWarn(kind gates.Kind) (found bool) {
	_, _ = kind.New(func(into any) error {
		found = hasWarn(reflect.TypeOf(into), nil)
		return gates.Faults{{Problem: "only its type is of interest"}}
	}, gates.Deps{})
	return found
}

func hasWarn(t reflect.Type, within []reflect.Type) bool {
	if slices.Contains(within, t) {
		return false
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return hasWarn(t.Elem(), append(within, t))
	case reflect.Struct:
		for f := range t.Fields() {
			if f.Tag.Get("yaml") == "warn" || f.Tag.Get("yaml") != "" && hasWarn(f.Type, append(within, t)) {
				return true
			}
		}
	}
	return false
}
