package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/slackerr"
	"gonogo/commands/roster"
	"gonogo/readiness/checklist"
)

const (
	freshFor   = time.Minute      // how old the picture of a user group may be
	lookEvery  = 40 * time.Second // often enough to stay fresh; usergroups.users.list is tier 2, 20 a minute, so some 13 groups fit
	lookAgain  = 5 * time.Second  // after a failure
	recheck    = 30 * time.Second // less than lookEvery: at each look, holders of roles are read again
	mostReread = 30               // of them at one look, which leaves a quarter of users.info's allowance to others
	trusted    = time.Hour        // how long a holder of a role is trusted to be no guest while Slack does not tell
	seenLately = 10 * time.Minute // how long it counts for the Home tab that a person is no guest
	firstLook  = 10 * time.Second // how long requests wait for the first picture: better late than refused
	lookupTime = 15 * time.Second
)

// people knows who holds which role. One goroutine, run, renews the picture;
// members reads it.
type people struct {
	web   *web
	roles []checklist.Role
	now   func() time.Time
	log   *slog.Logger

	team, enterprise string // set before run
	file             string // in which the picture is kept for the next start; empty: nowhere

	// These are run's own.
	written   membership // what the file holds
	writtenAt time.Time
	unwritten bool // the last attempt failed, which was logged

	reread time.Time // when it last read what an event had put in doubt

	looked  chan struct{} // closed after the first look
	stirred chan struct{} // holds one: an event changed the picture

	mu       sync.RWMutex
	groups   map[string]group
	left     map[member]time.Time // who left a user group by an event, and when
	profiles map[string]profile
	earlier  map[string]time.Time // who had a say before this start, and when; for those without a profile
	blind    bool                 // Slack will not tell about people; the configuration is trusted
}

// group is the members of a user group, and when they were read.
type group struct {
	users    []string
	at       time.Time
	restored bool  // read by an earlier run: nobody is a member by it
	fault    error // of the last attempt

	events  int       // that changed it, see heard
	due     bool      // an event says that there is more to read
	doubted bool      // an event did not tell who is a member now
	off     time.Time // when an event told that it is disabled
}

// profile is whether a person may have a say, and when that was read.
type profile struct {
	say  bool
	at   time.Time // zero: never
	told time.Time // when an event took their say
}

func newPeople(web *web, opts Options) *people {
	return &people{
		web: web, roles: opts.Roles, now: opts.Now, log: opts.Log, file: opts.MembersFile,
		looked: make(chan struct{}), stirred: make(chan struct{}, 1),
		groups: map[string]group{}, left: map[member]time.Time{}, profiles: map[string]profile{},
	}
}

// run renews the picture until ctx ends.
func (p *people) run(ctx context.Context) {
	complete := p.look(ctx)
	p.remember()
	close(p.looked)
	for {
		pause := lookEvery
		if !complete {
			pause = lookAgain
		}
		if !p.rest(ctx, pause) {
			return
		}
		complete = p.look(ctx)
		p.remember()
	}
}

// awaitFirst waits until roles can be judged, though not for long.
func (p *people) awaitFirst(ctx context.Context) {
	overdue := time.NewTimer(firstLook)
	defer overdue.Stop()
	select {
	case <-p.looked:
	case <-overdue.C:
	case <-ctx.Done():
	}
}

// look reads every user group and every person in a role, of those who were read
// before as many as there is room for. It reports whether all of it succeeded that
// roles cannot be judged without.
func (p *people) look(ctx context.Context) (complete bool) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	complete = true
	for _, id := range p.usergroups(func(group) bool { return true }) {
		complete = p.lookAtGroup(ctx, id).fault == nil && complete
	}
	unread, again := p.toRead()
	for _, id := range unread {
		complete = p.lookAtPerson(ctx, id) && complete
	}
	for _, id := range again {
		if ctx.Err() == nil {
			p.lookAtPerson(ctx, id)
		}
	}
	return complete
}

// usergroups lists the user groups of roles of whose picture something holds.
func (p *people) usergroups(holds func(group) bool) (ids []string) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, role := range p.roles {
		if role.Usergroup != "" && !slices.Contains(ids, role.Usergroup) && holds(p.groups[role.Usergroup]) {
			ids = append(ids, role.Usergroup)
		}
	}
	return ids
}

