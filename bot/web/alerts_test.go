package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/suite"
)

const alertToken = "token-of-the-test"

// receiver accepts alerts as the test says.
type receiver func(ctx context.Context, d alert.Delivery) error

func (r receiver) Receive(ctx context.Context, d alert.Delivery) error { return r(ctx, d) }

// Refused takes note of nothing.
func (r receiver) Refused(context.Context, int64, int64) error { return nil }

// refusals counts refused deliveries, and fails as the test says.
type refusals struct {
	receiver
	sizes chan int64
	fails error
}

func (r refusals) Refused(_ context.Context, size, _ int64) error {
	r.sizes <- size
	return r.fails
}

// inbox keeps what it accepts.
func inbox(into chan alert.Delivery) receiver {
	return func(ctx context.Context, d alert.Delivery) error {
		select {
		case into <- d:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func alertOptions(alerts Alerts) Options {
	o := options(well)
	o.AlertToken, o.Alerts = alertToken, alerts
	return o
}

// deliver posts a webhook with an Authorization header.
func deliver(t *testing.T, base, authorization, body string) (status int, header http.Header, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "POST", base+"/alerts/alertmanager", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(answer)
}

// notification is what Alertmanager 0.34 sends, with fields that 0.25 lacks.
const notification = `{
  "receiver": "gonogo", "status": "firing", "version": "4", "truncatedAlerts": 3,
  "groupKey": "{}:{alertname=\"ErrorRate\"}", "externalURL": "http://alertmanager:9093",
  "groupLabels": {"alertname": "ErrorRate"}, "commonLabels": {"alertname": "ErrorRate", "severity": "critical"},
  "commonAnnotations": {"summary": "Too many errors"}, "routeLabels": {"environment": "production"}, "notification_reason": "first notification",
  "alerts": [
    {"status": "firing", "labels": {"alertname": "ErrorRate", "severity": "critical", "pod": "a"}, "annotations": {"summary": "Too many errors"},
     "startsAt": "2026-03-02T11:00:00.5+02:00", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus:9090/graph?g0.expr=up", "fingerprint": "c42a8d4e1b2f9a10"},
    {"status": "resolved", "labels": {"alertname": "ErrorRate", "severity": "critical", "pod": "b"}, "annotations": {"summary": "Too many errors"},
     "startsAt": "2026-03-02T08:00:00Z", "endsAt": "2026-03-02T08:30:00Z", "generatorURL": "javascript:alert(1)", "fingerprint": "c42a8d4e1b2f9a11"}
  ]}`

func TestDeliveryIsTaken(t *testing.T) {
	came := make(chan alert.Delivery, 1)
	base, _ := start(t, New(alertOptions(inbox(came))))
	status, _, text := deliver(t, base, "bearer "+alertToken, notification)
	if status != 200 || strings.TrimSpace(text) != `{"status":"taken"}` {
		t.Fatalf("got %d %s", status, text)
	}
	summary := map[string]string{"summary": "Too many errors"}
	want := alert.Delivery{
		Receiver: "gonogo", GroupKey: `{}:{alertname="ErrorRate"}`, Status: "firing", ExternalURL: "http://alertmanager:9093",
		GroupLabels:  map[string]string{"alertname": "ErrorRate"},
		CommonLabels: map[string]string{"alertname": "ErrorRate", "severity": "critical"},
		RouteLabels:  map[string]string{"environment": "production"}, Reason: "first notification",
		CommonAnnotations: summary, Truncated: 3, Unnamed: 3, Shared: map[string]string{"alertname": "ErrorRate", "severity": "critical", "pod": "a"},
		Alerts: []alert.Alert{
			{Fingerprint: "c42a8d4e1b2f9a10", Status: "firing", Labels: map[string]string{"alertname": "ErrorRate", "severity": "critical", "pod": "a"}, Annotations: summary,
				StartsAt: time.Date(2026, time.March, 2, 9, 0, 0, 500e6, time.UTC), GeneratorURL: "http://prometheus:9090/graph?g0.expr=up"},
			{Fingerprint: "c42a8d4e1b2f9a11", Status: "resolved", Labels: map[string]string{"alertname": "ErrorRate", "severity": "critical", "pod": "b"}, Annotations: summary,
				StartsAt: time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC), EndsAt: time.Date(2026, time.March, 2, 8, 30, 0, 0, time.UTC)},
		},
	}
	if diff := cmp.Diff(want, <-came); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

// message is a notification about one alert, with what a test changes in it.
func message(old, new string) string {
	const text = `{"version":"4","groupKey":"g","status":"firing","alerts":[{"status":"firing","fingerprint":"f","startsAt":"2026-03-02T09:00:00Z"}]}`
	return strings.Replace(text, old, new, 1)
}

func TestDeliveryIsRefused(t *testing.T) {
	const bearer = "Bearer " + alertToken
	for _, tt := range []struct {
		name, authorization, body string
		status                    int
		want                      string
	}{
		{"no token", "", message("", ""), 401, "the bearer token is missing or wrong; set the one that gonogo's configuration has under alerts"},
		{"wrong token", "Bearer token-of-another", message("", ""), 401, "the bearer token is missing or wrong; set the one that gonogo's configuration has under alerts"},
		{"part of the token", "Bearer token", message("", ""), 401, "the bearer token is missing or wrong; set the one that gonogo's configuration has under alerts"},
		{"another scheme", "Basic " + alertToken, message("", ""), 401, "the bearer token is missing or wrong; set the one that gonogo's configuration has under alerts"},
		{"too large", bearer, message("", "") + strings.Repeat(" ", 32<<20), 413, "the delivery is larger than 32 MiB; set max_alerts in Alertmanager's webhook_config"},
		{"a long alert", bearer, message("\"f\"", `"`+strings.Repeat("f", 4<<20)+`"`), 413, "the delivery has an alert or a field of more than 1 MiB; shorten its labels and annotations"},
		{"broken off", bearer, message("", "")[:60], 400, "the body is not what Alertmanager writes; leave the payload of its webhook_config as it is"},
		{"more behind it", bearer, message("", "") + "{}", 400, "the body is not what Alertmanager writes; leave the payload of its webhook_config as it is"},
		{"no JSON", bearer, "alert!", 400, "the body is not what Alertmanager writes; leave the payload of its webhook_config as it is"},
		{"another shape", bearer, message(`"f"`, `["f"]`), 400, "the body is not what Alertmanager writes; leave the payload of its webhook_config as it is"},
		{"Grafana's version", bearer, message(`"4"`, `"1"`), 400, `the webhook has version "1", and gonogo knows only 4; let Alertmanager send it`},
		{"no group", bearer, message(`"g"`, `""`), 400, "groupKey is missing, so it is not known which group this is about; let Alertmanager send it"},
		{"unknown status of the group", bearer, message(`"status":"firing"`, `"status":"alerting"`), 400, `the group has the status "alerting"; it is firing or resolved`},
		{"unknown status", bearer, message(`[{"status":"firing"`, `[{"status":"pending"`), 400, `an alert has the status "pending"; it is firing or resolved`},
		{"no fingerprint", bearer, message(`"f"`, `""`), 400, "an alert has no fingerprint, so it cannot be told from others; let Alertmanager send it"},
		{"long fingerprint", bearer, message(`"f"`, `"`+strings.Repeat("f", 65)+`"`), 400, "an alert has a fingerprint of more than 64 characters; let Alertmanager send it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := alertOptions(receiver(func(context.Context, alert.Delivery) error {
				t.Error("it was received all the same")
				return nil
			}))
			base, _ := start(t, New(o))
			status, header, text := deliver(t, base, tt.authorization, tt.body)
			if want := `{"error":"` + strings.ReplaceAll(tt.want, `"`, `\"`) + `"}`; status != tt.status || strings.TrimSpace(text) != want {
				t.Errorf("got %d %s\nwant %d %s", status, text, tt.status, want)
			}
			if challenge := header.Get("WWW-Authenticate"); (status == 401) != strings.HasPrefix(challenge, "Bearer") {
				t.Errorf("status %d with WWW-Authenticate %q", status, challenge)
			}
		})
	}
}

