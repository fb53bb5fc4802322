package alertmanager

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// An alert is sent once, whatever Alertmanager answers.
func TestSend(t *testing.T) {
	began := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	const want = `[{"labels":{"alertname":"A"},"annotations":null,"startsAt":"2026-03-02T09:00:00Z","endsAt":"2026-03-02T09:01:00Z"}]`
	for status, words := range map[int]string{200: "", 503: "(503)", 400: "(400)", 401: "credentials (401)"} {
		asked := 0
		c := client(t, "watch:p%40ss@", "", func(w http.ResponseWriter, r *http.Request) {
			asked++
			body, _ := io.ReadAll(r.Body)
			if r.Method != "POST" || r.URL.Path != "/am/api/v2/alerts" || string(body) != want || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("asked %s %s with %s", r.Method, r.URL, body)
			}
			if user, password, _ := r.BasicAuth(); user != "watch" || password != "p@ss" {
				t.Errorf("sent as %s", user)
			}
			w.WriteHeader(status)
		})
		err := c.Send(t.Context(), Post{Labels: map[string]string{"alertname": "A"}, StartsAt: began, EndsAt: began.Add(time.Minute)})
		if (err == nil) != (status == 200) || err != nil && !strings.Contains(err.Error(), words) || asked != 1 {
			t.Errorf("%d: after %d requests: %v", status, asked, err)
		}
	}
}
