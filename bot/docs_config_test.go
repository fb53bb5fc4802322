package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"gonogo/bot/config"
)

// whole is a file whose parts the pieces of a page without a file of its own
// take the place of.
const whole = `
project: P
slack: { releases: C0RELEASES }
roles: { lead: { users: [U0TL] }, technical_lead: { users: [U0TL] }, product_owner: { users: [U0PO] }, deployer: { users: [U0DEV] }, on_call: { users: [U0ONCALL] }, security_officer: { users: [U0SO] } }
connections: { db: { postgres: { url: "${DATABASE_URL}" } }, odoo: { postgres: { url: "${DATABASE_URL}" } }, repo: { github: { repository: a/b } }, cloud: { digitalocean: {} }, metrics: { prometheus: { url: "${PROMETHEUS_URL}" } }, panels: { grafana: { url: "${GRAFANA_URL}", token: "${GRAFANA_TOKEN}" } }, alerting: { alertmanager: { url: "${ALERTMANAGER_URL}" } }, boards: { superset: { url: "${SUPERSET_URL}", username: gonogo, password: "${SUPERSET_PASSWORD}" } }, analyst: { superset: { url: "${SUPERSET_URL}", username: analyst, password: "${ANALYST_PASSWORD}" } } }
environments: { staging: { url: https://staging.example.com }, production: { url: https://example.com } }
checklist: [{ section: tests, items: [{ item: b, manual: {} }, { item: dashboards-trained, manual: {} }] }]
`

// measured is the file around a piece that is a gate alone.
const measured = `
checklist:
  - { section: modules, items: [{ item: counted, manual: {} }] }
  - { section: measured, items: [{ item: measured, blocks: [] }] }
environments:
  staging: { url: https://staging.example.com, deploy: { rolling: { connection: cloud, app: "${STAGING_APP_ID}", version_as: { image_tag: web } } } }
  production: { url: https://example.com, after: [staging] }
sign_offs: { production: { roles: [lead] } }
`

// configure loads a piece of configuration. On a page on which the reader has
// written a file it is added to that file, as the page says; elsewhere it takes
// the place of those parts of a sound one.
func (f *follower) configure(b block) {
	f.t.Helper()
	piece := f.parse(b.text)
	own := filepath.Join(f.dir, "gonogo.yml")
	text, err := os.ReadFile(own)
	if err != nil {
		f.load(b, placed(f.parse(whole), f.asItem(piece)))
		return
	}
	file := added(f.parse(string(text)), piece)
	f.load(b, file)
	// Another program of this machine may have the port that the page names.
	if i := slices.IndexFunc(file, func(part yaml.MapItem) bool { return part.Key == "listen" }); i >= 0 {
		file[i].Value = "127.0.0.1:0"
	}
	if err := os.WriteFile(own, f.written(file), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *follower) parse(text string) (file yaml.MapSlice) {
	f.t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(text), &file, yaml.UseOrderedMap()); err != nil {
		f.t.Errorf("%v\n%s", err, text)
	}
	return file
}

func (f *follower) written(file yaml.MapSlice) []byte {
	f.t.Helper()
	text, err := yaml.Marshal(file)
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

// load reads a file as gonogo does.
func (f *follower) load(b block, file yaml.MapSlice) {
	f.t.Helper()
	text := f.written(file)
	if _, err := config.Parse(b.String(), text, docsEnviron); err != nil {
		f.t.Errorf("%v\n%s\nin\n%s", err, b.text, text)
	}
}

// inCell is a gate, or what people check, in the last cell of a table's row.
var inCell = regexp.MustCompile("^\\|.*\\| `((?:gate|manual): .*)` \\|$")

// TestDocsTables loads what the page on choosing a gate has in its tables. Each row
// that leads to a kind must have it.
func TestDocsTables(t *testing.T) {
	t.Parallel()
	const page = "../docs/choosing-a-gate.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	f, n := &follower{practice: &practice{t: t}, dir: t.TempDir()}, 0
	for i, line := range strings.Split(string(text), "\n") {
		found := inCell.FindStringSubmatch(line)
		switch {
		case found != nil:
			f.configure(block{page: page, line: i + 1, text: strings.ReplaceAll(found[1], `\|`, "|")})
			n++
		case strings.HasPrefix(line, "|") && strings.Contains(line, "| ["):
			t.Errorf("%s:%d leads to a kind, and has no gate in its last cell", page, i+1)
		}
	}
	if n < 20 {
		t.Errorf("only %d gates were found in the tables of %s", n, page)
	}
}

// asItem makes an item of a piece that is a gate alone, or what people check.
func (f *follower) asItem(piece yaml.MapSlice) yaml.MapSlice {
	if len(piece) != 1 || piece[0].Key != "gate" && piece[0].Key != "manual" {
		return piece
	}
	file := f.parse(measured)
	sections := file[0].Value.([]any)
	items := sections[1].(yaml.MapSlice)[1].Value.([]any)
	items[0] = append(items[0].(yaml.MapSlice), piece[0])
	return file
}

// placed puts parts in the place of those with their names.
func placed(file, parts yaml.MapSlice) yaml.MapSlice {
	for _, part := range parts {
		file = append(slices.DeleteFunc(file, func(had yaml.MapItem) bool { return had.Key == part.Key }), part)
	}
	return file
}

// added puts parts beside those that are there, mapping by mapping.
func added(file, parts yaml.MapSlice) yaml.MapSlice {
	for _, part := range parts {
		i := slices.IndexFunc(file, func(had yaml.MapItem) bool { return had.Key == part.Key })
		if i < 0 {
			file = append(file, part)
			continue
		}
		had, isMapping := file[i].Value.(yaml.MapSlice)
		more, are := part.Value.(yaml.MapSlice)
		if isMapping && are {
			part.Value = added(had, more)
		}
		file[i] = part
	}
	return file
}

// docsEnviron has a value for each variable that the pages name.
func docsEnviron(name string) (string, bool) {
	value, ok := map[string]string{
		"DATABASE_URL": "postgres://reader:pw-of-the-docs@db.example/app", "LEDGER_DATABASE_URL": "postgres://ledger:pw-of-the-docs@ledger.example/gonogo", "PRODUCTION_DATABASE_URL": "postgres://reader:pw-of-the-docs@db.example/live", "PROMETHEUS_URL": "http://prometheus.example:9090", "GRAFANA_URL": "http://grafana.example:3000", "GRAFANA_TOKEN": "glsa_docs", "ALERTMANAGER_URL": "http://alertmanager.example:9093", "SUPERSET_URL": "http://superset.example:8088", "SUPERSET_PASSWORD": "pw-of-the-docs", "ANALYST_PASSWORD": "pw-of-the-docs",
		"STAGING_APP_ID": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90", "PRODUCTION_APP_ID": "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf", "BLUE_APP_ID": "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2d0", "GREEN_APP_ID": "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2d1", "ALERT_WEBHOOK_TOKEN": "token-of-the-docs", "GONOGO_WAIT_TOKEN": "wait-token-of-the-docs", "DIGITALOCEAN_TOKEN": "dop_v1_docs", "PAGER_URL": "https://pager.example/hook/token-of-the-docs", "GITHUB_TOKEN": "ghp_docs", "DEMO_PASSWORD": "pw-of-the-docs", "ODOO_LOGIN": "gate@docs.example", "ODOO_PASSWORD": "pw-of-the-docs",
	}[name]
	return value, ok
}
