package github

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
)

// object is a JSON object of an answer.
type object map[string]any

// apiURL is where the repository is in the API, pageURL where people read it.
func (h *Host) apiURL(base string) string  { return base + apiPath + "/repos/" + h.opts.Repository }
func (h *Host) pageURL(base string) string { return base + "/" + h.opts.Repository }

// id is a number that a name always has.
func id(name string) int64 {
	sum := fnv.New32a()
	sum.Write([]byte(name))
	return int64(sum.Sum32())
}

// nodeID looks like GitHub's: opaque.
func nodeID(kind, name string) string {
	return kind + "_" + base64.RawURLEncoding.EncodeToString([]byte(name))
}

// bot ends the login of what is no person.
const bot = "[bot]"

func isBot(login string) bool { return strings.HasSuffix(login, bot) }

// viewUser has what GitHub's description requires of a simple user.
func viewUser(base, login string) object {
	api := base + apiPath + "/users/" + url.PathEscape(login)
	kind := "User"
	if isBot(login) {
		kind = "Bot"
	}
	user := object{
		"login": login, "id": id(login), "node_id": nodeID("U", login), "type": kind, "site_admin": false,
		"avatar_url": base + "/avatars/" + url.PathEscape(login), "gravatar_id": "",
		"html_url": base + "/" + url.PathEscape(login), "url": api,
		"following_url": api + "/following{/other_user}", "gists_url": api + "/gists{/gist_id}",
		"starred_url": api + "/starred{/owner}{/repo}", "events_url": api + "/events{/privacy}",
		"organizations_url": api + "/orgs",
	}
	for _, part := range []string{"followers", "subscriptions", "repos", "received_events"} {
		user[part+"_url"] = api + "/" + part
	}
	return user
}

func (h *Host) viewLabel(base string, l Label) object {
	return object{
		"id": id(l.Name), "node_id": nodeID("LA", l.Name), "url": h.apiURL(base) + "/labels/" + url.PathEscape(l.Name),
		"name": l.Name, "color": l.Color, "description": l.Description, "default": slices.Contains([]string{"bug", "enhancement"}, l.Name),
	}
}

func (h *Host) viewIssue(base string, i *Issue) object {
	address := fmt.Sprintf("%s/issues/%d", h.apiURL(base), i.Number)
	labels := []object{}
	for _, name := range i.Labels {
		label, _ := h.findLabel(name)
		labels = append(labels, h.viewLabel(base, label))
	}
	view := object{
		"id": 3_000_000_000 + i.Number, "node_id": nodeID("I", address), "number": i.Number,
		"url": address, "repository_url": h.apiURL(base), "labels_url": address + "/labels{/name}",
		"comments_url": address + "/comments", "events_url": address + "/events",
		"html_url": h.issueURL(base, i), "user": viewUser(base, i.Author), "author_association": "CONTRIBUTOR",
		"title": i.Title, "body": textOrNull(i.Body), "labels": labels,
		"state": i.State(), "state_reason": textOrNull(i.Reason()), "locked": i.Locked, "active_lock_reason": nil,
		"assignee": nil, "assignees": []object{}, "milestone": nil, "comments": len(i.Comments),
		"created_at": stamp(i.Created), "updated_at": stamp(i.Updated), "closed_at": stamp(i.Closed()), "closed_by": nil,
	}
	if last := i.last(); last.State == closed {
		view["closed_by"] = viewUser(base, last.By)
	}
	if i.Pull {
		page := h.issueURL(base, i)
		view["draft"] = false
		view["pull_request"] = object{
			"url": fmt.Sprintf("%s/pulls/%d", h.apiURL(base), i.Number), "html_url": page,
			"diff_url": page + ".diff", "patch_url": page + ".patch", "merged_at": nil,
		}
	}
	return view
}

// issueURL is the page of an issue.
func (h *Host) issueURL(base string, i *Issue) string {
	kind := "issues"
	if i.Pull {
		kind = "pull"
	}
	return fmt.Sprintf("%s/%s/%d", h.pageURL(base), kind, i.Number)
}

