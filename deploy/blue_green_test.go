package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/work"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"gonogo/suite"
)

const (
	blueApp    = "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e92"
	greenApp   = "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e93"
	publicName = "shop.example"
)

const coloursConfiguration = `
project: Shop
slack: { releases: C0123ABCD }
connections: { cloud: { digitalocean: {} } }
checklist: [{ section: tests, items: [{ item: tests, title: Tests, blocks: [], manual: {} }] }]
environments:
  staging:
    url: %s/
    deploy:
      blue_green:
        connection: cloud
        apps: { blue: ` + blueApp + `, green: ` + greenApp + ` }
        version_as: { image_tag: web }
        cutover: { domain: ` + publicName + ` }
      smoke:
        - { smoke: version, title: The version answers, gate: { http: { url: "{target.url}", body: "{release.version}" } } }
`

// colours are two apps, of which blue has the public name and version 1.
type colours struct {
	*practice.Platform
	t   *testing.T
	api *httptest.Server
	// front answers at /blue and /green with what these apps have, and at / with what the
	// public name leads to.
	front *httptest.Server
}

func newColours(t *testing.T) *colours {
	t.Helper()
	platform, err := practice.New(practice.Options{Token: "t0ken", Settling: 6})
	if err != nil {
		t.Fatal(err)
	}
	c := &colours{Platform: platform, t: t}
	closing := func(handler http.Handler) *httptest.Server {
		server := httptest.NewUnstartedServer(handler)
		server.Config.SetKeepAlivesEnabled(false) // no connection outlives what is asked
		server.Start()
		t.Cleanup(server.Close)
		return server
	}
	c.api = closing(platform.Handler())
	c.front = closing(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app := map[string]string{"/blue": blueApp, "/green": greenApp}[r.URL.Path]
		if app == "" {
			app = platform.Holder(publicName)
		}
		if version, _ := platform.Live(app); version != "" {
			fmt.Fprintln(w, version)
			return
		}
		http.Error(w, "no app has this name", http.StatusServiceUnavailable)
	}))
	c.seed("blue", blueApp, "1", `,"domains":[{"domain":"`+publicName+`","type":"PRIMARY","minimum_tls_version":"1.3"}]`)
	c.seed("green", greenApp, "0", "")
	return c
}

