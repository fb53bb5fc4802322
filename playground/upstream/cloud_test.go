package upstream

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/digitalocean/godo"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// account is the practice cloud with a client of its API, and a clock.
type account struct {
	*cloud
	*Upstream
	clock  *clock
	place  Place
	client *godo.Client
}

func openAccount(t *testing.T) account {
	t.Helper()
	a := account{clock: &clock{at: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}, place: newPlace(t)}
	a.place.Now = a.clock.now
	a.cloud = practiceCloud(t, a.place)
	a.Upstream = practiceIn(t, a.place, a.cloud.upstream)
	mux := http.NewServeMux()
	mux.Handle(a.Prefix, a.Handler)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var token string
	for _, v := range a.Variables {
		if v.Name == "DIGITALOCEAN_TOKEN" {
			token = v.Value
		}
	}
	client, err := godo.New(server.Client(), godo.SetBaseURL(server.URL+"/"), godo.SetRequestHeaders(map[string]string{"Authorization": "Bearer " + token}))
	if err != nil {
		t.Fatal(err)
	}
	a.client = client
	return a
}

// deploy sets the image tag of an app and lets the deployment end.
func (a account) deploy(t *testing.T, appID, tag string) {
	t.Helper()
	app, _, err := a.client.Apps.Get(t.Context(), appID)
	if err != nil {
		t.Fatal(err)
	}
	app.Spec.Services[0].Image.Tag = tag
	if _, _, err := a.client.Apps.Update(t.Context(), appID, &godo.AppUpdateRequest{Spec: app.Spec}); err != nil {
		t.Fatal(err)
	}
	a.clock.pass(6 * time.Second)
}

// TestSiteFollowsCloud wants each site to show what is live of its own app.
func TestSiteFollowsCloud(t *testing.T) {
	a := openAccount(t)
	staging, production := stagingSite(a.place, a.cloud), productionSite(a.place, a.cloud)
	show := func(want [2]string, when string) {
		t.Helper()
		if got := [2]string{staging.live(), production.live()}; got != want {
			t.Errorf("%s: got %v live, want %v", when, got, want)
		}
	}
	show([2]string{"19.0.1", "19.0.1"}, "in a new world")
	a.deploy(t, stagingAppID, "19.0.2")
	show([2]string{"19.0.2", "19.0.1"}, "after a deployment to staging")
	a.deploy(t, blueAppID, "20.0.0")
	show([2]string{"19.0.2", "19.0.1"}, "after the deployment of an image that there is not")
	if got := stagingSite(a.place, practiceCloud(t, a.place)).live(); got != "19.0.2" {
		t.Errorf("after a restart: got %s live on staging, want 19.0.2", got)
	}
}

// move moves production's public name from one app to the other, as a cutover does.
func (a account) move(t *testing.T, from, to string) {
	t.Helper()
	for _, one := range []struct {
		app   string
		names []*godo.AppDomainSpec
	}{{from, nil}, {to, []*godo.AppDomainSpec{{Domain: productionName, Type: godo.AppDomainSpecType_Primary}}}} {
		app, _, err := a.client.Apps.Get(t.Context(), one.app)
		if err != nil {
			t.Fatal(err)
		}
		app.Spec.Domains = one.names
		if _, _, err := a.client.Apps.Update(t.Context(), one.app, &godo.AppUpdateRequest{Spec: app.Spec}); err != nil {
			t.Fatal(err)
		}
		a.clock.pass(6 * time.Second)
	}
}

