package github

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// rejected is a 422 whose message says everything, as the operations of Actions answer.
func rejected(format string, args ...any) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, message: fmt.Sprintf(format, args...)}
}

// getWorkflow is https://docs.github.com/rest/actions/workflows#get-a-workflow.
func (h *Host) getWorkflow(r *request) (any, error) {
	w, ok := h.workflow(r.PathValue("workflow"))
	if !ok {
		return nil, errNotFound
	}
	address := h.apiURL(r.base) + "/actions/workflows/" + w.File
	return object{
		"id": id(w.File), "node_id": nodeID("W", w.File), "name": w.File, "path": ".github/workflows/" + w.File, "state": cmp.Or(w.State, "active"), "url": address,
		"html_url": h.pageURL(r.base) + "/blob/main/.github/workflows/" + w.File, "badge_url": h.pageURL(r.base) + "/workflows/" + w.File + "/badge.svg",
		"created_at": stamp(h.now()), "updated_at": stamp(h.now()),
	}, nil
}

// getContents is https://docs.github.com/rest/repos/contents#get-repository-content. The
// files of workflows are all that it has.
func (h *Host) getContents(r *request) (any, error) {
	if err := r.query("Contents", "ref"); err != nil {
		return nil, err
	}
	ref, name := cmp.Or(r.URL.Query().Get("ref"), defaultBranch), r.PathValue("path")
	w, ok := h.workflow(strings.TrimPrefix(name, ".github/workflows/"))
	if _, known := h.opts.Code.find(ref); !ok || !known || w.File == name {
		return nil, errNotFound
	}
	text, address := []byte(cmp.Or(w.Text, w.text())), h.apiURL(r.base)+"/contents/"+name
	git := h.apiURL(r.base) + "/git/blobs/" + fmt.Sprint(id(name))
	return object{
		"type": "file", "encoding": "base64", "size": len(text), "name": w.File, "path": name, "content": lines(text), "sha": fmt.Sprint(id(name)), "url": address + "?ref=" + ref, "git_url": git,
		"html_url": h.pageURL(r.base) + "/blob/" + ref + "/" + name, "download_url": nil, "_links": object{"self": address, "git": git, "html": h.pageURL(r.base) + "/blob/" + ref + "/" + name},
	}, nil
}

// lines is a text in base64, broken into lines as GitHub does.
func lines(text []byte) string {
	var b strings.Builder
	for part := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(text)), 60) {
		b.Write(part)
		b.WriteByte('\n')
	}
	return b.String()
}

// dispatchWorkflow is https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event.
func (h *Host) dispatchWorkflow(r *request) (any, error) {
	f, err := r.fields("WorkflowDispatch")
	if err != nil {
		return nil, err
	}
	var ref string
	var inputs map[string]string
	var details bool
	f.take("ref", &ref)
	f.take("inputs", &inputs)
	if f.take("return_run_details", &details) && h.opts.NoRunDetails {
		return nil, rejected("Invalid request.\n\n\"return_run_details\" is not a permitted key.")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	w, ok := h.workflow(r.PathValue("workflow"))
	if !ok {
		return nil, errNotFound
	}
	sha, err := h.dispatchable(w, ref, inputs)
	if err != nil {
		return nil, err
	}
	run := h.begin(w, ref, sha, inputs)
	r.write.Number = run
	if !details {
		r.status = http.StatusNoContent
		return nil, nil
	}
	return object{"workflow_run_id": run, "run_url": fmt.Sprintf("%s/actions/runs/%d", h.apiURL(r.base), run), "html_url": fmt.Sprintf("%s/actions/runs/%d", h.pageURL(r.base), run)}, nil
}

// mostInputs is from the same page.
const mostInputs = 25

// dispatchable refuses what GitHub refuses, in its words, and is the commit of the ref.
func (h *Host) dispatchable(w Workflow, ref string, inputs map[string]string) (sha string, err error) {
	var unexpected []string
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if !slices.Contains(w.Inputs, name) {
			unexpected = append(unexpected, strconv.Quote(name))
		}
	}
	missing := slices.DeleteFunc(slices.Clone(w.Required), func(name string) bool { return inputs[name] != "" })
	sha, found := h.opts.Code.Branches[strings.TrimPrefix(ref, "refs/heads/")]
	if !found {
		commit, known := h.opts.Code.find(h.opts.Code.Tags[strings.TrimPrefix(ref, "refs/tags/")])
		sha, found = commit.SHA, known
	}
	switch {
	case w.State != "" && w.State != "active":
		return "", rejected("Cannot trigger a 'workflow_dispatch' on a disabled workflow")
	case !found:
		return "", rejected("No ref found for: %s", ref)
	case w.NoManual:
		return "", rejected("Workflow does not have 'workflow_dispatch' trigger")
	case len(unexpected) > 0:
		return "", rejected("Unexpected inputs provided: [%s]", strings.Join(unexpected, ", "))
	case len(missing) > 0:
		return "", rejected("Required input '%s' not provided", missing[0])
	case len(inputs) > mostInputs:
		return "", rejected("Invalid request.\n\nNo more than %d properties are allowed; %d were supplied.", mostInputs, len(inputs))
	}
	return sha, nil
}

// listWorkflowRuns is https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow.
func (h *Host) listWorkflowRuns(r *request) (any, error) {
	if err := r.query("WorkflowRun", "event", "per_page", "page"); err != nil {
		return nil, err
	}
	w, ok := h.workflow(r.PathValue("workflow"))
	if !ok {
		return nil, errNotFound
	}
	var found []int
	for i, run := range slices.Backward(h.runs) {
		if event := r.URL.Query().Get("event"); run.Workflow == w.File && !run.Deleted && (event == "" || event == cmp.Or(run.Event, "push")) {
			found = append(found, i)
		}
	}
	return object{"total_count": len(found), "workflow_runs": pageOf(r, found, func(i int) any { return h.viewRun(r.base, i) })}, nil
}

