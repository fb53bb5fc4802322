package github

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Workflow is a workflow of GitHub Actions.
type Workflow struct {
	Path  string // of its file in the repository
	State string // active, or why it isn't, such as disabled_manually
	URL   string // of its page, for people
}

// WorkflowRun is a run of a workflow that was started by hand or through the API.
type WorkflowRun struct {
	ID         int64 // increases with time
	Title      string
	Attempt    int    // 1, and one more each time that somebody runs it again
	By         string // who started this attempt
	Status     string // queued, pending, requested, waiting, in_progress or completed
	Conclusion string // how it ended: success, failure, cancelled, skipped, timed_out, …; empty until then
	Created    time.Time
	URL        string    // of its page, for people
	SHA        string    // of the commit that it runs on
	Branch     string    // or the name of the tag; empty: neither
	Started    time.Time // when the attempt began
}

// Over reports whether the run has ended.
func (r WorkflowRun) Over() bool { return r.Status == "completed" }

// Job is a job of a workflow run.
type Job struct {
	Name       string
	Status     string // as a run's
	Conclusion string // as a run's
	Failed     string // the step that failed; empty: none
}

// DeploymentRecord is what GitHub records about a deployment to one of its environments.
type DeploymentRecord struct {
	ID      int64
	Ref     string // the branch or tag that was deployed
	SHA     string
	Created time.Time
}

// DeploymentState is the newest status of a deployment.
type DeploymentState struct {
	State string // success, failure, error, inactive, in_progress, queued, pending or waiting; empty: it has no status
	Run   int64  // the workflow run that deploys it; 0: another program does
}

var (
	theWorkflow = subject{
		permission: "Actions: read and write",
		absent:     "it has no such workflow on its default branch, or isn't accessible; check the name of the workflow's file, and that the token or App has access to the repository",
		gone:       "it no longer exists; " + unseen,
		moved:      renamed,
		invalid:    "compare the workflow's file with what gonogo's configuration passes to it",
	}
	theRun         = reading("Actions: read", "delete old runs")
	theRunToCancel = reading("Actions: read and write", "")
	theDeployments = reading("Deployments: read", "delete old ones")
)

// Workflow looks up a workflow by the name of its file, such as deploy.yml.
func (c *Client) Workflow(ctx context.Context, file string) (Workflow, error) {
	e := operation{op: fmt.Sprintf("look up the workflow %s of %s", file, c.repository()), about: theWorkflow}
	var raw struct {
		Path  string `json:"path"`
		State string `json:"state"`
		URL   string `json:"html_url"`
	}
	err := c.readInto(ctx, e, "actions/workflows/"+url.PathEscape(file), &raw, func() bool { return raw.Path != "" && raw.State != "" })
	return Workflow{raw.Path, raw.State, raw.URL}, err
}

// File reads a file of the repository as it is on a branch or tag; empty: on the default
// branch. It must be smaller than 1 MB.
func (c *Client) File(ctx context.Context, name, ref string) ([]byte, error) {
	e := operation{op: fmt.Sprintf("read the file %s of %s", name, c.repository()), about: theCode}
	var raw struct {
		Type     string `json:"type"`
		Encoding string `json:"encoding"`
		Content  []byte `json:"content"` // its line breaks are no part of the encoding
	}
	below := "contents/" + escape(name)
	if ref != "" {
		below += "?" + url.Values{"ref": {ref}}.Encode()
	}
	err := c.readInto(ctx, e, below, &raw, func() bool { return raw.Type == "file" && raw.Encoding == "base64" })
	return raw.Content, err
}

// DispatchedRuns lists runs of a workflow that were started by hand or through the API,
// the newest first, at most 100.
func (c *Client) DispatchedRuns(ctx context.Context, file string, most int) ([]WorkflowRun, error) {
	e := operation{op: fmt.Sprintf("list the runs of the workflow %s in %s", file, c.repository()), about: theWorkflow, newest: 1, few: most}
	return list(ctx, c, e, "actions/workflows/"+url.PathEscape(file)+"/runs", url.Values{"event": {"workflow_dispatch"}}, time.Time{}, workflowRunsPage.runs)
}

// WorkflowRun looks up a run by its ID.
func (c *Client) WorkflowRun(ctx context.Context, id int64) (run WorkflowRun, err error) {
	e := operation{op: fmt.Sprintf("look up the workflow run %d in %s", id, c.repository()), about: theRun}
	var raw rawRun
	err = c.readInto(ctx, e, fmt.Sprintf("actions/runs/%d", id), &raw, func() (complete bool) {
		run, complete = raw.run()
		return complete && run.ID == id
	})
	return run, err
}

type workflowRunsPage struct {
	Runs []rawRun `json:"workflow_runs"`
}

// runs is false if one is incomplete.
func (p workflowRunsPage) runs() ([]WorkflowRun, bool) {
	var runs []WorkflowRun
	for _, raw := range p.Runs {
		run, complete := raw.run()
		if !complete {
			return nil, false
		}
		runs = append(runs, run)
	}
	return runs, true
}

