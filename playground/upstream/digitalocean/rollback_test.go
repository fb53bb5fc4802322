package digitalocean_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/digitalocean/godo"
	"github.com/google/go-cmp/cmp"
)

// back rolls the app back and gives the deployment that does it.
func (a *account) back(target string) *godo.Deployment {
	a.t.Helper()
	got, text := a.send("POST", "/rollback", `{"deployment_id":"`+target+`"}`)
	if got.Status != 200 {
		a.t.Fatalf("rolling back: got %+v", got)
	}
	return deploymentIn(a.t, text)
}

func deploymentIn(t *testing.T, text []byte) *godo.Deployment {
	t.Helper()
	var answer struct{ Deployment *godo.Deployment }
	if err := json.Unmarshal(text, &answer); err != nil || answer.Deployment == nil {
		t.Fatalf("no deployment in %s (%v)", text, err)
	}
	return answer.Deployment
}

// tags are the image tags of the app's spec and of what is live, and whether
// the app is pinned.
type tags struct {
	Spec, Live string
	Pinned     bool
}

func (a *account) tags() tags {
	a.t.Helper()
	app := a.app()
	live, _ := a.Live(appID)
	return tags{app.Spec.Services[0].Image.Tag, live, app.PinnedDeployment != nil}
}

// TestRollback goes back, and then keeps the old version or returns to the new
// one; until then the app takes no deployment.
func TestRollback(t *testing.T) {
	for _, c := range []struct {
		decide string
		want   tags
		body   bool
	}{
		{"commit", tags{"1.0", "1.0", false}, false},
		{"revert", tags{"1.1", "1.1", false}, true},
	} {
		a := open(t)
		first := a.app().ActiveDeployment.ID
		second := a.release("1.1")
		d := a.back(first)
		if d.CauseDetails.Type != godo.DeploymentCauseDetailsType_ManualRollback || d.ClonedFrom != first || d.PreviousDeploymentID != second {
			t.Errorf("%s: got %+v, cloned from %s after %s", c.decide, d.CauseDetails, d.ClonedFrom, d.PreviousDeploymentID)
		}
		if got, want := a.tags(), (tags{"1.0", "1.1", true}); got != want {
			t.Errorf("%s: at first got %+v, want %+v", c.decide, got, want)
		}
		a.pass(4 * phase)
		if got, want := a.tags(), (tags{"1.0", "1.0", true}); got != want {
			t.Errorf("%s: then got %+v, want %+v", c.decide, got, want)
		}
		a.refusesWhilePinned(c.decide, first, d.ID)
		got, text := a.send("POST", "/rollback/"+c.decide, "")
		if got.Status != 200 || (len(text) > 0) != c.body {
			t.Errorf("%s: got %+v with %q", c.decide, got, text)
		}
		a.pass(4 * phase)
		if got := a.tags(); got != c.want {
			t.Errorf("%s: in the end got %+v, want %+v", c.decide, got, c.want)
		}
		if got, _ := a.send("POST", "/deployments", `{"force_build":true}`); got.Status != 200 {
			t.Errorf("%s: a deployment afterwards: got %+v", c.decide, got)
		}
		if got, _ := a.send("POST", "/rollback/"+c.decide, ""); got.Status != 409 {
			t.Errorf("%s once more: got %+v, want 409", c.decide, got)
		}
	}
}

func (a *account) refusesWhilePinned(when, target, pin string) {
	a.t.Helper()
	want := reply{409, "conflict", "app_pinned: the app is pinned to the rollback deployment " + pin + "; commit or revert the rollback before creating another deployment"}
	spec, err := json.Marshal(a.app().Spec)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, c := range []struct{ method, path, body string }{
		{"PUT", "", `{"spec":` + string(spec) + `}`},
		{"POST", "/deployments", ""},
		{"POST", "/rollback", `{"deployment_id":"` + target + `"}`},
	} {
		if got, _ := a.send(c.method, c.path, c.body); got != want {
			a.t.Errorf("%s: %s %s while pinned: got %+v, want %+v", when, c.method, c.path, got, want)
		}
	}
	if _, err := a.Push(appID); err == nil {
		a.t.Errorf("%s: a push was deployed while pinned", when)
	}
}

