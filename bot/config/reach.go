package config

import (
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
)

// This file warns of what nobody can do although each line by itself is valid: an item
// that no one may answer, a sign-off with too few people in its roles, a deployment
// whose only deployers also have to approve it.

// warnOfReach warns of items, sign-offs and environments that can never be completed.
func (b *builder) warnOfReach() {
	b.warnOfUnanswered()
	b.warnOfSchedules()
	b.warnOfLess()
	b.warnOfUnobserved()
	b.warnOfTargets()
	for _, rule := range b.config.Checklist.SignOffs {
		b.warnOfApproval(rule)
	}
	b.warnOfAfter()
}

// warnOfUnanswered warns of manual items that nobody may check, all in one sentence: in
// a file without people there would be hundreds.
func (b *builder) warnOfUnanswered() {
	var unanswered []string
	for _, id := range b.inOrder() {
		it, ok := b.config.Checklist.Item(id)
		if !ok || it.Manual == nil || it.Off {
			continue
		}
		by := it.Manual.By
		if len(by) == 0 {
			by = b.config.Checklist.Permissions["check"]
		}
		if !slices.ContainsFunc(by, b.someoneIn) {
			unanswered = append(unanswered, id)
		}
	}
	if len(unanswered) > 0 {
		b.warning("nobody may check %s; add people to the roles under by, or under permissions.check", strictyaml.Enumerate(unanswered))
	}
}

// warnOfSchedules warns of evidence that expires before it is measured again.
func (b *builder) warnOfSchedules() {
	for _, id := range b.inOrder() {
		it, ok := b.config.Checklist.Item(id)
		if ok && it.Every > 0 && it.MaxAge > 0 && it.MaxAge < it.Every {
			b.warning("%s runs every %s but counts for %s, so it is stale in between; make max_age longer than every",
				id, readiness.Span(it.Every), readiness.Span(it.MaxAge))
		}
	}
}

// warnOfTargets warns of gates that use an environment's address where it has none, and
// so can never measure anything.
func (b *builder) warnOfTargets() {
	for _, id := range b.inOrder() {
		gate := b.items[id].Gate
		it, ok := b.config.Checklist.Item(id)
		if !ok || it.Off || gate == nil || gate.settings == nil || !gate.settings.Mentions("{target.") {
			continue
		}
		for _, key := range it.Keys() {
			switch {
			case key.Environment == "":
				b.warning("%s uses the URL of an environment, but has none; add environments: [ … ] to it", id)
			case b.config.Targets[key.Environment] == "":
				b.warning("%s uses the URL of %s, which has none; add url to that environment", id, key.Environment)
			}
		}
	}
}

// warnOfApproval warns of a sign-off that can't become complete, or not for any
// deployment that somebody may start.
func (b *builder) warnOfApproval(rule checklist.SignOffRule) {
	var approvers []checklist.Role
	for _, id := range rule.Roles {
		role, ok := b.role(id)
		if !ok || !hasMembers(role) {
			b.warning("nobody is in the role %s, so the sign-off for %s can never be complete", id, rule.Environment)
			return
		}
		approvers = append(approvers, role)
	}
	if !enough(approvers, "") {
		b.warnOfFew(rule, approvers)
		return
	}
	deployers, all := b.peopleWho("deploy")
	if rule.SelfApproval || !all || len(deployers) == 0 {
		return
	}
	if !slices.ContainsFunc(deployers, func(user string) bool { return enough(approvers, user) }) {
		b.warning("nobody can deploy to %s: self_approval is false, and the sign-off can't be complete without %s, the only deployers; add another deployer, or more approvers",
			rule.Environment, strictyaml.Enumerate(deployers))
	}
}

// warnOfFew warns of a sign-off with fewer people than roles. Two roles that share
// their only person are reported elsewhere.
func (b *builder) warnOfFew(rule checklist.SignOffRule, approvers []checklist.Role) {
	if len(b.twins(rule)) > 0 {
		return
	}
	var people []string
	for _, role := range approvers {
		people = append(people, role.Users...)
	}
	slices.Sort(people)
	b.warning("the sign-off for %s needs %s, and each person counts once: %s are too few for it ever to be complete",
		rule.Environment, strictyaml.Enumerate(rule.Roles), strictyaml.Enumerate(slices.Compact(people)))
}

// peopleWho lists the people with a permission. all is false if a user group has it
// too, whose members only Slack knows.
func (b *builder) peopleWho(permission string) (people []string, all bool) {
	return b.peopleIn(b.config.Checklist.Permissions[permission])
}

// peopleIn lists the people in some roles. all is false if a user group is among them.
func (b *builder) peopleIn(roles []string) (people []string, all bool) {
	all = true
	for _, id := range roles {
		role, _ := b.role(id)
		all = all && role.Usergroup == ""
		people = append(people, role.Users...)
	}
	slices.Sort(people)
	return slices.Compact(people), all
}

// enough reports whether each role can be given a person of its own, without one person
// who is excluded. A user group always has somebody, since its members aren't known
// here. It matches roles with people by augmenting paths: a role whose person is taken
// asks the role that took them to find another.
func enough(roles []checklist.Role, without string) bool {
	taken := map[string]int{} // the role that each person is matched with
	var find func(role int, asked map[string]bool) bool
	find = func(role int, asked map[string]bool) bool {
		for _, user := range roles[role].Users {
			if user == without || asked[user] {
				continue
			}
			asked[user] = true
			if other, busy := taken[user]; !busy || find(other, asked) {
				taken[user] = role
				return true
			}
		}
		return false
	}
	for i, role := range roles {
		if role.Usergroup == "" && !find(i, map[string]bool{}) {
			return false
		}
	}
	return true
}

// warnOfAfter warns of an environment that waits for a deployment which gonogo can't
// make, so that a person has to record it.
func (b *builder) warnOfAfter() {
	for _, e := range b.config.Checklist.Environments {
		for _, earlier := range e.After {
			if before, ok := b.doc.Environments.Get(earlier); ok && before.Deploy == nil {
				b.warning("%s needs the same version on %s, which has no deploy, so it is GO only after /deploy adopt %s; add deploy there, or remove it from after",
					e.Name, earlier, earlier)
			}
		}
	}
}
