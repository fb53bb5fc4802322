package github

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// theCommit is the one that {ref} names.
func (h *Host) theCommit(r *request) (Commit, error) {
	commit, ok := h.opts.Code.find(r.PathValue("ref"))
	if !ok {
		return Commit{}, &refusal{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + r.PathValue("ref")}
	}
	return commit, nil
}

// listCheckRuns is https://docs.github.com/rest/checks/runs#list-check-runs-for-a-git-reference.
// Only the latest ones of each suite are listed, as with the filter that is the
// default.
func (h *Host) listCheckRuns(r *request) (any, error) {
	if err := r.query("CheckRun", "check_name", "status", "filter", "app_id", "per_page", "page"); err != nil {
		return nil, err
	}
	if filter := r.URL.Query().Get("filter"); filter != "" && filter != "latest" {
		return nil, invalidFields(invalid{"CheckRun", "filter", "invalid", "the practice GitHub lists only the latest"})
	}
	commit, err := h.theCommit(r)
	if err != nil {
		return nil, err
	}
	runs := slices.DeleteFunc(h.checksOf(commit, true), func(c numbered) bool {
		name := r.URL.Query().Get("check_name")
		return name != "" && name != c.Name
	})
	return object{"total_count": len(runs), "check_runs": pageOf(r, runs, func(c numbered) any { return h.viewCheckRun(r.base, commit, c) })}, nil
}

// viewCheckRun has what GitHub's description requires of a check run.
func (h *Host) viewCheckRun(base string, commit Commit, c numbered) object {
	address := fmt.Sprintf("%s/check-runs/%d", h.apiURL(base), c.id)
	page := fmt.Sprintf("%s/runs/%d", h.pageURL(base), c.id)
	view := object{
		"id": c.id, "node_id": nodeID("CR", address), "head_sha": commit.SHA, "external_id": "", "name": c.Name,
		"url": address, "html_url": page, "details_url": page, "status": c.State, "conclusion": nil,
		"started_at": stamp(c.At), "completed_at": nil, "check_suite": object{"id": id(commit.SHA)*1000 + int64(c.Suite)},
		"output": object{"title": nil, "summary": nil, "text": nil, "annotations_count": 0, "annotations_url": address + "/annotations"},
		"app":    h.viewApp(base, c.App), "pull_requests": []object{},
	}
	if c.State == "queued" {
		view["started_at"] = nil
	}
	if c.over() {
		view["status"], view["conclusion"], view["completed_at"] = "completed", c.State, stamp(c.At.Add(3*time.Minute))
	}
	return view
}

// viewApp is an App that makes check runs.
func (h *Host) viewApp(base, slug string) object {
	made := stamp(time.Date(2018, time.July, 30, 9, 30, 17, 0, time.UTC))
	return object{
		"id": id(slug), "slug": slug, "node_id": nodeID("A", slug), "client_id": "Iv1." + slug, "name": slug, "description": "", "owner": viewUser(base, "github"),
		"external_url": base + "/apps/" + slug, "html_url": base + "/apps/" + slug, "created_at": made, "updated_at": made,
		"permissions": object{"checks": "write", "metadata": "read"}, "events": []string{},
	}
}

// getStatus is https://docs.github.com/rest/commits/statuses#get-the-combined-status-for-a-specific-reference:
// the latest status of each context.
func (h *Host) getStatus(r *request) (any, error) {
	if err := r.query("Status", "per_page", "page"); err != nil {
		return nil, err
	}
	commit, err := h.theCommit(r)
	if err != nil {
		return nil, err
	}
	statuses := h.checksOf(commit, false)
	address := h.apiURL(r.base) + "/commits/" + commit.SHA
	return object{
		"state": combined(statuses), "sha": commit.SHA, "total_count": len(statuses), "repository": h.viewMinimal(r.base),
		"commit_url": address, "url": address + "/status",
		"statuses": pageOf(r, statuses, func(c numbered) any { return h.viewStatus(r.base, commit, c) }),
	}, nil
}

// combined is the state of all statuses together: pending where there are none.
func combined(statuses []numbered) string {
	state := "success"
	for _, one := range statuses {
		switch one.State {
		case "failure", "error":
			return "failure"
		case "pending":
			state = "pending"
		}
	}
	if len(statuses) == 0 {
		return "pending"
	}
	return state
}

func (h *Host) viewStatus(base string, commit Commit, c numbered) object {
	address := h.apiURL(base) + "/statuses/" + commit.SHA
	return object{
		"id": c.id, "node_id": nodeID("SC", fmt.Sprint(c.id)), "state": c.State, "context": c.Name, "description": nil,
		"target_url": nil, "avatar_url": base + "/avatars/" + url.PathEscape(commit.Login), "url": address,
		"created_at": stamp(c.At), "updated_at": stamp(c.At),
	}
}
