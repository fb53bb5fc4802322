package digitalocean_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/digitalocean/godo"
	"github.com/google/go-cmp/cmp"

	"gonogo/playground/upstream/digitalocean"
)

// TestDeployment follows a deployment from PUT to its end, with the app's own
// view of it.
func TestDeployment(t *testing.T) {
	a := open(t)
	first := a.app().ActiveDeployment.ID
	id := a.update("1.1")
	type stand struct {
		Phase, Since                      string
		Pending, InProgress, Active, Live string
		Before                            string // the phase of the one that was live
		Steps                             string // pending, running and done
	}
	for _, c := range []struct {
		after time.Duration
		want  stand
	}{
		{0, stand{"PENDING_BUILD", "09:00:00", id, "", first, "1.0", "ACTIVE", "6/0/0"}},
		{10 * time.Second, stand{"BUILDING", "09:00:10", "", id, first, "1.0", "ACTIVE", "5/1/0"}},
		{15 * time.Second, stand{"BUILDING", "09:00:10", "", id, first, "1.0", "ACTIVE", "4/1/1"}},
		{20 * time.Second, stand{"PENDING_DEPLOY", "09:00:20", "", id, first, "1.0", "ACTIVE", "4/0/2"}},
		{36 * time.Second, stand{"DEPLOYING", "09:00:30", "", id, first, "1.0", "ACTIVE", "1/1/4"}},
		{40 * time.Second, stand{"ACTIVE", "09:00:40", "", "", id, "1.1", "SUPERSEDED", "0/0/6"}},
		{time.Hour, stand{"ACTIVE", "09:00:40", "", "", id, "1.1", "SUPERSEDED", "0/0/6"}},
	} {
		a.pass(c.after - a.now().Sub(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
		app, d := a.app(), a.deployment(id)
		live, _ := a.Live(appID)
		got := stand{
			Phase: string(d.Phase), Since: d.PhaseLastUpdatedAt.Format(time.TimeOnly), Live: live,
			Pending: idOf(app.PendingDeployment), InProgress: idOf(app.InProgressDeployment), Active: idOf(app.ActiveDeployment),
			Before: string(a.deployment(first).Phase),
			Steps:  fmt.Sprintf("%d/%d/%d", d.Progress.PendingSteps, d.Progress.RunningSteps, d.Progress.SuccessSteps),
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", c.after, diff)
		}
	}
}

func idOf(d *godo.Deployment) string {
	if d == nil {
		return ""
	}
	return d.ID
}

// outline writes steps as "name STATUS(below)".
func outline(steps []*godo.DeploymentProgressStep) (text string) {
	for i, s := range steps {
		if i > 0 {
			text += " "
		}
		text += s.Name + " " + string(s.Status)
		if s.Reason != nil {
			text += "[" + s.Reason.Code + "]"
		}
		if len(s.Steps) > 0 {
			text += "(" + outline(s.Steps) + ")"
		}
	}
	return text
}

// TestFailure wants a failed deployment to say where and why, and what was
// live to stay live.
func TestFailure(t *testing.T) {
	const waiting = "deploy PENDING(initialize PENDING components PENDING(web PENDING(deploy PENDING wait PENDING)) finalize PENDING)"
	for _, c := range []struct {
		name, tag string
		build     digitalocean.Build
		pace      digitalocean.Pace
		at        time.Duration // of its end
		steps     string
	}{
		{"a build", "1.1", digitalocean.BuildBad, digitalocean.Pace{PendingBuild: phase, Building: phase, PendingDeploy: phase, Deploying: phase}, 20 * time.Second,
			"build ERROR(initialize SUCCESS components ERROR(web ERROR[BuildJobExitNonZero])) " + waiting},
		{"a build in no time", "1.1", digitalocean.BuildBad, digitalocean.Pace{}, 0,
			"build ERROR(initialize SUCCESS components ERROR(web ERROR[BuildJobExitNonZero])) " + waiting},
		{"a missing image", "9.9", digitalocean.BuildGood, digitalocean.Pace{PendingBuild: phase, Building: phase, PendingDeploy: phase, Deploying: phase}, 35 * time.Second,
			"build SUCCESS(initialize SUCCESS components SUCCESS(web SUCCESS)) deploy ERROR(initialize SUCCESS components ERROR(web ERROR(deploy ERROR[ImageNotFound] wait PENDING)) finalize PENDING)"},
	} {
		a := open(t)
		a.opts.Pace = c.pace
		a.start()
		a.SetBuild(c.build)
		id := a.update(c.tag)
		if c.at > 0 {
			a.pass(c.at - 1)
			if got := a.deployment(id).Phase; got == godo.DeploymentPhase_Error {
				t.Errorf("%s: it failed before its time", c.name)
			}
			a.pass(1)
		}
		for range 2 { // at its end, and later
			d := a.deployment(id)
			if d.Phase != godo.DeploymentPhase_Error || outline(d.Progress.Steps) != c.steps {
				t.Errorf("%s: got %s and %s, want %s", c.name, d.Phase, outline(d.Progress.Steps), c.steps)
			}
			if live, _ := a.Live(appID); live != "1.0" {
				t.Errorf("%s: got %s live, want 1.0 still", c.name, live)
			}
			a.pass(time.Hour)
		}
	}
}

// TestNewerDeployment wants one deployment under way at a time: the older ends
// superseded, and never comes up.
func TestNewerDeployment(t *testing.T) {
	a := open(t)
	older := a.update("1.1")
	a.pass(15 * time.Second)
	newer := a.update("1.2")
	d := a.deployment(older)
	if d.Phase != godo.DeploymentPhase_Superseded || d.Progress.RunningSteps != 1 {
		t.Errorf("the older: got %s with %d running steps, want SUPERSEDED, as it stood", d.Phase, d.Progress.RunningSteps)
	}
	a.pass(time.Hour)
	if later := a.deployment(older); later.Phase != d.Phase || outline(later.Progress.Steps) != outline(d.Progress.Steps) {
		t.Errorf("the older, later: got %s and %s, want %s and %s still", later.Phase, outline(later.Progress.Steps), d.Phase, outline(d.Progress.Steps))
	}
	if got := idOf(a.app().ActiveDeployment); got != newer {
		t.Errorf("got %s active, want the newer, %s", got, newer)
	}
	reigns := a.Reigns(appID)
	if len(reigns) != 2 || reigns[0].Version != "1.0" || reigns[1].Version != "1.2" || !reigns[1].Since.Equal(a.deployment(newer).PhaseLastUpdatedAt) {
		t.Errorf("got the reigns %v, want those of 1.0 and 1.2", reigns)
	}
}

func TestCancel(t *testing.T) {
	a := open(t)
	id := a.update("1.1")
	a.pass(25 * time.Second)
	if got, _ := a.send("POST", "/deployments/"+id+"/cancel", ""); got.Status != 200 {
		t.Fatalf("got %+v", got)
	}
	a.pass(time.Hour)
	if got := a.deployment(id).Phase; got != godo.DeploymentPhase_Canceled {
		t.Errorf("got %s, want CANCELED", got)
	}
	if live, _ := a.Live(appID); live != "1.0" {
		t.Errorf("got %s live, want 1.0 still", live)
	}
	got, _ := a.send("POST", "/deployments/"+id+"/cancel", "")
	want := reply{409, "conflict", "the deployment cannot be canceled in the phase CANCELED"}
	if got != want {
		t.Errorf("once more: got %+v, want %+v", got, want)
	}
}

// TestUnasked wants deployments that nobody asked for to say so, and to leave
// the spec alone.
func TestUnasked(t *testing.T) {
	a := open(t)
	for _, c := range []struct {
		start func(string) (string, error)
		cause godo.DeploymentCauseDetailsType
	}{
		{a.Maintenance, godo.DeploymentCauseDetailsType_Maintenance},
		{a.Push, godo.DeploymentCauseDetailsType_DeployOnPush},
	} {
		id, err := c.start(appID)
		if err != nil {
			t.Fatal(err)
		}
		d := a.deployment(id)
		if d.CauseDetails.Type != c.cause || d.CauseDetails.DigitalOceanUserAction != nil || d.Phase != godo.DeploymentPhase_PendingBuild {
			t.Errorf("got %+v in %s, want %s in PENDING_BUILD", d.CauseDetails, d.Phase, c.cause)
		}
	}
	if got := a.Writes(); len(got) != 0 {
		t.Errorf("got the writes %v, want none: nobody called", got)
	}
}

func TestHealth(t *testing.T) {
	a := open(t)
	for _, c := range []struct {
		healthy bool
		want    godo.ComponentHealthStatus
		ready   int64
	}{
		{false, godo.COMPONENTHEALTHSTATUS_Unhealthy, 0},
		{true, godo.COMPONENTHEALTHSTATUS_Healthy, 1},
	} {
		if err := a.SetHealth(appID, c.healthy); err != nil {
			t.Fatal(err)
		}
		health, _, err := a.client.Apps.GetAppHealth(t.Context(), appID)
		if err != nil || len(health.Components) != 1 {
			t.Fatalf("got %v, %v, want one component", health, err)
		}
		if got := health.Components[0]; got.Name != "web" || got.State != c.want || got.ReplicasReady != c.ready || got.ReplicasDesired != 1 {
			t.Errorf("got %+v, want web %s with %d of 1", got, c.want, c.ready)
		}
	}
}

// TestPages walks through the deployments as client libraries do.
func TestPages(t *testing.T) {
	a := open(t)
	want := []string{a.app().ActiveDeployment.ID}
	for range 4 {
		want = append([]string{a.update("1.1")}, want...)
	}
	var got []string
	opts := &godo.ListOptions{Page: 1, PerPage: 2}
	for {
		some, response, err := a.client.Apps.ListDeployments(t.Context(), appID, opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range some {
			got = append(got, d.ID)
		}
		if response.Meta.Total != 5 || len(got) > 5 {
			t.Fatalf("got %d of %d", len(got), response.Meta.Total)
		}
		if response.Links.IsLastPage() {
			break
		}
		opts.Page++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the deployments, newest first (-want +got):\n%s", diff)
	}
}
