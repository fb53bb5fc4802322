package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Run is a run of a workflow in GitHub Actions.
type Run struct {
	ID         int64  // increases with time
	Workflow   string // the name of its file, such as ci.yml
	Event      string // what started it, such as push
	Status     string // completed, or how far it is
	Conclusion string // how it ended; empty until then
	Fork       bool   // its commit came from another repository
}

// Artifact is what a run left.
type Artifact struct {
	ID      int64  // increases with time
	Size    int64  // bytes, zipped
	Digest  string // sha256:…; empty: GitHub doesn't say
	Expired bool
}

var theArtifacts = subject{permission: "Actions: read", absent: unseen, gone: "it has expired; run the workflow again", moved: renamed, fewer: "delete old runs"}

// Runs lists the runs of workflows on exactly this commit, which is given by 7 to 40 digits
// of its SHA.
func (c *Client) Runs(ctx context.Context, commit string) ([]Run, error) {
	sha, err := c.fullSHA(ctx, commit)
	if err != nil {
		return nil, err
	}
	e := operation{op: fmt.Sprintf("list the workflow runs of commit %.7s in %s", sha, c.repository()), about: theArtifacts}
	total := 0
	runs, err := list(ctx, c, e, "actions/runs", url.Values{"head_sha": {sha}}, time.Time{}, func(page runsPage) ([]Run, bool) {
		total = page.Total
		return page.runs(sha)
	})
	if err == nil && len(runs) < total {
		return nil, &Unavailable{Op: e.op, Status: http.StatusOK, cause: errListChanged}
	}
	return runs, err
}

// runsPage is what is read of a page of runs.
type runsPage struct {
	Total int `json:"total_count"`
	Runs  []struct {
		ID         int64    `json:"id"`
		SHA        string   `json:"head_sha"`
		Path       string   `json:"path"`
		Event      string   `json:"event"`
		Status     string   `json:"status"`
		Conclusion string   `json:"conclusion"`
		Repository fullRepo `json:"repository"`
		Head       fullRepo `json:"head_repository"`
	} `json:"workflow_runs"`
}

type fullRepo struct {
	ID int64 `json:"id"`
}

// runs is false if a run is of another commit, or incomplete.
func (p runsPage) runs(sha string) ([]Run, bool) {
	var runs []Run
	for _, r := range p.Runs {
		file, _, _ := strings.Cut(r.Path, "@")
		if r.SHA != sha || r.ID == 0 || r.Event == "" || file == "" || r.Status == "completed" && r.Conclusion == "" {
			return nil, false
		}
		runs = append(runs, Run{r.ID, path.Base(file), r.Event, r.Status, r.Conclusion, r.Head.ID != r.Repository.ID || r.Head.ID == 0})
	}
	return runs, true
}

// Artifacts lists the artifacts of a run that have a name.
func (c *Client) Artifacts(ctx context.Context, run int64, name string) ([]Artifact, error) {
	e := operation{op: fmt.Sprintf("list the artifacts of a workflow run in %s", c.repository()), about: theArtifacts}
	total := 0
	found, err := list(ctx, c, e, fmt.Sprintf("actions/runs/%d/artifacts", run), url.Values{"name": {name}}, time.Time{}, func(page artifactsPage) ([]Artifact, bool) {
		total = page.Total
		return page.artifacts(run, name)
	})
	if err == nil && len(found) < total {
		return nil, &Unavailable{Op: e.op, Status: http.StatusOK, cause: errListChanged}
	}
	return found, err
}

// artifactsPage is what is read of a page of artifacts.
type artifactsPage struct {
	Total     int `json:"total_count"`
	Artifacts []struct {
		ID      int64  `json:"id"`
		Name    string `json:"name"`
		Size    int64  `json:"size_in_bytes"`
		Digest  string `json:"digest"`
		Expired bool   `json:"expired"`
		Run     struct {
			ID int64 `json:"id"`
		} `json:"workflow_run"`
	} `json:"artifacts"`
}

// artifacts is false if an artifact is of another run, or incomplete.
func (p artifactsPage) artifacts(run int64, name string) ([]Artifact, bool) {
	var all []Artifact
	for _, a := range p.Artifacts {
		if a.ID == 0 || a.Run.ID != run || a.Name != name {
			return nil, false
		}
		all = append(all, Artifact{a.ID, a.Size, a.Digest, a.Expired})
	}
	return all, true
}

// ArtifactURL is where an artifact can be downloaded as a ZIP file within the next minute.
// The address itself is the permission: it must be asked without the token, and be shown
// to nobody.
func (c *Client) ArtifactURL(ctx context.Context, artifact int64) (*url.URL, error) {
	e := operation{op: fmt.Sprintf("download an artifact in %s", c.repository()), about: theArtifacts}
	found, _, err := read(ctx, c, e, func(ctx context.Context) (string, *gh.Response, error) {
		response, err := c.get(ctx, fmt.Sprintf("repos/%s/actions/artifacts/%d/zip", c.repository(), artifact), nil)
		if statusOf(response) == http.StatusFound {
			return response.Header.Get("Location"), response, nil
		}
		return "", response, err
	}, c.storage)
	return found, err
}

// storage reads the address of an artifact. An API that is asked over TLS has its artifacts
// there, too.
func (c *Client) storage(location string) (*url.URL, bool) {
	u, err := url.Parse(location)
	return u, err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && c.api.BaseURL.Scheme == "http")
}