// toRead lists the people in roles of whom nothing is known, and those who were read
// too long ago: the longest ago first, and so many as there is room for.
func (p *people) toRead() (unread, again []string) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.blind {
		return nil, nil
	}
	now, met := p.now(), map[string]bool{}
	for _, role := range p.roles {
		for _, id := range slices.Concat(role.Users, p.groups[role.Usergroup].users) {
			known := p.profiles[id]
			switch {
			case met[id]:
			case known.at.IsZero():
				unread = append(unread, id)
			case now.Sub(known.at) >= recheck:
				again = append(again, id)
			}
			met[id] = true
		}
	}
	slices.SortFunc(again, func(a, b string) int { return p.profiles[a].at.Compare(p.profiles[b].at) })
	return unread, again[:min(len(again), mostReread)]
}

// lookAtGroup reads one user group. A failure keeps the old picture, which
// then grows stale; that of a disabled group is dropped at once.
func (p *people) lookAtGroup(ctx context.Context, id string) group {
	p.mu.RLock()
	before := p.groups[id]
	p.mu.RUnlock()
	asked := p.now()
	users, err := p.readGroup(ctx, id, before)
	var off *disabledGroup
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.groups[id]
	switch {
	case err == nil && contradicted(asked, g.off):
	case err == nil && g.events == before.events:
		g = group{users: p.stays(id, users, asked), at: asked, events: g.events}
	case err == nil: // what came meanwhile is still to be read
		g = group{users: p.stays(id, users, asked), at: asked, events: g.events, due: g.due, doubted: g.doubted}
	case ctx.Err() == nil || g.fault == nil:
		if g.fault == nil {
			p.log.Warn("couldn't read a user group; retrying", "usergroup", id, "error", slackerr.WithoutURL(err))
		}
		if g.fault = err; errors.As(err, &off) {
			g = group{fault: err, off: g.off, events: g.events}
		}
	}
	p.groups[id] = g
	return g
}

// readGroup reads the members of a user group. Slack may tell of a disabled one
// that it does not exist, or has no members; all groups are listed to find that
// out, though only once as long as the answer stays the same.
func (p *people) readGroup(ctx context.Context, id string, before group) (users []string, err error) {
	err = p.web.calls.Call(ctx, "usergroups.users.list", "", func() (err error) {
		users, err = p.web.api.GetUserGroupMembersContext(ctx, id)
		return err
	})
	var off *disabledGroup
	switch {
	case !absent(users, err):
		return users, err
	case errors.As(before.fault, &off):
		return nil, off
	case slackerr.Code(err) != "" && slackerr.Code(err) == slackerr.Code(before.fault), err == nil && before.fault == nil && !before.at.IsZero() && len(before.users) == 0:
		return users, err
	}
	_ = p.web.calls.Call(ctx, "usergroups.list", "", func() (err error) { // without it, what was said stands
		off, err = findDisabled(ctx, p.web.api, id)
		return err
	})
	if off != nil {
		return nil, off
	}
	return users, err
}

// absent tells whether an answer about a user group may be that of a disabled one.
func absent(users []string, err error) bool {
	return slackerr.Code(err) == "no_such_subteam" || slackerr.Code(err) == "subteam_not_found" || err == nil && len(users) == 0
}

// disabledGroup is a user group that somebody disabled in Slack.
type disabledGroup struct{ id, handle string }

// Error implements error.
func (d *disabledGroup) Error() string {
	return fmt.Sprintf("the user group @%s (%s) is disabled", d.handle, d.id)
}

// findDisabled tells whether a user group is a disabled one; nil: it is not.
func findDisabled(ctx context.Context, api *slack.Client, id string) (*disabledGroup, error) {
	groups, err := api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeDisabled(true))
	for _, g := range groups {
		if g.ID == id && g.DateDelete != 0 {
			return &disabledGroup{id, g.Handle}, nil
		}
	}
	return nil, err
}

