package upstream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// alertReceiver is who the practice Alertmanager posts to.
type alertReceiver struct {
	url string

	mu    sync.Mutex // guards heard
	heard []string
}

// newAlertReceiver serves one. It has to stand outside the test's bubble,
// since time there does not go on while anyone waits for the network.
func newAlertReceiver(t *testing.T) *alertReceiver {
	r := &alertReceiver{}
	server := httptest.NewServer(http.HandlerFunc(r.hear))
	t.Cleanup(server.Close)
	r.url = server.URL + "/alerts/alertmanager"
	return r
}

func (r *alertReceiver) hear(w http.ResponseWriter, request *http.Request) {
	var post struct {
		Status      string
		GroupLabels map[string]string
		Alerts      []struct {
			Labels, Annotations map[string]string
		}
	}
	err := json.NewDecoder(request.Body).Decode(&post)
	if err != nil || len(post.Alerts) != 1 || request.Header.Get("Authorization") != "Bearer "+alertToken {
		http.Error(w, "this is no post of one alert", http.StatusBadRequest)
		return
	}
	one := post.Alerts[0]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, fmt.Sprintf("%v %s %s: %s", post.GroupLabels, one.Labels["severity"], post.Status, one.Annotations["summary"]))
}

// news are the posts since the last time.
func (r *alertReceiver) news() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := r.heard
	r.heard = nil
	return news
}

// failures are the requests of a site, of which some fail while it is so.
type failures struct {
	mu     sync.Mutex // guards what follows
	since  time.Time  // zero: none fail
	failed float64    // until since
}

const perSecond = 20

func (f *failures) requests(at time.Time) (good, failed float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := perSecond * at.Sub(time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)).Seconds()
	failed = f.failed
	if !f.since.IsZero() && at.After(f.since) {
		failed += at.Sub(f.since).Seconds() * perSecond / 5
	}
	return all - failed, failed
}

func (f *failures) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.since = time.Now()
}

func (f *failures) end() {
	_, failed := f.requests(time.Now())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.since, f.failed = time.Time{}, failed
}

// monitored runs a monitoring of two sites inside a bubble while a test acts.
func monitored(t *testing.T, before map[string]string, act func(t *testing.T, prometheus, alertmanager *Upstream, production *failures, told *alertReceiver)) {
	t.Helper()
	told := newAlertReceiver(t)
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.Receiver = func() string { return told.url }
		p.Position = func(id string) string { return before[id] }
		production, staging := &failures{}, &failures{}
		m, err := newMonitoring(p, watched{"staging", staging.requests}, watched{"production", production.requests})
		if err != nil {
			t.Fatal(err)
		}
		both, err := each(p, m.prometheus, m.alertmanager)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, u := range both {
			running.Go(func() {
				if err := u.Run(ctx); err != nil {
					t.Errorf("%s ended with %v", u.Title, err)
				}
			})
		}
		synctest.Wait()
		act(t, both[0], both[1], production, told)
		stop()
		running.Wait()
	})
}

