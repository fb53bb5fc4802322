package digitalocean_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digitalocean/godo"
	"go.uber.org/goleak"

	"gonogo/playground/upstream/digitalocean"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token = "dop_v1_test"
	appID = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"
)

// account is a platform that is served, with DigitalOcean's own client of it
// and a clock that the test moves.
type account struct {
	*digitalocean.Platform
	t      *testing.T
	opts   digitalocean.Options
	server *httptest.Server
	client *godo.Client

	mu sync.Mutex
	at time.Time
}

func (a *account) now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at
}

func (a *account) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = a.at.Add(d)
}

// each phase of a deployment takes ten seconds in these tests.
const phase = 10 * time.Second

// open serves a platform with one app, whose component web has the image
// shop/odoo:1.0, one plain variable and one secret.
func open(t *testing.T) *account {
	t.Helper()
	a := &account{t: t, at: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	a.opts = digitalocean.Options{
		Token: token, Now: a.now, Settling: 2,
		Pace:     digitalocean.Pace{PendingBuild: phase, Building: phase, PendingDeploy: phase, Deploying: phase},
		Registry: map[string][]string{"shop/odoo": {"1.0", "1.1", "1.2"}},
	}
	a.start()
	return a
}

// start serves a platform with the account's options.
func (a *account) start() {
	a.t.Helper()
	platform, err := digitalocean.New(a.opts)
	if err != nil {
		a.t.Fatal(err)
	}
	a.Platform = platform
	err = platform.Seed(digitalocean.App{
		ID: appID, Name: "shop", Component: "web", Repository: "shop/odoo", Tag: "1.0",
		Envs: []digitalocean.Env{{Key: "WORKERS", Value: "4"}, {Key: "PASSWORD", Value: "hunter2", Secret: true}},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.server = httptest.NewServer(platform.Handler())
	a.t.Cleanup(a.server.Close)
	a.client, err = godo.New(a.server.Client(), godo.SetBaseURL(a.server.URL+"/"), godo.SetRequestHeaders(map[string]string{"Authorization": "Bearer " + token}))
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *account) app() *godo.App {
	a.t.Helper()
	app, _, err := a.client.Apps.Get(a.t.Context(), appID)
	if err != nil {
		a.t.Fatal(err)
	}
	return app
}

func (a *account) deployment(id string) *godo.Deployment {
	a.t.Helper()
	d, _, err := a.client.Apps.GetDeployment(a.t.Context(), appID, id)
	if err != nil {
		a.t.Fatal(err)
	}
	return d
}

// update sets the image tag of the app's component and gives the ID of the
// deployment that comes of it.
func (a *account) update(tag string) string {
	a.t.Helper()
	spec := a.app().Spec
	spec.Services[0].Image.Tag = tag
	app, _, err := a.client.Apps.Update(a.t.Context(), appID, &godo.AppUpdateRequest{Spec: spec})
	if err != nil {
		a.t.Fatal(err)
	}
	return app.PendingDeployment.ID
}

// release updates the app and lets the deployment end.
func (a *account) release(tag string) string {
	a.t.Helper()
	id := a.update(tag)
	a.pass(4 * phase)
	return id
}

// reply is what came back, as far as tests look at it.
type reply struct {
	Status  int
	ID      string
	Message string
}

// send makes a request by hand; path begins after the app's own.
func (a *account) send(method, path, body string) (reply, []byte) {
	a.t.Helper()
	return a.sendAs(method, "/v2/apps/"+appID+path, body, map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"})
}

func (a *account) sendAs(method, path, body string, header map[string]string) (reply, []byte) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.server.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := a.server.Client().Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	got := reply{Status: response.StatusCode}
	if response.StatusCode >= 400 {
		var refusal struct{ ID, Message string }
		if err := json.Unmarshal(text, &refusal); err != nil {
			a.t.Fatalf("%s %s: the refusal is no JSON: %s", method, path, text)
		}
		got.ID, got.Message = refusal.ID, refusal.Message
	}
	return got, text
}
