package digitalocean_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/digitalocean"
)

// deploymentText is a deployment as the platform returns it, including fields that
// aren't used.
const deploymentText = `{"id":"d2","phase":"ERROR","cause":"manual","cause_details":{"type":"MANUAL","digitalocean_user_action":{"name":"UPDATE_APP_SPEC"}},
 "spec":{"name":"shop"},"created_at":"2026-11-02T09:00:00Z","updated_at":"2026-11-02T09:01:00.5Z","previous_deployment_id":"d1","tier_slug":"basic",
 "services":[{"name":"web","source_commit_hash":"4f6c71e"},{"name":"image"}],"jobs":[{"name":"migrate","source_commit_hash":"90aa11b"}],
 "progress":{"success_steps":1,"error_steps":1,"total_steps":4,"steps":[
  {"name":"build","status":"ERROR","steps":[
   {"name":"initialize","status":"SUCCESS","started_at":"2026-11-02T09:00:01Z","ended_at":"2026-11-02T09:00:02Z"},
   {"name":"components","steps":[{"name":"web","status":"ERROR","component_name":"web","message_base":"Building service",
     "reason":{"code":"BuildJobExitNonZero","message":"The build\n exited with status 1; token ` + canary + `"}}]}]},
  {"name":"deploy","status":"PENDING","steps":[{"name":"initialize","status":"PENDING","reason":{"code":"Waiting"}}]}]}}`

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

var deploymentWant = digitalocean.Deployment{
	ID: "d2", Phase: digitalocean.PhaseError, Cause: "MANUAL", Spec: spec(`{"name":"shop"}`),
	CreatedAt: at("2026-11-02T09:00:00Z"), UpdatedAt: at("2026-11-02T09:01:00.5Z"), PreviousID: "d1",
	Commits: map[string]string{"web": "4f6c71e", "migrate": "90aa11b"}, Done: 1, Total: 4,
	Steps: []digitalocean.Step{
		{Name: "initialize", Status: digitalocean.StepSuccess, Started: at("2026-11-02T09:00:01Z"), Ended: at("2026-11-02T09:00:02Z")},
		{Name: "Building service", Component: "web", Status: digitalocean.StepError, Reason: "The build exited with status 1; token [redacted]"},
		{Name: "initialize", Status: digitalocean.StepPending, Reason: "Waiting"},
	},
}

func TestDeployment(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = says(200, `{"deployment":`+deploymentText+`}`)
		got, err := c.Deployment(t.Context(), "a1", "d2")
		if diff := cmp.Diff(deploymentWant, got); diff != "" || err != nil {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
	})
}

// In an update's answer only the pending deployment is certain to be its own, and a
// deployment without an ID is none.
func TestApp(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = says(200, `{"app":{"id":"a1","live_url":"https://shop.example","spec":{"name":"shop"},"updated_at":"2026-11-02T09:00:00Z",
			"active_deployment":{"id":"d0","cause":"app created"},"in_progress_deployment":{"id":"d1"},"pending_deployment":`+deploymentText+`,"pinned_deployment":{}}}`)
		want := digitalocean.App{ID: "a1", LiveURL: "https://shop.example", Spec: spec(`{"name":"shop"}`), UpdatedAt: at("2026-11-02T09:00:00Z"),
			Active:     &digitalocean.Deployment{ID: "d0", Cause: "app created", Commits: map[string]string{}},
			InProgress: &digitalocean.Deployment{ID: "d1", Commits: map[string]string{}}, Pending: &deploymentWant}
		id, got, err := c.Update(t.Context(), "a1", want.Spec)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || id != "d2" {
			t.Errorf("deployment %q, %v, (-want +got):\n%s", id, err, diff)
		}
		s.answer = says(200, `{"app":{"id":"a1","in_progress_deployment":{"id":"d1"}}}`)
		if id, _, err := c.Update(t.Context(), "a1", want.Spec); id != "" || err != nil {
			t.Errorf("without a pending deployment: got %q and %v", id, err)
		}
	})
}

func TestHealth(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = says(200, `{"app_health":{"components":[{"name":"web","state":"HEALTHY","replicas_desired":2,"replicas_ready":2,"cpu_usage_percent":7.5},
			{"name":"worker","state":"HEALTHY","replicas_desired":2,"replicas_ready":1},{"name":"old","state":"UNHEALTHY"}]}}`)
		got, err := c.Health(t.Context(), "a1")
		want := []digitalocean.ComponentHealth{{"web", "HEALTHY", 2, 2}, {"worker", "HEALTHY", 2, 1}, {"old", "UNHEALTHY", 0, 0}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("%v, (-want +got):\n%s", err, diff)
		}
		if healthy := []bool{got[0].Healthy(), got[1].Healthy(), got[2].Healthy()}; !slices.Equal(healthy, []bool{true, false, false}) {
			t.Errorf("healthy: got %v", healthy)
		}
	})
}

