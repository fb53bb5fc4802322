package people

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

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/slackerr"
	"gonogo/commands/roster"
	"gonogo/readiness/checklist"
)

const (
	freshFor   = time.Minute      // how old the members of a user group may be
	lookEvery  = 40 * time.Second // often enough to stay fresh; usergroups.users.list is tier 2, 20 a minute, so some 13 groups fit
	lookAgain  = 5 * time.Second  // after a failure
	recheck    = 30 * time.Second // less than lookEvery, so that each look reads the holders of roles again
	mostReread = 30               // of them in one look, which leaves a quarter of users.info's limit to others
	trusted    = time.Hour        // how long a holder of a role is assumed not to be a guest while Slack gives no answer
	seenLately = 10 * time.Minute // how long the Home tab assumes that a person is not a guest
	firstLook  = 10 * time.Second // how long requests wait for the first look: better late than refused
	lookupTime = 15 * time.Second
)

// Options are what a Directory needs. API, Calls, Now and Log must be set.
type Options struct {
	API   *slack.Client
	Calls pace.Caller
	Roles []checklist.Role // whose members are looked up
	File  string           // where their members are kept for the next start; empty: nowhere
	Now   func() time.Time
	Log   *slog.Logger
}

// Directory knows who holds which role. One goroutine, Run, refreshes what it knows;
// all other methods but Restore may be called from any goroutine.
type Directory struct {
	api   *slack.Client
	calls pace.Caller
	roles []checklist.Role
	now   func() time.Time
	log   *slog.Logger

	team string // ours; set before Run
	file string // where members are kept for the next start; empty: nowhere

	// These belong to Run's goroutine.
	written   membership // what the file holds
	writtenAt time.Time
	unwritten bool    // the last write failed, or hangs, which was logged
	saving    *saving // the write that hasn't ended; nil: there is none

	reread time.Time // when it last read what an event had made doubtful

	looked chan struct{} // closed after the first look
	wake   chan struct{} // holds one: an event changed something

	mu       sync.RWMutex
	groups   map[string]group
	left     map[member]time.Time // who left a user group by an event, and when
	profiles map[string]profile
	earlier  map[string]time.Time // who was eligible before this start, and when; for those without a profile
	blind    bool                 // Slack doesn't let this app read people; the configuration is trusted
	unshown  string               // whom Slack didn't show then
}

// profile is whether a person is eligible for roles, and when that was read.
type profile struct {
	eligible bool
	at       time.Time // zero: never
	revoked  time.Time // when an event made them ineligible
}

// New makes an empty Directory, and starts nothing.
func New(opts Options) *Directory {
	return &Directory{
		api: opts.API, calls: opts.Calls, roles: opts.Roles, now: opts.Now, log: opts.Log, file: opts.File,
		looked: make(chan struct{}), wake: make(chan struct{}, 1),
		groups: map[string]group{}, left: map[member]time.Time{}, profiles: map[string]profile{},
	}
}

// Run refreshes the Directory until ctx ends.
func (d *Directory) Run(ctx context.Context) {
	complete := d.look(ctx)
	d.remember()
	close(d.looked)
	for {
		pause := lookEvery
		if !complete {
			pause = lookAgain
		}
		if !d.rest(ctx, pause) {
			return
		}
		complete = d.look(ctx)
		d.remember()
	}
}

// AwaitFirst waits until roles can be judged, but at most ten seconds.
func (d *Directory) AwaitFirst(ctx context.Context) {
	overdue := time.NewTimer(firstLook)
	defer overdue.Stop()
	select {
	case <-d.looked:
	case <-overdue.C:
	case <-ctx.Done():
	}
}

// look reads every user group and the people who hold roles: those who weren't read
// yet, and as many of the others as the rate limit allows. It reports whether
// everything that roles depend on succeeded.
func (d *Directory) look(ctx context.Context) (complete bool) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	complete = true
	for _, id := range d.usergroups(func(group) bool { return true }) {
		if ctx.Err() != nil {
			return false // the others go first in the next look
		}
		complete = d.lookAtGroup(ctx, id).fault == nil && complete
	}
	if d.isBlind() {
		d.tryPeople(ctx)
		return complete
	}
	unread, again := d.toRead()
	for _, id := range unread {
		complete = d.lookAtPerson(ctx, id) && complete
	}
	for _, id := range again {
		if ctx.Err() == nil {
			d.lookAtPerson(ctx, id)
		}
	}
	return complete
}

