package preparing

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
)

// Release is /ready release.
func Release() verb.Verb {
	return verb.Verb{Words: []string{"ready", "release"}, Usage: "VERSION [COMMIT] [as KIND]", Permission: "release",
		About: "opens a release beside those that are open; answers about the project and its places carry over", Do: release, Validate: validateRelease}
}

var (
	versionShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)
	commitShape  = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
)

// release opens a release next to those that are open. A version stands for one commit:
// naming it again with another one is refused.
func release(ctx context.Context, c verb.Call) reply.Reply {
	w := releaseRequestOf(c)
	if faults := releaseFaults(c, w); len(faults) > 0 {
		return releaseForm(c, w, faults)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if refused := reopening(v, w); refused != nil {
			return nil, verb.Refusal(*refused)
		}
		commit := w.commit
		if known := v.State.Releases[w.version]; known != nil && len(known.Commit) > len(commit) {
			commit = known.Commit // as recorded, in full
		}
		return []event.Event{event.ReleaseOpened{Version: w.version, Commit: commit, By: c.User, Channel: c.Channel, ReleaseKind: w.kind,
			Beside: true, Closes: readiness.Superseded(v, w.version)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return opened(c, receipt.At, w.version)
}

// reopening refuses a version that has another commit, or is open already.
func reopening(v readiness.View, w releaseRequest) *reply.Reply {
	known := v.State.Releases[w.version]
	var refused reply.Reply
	switch {
	case known == nil:
		return nil
	case w.commit != "" && known.Commit != "" && !build.SameCommit(known.Commit, w.commit):
		refused = reply.Refuse(w.version+" is another commit", reply.Say(w.version, " was opened from ", reply.Typed(known.Commit), ". A release is one version and one commit: give this one a version of its own."))
	case v.State.IsOpen(w.version) && (w.commit == "" || known.Commit != "") && (w.kind == "" || w.kind == known.Kind):
		refused = reply.Reply{Title: w.version + " is open already", Parts: []reply.Part{reply.Lines{reply.Say("Opened ", reply.Time(known.Opened), reply.By(known.OpenedBy), ".")}, reply.Actions{{Label: "Status", Act: reply.Act{Verb: "ready status", Release: w.version}}}}}
	default:
		return nil
	}
	return &refused
}

// opened reports the new release, what carries over to it, and what else is open.
func opened(c verb.Call, at time.Time, version string) reply.Reply {
	v := c.Latest().Of(version)
	r := v.Release()
	line := reply.Say(reply.Bold(version), " is open since ", reply.Time(at), reply.By(r.OpenedBy), ", commit ", reply.Typed(wording.ShortCommit(r.Commit)), ".")
	if kind, ok := v.Checklist.Kind(r.Kind); ok {
		line = append(line, reply.Say(" It is asked what a ", kind.Title, " is asked.")...)
	}
	lines := reply.Lines{line}
	if n := v.CarriedOver(); n > 0 {
		lines = append(lines, reply.Say(phrase.Count(n, "answer"), " about the project and its places carried over from earlier releases."))
	}
	actions := reply.Actions{{Label: "Run all gates", Act: reply.Do("ready run", "all"), Style: reply.Primary}, {Label: "Status", Act: reply.Do("ready status")}}
	for _, other := range v.State.Opens {
		if other != version {
			lines = append(lines, reply.Say(reply.Bold(other), " is open, too."))
			actions = append(actions, reply.Button{Label: "Close " + other, Act: reply.Act{Verb: "ready close", Release: other}})
		}
	}
	return c.About(v, reply.Reply{Title: version + " is open", Public: true, Parts: []reply.Part{append(lines, c.EffectOn(v)...), actions}})
}

// releaseRequest is what a person entered to open a release.
type releaseRequest struct{ version, commit, kind string }

func releaseRequestOf(c verb.Call) releaseRequest {
	return releaseRequest{c.Act.Release, strings.ToLower(c.Act.Commit), c.Act.Kind}
}

func releaseFaults(c verb.Call, w releaseRequest) map[string]string {
	faults := map[string]string{}
	if word := strings.ToLower(w.version); word != cards.FirstRelease && slices.Contains(c.Grammar.Reserved(), word) {
		faults["version"] = "A release cannot be named " + w.version + ", which is a word of the commands."
	}
	if !versionShape.MatchString(w.version) {
		faults["version"] = "A version is 1 to 64 letters, digits, dots, dashes, underscores or plus signs, such as 19.0.1."
	}
	if w.commit != "" && !commitShape.MatchString(w.commit) {
		faults["commit"] = "A commit is 7 to 64 hex digits, as shown by git log."
	}
	if _, ok := c.Checklist.Kind(w.kind); w.kind != "" && !ok {
		faults["kind"] = "There is no kind of release " + w.kind + "; " + kindsThere(c) + "."
	}
	return faults
}

func kindsThere(c verb.Call) string {
	if len(c.Checklist.Kinds) == 0 {
		return "the configuration has none under release_kinds"
	}
	names := make([]string, len(c.Checklist.Kinds))
	for i, k := range c.Checklist.Kinds {
		names[i] = k.ID
	}
	return "there is " + strings.Join(names, ", ")
}

func validateRelease(c verb.Call) map[string]string { return releaseFaults(c, releaseRequestOf(c)) }

func releaseForm(c verb.Call, w releaseRequest, faults map[string]string) reply.Reply {
	lines, amiss := verb.Objections(faults, verb.Said{Input: "version", Word: w.version}, verb.Said{Input: "commit", Word: w.commit}, verb.Said{Input: "kind", Word: w.kind})
	inputs := []reply.Input{
		{Name: "version", Label: "Version", Kind: reply.ShortText, Initial: w.version, Hint: "Such as 19.0.1"},
		{Name: "commit", Label: "Commit", Kind: reply.ShortText, Initial: w.commit, Optional: true, Hint: "7 to 64 hex digits; left empty it is looked up, or counts as unknown"},
	}
	if len(c.Checklist.Kinds) > 0 {
		kind := reply.Input{Name: "kind", Label: "Kind", Kind: reply.Choice, Optional: true, Hint: "Left empty: the whole checklist"}
		for _, k := range c.Checklist.Kinds {
			kind.Options = append(kind.Options, reply.Option{Value: k.ID, Label: k.Title})
		}
		inputs = append(inputs, kind)
	}
	return reply.Reply{Title: "Which release?", Refused: true, Parts: []reply.Part{lines},
		Form: &reply.Form{Title: "Open a release", Submit: "Open", Act: c.Act, Intro: amiss, Inputs: inputs}}
}

// CloseRelease is /ready close.
func CloseRelease() verb.Verb {
	return verb.Verb{Words: []string{"ready", "close"}, Usage: "VERSION [REASON]", Permission: "release",
		About: "closes a release; its answers are kept, and reopening it brings them back", Do: closeRelease}
}

// closeRelease closes an open release that isn't being deployed anywhere.
func closeRelease(ctx context.Context, c verb.Call) reply.Reply {
	version := c.Act.Release
	if version == "" {
		return whichRelease(c)
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if !v.State.IsOpen(version) {
			return nil, verb.Refusal(whichRelease(c))
		}
		for _, run := range v.State.OpenRuns() {
			if run.Release == version && run.Change != nil {
				return nil, verb.Refusal(reply.Refuse(version+" is under way", reply.Say(reply.Bold(run.Title), " has not ended. Close the release after that.")))
			}
		}
		return []event.Event{event.ReleaseClosed{Release: version, By: c.User, Reason: c.Act.Text}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: version + " is closed", Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say("Closed", reply.By(c.User), ". Its answers are kept; ", reply.Typed("/ready release "+version), " opens it again.")},
		reply.Actions{{Label: "Open it again", Act: reply.Act{Verb: "ready release", Release: version}}, {Label: "Status", Act: reply.Do("ready status")}}}}
}

func whichRelease(c verb.Call) reply.Reply {
	var buttons reply.Actions
	for _, version := range c.View.State.Opens {
		buttons = append(buttons, reply.Button{Label: "Close " + version, Act: c.Again(func(a *reply.Act) { a.Release = version })})
	}
	if len(buttons) == 0 {
		return cards.NoRelease()
	}
	return reply.Reply{Title: "Close which release?", Refused: true, Parts: []reply.Part{buttons}}
}
