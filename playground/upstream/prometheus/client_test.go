package prometheus

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// TestOfficialClient reads everything with Prometheus's own client.
func TestOfficialClient(t *testing.T) {
	w := newWatch(t, half)
	w.failed = 0.75
	w.after(0)
	w.after(3 * time.Second)
	client, err := api.NewClient(api.Config{Address: serve(t, w.Handler())})
	if err != nil {
		t.Fatal(err)
	}
	prometheus := v1.NewAPI(client)
	value, warnings, _, err := prometheus.Query(t.Context(), "failed", w.clock.at, v1.WithTimeout(time.Minute))
	if err != nil || len(warnings) != 0 || !strings.HasPrefix(value.String(), `failed{code="500", instance="practice.test:80", job="odoo"} => 0.75 @[`) {
		t.Errorf("a query: got %v, %v and %v", value, warnings, err)
	}
	value, _, _, err = prometheus.QueryRange(t.Context(), "count(up)", v1.Range{Start: began, End: w.clock.at, Step: time.Second})
	if err != nil || strings.Count(value.String(), "1 @[") != 4 {
		t.Errorf("a range: got %v and %v", value, err)
	}
	var refused *v1.Error
	if _, _, _, err = prometheus.Query(t.Context(), "topk(1, up)", w.clock.at); !errors.As(err, &refused) || refused.Type != v1.ErrBadData {
		t.Errorf("a query that is refused: got %v", err)
	}
	targets, err := prometheus.Targets(t.Context())
	if err != nil || len(targets.Active) != 1 || targets.Active[0].Health != v1.HealthGood {
		t.Errorf("targets: got %+v and %v", targets, err)
	}
	alerts, err := prometheus.Alerts(t.Context())
	if err != nil || len(alerts.Alerts) != 1 || alerts.Alerts[0].State != v1.AlertStateFiring {
		t.Errorf("alerts: got %+v and %v", alerts, err)
	}
	rules, err := prometheus.Rules(t.Context(), nil)
	if err != nil || len(rules.Groups) != 1 || len(rules.Groups[0].Rules) != 1 {
		t.Fatalf("rules: got %+v and %v", rules, err)
	}
	if rule, ok := rules.Groups[0].Rules[0].(v1.AlertingRule); !ok || rule.Name != "HalfFail" || rule.State != "firing" || rule.Duration != 3 || rule.Health != v1.RuleHealthGood {
		t.Errorf("the rule: got %+v", rules.Groups[0].Rules[0])
	}
}
