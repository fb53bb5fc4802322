package readiness

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Scope says for what an answer counts.
type Scope string

// The scopes.
const (
	ReleaseScope     Scope = "release"     // for this version, wherever it runs
	DeploymentScope  Scope = "deployment"  // for this version as it stands on that environment: only while the arrival it was taken from is live there
	EnvironmentScope Scope = "environment" // for the place, whatever runs there
	ProjectScope     Scope = "project"     // across releases, until it is too old or somebody takes it back
)

// CarriesOver reports whether an answer counts for the next release, too.
func (s Scope) CarriesOver() bool { return s == EnvironmentScope || s == ProjectScope }

// Subject is what an answer was taken from. One that names no release was
// recorded before answers had a subject, and counts for the release that holds
// it wherever that runs.
type Subject struct {
	Release string `json:"release,omitempty"`
	Commit  string `json:"commit,omitempty"`  // empty: unknown then
	Arrival int    `json:"arrival,omitempty"` // of DeploymentScope: the number of the build that was live there
	Build   Build  `json:"build,omitzero"`    // of a person's check of a place: what was live there
}

// Definition names the question that an item asks, so that an answer can be
// told to belong to it: the rules (who answers, with which evidence, or the
// gate and its limits) and, for a question that people read, its wording.
type Definition string

// Asks names the question that one answer of the item is to. It is the item's
// Definition but where environments are measured under settings of their own.
func (it *Item) Asks(key Key) Definition {
	if it.Gate == nil || len(it.Gate.Own) == 0 {
		return it.Definition
	}
	return Definition(shortHash("gate", it.Gate.Kind, it.Gate.SettingsFor(key.Environment)))
}

// define makes the definition of an item, all environments' settings together.
// The title of a gate is no part of it.
func (it *Item) define() Definition {
	if it.Gate != nil {
		words := []string{"gate", it.Gate.Kind, it.Gate.Settings}
		for _, env := range slices.Sorted(maps.Keys(it.Gate.Own)) {
			words = append(words, env, it.Gate.Own[env])
		}
		return Definition(shortHash(words...))
	}
	if it.Manual == nil {
		return ""
	}
	by := slices.Sorted(slices.Values(it.Manual.By))
	rules := shortHash("manual", strings.Join(by, ","), string(cmp.Or(it.Manual.Evidence, NeedsNothing)))
	return Definition(rules + "." + shortHash("title", it.Title))
}

// shortHash is a name of some words, 8 hex digits.
func shortHash(words ...string) string {
	h := sha256.New()
	for _, word := range words {
		fmt.Fprintf(h, "%d %s\n", len(word), word)
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}

// Reworded reports whether only the wording of a question has changed.
func (d Definition) Reworded(now Definition) bool {
	rules, wording, worded := strings.Cut(string(d), ".")
	newRules, newWording, _ := strings.Cut(string(now), ".")
	return worded && rules == newRules && wording != newWording
}

// Changed says why an answer to one question is none to another; "" when it
// still is. An answer without a definition is from before there were any.
func (d Definition) Changed(now Definition) string {
	switch {
	case d == "" || d == now:
		return ""
	case d.Reworded(now):
		return "the question has been reworded since"
	}
	return "the question has changed since"
}

// answers says why an answer is none to an item; "" when it is. Once a ledger is
// bound, an answer to no known question is none.
func (v View) answers(it *Item, key Key, ev Evidence) string {
	if ev.Definition == "" && v.State.Bound {
		return "the question it answered is not known"
	}
	return ev.Definition.Changed(it.Asks(key))
}

// SameCommit reports whether two names of at least seven hex digits mean one
// commit, in full or abbreviated.
func SameCommit(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= 7 && strings.HasPrefix(b, a) || a == b && a != ""
}

// TagElsewhere is the commit that the tag of the release's version names, where
// that is another than the release's; "" where it is not, as far as is known.
func (r *Release) TagElsewhere() string {
	if r.Tag == "" || r.Commit == "" || SameCommit(r.Tag, r.Commit) {
		return ""
	}
	return r.Tag
}

// OtherCommit reports whether what was taken from one commit says nothing of
// another. A commit that was unknown and became known is the same one.
func OtherCommit(was, is string) bool { return was != "" && !SameCommit(was, is) }

// Stamp completes an answer to an item with what it belongs to, as the view
// stands when the answer is given.
func (v View) Stamp(it *Item, key Key, ev Evidence) Evidence {
	ev.Definition, ev.Scope = it.Asks(key), it.Scope
	if ev.Verdict == NotApplicable {
		ev.Scope = ReleaseScope // said of this release
	}
	if release := v.Release(); release != nil {
		ev.Subject = Subject{Release: release.Version, Commit: release.Commit}
	}
	live := v.LiveOn(key.Environment)
	switch {
	case key.Environment == "" || ev.Verdict == NotApplicable || it.Scope.CarriesOver():
	case it.Scope == DeploymentScope:
		ev.Subject.Arrival = live.Arrival
	case it.Manual != nil:
		ev.Subject.Build = Build{Version: live.Version, Commit: live.Commit}
	}
	return ev
}

// isLive reports whether the release of the view is what is live on an
// environment, as far as is known: a build without a commit may be it.
func (v View) isLive(environment string) bool {
	release, live := v.Release(), v.LiveOn(environment)
	return release != nil && live.Version == release.Version && (live.Commit == "" || !OtherCommit(release.Commit, live.Commit))
}

// takenElsewhere says why an answer was taken from something else than what counts;
// "" when it was not.
func (v View) takenElsewhere(it *Item, key Key, ev Evidence) string {
	if ev.Verdict == NotApplicable || key.Environment == "" || it.Scope.CarriesOver() || it.Scope != DeploymentScope && it.Manual == nil {
		return ""
	}
	if why := v.unobserved(key.Environment); why != "" {
		return fmt.Sprintf("what is live on %s is not known: %s", key.Environment, why)
	}
	live := v.LiveOn(key.Environment)
	switch {
	case it.Scope == DeploymentScope && ev.Scope == DeploymentScope && ev.Subject.Arrival == live.Arrival:
		return ""
	case it.Scope == DeploymentScope:
		return fmt.Sprintf("it was taken before %s went live on %s", live.Version, key.Environment)
	case ev.Subject.Release == "":
		return ""
	case ev.Subject.Build.Version != live.Version || OtherCommit(ev.Subject.Build.Commit, live.Commit):
		return fmt.Sprintf("it was checked while %s was live on %s, and %s is now", orNothing(ev.Subject.Build.Version), key.Environment, orNothing(live.Version))
	}
	return ""
}

func orNothing(version string) string { return cmp.Or(version, "nothing known") }
