package digitalocean_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/digitalocean"
	practice "gonogo/playground/upstream/digitalocean"
)

const shop = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"

// story is a client of the practice platform, with steps that must succeed.
type story struct {
	*testing.T
	*digitalocean.Client
	*practice.Platform
}

// tell runs a story with an app whose component web has the image shop/odoo:1.0.
func tell(t *testing.T, test func(s story)) {
	t.Helper()
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		const phase = 10 * time.Second
		platform, err := practice.New(practice.Options{Token: canary, Pace: practice.Pace{PendingBuild: phase, Building: phase, PendingDeploy: phase, Deploying: phase}})
		if err != nil {
			t.Fatal(err)
		}
		err = platform.Seed(practice.App{ID: shop, Name: "shop", Component: "web", Repository: "shop/odoo", Tag: "1.0",
			Envs: []practice.Env{{Key: "WORKERS", Value: "4"}, {Key: "PASSWORD", Value: "hunter2", Secret: true}}})
		if err != nil {
			t.Fatal(err)
		}
		handler := platform.Handler()
		s.answer = func(_ int, w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }
		test(story{t, c, platform})
	})
}

func (s story) app() digitalocean.App {
	s.Helper()
	app, err := s.App(s.Context(), shop)
	if err != nil {
		s.Fatal(err)
	}
	return app
}

// next is the app's spec with a tag and a mark.
func (s story) next(tag string) digitalocean.Spec {
	s.Helper()
	spec, err := s.app().Spec.WithImageTag("web", tag)
	if err == nil {
		spec, err = spec.WithMark("RUN", "run of "+tag)
	}
	if err != nil {
		s.Fatal(err)
	}
	return spec
}

func (s story) release(tag string) (deployment string) {
	s.Helper()
	id, _, err := s.Update(s.Context(), shop, s.next(tag))
	if err != nil {
		s.Fatal(err)
	}
	s.follow(id)
	return id
}

// follow waits for a deployment's end, and sees that it is active.
func (s story) follow(id string) {
	s.Helper()
	for {
		d, err := s.Deployment(s.Context(), shop, id)
		if err != nil {
			s.Fatal(err)
		}
		if d.Phase.Terminal() {
			if d.Phase != digitalocean.PhaseActive || d.Done != d.Total || len(d.Steps) == 0 {
				s.Errorf("deployment %s ended as %s with %d of %d steps: %v", id, d.Phase, d.Done, d.Total, d.Steps)
			}
			return
		}
		time.Sleep(time.Second) // of the test's own time
	}
}

func (s story) live(tag, pinned string) {
	s.Helper()
	app := s.app()
	image, _ := app.Active.Spec.Image("web")
	if image.Tag != tag || (app.Pinned != nil) != (pinned != "") || app.Pinned != nil && app.Pinned.ID != pinned {
		s.Errorf("live is %s, pinned %v; want %s, pinned %q", image.Tag, app.Pinned, tag, pinned)
	}
}

func TestThereAndBack(t *testing.T) {
	tell(t, func(s story) {
		first := s.app().Active.ID
		second := s.release("1.1")
		s.live("1.1", "")
		if said, err := s.ValidateRollback(s.Context(), shop, first); err != nil || !said.Valid {
			s.Fatalf("validated: %+v, %v", said, err)
		}
		back, err := s.Rollback(s.Context(), shop, first)
		if err != nil || back.Cause != "MANUAL_ROLLBACK" {
			s.Fatalf("rolled back: %+v, %v", back, err)
		}
		s.follow(back.ID)
		s.live("1.0", back.ID)
		if _, _, err := s.Update(s.Context(), shop, s.next("1.2")); kind(err) != "refused" {
			s.Errorf("an update of a pinned app: %v", err)
		}
		again, err := s.Revert(s.Context(), shop)
		if err != nil {
			s.Fatal(err)
		}
		s.follow(again.ID)
		s.live("1.1", "")
		if back, err = s.Rollback(s.Context(), shop, first); err != nil {
			s.Fatal(err)
		}
		s.follow(back.ID)
		if err := s.Commit(s.Context(), shop); err != nil {
			s.Error(err)
		}
		s.live("1.0", "")
		if err := s.Commit(s.Context(), shop); kind(err) != "refused" {
			s.Errorf("a commit of nothing: %v", err)
		}
		s.writes("PUT /v2/apps/{id}", "POST /v2/apps/{id}/rollback", "POST /v2/apps/{id}/rollback/revert", "POST /v2/apps/{id}/rollback", "POST /v2/apps/{id}/rollback/commit")
		for d, err := range s.History(s.Context(), shop) {
			if err != nil || (d.Spec.Mark("RUN") == "run of 1.1") != (d.ID == second || d.ID == again.ID) {
				s.Errorf("deployment %s has the mark %q, %v", d.ID, d.Spec.Mark("RUN"), err)
			}
		}
	})
}

// writes are what the platform really did.
func (s story) writes(want ...string) {
	s.Helper()
	var got []string
	for _, w := range s.Writes() {
		got = append(got, w.Route)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("the platform did (-want +got):\n%s", diff)
	}
}

// The platform takes the encrypted secret for what it gave out, so it came
// back as it was.
func TestSecretsComeBackEncrypted(t *testing.T) {
	tell(t, func(s story) {
		s.release("1.1")
		if body := string(s.Writes()[0].Body); !strings.Contains(body, `"EV[1:`) || strings.Contains(body, "hunter2") {
			s.Errorf("sent %s", body)
		}
	})
}

func TestCancel(t *testing.T) {
	tell(t, func(s story) {
		id, _, err := s.Update(s.Context(), shop, s.next("1.1"))
		if err != nil {
			s.Fatal(err)
		}
		if d, err := s.Cancel(s.Context(), shop, id); err != nil || d.ID != id || d.Phase != digitalocean.PhaseCanceled {
			s.Errorf("canceled: %+v, %v", d, err)
		}
		s.live("1.0", "")
	})
}

// A gateway that gives up on a write that took effect leaves one deployment
// and an error that says that there may be one.
func TestGatewayGivesUp(t *testing.T) {
	tell(t, func(s story) {
		s.OnCall(func(c practice.Call) practice.Fault {
			if c.Write {
				return practice.Fault{Status: 524, Done: true}
			}
			return practice.Fault{}
		})
		if _, _, err := s.Update(s.Context(), shop, s.next("1.1")); kind(err) != "unsure" {
			s.Errorf("got %v", err)
		}
		s.writes("PUT /v2/apps/{id}")
		list, err := s.Deployments(s.Context(), shop, 1)
		if err != nil || len(list) != 1 || list[0].Spec.Mark("RUN") != "run of 1.1" {
			s.Errorf("the newest deployment: %+v, %v", list, err)
		}
	})
}
