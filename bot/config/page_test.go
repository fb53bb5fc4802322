package config

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients"
	"gonogo/clients/connection"
	"gonogo/deploy"
	"gonogo/gates/form"
)

// page is where people read what the file may hold.
const page = "../../docs/configuration.md"

// TestConfigurationPage holds the page to the code: what it says of a setting is
// what stands beside its field.
func TestConfigurationPage(t *testing.T) {
	want := configurationPage(t)
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what the code says; go test ./bot/config -run Page -update writes it anew (-code +page):\n%s", page, diff)
	}
}

// TestDescriptions holds the sentences that editors show to the same comments.
func TestDescriptions(t *testing.T) {
	var b strings.Builder
	all := comments(t, ".", "../../gates", "../../deploy", "../../clients/*")
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s\t%s\n", name, all[name])
	}
	if *update {
		if err := os.WriteFile("descriptions.tsv", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("descriptions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("descriptions.tsv is not what the code says; go test ./bot/config -run Descriptions -update writes it anew (-code +file):\n%s", diff)
	}
}

const head = `# The configuration

One YAML file says what must be true of a release, who may say so, and where it goes. ` + "`gonogo config check FILE`" + ` names every fault
with its line and column, and ` + "`gonogo config schema`" + ` writes the JSON Schema by which editors complete.

Wherever a value stands, ` + "`${NAME}`" + ` takes it from the environment that gonogo starts in, and ` + "`$${`" + ` stands for the characters themselves.
Passwords and tokens may stand in the file in no other way, and are shown nowhere; nor is what a variable puts into a command, a query, a
header, a cookie, or an address behind its host, unless it is a plain word such as production. Where a gate's result would show another
variable's value it shows ` + "`${NAME}`" + `.

Durations are written ` + "`90s`, `15m`, `24h`, `30d`" + `, and limits as [gates.md](gates.md) tells. Names are lower-case letters, digits and
dashes: people type them. YAML's anchors and ` + "`<<`" + ` work; a key that nobody knows is a fault.

This page is made from the code by ` + "`go test ./bot/config -run Page -update`" + `.
`

// examples is a piece of a sound file for each part of it.
var examples = map[string]string{
	"project":     "project: Shop 3",
	"timezone":    "timezone: Europe/Berlin",
	"slack":       "slack: { releases: C0RELEASES, on_call: C0ONCALL, connections: 2 }",
	"storage":     "storage: { bolt: /var/lib/gonogo/gonogo.db }",
	"listen":      "listen: 127.0.0.1:8080",
	"roles":       "roles:\n  lead:     { title: Technical lead, users: [U0TL], deputies: { after: 30m, users: [U0DEV] } }\n  deployer: { users: [U0TL, U0DEV] }\n  on_call:  { usergroup: S0ONCALL }",
	"permissions": "permissions:\n  run:      [deployer]        # gates\n  check:    [deployer]        # items without roles of their own\n  release:  [deployer]\n  waive:    [lead]\n  fix:      [lead]            # runbooks\n  deploy:   [deployer]        # with cancel and adopt\n  lock:     [deployer]        # with unlock\n  rollback: [deployer, on_call]\n  alerts:   [on_call]         # acknowledge, close",
	"connections": "connections:\n  db:      { postgres: { url: \"${DATABASE_URL}\" } }\n  repo:    { github: { repository: acme/shop } }\n  cloud:   { digitalocean: {} }\n  metrics: { prometheus: { url: \"${PROMETHEUS_URL}\" } }\n  alerts:  { alertmanager: { url: \"${ALERTMANAGER_URL}\" } }",
	"checklist": "checklist:\n  - section: tests\n    title: Tests\n    weight: 3\n    items:\n      - item: suite\n        title: Every test passes\n        gate: { junit: { files: reports/*.xml, failed: 0 } }\n        owner: lead\n        estimate: 20m\n        max_age: 24h\n" +
		"      - item: login\n        title: The login page loads\n        gate: { http: { url: \"{target.url}/login\", p95: \"< 3s\" } }\n        environments: [staging, production]\n        every: 15m\n      - item: reviewed\n        title: Somebody read the changes\n        needs: [suite]\n        manual: { by: [lead], evidence: link }",
	"release_kinds":    "release_kinds:\n  hotfix: { sections: [tests], sign_offs: { production: { roles: [lead] } } }",
	"sign_offs":        "sign_offs:\n  production: { roles: [lead], self_approval: false, expires: 24h }",
	"runbooks":         "runbooks:\n  reindex:\n    title: Build the index anew\n    environments: [staging, production]      # it is run for one of them\n    env: [INDEX_URL]\n    steps:\n      - { run: [./reindex, --all, \"{environment}\"], timeout: 30m }",
	"escalate":         "escalate: { after: 5m, to: [lead], webhook: \"${PAGER_URL}\" }",
	"environments":     "environments:\n  staging:\n    url: https://staging.example.com\n    deploy:\n      rolling: { connection: cloud, app: \"${STAGING_APP_ID}\", version_as: { image_tag: web } }\n      health: { consecutive: 3, every: 10s, timeout: 10m }\n      smoke:\n        - { smoke: login, title: The login page loads, gate: { http: { url: \"{target.url}/login\" } } }\n    rollback:\n      mode: ask\n      triggers:\n        - { trigger: errors, title: Errors, prometheus: { connection: metrics, query: \"job:errors:ratio\", limit: \"> 5%\" } }\n  production:\n    url: https://example.com\n    after: [staging]\n    connections: { db: { postgres: { url: \"${PRODUCTION_DATABASE_URL}\" } } }\n    variables: { INDEX_URL: https://index.example.com }",
	"freezes":          "freezes:\n  - { freeze: weekend, title: No deployments at weekends, environments: [production], from: Fri 16:00, to: Mon 08:00, zone: Asia/Manila }\n  - { freeze: year-end, title: Year end, environments: [production], from: 2026-12-18, to: 2027-01-03 }",
	"alerts":           "alerts:\n  token: \"${ALERT_WEBHOOK_TOKEN}\"\n  environment_labels: [deployment.environment.name, environment]\n  mention: false\n  holds: [critical, page]",
	"issues":           "issues: { connection: repo, labels: [release-gate] }",
	"milestones":       "milestones:\n  - { milestone: tested, title: Tests passed, sections: [tests] }\n  - { milestone: live, title: In production, environment: production, estimate: 20m }",
	"after_deployment": "after_deployment:\n  - title: Day 1\n    within: 24h\n    environment: production\n    items:\n      - { item: backups, title: A backup was restored, manual: { evidence: note } }",
}

func configurationPage(t *testing.T) string {
	about := comments(t, ".", "../../deploy", "../../clients/*")
	var b strings.Builder
	b.WriteString(head)
	of := reflect.TypeFor[document]()
	for i := range of.NumField() {
		f := of.Field(i)
		name := f.Tag.Get("yaml")
		example := examples[name]
		if example == "" {
			t.Errorf("there is no example of %s", name)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```yaml\n%s\n```\n", name, upper(sentence(aboutField(t, of, f, about))), example)
		rows := settings(t, f.Type, "", about)
		switch name {
		case "connections":
			rows = nil
			for _, kind := range clients.Connections() {
				rows = append(rows, row{"NAME." + kind.Name, "mapping", "", kind.About})
				rows = append(rows, settings(t, connectionSettings(t, kind), "NAME."+kind.Name+".", about)...)
			}
		case "permissions":
			rows = nil
			for _, permission := range permissions {
				rows = append(rows, row{permission, "list of names", "nobody", permissionUse[permission]})
			}
		}
		if len(rows) == 0 {
			said, usual := withDefault(aboutField(t, of, f, about))
			rows = []row{{name, writtenAs(f), wanted(f, usual), said}}
		}
		b.WriteString("\n| setting | written as | default | what it is |\n|---|---|---|---|\n")
		for _, r := range rows {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.name, r.written, r.usual, strings.ReplaceAll(r.about, "|", `\|`))
		}
	}
	return b.String()
}

// permissionUse says what whoever has a permission may do.
var permissionUse = map[string]string{
	"run":      "run gates, and cancel a run of them",
	"fix":      "run runbooks, and cancel one",
	"check":    "check, uncheck and skip items that name no roles of their own",
	"release":  "open a release, and lift the hold on a version that was rolled back",
	"waive":    "waive an item, and take a waiver back",
	"deploy":   "start and cancel deployments, and adopt what is live",
	"lock":     "lock, unlock and freeze environments, and lift locks and freezes",
	"rollback": "roll back, keep and return, and lift pins and interrupted runs",
	"alerts":   "acknowledge and close alerts, declare false alarms, and lift what alerts hold",
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// row is one setting: how it is written, what holds where it is left out, and
// what it is.
type row struct{ name, written, usual, about string }

// settings are the rows of a table.
func settings(t *testing.T, of reflect.Type, under string, about map[string]string) (rows []row) {
	of, under = within(of, under)
	if of.Kind() != reflect.Struct || strictyaml.ValueType(of) != nil {
		return nil
	}
	for i := range of.NumField() {
		f := of.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			continue
		}
		if name == strictyaml.AnyOf {
			rows = append(rows, strategyRows(t, under, about)...)
			continue
		}
		said, usual := withDefault(aboutField(t, of, f, about))
		rows = append(rows, row{under + name, writtenAs(f), wanted(f, usual), said})
		if name == "items" && under != "" {
			continue // as those of the checklist
		}
		rows = append(rows, settings(t, f.Type, under+name+".", about)...)
	}
	return rows
}

// withDefault takes the words for what holds otherwise off a comment.
func withDefault(comment string) (about, usual string) {
	rest, told := strings.CutSuffix(comment, " unless said")
	i := strings.LastIndex(rest, "; ")
	if !told || i < 0 {
		return comment, ""
	}
	return rest[:i], rest[i+2:]
}

// sentence is a comment without what holds otherwise, which the table tells.
func sentence(comment string) string {
	about, _ := withDefault(comment)
	return about
}

// wanted says that there is no default.
func wanted(f reflect.StructField, usual string) string {
	if f.Tag.Get("require") != "" {
		return "**required**"
	}
	return usual
}

// strategyRows are the rows of each strategy.
func strategyRows(t *testing.T, under string, about map[string]string) (rows []row) {
	for _, kind := range deploy.Kinds() {
		rows = append(rows, row{name: under + kind.Name, written: "mapping", about: kind.About})
		rows = append(rows, settings(t, strategySettings(t, kind), under+kind.Name+".", about)...)
	}
	return rows
}

// strategySettings is the type into which a kind of strategy has its settings
// decoded.
func strategySettings(t *testing.T, kind deploy.Kind) (seen reflect.Type) {
	_, err := kind.New(func(into any) error {
		seen = reflect.TypeOf(into).Elem()
		return errSeen
	}, deploy.Deps{})
	if seen == nil {
		t.Fatalf("%s decoded no settings: %v", kind.Name, err)
	}
	return seen
}

// connectionSettings is the type into which a kind of connection has its settings
// decoded.
func connectionSettings(t *testing.T, kind connection.Kind) (seen reflect.Type) {
	_, err := kind.New("", func(into any) error {
		seen = reflect.TypeOf(into).Elem()
		return errSeen
	}, nowhere)
	if seen == nil {
		t.Fatalf("%s decoded no settings: %v", kind.Name, err)
	}
	return seen
}

// within is the mapping that a value holds, with where its settings stand.
func within(of reflect.Type, under string) (reflect.Type, string) {
	for {
		switch {
		case of.Kind() == reflect.Pointer, of.Kind() == reflect.Slice && strictyaml.EntryType(of) == nil:
			of = of.Elem()
		case strictyaml.EntryType(of) != nil:
			of, under = strictyaml.EntryType(of), under+"NAME."
		case strictyaml.ValueType(of) != nil:
			v := strictyaml.ValueType(of)
			if v.Kind() != reflect.Slice || v.Elem().Kind() != reflect.Struct {
				return of, under
			}
			of = v
		default:
			return of, under
		}
	}
}

// aboutField is what stands beside a field, or what a file that lacks it is told.
func aboutField(t *testing.T, of reflect.Type, f reflect.StructField, about map[string]string) string {
	text := about[fieldName(of, f)]
	if text == "" {
		text = f.Tag.Get("require")
	}
	if text == "" {
		t.Errorf("%s has no comment beside it that says what the setting is", fieldName(of, f))
	}
	return text
}

// writtenAs is how the value of a field is written.
func writtenAs(f reflect.StructField) string {
	if words := f.Tag.Get("words"); words != "" {
		all := strings.Split(words, ",")
		return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
	}
	text := word(f.Type)
	if to := f.Tag.Get("to"); to != "" {
		text += ", " + f.Tag.Get("from") + " to " + to
	}
	return text
}

// words say what a value is written as that has no form of its own.
var words = map[string]string{
	"string": "text", "bool": "true or false", "int": "number", "float64": "number",
	"refs": "list of names", "choice": "a gate", "rollbackMode": "ask, or a mapping", "Node": "mapping",
}

func word(of reflect.Type) string {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if written, ok := form.Of(of); ok {
		return written.Name
	}
	switch name := of.Name(); {
	case words[name] != "":
		return words[name]
	case strictyaml.ValueType(of) != nil:
		return word(strictyaml.ValueType(of))
	case strictyaml.EntryType(of) != nil:
		return "mapping by name"
	case of.Kind() == reflect.Slice && word(of.Elem()) == "mapping":
		return "list"
	case of.Kind() == reflect.Slice:
		return "list of " + word(of.Elem()) + "s"
	}
	return "mapping"
}

// comments are what stands beside the fields that settings are read into, by
// package.Type.Field. What stands beside a field of a nameless struct is by {First}.Field.
func comments(t *testing.T, folders ...string) map[string]string {
	found, set := map[string]string{}, token.NewFileSet()
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.TypeSpec:
					if s, ok := n.Type.(*ast.StructType); ok {
						fieldComments(s, file.Name.Name+"."+n.Name.Name, found)
					}
				case *ast.Field:
					inner := n.Type
					if star, ok := inner.(*ast.StarExpr); ok {
						inner = star.X
					}
					if s, ok := inner.(*ast.StructType); ok && len(s.Fields.List) > 0 && len(s.Fields.List[0].Names) > 0 {
						fieldComments(s, "{"+s.Fields.List[0].Names[0].Name+"}", found)
					}
				}
				return true
			})
		}
	}
	return found
}

func fieldComments(s *ast.StructType, of string, found map[string]string) {
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			if f.Tag != nil && strings.Contains(f.Tag.Value, "yaml:") && f.Comment.Text() != "" {
				found[of+"."+name.Name] = strings.TrimSpace(f.Comment.Text())
			}
		}
	}
}
