package deploying

import (
	"cmp"
	"context"
	"errors"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/runs"
)

// Adopt is /deploy adopt.
func Adopt() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "adopt"}, Usage: "ENV [VERSION]", Permission: "deploy",
		About: "records that the version live on an environment is known good", Do: adopt}
}

// adopt records, on a person's word, that what is live is good: then a first rollback
// has a version to go back to, and gates of the kind deployed can read it. Where gonogo
// knows the platform, the platform says what is live; otherwise it is an open release,
// which must be named if several are open.
func adopt(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	var build *build.Build
	if now, err := current(ctx, c, env); err == nil {
		build = &now.Live
	} else if !errors.Is(err, runs.ErrNoStrategy) {
		return reply.Refuse("The platform does not say what is live", reply.Say(reply.Shorten(err.Error(), 300)), reply.Say("Nothing was adopted. Try again once it answers."))
	}
	if c, refused = ofAdopted(c, env, build); refused != nil {
		return *refused
	}
	if build != nil && build.Commit == "" {
		build.Commit = commitOf(ctx, c, c.View, build.Version)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) { return adoption(c, v, env, build, c.User) })
	if err != nil {
		return c.Failed(err)
	}
	version := receipt.Events[0].(event.EnvironmentAdopted).Version
	return reply.Reply{Title: version + " counts as live on " + env, Parts: []reply.Part{append(reply.Lines{reply.Say("Adopted by ", reply.User(c.User), ", ", reply.Time(receipt.At), ". ", adoptedFor(c, env))}, c.Effect()...)}}
}

// adoptedFor says what an adoption is good for.
func adoptedFor(c verb.Call, env string) string {
	if rollsBack(c, env) {
		return "A rollback may go back to it."
	}
	return "gonogo can't roll back to it, since " + whyNotDeployed(c, env) + "."
}

// ofAdopted makes a call one about the release that is said to be live. Where the
// platform says what is live, none needs to be named.
func ofAdopted(c verb.Call, env string, build *build.Build) (verb.Call, *reply.Reply) {
	named, opens := c.Act.Release, c.View.State.Opens
	var r reply.Reply
	switch {
	case build != nil && (named == "" || named == build.Version):
		return c, nil
	case build != nil:
		r = reply.Refuse("The platform says that "+cmp.Or(build.Version, "another version")+" is live on "+env, reply.Say("Nothing was adopted. ", reply.Typed("/deploy adopt "+env), " records the live version as known good."))
	case named == "" && len(opens) > 1:
		r = c.WhichOpen()
	case named != "" && !c.View.State.IsOpen(named):
		r = reply.Refuse(named+" is not open", reply.Say("Nothing was adopted. ", reply.Typed("/ready release "+named), " opens it."))
	default:
		c.View = c.View.Of(cmp.Or(named, c.View.State.Open))
		return c, nil
	}
	return c, &r
}

func adoption(c verb.Call, v readiness.View, env string, build *build.Build, user string) ([]event.Event, error) {
	release := v.Release()
	at, _ := v.Checklist.Environment(env)
	adopted := event.EnvironmentAdopted{Environment: env, App: at.App, By: user}
	switch {
	case v.State.Changing(env) != nil:
		return nil, verb.Refusal(busy(c, v.State.Changing(env)))
	case build != nil && build.Version == "" && build.Deployment != "":
		return nil, verb.Refusal(reply.Refuse("What is live on "+env+" has no version", reply.Say("Its app shows no version. Tag the app's image on the platform, then adopt it.")))
	case build != nil && build.Version == "":
		return nil, verb.Refusal(reply.Refuse("Nothing is live on "+env, reply.Say("The platform has no deployment there that is active.")))
	case build != nil:
		adopted.Version, adopted.Deployment, adopted.Commit = build.Version, build.Deployment, build.Commit
	case release == nil:
		return nil, verb.Refusal(cards.NoRelease())
	default:
		adopted.Version, adopted.Commit = release.Version, release.Commit
	}
	live := v.LiveOn(env)
	if live.Version == adopted.Version && live.Commit == adopted.Commit && live.Deployment == adopted.Deployment && live.Verified {
		return nil, verb.Refusal(reply.Reply{Title: live.Version + " counts as live on " + env + " already", Parts: []reply.Part{reply.Lines{reply.Say("Declared ", reply.Time(live.At), reply.By(live.By), ".")}}})
	}
	return []event.Event{adopted}, nil
}

// commitOf is the commit of a version: that of its release, or the one that GitHub
// returns.
func commitOf(ctx context.Context, c verb.Call, v readiness.View, version string) string {
	if r := v.State.Releases[version]; r != nil {
		return r.Commit
	}
	ctx, cancel := context.WithTimeout(ctx, compareWithin)
	defer cancel()
	return c.Commits.Of(ctx, version)
}
