package commands

import (
	"context"

	"gonogo/readiness"
)

func adoptVerb() verb {
	return verb{words: []string{"deploy", "adopt"}, usage: "ENV", permission: "deploy",
		about: "declares that the open release is live on an environment and known good", do: (*Bot).adopt}
}

// adopt takes a person's word for what is live: the gates of kind deployed, and
// environments that come after this one, read it.
func (b *Bot) adopt(ctx context.Context, c call) Reply {
	var known []string
	for _, env := range b.Checklist.Environments {
		known = append(known, env.Name)
	}
	word := ""
	if len(c.args) > 0 {
		word = c.args[0]
	}
	env, refused := c.environment(word, known)
	if refused != nil {
		return *refused
	}
	receipt, err := b.once(ctx, c, func(v readiness.View) ([]readiness.Event, error) {
		release := v.Release()
		if release == nil {
			return nil, refusal{noRelease()}
		}
		if live := v.State.Live[env]; live.Version == release.Version && live.Commit == release.Commit {
			return nil, refusal{Reply{Title: live.Version + " counts as live on " + env + " already", Parts: []Part{Lines{Say("Declared ", Time(live.At), by(live.By), ".")}}}}
		}
		return []readiness.Event{readiness.EnvironmentAdopted{Environment: env, Version: release.Version, Commit: release.Commit, By: c.User}}, nil
	})
	if err != nil {
		return b.failed(err)
	}
	version := receipt.Events[0].(readiness.EnvironmentAdopted).Version
	return Reply{Title: version + " counts as live on " + env, Parts: []Part{append(Lines{Say("On your word, ", Time(receipt.At), ".")}, b.effect()...)}}
}
