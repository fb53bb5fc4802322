package cards

import (
	"fmt"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// Kind says that a release needs less than the whole checklist, and who opened it that
// way; nil if it needs all of it.
func Kind(v readiness.View, env string) reply.Part {
	release := v.Release()
	kind, ok := v.Checklist.Kind(release.Kind)
	if !ok {
		return nil
	}
	text := reply.Say("⚠ Opened as ", reply.Bold(kind.Title), reply.By(release.KindBy), fmt.Sprintf(": asks for %d of %s", len(v.Sections()), phrase.Count(len(v.Checklist.Sections), "section")))
	rule, _ := v.SignOffRule(env)
	if usual, asked := v.Checklist.SignOff(env); asked {
		text = append(text, reply.Say(fmt.Sprintf(" and %d of %s for ", len(rule.Roles), phrase.Count(len(usual.Roles), "sign-off")), reply.Bold(env))...)
	}
	return reply.Lines{append(text, reply.Say(".")...)}
}

// Tag warns that the tag of a release's version names another commit than the release.
// This blocks nothing: sign-offs and deployments are for the release's commit. But what
// is deployed by that tag may be another build.
func Tag(release *history.Release) reply.Part {
	is := release.TagElsewhere()
	if is == "" {
		return nil
	}
	return reply.Lines{reply.Say("⚠ The tag of ", reply.Bold(release.Version), " now names commit ", reply.Typed(wording.ShortCommit(is)), ", and this release is commit ", reply.Typed(wording.ShortCommit(release.Commit)),
		". What was checked and approved is for the release's commit; what a platform deploys by that tag may be the other one. Move the tag back, or open a release of a new version.")}
}

// NoRelease refuses what takes an open release.
func NoRelease() reply.Reply {
	return reply.Refuse("No release is open", reply.Say("Open one with ", reply.Typed("/ready release VERSION [COMMIT]"), "."))
}

// FirstRelease opens by itself.
const FirstRelease = "next"
