// Package examine checks what gonogo needs of Slack: both tokens, the scopes granted, the
// channels with the bot in them, user groups and people. Package doctor shows the results
// next to its own.
//
// It makes one call after another and writes nothing. It opens no socket, since that
// would take envelopes from a running gonogo. What Slack does not answer is reported as a
// fault or as not checked, never as correct.
package examine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/people"
	"gonogo/bot/chat/scopes"
	"gonogo/bot/chat/slackerr"
	"gonogo/bot/doctor/finding"
	"gonogo/readiness/checklist"
)

// Access is the address of Slack and the tokens to use there.
type Access struct{ BotToken, AppToken, APIURL string }

// Workspace checks the tokens, and with them the channels and the people and user groups
// of the roles. Each call has ten seconds.
func Workspace(ctx context.Context, access Access, channels []string, roles []checklist.Role) []finding.Finding {
	client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone(), Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	opts := []slack.Option{slack.OptionAppLevelToken(access.AppToken), slack.OptionHTTPClient(client)}
	if access.APIURL != "" {
		opts = append(opts, slack.OptionAPIURL(strings.TrimSuffix(access.APIURL, "/")+"/"))
	}
	x := examiner{access: access, api: slack.New(access.BotToken, opts...)}
	sound := x.bot(ctx)
	x.app(ctx)
	if !sound {
		return append(x.found, finding.NotChecked("Slack's channels, user groups and people", "the bot token must work first"))
	}
	for _, channel := range channels {
		x.channel(ctx, channel)
	}
	seen := map[string]bool{}
	for _, role := range roles {
		x.role(ctx, role, seen)
	}
	return x.found
}

type examiner struct {
	access Access
	api    *slack.Client
	found  []finding.Finding
}

func (x *examiner) add(subject string, level finding.Level, format string, args ...any) {
	x.found = append(x.found, finding.Finding{Subject: subject, Level: level, Says: fmt.Sprintf(format, args...)})
}

// bot checks the bot token and its scopes.
func (x *examiner) bot(ctx context.Context) bool {
	const subject = "SLACK_BOT_TOKEN"
	switch {
	case x.access.BotToken == "":
		x.add(subject, finding.Faulty, "it isn't set; install the app to the workspace and set this to the Bot User OAuth Token, xoxb-…")
		return false
	case !strings.HasPrefix(x.access.BotToken, "xoxb-"):
		x.add(subject, finding.Faulty, "it isn't a bot token; use the one under OAuth & Permissions that begins with xoxb-")
		return false
	}
	who, err := x.api.AuthTestContext(ctx)
	if err != nil {
		x.add(subject, finding.Faulty, "%s", whyRefused(err, "the token is wrong or was revoked; copy it again from OAuth & Permissions"))
		return false
	}
	x.add(subject, finding.Sound, "gonogo is %s in %s", who.User, who.Team)
	x.granted(who.Header.Get(scopes.Header))
	x.clock(who.Header.Get("Date"))
	return true
}

// granted compares the scopes that the token has with those that are needed.
func (x *examiner) granted(header string) {
	has := scopes.Granted(header)
	if has == nil {
		x.add("scopes", finding.Unchecked, "Slack didn't report the token's scopes")
		return
	}
	missing, blind, more := scopes.Without(scopes.Needed, has), scopes.Without(scopes.History, has), scopes.Without(scopes.Without(has, scopes.Needed), scopes.History)
	if len(missing) > 0 {
		x.add("scopes", finding.Faulty, "the token lacks %s; add them under OAuth & Permissions and reinstall the app", strings.Join(missing, ", "))
	} else {
		x.add("scopes", finding.Sound, "all %d are granted", len(scopes.Needed))
	}
	if len(blind) > 0 {
		x.add("scopes", finding.Warning, "without %s gonogo cannot look whether a message arrived whose post Slack did not confirm, and posts it again as a possible duplicate; add them under OAuth & Permissions and install the app again", strings.Join(blind, " and "))
	}
	if len(more) > 0 {
		x.add("scopes", finding.Warning, "the token has more scopes than gonogo needs; remove %s", strings.Join(more, ", "))
	}
}

// mostDrift is how far this machine's clock may be off.
const mostDrift = 30 * time.Second

func (x *examiner) clock(date string) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	if drift := time.Since(at); drift > mostDrift || drift < -mostDrift {
		x.add("clock", finding.Warning, "this machine's clock differs from Slack's by %s; synchronise it with NTP, because deadlines and evidence depend on it", drift.Abs().Round(time.Second))
	}
}

// app checks the app-level token by asking for a socket's address, which opens none.
func (x *examiner) app(ctx context.Context) {
	const subject = "SLACK_APP_TOKEN"
	switch {
	case x.access.AppToken == "":
		x.add(subject, finding.Faulty, "it isn't set; generate an app-level token with the scope connections:write under Basic Information")
		return
	case !strings.HasPrefix(x.access.AppToken, "xapp-"):
		x.add(subject, finding.Faulty, "it isn't an app-level token; generate one under Basic Information, it begins with xapp-")
		return
	}
	if _, _, err := x.api.StartSocketModeContext(ctx); err != nil {
		x.add(subject, finding.Faulty, "%s", whyRefused(err, "generate a new one with the scope connections:write, and check that Socket Mode is enabled"))
		return
	}
	x.add(subject, finding.Sound, "Slack accepts Socket Mode connections")
}