// rawRun is what is read of a workflow run.
type rawRun struct {
	ID         int64     `json:"id"`
	Title      string    `json:"display_title"`
	Attempt    int       `json:"run_attempt"`
	Status     string    `json:"status"`
	Conclusion string    `json:"conclusion"`
	Created    time.Time `json:"created_at"`
	URL        string    `json:"html_url"`
	SHA        string    `json:"head_sha"`
	Branch     string    `json:"head_branch"`
	Started    time.Time `json:"run_started_at"`
	By         struct {
		Login string `json:"login"`
	} `json:"triggering_actor"`
}

// run is false if it is incomplete.
func (r rawRun) run() (WorkflowRun, bool) {
	run := WorkflowRun{r.ID, r.Title, max(r.Attempt, 1), r.By.Login, r.Status, r.Conclusion, r.Created.UTC(), r.URL, r.SHA, r.Branch, r.Started.UTC()}
	if run.Started.IsZero() {
		run.Started = run.Created
	}
	return run, run.ID != 0 && run.Status != "" && (!run.Over() || run.Conclusion != "")
}

// Jobs lists the jobs of a run's newest attempt.
func (c *Client) Jobs(ctx context.Context, run int64) ([]Job, error) {
	e := operation{op: fmt.Sprintf("list the jobs of the workflow run %d in %s", run, c.repository()), about: theRun}
	return list(ctx, c, e, fmt.Sprintf("actions/runs/%d/jobs", run), url.Values{"filter": {"latest"}}, time.Time{}, jobsPage.jobs)
}

type jobsPage struct {
	Jobs []struct {
		Name       string `json:"name"`
		Status     string `json:"status"`
		Conclusion string `json:"conclusion"`
		Steps      []struct {
			Name       string `json:"name"`
			Conclusion string `json:"conclusion"`
		} `json:"steps"`
	} `json:"jobs"`
}

func (p jobsPage) jobs() ([]Job, bool) {
	var jobs []Job
	for _, raw := range p.Jobs {
		job := Job{Name: raw.Name, Status: raw.Status, Conclusion: raw.Conclusion}
		for _, step := range raw.Steps {
			if job.Failed == "" && step.Conclusion == "failure" {
				job.Failed = step.Name
			}
		}
		if job.Name == "" || job.Status == "" {
			return nil, false
		}
		jobs = append(jobs, job)
	}
	return jobs, true
}

// AwaitedReviews names the environments whose protection rules hold a run back.
func (c *Client) AwaitedReviews(ctx context.Context, run int64) ([]string, error) {
	pending, err := c.PendingReviews(ctx, run)
	var names []string
	for _, one := range pending {
		names = append(names, one.Environment)
	}
	return names, err
}

// Deployments lists the newest 30 deployments to an environment, the newest first.
func (c *Client) Deployments(ctx context.Context, environment string) ([]DeploymentRecord, error) {
	e := operation{op: fmt.Sprintf("list the deployments of %s to its environment %s", c.repository(), environment), about: theDeployments, newest: 1, few: 30}
	type raw struct {
		ID      int64     `json:"id"`
		Ref     string    `json:"ref"`
		SHA     string    `json:"sha"`
		Created time.Time `json:"created_at"`
	}
	return list(ctx, c, e, "deployments", url.Values{"environment": {environment}}, time.Time{}, func(page []raw) ([]DeploymentRecord, bool) {
		var all []DeploymentRecord
		for _, d := range page {
			if d.ID == 0 || d.Ref == "" {
				return nil, false
			}
			all = append(all, DeploymentRecord{d.ID, d.Ref, d.SHA, d.Created.UTC()})
		}
		return all, true
	})
}

// runInURL is the ID of a workflow run in the address of its page or log.
var runInURL = regexp.MustCompile(`/actions/runs/([0-9]+)(/|$)`)

// DeploymentState looks up the newest status of a deployment.
func (c *Client) DeploymentState(ctx context.Context, id int64) (DeploymentState, error) {
	e := operation{op: fmt.Sprintf("look up the state of deployment %d in %s", id, c.repository()), about: theDeployments, newest: 1}
	type raw struct {
		ID     int64  `json:"id"`
		State  string `json:"state"`
		Log    string `json:"log_url"`
		Target string `json:"target_url"`
	}
	all, err := list(ctx, c, e, fmt.Sprintf("deployments/%d/statuses", id), url.Values{}, time.Time{}, func(page []raw) ([]raw, bool) { return page, true })
	var newest raw
	for _, status := range all {
		if status.ID > newest.ID {
			newest = status
		}
	}
	state := DeploymentState{State: newest.State}
	for _, address := range []string{newest.Target, newest.Log} {
		if m := runInURL.FindStringSubmatch(address); m != nil {
			state.Run, _ = strconv.ParseInt(m[1], 10, 64) // digits; one too large is no run
		}
	}
	return state, err
}

// readInto reads a resource of the repository. complete reports whether it has the
// required fields.
func (c *Client) readInto(ctx context.Context, e operation, below string, into any, complete func() bool) error {
	_, _, err := read(ctx, c, e, func(ctx context.Context) (any, *gh.Response, error) {
		response, err := c.get(ctx, path.Join("repos", c.repository(), below), into)
		return into, response, err
	}, func(any) (struct{}, bool) { return struct{}{}, complete() })
	return err
}