func TestAlertHandlerTakesOnlyPost(t *testing.T) {
	base, _ := start(t, New(alertOptions(inbox(nil))))
	status, header, _ := do(t, "GET", base+"/alerts/alertmanager", "")
	if status != 405 || header.Get("Allow") != "POST" {
		t.Errorf("got %d with Allow %q, want 405 with POST", status, header.Get("Allow"))
	}
	if _, _, text := do(t, "GET", base+"/", ""); !strings.Contains(text, "/alerts/alertmanager") {
		t.Errorf("the path is not named: %s", text)
	}
}

func TestNoTokenNoAlertHandler(t *testing.T) {
	base, _ := start(t, New(options(well)))
	if status, _, text := deliver(t, base, "Bearer ", message("", "")); status != 404 {
		t.Errorf("without a token there is a path: %d %s", status, text)
	}
}

// What does not become durable is asked for again, and why stays in our log.
func TestNotDurableIsToldToComeBack(t *testing.T) {
	for _, tt := range []struct {
		name    string
		receive receiver
		within  time.Duration
		logged  string
	}{
		{"refusing", func(context.Context, alert.Delivery) error { return errors.New("the disk is full") }, time.Hour, "the disk is full"},
		{"too slow", inbox(nil), 10 * time.Millisecond, "context deadline exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			o := alertOptions(tt.receive)
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
			s := New(o)
			s.limits.alertTime = tt.within
			base, stop := start(t, s)
			status, header, text := deliver(t, base, "Bearer "+alertToken, message("", ""))
			if status != 503 || header.Get("Retry-After") == "" || strings.TrimSpace(text) != `{"error":"gonogo cannot take alerts now; send this again"}` {
				t.Errorf("got %d, Retry-After %q, %s", status, header.Get("Retry-After"), text)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), tt.logged) {
				t.Errorf("the log does not say why: %s", log.String())
			}
		})
	}
}

