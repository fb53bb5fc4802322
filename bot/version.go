package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the release that this source becomes, or became: the newest one in
// CHANGELOG.md.
const version = "0.2.0"

// buildCommit is set with -ldflags "-X main.buildCommit=…" where a build does not see the
// repository, as in the container image.
var buildCommit string

// binary is how a program was built.
type binary struct {
	commit   string // abbreviated; empty if the build didn't know it
	modified bool   // built from files that were changed since the commit
	with     string // Go's version and the platform
}

// thisBuild reads what the Go command wrote into this program. `go run` and
// builds outside a repository write no commit.
func thisBuild() binary {
	b := binary{commit: buildCommit, with: fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)}
	if info, ok := debug.ReadBuildInfo(); ok && b.commit == "" {
		b.readVCS(info.Settings)
	}
	b.commit = b.commit[:min(len(b.commit), 12)]
	return b
}

func (b *binary) readVCS(settings []debug.BuildSetting) {
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.modified":
			b.modified = s.Value == "true"
		}
	}
}

// String is one line for a bug report.
func (b binary) String() string {
	at := cmp.Or(b.commit, "unknown")
	if b.modified {
		at += ", modified"
	}
	return fmt.Sprintf("gonogo %s (commit %s; %s)", version, at, b.with)
}

func versionCommand(s system) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Prints the version, the commit and the Go version it was built with",
		Long: "Prints the version, the commit and the Go version it was built with, in one line; --version does\n" +
			"the same. The commit is unknown where the build could not see the repository, as under go run.",
		Args: takesNothing,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.Out, thisBuild())
			return err
		},
	}
}
