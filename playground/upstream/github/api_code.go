package github

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
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

// listCommits is https://docs.github.com/rest/commits/commits#list-commits: those that a
// branch, tag or commit has, the newest first, and with a path only those that change
// something there.
func (h *Host) listCommits(r *request) (any, error) {
	if err := r.query("Commit", "sha", "path", "per_page", "page"); err != nil {
		return nil, err
	}
	head, ok := h.opts.Code.find(cmp.Or(r.URL.Query().Get("sha"), defaultBranch))
	if !ok {
		return nil, errNotFound
	}
	found := slices.DeleteFunc(h.opts.Code.history(head), func(c Commit) bool { return !c.changes(r.URL.Query().Get("path")) })
	return pageOf(r, found, func(c Commit) any { return h.viewCommit(r.base, c) }), nil
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

// getTag is https://docs.github.com/rest/git/refs#get-a-reference for tags: the
// one of exactly that name. A lightweight tag is at its commit, an annotated one
// at an object of its own.
func (h *Host) getTag(r *request) (any, error) {
	tag := r.PathValue("tag")
	sha, ok := h.opts.Code.Tags[tag]
	if !ok {
		return nil, errNotFound
	}
	api := h.apiURL(r.base)
	return object{
		"ref": "refs/tags/" + tag, "node_id": nodeID("REF", tag), "url": api + "/git/refs/tags/" + tag,
		"object": h.viewObject(r.base, sha),
	}, nil
}

// getTagObject is https://docs.github.com/rest/git/tags#get-a-tag, which knows
// annotated tags alone.
func (h *Host) getTagObject(r *request) (any, error) {
	tag, ok := h.opts.Code.annotated(r.PathValue("sha"))
	if !ok {
		return nil, errNotFound
	}
	commit, _ := h.opts.Code.peeled(tag.SHA)
	return object{
		"node_id": nodeID("TAG", tag.SHA), "sha": tag.SHA, "url": h.apiURL(r.base) + "/git/tags/" + tag.SHA, "tag": h.opts.Code.nameOf(tag.SHA),
		"message": tag.Message, "tagger": object{"name": commit.Author, "email": commit.Email(), "date": commit.At},
		"object": h.viewObject(r.base, tag.Of), "verification": object{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
	}, nil
}

// viewObject is what a tag points to.
func (h *Host) viewObject(base, sha string) object {
	kind := "commit"
	if _, annotated := h.opts.Code.annotated(sha); annotated {
		kind = "tag"
	}
	return object{"type": kind, "sha": sha, "url": h.apiURL(base) + "/git/" + kind + "s/" + sha}
}

// Tag puts a tag where people force it to: at a commit, or at the object of an
// annotated tag.
func (h *Host) Tag(name, sha string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opts.Code.Tags = maps.Clone(h.opts.Code.Tags)
	if h.opts.Code.Tags == nil {
		h.opts.Code.Tags = map[string]string{}
	}
	h.opts.Code.Tags[name] = sha
}