// lookAtPerson reads whether a person may have a say, and reports whether it is known
// now.
func (p *people) lookAtPerson(ctx context.Context, id string) bool {
	asked := p.now()
	var user *slack.User
	err := p.web.calls.Call(ctx, "users.info", "", func() (err error) {
		user, err = p.web.api.GetUserInfoContext(ctx, id)
		return err
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	known, seen := p.profiles[id]
	switch {
	case err == nil && user.ID != "":
		p.profiles[id] = profile{say: p.hasSay(user) && !contradicted(asked, known.told), at: asked, told: known.told}
	case slackerr.Code(err) == "user_not_found" || slackerr.Code(err) == "user_not_visible":
		p.profiles[id] = profile{at: asked}
		p.log.Warn("a role has a person who isn't in the workspace", "user", id)
	case err == nil || untold(err):
		p.blind = true
		p.log.Warn("Slack doesn't show people, so guests can't be excluded from roles; add the scope users:read and reinstall the app", "error", slackerr.Code(err))
	default:
		p.log.Warn("couldn't read a person; retrying", "user", id, "error", slackerr.WithoutURL(err))
		return seen && p.stillTrusted(id, known)
	}
	return true
}

// stillTrusted forgets a person whom Slack has told nothing about for too long; only
// when they last had a say is kept.
func (p *people) stillTrusted(id string, known profile) bool {
	if p.now().Sub(known.at) <= trusted {
		return true
	}
	if known.say {
		if p.earlier == nil {
			p.earlier = map[string]time.Time{}
		}
		p.earlier[id] = known.at
	}
	delete(p.profiles, id)
	return false
}

// mayLook reports whether a person is a member of the workspace, as far as Slack
// tells.
func (p *people) mayLook(ctx context.Context, id string) bool {
	if known, lately := p.seenLately(id); lately {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	p.lookAtPerson(ctx, id)
	known, _ := p.seenLately(id)
	return known
}

// seenLately tells whether a person may have a say, and whether that is news.
func (p *people) seenLately(id string) (say, lately bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	known, seen := p.profiles[id]
	return p.says(known, seen), p.blind || seen && p.now().Sub(known.at) < seenLately
}

// says tells whether a person may have a say, by what is known of them.
func (p *people) says(known profile, seen bool) bool { return known.say || p.blind && !seen }

// untold tells whether users.info will never answer this app.
func untold(err error) bool {
	switch slackerr.Code(err) {
	case "missing_scope", "unknown_method", "not_allowed_token_type", "method_deprecated":
		return true
	}
	return false
}

// hasSay tells whether a person may hold a role: a member of this workspace,
// and neither guest nor bot.
func (p *people) hasSay(u *slack.User) bool {
	if u.Deleted || u.IsBot || u.IsRestricted || u.IsUltraRestricted || u.IsStranger {
		return false
	}
	return u.TeamID == "" || u.TeamID == p.team || p.team == "" || slices.Contains(u.Enterprise.Teams, p.team)
}

// members lists who holds a role, see Workspace.Members.
func (p *people) members(role checklist.Role) ([]string, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	candidates := slices.Clone(role.Users)
	if role.Usergroup != "" {
		g, known := p.groups[role.Usergroup]
		candidates = append(candidates, g.users...)
		if !known || g.restored || g.doubted || p.now().Sub(g.at) > freshFor {
			return nil, p.lately(p.unknown(role, g.fault), role)
		}
	}
	ids, unknown := p.withSay(role, candidates)
	if unknown != nil {
		return nil, p.lately(unknown, role)
	}
	return ids, nil
}

// withSay are those of a role's people who may have a say, or why that is not known.
func (p *people) withSay(role checklist.Role, candidates []string) (ids []string, unknown *roster.Unknown) {
	slices.Sort(candidates)
	ids = make([]string, 0, len(candidates))
	for _, id := range slices.Compact(candidates) {
		known, seen := p.profiles[id]
		if !seen && !p.blind {
			return nil, &roster.Unknown{Why: fmt.Sprintf("whether the members of %s may have a say is not known yet; please try again in a moment", roleName(role))}
		}
		if p.says(known, seen) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// unknown is the error of a user group that could not be read in time.
func (p *people) unknown(role checklist.Role, fault error) *roster.Unknown {
	next := "please try again in a moment"
	switch slackerr.Code(fault) {
	case "missing_scope":
		next = "give the Slack app the scope usergroups:read and install it again"
	case "no_such_subteam", "subteam_not_found":
		next = "the configuration names a user group that does not exist: " + role.Usergroup
	case "plan_upgrade_required", "paid_only":
		next = "this workspace's plan has no user groups; list the role's people in the configuration"
	}
	var off *disabledGroup
	why := fmt.Sprintf("who is %s is not known at present, since Slack does not tell; %s", roleName(role), next)
	switch {
	case fault == nil:
		why = fmt.Sprintf("who is %s is not known at present; %s", roleName(role), next)
	case errors.As(fault, &off):
		why = fmt.Sprintf("%s, so nobody is %s; enable it in Slack, or configure another user group", off, roleName(role))
	}
	return &roster.Unknown{Why: why, Cause: fault}
}

func roleName(role checklist.Role) string {
	return cmp.Or(strings.TrimSpace(role.Title), role.ID)
}
