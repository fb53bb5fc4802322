package alert

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCut(t *testing.T) {
	d := Delivery{Unnamed: 2, Truncated: 5}
	for n := range 600 {
		d.Alerts = append(d.Alerts, over(fmt.Sprint("over ", n), 0))
	}
	for n := range 700 {
		a := fires(fmt.Sprint("fires ", n), 0)
		a.Labels = map[string]string{"alertname": "x", "severity": "critical", "pod": "p"}
		d.Alerts = append(d.Alerts, a)
	}
	got := d.Cut()
	if len(got.Alerts) != 1000 || got.Truncated != 305 || got.Unnamed != 2 {
		t.Errorf("%d alerts, %d left out, %d unnamed; want 1000, 305 and 2", len(got.Alerts), got.Truncated, got.Unnamed)
	}
	if a := got.Alerts[0]; a.Fingerprint != "fires 0" || a.Labels["pod"] != "p" {
		t.Errorf("the first is %+v", a)
	}
	if diff := cmp.Diff(map[string]string{"alertname": "x", "severity": "critical"}, got.Alerts[200].Labels); diff != "" {
		t.Errorf("the labels of the 201st (-want +got):\n%s", diff)
	}
	if a := got.Alerts[999]; a.Firing() || d.Alerts[0].Firing() {
		t.Errorf("the last is %+v", a)
	}
	d.Alerts = d.Alerts[600:]
	d.Alerts = append(d.Alerts, d.Alerts...)
	if got := d.Cut(); got.Unnamed != 402 {
		t.Errorf("%d may fire without a name, want 402", got.Unnamed)
	}
}

// fires and over are words about an alert, which starts so many minutes after
// monday and ends within the next.
func fires(fingerprint string, minute int) Alert {
	return Alert{Fingerprint: fingerprint, Status: Firing, Labels: map[string]string{"alertname": fingerprint}, StartsAt: monday.Add(time.Duration(minute) * time.Minute)}
}

func over(fingerprint string, minute int) Alert {
	a := fires(fingerprint, minute)
	a.Status, a.EndsAt = Resolved, a.StartsAt.Add(30*time.Second)
	return a
}

// monday is when every history in these tests begins.
var monday = time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
