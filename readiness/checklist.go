package readiness

import (
	"slices"
	"time"
)

// Checklist is what must be true before a release goes out, and who may say
// so. It is immutable once built; bot/config builds it.
type Checklist struct {
	Project      string
	Zone         *time.Location // on whose clocks times stand in sentences; nil: UTC
	Sections     []Section      // asked before a release goes out, in order
	Afterwards   []Section      // asked after it went out; they block nothing and do not count towards the score
	SignOffs     []SignOffRule
	Environments []Environment
	Milestones   []Milestone
	Freezes      []Freeze // windows in which nothing goes out
	Roles        []Role
	Permissions  map[string][]string // what may be done (run, check, deploy, …) to the roles that may do it; absent: nobody
	Kinds        []ReleaseKind       // releases that ask for less than the usual one, such as a hotfix

	HoldingSeverities []string // severities of alerts that hold, in lower case; nil: DefaultSeverity
	Escalation        EscalationRule

	items   map[string]*Item
	answers int // that the items ask for
}

// Section is a titled group of items with a weight in the score.
type Section struct {
	ID, Title string
	Weight    float64       // relative; 1 unless the configuration says otherwise
	Within    time.Duration // for Afterwards: how long after the deployment it is due
	Live      string        // for Afterwards: the environment on which going live opens it; empty: it is open from the start
	Figures   []Figure
	Items     []*Item
}

// Item is one line of the checklist. Exactly one of Gate and Manual is set.
type Item struct {
	ID, Title    string
	Section      string   // the section's ID
	Gate         *Gate    // measured
	Manual       *Manual  // answered by a person
	Needs        []string // items that come before it on the timeline
	Blocks       []string // environments whose deployment it holds back, resolved from item, section and default
	Environments []string // asked once per environment named; empty: once for the release
	Scope        Scope    // for what an answer counts; empty: ReleaseScope

	// BlocksAfter is set where each answer holds back other environments: by the
	// environment it is asked for, those that come after it. Blocks has them all.
	BlocksAfter map[string][]string
	// BlockedBefore is what the item held back before scopes were known, where
	// that is more than Blocks; nil: the same.
	BlockedBefore []string
	// Definition names the question that the item asks. Index sets it. Where
	// environments have settings of their own, Asks tells each one's.
	Definition Definition
	Off        bool   // its `when` does not hold: not applicable to any release
	Owner      string // role that looks after it
	Estimate   time.Duration
	Every      time.Duration // scheduled check; 0: only when asked
	MaxAge     time.Duration // how long evidence counts; 0: the release's life
	Fix        string        // runbook that mends it
	FixFor     []string      // environments that the runbook is run for, one at a time; empty: for none in particular
	Figures    []Figure      // what the source says about one thing, when it says more than one thing

	// Index sets what follows.
	keys     []Key // what Keys lists
	position int   // of the first of them among all answers of the checklist
}

// Gate names what measures an item. How it measures is the business of
// package gates; readiness knows only when evidence was taken under other
// settings, and what of gonogo's own state a gate reads.
type Gate struct {
	Kind      string
	Settings  string            // hash of the settings; evidence under another hash is stale
	Own       map[string]string // by environment whose connections make its settings others: their hash
	Condition *Condition        // set for gates that read gonogo's own state; they are always current
}

// SettingsFor is the hash of the settings under which an environment is
// measured; "" is the release.
func (g *Gate) SettingsFor(environment string) string {
	if own, ok := g.Own[environment]; ok {
		return own
	}
	return g.Settings
}

// Manual says who may answer an item and what they must bring.
type Manual struct {
	By       []string // roles; empty: whoever holds the permission "check"
	Evidence EvidenceForm
}

// EvidenceForm is what a person must bring to check a manual item.
type EvidenceForm string

// The forms of evidence a manual item can demand.
const (
	NeedsNothing EvidenceForm = "none"
	NeedsNote    EvidenceForm = "note"
	NeedsLink    EvidenceForm = "link"
	NeedsFile    EvidenceForm = "file"
)

// Figure is one statement of a number. An item or a section whose figures
// differ is shown with that mismatch; gonogo does not choose between them.
type Figure struct{ Label, Value string }

// Condition is something true or false in gonogo's own state. Exactly one of
// Deployed, SignedOff and Section is set.
type Condition struct {
	Deployed  string // environment on which this release is live and verified
	SignedOff string // environment for which every role has approved, or the one in Role
	Role      string // with SignedOff: the only role that is asked about; empty: every role
	Section   string // section that is complete
}

// SignOffRule says who must approve a release for an environment.
type SignOffRule struct {
	Environment  string
	Roles        []string
	SelfApproval bool          // whether the one who deploys may be among the approvers
	Expires      time.Duration // how long an approval counts; 0: the release's life
}

// ReleaseKind is a sort of release that asks for less than the usual one, such
// as a hotfix.
type ReleaseKind struct {
	ID, Title string
	Sections  []string      // the sections it is asked; empty: all
	SignOffs  []SignOffRule // in place of the checklist's, for the environments they name
}

