package config

import (
	"gonogo/readiness/checklist"
	"slices"
)

func (b *builder) roles() {
	for _, r := range b.doc.Roles {
		b.typed(r.Name)
		role := checklist.Role{ID: r.Name.V, Title: title(r.Value.Title, r.Name.V), Usergroup: string(r.Value.Usergroup.V)}
		for _, u := range r.Value.Users {
			if slices.Contains(role.Users, string(u.V)) {
				b.Fault(u.Pos, "%s is in this list twice; keep one", u.V)
				continue
			}
			role.Users = append(role.Users, string(u.V))
		}
		role.Deputies = b.deputies(r.Name.V, r.Value.Deputies)
		b.config.Checklist.Roles = append(b.config.Checklist.Roles, role)
	}
}

func (b *builder) permissions() {
	for _, p := range b.doc.Permissions {
		if b.known(p.Name, "permission", permissions) {
			b.config.Checklist.Permissions[p.Name.V] = b.list(p.Value, "role", b.doc.Roles.Names())
		}
	}
	b.config.OnCall.Configure(b.config.Checklist.Roles, b.config.Checklist.Permissions["alerts"])
}

func (b *builder) signOffs() {
	for _, s := range b.doc.SignOffs {
		b.known(s.Name, "environment", b.doc.Environments.Names())
		b.config.Checklist.SignOffs = append(b.config.Checklist.SignOffs, b.signOffRule(s.Name.V, s.Value))
	}
}

func (b *builder) signOffRule(environment string, s signOff) checklist.SignOffRule {
	return checklist.SignOffRule{Environment: environment, Roles: b.some(s.Roles, "role", b.doc.Roles.Names()), SelfApproval: s.SelfApproval, Expires: span(s.Expires)}
}
