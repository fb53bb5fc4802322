package preparing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// SignOff is /ready signoff.
func SignOff() verb.Verb {
	return verb.Verb{Words: []string{"ready", "signoff"}, Usage: "[ENV]", Release: true,
		About: "asks the roles to approve, with a card", Amiss: amissAsking, Do: signoff}
}

// signoff asks the roles of an environment to sign off the open release. Those who may
// open or deploy releases, or are approvers themselves, may ask.
func signoff(ctx context.Context, c verb.Call) reply.Reply {
	env, rule, refused := signOffFor(c)
	if refused != nil {
		return *refused
	}
	if denied, ok := c.PermitRoles(askers(c, rule)); !ok {
		return denied
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		release := v.Release()
		if release == nil {
			return nil, verb.Refusal(cards.NoRelease())
		}
		if asked, ok := release.Asked[env]; ok {
			return nil, verb.Refusal(reply.Reply{Title: "The roles were already asked", Parts: []reply.Part{
				reply.Lines{reply.Say("Asked ", reply.Time(asked.At), reply.By(asked.By), "; the card is in ", reply.InChannel(c.Releases), ".")},
				c.Cards().Approvals(v.Approval(env)),
			}})
		}
		return []event.Event{event.SignOffAsked{Release: release.Version, Environment: env, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "The roles are asked", Parts: []reply.Part{
		reply.Lines{reply.Say("The card for ", env, " is in ", reply.InChannel(c.Releases), ": ", phrase.Count(len(rule.Roles), "role"), " to approve.")},
	}}
}

// askers lists the roles that may ask for an environment's sign-offs.
func askers(c verb.Call, rule checklist.SignOffRule) []string {
	return slices.Compact(slices.Concat(c.Checklist.Permissions["release"], c.Checklist.Permissions["deploy"], rule.Roles))
}

// amissAsking says what is wrong with asking for sign-offs, whichever release is meant.
func amissAsking(c verb.Call) *reply.Reply {
	_, rule, refused := signOffFor(c)
	if refused != nil {
		return refused
	}
	if denied, ok := c.PermitRoles(askers(c, rule)); !ok {
		return &denied
	}
	return nil
}

// signOffFor finds the environment that was named, among those with sign-offs.
func signOffFor(c verb.Call) (string, checklist.SignOffRule, *reply.Reply) {
	var known []string
	for _, rule := range c.View.Checklist.SignOffs {
		known = append(known, rule.Environment)
	}
	env, refused := c.Environment(known)
	if refused != nil {
		return "", checklist.SignOffRule{}, refused
	}
	rule, _ := c.View.Checklist.SignOff(env)
	return env, rule, nil
}

// Approve is /ready approve.
func Approve() verb.Verb {
	return verb.Verb{Words: []string{"ready", "approve"}, Usage: "ENV", Options: "[--digest=DIGEST]", Release: true, Precedence: verb.Ahead, Roles: approvers,
		About: "approves a release for an environment: the one named, or the only one open", Amiss: amissSignOff, Do: approve}
}

// Reject is /ready reject.
func Reject() verb.Verb {
	return verb.Verb{Words: []string{"ready", "reject"}, Usage: "ENV COMMENT", Options: "[--digest=DIGEST]", Release: true, Precedence: verb.Ahead, Roles: approvers,
		About: "rejects a release for an environment: the one named, or the only one open; one rejection is a veto", Amiss: amissSignOff, Do: reject, Validate: validateReject}
}

// spoken is a sign-off as a person gave it: for which environment, based on what, and
// with which comment.
type spoken struct {
	env, version, digest, comment string
	approved                      bool
}

// spokenOf is the sign-off in an approve or reject. Version and digest come from the
// card whose button was pressed; they need not be typed.
func spokenOf(c verb.Call, approved bool) (spoken, checklist.SignOffRule, *reply.Reply) {
	env, rule, refused := signOffFor(c)
	if refused != nil {
		return spoken{}, rule, refused
	}
	return spoken{env, c.Act.Release, c.Act.Digest, c.Act.Text, approved}, rule, nil
}

func approve(ctx context.Context, c verb.Call) reply.Reply {
	s, rule, refused := spokenOf(c, true)
	if refused != nil {
		return *refused
	}
	return speak(ctx, c, s, rule)
}

func reject(ctx context.Context, c verb.Call) reply.Reply {
	s, rule, refused := spokenOf(c, false)
	if refused != nil {
		return *refused
	}
	if denied, ok := permitSignOff(c, s, rule); !ok {
		return denied
	}
	if s.comment == "" {
		return rejectForm(c, s)
	}
	return speak(ctx, c, s, rule)
}

func rejectForm(c verb.Call, s spoken) reply.Reply {
	return reply.Reply{Title: "Say why", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("A rejection needs a comment: ", reply.Typed("/ready reject "+s.env+" COMMENT"), ".")}},
		Form: &reply.Form{Title: "Reject the release", Submit: "Reject", Act: c.Again(func(a *reply.Act) { a.Environment = s.env }),
			Intro:  []reply.Text{reply.Say("A rejection for ", reply.Bold(s.env), " holds the release back until it is revoked. Everybody sees the comment.")},
			Inputs: []reply.Input{{Name: "comment", Label: "What is wrong", Kind: reply.LongText}}}}
}