// tryPeople finds out whether Slack shows people by now: first the one whom it didn't
// show, and if it does, the others. The configuration is trusted until all were read, so
// that no role is unknown in between.
func (d *Directory) tryPeople(ctx context.Context) {
	began := d.now()
	d.mu.RLock()
	unread, again := d.stale()
	first := d.unshown
	d.mu.RUnlock()
	others := slices.DeleteFunc(slices.Concat(unread, again), func(id string) bool { return id == first })
	for _, id := range slices.Concat([]string{first}, others) {
		d.lookAtPerson(ctx, id)
		d.mu.RLock()
		shown := !d.profiles[id].at.Before(began)
		d.mu.RUnlock()
		if !shown {
			return
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.blind = false
	d.log.Info("Slack shows people now, so guests are excluded from roles")
}

// usergroups lists the user groups of roles for which a condition holds, first the one
// that Slack hasn't answered about for longest.
func (d *Directory) usergroups(holds func(group) bool) (ids []string) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, role := range d.roles {
		if role.Usergroup != "" && !slices.Contains(ids, role.Usergroup) && holds(d.groups[role.Usergroup]) {
			ids = append(ids, role.Usergroup)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return d.groups[a].answered.Compare(d.groups[b].answered) })
	return ids
}

// toRead lists the people with roles who weren't read yet, and those who were read too
// long ago: the longest ago first, and as many as the rate limit allows.
func (d *Directory) toRead() (unread, again []string) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.blind {
		return nil, nil
	}
	return d.stale()
}

// stale is toRead for callers that hold the lock, and also while Slack shows nobody.
func (d *Directory) stale() (unread, again []string) {
	met := map[string]bool{}
	for _, role := range d.roles {
		for _, id := range slices.Concat(role.Users, d.groups[role.Usergroup].users) {
			known := d.profiles[id]
			switch {
			case met[id]:
			case known.at.IsZero():
				unread = append(unread, id)
			case d.age(known.at) >= recheck:
				again = append(again, id)
			}
			met[id] = true
		}
	}
	slices.SortFunc(again, func(a, b string) int { return d.profiles[a].at.Compare(d.profiles[b].at) })
	return unread, again[:min(len(again), mostReread)]
}

