package github_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gonogo/playground/upstream/github"
)

var deploying = github.Workflow{File: "deploy.yml", Inputs: []string{"version", "run"}, Required: []string{"version"}, RunName: "Deploy ${{ inputs.version }} (${{inputs.run}})",
	Jobs: []string{"build", "deploy"}, Into: "production"}

// TestDispatch starts a workflow and looks at its run until it has ended.
func TestDispatch(t *testing.T) {
	a := open(t)
	a.SetWorkflows(deploying)
	got := a.send("POST", api+"/actions/workflows/deploy.yml/dispatches", `{"ref":"main","inputs":{"version":"2","run":"R7"},"return_run_details":true}`)
	if got.status != 200 || !strings.Contains(got.body, `"workflow_run_id":1`) {
		t.Fatalf("started: %+v", got)
	}
	if got := a.send("POST", api+"/actions/workflows/deploy.yml/dispatches", `{"ref":"v1.0","inputs":{"version":"3"}}`); got.status != 204 || got.body != "" {
		t.Errorf("without the run: %+v", got)
	}
	var shown []string
	for range 4 {
		var run struct {
			Title      string `json:"display_title"`
			Status     string
			Conclusion string
		}
		if err := json.Unmarshal([]byte(a.send("GET", api+"/actions/runs/1", "").body), &run); err != nil || run.Title != "Deploy 2 (R7)" {
			t.Fatal(run, err)
		}
		shown = append(shown, run.Status+run.Conclusion)
	}
	if strings.Join(shown, " ") != "in_progress completedsuccess completedsuccess completedsuccess" {
		t.Errorf("it was %s", shown)
	}
	if got := a.send("GET", api+"/deployments/1/statuses", "").body; !strings.Contains(got, `"state":"success"`) || !strings.Contains(got, "/actions/runs/1/job/") {
		t.Errorf("deployed: %s", got)
	}
	if got := a.send("POST", api+"/actions/runs/1/cancel", ""); got.status != 409 {
		t.Errorf("cancelled late: %d", got.status)
	}
	if got := a.send("POST", api+"/actions/runs/2/cancel", ""); got.status != 202 {
		t.Errorf("cancelled: %d", got.status)
	}
	a.send("GET", api+"/actions/runs/2", "")
	if run := a.Runs()[1]; run.State != "cancelled" || run.Of != shaNext {
		t.Errorf("cancelled: %+v", run)
	}
}

// TestDispatchIsStrict tries what GitHub refuses, in its words.
func TestDispatchIsStrict(t *testing.T) {
	disabled, pushed := deploying, deploying
	disabled.File, disabled.State = "old.yml", "disabled_manually"
	pushed.File, pushed.NoManual = "push.yml", true
	for _, tt := range []struct {
		path, body string
		status     int
		message    string
	}{
		{"nope.yml", `{"ref":"main"}`, 404, "Not Found"},
		{"old.yml", `{"ref":"main","inputs":{"version":"2"}}`, 422, "disabled workflow"},
		{"push.yml", `{"ref":"main","inputs":{"version":"2"}}`, 422, "'workflow_dispatch' trigger"},
		{"deploy.yml", `{"ref":"trunk","inputs":{"version":"2"}}`, 422, "No ref found for: trunk"},
		{"deploy.yml", `{"ref":"` + shaMain + `","inputs":{"version":"2"}}`, 422, "No ref found"},
		{"deploy.yml", `{"ref":"main","inputs":{"version":"2","more":"1"}}`, 422, `Unexpected inputs provided: ["more"]`},
		{"deploy.yml", `{"ref":"main"}`, 422, "Required input 'version' not provided"},
		{"deploy.yml", `{"ref":"main","inputs":{"version":"2"},"return_run_details":true}`, 422, "not a permitted key"},
	} {
		a := open(t)
		a.opts.NoRunDetails = true
		a.start()
		a.SetWorkflows(deploying, disabled, pushed)
		got := a.send("POST", api+"/actions/workflows/"+tt.path+"/dispatches", tt.body)
		if message, _ := got.refused(t); got.status != tt.status || !strings.Contains(message, tt.message) || len(a.Runs()) > 0 {
			t.Errorf("%s %s: %d %s, want %d %s", tt.path, tt.body, got.status, message, tt.status, tt.message)
		}
	}
}
