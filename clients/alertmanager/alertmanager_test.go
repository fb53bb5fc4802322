package alertmanager

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client asks a handler below a path, as behind a proxy.
func client(t *testing.T, userinfo, token string, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	c, err := New(Options{URL: strings.Replace(server.URL, "http://", "http://"+userinfo, 1) + "/am/", Token: token, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The answers have the shape of Alertmanager 0.35's.
const (
	status = `{"cluster":{"status":"disabled"},"config":{"original":"…"},"uptime":"2026-03-02T09:00:00.000+02:00","versionInfo":{"version":"0.35.0"}}`
	alerts = `[{"annotations":{},"endsAt":"2026-03-02T12:00:00Z","fingerprint":"a","receivers":[{"name":"gonogo"}],"startsAt":"2026-03-02T11:00:00Z",
	 "status":{"inhibitedBy":["b"],"mutedBy":["nights"],"silencedBy":["s1"],"state":"suppressed"},"updatedAt":"2026-03-02T11:00:00Z","labels":{"alertname":"A"}},
	{"annotations":{},"fingerprint":"b","receivers":[],"status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},"labels":{"alertname":"B"}}]`
	silence = `{"id":"s1","createdBy":"alice","comment":"known","endsAt":"2026-03-02T14:00:00.000+02:00","startsAt":"2026-03-02T10:00:00Z","status":{"state":"active"},"matchers":[]}`
)

func answers(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/am/api/v2/status":
		fmt.Fprint(w, status)
	case "/am/api/v2/alerts":
		fmt.Fprint(w, alerts)
	case "/am/api/v2/silence/s1":
		fmt.Fprint(w, silence)
	default:
		http.NotFound(w, r)
	}
}

func TestLook(t *testing.T) {
	c := client(t, "", "", answers)
	got, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Silenced(t.Context(), got, []string{"s1", "unknown"})
	want := &Look{
		Started: time.Date(2026, time.March, 2, 7, 0, 0, 0, time.UTC),
		Alerts: []Alert{
			{Fingerprint: "a", Labels: map[string]string{"alertname": "A"}, Receivers: []string{"gonogo"}, SilencedBy: []string{"s1"}, InhibitedBy: []string{"b"}, MutedBy: []string{"nights"}},
			{Fingerprint: "b", Labels: map[string]string{"alertname": "B"}, SilencedBy: []string{}, InhibitedBy: []string{}},
		},
		Silences: map[string]Silence{"s1": {ID: "s1", By: "alice", Comment: "known", State: "active", Starts: time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC), Ends: time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("look (-want +got):\n%s", diff)
	}
	if got.Find("b") != &got.Alerts[1] || got.Find("c") != nil {
		t.Error("an alert is not found by its fingerprint")
	}
}

func TestCredentials(t *testing.T) {
	for _, tt := range []struct{ userinfo, token, want string }{
		{"", "", ""},
		{"", "secret-of-the-test", "Bearer secret-of-the-test"},
		{"watch:p%40ss@", "", "Basic d2F0Y2g6cEBzcw=="},
	} {
		var seen []string
		c := client(t, tt.userinfo, tt.token, func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Header.Get("Authorization"))
			answers(w, r)
		})
		if _, err := c.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{tt.want, tt.want}, seen); diff != "" {
			t.Errorf("credentials (-want +got):\n%s", diff)
		}
	}
}

func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		asked  int
		want   string
	}{
		{"down", 503, "", 3, "Alertmanager can't respond at the moment (503); see its log"},
		{"too many requests", 429, "", 3, "Alertmanager can't respond at the moment (429); see its log"},
		{"not let in", 401, "", 1, "Alertmanager rejected gonogo's credentials (401); check the connection's token, or the user and password in its URL, and restart gonogo after you change them"},
		{"another server", 404, "", 1, "the response isn't from Alertmanager's API v2 (404); check the connection's URL"},
		{"a page", 200, "<html>", 1, "the response isn't from Alertmanager's API v2 (200); check the connection's URL"},
		{"no list", 200, "null", 2, "the response isn't from Alertmanager's API v2 (200); check the connection's URL"},
		{"other JSON", 200, "[{}]", 1, "the response isn't from Alertmanager's API v2 (200); check the connection's URL"},
		{"moved", 302, "", 1, "the response isn't from Alertmanager's API v2 (302); check the connection's URL"},
		{"too large", 200, strings.Repeat(" ", mostBody+1), 1, "the response of Alertmanager is larger than 16 MiB, so it wasn't read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			c := client(t, "watch:p%40ss@", "", func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			_, err := c.Look(t.Context())
			if err == nil || err.Error() != tt.want || asked != tt.asked {
				t.Errorf("after %d requests: %v\nwant after %d: %s", asked, err, tt.asked, tt.want)
			}
		})
	}
}

// A part of the answer is no answer.
func TestAlertWithoutStatus(t *testing.T) {
	c := client(t, "", "", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "alerts") {
			fmt.Fprint(w, `[{"fingerprint":"a"}]`)
			return
		}
		answers(w, r)
	})
	if look, err := c.Look(t.Context()); err == nil {
		t.Errorf("it was taken for %+v", look)
	}
}

// What fails once is asked again.
func TestFailureThatPasses(t *testing.T) {
	asked := 0
	c := client(t, "", "", func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(502)
			return
		}
		answers(w, r)
	})
	if _, err := c.Look(t.Context()); err != nil || asked != 3 {
		t.Errorf("after %d requests: %v", asked, err)
	}
}

// hangs answers nothing until the request is given up.
type hangs struct{}

func (hangs) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, fmt.Errorf("watch:p%%40ss and secret-of-the-test: %w", r.Context().Err())
}

func TestHangingServerIsGivenUpAndNoSecretIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options{URL: "http://watch:p%40ss@am.example", Transport: hangs{}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err = c.Look(ctx)
		if err == nil || strings.Contains(err.Error(), "p%40ss") || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ url, token, want string }{
		{"alertmanager:9093", "", "the URL of Alertmanager must begin with http:// or https://; write it like http://alertmanager:9093"},
		{"http://am/?x=1", "", "the URL of Alertmanager can't have a query or fragment; write it like http://alertmanager:9093"},
		{"http://u:p@am", "t", "the URL of Alertmanager has a user, and there is a token; keep one"},
	} {
		if _, err := New(Options{URL: tt.url, Token: tt.token}); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.url, err, tt.want)
		}
	}
}
