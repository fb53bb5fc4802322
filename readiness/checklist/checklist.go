package checklist

import (
	"slices"
	"time"
)

// Checklist is what must be true before a release goes out, and who may say
// so. It is immutable once built; bot/config builds it.
type Checklist struct {
	Project      string
	Zone         *time.Location // for times in sentences; nil: UTC
	Sections     []Section      // checked before a release is deployed, in order
	Afterwards   []Section      // checked after it was deployed; they block nothing and don't count in the score
	SignOffs     []SignOffRule
	Environments []Environment
	Milestones   []Milestone
	Freezes      []Freeze // windows in which nothing is deployed
	Roles        []Role
	Permissions  map[string][]string // by permission (run, check, deploy, …): the roles that have it; absent: nobody
	Declarations []Declaration       // triggers that people declare
	Kinds        []ReleaseKind       // releases that need less than the usual one, such as a hotfix

	HoldingSeverities []string // severities of alerts that block, in lower case; nil: DefaultSeverity
	Escalation        EscalationRule

	items   map[string]*Item
	answers int // how many the items ask for
}

// Index prepares the checklist for look-ups. bot/config calls it once after
// building; a checklist that was not indexed finds nothing.
func (c *Checklist) Index() *Checklist {
	c.items, c.answers = make(map[string]*Item), 0
	for _, sections := range [][]Section{c.Sections, c.Afterwards} {
		for _, s := range sections {
			for _, it := range s.Items {
				it.Section, it.Definition = s.ID, it.define()
				it.keys, it.position = slices.Clip(it.listKeys()), c.answers
				c.answers += len(it.keys)
				c.items[it.ID] = it
			}
		}
	}
	return c
}

// Item finds an item by its ID.
func (c *Checklist) Item(id string) (*Item, bool) {
	it, ok := c.items[id]
	return it, ok
}

// AnswerCount is how many answers the items ask for.
func (c *Checklist) AnswerCount() int { return c.answers }

// AllSections are all sections in order: those that a release waits for, and those
// checked after its deployment.
func (c *Checklist) AllSections() []Section { return slices.Concat(c.Sections, c.Afterwards) }

// Section finds a section by its ID, among those before and those after the
// deployment.
func (c *Checklist) Section(id string) (Section, bool) {
	for _, sections := range [][]Section{c.Sections, c.Afterwards} {
		for _, s := range sections {
			if s.ID == id {
				return s, true
			}
		}
	}
	return Section{}, false
}

// SectionAfterwards finds a section that is checked after the deployment.
func (c *Checklist) SectionAfterwards(id string) (Section, bool) {
	for _, s := range c.Afterwards {
		if s.ID == id {
			return s, true
		}
	}
	return Section{}, false
}

// Environment finds an environment by name.
func (c *Checklist) Environment(name string) (Environment, bool) {
	for _, e := range c.Environments {
		if e.Name == name {
			return e, true
		}
	}
	return Environment{}, false
}

// Role finds a role by its ID.
func (c *Checklist) Role(id string) (Role, bool) {
	for _, r := range c.Roles {
		if r.ID == id {
			return r, true
		}
	}
	return Role{}, false
}

// SignOff finds the rule for an environment; ok is false if nobody has to approve.
func (c *Checklist) SignOff(environment string) (rule SignOffRule, ok bool) {
	for _, r := range c.SignOffs {
		if r.Environment == environment {
			return r, true
		}
	}
	return SignOffRule{}, false
}

// Kind finds a kind of release by its ID.
func (c *Checklist) Kind(id string) (ReleaseKind, bool) {
	i := slices.IndexFunc(c.Kinds, func(k ReleaseKind) bool { return k.ID == id })
	if i < 0 {
		return ReleaseKind{}, false
	}
	return c.Kinds[i], true
}

// People lists everybody whose membership has to be known: the roles, and the people
// who are named as deputies.
func (c *Checklist) People() []Role {
	all := slices.Clone(c.Roles)
	for _, r := range c.Roles {
		if r.Deputies != nil && len(r.Deputies.Users) > 0 {
			all = append(all, r.Named())
		}
	}
	return all
}

// TimeZone is the time zone for times in sentences.
func (c *Checklist) TimeZone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Section is a titled group of items with a weight in the score.
type Section struct {
	ID, Title string
	Weight    float64       // relative; 1 unless the configuration says otherwise
	Within    time.Duration // for Afterwards: how long after the deployment it is due
	Live      string        // for Afterwards: the environment whose deployment opens it; empty: it is open from the start
	Figures   []Figure
	Items     []*Item
}

// SignOffRule says who must approve a release for an environment.
type SignOffRule struct {
	Environment  string
	Roles        []string
	SelfApproval bool          // whether the person who deploys may be among the approvers
	Expires      time.Duration // how long an approval counts; 0: the release's life
}

// ReleaseKind is a kind of release that needs less than the usual one, such as a
// hotfix.
type ReleaseKind struct {
	ID, Title string
	Sections  []string      // the sections that apply to it; empty: all
	OneWay    bool          // it changes something that can't be undone
	SignOffs  []SignOffRule // instead of the checklist's, for the environments that they name
}

// Declaration is a trigger of an environment that nothing measures, such as corrupt data:
// people in some roles declare it.
type Declaration struct {
	Environment, Trigger, Title string
	Hard                        bool
	Roles                       []string
}

// Milestone is a named point of the timeline: every item of its sections passes and, if
// an environment is named, the release is live there.
type Milestone struct {
	ID, Title   string
	Sections    []string
	Environment string
	Estimate    time.Duration // of the deployment itself
}

// Role is a group of people who may do or sign off something: listed users, a Slack user
// group, or both.
type Role struct {
	ID, Title string
	Users     []string // Slack user IDs
	Usergroup string   // Slack user group ID
	Deputies  *Deputies
}

// Named is the people who are named as deputies of a role, as a role of their own.
func (r Role) Named() Role {
	return Role{ID: r.ID + "/deputies", Title: "deputies of " + r.Title, Users: r.Deputies.Users}
}

// Deputies may act for a role when nobody in the role has responded for a while.
type Deputies struct {
	After time.Duration
	Users []string // Slack user IDs
	Roles []string // whose holders are deputies, too
}