// A delivery refused for its size or rate is a trouble for some time; one without the
// token, or that can't be read, isn't.
func TestRefusedDeliveriesAreATrouble(t *testing.T) {
	t.Parallel()
	came, let := make(chan alert.Delivery), make(chan struct{})
	o := alertOptions(refusals{receiver: func(_ context.Context, d alert.Delivery) error {
		came <- d
		<-let
		return nil
	}, sizes: make(chan int64, 1)})
	s := New(o)
	s.limits.deliveries = 1
	s.limits.alertBytes = 2000
	base, _ := start(t, s)
	kinds := func(after time.Duration) (kinds []event.TroubleKind) {
		for _, trouble := range s.Refused(o.now().Add(after)) {
			kinds = append(kinds, trouble.Kind)
		}
		return kinds
	}
	deliver(t, base, "Bearer wrong", message("", ""))
	deliver(t, base, "Bearer "+alertToken, "[")
	if got := kinds(0); len(got) != 0 {
		t.Errorf("at first: %v", got)
	}
	deliver(t, base, "Bearer "+alertToken, group(1, 3000))
	first := make(chan struct{})
	go func() {
		defer close(first)
		deliver(t, base, "Bearer "+alertToken, message("", ""))
	}()
	<-came
	deliver(t, base, "Bearer "+alertToken, message("", ""))
	close(let)
	<-first
	if diff := cmp.Diff([]event.TroubleKind{event.TroubleAlertsTooLarge, event.TroubleAlertsTooMany}, kinds(0)); diff != "" {
		t.Errorf("after two refusals (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]event.TroubleKind{event.TroubleAlertsTooLarge}, kinds(time.Minute)); diff != "" {
		t.Errorf("a minute later (-want +got):\n%s", diff)
	}
	if got := kinds(15 * time.Minute); len(got) != 0 {
		t.Errorf("a quarter of an hour later: %v", got)
	}
}

// If all places are taken, another delivery is refused; a place is free again once its
// delivery is done.
func TestDeliveriesUnderWayAreBounded(t *testing.T) {
	came := make(chan alert.Delivery)
	let := make(chan struct{})
	s := New(alertOptions(receiver(func(ctx context.Context, d alert.Delivery) error {
		came <- d
		<-let
		return nil
	})))
	s.limits.deliveries = 1
	base, _ := start(t, s)
	first := make(chan int, 1)
	go func() {
		status, _, _ := deliver(t, base, "Bearer "+alertToken, message("", ""))
		first <- status
	}()
	<-came
	if status, header, _ := deliver(t, base, "Bearer "+alertToken, message("", "")); status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("the second got %d with Retry-After %q, want 503", status, header.Get("Retry-After"))
	}
	close(let)
	if status := <-first; status != 200 {
		t.Errorf("the first got %d", status)
	}
	go func() { <-came }()
	if status, _, _ := deliver(t, base, "Bearer "+alertToken, message("", "")); status != 200 {
		t.Errorf("the third got %d", status)
	}
}