// asked is the status and the body of an upstream's answer.
func asked(u *Upstream, path string) (int, string) {
	w := httptest.NewRecorder()
	u.Handler.ServeHTTP(w, httptest.NewRequest("GET", strings.TrimSuffix(u.Prefix, "/")+path, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

// result is what a query gives, without its time.
func result(t *testing.T, u *Upstream, query string) map[string]string {
	t.Helper()
	status, body := asked(u, "/api/v1/query?query="+url.QueryEscape(query))
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%s: got status %d and %s", query, status, body)
	}
	values := map[string]string{}
	for _, one := range answer.Data.Result {
		values[one.Metric["environment"]] = one.Value[1].(string)
	}
	return values
}

// TestErrorRate is a site whose requests begin to fail, and do no more.
func TestErrorRate(t *testing.T) {
	monitored(t, nil, func(t *testing.T, prometheus, _ *Upstream, production *failures, told *alertReceiver) {
		const rate5m = `sum by (environment) (rate(http_requests_total[5m]))`
		if diff := cmp.Diff(map[string]string{"staging": "20", "production": "20"}, result(t, prometheus, rate5m)); diff != "" {
			t.Errorf("requests a second in a new world (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]string{"staging": "0", "production": "0"}, result(t, prometheus, errorShare(Place{}))); diff != "" {
			t.Errorf("share of errors in a new world (-want +got):\n%s", diff)
		}
		production.begin()
		time.Sleep(time.Minute)
		if diff := cmp.Diff(map[string]string{"staging": "0", "production": "0.2"}, result(t, prometheus, errorShare(Place{}))); diff != "" {
			t.Errorf("share of errors (-want +got):\n%s", diff)
		}
		want := []string{"map[alertname:HighErrorRate environment:production] critical firing: More than 5 % of the requests to production fail"}
		if diff := cmp.Diff(want, told.news()); diff != "" {
			t.Errorf("posts (-want +got):\n%s", diff)
		}
		production.end()
		time.Sleep(time.Minute)
		want = []string{"map[alertname:HighErrorRate environment:production] critical resolved: More than 5 % of the requests to production fail"}
		if diff := cmp.Diff(want, told.news()); diff != "" {
			t.Errorf("posts after it was mended (-want +got):\n%s", diff)
		}
	})
}

func TestMonitoringSwitches(t *testing.T) {
	monitored(t, nil, func(t *testing.T, prometheus, alertmanager *Upstream, _ *failures, told *alertReceiver) {
		posts := func(want ...string) {
			t.Helper()
			time.Sleep(10 * time.Second)
			if diff := cmp.Diff(want, told.news()); diff != "" {
				t.Errorf("posts (-want +got):\n%s", diff)
			}
		}
		turn(t, prometheus, "prometheus", "down")
		if status, body := asked(prometheus, "/api/v1/query?query=up"); status != http.StatusServiceUnavailable || body != "Service Unavailable" {
			t.Errorf("when it is down: got status %d and %s", status, body)
		}
		turn(t, prometheus, "prometheus", "no-data")
		posts()
		if got := result(t, prometheus, "rate(http_requests_total[5m])"); len(got) != 0 {
			t.Errorf("without data: got %v", got)
		}
		if diff := cmp.Diff(map[string]string{"staging": "0", "production": "0"}, result(t, prometheus, "up")); diff != "" {
			t.Errorf("up without data (-want +got):\n%s", diff)
		}
		turn(t, prometheus, "prometheus", "up")
		posts()
		if got := result(t, prometheus, errorShare(Place{})); len(got) != 2 {
			t.Errorf("with data again: got %v", got)
		}
		const disk = "map[alertname:DiskAlmostFull] warning "
		turn(t, alertmanager, "alert", "firing")
		posts(disk + "firing: The disk of practice-db-1 is almost full")
		turn(t, alertmanager, "alertmanager", "silent")
		turn(t, alertmanager, "alert", "quiet")
		posts()
		turn(t, alertmanager, "alertmanager", "posting")
		posts(disk + "resolved: The disk of practice-db-1 is almost full")
	})
}

// What fired before a restart fires after it.
func TestMonitoringRemembers(t *testing.T) {
	monitored(t, map[string]string{"alert": "firing"}, func(t *testing.T, _, alertmanager *Upstream, _ *failures, told *alertReceiver) {
		time.Sleep(5 * time.Second)
		if got := told.news(); len(got) != 1 {
			t.Errorf("got %q, want one post", got)
		}
		if status, body := asked(alertmanager, "/api/v2/alerts?filter=severity%3Dwarning"); status != http.StatusOK || !strings.Contains(body, "DiskAlmostFull") {
			t.Errorf("its alerts: got status %d and %s", status, body)
		}
	})
}
