package digitalocean_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/digitalocean"
	practice "gonogo/playground/upstream/digitalocean"
)

// TestLogs reads the log of the practice platform, which refuses what the real one does.
func TestLogs(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		platform, err := practice.New(practice.Options{Token: canary})
		if err != nil {
			t.Fatal(err)
		}
		if err := platform.Seed(practice.App{ID: shop, Name: "shop", Component: "web", Tag: "1"}); err != nil {
			t.Fatal(err)
		}
		handler := platform.Handler()
		s.answer = func(_ int, w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }
		s.open = "/v2/logs"
		app, err := c.App(t.Context(), shop)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of the test's own time
		for _, component := range []string{"", "web"} {
			var got string
			err = c.Logs(t.Context(), digitalocean.LogRequest{App: shop, Deployment: app.Active.ID, Component: component, Type: digitalocean.LogRun}, func(text io.Reader) error {
				all, err := io.ReadAll(text)
				got += string(all)
				return err
			})
			if err != nil || strings.Count(got, "\nweb 20") != 6 {
				t.Errorf("%q: got %v, %s", component, err, got)
			}
		}
		err = c.Logs(t.Context(), digitalocean.LogRequest{App: shop, Deployment: app.Active.ID, Type: digitalocean.LogRestarted}, func(io.Reader) error {
			t.Error("nothing has crashed, and there is a log of it")
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestLogParts(t *testing.T) {
	const part = "http://api.example/part"
	for name, tt := range map[string]struct {
		answer string
		kind   digitalocean.LogType
		status int
		body   string
		read   error
		want   []string // parts
		err    string
	}{
		"none":                {answer: `{}`, kind: digitalocean.LogRun},
		"archived ones first": {answer: `{"live_url": "ws://api.example/part/3", "historic_urls": ["` + part + `/1", "` + part + `/2"]}`, kind: digitalocean.LogRun, status: 200, want: []string{"/part/1", "/part/2", "/part/3"}},
		"no address":          {answer: `{"live_url": "part"}`, kind: digitalocean.LogRun, err: "gave an invalid response"},
		"another scheme":      {answer: `{"live_url": "file:///etc/passwd"}`, kind: digitalocean.LogRun, err: "gave an invalid response"},
		"redirects":           {answer: `{"live_url": "` + part + `"}`, kind: digitalocean.LogRun, status: 302, err: "responded with 302 Found"},
		"is gone":             {answer: `{"live_url": "` + part + `"}`, kind: digitalocean.LogRun, status: 404, err: "responded with 404 Not Found"},
		"no crash":            {answer: `{"live_url": "` + part + `"}`, kind: digitalocean.LogRestarted, status: 404},
		"fails":               {answer: `{"live_url": "` + part + `"}`, kind: digitalocean.LogRestarted, status: 500, err: "responded with 500"},
		"can't be read":       {answer: `{"live_url": "` + part + `"}`, kind: digitalocean.LogRun, status: 200, read: errors.New("torn"), err: "gave no complete response in time"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
				s.open = "/part"
				s.answer = func(_ int, w http.ResponseWriter, r *http.Request) {
					if strings.HasPrefix(r.URL.Path, "/part") {
						if r.Header.Get("Authorization") != "" {
							t.Error("the token was sent to a log")
						}
						w.Header().Set("Location", "http://elsewhere.example/")
						w.WriteHeader(tt.status)
						fmt.Fprint(w, r.URL.Path)
						return
					}
					fmt.Fprint(w, tt.answer)
				}
				var got []string
				err := c.Logs(context.Background(), digitalocean.LogRequest{App: "a1", Deployment: "d1", Type: tt.kind}, func(text io.Reader) error {
					all, _ := io.ReadAll(text)
					got = append(got, string(all))
					return tt.read
				})
				if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				if err != nil && strings.Contains(err.Error(), "example") {
					t.Errorf("the address of a log is in %v", err)
				}
				if diff := cmp.Diff(tt.want, got); tt.read == nil && diff != "" {
					t.Errorf("parts (-want +got):\n%s", diff)
				}
			})
		})
	}
}
