package readiness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Basis is what a sign-off was given on: the commit, and for each blocking
// item the settings of its gate and whether it let through. What was measured
// is left out on purpose, so that a re-check with the same answer does not
// unsettle a sign-off.
type Basis struct {
	Commit string          `json:"commit,omitempty"`
	Gates  string          `json:"gates,omitempty"` // hash over the blocking items' IDs and settings
	Items  map[string]bool `json:"items,omitempty"` // by Key.String(): lets through
	// Waivers names, by Key.String(), the waiver by which an item lets through.
	Waivers map[string]string `json:"waivers,omitempty"`
}

// Digest is a short name for a basis; equal bases have equal digests.
func (b Basis) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", b.Commit, b.Gates)
	for _, key := range slices.Sorted(maps.Keys(b.Items)) {
		fmt.Fprintf(h, "%s %t\n", key, b.Items[key])
	}
	for _, key := range slices.Sorted(maps.Keys(b.Waivers)) {
		fmt.Fprintf(h, "%s waived %s\n", key, b.Waivers[key])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Equal reports whether two bases are the same, and so have the same digest.
func (b Basis) Equal(other Basis) bool {
	return b.Commit == other.Commit && b.Gates == other.Gates && maps.Equal(b.Items, other.Items) && maps.Equal(b.Waivers, other.Waivers)
}

// Basis is what a sign-off for an environment given now would rest on. Items
// that themselves read sign-offs or other items are left out: signing must not
// change what was signed, and the items they read stand here themselves.
func (v View) Basis(environment string) Basis {
	b := Basis{Items: map[string]bool{}}
	if r := v.Release(); r != nil {
		b.Commit = r.Commit
	}
	gates := sha256.New()
	for it := range v.blocking(environment) {
		if g := it.Gate; g != nil && g.Condition != nil && g.Condition.Deployed == "" {
			continue
		}
		if it.Gate != nil {
			fmt.Fprintf(gates, "%s %s\n", it.ID, it.Gate.Settings)
		}
		for _, key := range it.KeysFor(environment) {
			s := v.StandingFor(it, key, environment)
			b.Items[key.String()] = s.Through
			if s.Waived {
				b.waive(key, s.Waivers)
			}
		}
	}
	b.Gates = hex.EncodeToString(gates.Sum(nil))[:12]
	return b
}

func (b *Basis) waive(key Key, waivers []Waiver) {
	if b.Waivers == nil {
		b.Waivers = map[string]string{}
	}
	for _, w := range waivers {
		b.Waivers[key.String()] += w.name()
	}
}

// Diff says in sentences what is different now from what b was given on.
func (b Basis) Diff(now Basis) []string {
	var changes []string
	if b.Commit != now.Commit {
		changes = append(changes, fmt.Sprintf("the commit was %s and is %s", orUnknown(b.Commit), orUnknown(now.Commit)))
	}
	if b.Gates != now.Gates {
		changes = append(changes, "the settings of the gates have changed")
	}
	for _, key := range slices.Sorted(maps.Keys(now.Items)) {
		was, known := b.Items[key]
		switch {
		case !known:
			changes = append(changes, key+" is asked since")
		case was == now.Items[key] && b.Waivers[key] != now.Waivers[key]:
			changes = append(changes, key+" lets through by another waiver, or by none")
		case was && !now.Items[key]:
			changes = append(changes, key+" no longer lets through")
		case !was && now.Items[key]:
			changes = append(changes, key+" lets through since")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.Items)) {
		if _, still := now.Items[key]; !still {
			changes = append(changes, key+" is no longer asked")
		}
	}
	return changes
}

func orUnknown(commit string) string {
	if commit == "" {
		return "unknown"
	}
	return commit
}

// Approval is where the sign-off of the open release for an environment stands.
type Approval struct {
	Environment string
	Rule        SignOffRule
	Asked       *Asked // nil: nobody was asked yet
	Roles       []RoleApproval
}

// RoleApproval is where one role stands.
type RoleApproval struct {
	Role    Role
	SignOff *SignOff // nil: has not spoken
	Stale   string   // why its word no longer counts; empty: it counts
	Changes []string // what changed since, when that is why
}

// Approved reports whether the role's approval counts now.
func (r RoleApproval) Approved() bool { return r.SignOff != nil && r.SignOff.Approved && r.Stale == "" }

// Rejected reports whether the role's rejection stands. A rejection does not
// go stale: it stands until it is revoked.
func (r RoleApproval) Rejected() bool { return r.SignOff != nil && !r.SignOff.Approved }

// Approval computes where the sign-off for an environment stands.
func (v View) Approval(environment string) Approval {
	rule, _ := v.Checklist.SignOff(environment)
	a := Approval{Environment: environment, Rule: rule}
	release := v.Release()
	if release == nil || len(rule.Roles) == 0 {
		return a
	}
	if asked, ok := release.Asked[environment]; ok {
		a.Asked = &asked
	}
	var basis Basis
	if len(release.SignOffs[environment]) > 0 {
		basis = v.Basis(environment)
	}
	for _, id := range rule.Roles {
		role, _ := v.Checklist.Role(id)
		ra := RoleApproval{Role: role}
		if given, ok := release.SignOffs[environment][id]; ok {
			ra.SignOff = &given
			ra.Stale, ra.Changes = v.signOffStale(rule, given, basis)
		}
		a.Roles = append(a.Roles, ra)
	}
	return a
}

func (v View) signOffStale(rule SignOffRule, given SignOff, now Basis) (string, []string) {
	if !given.Approved {
		return "", nil
	}
	if rule.Expires > 0 && v.Now.After(given.At.Add(rule.Expires)) {
		return "older than " + Span(rule.Expires), nil
	}
	if !given.Basis.Equal(now) {
		return "given on something else", given.Basis.Diff(now)
	}
	return "", nil
}

// Count is how many approvals count now.
func (a Approval) Count() int {
	n := 0
	for _, r := range a.Roles {
		if r.Approved() {
			n++
		}
	}
	return n
}

// Complete reports whether every role has approved and none rejected.
func (a Approval) Complete() bool { return a.Count() == len(a.Roles) }

// Missing lists the titles of the roles whose approval does not count now.
func (a Approval) Missing() []string {
	var missing []string
	for _, r := range a.Roles {
		if !r.Approved() {
			missing = append(missing, r.Role.Title)
		}
	}
	return missing
}

// Summary says in one sentence where the sign-off stands.
func (a Approval) Summary() string {
	for _, r := range a.Roles {
		if r.Rejected() {
			return fmt.Sprintf("%s has rejected it", r.Role.Title)
		}
	}
	switch {
	case len(a.Roles) == 1 && a.Complete():
		return "approved by " + a.Roles[0].Role.Title
	case len(a.Roles) == 1:
		return "not yet approved by " + a.Roles[0].Role.Title
	case a.Complete():
		return fmt.Sprintf("all %d roles have approved", len(a.Roles))
	}
	return fmt.Sprintf("%d of %d roles have approved; missing: %s", a.Count(), len(a.Roles), strings.Join(a.Missing(), ", "))
}

// Spoken finds the role for which a person's word for the environment stands,
// if any: one person counts once.
func (a Approval) Spoken(user string) (RoleApproval, bool) {
	for _, r := range a.Roles {
		if r.SignOff != nil && r.SignOff.By == user && r.Stale == "" {
			return r, true
		}
	}
	return RoleApproval{}, false
}

// Expiry is when the first approval stops counting by age; zero: never.
func (a Approval) Expiry() time.Time {
	var first time.Time
	for _, r := range a.Roles {
		if !r.Approved() || a.Rule.Expires == 0 {
			continue
		}
		if until := r.SignOff.At.Add(a.Rule.Expires); first.IsZero() || until.Before(first) {
			first = until
		}
	}
	return first
}