func TestValidationAndProposal(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = says(200, `{"valid":false,"error":{"code":"app_pinned","message":"pinned, `+canary+`","components":["web"]},"warnings":[{"code":"image_source_missing_digest","message":"no digest"}]}`)
		got, err := c.ValidateRollback(t.Context(), "a1", "d1")
		want := digitalocean.Validation{Error: &digitalocean.Remark{Code: "app_pinned", Message: "pinned, [redacted]", Components: []string{"web"}},
			Warnings: []*digitalocean.Remark{{Code: "image_source_missing_digest", Message: "no digest"}}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
		s.answer = says(200, `{"app_cost":24.10,"spec":{"name":"shop","region":"sgp"},"app_name_available":false}`)
		proposal, err := c.Propose(t.Context(), "a1", spec(`{"name":"shop"}`))
		if diff := cmp.Diff(digitalocean.Proposal{Cost: json.Number("24.10"), Spec: spec(`{"name":"shop","region":"sgp"}`)}, proposal); diff != "" || err != nil {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
	})
}

func TestTerminal(t *testing.T) {
	for phase, want := range map[digitalocean.Phase]bool{
		digitalocean.PhaseUnknown: false, digitalocean.PhasePendingBuild: false, digitalocean.PhaseBuilding: false, digitalocean.PhasePendingDeploy: false,
		digitalocean.PhaseDeploying: false, digitalocean.PhaseActive: true, digitalocean.PhaseSuperseded: true, digitalocean.PhaseError: true,
		digitalocean.PhaseCanceled: true, "NEW": false,
	} {
		if got := phase.Terminal(); got != want {
			t.Errorf("%s: got %v", phase, got)
		}
	}
}

// listed answers with pages of an app's deployments, d45 to d1. From its
// second request on there is a newer one, which moves the others on.
func listed(n int, w http.ResponseWriter, r *http.Request) {
	newest := 45
	if n > 0 {
		newest = 46
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	type deployment struct {
		ID string `json:"id"`
	}
	var answer struct {
		Deployments []deployment `json:"deployments"`
		Links       struct {
			Pages map[string]string `json:"pages,omitempty"`
		} `json:"links"`
	}
	first := newest - (page-1)*size
	for i := first; i > max(0, first-size); i-- {
		answer.Deployments = append(answer.Deployments, deployment{fmt.Sprint("d", i)})
	}
	if first > size {
		answer.Links.Pages = map[string]string{"next": fmt.Sprintf("https://api.example/?page=%d", page+1)}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func counted(from, to int) (ids []string) {
	for i := from; i >= to; i-- {
		ids = append(ids, fmt.Sprint("d", i))
	}
	return ids
}

func TestPages(t *testing.T) {
	for _, tt := range []struct {
		most, pages int
		want        []string
	}{{1, 1, counted(45, 45)}, {20, 1, counted(45, 26)}, {21, 2, counted(45, 25)}, {100, 3, counted(45, 1)}} {
		within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
			s.answer = listed
			list, err := c.Deployments(t.Context(), "a1", tt.most)
			var got []string
			for _, d := range list {
				got = append(got, d.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil || len(s.requests()) != tt.pages {
				t.Errorf("the newest %d: %v, %d pages, want %d (-want +got):\n%s", tt.most, err, len(s.requests()), tt.pages, diff)
			}
		})
	}
}

func TestHistory(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 2 {
				says(404, `{}`)(n, w, r)
				return
			}
			listed(n, w, r)
		}
		var got []string
		var failed error
		for d, err := range c.History(t.Context(), "a1") {
			if failed = err; err == nil {
				got = append(got, d.ID)
			}
		}
		if diff := cmp.Diff(counted(45, 7), got); diff != "" || kind(failed) != "refused" || len(s.requests()) != 3 {
			t.Errorf("%v after %d requests (-want +got):\n%s", failed, len(s.requests()), diff)
		}
	})
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = listed
		for d := range c.History(t.Context(), "a1") {
			if d.ID == "d30" {
				break
			}
		}
		if len(s.requests()) != 1 {
			t.Errorf("asked for %d pages, and what was looked for is on the first", len(s.requests()))
		}
	})
}
