package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"gonogo/suite"
)

// TestVersion says one line, whichever way it is asked.
func TestVersion(t *testing.T) {
	want := regexp.MustCompile(`^gonogo ` + regexp.QuoteMeta(version) + ` \(commit [0-9a-z, ]+; ` + regexp.QuoteMeta(runtime.Version()) + ` [a-z]+/[a-z0-9]+\)\n$`)
	for _, asked := range []string{"version", "--version"} {
		if code, said := typing(t, asked); code != 0 || !want.MatchString(said) {
			t.Errorf("gonogo %s: exit code %d and %q, want it to match %s", asked, code, said, want)
		}
	}
}

// TestVersionIsOffered looks whether a shell completes it.
func TestVersionIsOffered(t *testing.T) {
	if code, said := typing(t, "__complete", "ver"); code != 0 || !strings.HasPrefix(said, "version\t") {
		t.Errorf("exit code %d and %q", code, said)
	}
}

// The commit is the one that the Go command saw.
func TestVersionTellsTheCommit(t *testing.T) {
	var b binary
	b.readVCS([]debug.BuildSetting{{Key: "vcs.revision", Value: "483233658f54c2433d59611a75b3c9e098845a55"}, {Key: "vcs.modified", Value: "true"}})
	if !b.modified || b.commit != "483233658f54c2433d59611a75b3c9e098845a55" {
		t.Errorf("got %+v", b)
	}
}

// TestVersionOfBuilds builds as people do: from a repository, of which the Go
// command tells the commit, and as the image is, which is told it.
func TestVersionOfBuilds(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	small(t, dir)
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	head := git("rev-parse", "HEAD")[:12]
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"build", "-buildvcs=true", "-o", filepath.Join(t.TempDir(), "gonogo"), "."}, "commit " + head + ";"},
		{[]string{"build", "-buildvcs=false", "-ldflags", "-X main.buildCommit=0123456789abcdef", "-o", filepath.Join(t.TempDir(), "gonogo"), "."}, "commit 0123456789ab;"},
		{[]string{"build", "-buildvcs=false", "-o", filepath.Join(t.TempDir(), "gonogo"), "."}, "commit unknown;"},
	} {
		compile := exec.CommandContext(t.Context(), "go", tt.args...)
		compile.Dir = dir
		if out, err := compile.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", tt.args, err, out)
		}
		out, err := exec.CommandContext(t.Context(), tt.args[len(tt.args)-2]).CombinedOutput()
		if err != nil || !strings.Contains(string(out), tt.want) {
			t.Errorf("go %s: %v, %q, want %q in it", tt.args, err, out, tt.want)
		}
	}
}

// small is a program of version.go alone, without cobra: the whole of gonogo
// takes a minute to build.
func small(t *testing.T, dir string) {
	t.Helper()
	source, err := os.ReadFile("version.go")
	if err != nil {
		t.Fatal(err)
	}
	text, _, found := strings.Cut(string(source), "func versionCommand")
	if !found {
		t.Fatal("version.go has no versionCommand")
	}
	text = strings.Replace(text, "\t\"github.com/spf13/cobra\"\n", "", 1) + "func main() { fmt.Println(thisBuild()) }\n"
	for name, content := range map[string]string{"go.mod": "module gonogo\n\ngo 1.26.0\n", "version.go": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestVersionIsTheNewestInTheChangelog holds the two together.
func TestVersionIsTheNewestInTheChangelog(t *testing.T) {
	text, err := os.ReadFile("../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## \[?([0-9][^\] ]*)\]? - [0-9]{4}-[0-9]{2}-[0-9]{2}$`).FindStringSubmatch(string(text))
	if newest == nil || newest[1] != version {
		t.Errorf("the newest version in CHANGELOG.md is %q, and bot/version.go says %s", newest, version)
	}
}
