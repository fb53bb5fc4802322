package artifacts

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"gonogo/clients/connection"
	"gonogo/clients/outgoing"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	host "gonogo/playground/upstream/github"
	"gonogo/readiness/answer"
)

// The commits of the practice repository.
var foreignCommit, ownCommit = strings.Repeat("1a", 20), strings.Repeat("2b", 20)

// zipOf is an artifact with files, by name.
func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		into, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(into, text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pipelines serves a practice GitHub with runs of workflows.
func pipelines(t *testing.T, runs ...host.WorkflowRun) gates.Deps {
	t.Helper()
	served, err := host.New(host.Options{
		Repository: "acme/shop", Token: "ghp_x",
		Code: host.Code{
			Commits:  []host.Commit{{SHA: foreignCommit, Message: "Begin", At: time.Now()}, {SHA: ownCommit, Parent: foreignCommit, Message: "Go on", At: time.Now()}},
			Branches: map[string]string{"main": ownCommit},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	served.SetRuns(runs)
	server := httptest.NewServer(served.Handler())
	t.Cleanup(server.Close)
	return gates.Deps{Dir: t.TempDir(), Connections: map[string]connection.Connection{"repo": gatestest.GitHubAt(t, server.URL+"/api/v3", "acme/shop", "ghp_x")}}
}

const oneTest = `<testsuite name="a"><testcase classname="a" name="b"/></testsuite>`

func TestArtifact(t *testing.T) {
	good := zipOf(t, map[string]string{"deep/a.xml": oneTest})
	sum := sha256.Sum256(good)
	left := func(zip []byte) []host.Artifact {
		return []host.Artifact{{Name: "reports", Zip: zip}, {Name: "other", Zip: []byte("no")}}
	}
	ci := func(change func(*host.WorkflowRun)) host.WorkflowRun {
		run := host.WorkflowRun{Workflow: "ci.yml", Of: ownCommit, Artifacts: left(good)}
		if change != nil {
			change(&run)
		}
		return run
	}
	bomb := zipOf(t, map[string]string{"a.xml": strings.Repeat(" ", 20<<20)})
	many := map[string]string{}
	for i := range 10_001 {
		many[fmt.Sprint(i)] = ""
	}
	old := ci(func(r *host.WorkflowRun) { r.Artifacts = left([]byte("old")) })
	for _, tt := range []struct {
		name, more string
		runs       []host.WorkflowRun
		verdict    answer.Verdict
		words      string
	}{
		{"of the commit", "", []host.WorkflowRun{ci(nil)}, answer.Passed, "1 test"},
		{"of a run that failed", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.State = "failure" })}, answer.Passed, "1 test"},
		{"the newest run", "", []host.WorkflowRun{old, ci(nil)}, answer.Passed, "1 test"},
		{"with its digest", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Artifacts[0].Digest = "sha256:" + hex.EncodeToString(sum[:]) })}, answer.Passed, "1 test"},
		{"of a foreign commit", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Of = foreignCommit })}, answer.NotConfigured, "no workflow run of commit 2b2b2b2 left an artifact reports"},
		{"of a fork", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Fork = true })}, answer.NotConfigured, "of forks don't count"},
		{"of a pull request", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Event = "pull_request" })}, answer.NotConfigured, "runs for pull requests"},
		{"started by another workflow", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Event = "workflow_run" })}, answer.NotConfigured, "no workflow run"},
		{"started by a comment", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Event = "issue_comment" })}, answer.NotConfigured, "no workflow run"},
		{"started by hand", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Event = "workflow_dispatch" })}, answer.Passed, "1 test"},
		{"only before", "", []host.WorkflowRun{ci(nil), ci(func(r *host.WorkflowRun) { r.Artifacts = nil })}, answer.NotConfigured, "no workflow run"},
		{"by another name", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Artifacts = r.Artifacts[1:] })}, answer.NotConfigured, "no workflow run"},
		{"not yet", "", []host.WorkflowRun{ci(nil), ci(func(r *host.WorkflowRun) { r.State = "in_progress" })}, answer.Errored, "the run of ci.yml isn't over yet (in_progress)"},
		{"not yet, and none so far", "workflow: ci.yml", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.State, r.Artifacts = "queued", nil })}, answer.Errored, "isn't over yet (queued)"},
		{"cancelled", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.State = "cancelled" })}, answer.Errored, "ended with cancelled"},
		{"of two workflows", "", []host.WorkflowRun{ci(nil), ci(func(r *host.WorkflowRun) { r.Workflow = "nightly.yml" })}, answer.Errored, "several workflows left an artifact reports: ci.yml, nightly.yml; name one with workflow"},
		{"of one of two", "workflow: ci.yml", []host.WorkflowRun{ci(nil), ci(func(r *host.WorkflowRun) { r.Workflow, r.Artifacts = "nightly.yml", left([]byte("x")) })}, answer.Passed, "1 test"},
		{"expired", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Artifacts[0].Expired = true })}, answer.Errored, "the artifact reports has expired; run the workflow again"},
		{"no ZIP file", "", []host.WorkflowRun{old}, answer.Errored, "the artifact reports can't be used: it isn't a ZIP file, or is damaged"},
		{"a bomb", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Artifacts = left(bomb) })}, answer.Errored, "more than 200 times larger"},
		{"too many files", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Artifacts = left(zipOf(t, many)) })}, answer.Errored, "more than 10000 entries"},
		{"another digest", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Artifacts[0].Digest = "sha256:00" })}, answer.Errored, "isn't what the workflow uploaded"},
		{"without the report", "", []host.WorkflowRun{ci(func(r *host.WorkflowRun) { r.Artifacts = left(zipOf(t, map[string]string{"a.txt": ""})) })}, answer.NotConfigured, "no report matches **/*.xml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			settings := "files: '**/*.xml'\nartifact: { connection: repo, name: reports, " + tt.more + " }"
			ev := kindtest.Measured(t, kindtest.Built(t, JUnit, settings, pipelines(t, tt.runs...)), gates.Scope{Commit: ownCommit, Opened: time.Now().Add(time.Hour)})
			if said := kindtest.Odd(ev, tt.verdict, tt.words); said != "" {
				t.Error(said)
			}
			if left, err := os.ReadDir(os.TempDir()); len(left) > 0 || err != nil {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
}

// Each of the kinds takes its reports from an artifact.
func TestArtifactOfEachKind(t *testing.T) {
	deps := pipelines(t, host.WorkflowRun{Workflow: "ci.yml", Of: ownCommit, Artifacts: []host.Artifact{{Name: "reports", Zip: zipOf(t, map[string]string{
		"coverage.xml": `<coverage><packages><package name="p"><classes><class name="c" filename="c.py"><lines><line number="1" hits="1"/></lines></class></classes></package></packages></coverage>`,
		"a.sarif":      `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"gosec"}},"results":[],"invocations":[{"executionSuccessful":true,"endTimeUtc":"2020-01-01T00:00:00Z"}]}]}`,
	})}}})
	scope := gates.Scope{Commit: ownCommit, Opened: time.Now()}
	for settings, kind := range map[string]gates.Kind{"file: coverage.xml\noverall: '>= 80%'": Coverage, "file: '*.sarif'": SARIF} {
		settings += "\nartifact: { connection: repo, name: reports }"
		if said := kindtest.Odd(kindtest.Measured(t, kindtest.Built(t, kind, settings, deps), scope), answer.Passed); said != "" {
			t.Errorf("%s: %s", kind.Name, said)
		}
		if said := kindtest.Odd(kindtest.Measured(t, kindtest.Built(t, kind, settings, deps), gates.Scope{}), answer.Errored, "the release's commit isn't known"); said != "" {
			t.Errorf("%s: %s", kind.Name, said)
		}
	}
}

// Where artifacts are stored is GitHub's word, so private addresses can be closed to it.
func TestArtifactAtPrivateAddress(t *testing.T) {
	deps := pipelines(t, host.WorkflowRun{Workflow: "ci.yml", Of: ownCommit, Artifacts: []host.Artifact{{Name: "reports", Zip: zipOf(t, nil)}}})
	deps.Outgoing = outgoing.PublicOnly()
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, "files: a.xml\nartifact: { connection: repo, name: reports }", deps), gates.Scope{Commit: ownCommit})
	if said := kindtest.Odd(ev, answer.Errored, "can't be used: "); said != "" {
		t.Error(said)
	}
}

func TestArtifactFaults(t *testing.T) {
	deps := pipelines(t)
	for settings, want := range map[string]string{
		"{ connection: repo }":               "name is missing; write the name that the workflow gives the artifact",
		"{ connection: other, name: a }":     `there is no connection "other"`,
		"{ name: a }":                        "connection is missing; name one of kind github",
		"{ connection: repo, name: a, x: 1}": "x",
	} {
		for _, kind := range []gates.Kind{JUnit, Coverage, SARIF} {
			own := map[string]string{"junit": "files: a.xml", "coverage": "file: a.xml\noverall: '>= 1%'", "sarif": "file: a.sarif"}[kind.Name]
			if got := kindtest.Faulty(t, kind, own+"\nartifact: "+settings, deps); !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", kind.Name, got, want)
			}
		}
	}
}