// channel checks that a channel exists and has the bot in it.
func (x *examiner) channel(ctx context.Context, id string) {
	subject := "channel " + id
	place, err := x.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	switch {
	case slackerr.Code(err) == "missing_scope":
		x.add(subject, finding.Unchecked, "the token can't read channels; add the scopes channels:read and groups:read to check this")
	case slackerr.Code(err) == "channel_not_found":
		x.add(subject, finding.Faulty, "the channel doesn't exist, or is private and the bot isn't a member; copy the ID from the channel's details and type /invite @gonogo there")
	case err != nil:
		x.add(subject, finding.Faulty, "%s", whyRefused(err, "check the ID"))
	case place.IsArchived:
		x.add(subject, finding.Faulty, "#%s is archived; unarchive it or use another channel", place.Name)
	case !place.IsMember:
		x.add(subject, finding.Faulty, "the bot isn't in #%s; type /invite @gonogo there", place.Name)
	default:
		x.add(subject, finding.Sound, "the bot is in #%s", place.Name)
	}
}

// role checks a role's user group and people.
func (x *examiner) role(ctx context.Context, role checklist.Role, seen map[string]bool) {
	if role.Usergroup != "" && !seen[role.Usergroup] {
		seen[role.Usergroup] = true
		x.group(ctx, role)
	}
	for _, id := range role.Users {
		if !seen[id] {
			seen[id] = true
			x.person(ctx, id, role)
		}
	}
}

func (x *examiner) group(ctx context.Context, role checklist.Role) {
	subject := "user group " + role.Usergroup
	users, err := people.ReadGroup(ctx, x.api, role.Usergroup)
	var off *people.DisabledGroup
	switch {
	case errors.As(err, &off):
		x.add(subject, finding.Faulty, "@%s is disabled, so nobody is %s; enable it in Slack, or configure another user group", off.Handle, people.RoleName(role))
	case slackerr.Code(err) == "no_such_subteam", slackerr.Code(err) == "subteam_not_found":
		x.add(subject, finding.Faulty, "the user group doesn't exist, so nobody is %s; copy the ID from the group's details", people.RoleName(role))
	case slackerr.Code(err) == "plan_upgrade_required", slackerr.Code(err) == "paid_only":
		x.add(subject, finding.Faulty, "the workspace's plan doesn't include user groups; list the people of %s under users", people.RoleName(role))
	case err != nil:
		x.add(subject, finding.Faulty, "%s", whyRefused(err, "add the scope usergroups:read and reinstall the app"))
	case len(users) == 0:
		x.add(subject, finding.Warning, "it has no members, so nobody is %s", people.RoleName(role))
	case len(users) == 1:
		x.add(subject, finding.Sound, "its only member is %s", people.RoleName(role))
	default:
		x.add(subject, finding.Sound, "its %d members are %s", len(users), people.RoleName(role))
	}
}

func (x *examiner) person(ctx context.Context, id string, role checklist.Role) {
	subject := "person " + id
	user, err := x.api.GetUserInfoContext(ctx, id)
	switch {
	case slackerr.Code(err) == "user_not_found", slackerr.Code(err) == "user_not_visible":
		x.add(subject, finding.Faulty, "the workspace has no member with this ID, who should be %s; copy the member ID from the profile", people.RoleName(role))
	case err != nil:
		x.add(subject, finding.Unchecked, "%s", whyRefused(err, "add the scope users:read and reinstall the app"))
	case user.Deleted:
		x.add(subject, finding.Faulty, "%s was deactivated and can no longer be %s", user.Name, people.RoleName(role))
	case user.IsBot:
		x.add(subject, finding.Faulty, "%s is a bot and can't be %s", user.Name, people.RoleName(role))
	case user.IsRestricted || user.IsUltraRestricted || user.IsStranger:
		x.add(subject, finding.Faulty, "%s is a guest, and guests can't use gonogo; %s must be a full member", user.Name, people.RoleName(role))
	default:
		x.add(subject, finding.Sound, "%s is %s", user.Name, people.RoleName(role))
	}
}

// whyRefused is the sentence for a failed call, with Slack's error code if there
// is one.
func whyRefused(err error, next string) string {
	var limited *slack.RateLimitedError
	switch said := slackerr.Code(err); {
	case errors.As(err, &limited):
		return fmt.Sprintf("Slack limits the rate; try again in %s", limited.RetryAfter)
	case said != "":
		return fmt.Sprintf("Slack responded with %s; %s", said, next)
	}
	return "Slack doesn't respond; check SLACK_API_URL and the network"
}