// lookAtPerson reads whether a person is eligible, and reports whether that is known
// now.
func (d *Directory) lookAtPerson(ctx context.Context, id string) bool {
	asked := d.now()
	var user *slack.User
	err := d.calls.Call(ctx, "users.info", "", func() (err error) {
		user, err = d.api.GetUserInfoContext(ctx, id)
		return err
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	known, seen := d.profiles[id]
	switch {
	case err == nil && user.ID != "":
		d.profiles[id] = profile{eligible: d.mayHoldRoles(user) && !contradicted(asked, known.revoked), at: asked, revoked: known.revoked}
	case slackerr.Code(err) == "user_not_found" || slackerr.Code(err) == "user_not_visible":
		d.profiles[id] = profile{at: asked}
		d.log.Warn("a role has a person who isn't in the workspace", "user", id)
	case err == nil || neverAnswers(err):
		if d.unshown = id; d.blind {
			break // that was logged
		}
		d.blind = true
		d.log.Warn("Slack doesn't show people, so guests can't be excluded from roles; add the scope users:read and reinstall the app", "error", slackerr.Code(err))
	default:
		d.log.Warn("couldn't read a person; retrying", "user", id, "error", slackerr.WithoutURL(err))
		return seen && d.stillTrusted(id, known)
	}
	return true
}

// age is how long ago something was read. The clock with which Go measures durations
// stands still while a machine sleeps, and the calendar can be set back: the longer of
// the two counts.
func (d *Directory) age(at time.Time) time.Duration {
	now := d.now()
	return max(now.Sub(at), now.Round(0).Sub(at.Round(0)))
}

// stillTrusted reports whether an old profile may still be used while Slack gives no
// answer. One that is too old is dropped; only the time when the person was last
// eligible is kept.
func (d *Directory) stillTrusted(id string, known profile) bool {
	if d.age(known.at) <= trusted {
		return true
	}
	if known.eligible {
		if d.earlier == nil {
			d.earlier = map[string]time.Time{}
		}
		d.earlier[id] = known.at
	}
	delete(d.profiles, id)
	return false
}

// MayLook reports whether a person is a member of the workspace, as far as Slack says.
func (d *Directory) MayLook(ctx context.Context, id string) bool {
	if known, lately := d.seenLately(id); lately {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	d.lookAtPerson(ctx, id)
	known, _ := d.seenLately(id)
	return known
}

// seenLately returns whether a person is eligible, and whether that was read recently.
func (d *Directory) seenLately(id string) (eligible, lately bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known, seen := d.profiles[id]
	return d.isEligible(known, seen), d.blind || seen && d.age(known.at) < seenLately
}

// isEligible reports whether a person is eligible by what is known of them.
func (d *Directory) isEligible(known profile, seen bool) bool {
	return known.eligible || d.blind && !seen
}

// neverAnswers reports whether users.info will never answer this app.
func neverAnswers(err error) bool {
	switch slackerr.Code(err) {
	case "missing_scope", "unknown_method", "not_allowed_token_type", "method_deprecated":
		return true
	}
	return false
}

// mayHoldRoles reports whether a person may hold a role: a member of this workspace who is
// neither guest nor bot.
func (d *Directory) mayHoldRoles(u *slack.User) bool {
	if u.Deleted || u.IsBot || u.IsRestricted || u.IsUltraRestricted || u.IsStranger {
		return false
	}
	return u.TeamID == "" || u.TeamID == d.team || d.team == "" || slices.Contains(u.Enterprise.Teams, d.team)
}

// Members lists who holds a role: its listed users and its user group, without guests,
// bots, deactivated people and those of other workspaces. An error means that this is
// not known at present, and nobody may pass on a guess; its sentence is for the person
// who asks. It is a *roster.Unknown.
func (d *Directory) Members(role checklist.Role) ([]string, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	candidates := slices.Clone(role.Users)
	if role.Usergroup != "" {
		g, known := d.groups[role.Usergroup]
		candidates = append(candidates, g.users...)
		if !known || g.restored || g.doubted || d.age(g.at) > freshFor {
			return nil, d.lately(d.unknown(role, g.fault), role)
		}
	}
	ids, unknown := d.eligible(role, candidates)
	if unknown != nil {
		return nil, d.lately(unknown, role)
	}
	return ids, nil
}

// eligible lists those of a role's people who are eligible, or says why that is not
// known.
func (d *Directory) eligible(role checklist.Role, candidates []string) (ids []string, unknown *roster.Unknown) {
	slices.Sort(candidates)
	ids = make([]string, 0, len(candidates))
	for _, id := range slices.Compact(candidates) {
		known, seen := d.profiles[id]
		if !seen && !d.blind {
			return nil, &roster.Unknown{Why: fmt.Sprintf("whether the members of %s may have a say is not known yet; please try again in a moment", RoleName(role))}
		}
		if d.isEligible(known, seen) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// unknown is the error of a user group that could not be read in time.
func (d *Directory) unknown(role checklist.Role, fault error) *roster.Unknown {
	next := "please try again in a moment"
	switch slackerr.Code(fault) {
	case "missing_scope":
		next = "give the Slack app the scope usergroups:read and install it again"
	case "no_such_subteam", "subteam_not_found":
		next = "the configuration names a user group that does not exist: " + role.Usergroup
	case "plan_upgrade_required", "paid_only":
		next = "this workspace's plan has no user groups; list the role's people in the configuration"
	}
	var off *DisabledGroup
	why := fmt.Sprintf("who is %s is not known at present, since Slack does not tell; %s", RoleName(role), next)
	switch {
	case fault == nil:
		why = fmt.Sprintf("who is %s is not known at present; %s", RoleName(role), next)
	case errors.As(fault, &off):
		why = fmt.Sprintf("%s, so nobody is %s; enable it in Slack, or configure another user group", off, RoleName(role))
	}
	return &roster.Unknown{Why: why, Cause: fault}
}

// RoleName is what a role is called in sentences.
func RoleName(role checklist.Role) string {
	return cmp.Or(strings.TrimSpace(role.Title), role.ID)
}
