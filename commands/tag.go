package commands

import "gonogo/readiness"

// tagLines warn that the tag of a release's version names another commit than
// the release has. Nothing is blocked by it: sign-offs and deployments are for
// the release's commit. What is deployed by that tag may be another build.
func tagLines(release *readiness.Release) Part {
	is := release.TagElsewhere()
	if is == "" {
		return nil
	}
	return Lines{Say("⚠ The tag of ", Bold(release.Version), " now names commit ", Typed(shortCommit(is)), ", and this release is commit ", Typed(shortCommit(release.Commit)),
		". What was checked and approved is for the release's commit; what a platform deploys by that tag may be the other one. Move the tag back, or open a release of a new version.")}
}
