package config

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/clients/webhook"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
)

type escalatePart struct {
	strictyaml.Pos
	After   val[duration]          `yaml:"after"`       // how long something waits before the first role is notified, and then each next one, at least 1m; default: 5m
	To      val[refs]              `yaml:"to" from:"1"` // the roles to notify, in order; each is mentioned in the card's thread; default: none
	Webhook val[connection.WebURL] `yaml:"webhook"`     // a URL that receives a JSON POST when the first role is notified; it is kept secret; default: none
}

type deputiesPart struct {
	strictyaml.Pos
	After val[duration] `yaml:"after" require:"how long something must have waited before deputies may act, such as 30m"` // how long something must have waited before deputies may act, at least 1m
	Users []val[userID] `yaml:"users"`                                                                                    // the member IDs (U…) of deputies
	Roles val[refs]     `yaml:"roles" from:"1"`                                                                           // roles whose members are deputies
}

const (
	usualEscalation = 5 * time.Minute
	leastWait       = time.Minute // less, and people would be called before they could read the card
)

// escalation reads who is notified when nobody responds.
func (b *builder) escalation() {
	e := b.doc.Escalate
	if e == nil {
		return
	}
	rule := checklist.EscalationRule{After: cmp.Or(span(e.After), usualEscalation), To: b.some(e.To, "role", b.doc.Roles.Names()), Webhook: e.Webhook.Set}
	b.notTooSoon(e.After)
	if len(e.To.V) == 0 && e.Webhook.Pos == (strictyaml.Pos{}) {
		b.Fault(e.Pos, "escalate notifies nobody; add roles, to: [technical_lead], or a webhook")
	}
	if e.Webhook.Set {
		b.hideAddress(string(e.Webhook.V))
		client, err := webhook.New(webhook.Options{URL: string(e.Webhook.V), Outgoing: b.deps.Outgoing})
		if err != nil {
			b.Fault(e.Webhook.Pos, "%s", err)
		}
		b.config.Pager = client
	}
	b.config.Checklist.Escalation = rule
}

// hideAddress hides an address, and its path and query by themselves: the token is in
// them, and the service may repeat it without the rest.
func (b *builder) hideAddress(address string) {
	b.Hide(address)
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	for _, piece := range append(strings.Split(u.EscapedPath(), "/"), slices.Concat(slices.Collect(maps.Values(u.Query()))...)...) {
		b.HideVariable("", piece, false)
	}
}

// notTooSoon rejects a wait that leaves nobody the time to respond.
func (b *builder) notTooSoon(after val[duration]) {
	if after.Set && span(after) < leastWait {
		b.Fault(after.Pos, "after is %s, too short for anybody to respond; write at least 1m", readiness.Span(span(after)))
	}
}

// deputies reads who may act for a role.
func (b *builder) deputies(role string, p *deputiesPart) *checklist.Deputies {
	if p == nil {
		return nil
	}
	b.notTooSoon(p.After)
	d := &checklist.Deputies{After: span(p.After), Roles: b.some(p.Roles, "role", b.doc.Roles.Names())}
	for _, r := range p.Roles.V {
		if r.V == role {
			b.Fault(r.Pos, "%s can't be its own deputy; choose another role", role)
		}
	}
	for _, u := range p.Users {
		if slices.Contains(d.Users, string(u.V)) {
			b.Fault(u.Pos, "%s is in this list twice; keep one", u.V)
			continue
		}
		d.Users = append(d.Users, string(u.V))
	}
	if len(p.Roles.V) == 0 && len(p.Users) == 0 {
		b.Fault(p.Pos, "deputies has nobody; add users or roles")
	}
	return d
}

// mayAll reports whether everybody in a role has a permission, by this role or by
// others.
func (b *builder) mayAll(id, permission string) bool {
	if slices.Contains(b.config.Checklist.Permissions[permission], id) {
		return true
	}
	role, _ := b.role(id)
	people, _ := b.peopleWho(permission)
	return role.Usergroup == "" && !slices.ContainsFunc(role.Users, func(user string) bool { return !slices.Contains(people, user) })
}

// warnOfEscalation warns of roles to escalate to in which nobody would be notified, and
// of deputies without people.
func (b *builder) warnOfEscalation() {
	for _, id := range b.config.Checklist.Escalation.To {
		if !b.someoneIn(id) {
			b.warning("escalations go to %s, but nobody is in that role; add users or a usergroup to it", id)
			continue
		}
		for _, permission := range []string{"alerts", "rollback"} {
			if !b.mayAll(id, permission) {
				b.warning("escalations go to %s, who may not act on them; add %s to permissions.%s", id, id, permission)
			}
		}
	}
	for _, r := range b.config.Checklist.Roles {
		if d := r.Deputies; d != nil && len(d.Users) == 0 && !slices.ContainsFunc(d.Roles, b.someoneIn) {
			b.warning("%s has no deputies, because nobody is in %s", r.ID, strictyaml.Enumerate(d.Roles))
		}
	}
}