// group is a notification about so many alerts, each with a description of so
// many characters. The last one alone is critical.
func group(alerts, description int) string {
	var b strings.Builder
	b.WriteString(`{"status":"firing","alerts":[`)
	for n := range alerts {
		severity := "warning"
		if n == alerts-1 {
			severity = "critical"
		}
		if n > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"status":"firing","labels":{"alertname":"A%d","environment":"production","pod":"pod-%d","severity":"%s"},"annotations":{"description":"%s"},"startsAt":"2026-03-02T09:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"%016x"}`,
			n, n, severity, strings.Repeat("d", description), n)
	}
	b.WriteString(`],"version":"4","groupKey":"g","truncatedAlerts":0}`)
	return b.String()
}

// 900 alerts with long descriptions are one delivery like any other.
func TestLargeDeliveryIsTaken(t *testing.T) {
	came := make(chan alert.Delivery, 1)
	base, _ := start(t, New(alertOptions(inbox(came))))
	body := group(900, 1600)
	if len(body) < 3<<19 {
		t.Fatalf("the delivery has only %d bytes", len(body))
	}
	if status, _, text := deliver(t, base, "Bearer "+alertToken, body); status != 200 {
		t.Fatalf("got %d %s", status, text)
	}
	if d := <-came; len(d.Alerts) != 900 || d.Alerts[899].Annotations["description"] == "" {
		t.Errorf("%d alerts were taken, want 900 with all that they say", len(d.Alerts))
	}
}

// 30 MiB of alerts open one card, with critical ones first, and little of it is kept in
// memory at once.
func TestHugeDeliveryIsTaken(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	s := newSite(t)
	const alerts = 22_000
	body := group(alerts, 1200)
	if len(body) < 29<<20 || len(body) > 32<<20 {
		t.Fatalf("the delivery has %d bytes, want some 30 MiB", len(body))
	}
	if status, _, text := deliver(t, strings.TrimSuffix(s.door, "/alerts/alertmanager"), "Bearer "+alertToken, body); status != 200 {
		t.Fatalf("got %d %s", status, text)
	}
	incidents := s.ledger.State().Incidents
	if len(incidents) != 1 {
		t.Fatalf("%d incidents were opened, want one for the group", len(incidents))
	}
	for _, i := range incidents {
		if got := i.FiringCount(); got != alerts || i.Severity() != "critical" || i.Environment != "production" {
			t.Errorf("%d alerts fire, the worst is %q, on %q; want %d, critical, on production", got, i.Severity(), i.Environment, alerts)
		}
		if !strings.HasPrefix(i.Title, fmt.Sprintf("A%d, ", alerts-1)) {
			t.Errorf("the title is %q, and the critical alert is not first", i.Title)
		}
		if a := i.Alerts[fmt.Sprintf("%016x", alerts-1)]; a.Annotations["description"] == "" {
			t.Error("of the critical alert its description is gone")
		}
	}
}

// What is kept of a delivery is limited, in bytes and in alerts.
func TestPileIsBounded(t *testing.T) {
	var p pile
	const alerts, size = 3 * mostHeld, 5000
	for n := range alerts {
		p.add(alert.Alert{Fingerprint: fmt.Sprint(n), Status: "firing", Labels: map[string]string{"alertname": "A", "pod": "p"}}, size)
		if p.detail > mostDetails || len(p.alerts) > mostHeld+mostHeld/10 {
			t.Fatalf("after %d alerts %d bytes of %d are held", n, p.detail, len(p.alerts))
		}
	}
	detailed := 0
	for _, a := range p.alerts {
		if a.Labels["pod"] != "" {
			detailed++
		}
	}
	if p.detail != detailed*size {
		t.Errorf("%d bytes are counted for %d alerts of %d", p.detail, detailed, size)
	}
	if got := len(p.list()) + p.left; got != alerts || p.left != p.leftFiring {
		t.Errorf("%d alerts are held or counted, and %d of %d left as firing; want all %d", got, p.leftFiring, p.left, alerts)
	}
}

// People are informed of a delivery that is too large, however its size is sent; if
// that can't be recorded, the sender is asked to repeat it.
func TestRefusedDeliveryIsTold(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	long := group(33_000, 1000)
	for _, tt := range []struct {
		name    string
		chunked bool
		fails   error
		status  int
		size    int64
	}{
		{"with its length", false, nil, 413, int64(len(long))},
		{"in chunks", true, nil, 413, 0},
		{"not durable", false, errors.New("the disk is full"), 503, int64(len(long))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told := refusals{inbox(nil), make(chan int64, 1), tt.fails}
			o := alertOptions(told)
			handler := http.MaxBytesHandler(newAlertHandler(o, usualLimits, new(turnedAway)), usualLimits.alertBytes)
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/alerts/alertmanager", strings.NewReader(long))
			if tt.chunked {
				r.ContentLength = -1
			}
			r.Header.Set("Authorization", "Bearer "+alertToken)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
			select {
			case size := <-told.sizes:
				if size != tt.size {
					t.Errorf("told of %d bytes, want %d", size, tt.size)
				}
			default:
				t.Error("nobody was told")
			}
		})
	}
}