// run is the place of the run that a request is about.
func (h *Host) run(r *request) (int, error) {
	n, err := strconv.Atoi(r.PathValue("run"))
	if err != nil || n < 1 || n > len(h.runs) || h.runs[n-1].Deleted {
		return 0, errNotFound
	}
	return n - 1, nil
}

// getRun is https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run.
func (h *Host) getRun(r *request) (any, error) {
	if err := r.query("WorkflowRun"); err != nil {
		return nil, err
	}
	i, err := h.run(r)
	if err != nil {
		return nil, err
	}
	h.look(i)
	return h.viewRun(r.base, i), nil
}

// cancelRun is https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run.
func (h *Host) cancelRun(r *request) (any, error) {
	i, err := h.run(r)
	switch {
	case err != nil:
		return nil, err
	case !running(h.runs[i].State):
		return nil, &refusal{status: http.StatusConflict, message: "Cannot cancel a workflow run that is completed."}
	}
	h.runs[i].Cancelling, r.write.Number = true, i+1
	return object{}, nil
}

// listJobs is https://docs.github.com/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run.
func (h *Host) listJobs(r *request) (any, error) {
	if err := r.query("Job", "filter", "per_page", "page"); err != nil {
		return nil, err
	}
	i, err := h.run(r)
	if err != nil {
		return nil, err
	}
	jobs := h.jobsOf(h.runs[i])
	return object{"total_count": len(jobs), "jobs": pageOf(r, jobs, func(j job) any { return h.viewJob(r.base, i, j) })}, nil
}

// viewJob has what GitHub's description requires of a job.
func (h *Host) viewJob(base string, i int, j job) object {
	run, began, number := h.runs[i], h.began(h.runs[i]), id(fmt.Sprint(i, j.name))
	address := fmt.Sprintf("%s/actions/jobs/%d", h.apiURL(base), number)
	view := object{
		"id": number, "node_id": nodeID("CR", address), "run_id": i + 1, "run_url": fmt.Sprintf("%s/actions/runs/%d", h.apiURL(base), i+1), "run_attempt": run.attempt(),
		"head_sha": run.Of, "workflow_name": run.Workflow, "head_branch": run.branch(), "name": j.name, "url": address, "html_url": fmt.Sprintf("%s/actions/runs/%d/job/%d", h.pageURL(base), i+1, number),
		"status": "completed", "conclusion": j.state, "created_at": stamp(began), "started_at": stamp(began), "completed_at": stamp(began), "check_run_url": h.apiURL(base) + "/check-runs/1",
		"labels": []string{"ubuntu-latest"}, "runner_id": nil, "runner_name": nil, "runner_group_id": nil, "runner_group_name": nil, "steps": []object{},
	}
	if running(j.state) {
		view["status"], view["conclusion"], view["completed_at"] = j.state, nil, nil
	}
	if j.failed != "" {
		view["steps"] = []object{{"name": "Set up job", "status": "completed", "conclusion": "success", "number": 1}, {"name": j.failed, "status": "completed", "conclusion": "failure", "number": 2}}
	}
	return view
}

// listDeployments is https://docs.github.com/rest/deployments/deployments#list-deployments.
func (h *Host) listDeployments(r *request) (any, error) {
	if err := r.query("Deployment", "environment", "per_page", "page"); err != nil {
		return nil, err
	}
	var found []int
	for i, d := range slices.Backward(h.deployments) {
		if wanted := r.URL.Query().Get("environment"); wanted == "" || wanted == d.Environment {
			found = append(found, i)
		}
	}
	return pageOf(r, found, func(i int) any { return h.viewDeployment(r.base, i) }), nil
}

func (h *Host) viewDeployment(base string, i int) object {
	d := h.deployments[i]
	address := fmt.Sprintf("%s/deployments/%d", h.apiURL(base), i+1)
	return object{
		"id": i + 1, "node_id": nodeID("DE", address), "sha": d.SHA, "ref": d.Ref, "task": "deploy", "environment": d.Environment, "creator": viewUser(base, h.opts.Login),
		"payload": object{}, "description": nil, "statuses_url": address + "/statuses", "repository_url": h.apiURL(base), "url": address, "created_at": stamp(d.At), "updated_at": stamp(d.At),
	}
}

// listDeploymentStatuses is https://docs.github.com/rest/deployments/statuses#list-deployment-statuses.
// Of each deployment only the newest is kept here.
func (h *Host) listDeploymentStatuses(r *request) (any, error) {
	if err := r.query("DeploymentStatus", "per_page", "page"); err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(r.PathValue("deployment"))
	if err != nil || n < 1 || n > len(h.deployments) {
		return nil, errNotFound
	}
	d, deployment := h.deployments[n-1], fmt.Sprintf("%s/deployments/%d", h.apiURL(r.base), n)
	log := ""
	if d.Run > 0 {
		log = fmt.Sprintf("%s/actions/runs/%d/job/%d", h.pageURL(r.base), d.Run, id(d.Environment))
	}
	return []object{{
		"id": n, "node_id": nodeID("DES", deployment), "state": d.State, "creator": viewUser(r.base, h.opts.Login), "description": "", "environment": d.Environment, "target_url": log, "log_url": log,
		"deployment_url": deployment, "repository_url": h.apiURL(r.base), "url": deployment + "/statuses/1", "created_at": stamp(d.At), "updated_at": stamp(d.At),
	}}, nil
}
