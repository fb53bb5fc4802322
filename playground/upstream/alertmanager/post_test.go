package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// receiver is who is told. It answers with the statuses in turn, and with the
// last for ever; 0 is no answer at all.
type receiver struct {
	statuses []int
	posts    []post
}

// post is one that arrived, and when.
type post struct {
	after time.Duration
	text  string // its status and those of its alerts
}

var errUnplugged = errors.New("connection refused")

// RoundTrip takes a request without a network, which stands still in a
// synctest bubble.
func (r *receiver) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	text := m.GroupLabels["alertname"] + " " + m.Status + ":"
	for _, one := range m.Alerts {
		text += " " + one.Labels["instance"] + " " + one.Status
	}
	r.posts = append(r.posts, post{time.Since(midnight), text})
	status := r.statuses[0]
	if len(r.statuses) > 1 {
		r.statuses = r.statuses[1:]
	}
	if status == 0 {
		return nil, errUnplugged
	}
	answer := httptest.NewRecorder()
	answer.WriteHeader(status)
	return answer.Result(), nil
}

// midnight is when a synctest bubble begins.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// during runs an Alertmanager while a test acts, and gives what was posted.
func during(t *testing.T, statuses []int, act func(*Alertmanager)) (posts []post) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		told := &receiver{statuses: statuses}
		manager := New(Options{
			URL: "http://practice.test/alertmanager", Receiver: "gonogo", Webhook: func() string { return "http://bot.test/alerts" },
			GroupBy: []string{"alertname", "environment"}, GroupWait: time.Second, GroupInterval: 5 * time.Second, RepeatInterval: 4 * time.Hour,
			Client: &http.Client{Transport: told},
		})
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- manager.Run(ctx) }()
		act(manager)
		synctest.Wait()
		stop()
		if err := <-over; err != nil {
			t.Errorf("Run ended with %v", err)
		}
		posts = told.posts
	})
	return posts
}

// failing is an alert of one instance.
func failing(instance string) Alert {
	return Alert{Labels: map[string]string{"alertname": "Fails", "environment": "production", "instance": instance}}
}

func TestPosts(t *testing.T) {
	wait := time.Sleep // of the bubble's time
	for _, tt := range []struct {
		name     string
		statuses []int
		act      func(*Alertmanager)
		want     []post
	}{
		{"an alert's life", []int{200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(20 * time.Second)
			a.Resolve(failing("a"))
			wait(20 * time.Second)
		}, []post{{time.Second, "Fails firing: a firing"}, {21 * time.Second, "Fails resolved: a resolved"}}},
		{"two of a group", []int{200}, func(a *Alertmanager) {
			a.Fire(failing("b"))
			a.Fire(failing("a"))
			wait(2 * time.Second)
			a.Fire(failing("c"))
			a.Resolve(failing("a"))
			wait(20 * time.Second)
		}, []post{{time.Second, "Fails firing: a firing b firing"}, {6 * time.Second, "Fails firing: a resolved b firing c firing"}}},
		{"resolved before it was told", []int{200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(time.Second / 2)
			a.Resolve(failing("a"))
			wait(20 * time.Second)
		}, nil},
		{"again after it was resolved", []int{200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(2 * time.Second)
			a.Resolve(failing("a"))
			wait(8 * time.Second)
			a.Fire(failing("a"))
			wait(8 * time.Second)
		}, []post{{time.Second, "Fails firing: a firing"}, {6 * time.Second, "Fails resolved: a resolved"}, {11 * time.Second, "Fails firing: a firing"}}},
		{"again while it is told to be resolved", []int{200, 503, 200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(2 * time.Second)
			a.Resolve(failing("a"))
			wait(4200 * time.Millisecond)
			a.Fire(failing("a"))
			wait(8 * time.Second)
		}, []post{
			{time.Second, "Fails firing: a firing"}, {6 * time.Second, "Fails resolved: a resolved"},
			{6500 * time.Millisecond, "Fails resolved: a resolved"}, {11 * time.Second, "Fails firing: a firing"},
		}},
		{"repeated", []int{200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(4*time.Hour + 2*time.Second)
		}, []post{{time.Second, "Fails firing: a firing"}, {4*time.Hour + time.Second, "Fails firing: a firing"}}},
		{"old when it comes", []int{200}, func(a *Alertmanager) {
			wait(time.Minute)
			old := failing("a")
			old.StartsAt = midnight
			a.Receive(old)
		}, []post{{time.Minute, "Fails firing: a firing"}}},
		{"it ends by itself", []int{200}, func(a *Alertmanager) {
			one := failing("a")
			one.EndsAt = midnight.Add(7 * time.Second)
			a.Receive(one)
			wait(20 * time.Second)
		}, []post{{time.Second, "Fails firing: a firing"}, {11 * time.Second, "Fails resolved: a resolved"}}},
		{"5xx and no answer are tried again", []int{503, 0, 200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(20 * time.Second)
		}, []post{
			{time.Second, "Fails firing: a firing"}, {1500 * time.Millisecond, "Fails firing: a firing"}, {2250 * time.Millisecond, "Fails firing: a firing"},
		}},
		{"4xx waits for the next flush", []int{429, 401, 200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(20 * time.Second)
		}, []post{{time.Second, "Fails firing: a firing"}, {6 * time.Second, "Fails firing: a firing"}, {11 * time.Second, "Fails firing: a firing"}}},
		{"resolved only once it was told", []int{400, 200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(2 * time.Second)
			a.Resolve(failing("a"))
			wait(20 * time.Second)
		}, []post{{time.Second, "Fails firing: a firing"}}},
		{"groups apart", []int{200}, func(a *Alertmanager) {
			a.Fire(failing("a"))
			wait(time.Second / 2)
			a.Fire(Alert{Labels: map[string]string{"alertname": "Other", "instance": "a"}})
			wait(4 * time.Second)
		}, []post{{time.Second, "Fails firing: a firing"}, {1500 * time.Millisecond, "Other firing: a firing"}}},
		{"nobody resolves what is not there", []int{200}, func(a *Alertmanager) {
			a.Resolve(failing("a"))
			wait(20 * time.Second)
		}, nil},
		{"silenced", []int{200}, func(a *Alertmanager) {
			silence(t, a, Silence{Matchers: []Matcher{{Name: "instance", Value: "a|c", IsRegex: true}}, EndsAt: midnight.Add(30 * time.Second)})
			a.Fire(failing("a"))
			a.Fire(failing("b"))
			wait(40 * time.Second)
		}, []post{{time.Second, "Fails firing: b firing"}, {31 * time.Second, "Fails firing: a firing b firing"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := during(t, tt.statuses, tt.act)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(post{})); diff != "" {
				t.Errorf("posts (-want +got):\n%s", diff)
			}
		})
	}
}