// TestSiteFollowsTheName wants production's site to be the app that has the name, each side
// to show its own version, and nothing while neither app has it.
func TestSiteFollowsTheName(t *testing.T) {
	a := openAccount(t)
	s := productionSite(a.place, a.cloud)
	get := func(path string) string {
		answer := httptest.NewRecorder()
		s.handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sites/production/"+path, nil))
		return fmt.Sprint(answer.Code, " ", answer.Body)
	}
	show := func(when string, want ...string) {
		t.Helper()
		if got := []string{get("version"), get("blue/version"), get("green/version")}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	show("in a new world", "200 19.0.1", "200 19.0.1", "200 19.0.1")
	a.deploy(t, greenAppID, "19.0.2")
	show("after a deployment to green", "200 19.0.1", "200 19.0.1", "200 19.0.2")
	a.move(t, blueAppID, greenAppID)
	show("after the cutover", "200 19.0.2", "200 19.0.1", "200 19.0.2")
	if got := s.reigns(); len(got) != 2 || got[0].Version != "19.0.1" || got[1].Version != "19.0.2" {
		t.Errorf("the name led to %v", got)
	}
	app, _, err := a.client.Apps.Get(t.Context(), greenAppID)
	if err != nil || app.LiveURL != a.place.URL+"/sites/production" || app.DefaultIngress != a.place.URL+"/sites/production/green" {
		t.Errorf("green is live at %s and %s (%v)", app.LiveURL, app.DefaultIngress, err)
	}
	app.Spec.Domains = nil
	if _, _, err := a.client.Apps.Update(t.Context(), greenAppID, &godo.AppUpdateRequest{Spec: app.Spec}); err != nil {
		t.Fatal(err)
	}
	a.clock.pass(6 * time.Second)
	show("while neither app has the name", "503 503 Service Unavailable: no app has this name\n", "200 19.0.1", "200 19.0.2")
}

func TestCloudSwitches(t *testing.T) {
	a := openAccount(t)
	get := func() int {
		_, response, _ := a.client.Apps.Get(t.Context(), stagingAppID)
		return response.StatusCode
	}
	create := func() int {
		_, response, _ := a.client.Apps.CreateDeployment(t.Context(), stagingAppID)
		return response.StatusCode
	}
	for _, c := range []struct {
		state     string
		get, post int
		made      int // deployments in all, afterwards
	}{
		{"down", 503, 503, 1},
		{"unclear", 200, 502, 2},
		{"up", 200, 200, 3},
	} {
		turn(t, a.Upstream, "digitalocean", c.state)
		got, posted := get(), create()
		turn(t, a.Upstream, "digitalocean", "up")
		all, _, err := a.client.Apps.ListDeployments(t.Context(), stagingAppID, nil)
		if err != nil || got != c.get || posted != c.post || len(all) != c.made {
			t.Errorf("%s: got %d and %d, and %d deployments (%v); want %d, %d and %d", c.state, got, posted, len(all), err, c.get, c.post, c.made)
		}
	}
}

func TestBuildSwitch(t *testing.T) {
	a := openAccount(t)
	for _, c := range []struct {
		state string
		after time.Duration
		want  godo.DeploymentPhase
	}{
		{"good", 6 * time.Second, godo.DeploymentPhase_Active},
		{"bad", 6 * time.Second, godo.DeploymentPhase_Error},
		{"slow", 60 * time.Second, godo.DeploymentPhase_Building},
		{"slow", 66 * time.Second, godo.DeploymentPhase_Active},
	} {
		turn(t, a.Upstream, "build", c.state)
		d, _, err := a.client.Apps.CreateDeployment(t.Context(), stagingAppID)
		if err != nil {
			t.Fatal(err)
		}
		a.clock.pass(c.after)
		d, _, err = a.client.Apps.GetDeployment(t.Context(), stagingAppID, d.ID)
		if err != nil || d.Phase != c.want {
			t.Errorf("%s, after %v: got %v, %v, want %v", c.state, c.after, d, err, c.want)
		}
	}
}

func TestMaintenanceSwitch(t *testing.T) {
	a := openAccount(t)
	turn(t, a.Upstream, "maintenance", "production")
	all, _, err := a.client.Apps.ListDeployments(t.Context(), blueAppID, nil)
	if err != nil || len(all) != 2 || all[0].CauseDetails.Type != godo.DeploymentCauseDetailsType_Maintenance {
		t.Errorf("got %v, %v, want a second deployment, by maintenance", all, err)
	}
	turn(t, a.Upstream, "maintenance", "none")
	if all, _, _ = a.client.Apps.ListDeployments(t.Context(), blueAppID, nil); len(all) != 2 {
		t.Errorf("none: got %d deployments, want 2 still", len(all))
	}
}

// TestTraffic wants the share of failed requests to follow the switch and the
// version that is live, at the second at which either changed.
func TestTraffic(t *testing.T) {
	a := openAccount(t)
	s := productionSite(a.place, a.cloud)
	u := practiceIn(t, a.place, s.upstream)
	began := a.clock.now()
	turn(t, u, "production-errors", errorsNewest)
	a.clock.pass(10 * time.Second) // 19.0.1 is live: none fails
	a.deploy(t, blueAppID, "19.0.2")
	a.clock.pass(10 * time.Second) // all ten with 19.0.2
	turn(t, u, "production-errors", errorsNone)
	a.clock.pass(10 * time.Second)
	turn(t, u, "production-errors", errorsEvery)
	a.clock.pass(5 * time.Second)

	base, _ := s.Requests(began)
	if base != 3600*requestRate {
		t.Errorf("when the world starts: got %v good requests, want those of an hour", base)
	}
	for _, c := range []struct {
		after  time.Duration
		failed float64 // seconds in which a share of the requests failed
	}{
		{-2 * time.Hour, 0}, {10 * time.Second, 0}, {16 * time.Second, 0}, {20 * time.Second, 4}, {26 * time.Second, 10},
		{36 * time.Second, 10}, {38 * time.Second, 12}, {41 * time.Second, 15},
	} {
		good, failed := s.Requests(began.Add(c.after))
		if want := c.failed * requestRate * failedShare; math.Abs(failed-want) > 1e-6 {
			t.Errorf("failed after %v: got %v, want %v", c.after, failed, want)
		}
		if want := max(0, (time.Hour+c.after).Seconds()) * requestRate; math.Abs(good+failed-want) > 1e-6 {
			t.Errorf("all after %v: got %v, want %v", c.after, good+failed, want)
		}
	}
}

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		version, than string
		want          bool
	}{
		{"19.0.2", "19.0.1", true}, {"19.0.10", "19.0.9", true}, {"19.0.1", "19.0.1", false}, {"18.0.7", "19.0.1", false}, {"main", "19.0.1", false}, {"", "19.0.1", false},
	} {
		if got := newer(c.version, c.than); got != c.want {
			t.Errorf("newer(%q, %q): got %v, want %v", c.version, c.than, got, c.want)
		}
	}
}

// TestAll wants every upstream made, each with a name and a place of its own.
func TestAll(t *testing.T) {
	all, err := All(newPlace(t))
	if err != nil {
		t.Fatal(err)
	}
	titles, prefixes, switches := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, u := range all {
		if u.Title == "" || titles[u.Title] || u.Prefix != "" && prefixes[u.Prefix] {
			t.Errorf("the upstream %q at %q has no name or place of its own", u.Title, u.Prefix)
		}
		titles[u.Title], prefixes[u.Prefix] = true, true
		for _, s := range u.Switches {
			if switches[s.ID] {
				t.Errorf("there are two switches %q", s.ID)
			}
			switches[s.ID] = true
		}
	}
}
