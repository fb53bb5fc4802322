package commands

import (
	"context"
	"regexp"
	"strings"

	"gonogo/readiness"
)

func releaseVerb() verb {
	return verb{words: []string{"ready", "release"}, usage: "VERSION [COMMIT]", permission: "release",
		about: "opens a release; answers and sign-offs of the last one don't carry over", do: (*Bot).release, validate: (*Bot).validateRelease}
}

var (
	versionShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)
	commitShape  = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
)

// release opens a release. A version stands for one commit: naming it again
// with another is refused.
func (b *Bot) release(ctx context.Context, c call) Reply {
	version, commit := c.named()
	if faults := releaseFaults(version, commit); len(faults) > 0 {
		return releaseForm(c, faults)
	}
	receipt, err := b.once(ctx, c, func(v readiness.View) ([]readiness.Event, error) {
		known, again := v.State.Releases[version]
		switch {
		case again && commit != "" && known.Commit != commit:
			return nil, refusal{refuse(version+" is another commit", Say(version, " was opened from ", Typed(orUnknown(known.Commit)), ". A release is one version and one commit: give this one a version of its own."))}
		case v.State.Open == version:
			return nil, refusal{Reply{Title: version + " is open already", Parts: []Part{Lines{Say("Opened ", Time(known.Opened), by(known.OpenedBy), ".")}, Actions{{Label: "Status", Command: "ready status"}}}}}
		}
		return []readiness.Event{readiness.ReleaseOpened{Version: version, Commit: commit, By: c.User}}, nil
	})
	if err != nil {
		return b.failed(err)
	}
	lines := Lines{Say(Bold(version), " is the open release since ", Time(receipt.At), by(c.User), ", commit ", Typed(orUnknown(commit)), ".")}
	return Reply{Title: version + " is open", Public: true, Parts: []Part{append(lines, b.effect()...),
		Actions{{Label: "Run all gates", Command: "ready run all", Style: Primary}, {Label: "Status", Command: "ready status"}}}}
}

func (c call) named() (version, commit string) {
	if c.Form != nil {
		return strings.TrimSpace(c.Form["version"]), strings.ToLower(strings.TrimSpace(c.Form["commit"]))
	}
	if len(c.args) > 0 {
		version = c.args[0]
	}
	if len(c.args) > 1 {
		commit = strings.ToLower(c.args[1])
	}
	return version, commit
}

func releaseFaults(version, commit string) map[string]string {
	faults := map[string]string{}
	if !versionShape.MatchString(version) {
		faults["version"] = "A version is 1 to 64 letters, digits, dots, dashes, underscores or plus signs, such as 19.0.1."
	}
	if commit != "" && !commitShape.MatchString(commit) {
		faults["commit"] = "A commit is 7 to 64 hex digits, as git log prints them."
	}
	return faults
}

func (b *Bot) validateRelease(c call) map[string]string { return releaseFaults(c.named()) }

func releaseForm(c call, faults map[string]string) Reply {
	version, commit := c.named()
	lines, amiss := objections(faults, said{"version", version}, said{"commit", commit})
	return Reply{Title: "Which release?", Refused: true, Parts: []Part{lines},
		Form: &Form{Title: "Open a release", Submit: "Open", Command: "ready release", Intro: amiss, Inputs: []Input{
			{Name: "version", Label: "Version", Kind: ShortText, Initial: version, Hint: "Such as 19.0.1"},
			{Name: "commit", Label: "Commit", Kind: ShortText, Initial: commit, Optional: true, Hint: "7 to 64 hex digits; left empty it counts as unknown"},
		}}}
}

// said is what a person said for one input of a form.
type said struct{ input, word string }

// objections are the faults of what a person said, in the order of the inputs.
// amiss are those of words that were there: a form that opens instead of the
// reply says these, since it cannot show why it opened otherwise.
func objections(faults map[string]string, words ...said) (all, amiss Lines) {
	for _, s := range words {
		fault := faults[s.input]
		if fault == "" {
			continue
		}
		all = append(all, Say(fault))
		if s.word != "" {
			amiss = append(amiss, Say(fault))
		}
	}
	return all, amiss
}

func orUnknown(commit string) string {
	if commit == "" {
		return "unknown"
	}
	return commit
}
