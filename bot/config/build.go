package config

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/commands"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/alertpath"
	"gonogo/gates/oncall"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// permissions is all that can be permitted.
var permissions = []string{"run", "fix", "check", "release", "waive", "deploy", "lock", "rollback", "alerts"}

// builder makes a Config from a document: it resolves references and notes those it
// can't.
type builder struct {
	*strictyaml.Decoder
	doc    *document
	config *Config
	deps   gates.Deps

	items         map[string]*itemPart           // by ID; of several with the same ID, the first
	sections      map[string]strictyaml.Pos      // by ID, including those after the deployment
	printed       []string                       // variables that programs which deploy see, and may print
	byEnvironment map[string]environmentDeps     // by environment: its connections
	reads         map[string]checklist.Condition // by item, for gates that read gonogo's own state
	deployedBy    map[deploy.App]string          // what is deployed to, with the environment that deploys it
	pending       []pending
	shown         map[string]string // names of variables by value, which gates show in place of the value
	unobserved    []string          // gates that measure environments where gonogo doesn't learn what is deployed
}

// pending is something that the file uses and this version doesn't support.
type pending struct {
	strictyaml.Pos
	what string
}

func newBuilder(d *strictyaml.Decoder, doc *document, environ func(string) (string, bool), dir string) *builder {
	path, people := &alertpath.Watch{}, &oncall.Roster{}
	b := &builder{
		Decoder: d,
		doc:     doc,
		config: &Config{Environ: environ, Gates: map[answer.Key]gates.Built{}, Targets: map[string]string{}, Environments: map[string]deploy.Environment{},
			Obstacles: map[string]string{}, Checklist: &checklist.Checklist{Permissions: map[string][]string{}}},
		deps:          gates.Deps{Connections: map[string]connection.Connection{}, Asked: map[string]bool{}, Dir: dir, Environ: environ, AlertPath: path, OnCall: people},
		items:         map[string]*itemPart{},
		sections:      map[string]strictyaml.Pos{},
		deployedBy:    map[deploy.App]string{},
		byEnvironment: map[string]environmentDeps{},
		reads:         map[string]checklist.Condition{},
		shown:         map[string]string{},
	}
	b.config.Alerts.Path, b.config.OnCall = path, people
	return b
}

func (b *builder) build() {
	b.basics()
	b.outgoing()
	b.connections()
	b.roles()
	b.permissions()
	b.environments()
	b.freezes()
	b.runbooks()
	b.name()
	b.checklist()
	b.afterwards()
	b.overrides()
	b.signOffs()
	b.releaseKinds()
	b.milestones()
	b.outside()
	b.notable()
	b.order()
	b.notYet()
	b.config.Checklist.Index()
}

// basics takes over values that need no checking beyond their own.
func (b *builder) basics() {
	c, doc := b.config, b.doc
	if doc.Project.Set && strings.TrimSpace(doc.Project.V) == "" {
		b.Fault(doc.Project.Pos, "project is empty; write the name of the project")
	}
	c.Project, c.Checklist.Project = doc.Project.V, doc.Project.V
	c.Location = cmp.Or(doc.Timezone.V.Location, time.UTC)
	c.Checklist.Zone = c.Location
	c.Slack.Releases = string(doc.Slack.Releases.V)
	c.Slack.OnCall = string(cmp.Or(doc.Slack.OnCall.V, doc.Slack.Releases.V))
	c.Slack.Connections = 2
	if n := doc.Slack.Connections; n.Set {
		c.Slack.Connections = n.V
		if n.V < 1 || n.V > 10 {
			b.Fault(n.Pos, "connections must be from 1 to 10, Slack's limit for one app")
		}
	}
	c.Listen = string(doc.Listen.V)
	b.storage()
}