func (c *colours) seed(name, id, tag, more string) {
	c.t.Helper()
	spec := fmt.Sprintf(`{"name":%q,"region":"sgp","services":[{"name":"web","image":{"registry_type":"GHCR","repository":"shop","tag":%q},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"}],
		"workers":[{"name":"mail","image":{"registry_type":"GHCR","repository":"shop","tag":"1"},"instance_count":1,"instance_size_slug":"apps-s-1vcpu-1gb"}],
		"databases":[{"name":"db","engine":"PG","production":true,"cluster_name":"shop-pg"}]%s}`, name, tag, more)
	if err := c.Seed(practice.App{ID: id, Name: name, URL: c.front.URL + "/" + name, Spec: json.RawMessage(spec)}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *colours) world(t *testing.T, log storage.Log) *smallWorld {
	return c.configured(t, log)
}

// configured is a gonogo whose configuration has texts replaced by others, in turn.
func (c *colours) configured(t *testing.T, log storage.Log, changes ...string) *smallWorld {
	environ := func(name string) (string, bool) {
		value, ok := map[string]string{"DIGITALOCEAN_TOKEN": "t0ken", "DIGITALOCEAN_API_URL": c.api.URL}[name]
		return value, ok
	}
	return newWorld(t, "gonogo.yml", []byte(strings.NewReplacer(changes...).Replace(fmt.Sprintf(coloursConfiguration, c.front.URL))), environ, log)
}

// did is what was written to the platform, in order.
func (c *colours) did() string {
	var all []string
	has := map[string]bool{blueApp: true}
	for _, write := range c.Writes() {
		colour := map[string]string{blueApp: "blue", greenApp: "green"}[write.App]
		var body struct {
			Spec struct {
				Services []struct{ Image struct{ Tag string } }
				Domains  []struct{ Domain, Type string }
			}
		}
		switch err := json.Unmarshal(write.Body, &body); {
		case err != nil:
			all = append(all, colour+" "+write.Route)
		case has[write.App] != (len(body.Spec.Domains) > 0):
			has[write.App] = !has[write.App]
			all = append(all, fmt.Sprintf("%s name %t", colour, has[write.App]))
		default:
			all = append(all, colour+" "+body.Spec.Services[0].Image.Tag)
		}
	}
	return strings.Join(all, ", ")
}

func inColours(t *testing.T, test func(*smallWorld, *colours)) {
	t.Helper()
	c := newColours(t)
	synctest.Test(t, func(t *testing.T) {
		w := c.world(t, storagetest.NewMemory())
		defer w.start()()
		test(w, c)
	})
}

// TestBlueGreen deploys, rolls back and decides with two apps. Of a rollback only the name
// moves: the version is on the other app still.
func TestBlueGreen(t *testing.T) {
	const out, back = "green 2, blue name false, green name true", "green name false, blue name true"
	for choice, want := range map[string]struct{ live, writes string }{
		work.ChooseKeep:   {"1", out + ", " + back},
		work.ChooseReturn: {"2", out + ", " + back + ", blue name false, green name true"},
	} {
		t.Run(choice, func(t *testing.T) {
			inColours(t, func(w *smallWorld, c *colours) {
				if run := w.deployed(); run.Outcome != work.Completed {
					w.Fatalf("the deployment ended %q at %+v: %s", run.Outcome, run.Current(), run.Reason)
				}
				if live := w.ledger.State().Live["staging"]; live.Version != "2" || !live.Verified {
					w.Errorf("live %+v", live)
				}
				w.backAnd(choice)
				if diff := cmp.Diff(want.writes, c.did()); diff != "" {
					w.Errorf("the platform saw (-want +got):\n%s", diff)
				}
				s := w.ledger.State()
				if live := s.Live["staging"]; live.Version != want.live || !live.Verified || len(s.Locks) > 0 || s.Pinned("staging") {
					w.Errorf("live %+v, want %s; locks %v", live, want.live, s.Locks)
				}
			})
		})
	}
}

// TestBlueGreenDeaths kills gonogo at some of its appends, and at each of them in the long
// tests. The next one goes on: each write is made once, and the name is never left on
// neither app.
func TestBlueGreenDeaths(t *testing.T) {
	suite.LeftToFull(t)
	stride := 5
	if suite.Long {
		stride = 1
	}
	for n, alive := 1, false; !alive; n += stride {
		c := newColours(t)
		synctest.Test(t, func(t *testing.T) {
			log := &mortal{storagetest.NewMemory(), n}
			w := c.world(t, log)
			stop := w.start()
			w.outAndBack()
			stop()
			if alive = log.left > 0; alive && n < 12 {
				t.Errorf("only %d appends; the test sees less than it thinks", n)
			}
			w = c.world(t, log.Reopen())
			defer w.start()()
			w.outAndBack()
			w.mended()
			if got, want := c.did(), "green 2, blue name false, green name true, green name false, blue name true"; got != want {
				t.Errorf("after dying at append %d the platform saw %q, want %q", n, got, want)
			}
		})
	}
}

// mended waits until the rollback asks what to keep.
func (w *smallWorld) mended() {
	w.Helper()
	time.Sleep(time.Hour)
	for _, run := range w.ledger.State().Runs {
		if run.What == work.Rollback && (run.Asked == nil || run.Asked.Step != "decide") {
			w.Errorf("%s is %q at %+v, asking %+v: %s", run.Title, run.Outcome, run.Current(), run.Asked, run.Reason)
		}
	}
}
