package commands

import (
	"gonogo/commands/reply"
	"gonogo/readiness"
)

// tagLines warn that the tag of a release's version names another commit than
// the release has. Nothing is blocked by it: sign-offs and deployments are for
// the release's commit. What is deployed by that tag may be another build.
func tagLines(release *readiness.Release) reply.Part {
	is := release.TagElsewhere()
	if is == "" {
		return nil
	}
	return reply.Lines{reply.Say("⚠ The tag of ", reply.Bold(release.Version), " now names commit ", reply.Typed(shortCommit(is)), ", and this release is commit ", reply.Typed(shortCommit(release.Commit)),
		". What was checked and approved is for the release's commit; what a platform deploys by that tag may be the other one. Move the tag back, or open a release of a new version.")}
}