// Deliveries that are large together wait for each other, and have to come back if that
// takes too long.
func TestBytesUnderWayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // whose clock no busy machine delays
		came, let := make(chan alert.Delivery), make(chan struct{})
		s := New(alertOptions(receiver(func(ctx context.Context, d alert.Delivery) error {
			came <- d
			<-let
			return nil
		})))
		s.limits.underWay = s.limits.alertHeld
		handler := s.publicHandler()
		send := func(body string) *http.Response {
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/alerts/alertmanager", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+alertToken)
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, r)
			return answer.Result()
		}
		first := make(chan *http.Response, 1)
		go func() { first <- send(group(3000, 1600)) }() // more than is held of it
		<-came
		began := time.Now()
		if second := send(message("", "")); second.StatusCode != 503 || second.Header.Get("Retry-After") == "" || time.Since(began) != s.limits.alertTime {
			t.Errorf("the second got %s with Retry-After %q after %s, want 503 after %s", second.Status, second.Header.Get("Retry-After"), time.Since(began), s.limits.alertTime)
		}
		close(let)
		if got := <-first; got.StatusCode != 200 {
			t.Errorf("the first got %s", got.Status)
		}
	})
}

func TestDeliveriesAreCounted(t *testing.T) {
	base, _ := start(t, New(alertOptions(receiver(func(_ context.Context, d alert.Delivery) error {
		if d.GroupKey == "bad" {
			return errors.New("refused")
		}
		return nil
	}))))
	for _, d := range []struct{ authorization, body string }{
		{"Bearer " + alertToken, message("", "")},
		{"Bearer " + alertToken, message("", "")},
		{"Bearer " + alertToken, message(`"g"`, `"bad"`)},
		{"Bearer " + alertToken, "{}"},
		{"Bearer guess", "{}"},
	} {
		deliver(t, base, d.authorization, d.body)
	}
	_, _, text := do(t, "GET", base+"/metrics", "")
	for _, want := range []string{`{result="taken"} 2`, `{result="unavailable"} 1`, `{result="invalid"} 1`, `{result="unauthorized"} 1`, `{result="too_large"} 0`} {
		if !strings.Contains(text, "gonogo_alert_deliveries_total"+want+"\n") {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}

// Wrong tokens are logged once a minute, and never what was sent.
func TestWrongTokensDoNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := alertOptions(inbox(nil))
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		handler := newAlertHandler(o, usualLimits, new(turnedAway))
		guess := func() {
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/alerts/alertmanager", strings.NewReader("the-body-sent"))
			r.Header.Set("Authorization", "Bearer the-token-sent")
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}
		for _, want := range []int{1, 1} {
			guess()
			if got := strings.Count(log.String(), "\n"); got != want {
				t.Fatalf("%d lines in the log, want %d", got, want)
			}
		}
		time.Sleep(time.Minute) // the bubble's clock, which does not make anybody wait
		guess()
		if got := strings.Count(log.String(), "\n"); got != 2 {
			t.Errorf("%d lines in the log after a minute, want 2", got)
		}
		for _, secret := range []string{"-sent", alertToken} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%s is in the log: %s", secret, log.String())
			}
		}
	})
}

// What /readyz says of a refused delivery is why it was refused.
func TestRefusedDeliveryIsExplained(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, want string }{
		"long":         {message("", "") + strings.Repeat(" ", 32<<20), "a delivery of alerts larger than 32 MiB was refused; set max_alerts in Alertmanager's webhook_config"},
		"a long alert": {message(`"f"`, `"`+strings.Repeat("f", 4<<20)+`"`), "a delivery was refused because it has an alert of more than 1 MiB; shorten that alert's labels and annotations"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := alertOptions(receiver(taking))
			s := New(o)
			base, _ := start(t, s)
			deliver(t, base, "Bearer "+alertToken, tt.body)
			if got := s.Refused(o.now()); len(got) != 1 || got[0].Why != tt.want {
				t.Errorf("got %+v, want %q", got, tt.want)
			}
		})
	}
}
