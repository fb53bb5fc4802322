package artifacts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/gates"
	"gonogo/gates/archive"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// fromArtifact is about the setting artifact in the documentation of a kind.
const fromArtifact = `

With ` + "`artifact`" + ` the reports come from GitHub Actions instead: from the newest run of a workflow on exactly the release's commit, so that what they say is about the
release, however old it is. Runs for pull requests don't count, because they test a merge, nor do those that a comment or another workflow started, or of forks. A run that isn't over or was cancelled, an artifact
that has expired, is larger than 128 MiB, or has more than 512 MiB or 10,000 files and folders in it, is errored. The token needs **Actions: read**. It isn't sent to the server
that stores the artifact.`

// artifactSettings are where an artifact is.
type artifactSettings struct {
	Connection string `yaml:"connection" required:"true"` // a connection of kind github
	Name       string `yaml:"name" required:"true"`       // the artifact's name
	Workflow   string `yaml:"workflow"`                   // the file of the workflow, such as ci.yml, if several leave such an artifact
}

// origin is where reports are: in a folder, or in an artifact of the release's commit.
type origin struct {
	dir      string
	artifact *artifactSettings // nil: in the folder
	repo     *github.Client
	client   *http.Client // asks the server that stores artifacts
}

// newSource finds the source of the settings, and what to add to their hash.
func newSource(deps gates.Deps, a *artifactSettings) (s origin, hash []any, faults gates.Faults, err error) {
	s = origin{dir: deps.Dir, artifact: a}
	if a == nil {
		return s, nil, nil, nil
	}
	if a.Name == "" {
		faults = append(faults, gates.Fault{Field: "artifact.name", Problem: "name is missing; write the name that the workflow gives the artifact"})
	}
	var wrong gates.Faults
	if s.repo, err = gates.Client[*github.Client](deps, a.Connection, "github"); errors.As(err, &wrong) {
		return s, nil, append(faults, gates.Fault{Field: "artifact.connection", Problem: wrong[0].Problem}), nil
	} else if err != nil {
		return s, nil, nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return deps.Dialer("").DialContext(ctx, network, address) // the address is GitHub's word
	}}
	if !deps.Outgoing.Restricts() {
		transport.Proxy = http.ProxyFromEnvironment
	}
	s.client = &http.Client{Transport: transport}
	api, repository := s.repo.Names()
	return s, []any{api, repository}, faults, nil
}

// opened is the time from which reports count: those of an artifact always do, since they
// are of the release's commit.
func (s origin) opened(scope gates.Scope) time.Time {
	if s.artifact != nil {
		return time.Time{}
	}
	return scope.Opened
}

// open gives the folder with the reports, and what removes it if it is only for now. If
// there is none, it gives evidence of that.
func (s origin) open(ctx context.Context, scope gates.Scope) (dir string, remove func(), none *answer.Evidence) {
	if s.artifact == nil {
		return s.dir, func() {}, nil
	}
	found, ev := s.find(ctx, scope)
	if ev != nil {
		return "", nil, unlessCut(ctx, *ev)
	}
	whole, err := os.MkdirTemp("", "gonogo-artifact-")
	if err != nil {
		ev := gates.Errored("there is no folder for temporary files; check the disk")
		return "", nil, &ev
	}
	remove = func() { _ = os.RemoveAll(whole) } // what stays behind is in the system's temporary folder
	if err := s.unpack(ctx, found, whole); err != nil {
		remove()
		return "", nil, unlessCut(ctx, gates.Errored("the artifact %s can't be used: %v", s.artifact.Name, err))
	}
	return filepath.Join(whole, "in"), remove, nil
}

func unlessCut(ctx context.Context, ev answer.Evidence) *answer.Evidence {
	if ctx.Err() != nil {
		ev = gates.Errored("cut off while it got the artifact from GitHub")
	}
	return &ev
}