// Environment is a place a release goes to.
type Environment struct {
	Name  string
	URL   string
	After []string // environments on which the same version must be live first
	App   string   // what gonogo asks a platform about to know what is live there; empty: there is no platform to ask
}

// Milestone is a named point of the timeline: every item of its sections
// lets through, and, where an environment is named, the release is live there.
type Milestone struct {
	ID, Title   string
	Sections    []string
	Environment string
	Estimate    time.Duration // of the deployment itself
}

// Role is a hat people wear; members are listed, or are those of a Slack user
// group, or both.
type Role struct {
	ID, Title string
	Users     []string // Slack user IDs
	Usergroup string   // Slack user group ID
	Deputies  *Deputies
}

// Deputies stand in for a role where something waits that nobody in the role
// has answered for a while.
type Deputies struct {
	After time.Duration
	Users []string // Slack user IDs
	Roles []string // whose holders are deputies, too
}

// Named is the people who are named as deputies of a role, as a role of their own.
func (r Role) Named() Role {
	return Role{ID: r.ID + "/deputies", Title: "deputies of " + r.Title, Users: r.Deputies.Users}
}

// People lists all whose membership has to be known: the roles, and the people
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

// Key names one answer: an item, and the environment it is asked for ("" when
// it is asked once for the release).
type Key struct{ Item, Environment string }

// String writes a key as people write it: item, or item@environment.
func (k Key) String() string {
	if k.Environment == "" {
		return k.Item
	}
	return k.Item + "@" + k.Environment
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

// AllSections are the sections in their order: those that a release waits for, and
// those that are asked after its deployment.
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

// SectionAfterwards finds a section that is asked after the deployment.
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

// SignOff finds the rule for an environment; ok is false where nobody has to
// approve.
func (c *Checklist) SignOff(environment string) (rule SignOffRule, ok bool) {
	for _, r := range c.SignOffs {
		if r.Environment == environment {
			return r, true
		}
	}
	return SignOffRule{}, false
}

// Keys lists the answers an item asks for. The list is shared: nobody may
// change it.
func (it *Item) Keys() []Key {
	if it.keys != nil {
		return it.keys
	}
	return it.listKeys()
}

func (it *Item) listKeys() []Key {
	if len(it.Environments) == 0 {
		return []Key{{Item: it.ID}}
	}
	keys := make([]Key, len(it.Environments))
	for i, env := range it.Environments {
		keys[i] = Key{it.ID, env}
	}
	return keys
}

// Position is where an answer comes among all answers of the checklist, from 0;
// -1 where the item does not ask for it.
func (it *Item) Position(key Key) int {
	i := slices.Index(it.keys, key)
	if i < 0 {
		return -1
	}
	return it.position + i
}

// KeysFor lists the answers that matter to an environment: where each answer
// holds back other environments, those that hold back this one; else the one
// asked for it where there is one, and otherwise all.
func (it *Item) KeysFor(environment string) []Key {
	if it.BlocksAfter != nil {
		return slices.DeleteFunc(slices.Clone(it.Keys()), func(k Key) bool { return !slices.Contains(it.BlocksAfter[k.Environment], environment) })
	}
	keys := it.Keys()
	for i, key := range keys {
		if key.Environment == environment && environment != "" {
			return keys[i : i+1 : i+1]
		}
	}
	return keys
}

// HeldBack lists the environments that an answer holds back while it is not met.
func (it *Item) HeldBack(key Key) []string {
	return slices.DeleteFunc(slices.Clone(it.Blocks), func(env string) bool { return !slices.Contains(it.KeysFor(env), key) })
}

// BlocksOn reports whether the item holds back deployments to environment.
func (it *Item) BlocksOn(environment string) bool {
	return slices.Contains(it.Blocks, environment)
}

// ComesAfter lists the environments that come after one, directly or through others.
func (c *Checklist) ComesAfter(environment string) []string {
	var after []string
	for _, e := range c.Environments {
		if e.Name != environment && c.isAfter(e.Name, environment, map[string]bool{}) {
			after = append(after, e.Name)
		}
	}
	return after
}

func (c *Checklist) isAfter(name, earlier string, seen map[string]bool) bool {
	e, ok := c.Environment(name)
	if !ok || seen[name] {
		return false
	}
	seen[name] = true
	return slices.ContainsFunc(e.After, func(before string) bool {
		return before == earlier || c.isAfter(before, earlier, seen)
	})
}

// Kind finds a kind of release by its ID.
func (c *Checklist) Kind(id string) (ReleaseKind, bool) {
	i := slices.IndexFunc(c.Kinds, func(k ReleaseKind) bool { return k.ID == id })
	if i < 0 {
		return ReleaseKind{}, false
	}
	return c.Kinds[i], true
}

// Mismatch reports whether figures that speak of the same thing differ.
func Mismatch(figures []Figure) bool {
	for _, f := range figures {
		if f.Value != figures[0].Value {
			return true
		}
	}
	return false
}

// TimeZone is on whose clocks times stand in sentences.
func (c *Checklist) TimeZone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}
