package github

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// storagePath is where artifacts are stored, apart from the API. The address is the
// permission.
const (
	storagePath = "/artifact-storage/"
	storageKey  = "practice-signature"
)

// listRuns is https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository.
func (h *Host) listRuns(r *request) (any, error) {
	if err := r.query("WorkflowRun", "head_sha", "status", "per_page", "page"); err != nil {
		return nil, err
	}
	var found []int
	for i, run := range slices.Backward(h.runs) {
		sha, state := r.URL.Query().Get("head_sha"), r.URL.Query().Get("status")
		if (sha == "" || sha == run.Of) && (state == "" || state == run.status() || state == run.State) && !run.Deleted {
			found = append(found, i)
		}
	}
	return object{"total_count": len(found), "workflow_runs": pageOf(r, found, func(i int) any { return h.viewRun(r.base, i) })}, nil
}

// viewRun has what GitHub's description requires of a run.
func (h *Host) viewRun(base string, i int) object {
	run := h.runs[i]
	commit, _ := h.opts.Code.find(run.Of)
	run.At = h.began(run)
	address, workflow := fmt.Sprintf("%s/actions/runs/%d", h.apiURL(base), i+1), h.apiURL(base)+"/actions/workflows/"+run.Workflow
	head := h.viewMinimal(base)
	if run.Fork {
		head["id"] = id("a fork")
	}
	view := object{
		"id": i + 1, "node_id": nodeID("WFR", address), "head_branch": run.branch(), "run_number": i + 1, "display_title": cmp.Or(run.Title, commit.Message), "event": cmp.Or(run.Event, "push"),
		"status": "completed", "conclusion": cmp.Or(run.State, "success"), "head_sha": run.Of, "path": ".github/workflows/" + run.Workflow, "workflow_id": id(run.Workflow),
		"url": address, "html_url": fmt.Sprintf("%s/actions/runs/%d", h.pageURL(base), i+1), "created_at": stamp(run.At), "updated_at": stamp(run.At), "run_started_at": stamp(run.started()),
		"run_attempt": run.attempt(), "triggering_actor": viewUser(base, cmp.Or(run.By, h.opts.Login)),
		"head_commit":     object{"id": run.Of, "tree_id": run.Of, "message": commit.Message, "timestamp": stamp(commit.At), "author": nil, "committer": nil},
		"head_repository": head, "repository": h.viewMinimal(base), "pull_requests": []object{}, "workflow_url": workflow,
		"jobs_url": address + "/jobs", "logs_url": address + "/logs", "check_suite_url": h.apiURL(base) + "/check-suites/1", "cancel_url": address + "/cancel",
		"rerun_url": address + "/rerun", "artifacts_url": address + "/artifacts",
	}
	if running(run.State) {
		view["status"], view["conclusion"] = run.State, nil
	}
	return view
}

// listArtifacts is https://docs.github.com/rest/actions/artifacts#list-workflow-run-artifacts.
func (h *Host) listArtifacts(r *request) (any, error) {
	if err := r.query("Artifact", "name", "per_page", "page"); err != nil {
		return nil, err
	}
	n, err := h.run(r)
	if err != nil {
		return nil, err
	}
	var found []int
	for i, a := range h.runs[n].Artifacts {
		if name := r.URL.Query().Get("name"); name == "" || name == a.Name {
			found = append(found, i)
		}
	}
	return object{"total_count": len(found), "artifacts": pageOf(r, found, func(i int) any { return h.viewArtifact(r.base, n, i) })}, nil
}

// artifactsOf is the most artifacts that a run has here.
const artifactsOf = 100

func (h *Host) viewArtifact(base string, run, i int) object {
	a, n := h.runs[run].Artifacts[i], run*artifactsOf+i+1
	address := fmt.Sprintf("%s/actions/artifacts/%d", h.apiURL(base), n)
	commit, _ := h.opts.Code.find(h.runs[run].Of)
	view := object{
		"id": n, "node_id": nodeID("AF", address), "name": a.Name, "size_in_bytes": len(a.Zip), "url": address, "archive_download_url": address + "/zip",
		"expired": a.Expired, "created_at": stamp(commit.At), "expires_at": stamp(commit.At.AddDate(0, 0, 90)), "updated_at": stamp(commit.At), "digest": nil,
		"workflow_run": object{"id": run + 1, "repository_id": id(h.opts.Repository), "head_repository_id": id(h.opts.Repository), "head_branch": "main", "head_sha": h.runs[run].Of},
	}
	if a.Digest != "" {
		view["digest"] = a.Digest
	}
	return view
}

// artifact finds one by its number.
func (h *Host) artifact(text string) (Artifact, bool) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || (n-1)/artifactsOf >= len(h.runs) {
		return Artifact{}, false
	}
	all := h.runs[(n-1)/artifactsOf].Artifacts
	if i := (n - 1) % artifactsOf; i < len(all) {
		return all[i], true
	}
	return Artifact{}, false
}

// downloadArtifact is https://docs.github.com/rest/actions/artifacts#download-an-artifact.
func (h *Host) downloadArtifact(r *request) (any, error) {
	a, ok := h.artifact(r.PathValue("artifact"))
	switch {
	case !ok:
		return nil, errNotFound
	case a.Expired:
		return nil, &refusal{status: http.StatusGone, message: "Artifact has expired"}
	}
	r.out.Set("Location", r.base+storagePath+r.PathValue("artifact")+"?sig="+storageKey)
	return object{}, nil
}

// store serves artifacts as an object store does: whoever sends credentials besides the
// address is refused.
func (h *Host) store(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	a, ok := h.artifact(strings.TrimPrefix(r.URL.Path, storagePath))
	h.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "":
		http.Error(w, "Authentication information is not given in the correct format.", http.StatusBadRequest)
	case r.URL.Query().Get("sig") != storageKey || !ok:
		http.Error(w, "Server failed to authenticate the request.", http.StatusForbidden)
	default:
		w.Header().Set("Content-Type", "application/zip")
		_, _ = w.Write(a.Zip) // the reader may have gone away; there is nobody to tell
	}
}
