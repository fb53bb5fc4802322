package github

import (
	"net/http"
)

func (h *Host) getRepository(r *request) (any, error) {
	return h.viewRepository(r.base), nil
}

// getCommit is https://docs.github.com/rest/commits/commits#get-a-commit, whose
// answer to a commit that is not there is 422.
func (h *Host) getCommit(r *request) (any, error) {
	commit, ok := h.opts.Code.find(r.PathValue("ref"))
	if !ok {
		return nil, &refusal{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + r.PathValue("ref")}
	}
	return h.viewCommit(r.base, commit), nil
}

// compareCommits is https://docs.github.com/rest/commits/commits#compare-two-commits.
// Without a page it has up to 250 commits.
func (h *Host) compareCommits(r *request) (any, error) {
	if err := r.query("Commit", "per_page", "page"); err != nil {
		return nil, err
	}
	found, ok := h.opts.Code.between(r.PathValue("basehead"))
	if !ok {
		return nil, errNotFound
	}
	commits := found.ahead
	if r.URL.RawQuery != "" {
		commits = page(r, commits)
	}
	return h.viewComparison(r.base, r.PathValue("basehead"), found, commits[:min(len(commits), 250)]), nil
}

// getTag is https://docs.github.com/rest/git/refs#get-a-reference. The tags are
// lightweight: each is its commit.
func (h *Host) getTag(r *request) (any, error) {
	tag := r.PathValue("tag")
	sha, ok := h.opts.Code.Tags[tag]
	if !ok {
		return nil, errNotFound
	}
	api := h.apiURL(r.base)
	return object{
		"ref": "refs/tags/" + tag, "node_id": nodeID("REF", tag), "url": api + "/git/refs/tags/" + tag,
		"object": object{"type": "commit", "sha": sha, "url": api + "/git/commits/" + sha},
	}, nil
}
