package readiness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// Basis is what a sign-off for an environment would be based on now.
func (v View) Basis(environment string) answer.Basis {
	now := v.currentBasis(environment)
	b := answer.Basis{Commit: now.commit, Kind: now.kind, Items: map[string]bool{}, Definitions: map[string]answer.Definition{}}
	for _, a := range now.answers {
		b.Items[a.key], b.Definitions[a.key] = a.through, a.definition
		if a.waivers != "" {
			if b.Waivers == nil {
				b.Waivers = map[string]string{}
			}
			b.Waivers[a.key] = a.waivers
		}
	}
	return b
}

// currentBasis is a Basis as it is now, in the order of the checklist: every recorded
// basis is compared with it, on every look at a sign-off.
type currentBasis struct {
	commit  string
	kind    string // of the release
	answers []basisAnswer
}

// basisAnswer is one blocking answer that a sign-off is based on.
type basisAnswer struct {
	key        string // Key.String()
	through    bool
	definition answer.Definition
	waivers    string // the waivers because of which it passes; empty: it passes by itself
}

// currentBasis leaves out items that read sign-offs or other items: signing must not
// change what was signed, and the items they read are included themselves.
func (v View) currentBasis(environment string) currentBasis {
	v = v.AsLastObserved()
	var b currentBasis
	if r := v.Release(); r != nil {
		b.commit, b.kind = r.Commit, r.Kind
	}
	for it := range v.blocking(environment) {
		if g := it.Gate; g != nil && g.Condition != nil && g.Condition.ReadsAnswers() {
			continue
		}
		for _, key := range it.KeysFor(environment) {
			s := v.StandingFor(it, key, environment)
			a := basisAnswer{key: key.String(), through: s.Through, definition: it.Asks(key)}
			if s.Waived {
				for _, w := range s.Waivers {
					a.waivers += waiverName(w)
				}
			}
			b.answers = append(b.answers, a)
		}
	}
	return b
}

// worseThan says in sentences what is worse now than what a sign-off was based on.
// Something that is better, or new and passes, doesn't affect an approval; neither does
// something that was worse only for a while.
func (now currentBasis) worseThan(b answer.Basis) []string {
	var changes []string
	if build.OtherCommit(b.Commit, now.commit) {
		changes = append(changes, fmt.Sprintf("the commit was %s and is %s", b.Commit, orUnknown(now.commit)))
	}
	if b.Kind != now.kind {
		changes = append(changes, fmt.Sprintf("the release was opened %s and is open %s", asKind(b.Kind), asKind(now.kind)))
	}
	if b.Gates != "" && b.Definitions == nil {
		changes = append(changes, "the settings of the gates have changed")
	}
	var items []string
	still := 0
	for _, a := range now.answers {
		was, known := b.Items[a.key]
		if known {
			still++
		}
		if worse := a.worseThan(b, was, known); worse != "" {
			items = append(items, a.key+" "+worse)
		}
	}
	if still < len(b.Items) {
		items = append(items, now.droppedUnmet(b)...)
	}
	slices.Sort(items)
	return append(changes, items...)
}

// worseThan says what is worse about one answer; "" if nothing is.
func (now basisAnswer) worseThan(b answer.Basis, was, known bool) string {
	switch {
	case !known && !now.through:
		return "is asked since and does not pass"
	case known && b.Definitions[now.key] != now.definition:
		return "asks something else now"
	case was && !now.through:
		return "no longer passes"
	case now.waivers != "" && b.Waivers[now.key] != now.waivers:
		return "passes by another waiver"
	}
	return ""
}

// droppedUnmet says which items did not pass then, and are no longer asked.
func (now currentBasis) droppedUnmet(b answer.Basis) []string {
	var dropped []string
	for key, passed := range b.Items {
		if !passed && !slices.ContainsFunc(now.answers, func(a basisAnswer) bool { return a.key == key }) {
			dropped = append(dropped, key+" did not pass and is no longer asked")
		}
	}
	return dropped
}

// asKind says what kind of release it is.
func asKind(kind string) string {
	if kind == "" {
		return "for the whole checklist"
	}
	return "as " + kind
}

func orUnknown(commit string) string {
	if commit == "" {
		return "unknown"
	}
	return commit
}

// Approval is the state of the sign-off of the open release for an environment.
type Approval struct {
	Environment string
	Rule        checklist.SignOffRule
	Asked       *history.Asked // nil: nobody was asked yet
	Roles       []RoleApproval
}

// RoleApproval is the state of one role's sign-off.
type RoleApproval struct {
	Role    checklist.Role
	SignOff *history.SignOff // nil: none yet
	Stale   string           // why it no longer counts; empty: it counts
	Changes []string         // what changed since, if that is why
}

// Approved reports whether the role's approval counts now.
func (r RoleApproval) Approved() bool { return r.SignOff != nil && r.SignOff.Approved && r.Stale == "" }

// Rejected reports whether the role has rejected. A rejection does not go stale: it
// counts until it is revoked.
func (r RoleApproval) Rejected() bool { return r.SignOff != nil && !r.SignOff.Approved }

// Approval computes the state of the sign-off for an environment.
func (v View) Approval(environment string) Approval {
	rule, _ := v.SignOffRule(environment)
	a := Approval{Environment: environment, Rule: rule}
	release := v.Release()
	switch {
	case release == nil:
		return a
	case len(rule.Roles) == 0:
		a.Roles = v.vetoes(environment, rule, release)
		return a
	}
	if asked, ok := release.Asked[environment]; ok {
		a.Asked = &asked
	}
	var now currentBasis
	if len(release.SignOffs[environment]) > 0 {
		now = v.currentBasis(environment)
	}
	for _, id := range rule.Roles {
		role, _ := v.Checklist.Role(id)
		ra := RoleApproval{Role: role}
		if given, ok := release.SignOffs[environment][id]; ok {
			ra.SignOff = &given
			ra.Stale, ra.Changes = v.signOffStale(rule, given, now)
		}
		a.Roles = append(a.Roles, ra)
	}
	a.Roles = append(a.Roles, v.vetoes(environment, rule, release)...)
	return a
}

// vetoes are the rejections by roles that only the kind of the release leaves out:
// reopening it as another kind removes no veto.
func (v View) vetoes(environment string, rule checklist.SignOffRule, release *history.Release) []RoleApproval {
	usual, _ := v.Checklist.SignOff(environment)
	var roles []RoleApproval
	for _, id := range usual.Roles {
		given, spoken := release.SignOffs[environment][id]
		if spoken && !given.Approved && !slices.Contains(rule.Roles, id) {
			role, _ := v.Checklist.Role(id)
			roles = append(roles, RoleApproval{Role: role, SignOff: &given})
		}
	}
	return roles
}

func (v View) signOffStale(rule checklist.SignOffRule, given history.SignOff, now currentBasis) (string, []string) {
	if !given.Approved {
		return "", nil
	}
	if rule.Expires > 0 && given.Misdated {
		return wrongClock, nil
	}
	if rule.Expires > 0 && v.Now.After(given.At.Add(rule.Expires)) {
		return "older than " + Span(rule.Expires), nil
	}
	if worse := now.worseThan(given.Basis); len(worse) > 0 {
		return "what it was given on has changed", worse
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

// Summary is the state of the sign-off in one sentence.
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

// Spoken finds the role for which a person's sign-off for the environment counts, if
// any: one person counts once.
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