func validateReject(c verb.Call) map[string]string {
	if s, _, refused := spokenOf(c, false); refused == nil && s.comment == "" {
		return map[string]string{"comment": "Say what is wrong; everybody sees it."}
	}
	return nil
}

// speak records one role's sign-off. Roles are judged now; the ledger makes sure that
// each role and each person counts once, however many press at once.
func speak(ctx context.Context, c verb.Call, s spoken, rule checklist.SignOffRule) reply.Reply {
	if denied, ok := permitSignOff(c, s, rule); !ok {
		return denied
	}
	held, _ := c.Roster().Held(c.User, rule.Roles)
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		return signOffEvent(v, c, s, held)
	})
	if err != nil {
		return c.Failed(err)
	}
	return spokenReply(c, receipt.Events[0].(event.SignOffGiven), receipt.Repeat)
}

// permitSignOff decides whether a person may sign off for one of the roles, or may act
// as a deputy for one by now.
func permitSignOff(c verb.Call, s spoken, rule checklist.SignOffRule) (reply.Reply, bool) {
	denied, ok := c.PermitRoles(rule.Roles)
	if ok {
		return denied, true
	}
	v := c.View
	if s.version != "" {
		v = v.Of(s.version)
	}
	approval := v.Approval(s.env)
	stands, early, from := deputyFor(c, approval)
	before, spoken := approval.Spoken(c.User)
	switch {
	case len(stands) > 0, spoken && len(c.StandsInFor(c.User, []string{before.Role.ID})) > 0:
		return reply.Reply{}, true
	case early != nil:
		return c.TooEarly(*early, from, rule.Roles), false
	}
	return denied, false
}

// signOffEvent decides which role a person signs off for, or why they can't.
func signOffEvent(v readiness.View, c verb.Call, s spoken, held []string) ([]event.Event, error) {
	if s.version != "" {
		v = v.Of(s.version)
	}
	release := v.Release()
	if release == nil {
		return nil, verb.Refusal(cards.NoRelease())
	}
	basis, approval := v.Basis(s.env), v.Approval(s.env)
	if !v.State.IsOpen(release.Version) {
		return nil, verb.Refusal(reply.Refuse(release.Version+" is no longer open", reply.Say("Open it again with ", reply.Typed("/ready release "+release.Version), ", or ask for another release's sign-off with ", reply.Typed("/ready signoff "+s.env), ".")))
	}
	if s.approved && s.digest != "" && s.digest != basis.Digest() {
		return nil, verb.Refusal(movedOn(s, release.Version, basis))
	}
	stands, _, _ := deputyFor(c, approval)
	role, refused := roleFor(approval, c.User, s, append(slices.Clone(held), stands...))
	if refused != nil {
		return nil, verb.Refusal(*refused)
	}
	deputy := !slices.Contains(held, role) // whoever is permitted here holds the role or is a deputy
	return []event.Event{event.SignOffGiven{Release: release.Version, Environment: s.env, Role: role, By: c.User, Approved: s.approved, Comment: s.comment, Basis: basis, Deputy: deputy}}, nil
}

// movedOn answers an approval of something that has changed since it was shown.
func movedOn(s spoken, version string, basis answer.Basis) reply.Reply {
	return reply.Reply{Title: "What you were shown has changed", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say("Nothing was recorded. Look at the card again: since you saw it, an item, a gate's settings or the commit has changed.")},
		reply.Actions{{Label: "Status", Act: reply.Do("ready status")}, {Label: "Approve as it is now", Act: reply.Act{Verb: "ready approve", Environment: s.env, Release: version, Digest: basis.Digest()}}},
	}}
}

// roleFor picks the role that a person signs off for: the first of theirs that is
// missing. A rejection may also veto what somebody else in the role said.
func roleFor(a readiness.Approval, user string, s spoken, held []string) (string, *reply.Reply) {
	if before, ok := a.Spoken(user); ok {
		if before.SignOff.Approved == s.approved {
			answer := already(before, true, s)
			return "", &answer
		}
		return before.Role.ID, nil
	}
	var taken *readiness.RoleApproval
	for i, r := range a.Roles {
		if !slices.Contains(held, r.Role.ID) {
			continue
		}
		if (!r.Approved() && !r.Rejected()) || (!s.approved && r.Approved()) {
			return r.Role.ID, nil
		}
		taken = &a.Roles[i]
	}
	if taken == nil {
		refused := reply.Refuse("You are not an approver here")
		return "", &refused
	}
	answer := already(*taken, false, s)
	return "", &answer
}