// TestValidate wants every reason against a rollback told with status 200, and
// the rollback itself refused for it.
func TestValidate(t *testing.T) {
	type said struct {
		Valid bool
		Error *struct {
			Code, Message string
			Components    []string
		}
		Warnings []struct {
			Code, Message string
			Components    []string
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(*account) (target string)
		code    string
		status  int // of the rollback
	}{
		{"the one before", func(a *account) string {
			first := a.app().ActiveDeployment.ID
			a.release("1.1")
			return first
		}, "", 200},
		{"one under way", func(a *account) string { return a.update("1.1") }, "incompatible_phase", 422},
		{"one that failed", func(a *account) string { return a.release("9.9") }, "incompatible_result", 422},
		{"one that never came up", func(a *account) string {
			id := a.update("1.1")
			a.release("1.2")
			return id
		}, "incompatible_result", 422},
		{"one that is long ago", func(a *account) string {
			first := a.app().ActiveDeployment.ID
			for range 10 {
				a.release("1.1")
			}
			return first
		}, "exceeded_revision_limit", 422},
		{"while pinned", func(a *account) string {
			first := a.app().ActiveDeployment.ID
			a.release("1.1")
			a.back(first)
			return first
		}, "app_pinned", 409},
		{"in another region", func(a *account) string {
			first, spec := a.app().ActiveDeployment.ID, a.app().Spec
			spec.Region = "fra"
			if _, _, err := a.client.Apps.Update(a.t.Context(), appID, &godo.AppUpdateRequest{Spec: spec}); err != nil {
				a.t.Fatal(err)
			}
			return first
		}, "region_conflict", 422},
	} {
		a := open(t)
		target := c.prepare(a)
		body := `{"deployment_id":"` + target + `"}`
		got, text := a.send("POST", "/rollback/validate", body)
		var answer said
		if err := json.Unmarshal(text, &answer); err != nil || got.Status != 200 {
			t.Fatalf("%s: got %+v and %s", c.name, got, text)
		}
		code := ""
		if answer.Error != nil {
			code = answer.Error.Code
		}
		if answer.Valid != (c.code == "") || code != c.code {
			t.Errorf("%s: got %s, want the code %q", c.name, text, c.code)
		}
		if answer.Valid && (len(answer.Warnings) != 1 || answer.Warnings[0].Code != "image_source_missing_digest" || !cmp.Equal(answer.Warnings[0].Components, []string{"web"})) {
			t.Errorf("%s: got the warnings %+v, want that web's image has no digest", c.name, answer.Warnings)
		}
		if got, _ := a.send("POST", "/rollback", body); got.Status != c.status {
			t.Errorf("%s: rolling back: got %+v, want %d", c.name, got, c.status)
		}
	}
}

// TestSkipPin wants a rollback without a pin committed at once.
func TestSkipPin(t *testing.T) {
	a := open(t)
	first := a.app().ActiveDeployment.ID
	a.release("1.1")
	if got, _ := a.send("POST", "/rollback", `{"deployment_id":"`+first+`","skip_pin":true}`); got.Status != 200 {
		t.Fatalf("got %+v", got)
	}
	if got, want := a.tags(), (tags{"1.0", "1.1", false}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	a.release("1.2")
	if got, want := a.tags(), (tags{"1.2", "1.2", false}); got != want {
		t.Errorf("after the next deployment: got %+v, want %+v", got, want)
	}
}

// TestRollbackPreempts wants a rollback to end what is under way, and not to
// care how builds go.
func TestRollbackPreempts(t *testing.T) {
	a := open(t)
	first := a.app().ActiveDeployment.ID
	a.release("1.1")
	a.SetBuild("bad")
	running := a.update("1.2")
	a.pass(5 * time.Second)
	d := a.back(first)
	a.pass(4 * phase)
	if got := a.deployment(running).Phase; got != godo.DeploymentPhase_Superseded {
		t.Errorf("the one under way: got %s, want SUPERSEDED", got)
	}
	if got := a.deployment(d.ID).Phase; got != godo.DeploymentPhase_Active {
		t.Errorf("the rollback: got %s, want ACTIVE", got)
	}
}
