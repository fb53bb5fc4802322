package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
	practice "gonogo/playground/upstream/github"
)

// TestArtifacts finds the artifacts of a commit's runs, over several pages, and where one is
// downloaded.
func TestArtifacts(t *testing.T) {
	practising(t, func(t *testing.T, host *practice.Host, c *github.Client) {
		runs := []practice.WorkflowRun{{Workflow: "ci.yml", Of: oldSHA}, {Workflow: "ci.yml", Of: newSHA, State: "queued"}, {
			Workflow: "ci.yml", Of: newSHA, Event: "pull_request", Fork: true, State: "failure",
			Artifacts: []practice.Artifact{{Name: "other"}, {Name: "reports", Zip: []byte("PK"), Digest: "sha256:00"}, {Name: "reports", Expired: true}},
		}}
		for range 150 {
			runs = append(runs, practice.WorkflowRun{Workflow: "nightly.yml", Of: newSHA})
		}
		host.SetRuns(runs)
		for _, commit := range []string{newSHA, newSHA[:7]} {
			got, err := c.Runs(t.Context(), commit)
			if err != nil || len(got) != 152 {
				t.Fatalf("%s: got %d runs, %v", commit, len(got), err)
			}
			want := []github.Run{{ID: 3, Workflow: "ci.yml", Event: "pull_request", Status: "completed", Conclusion: "failure", Fork: true}, {ID: 2, Workflow: "ci.yml", Event: "push", Status: "queued"}}
			if diff := cmp.Diff(want, got[150:]); diff != "" {
				t.Errorf("want and got:\n%s", diff)
			}
		}
		got, err := c.Artifacts(t.Context(), 3, "reports")
		if err != nil || len(got) != 2 || got[0].Size != 2 || got[0].Digest != "sha256:00" || got[0].Expired || !got[1].Expired {
			t.Fatalf("got %+v, %v", got, err)
		}
		if where, err := c.ArtifactURL(t.Context(), got[0].ID); err != nil || where.Query().Get("sig") == "" || strings.Contains(where.Path, prefix) {
			t.Errorf("got %v, %v", where, err)
		}
		if _, err := c.ArtifactURL(t.Context(), got[1].ID); !errors.As(err, new(*github.Refused)) || !strings.Contains(err.Error(), "it has expired; run the workflow again") {
			t.Errorf("an expired one: %v", err)
		}
	})
}

// TestRunsOfAnother: an answer about another commit, another run or another artifact, and a
// part of a list, are no answer.
func TestRunsOfAnother(t *testing.T) {
	runs := func(t *testing.T, w *world) (any, error) { return w.client.Runs(t.Context(), newSHA) }
	artifacts := func(t *testing.T, w *world) (any, error) { return w.client.Artifacts(t.Context(), 7, "reports") }
	run := func(sha, more string) string {
		return fmt.Sprintf(`{"id":7,"head_sha":%q,"event":"push","path":".github/workflows/ci.yml","status":"completed"%s}`, sha, more)
	}
	for name, tt := range map[string]struct {
		answer string
		ask    func(*testing.T, *world) (any, error)
	}{
		"another commit's run":     {`{"total_count":1,"workflow_runs":[` + run(oldSHA, `,"conclusion":"success"`) + `]}`, runs},
		"over without a result":    {`{"total_count":1,"workflow_runs":[` + run(newSHA, "") + `]}`, runs},
		"fewer than there are":     {`{"total_count":2,"workflow_runs":[` + run(newSHA, `,"conclusion":"success"`) + `]}`, runs},
		"another run's artifact":   {`{"total_count":1,"artifacts":[{"id":1,"name":"reports","workflow_run":{"id":8}}]}`, artifacts},
		"an artifact without one":  {`{"total_count":1,"artifacts":[{"id":1,"name":"reports","workflow_run":null}]}`, artifacts},
		"another artifact":         {`{"total_count":1,"artifacts":[{"id":1,"name":"other","workflow_run":{"id":7}}]}`, artifacts},
		"an artifact with no ID":   {`{"total_count":1,"artifacts":[{"name":"reports","workflow_run":{"id":7}}]}`, artifacts},
		"fewer artifacts than are": {`{"total_count":2,"artifacts":[{"id":1,"name":"reports","workflow_run":{"id":7}}]}`, artifacts},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, says(http.StatusOK, tt.answer), func(t *testing.T, w *world) {
				if got, err := tt.ask(t, w); !errors.As(err, new(*github.Unavailable)) {
					t.Errorf("got %v, %v", got, err)
				}
			})
		})
	}
}

// TestArtifactURL: the address is handed out and not followed, since whatever follows it here
// sends the token. One that can't be used is no answer, and is in no error.
func TestArtifactURL(t *testing.T) {
	for location, good := range map[string]bool{
		"https://store.example/a.zip?sig=SECRET": true, "/a.zip?sig=SECRET": false, "": false, "file:///a.zip?sig=SECRET": false, "https://%zz?sig=SECRET": false, "ftp://store.example/?sig=SECRET": false,
	} {
		play(t, says(http.StatusFound, `{}`, "Location", location), func(t *testing.T, w *world) {
			got, err := w.client.ArtifactURL(t.Context(), 1)
			if good != (err == nil) || good && got.String() != location || err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%q: got %v, %v", location, got, err)
			}
			for _, one := range w.host.asked() {
				if one.target != "repos/acme/shop/actions/artifacts/1/zip" {
					t.Errorf("%q: it asked for %s", location, one.target)
				}
			}
		})
	}
	play(t, says(http.StatusOK, `PK`), func(t *testing.T, w *world) {
		if got, err := w.client.ArtifactURL(t.Context(), 1); err == nil {
			t.Errorf("without a redirect: got %v", got)
		}
	})
}