func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (h *Host) viewComment(base string, i *Issue, c Comment) object {
	address := fmt.Sprintf("%s/issues/comments/%d", h.apiURL(base), c.ID)
	return object{
		"id": c.ID, "node_id": nodeID("IC", address), "url": address,
		"html_url":  fmt.Sprintf("%s#issuecomment-%d", h.issueURL(base, i), c.ID),
		"issue_url": fmt.Sprintf("%s/issues/%d", h.apiURL(base), i.Number),
		"user":      viewUser(base, c.Author), "author_association": "CONTRIBUTOR", "body": c.Body,
		"created_at": stamp(c.At), "updated_at": stamp(c.At),
	}
}

func (h *Host) viewRepository(base string) object {
	owner, name, _ := strings.Cut(h.opts.Repository, "/")
	organization := viewUser(base, owner)
	organization["type"] = "Organization"
	opened := 0
	for _, issue := range h.issues {
		if !issue.away() && issue.State() == open {
			opened++
		}
	}
	return object{
		"id": id(h.opts.Repository), "node_id": nodeID("R", h.opts.Repository), "name": name, "full_name": h.opts.Repository,
		"owner": organization, "private": true, "visibility": "private", "fork": false, "description": nil,
		"url": h.apiURL(base), "html_url": h.pageURL(base), "default_branch": defaultBranch,
		"has_issues": true, "archived": false, "disabled": false, "open_issues_count": opened,
		"permissions": object{"admin": false, "maintain": false, "push": true, "triage": true, "pull": true},
	}
}

// viewMinimal is the repository as other answers repeat it, with the addresses of its
// parts.
func (h *Host) viewMinimal(base string) object {
	view := h.viewRepository(base)
	for _, field := range minimalURLs {
		view[field] = h.apiURL(base) + "/" + strings.TrimSuffix(field, "_url")
	}
	return view
}

// minimalURLs are those that GitHub's description requires of a minimal repository.
var minimalURLs = []string{
	"archive_url", "assignees_url", "blobs_url", "branches_url", "collaborators_url", "comments_url", "commits_url", "compare_url", "contents_url", "contributors_url",
	"deployments_url", "downloads_url", "events_url", "forks_url", "git_commits_url", "git_refs_url", "git_tags_url", "hooks_url", "issue_comment_url", "issue_events_url",
	"issues_url", "keys_url", "labels_url", "languages_url", "merges_url", "milestones_url", "notifications_url", "pulls_url", "releases_url", "stargazers_url",
	"statuses_url", "subscribers_url", "subscription_url", "tags_url", "teams_url", "trees_url",
}

func (h *Host) viewCommit(base string, c Commit) object {
	api, page := h.apiURL(base), h.pageURL(base)
	parents := []object{}
	if c.Parent != "" {
		parents = append(parents, object{"sha": c.Parent, "url": api + "/commits/" + c.Parent, "html_url": page + "/commit/" + c.Parent})
	}
	person := object{"name": c.Author, "email": c.Email(), "date": stamp(c.At)}
	return object{
		"sha": c.SHA, "node_id": nodeID("C", c.SHA), "url": api + "/commits/" + c.SHA,
		"html_url": page + "/commit/" + c.SHA, "comments_url": api + "/commits/" + c.SHA + "/comments",
		"author": viewUser(base, c.Login), "committer": viewUser(base, c.Login), "parents": parents,
		"commit": object{
			"message": c.Message, "author": person, "committer": person, "comment_count": 0,
			"url":  api + "/git/commits/" + c.SHA,
			"tree": object{"sha": c.SHA, "url": api + "/git/trees/" + c.SHA},
		},
	}
}

func (h *Host) viewComparison(base, basehead string, c comparison, commits []Commit) object {
	page := h.pageURL(base) + "/compare/"
	views := []object{}
	for _, commit := range commits {
		views = append(views, h.viewCommit(base, commit))
	}
	return object{
		"url": h.apiURL(base) + "/compare/" + basehead, "html_url": page + basehead,
		"permalink_url": page + c.base.SHA + "..." + c.head.SHA,
		"diff_url":      page + basehead + ".diff", "patch_url": page + basehead + ".patch",
		"base_commit": h.viewCommit(base, c.base), "merge_base_commit": h.viewCommit(base, c.common),
		"status": c.status(), "ahead_by": len(c.ahead), "behind_by": len(c.behind), "total_commits": len(c.ahead), "commits": views,
	}
}
