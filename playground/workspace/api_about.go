package workspace

import "slices"

func (w *Workspace) apiTest(c *call) (object, error) {
	if code := c.text("error"); code != "" {
		return nil, apiError{code: code, extra: object{"args": c.args}}
	}
	delete(c.args, "token")
	return object{"args": c.args}, nil
}

func (w *Workspace) authTest(*call) (object, error) {
	return object{
		"url": w.base() + "/", "team": teamName, "team_id": teamID,
		"user": appName, "user_id": botUser, "bot_id": botID, "is_enterprise_install": false,
	}, nil
}

func (w *Workspace) botsInfo(c *call) (object, error) {
	if id := c.text("bot"); id != "" && id != botID {
		return nil, apiError{code: "bot_not_found"}
	}
	return object{"bot": object{
		"id": botID, "deleted": false, "name": appName, "updated": 1767225600, "app_id": appID, "user_id": botUser,
		"icons": object{},
	}}, nil
}

func (w *Workspace) teamInfo(c *call) (object, error) {
	if id := c.text("team"); id != "" && id != teamID {
		return nil, apiError{code: "team_not_found"}
	}
	return object{"team": object{
		"id": teamID, "name": teamName, "domain": teamDomain, "email_domain": "", "icon": object{"image_default": true},
		"url": w.base() + "/",
	}}, nil
}

// wireUser is a member in the form of the Web API.
func wireUser(u User) object {
	return object{
		"id": u.ID, "team_id": u.team(), "name": u.Name, "real_name": u.RealName, "color": u.Color, "deleted": u.Deleted,
		"is_bot": u.IsBot, "is_app_user": false, "is_admin": false, "is_owner": false, "is_primary_owner": false,
		"is_restricted": u.IsGuest, "is_stranger": u.Team != "", "is_ultra_restricted": false, "is_email_confirmed": true,
		"tz": "Asia/Manila", "tz_label": "Philippine Standard Time", "tz_offset": 28800, "updated": 1767225600,
		"profile": wireProfile(u),
	}
}

func wireProfile(u User) object {
	profile := object{
		"title": u.Title, "real_name": u.RealName, "real_name_normalized": u.RealName,
		"display_name": u.Name, "display_name_normalized": u.Name, "team": u.team(), "status_text": "", "status_emoji": "",
	}
	if u.IsBot {
		profile["api_app_id"], profile["bot_id"] = appID, botID
	}
	return profile
}

func (w *Workspace) usersInfo(c *call) (object, error) {
	user, ok := w.people.user(c.text("user"))
	if !ok {
		return nil, apiError{code: "user_not_found"}
	}
	return object{"user": wireUser(user)}, nil
}

func (w *Workspace) usersList(c *call) (object, error) {
	page, next := limited(c.args, w.people.users, len(w.people.users), 1000)
	members := []object{}
	for _, u := range page {
		members = append(members, wireUser(u))
	}
	return object{"members": members, "cache_ts": w.now().Unix(), "response_metadata": cursor(next)}, nil
}

func wireGroup(g *Group, withUsers bool) object {
	group := object{
		"id": g.ID, "team_id": teamID, "is_usergroup": true, "is_subteam": true, "name": g.Name, "handle": g.Handle,
		"description": "", "is_external": false, "date_create": 1767225600, "date_update": 1767225600, "date_delete": g.Disabled,
		"created_by": "U0TL", "updated_by": "U0TL", "user_count": len(g.Users), "prefs": object{"channels": []string{}, "groups": []string{}},
	}
	if withUsers {
		group["users"] = append([]string{}, g.Users...)
	}
	return group
}

func (w *Workspace) usergroupsList(c *call) (object, error) {
	groups := []object{}
	for _, g := range w.people.groups {
		if g.Disabled != 0 && !c.boolean("include_disabled") {
			continue
		}
		groups = append(groups, wireGroup(g, c.boolean("include_users")))
	}
	return object{"usergroups": groups}, nil
}

func (w *Workspace) usergroupsUsersList(c *call) (object, error) {
	group, ok := w.people.group(c.text("usergroup"))
	if !ok || group.Disabled != 0 && !c.boolean("include_disabled") {
		return nil, apiError{code: "no_such_subteam"}
	}
	return object{"users": append([]string{}, slices.Clone(group.Users)...)}, nil
}
