package workspace

import (
	"cmp"
	_ "embed" // the commands
	"encoding/json"
	"slices"
)

// The fixed identifiers of the practice workspace. The tokens are valid only here.
const (
	teamID     = "T0PRACTICE"
	teamName   = "InsightPulse"
	teamDomain = "insightpulse"
	appID      = "A0GONOGO"
	appName    = "gonogo"
	botUser    = "U0GONOGO"
	botID      = "B0GONOGO"
	botToken   = "xoxb-practice-0000000000-gonogo"
	appToken   = "xapp-practice-1-A0GONOGO-0000000000"
	// verification is the deprecated verification token in every payload, which Slack still sends.
	verification = "practice-verification-token"
)

// A User is a person in the workspace, or the app's bot.
type User struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	RealName string `json:"real_name"`
	Title    string `json:"title"`
	Color    string `json:"color"`
	IsBot    bool   `json:"is_bot"`
	IsGuest  bool   `json:"is_guest"`
	Team     string `json:"team,omitempty"`    // the other workspace that a person is from
	Deleted  bool   `json:"deleted,omitempty"` // deactivated
}

// team is the workspace that a person belongs to.
func (u User) team() string { return cmp.Or(u.Team, teamID) }

// A Group is a user group, mentioned by its handle.
type Group struct {
	ID     string   `json:"id"`
	Handle string   `json:"handle"`
	Name   string   `json:"name"`
	Users  []string `json:"users"`

	Disabled int64 `json:"date_delete,omitempty"` // when it was disabled, in Unix seconds; 0: it isn't
}

// A Command is a slash command that the app declared in its manifest.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
	UsageHint   string `json:"usage_hint"`
}

// people are the members and groups of the workspace, in the order they are listed.
type people struct {
	users  []User
	groups []*Group
}

func practicePeople() people {
	return people{
		users: []User{
			{ID: "U0PO", Name: "priya", RealName: "Priya Santos", Title: "Product Owner", Color: "b3446c"},
			{ID: "U0TL", Name: "tomas", RealName: "Tomas Lindqvist", Title: "Technical Lead", Color: "2f6f9f"},
			{ID: "U0SO", Name: "samira", RealName: "Samira Okafor", Title: "Security Officer", Color: "7a5195"},
			{ID: "U0PM", Name: "paolo", RealName: "Paolo Mendoza", Title: "Project Manager", Color: "a05d1f"},
			{ID: "U0DEV", Name: "dana", RealName: "Dana Reyes", Title: "Deployer", Color: "2f7d4f"},
			{ID: "U0ONCALL", Name: "omar", RealName: "Omar Castillo", Title: "On call", Color: "b03a2e"},
			{ID: "U0NEW", Name: "nina", RealName: "Nina Park", Title: "No role yet", Color: "5d6d7e"},
			{ID: "U0GUEST", Name: "gus", RealName: "Gus Visitor", Title: "Guest", Color: "7f7f00", IsGuest: true},
			{ID: botUser, Name: appName, RealName: appName, Title: "App", Color: "1d1c1d", IsBot: true},
		},
		groups: []*Group{
			{ID: "S0PM", Handle: "project-managers", Name: "Project managers", Users: []string{"U0PM"}},
			{ID: "S0ONCALL", Handle: "on-call", Name: "On call", Users: []string{"U0ONCALL"}},
		},
	}
}

func practiceChannels() map[string]*channel {
	everyone := []string{"U0PO", "U0TL", "U0SO", "U0PM", "U0DEV", "U0ONCALL", "U0NEW", "U0GUEST"}
	channels := map[string]*channel{}
	for _, c := range []Channel{
		{ID: "C0RELEASES", Name: "releases", Topic: "What goes out, and when", Members: append(slices.Clone(everyone), botUser)},
		{ID: "C0ONCALL", Name: "on-call", Topic: "Alerts and rollbacks", Members: append(slices.Clone(everyone), botUser)},
		{ID: "C0GENERAL", Name: "general", Topic: "Everything else", Members: everyone},
	} {
		channels[c.ID] = newChannel(c)
	}
	return channels
}

//go:embed commands.json
var commandsJSON []byte

// practiceCommands are the slash commands of the app's manifest, from which
// commands.json is generated. Other commands are delivered too, for apps other than
// gonogo.
var practiceCommands = func() (list []Command) {
	if err := json.Unmarshal(commandsJSON, &list); err != nil {
		panic("commands.json: " + err.Error())
	}
	return list
}()

func (p people) user(id string) (User, bool) {
	i := slices.IndexFunc(p.users, func(u User) bool { return u.ID == id })
	if i < 0 {
		return User{}, false
	}
	return p.users[i], true
}

// byName finds the user that @name refers to.
func (p people) byName(name string) (User, bool) {
	i := slices.IndexFunc(p.users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return User{}, false
	}
	return p.users[i], true
}

// person is a member who can act: anyone but the bot.
func (p people) person(id string) (User, error) {
	user, ok := p.user(id)
	if !ok || user.IsBot {
		return User{}, unknown("person", id)
	}
	return user, nil
}

func (p people) group(id string) (*Group, bool) {
	i := slices.IndexFunc(p.groups, func(g *Group) bool { return g.ID == id })
	if i < 0 {
		return nil, false
	}
	return p.groups[i], true
}
