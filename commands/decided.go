package commands

import (
	"fmt"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/build"
)

// Awaited is a decision that a terminal waits for. Without a release and a commit it is
// about the only open release.
type Awaited struct{ Environment, Release, Commit string }

// Decided is a decision as it is now, for a terminal that waits for GO.
type Decided struct {
	Environment string    `json:"environment"`
	Release     string    `json:"release,omitempty"`
	Commit      string    `json:"commit,omitempty"`
	Go          bool      `json:"go"`
	Over        string    `json:"over,omitempty"`    // why it will not become GO; empty: it may
	Unclear     string    `json:"unclear,omitempty"` // why nothing can be decided about what was asked for; empty: it can
	Blockers    []Blocked `json:"blockers,omitempty"`

	Overridden []Overridden `json:"overridden,omitempty"` // what would block it if two people had not agreed
}

// Settled reports whether there is nothing to wait for any more.
func (d Decided) Settled() bool { return d.Go || d.Over != "" || d.Unclear != "" }

// Blocked is one reason for NO-GO.
type Blocked struct {
	Kind   readiness.BlockerKind `json:"kind"`
	Name   string                `json:"name"`
	Title  string                `json:"title"`
	Reason string                `json:"reason"`
	Next   string                `json:"next,omitempty"` // the command that clears it, to type in Slack
}

// Line is the blocker with its name and the command that clears it.
func (b Blocked) Line() string {
	line := b.Title + ": " + b.Reason
	if b.Kind == readiness.BlockedByItem {
		line = b.Title + " (" + b.Name + "): " + b.Reason
	}
	if b.Next != "" {
		line += ". " + b.Next
	}
	return line
}

// Overridden is an item that doesn't pass, and that two people let one deployment go out
// past.
type Overridden struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Reason      string `json:"reason"`
	By          string `json:"by"`
	ConfirmedBy string `json:"confirmed_by"`
	Because     string `json:"because"`
}

// Line is the item with who agreed to pass over it, and why.
func (o Overridden) Line() string {
	return fmt.Sprintf("%s (%s): %s; overridden by %s and %s: %s", o.Title, o.Name, o.Reason, o.By, o.ConfirmedBy, o.Because)
}

// OverriddenIn lists what was overridden for a decision.
func OverriddenIn(d readiness.Decision) []Overridden {
	var all []Overridden
	for _, o := range d.Overridden {
		all = append(all, Overridden{Name: o.Answer().Key.String(), Title: o.Title, Reason: o.Reason, By: o.By.By, ConfirmedBy: o.By.ConfirmedBy, Because: o.By.Reason})
	}
	return all
}

// BlockedBy lists the blockers of a decision for a terminal.
func BlockedBy(b cards.Builder, v readiness.View, d readiness.Decision) []Blocked {
	var all []Blocked
	for _, one := range d.Blockers {
		all = append(all, Blocked{one.Kind, blockerName(one), one.Title, one.Reason, b.Settles(v, d.Environment, one)})
	}
	return all
}

func blockerName(b readiness.Blocker) string {
	switch b.Kind {
	case readiness.BlockedByItem:
		return b.Answer().Key.String()
	case readiness.BlockedBySignOff:
		return b.Role.Role.ID
	case readiness.BlockedByHold:
		return b.Hold.ID
	}
	return ""
}

// Decided is the decision that a terminal waits for, as it is now.
func (b *Bot) Decided(a Awaited) Decided {
	v := b.desk.Latest()
	if _, known := v.Checklist.Environment(a.Environment); !known {
		return Decided{Environment: a.Environment, Unclear: fmt.Sprintf("there is no environment %q; the configuration has %s", a.Environment, environmentNames(v))}
	}
	d := awaited(v, a)
	if d.Settled() || len(d.Blockers) > 0 {
		return d
	}
	v = v.Of(d.Release)
	decision := v.Decide(a.Environment)
	d.Go, d.Blockers, d.Overridden = decision.Go, BlockedBy(b.desk.Cards(), v, decision), OverriddenIn(decision)
	return d
}

func environmentNames(v readiness.View) string {
	var names []string
	for _, env := range v.Checklist.Environments {
		names = append(names, env.Name)
	}
	return strings.Join(names, ", ")
}

// awaited finds the release that a decision is about. It has a blocker if there is none
// yet.
func awaited(v readiness.View, a Awaited) Decided {
	switch {
	case a.Release != "":
		return namedRelease(v, a)
	case a.Commit != "":
		return releaseOf(v, a)
	case len(v.State.Opens) > 1:
		return Decided{Environment: a.Environment, Unclear: "more than one release is open: " + strings.Join(v.State.Opens, ", ") + "; name one with --version, or its commit with --commit"}
	case len(v.State.Opens) == 0:
		return noneYet(a, "no release is open", "/ready release VERSION")
	}
	return about(v, a, v.State.Open)
}

// about is a decision on a release, without an answer yet.
func about(v readiness.View, a Awaited, version string) Decided {
	return Decided{Environment: a.Environment, Release: version, Commit: v.State.Releases[version].Commit}
}

// noneYet is NO-GO because no release can be decided on yet.
func noneYet(a Awaited, why, next string) Decided {
	return Decided{Environment: a.Environment, Release: a.Release, Commit: a.Commit,
		Blockers: []Blocked{{Kind: readiness.BlockedByNothing, Title: "No release", Reason: why, Next: next}}}
}

// namedRelease finds a release by its version. If a commit was named too, it must be
// the release's.
func namedRelease(v readiness.View, a Awaited) Decided {
	r := v.State.Releases[a.Release]
	if r == nil {
		return noneYet(a, "no release "+a.Release+" was opened", strings.TrimSpace("/ready release "+a.Release+" "+a.Commit))
	}
	d := about(v, a, a.Release)
	switch {
	case !v.State.IsOpen(a.Release):
		d.Over = a.Release + " is closed"
	case a.Commit != "" && r.Commit == "":
		return noneYet(a, "the commit of "+a.Release+" isn't known", "/ready release "+a.Release+" "+a.Commit)
	case a.Commit != "" && !build.SameCommit(r.Commit, a.Commit):
		d.Over = fmt.Sprintf("%s is commit %s, not %s", a.Release, wording.ShortCommit(r.Commit), wording.ShortCommit(a.Commit))
	}
	return d
}

// releaseOf finds the release of a commit: of those that are open, the newest.
func releaseOf(v readiness.View, a Awaited) Decided {
	for i := len(v.State.Opens) - 1; i >= 0; i-- {
		if build.SameCommit(v.State.Releases[v.State.Opens[i]].Commit, a.Commit) {
			return about(v, a, v.State.Opens[i])
		}
	}
	for version, r := range v.State.Releases {
		if build.SameCommit(r.Commit, a.Commit) {
			d := about(v, a, version)
			d.Over = version + ", the release of commit " + wording.ShortCommit(a.Commit) + ", is closed"
			return d
		}
	}
	return noneYet(a, "no release of commit "+wording.ShortCommit(a.Commit)+" is open", "/ready release VERSION "+a.Commit)
}
