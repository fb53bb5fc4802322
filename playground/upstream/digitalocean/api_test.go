package digitalocean_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/playground/upstream/digitalocean"
)

func TestRefusals(t *testing.T) {
	a := open(t)
	first := a.app().ActiveDeployment.ID
	bearer := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}
	form := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/x-www-form-urlencoded"}
	notFound := reply{404, "not_found", "The resource you were accessing could not be found."}
	noAuth := reply{401, "unauthorized", "Unable to authenticate you"}
	for _, c := range []struct {
		method, path, body string
		header             map[string]string
		want               reply
	}{
		{"GET", "/v2/apps", "", nil, noAuth},
		{"GET", "/v2/apps", "", map[string]string{"Authorization": "Bearer " + token + "x"}, noAuth},
		{"GET", "/v2/apps/none", "", nil, noAuth},
		{"GET", "/v2/apps/none", "", bearer, notFound},
		{"GET", "/v2/droplets", "", bearer, notFound},
		{"GET", "/v2/apps/" + appID + "/deployments/none", "", bearer, notFound},
		{"POST", "/v2/apps/" + appID + "/deployments/none/cancel", "", bearer, notFound},
		{"POST", "/v2/apps/" + appID + "/rollback", `{"deployment_id":"none"}`, bearer, notFound},
		{"DELETE", "/v2/apps/" + appID, "", bearer, reply{405, "method_not_allowed", "The method is not allowed for this resource."}},
		{"POST", "/v2/apps/" + appID + "/deployments", "force_build=true", form, reply{415, "unsupported_media_type", "The request body must be application/json."}},
		{"POST", "/v2/apps/" + appID + "/deployments", `{"force":true}`, bearer, reply{400, "bad_request", `Unable to parse the request body: unknown field "force"`}},
		{"POST", "/v2/apps/" + appID + "/deployments", `{} {}`, bearer, reply{400, "bad_request", "Unable to parse the request body: there is something after the JSON value"}},
		{"PUT", "/v2/apps/" + appID, "", bearer, reply{400, "bad_request", "Unable to parse the request body: EOF"}},
		{"POST", "/v2/apps/" + appID + "/rollback", `{"deployment_id":""}`, bearer, reply{400, "bad_request", "deployment_id is required"}},
		{"POST", "/v2/apps/" + appID + "/rollback", `{"deployment":"` + first + `"}`, bearer, reply{400, "bad_request", `Unable to parse the request body: unknown field "deployment"`}},
		{"GET", "/v2/apps/" + appID + "/deployments?per_page=201", "", bearer, reply{400, "bad_request", "per_page must be a number from 1 to 200"}},
		{"GET", "/v2/apps?page=0", "", bearer, reply{400, "bad_request", "page must be a number from 1 to 2147483647"}},
	} {
		if got, _ := a.sendAs(c.method, c.path, c.body, c.header); got != c.want {
			t.Errorf("%s %s %s: got %+v, want %+v", c.method, c.path, c.body, got, c.want)
		}
	}
	if got := a.Writes(); len(got) != 0 {
		t.Errorf("got the writes %v, want none", got)
	}
}

// TestRateHeaders wants the headers to count the requests of the last hour.
func TestRateHeaders(t *testing.T) {
	a := open(t)
	began := a.now()
	for _, c := range []struct {
		pass      time.Duration
		remaining int
		reset     time.Time
	}{
		{0, 4999, began.Add(time.Hour)},
		{time.Minute, 4998, began.Add(time.Hour)},
		{time.Hour - time.Minute, 4998, began.Add(time.Hour + time.Minute)},
	} {
		a.pass(c.pass)
		_, response, err := a.client.Apps.Get(t.Context(), appID)
		if err != nil {
			t.Fatal(err)
		}
		if got := response.Rate; got.Limit != 5000 || got.Remaining != c.remaining || !got.Reset.Time.Equal(c.reset) {
			t.Errorf("got %v, want 5000, %d, %v", got, c.remaining, c.reset)
		}
	}
}