func silence(t *testing.T, a *Alertmanager, s Silence) string {
	t.Helper()
	s.CreatedBy, s.Comment = "alice", "a test"
	id, err := a.silence(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A post that goes on being refused ends when its time is up, and the next
// flush begins anew.
func TestPostGivesUp(t *testing.T) {
	posts := during(t, []int{503}, func(a *Alertmanager) {
		a.Fire(failing("a"))
		time.Sleep(11500 * time.Millisecond)
	})
	var after []time.Duration
	for _, one := range posts {
		after = append(after, one.after.Round(time.Millisecond))
	}
	want := []time.Duration{1000, 1500, 2250, 3375, 5063, 7594, 11000, 11500}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("tries (-want +got):\n%s", diff)
	}
}

// TestMessage compares a post, field by field, with one in the form that
// Alertmanager 0.25 posts.
func TestMessage(t *testing.T) {
	text, err := os.ReadFile("testdata/webhook.json")
	if err != nil {
		t.Fatal(err)
	}
	alert := func(instance, description string) Alert {
		return Alert{
			Labels:       map[string]string{"alertname": "HighErrorRate", "environment": "production", "severity": "critical", "instance": instance},
			Annotations:  map[string]string{"summary": "Requests fail", "description": description},
			GeneratorURL: "http://practice.test/prometheus/graph?g0.expr=up&g0.tab=1",
			StartsAt:     midnight,
		}
	}
	ended := alert("web-2", "9 % of the requests fail")
	ended.EndsAt = midnight.Add(500 * time.Millisecond)
	type arrived struct {
		method, path, kind, authorization string
		body                              []byte
	}
	posts := make(chan arrived, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is missing is seen below
		posts <- arrived{r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), body}
	}))
	defer hook.Close()
	manager := New(Options{
		URL: "http://practice.test/alertmanager", Receiver: "gonogo", Webhook: func() string { return hook.URL + "/alerts" }, Token: "token",
		GroupBy: []string{"alertname", "environment"}, GroupInterval: time.Hour, RepeatInterval: time.Hour,
		Client: hook.Client(), Now: func() time.Time { return midnight.Add(time.Second) },
	})
	manager.Receive(alert("web-1", "12 % of the requests fail"), ended)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- manager.Run(ctx) }()
	got := <-posts
	stop()
	if err := <-over; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	if got.method != "POST" || got.path != "/alerts" || got.kind != "application/json" || got.authorization != "Bearer token" {
		t.Errorf("the request: got %+v", got)
	}
	var want, is any
	if err := errors.Join(json.Unmarshal(text, &want), json.Unmarshal(got.body, &is)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Errorf("the message (-want +got):\n%s", diff)
	}
}

// The fingerprints and the key are Alertmanager 0.25's.
func TestFingerprint(t *testing.T) {
	for want, labels := range map[string]map[string]string{
		"f9d69f71a66d2c4b": {"alertname": "Disk", "instance": `web "3"`},
		"3f584830103021ee": {"alertname": "HighErrorRate", "environment": "production", "severity": "critical"},
	} {
		if got := fingerprint(labels); got != want {
			t.Errorf("%v: got %s, want %s", labels, got, want)
		}
	}
	if got := groupKey(map[string]string{"alertname": "Disk"}); got != `{}:{alertname="Disk"}` {
		t.Errorf("the key: got %s", got)
	}
}

// Nothing of the token stands in an error.
func TestErrorsKeepTheToken(t *testing.T) {
	for _, client := range []*http.Client{{Transport: &receiver{statuses: []int{0}}}, {Transport: &receiver{statuses: []int{401}}}} {
		manager := New(Options{Webhook: func() string { return "http://bot.test/alerts" }, Token: "very-secret", Client: client})
		if _, err := manager.try(t.Context(), []byte("{}")); err == nil || strings.Contains(err.Error(), "very-secret") {
			t.Errorf("got %v, want an error without the token", err)
		}
	}
}

// An address that turns up late is found by the next try.
func TestReceiverTurnsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &receiver{statuses: []int{200}}
		address := func() string {
			if time.Since(midnight) < 2*time.Second {
				return ""
			}
			return "http://bot.test/alerts"
		}
		manager := New(Options{Webhook: address, GroupWait: time.Second, GroupInterval: time.Minute, Client: &http.Client{Transport: told}})
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- manager.Run(ctx) }()
		manager.Fire(failing("a"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		stop()
		if err := <-over; err != nil || len(told.posts) != 1 || told.posts[0].after != 2250*time.Millisecond {
			t.Errorf("got %v and %v, want one post after 2.25 s", told.posts, err)
		}
	})
}
