package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gonogo/gates/gatestest"
	"gonogo/readiness/alert"
)

func TestValuesOfADeliveryAreCut(t *testing.T) {
	hook := map[string]any{
		"version": "4", "status": "firing", "groupKey": strings.Repeat("k", 3000), "truncatedAlerts": 5,
		"externalURL": "http://a/" + strings.Repeat("u", longestAddress), "commonAnnotations": map[string]string{"summary": strings.Repeat("é", 1001)},
		"groupLabels": map[string]string{"kept": strings.Repeat("é", 1000)},
	}
	alerts := make([]map[string]string, 230)
	for i := range alerts {
		alerts[i] = map[string]string{"status": "firing", "fingerprint": fmt.Sprint(i)}
	}
	hook["alerts"] = alerts
	body, err := json.Marshal(hook)
	if err != nil {
		t.Fatal(err)
	}
	d, err := readDelivery(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Alerts) != 230 || d.Truncated != 5 || d.Unnamed != 5 {
		t.Errorf("%d alerts are kept, %d counted as left out and %d as unnamed, want 230, 5 and 5", len(d.Alerts), d.Truncated, d.Unnamed)
	}
	if d.GroupKey != hook["groupKey"] {
		t.Error("the group's key was changed")
	}
	if d.ExternalURL != "" {
		t.Errorf("an address that is too long is kept: %d bytes", len(d.ExternalURL))
	}
	if s := d.CommonAnnotations["summary"]; !utf8.ValidString(s) || s != strings.Repeat("é", 999)+"…" {
		t.Errorf("1001 characters were cut to %d", utf8.RuneCountInString(s))
	}
	if s := d.GroupLabels["kept"]; s != strings.Repeat("é", 1000) {
		t.Errorf("1000 characters were cut to %d", utf8.RuneCountInString(s))
	}
}

// A real Alertmanager notifies of an alert, and of its end.
func TestRealAlertmanager(t *testing.T) {
	came := make(chan alert.Delivery, 16)
	base, _ := start(t, New(alertOptions(inbox(came))))
	alertmanager := realAlertmanager(t, base+"/alerts/alertmanager")
	labels := map[string]string{"alertname": "ErrorRate", "severity": "critical", "environment": "production"}
	began := time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)

	post(t, alertmanager, map[string]any{"labels": labels, "startsAt": began, "generatorURL": "http://prometheus:9090/graph"})
	firing := next(t, came, "firing")
	post(t, alertmanager, map[string]any{"labels": labels, "startsAt": began, "endsAt": began.Add(time.Second)})
	resolved := next(t, came, "resolved")

	for _, d := range []alert.Delivery{firing, resolved} {
		if d.Receiver != "gonogo" || d.GroupKey != firing.GroupKey || len(d.Alerts) != 1 {
			t.Fatalf("got %+v", d)
		}
		a := d.Alerts[0]
		if a.Fingerprint != firing.Alerts[0].Fingerprint || a.Status != d.Status || a.Name() != "ErrorRate" || !a.StartsAt.Equal(began) {
			t.Errorf("got %+v, want ErrorRate since %s", a, began)
		}
	}
	if a := firing.Alerts[0]; a.GeneratorURL != "http://prometheus:9090/graph" {
		t.Errorf("the link is %q", a.GeneratorURL)
	}
	if ended := resolved.Alerts[0].EndsAt; !ended.Equal(began.Add(time.Second)) {
		t.Errorf("it ended %s, want a second after %s", ended, began)
	}
}

// next waits for a delivery about a group in one status: what repeats before it
// is passed over.
func next(t *testing.T, came <-chan alert.Delivery, status string) alert.Delivery {
	t.Helper()
	for {
		select {
		case d := <-came:
			if d.Status == status {
				return d
			}
		case <-t.Context().Done():
			t.Fatalf("Alertmanager said nothing that is %s", status)
		}
	}
}

// post puts alerts in through Alertmanager's API v2.
func post(t *testing.T, alertmanager string, alerts ...map[string]any) {
	t.Helper()
	postTo(t, alertmanager+"/api/v2/alerts", alerts)
}

// postTo sends a value as JSON.
func postTo(t *testing.T, address string, value any) {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(address, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != 200 {
		t.Fatalf("Alertmanager does not take what is sent to %s: %d %s", address, response.StatusCode, text)
	}
}

// realAlertmanager starts an Alertmanager that sends everything to an address,
// and gives its own when it listens.
func realAlertmanager(t *testing.T, to string) string {
	t.Helper()
	address, _ := configuredAlertmanager(t, managed{to: to, groupBy: "[alertname]"})
	return address
}

// managed is how an Alertmanager of a test is configured.
type managed struct {
	to      string // where it sends everything
	groupBy string
	most    int // max_alerts
	inhibit string
}

// text is the configuration. Groups wait no longer than they must, so that
// tests do not.
func (m managed) text() string {
	return fmt.Sprintf(`route: { receiver: gonogo, group_by: %s, group_wait: 1ms, group_interval: 50ms }
inhibit_rules: [%s]
receivers:
  - name: gonogo
    webhook_configs:
      - url: %s
        max_alerts: %d
        http_config: { authorization: { type: Bearer, credentials: %s } }
`, m.groupBy, m.inhibit, m.to, m.most, alertToken)
}

// configuredAlertmanager starts an Alertmanager. Another configuration may be
// given to it later.
func configuredAlertmanager(t *testing.T, m managed) (address string, reload func(managed)) {
	t.Helper()
	address, reconfigure := gatestest.Alertmanager(t, m.text())
	return address, func(m managed) {
		reconfigure(m.text())
		postTo(t, address+"/-/reload", nil)
	}
}
