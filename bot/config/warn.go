package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gonogo/bot/config/strictyaml"
	"gonogo/deploy"
	"gonogo/gates/program"
	"gonogo/readiness/checklist"
)

// warn notes what is allowed but perhaps not meant.
func (b *builder) warn() {
	b.warnOfNobody()
	b.warnOfConflicts()
	b.warnOfReviews()
	b.warnOfUnseenVersions()
	b.warnOfReach()
	b.warnOfLifters()
	b.warnOfOverrides()
	b.warnOfEscalation()
	b.warnOfRunbooks()
	b.warnOfNames()
	b.warnOfIdleConnections()
	list := b.config.Checklist
	for _, sections := range [][]checklist.Section{list.Sections, list.Afterwards} {
		for _, s := range sections {
			b.warnOfFigures("section "+s.ID, s.Figures)
			for _, it := range s.Items {
				b.warnOfFigures("item "+it.ID, it.Figures)
			}
		}
	}
}

// warnOfRunbooks warns of variables for runbooks that are not set, and of programs that
// can do nothing without privileges.
func (b *builder) warnOfRunbooks() {
	for _, r := range b.doc.Runbooks {
		for _, step := range r.Value.Steps {
			if len(step.Run) > 0 && program.NeedsPrivileges(step.Run[0]) && !r.Value.NewPrivileges {
				b.warning("the runbook %s (%s) runs %s, which can't gain privileges; set new_privileges: true if it should", r.Name.V, step.Pos, filepath.Base(step.Run[0]))
			}
		}
		for _, name := range r.Value.Env {
			if b.unset(name.V, r.Value.Environments.V) {
				b.warning("the runbook %s (%s) uses %s, which isn't set in gonogo's environment", r.Name.V, name.Pos, name.V)
			}
		}
	}
}

// unset reports whether a variable is set neither for gonogo nor for every one of the
// environments.
func (b *builder) unset(name string, environments refs) bool {
	if _, set := b.config.Environ(name); set {
		return false
	}
	return len(environments) == 0 || slices.ContainsFunc(environments, func(env val[string]) bool {
		own, ok := b.doc.Environments.Get(env.V)
		if ok {
			_, ok = own.Variables.Get(name)
		}
		return !ok
	})
}

// warning notes a sentence once, since a gate is built again for each environment that
// has connections of its own.
func (b *builder) warning(format string, args ...any) {
	if w := fmt.Sprintf(format, args...); !slices.Contains(b.config.Warnings, w) {
		b.config.Warnings = append(b.config.Warnings, w)
	}
}

// warnOfNobody warns of roles without people, of permissions that nobody has, and of a
// checklist that blocks nothing.
func (b *builder) warnOfNobody() {
	for i, r := range b.config.Checklist.Roles {
		if !hasMembers(r) {
			b.warning("nobody is in the role %s (%s); give it users or a usergroup", r.ID, b.doc.Roles[i].Name.Pos)
		}
	}
	var nobody []string
	for _, p := range permissions {
		if !slices.ContainsFunc(b.config.Checklist.Permissions[p], b.someoneIn) {
			nobody = append(nobody, p)
		}
	}
	if len(nobody) > 0 {
		b.warning("under permissions, nobody is listed for %s; add the roles that may do this", strictyaml.Enumerate(nobody))
	}
	if len(b.config.Checklist.Environments) == 0 {
		b.warning("there are no environments, so there is nothing to decide GO or NO-GO for")
	}
}

func hasMembers(r checklist.Role) bool { return len(r.Users) > 0 || r.Usergroup != "" }

func (b *builder) someoneIn(role string) bool {
	r, ok := b.role(role)
	return ok && hasMembers(r)
}

// role finds a role, before and after the checklist is indexed.
func (b *builder) role(id string) (checklist.Role, bool) { return b.config.Checklist.Role(id) }