// already answers a press that changes nothing, with what is recorded.
func already(r readiness.RoleApproval, own bool, s spoken) reply.Reply {
	word := "approved"
	if r.Rejected() {
		word = "rejected"
	}
	who := reply.Say("You have already ", word, " ", s.env, " as ", reply.Bold(r.Role.Title), ", ", reply.Time(r.SignOff.At), ". It counts once.")
	if !own {
		who = reply.Say(reply.User(r.SignOff.By), " has already ", word, " ", s.env, " as ", reply.Bold(r.Role.Title), ", ", reply.Time(r.SignOff.At), ".")
		if r.Rejected() {
			who = append(who, reply.Say(" It counts until they revoke it.")...)
		}
	}
	return reply.Reply{Title: fmt.Sprintf("Already %s", word), Parts: []reply.Part{reply.Lines{who}}}
}

func spokenReply(c verb.Call, given event.SignOffGiven, repeat bool) reply.Reply {
	role, _ := c.Checklist.Role(given.Role)
	word, title := "rejection", "Rejected"
	if given.Approved {
		word, title = "approval", "Approved"
	}
	as := " as "
	if given.Deputy {
		as = " as deputy for "
	}
	lines := reply.Lines{reply.Say("Your ", word, " of ", given.Release, " for ", reply.Bold(given.Environment), as, reply.Bold(role.Title), " is recorded.")}
	if repeat {
		lines = append(lines, reply.Say("It was already, so it counts once."))
	}
	rule, _ := c.Checklist.SignOff(given.Environment)
	if given.Approved && !rule.SelfApproval {
		if held, _ := c.Roster().Held(given.By, c.Checklist.Permissions["deploy"]); len(held) > 0 {
			lines = append(lines, reply.Say("You may also deploy, but not what you approved yourself: somebody else must start this deployment."))
		}
	}
	return reply.Reply{Title: title, Parts: []reply.Part{lines, reply.Actions{{Label: "Revoke", Act: reply.DoOn("ready signoff revoke", given.Environment)}}}}
}

// Revoke is /ready signoff revoke.
func Revoke() verb.Verb {
	return verb.Verb{Words: []string{"ready", "signoff", "revoke"}, Usage: "[ENV]", Release: true, Precedence: verb.Ahead, Roles: approvers,
		About: "takes back your approval or rejection", Amiss: amissSignOff, Do: revoke}
}

// revoke takes back a person's own sign-off.
func revoke(ctx context.Context, c verb.Call) reply.Reply {
	env, _, refused := signOffFor(c)
	if refused != nil {
		return *refused
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		for _, r := range v.Approval(env).Roles {
			if r.SignOff != nil && r.SignOff.By == c.User {
				return []event.Event{event.SignOffRevoked{Release: v.Release().Version, Environment: env, Role: r.Role.ID, By: c.User}}, nil
			}
		}
		return nil, verb.Refusal(reply.Refuse("Nothing to revoke", reply.Say("You have neither approved nor rejected ", env, ".")))
	})
	if err != nil {
		return c.Failed(err)
	}
	role, _ := c.Checklist.Role(receipt.Events[0].(event.SignOffRevoked).Role)
	return reply.Reply{Title: "Revoked", Parts: []reply.Part{reply.Lines{reply.Say("Your word as ", reply.Bold(role.Title), " for ", env, " no longer counts.")}}}
}

// amissSignOff says what is wrong with a sign-off, whichever release is meant. Whether
// a deputy counts depends on how long a release has waited.
func amissSignOff(c verb.Call) *reply.Reply {
	_, rule, refused := signOffFor(c)
	if refused != nil {
		return refused
	}
	if denied, ok := c.PermitRoles(rule.Roles); !ok && len(c.StandsInFor(c.User, rule.Roles)) == 0 {
		return &denied
	}
	return nil
}

// signOffSince is since when a sign-off has waited for a role; zero: it isn't waiting.
func signOffSince(a readiness.Approval, role string) time.Time {
	for _, r := range a.Roles {
		if r.Role.ID != role || a.Asked == nil || r.Approved() || r.Rejected() {
			continue
		}
		if r.SignOff != nil && r.SignOff.At.After(a.Asked.At) {
			return r.SignOff.At
		}
		return a.Asked.At
	}
	return time.Time{}
}

// deputyFor lists the roles of a sign-off that a person may act for as a deputy now.
// early is the next one, and from when they may.
func deputyFor(c verb.Call, a readiness.Approval) (now []string, early *checklist.Role, from time.Time) {
	for _, role := range c.StandsInFor(c.User, a.Rule.Roles) {
		since := signOffSince(a, role.ID)
		switch at := since.Add(role.Deputies.After); {
		case since.IsZero():
		case !c.View.Now.Before(at):
			now = append(now, role.ID)
		case early == nil || at.Before(from):
			early, from = &role, at
		}
	}
	return now, early, from
}

// approvers are the roles that may sign off.
func approvers(c *checklist.Checklist) []string {
	var roles []string
	for _, rule := range c.SignOffs {
		roles = append(roles, rule.Roles...)
	}
	for _, kind := range c.Kinds {
		for _, rule := range kind.SignOffs {
			roles = append(roles, rule.Roles...)
		}
	}
	return roles
}
