package workspace

import (
	"maps"
	"slices"
)

// method is one method of the Web API.
type method struct {
	do    func(*Workspace, *call) (object, error)
	scope string // the scope that the token needs; empty: none
	rate  int    // calls a minute; 0: unlimited
	app   bool   // needs the app-level token
	open  bool   // needs no token
}

// Slack's rate limit tiers, in calls a minute (docs.slack.dev/apis/web-api/rate-limits).
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// methods are all supported methods.
var methods = map[string]method{
	"api.test":              {do: (*Workspace).apiTest, open: true},
	"auth.test":             {do: (*Workspace).authTest},
	"apps.connections.open": {do: (*Workspace).connectionsOpen, app: true, rate: tier3},
	"bots.info":             {do: (*Workspace).botsInfo, scope: "users:read", rate: tier3},
	"team.info":             {do: (*Workspace).teamInfo, scope: "team:read", rate: tier3},

	"chat.postMessage":   {do: (*Workspace).chatPostMessage, scope: "chat:write"}, // limited per channel
	"chat.postEphemeral": {do: (*Workspace).chatPostEphemeral, scope: "chat:write", rate: tier4},
	"chat.update":        {do: (*Workspace).chatUpdate, scope: "chat:write", rate: tier3},
	"chat.delete":        {do: (*Workspace).chatDelete, scope: "chat:write", rate: tier3},
	"chat.getPermalink":  {do: (*Workspace).chatGetPermalink, rate: 10 * tier4},

	"conversations.info":    {do: (*Workspace).conversationsInfo, scope: "channels:read", rate: tier3},
	"conversations.list":    {do: (*Workspace).conversationsList, scope: "channels:read", rate: tier2},
	"conversations.members": {do: (*Workspace).conversationsMembers, scope: "channels:read", rate: tier4},
	"conversations.history": {do: (*Workspace).conversationsHistory, scope: "channels:history", rate: tier3},
	"conversations.replies": {do: (*Workspace).conversationsReplies, scope: "channels:history", rate: tier3},
	"conversations.open":    {do: (*Workspace).conversationsOpen, scope: "im:write", rate: tier3},
	"conversations.join":    {do: (*Workspace).conversationsJoin, scope: "channels:join", rate: tier3},

	"users.info":            {do: (*Workspace).usersInfo, scope: "users:read", rate: tier4},
	"users.list":            {do: (*Workspace).usersList, scope: "users:read", rate: tier2},
	"usergroups.list":       {do: (*Workspace).usergroupsList, scope: "usergroups:read", rate: tier2},
	"usergroups.users.list": {do: (*Workspace).usergroupsUsersList, scope: "usergroups:read", rate: tier2},

	"views.open":    {do: (*Workspace).viewsOpen, rate: tier4},
	"views.push":    {do: (*Workspace).viewsPush, rate: tier4},
	"views.update":  {do: (*Workspace).viewsUpdate, rate: tier4},
	"views.publish": {do: (*Workspace).viewsPublish, rate: tier4},

	"reactions.add":    {do: (*Workspace).reactionsAdd, scope: "reactions:write", rate: tier3},
	"reactions.remove": {do: (*Workspace).reactionsRemove, scope: "reactions:write", rate: tier2},

	"files.getUploadURLExternal":   {do: (*Workspace).filesGetUploadURL, scope: "files:write", rate: tier4},
	"files.completeUploadExternal": {do: (*Workspace).filesCompleteUpload, scope: "files:write", rate: tier4},
}

// knownScopes are the scopes of all methods, and others that the app's manifest asks for.
func knownScopes() []string {
	scopes := map[string]bool{"commands": true, "app_mentions:read": true, "groups:read": true, "groups:history": true}
	for _, m := range methods {
		if m.scope != "" {
			scopes[m.scope] = true
		}
	}
	return slices.Sorted(maps.Keys(scopes))
}