// TestFaults wants each fault to come before or instead of the effect as it
// says, and the record to tell what was really done.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault digitalocean.Fault
		done  bool
		want  int // status; 0: no answer
	}{
		{"none", digitalocean.Fault{}, true, 200},
		{"502 before", digitalocean.Fault{Status: 502}, false, 502},
		{"524 after", digitalocean.Fault{Status: 524, Done: true}, true, 524},
		{"dropped before", digitalocean.Fault{Drop: true}, false, 0},
		{"dropped after", digitalocean.Fault{Drop: true, Done: true}, true, 0},
	} {
		a := open(t)
		var mu sync.Mutex // a connection that is dropped orders nothing between its two ends
		var order []string
		a.OnCall(func(call digitalocean.Call) digitalocean.Fault {
			if call.Route != "POST /v2/apps/{id}/deployments" || !call.Write || call.N != 1 || call.App != appID {
				t.Errorf("%s: got the call %+v", c.name, call)
			}
			note := func(name string) func() {
				return func() {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, name)
					if done := len(a.Writes()) > 0; done != (name == "after") {
						t.Errorf("%s: %s the effect: done is %v", c.name, name, done)
					}
				}
			}
			fault := c.fault
			fault.Before, fault.After = note("before"), note("after")
			return fault
		})
		got := 0
		d, response, err := a.client.Apps.CreateDeployment(t.Context(), appID)
		if response != nil {
			got = response.StatusCode
		}
		if got != c.want || (err == nil) != (c.want == 200) {
			t.Errorf("%s: got status %d, %v, want %d", c.name, got, err, c.want)
		}
		want := []string{"before"}
		if c.done {
			want = append(want, "after")
		}
		mu.Lock()
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		mu.Unlock()
		a.OnCall(nil)
		writes := a.Writes()
		if (len(writes) == 1) != c.done {
			t.Errorf("%s: got the writes %v, want one: %v", c.name, writes, c.done)
		}
		if c.done && (writes[0].Deployment == "" || d != nil && writes[0].Deployment != d.ID || string(writes[0].Body) != "null\n") {
			t.Errorf("%s: got the write %+v with %s", c.name, writes[0], writes[0].Body)
		}
	}
}

// TestHold wants a held call to go on when it is let go, and nothing to happen
// when the client leaves before.
func TestHold(t *testing.T) {
	a := open(t)
	held, free := make(chan struct{}), make(chan struct{})
	a.OnCall(func(digitalocean.Call) digitalocean.Fault {
		close(held)
		return digitalocean.Fault{Hold: free}
	})
	said := make(chan error, 1)
	go func() {
		_, _, err := a.client.Apps.CreateDeployment(t.Context(), appID)
		said <- err
	}()
	<-held
	if got := a.Writes(); len(got) != 0 {
		t.Errorf("while held: got the writes %v", got)
	}
	close(free)
	if err := <-said; err != nil || len(a.Writes()) != 1 {
		t.Errorf("let go: got %v and the writes %v", err, a.Writes())
	}

	ctx, leave := context.WithCancel(t.Context())
	a.OnCall(func(digitalocean.Call) digitalocean.Fault {
		leave()
		return digitalocean.Fault{Hold: make(chan struct{})}
	})
	if _, _, err := a.client.Apps.CreateDeployment(ctx, appID); err == nil {
		t.Error("a held call was answered")
	}
	a.server.Close() // waits for the call to end
	if got := a.Writes(); len(got) != 1 {
		t.Errorf("after the client left: got the writes %v, want the one from before", got)
	}
}

// TestRestart wants a platform that is started again with its file to be the
// same, and to go on with what was under way.
func TestRestart(t *testing.T) {
	a := open(t)
	a.opts.File = filepath.Join(t.TempDir(), "state.json")
	a.start()
	first := a.app().ActiveDeployment.ID
	a.release("1.1")
	a.back(first)
	a.pass(15 * time.Second)
	_, before := a.send("GET", "", "")
	a.start()
	_, after := a.send("GET", "", "")
	if diff := cmp.Diff(decoded(t, before), decoded(t, after)); diff != "" {
		t.Errorf("the app (-before +after):\n%s", diff)
	}
	a.pass(time.Hour)
	if got, want := a.tags(), (tags{"1.0", "1.0", true}); got != want {
		t.Errorf("later: got %+v, want %+v", got, want)
	}
	if got, _ := a.send("POST", "/rollback/revert", ""); got.Status != 200 {
		t.Fatalf("got %+v", got)
	}
	a.release("1.2") // with a secret that was given out before the restart
}

func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestUnusableFile(t *testing.T) {
	for _, text := range []string{
		"", "{", "null", "GIF89a", `{"kind":"practice App Platform","version":2,"key":"","apps":[]}`,
		`{"kind":"practice App Platform","version":1,"key":"","apps":[]}`, `{"kind":"something else","version":1}`,
	} {
		file := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := digitalocean.New(digitalocean.Options{File: file})
		if err == nil || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want one sentence that names the file", text, err)
		}
		if left, err := os.ReadFile(file); err != nil || string(left) != text {
			t.Errorf("%q was overwritten with %q (%v)", text, left, err)
		}
	}
}