// warnOfIdleConnections warns of an environment's own connections that nothing uses and
// whose name is close to that of a shared one: the gates there probably still use the
// shared one by mistake.
func (b *builder) warnOfIdleConnections() {
	for _, e := range b.doc.Environments {
		for _, own := range e.Value.Connections.Names() {
			if near := strictyaml.Nearest(own, b.doc.Connections.Names()); near != "" && near != own && !b.deps.Asked[own] {
				b.warning("nothing uses the connection %s of %s, so gates there use the shared connections; did you mean %q?", own, e.Name.V, near)
			}
		}
	}
}

// warnOfConflicts warns of people who may both approve and deploy.
func (b *builder) warnOfConflicts() {
	for _, rule := range b.config.Checklist.SignOffs {
		b.warnOfTwoRoles(rule)
		if rule.SelfApproval {
			continue
		}
		for _, id := range rule.Roles {
			approver, _ := b.role(id)
			for _, deploys := range b.config.Checklist.Permissions["deploy"] {
				deployer, _ := b.role(deploys)
				if who := shared(approver, deployer); len(who) > 0 {
					b.warning("%s may approve %s as %s and also deploy as %s; self_approval is false, so someone else must approve deployments that they start",
						strings.Join(who, ", "), rule.Environment, approver.ID, deployer.ID)
				}
			}
		}
	}
}

// warnOfUnseenVersions warns of a public name that moves, where nothing would notice that it
// still leads to the earlier version.
func (b *builder) warnOfUnseenVersions() {
	for _, e := range b.doc.Environments {
		shower, moves := b.config.Environments[e.Name.V].Strategy.(deploy.VersionShower)
		if !moves || shower.ShowsVersion() || slices.ContainsFunc(e.Value.Deploy.Smoke, readsVersion) {
			continue
		}
		how := e.Value.Deploy.How[0]
		b.warning("after the cutover of %s, nothing looks which version its public name shows; add version to %s (%s) with an address at that name, or a smoke gate with {release.version}", e.Name.V, how.Key, how.Value.Pos)
	}
}

// readsVersion reports whether a smoke gate can tell versions apart.
func readsVersion(p smokePart) bool {
	settings := p.Gate.settings
	return settings != nil && (settings.Mentions("{release.version}") || settings.Mentions("{release.commit}"))
}

// warnOfTwoRoles warns of two roles that only one and the same person has: since one
// person counts once, such a sign-off never completes.
func (b *builder) warnOfTwoRoles(rule checklist.SignOffRule) {
	for _, t := range b.twins(rule) {
		b.warning("%s is the only member of both %s and %s, and counts once, so the sign-off for %s can never be complete", t.user, t.one, t.other, rule.Environment)
	}
}

// twins are two roles that the same person alone has.
type twins struct{ user, one, other string }

func (b *builder) twins(rule checklist.SignOffRule) []twins {
	var list []twins
	for i, x := range rule.Roles {
		for _, y := range rule.Roles[i+1:] {
			one, _ := b.role(x)
			other, _ := b.role(y)
			if one.Usergroup == "" && other.Usergroup == "" && len(one.Users) == 1 && slices.Equal(one.Users, other.Users) {
				list = append(list, twins{one.Users[0], x, y})
			}
		}
	}
	return list
}

// shared lists the people and user groups that are in both roles.
func shared(x, y checklist.Role) []string {
	var who []string
	for _, u := range x.Users {
		if slices.Contains(y.Users, u) {
			who = append(who, u)
		}
	}
	if x.Usergroup != "" && x.Usergroup == y.Usergroup {
		who = append(who, x.Usergroup)
	}
	return who
}

// warnOfNames warns of an item with the name of a section.
func (b *builder) warnOfNames() {
	for _, id := range b.inOrder() {
		if at, also := b.sections[id]; also {
			b.warning("%q is the name of an item (%s) and of a section (%s); commands will use the item", id, b.items[id].ID.Pos, at)
		}
	}
}

func (b *builder) warnOfFigures(of string, figures []checklist.Figure) {
	if !checklist.Mismatch(figures) {
		return
	}
	said := make([]string, len(figures))
	for i, f := range figures {
		said[i] = f.Label + ": " + f.Value
	}
	b.warning("the figures of %s differ: %s", of, strings.Join(said, "; "))
}
