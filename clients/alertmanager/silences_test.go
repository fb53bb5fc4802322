package alertmanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	ten  = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	noon = ten.Add(2 * time.Hour)
)

func TestSilences(t *testing.T) {
	c := client(t, "", "", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "["+silence+"]") })
	got, err := c.Silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Silence{{ID: "s1", By: "alice", Comment: "known", State: "active", Starts: ten, Ends: noon}}, got); diff != "" {
		t.Errorf("silences (-want +got):\n%s", diff)
	}
}

// Nothing is concluded from part of a list.
func TestSilencesThatCannotBeRead(t *testing.T) {
	for _, body := range []string{`null`, `{}`, `<html>`, `[{}]`, `[{"id":"s1","endsAt":"2026-03-02T12:00:00Z"}]`, `[{"id":"s1","status":{"state":"active"}}]`} {
		c := client(t, "", "", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		var unavailable *Unavailable
		if all, err := c.Silences(t.Context()); !errors.As(err, &unavailable) {
			t.Errorf("%s was read as %v, error %v", body, all, err)
		}
	}
}

// A list is asked for again if it fails once.
func TestSilencesAreAskedForAgain(t *testing.T) {
	asked := 0
	c := client(t, "", "", func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(502)
			return
		}
		fmt.Fprint(w, "[]")
	})
	if all, err := c.Silences(t.Context()); err != nil || all == nil || len(all) > 0 || asked != 2 {
		t.Errorf("after %d requests: %v, error %v", asked, all, err)
	}
}

// A silence is created once, whatever Alertmanager answers.
func TestCreate(t *testing.T) {
	const want = `{"id":"s0","matchers":[{"name":"env","value":"production","isRegex":false,"isEqual":true}],"startsAt":"2026-03-02T10:00:00Z","endsAt":"2026-03-02T12:00:00Z","createdBy":"gonogo","comment":"mark"}`
	for _, tt := range []struct {
		status int
		body   string
		id     string
		want   string
	}{
		{200, `{"silenceID":"s1"}`, "s1", ""},
		{200, `{}`, "", "the response isn't from Alertmanager's API v2 (200); check the connection's URL"},
		{200, `<html>`, "", "the response isn't from Alertmanager's API v2 (200); check the connection's URL"},
		{400, `"Failed to create silence:\nend time can't be in the past"`, "", "Alertmanager refused it (400): Failed to create silence: end time can't be in the past"},
		{422, `{"code":602,"message":"comment in body is required"}`, "", "Alertmanager refused it (422): comment in body is required"},
		{400, ``, "", "Alertmanager refused it (400); see its log"},
		{403, ``, "", "Alertmanager rejected gonogo's credentials (403); check the connection's token, or the user and password in its URL, and restart gonogo after you change them"},
		{503, ``, "", "Alertmanager can't respond at the moment (503); see its log"},
		{302, ``, "", "the response isn't from Alertmanager's API v2 (302); check the connection's URL"},
	} {
		asked := 0
		c := client(t, "watch:p%40ss@", "", func(w http.ResponseWriter, r *http.Request) {
			asked++
			body, _ := io.ReadAll(r.Body)
			user, password, _ := r.BasicAuth()
			if r.Method != "POST" || r.URL.Path != "/am/api/v2/silences" || string(body) != want || r.Header.Get("Content-Type") != "application/json" || user != "watch" || password != "p@ss" {
				t.Errorf("asked %s %s as %s with %s", r.Method, r.URL, user, body)
			}
			w.WriteHeader(tt.status)
			fmt.Fprint(w, tt.body)
		})
		id, err := c.Create(t.Context(), NewSilence{ID: "s0", Labels: map[string]string{"env": "production"}, Starts: ten, Ends: noon, By: "gonogo", Comment: "mark"})
		if words := fmt.Sprint(err); id != tt.id || asked != 1 || err == nil != (tt.want == "") || err != nil && words != tt.want {
			t.Errorf("%d %s: after %d requests %q, error %v", tt.status, tt.body, asked, id, err)
		}
	}
}

// Every label becomes a matcher.
func TestLabelsOfASilence(t *testing.T) {
	labels := map[string]string{"alertname": "A", "env": "production", "empty": ""}
	c := client(t, "", "", func(w http.ResponseWriter, r *http.Request) {
		var got struct {
			Matchers []struct {
				Name, Value      string
				IsRegex, IsEqual bool
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || len(got.Matchers) != len(labels) {
			t.Errorf("%d matchers, error %v", len(got.Matchers), err)
		}
		for _, m := range got.Matchers {
			if value, ok := labels[m.Name]; !ok || m.Value != value || m.IsRegex || !m.IsEqual {
				t.Errorf("got %+v", m)
			}
		}
		fmt.Fprint(w, `{"silenceID":"s1"}`)
	})
	if _, err := c.Create(t.Context(), NewSilence{Labels: labels, Starts: ten, Ends: noon, By: "gonogo", Comment: "mark"}); err != nil {
		t.Error(err)
	}
}

func TestExpire(t *testing.T) {
	for status, fails := range map[int]bool{200: false, 404: true, 500: true} {
		asked := 0
		c := client(t, "", "", func(w http.ResponseWriter, r *http.Request) {
			if asked++; r.Method != "DELETE" || r.URL.Path != "/am/api/v2/silence/s1" {
				t.Errorf("asked %s %s", r.Method, r.URL)
			}
			w.WriteHeader(status)
		})
		if err := c.Expire(t.Context(), "s1"); err != nil != fails || asked != 1 {
			t.Errorf("%d: after %d requests: %v", status, asked, err)
		}
	}
}