func (b *builder) storage() {
	s := b.doc.Storage
	switch {
	case s.Bolt.Set && s.Postgres.Set:
		b.Fault(s.Postgres.Pos, "storage has both bolt and postgres; keep the one that has the ledger")
	case s.Bolt.Set && s.Bolt.V == "":
		b.Fault(s.Bolt.Pos, "bolt is empty; write the path of the ledger file, such as gonogo.db")
	case s.Files.Set && s.Files.V == "":
		b.Fault(s.Files.Pos, "files is empty; write the path of a folder, such as gonogo.files")
	}
	if s.Postgres.Set {
		b.config.Storage = ledgerInPostgres(b.deps.Dir, string(s.Postgres.V), string(s.Schema.V), s.Files.V)
		if u, err := url.Parse(string(s.Postgres.V)); err == nil {
			password, _ := u.User.Password()
			b.Hide(password)
		}
		return
	}
	b.only(s.Schema.Set, s.Schema.Pos, "schema")
	b.only(s.Files.Set, s.Files.Pos, "files")
	b.config.Storage.Bolt = ledgerIn(b.deps.Dir, s.Bolt.V)
}

// only refuses a setting of a ledger in PostgreSQL for one in a file.
func (b *builder) only(set bool, at strictyaml.Pos, name string) {
	if set {
		b.Fault(at, "%s is for a ledger in PostgreSQL; remove it, or set postgres", name)
	}
}

// later notes something that the file uses and this version doesn't support.
func (b *builder) later(at strictyaml.Pos, format string, args ...any) {
	b.pending = append(b.pending, pending{at, fmt.Sprintf(format, args...)})
}

// notYet lists what is pending in the order of the file.
func (b *builder) notYet() {
	slices.SortStableFunc(b.pending, func(x, y pending) int { return x.Pos.Compare(y.Pos) })
	for _, p := range b.pending {
		b.config.NotYet = append(b.config.NotYet, p.what+" ("+p.String()+")")
	}
}

// known notes a reference to something that doesn't exist.
func (b *builder) known(r val[string], what string, there []string) bool {
	if !r.Set || slices.Contains(there, r.V) {
		return true
	}
	b.Fault(r.Pos, "there is no %s %q; %s", what, r.V, strictyaml.Suggest(r.V, there))
	return false
}

// list resolves a list of references, none of which may be repeated.
func (b *builder) list(rs refs, what string, there []string) []string {
	list := make([]string, 0, len(rs))
	for _, r := range rs {
		switch {
		case slices.Contains(list, r.V):
			b.Fault(r.Pos, "%s %q is in this list twice; keep one", what, r.V)
		case b.known(r, what, there):
			list = append(list, r.V)
		}
	}
	return list
}

// some is list for a list that must not be empty.
func (b *builder) some(rs val[refs], what string, there []string) []string {
	if rs.Set && len(rs.V) == 0 {
		b.Fault(rs.Pos, "this list is empty; name at least one %s, or remove the line", what)
	}
	return b.list(rs.V, what, there)
}

// typed notes names of a mapping that can't be typed as one word.
func (b *builder) typed(name val[string]) {
	if err := checkIdentifier(name.V); err != nil {
		b.Fault(name.Pos, "%s", err)
	}
}

// The words of the commands are the same for each of the hundreds of names in a file.
var (
	reservedWords = sync.OnceValue(commands.Reserved)
	keywords      = sync.OnceValue(commands.Keywords)
)

// reserved refuses a name that is a word of the commands.
func (b *builder) reserved(at strictyaml.Pos, name, what string) bool {
	words := reservedWords()
	if what == "a section" {
		words = keywords()
	}
	taken := slices.Contains(words, name)
	if taken {
		b.Fault(at, "%s can't be named %q, which is a reserved word; choose another name, such as %s-%s", what, name, name, nouns[what])
	}
	return taken
}

// nouns turn a reserved name into one that can be used.
var nouns = map[string]string{"an environment": "site", "an item": "item", "a section": "part", "a runbook": "book"}

// title is what people read: the title, or the ID where there is none.
func title(t val[string], id string) string { return cmp.Or(strings.TrimSpace(t.V), id) }

func figures(written ordered[string]) []checklist.Figure {
	var list []checklist.Figure
	for _, f := range written {
		list = append(list, checklist.Figure{Label: f.Name.V, Value: f.Value})
	}
	return list
}