// find finds the artifact of the release's commit.
func (s origin) find(ctx context.Context, scope gates.Scope) (github.Artifact, *answer.Evidence) {
	fail := func(ev answer.Evidence) (github.Artifact, *answer.Evidence) { return github.Artifact{}, &ev }
	if scope.Commit == "" {
		return fail(gates.Errored("the release's commit isn't known, so no artifact can be of it; open the release with its commit, or name it with gonogo check --commit"))
	}
	all, err := s.repo.Runs(ctx, scope.Commit)
	if err != nil {
		return fail(gates.Errored("%s", err))
	}
	var with []string
	var found []github.Artifact
	var run github.Run
	for _, newest := range s.newest(all) {
		artifacts, err := s.repo.Artifacts(ctx, newest.ID, s.artifact.Name)
		if err != nil {
			return fail(gates.Errored("%s", err))
		}
		// A run that isn't over may leave the artifact yet.
		if len(artifacts) > 0 || s.artifact.Workflow != "" && newest.Status != "completed" {
			with, found, run = append(with, newest.Workflow), artifacts, newest
		}
	}
	switch {
	case len(with) == 0:
		return fail(answer.Evidence{Verdict: answer.NotConfigured, Summary: fmt.Sprintf("no workflow run of commit %.7s left an artifact %s; runs for pull requests, those that a comment or another workflow started, and those of forks don't count", scope.Commit, s.artifact.Name)})
	case len(with) > 1:
		return fail(gates.Errored("several workflows left an artifact %s: %s; name one with workflow", s.artifact.Name, phrase.UpTo(5, with)))
	case run.Status != "completed":
		return fail(gates.Errored("the run of %s isn't over yet (%s), so its reports may be incomplete; measure it again later", run.Workflow, run.Status))
	case run.Conclusion != "success" && run.Conclusion != "failure":
		return fail(gates.Errored("the run of %s ended with %s, so its reports may be incomplete; run it again", run.Workflow, run.Conclusion))
	}
	newest := slices.MaxFunc(found, func(a, b github.Artifact) int { return cmp.Compare(a.ID, b.ID) })
	switch {
	case newest.Expired:
		return fail(gates.Errored("the artifact %s has expired; run the workflow again", s.artifact.Name))
	case newest.Size > archive.MostZipped:
		return fail(gates.Errored("the artifact %s is larger than %d MiB", s.artifact.Name, archive.MostZipped>>20))
	}
	return newest, nil
}

// ofItsCommit are the events whose runs check out the commit that GitHub names as theirs. A
// run for a pull request tests a merge, and one that a comment or another workflow started
// names the newest commit of the default branch, whatever it tests. Source: GitHub's
// documentation, Events that trigger workflows, as of November 2026.
var ofItsCommit = []string{"push", "workflow_dispatch", "schedule", "merge_group", "release", "create"}

// newest is the newest run of each workflow that counts, by the name of its file.
func (s origin) newest(all []github.Run) []github.Run {
	by := map[string]github.Run{}
	for _, run := range all {
		counts := !run.Fork && slices.Contains(ofItsCommit, run.Event) && (s.artifact.Workflow == "" || s.artifact.Workflow == run.Workflow)
		if counts && run.ID > by[run.Workflow].ID {
			by[run.Workflow] = run
		}
	}
	var runs []github.Run
	for _, run := range by {
		runs = append(runs, run)
	}
	slices.SortFunc(runs, func(a, b github.Run) int { return strings.Compare(a.Workflow, b.Workflow) })
	return runs
}

// unpack downloads an artifact, and unpacks it into the folder "in" of a folder.
func (s origin) unpack(ctx context.Context, a github.Artifact, dir string) error {
	address, err := s.repo.ArtifactURL(ctx, a.ID)
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(dir, "artifact.zip"))
	if err != nil {
		return errors.New("it can't be written to the folder for temporary files")
	}
	defer file.Close()
	sum, err := archive.Download(ctx, s.client, address.String(), file)
	switch digest, ok := strings.CutPrefix(a.Digest, "sha256:"); {
	case err != nil:
		return err
	case ok && digest != sum:
		return errors.New("what was downloaded isn't what the workflow uploaded; measure it again")
	}
	info, err := file.Stat()
	if err != nil {
		return errors.New("it can't be read from the folder for temporary files")
	}
	in := filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o700); err != nil {
		return errors.New("the folder for temporary files can't be written to")
	}
	return archive.Extract(ctx, file, info.Size(), in)
}

// deadline is how long a gate may take with these reports; 0: as long as any.
func (s origin) deadline() time.Duration {
	if s.artifact == nil {
		return 0
	}
	return 5 * time.Minute // the artifact may be large
}
