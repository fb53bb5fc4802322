package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"gonogo/deploy"
	"gonogo/suite"
)

// schema compiles the schema as an editor would.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("gonogo.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("gonogo.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// asJSON is YAML as an editor hands it to a schema.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Every configuration that is read without a fault is one by the schema.
func TestSchemaTakesWhatIsSound(t *testing.T) {
	s := schema(t)
	files, err := filepath.Glob("../../examples/*.yml")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %v, %v", files, err)
	}
	folders, err := filepath.Glob("../../examples/*/gonogo.yml")
	if err != nil || len(folders) < 3 {
		t.Fatalf("found %v, %v", folders, err)
	}
	for _, file := range append(append(files, folders...), "testdata/sample.yml", "../testdata/practice.yml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// What is misspelt, missing or of the wrong shape is refused by the schema, as it
// is when the file is read. Each fault takes the place of a piece of a file that
// is sound by both.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	try := func(name, text string, wantSound bool) {
		t.Helper()
		_, err := Parse("gonogo.yml", []byte(text), schemaEnviron)
		if (err == nil) != wantSound {
			t.Errorf("%s: it is read with %v", name, err)
		}
		if err := s.Validate(asJSON(t, []byte(text))); (err == nil) != wantSound {
			t.Errorf("%s: the schema says %v", name, err)
		}
	}
	try("the sound file", soundFile, true)
	try("a project that is called by a number", strings.Replace(soundFile, "project: Shop 3", "project: 2026", 1), true)
	for _, tt := range schemaFaults {
		if !strings.Contains(soundFile, tt.was) {
			t.Errorf("%q is not in the sound file", tt.was)
		}
		try(tt.is, strings.Replace(soundFile, tt.was, tt.is, 1), false)
	}
}

func schemaEnviron(name string) (string, bool) {
	value, ok := map[string]string{"DATABASE_URL": "postgres://reader:pw-of-this-test@db.example/app", "ALERT_TOKEN": "token-of-this-test",
		"DIGITALOCEAN_TOKEN": "dop_v1_of-this-test", "GITHUB_TOKEN": "ghp_of-this-test", "PORT": "8080", "WANTED": "", "RUNS": "3"}[name]
	return value, ok
}

// soundFile has every sort of setting once.
const soundFile = `project: Shop 3
timezone: Europe/Berlin
slack: { releases: C0RELEASES, on_call: G0ONCALL, connections: 2 }
storage: { bolt: gonogo.db }
listen: "127.0.0.1:${PORT}"
roles:
  lead: { title: Lead, users: [U0TL] }
  dev: { usergroup: S0DEV }
permissions: { run: [dev], check: [dev] }
connections:
  db: { postgres: { url: "${DATABASE_URL}" } }
  repo: { github: { repository: acme/shop } }
  cloud: { digitalocean: {} }
  metrics: { prometheus: { url: "http://prometheus.example:9090" } }
  am: { alertmanager: { url: "http://alertmanager.example:9093", token: "${ALERT_TOKEN}" } }
checklist:
  - section: tests
    weight: 2.5
    items:
      - { item: suite, gate: { junit: { files: [a/*.xml, b/*.xml], tests: ">= 134", failed: 0, duration: "< 2m" } }, every: 15m, max_age: 1.5d, owner: lead, estimate: 20m }
      - { item: covered, gate: { coverage: { file: c.xml, overall: ">= 80%" } }, fix: reindex }
      - { item: answers, when: "${WANTED}", gate: { http: { url: "{target.url}/", status: 200, requests: 20, every: 0, p95: "< 3s" } }, environments: [staging] }
      - { item: data, gate: { postgres: { connection: db, value: "= on", runs: "${RUNS}", time: "P95 < 100ms" } } }
      - { item: modules, gate: { odoo_modules: { connection: db, installed: { sale: any } } } }
      - { item: certificate, gate: { all_of: { gates: [{ title: One, tls: { address: shop.example, days_left: ">= 14", min_version: 1.2 } }, { dns: { name: shop.example, type: a, want: 192.0.2.1 } }] } } }
      - { item: program, gate: { command: { run: [make, test], numbers: { n: { match: "([0-9]+)", limit: "> 3" } } } } }
      - { item: shown, needs: [suite], manual: { by: [lead], evidence: link, max_age: 7d }, blocks: [] }
sign_offs: { production: { roles: [lead], self_approval: false, expires: 24h } }
runbooks:
  reindex: { environments: [staging], env: [PATH], steps: [{ run: [./reindex], timeout: 30m }] }
environments:
  staging:
    url: https://staging.example.com
    deploy:
      rolling: { connection: cloud, app: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90, version_as: { image_tag: web } }
      health: { consecutive: 3, every: 10s }
      smoke: [{ smoke: login, gate: { http: { url: "https://staging.example.com/login" } } }]
    rollback:
      mode: ask
      triggers:
        - { trigger: errors, prometheus: { connection: metrics, query: up, limit: "> 5%" }, consecutive: 3, no_data: warn }
        - { trigger: page, http: { url: "{target.url}/" } }
        - { trigger: told, alert: { severity: critical } }
  production: { url: https://example.com, after: [staging], variables: { INDEX_URL: https://index.example.com }, reviews: { connection: repo, environment: Live, live: { url: "https://example.com/version", version: $.version } } }
freezes: [{ freeze: weekend, environments: [production], from: Fri 16:00, to: Mon 08:00, zone: Asia/Manila }, { freeze: year-end, environments: [staging], from: 2026-12-18, to: 2027-01-03 }]
alerts: { token: "${ALERT_TOKEN}", environment_labels: [deployment.environment.name], mention: false, holds: [page] }
issues: { connection: repo, labels: [gate] }
milestones: [{ milestone: tested, sections: [tests] }]
after_deployment: [{ title: Day 1, within: 24h, items: [{ item: later, manual: {} }] }]
`

// schemaFaults are pieces of that file, and what is wrong in their place.
var schemaFaults = []struct{ was, is string }{
	{"project: Shop 3", "projekt: Shop 3"},
	{"project: Shop 3\n", ""},
	{"project: Shop 3", `project: " "`},
	{"project: Shop 3", "project: [Shop]"},
	{"Europe/Berlin", "+02:00"},
	{"C0RELEASES", "'#releases'"},
	{"G0ONCALL", "U0ONCALL"},
	{"connections: 2 }", "connections: 11 }"},
	{"connections: 2 }", "connections: two }"},
	{"connections: 2 }", `connections: "2" }`},
	{"127.0.0.1:${PORT}", "127.0.0.1"},
	{"[U0TL]", "[tomas]"},
	{"[U0TL]", "U0TL"},
	{"S0DEV", "'@devs'"},
	{"  lead: {", "  the lead: {"},
	{"{ run: [dev]", "{ runn: [dev]"},
	{"acme/shop", "shop"},
	{"environments: [staging], env: [PATH]", "environments: staging, env: [PATH]"},
	{"environments: [staging], env: [PATH]", "environments: [], env: [PATH]"},
	{"variables: { INDEX_URL: https://index.example.com }", "variables: [INDEX_URL]"},
	{"${DATABASE_URL}", "mysql://db.example/app"},
	{`"http://prometheus.example:9090"`, "prometheus.example:9090"},
	{"digitalocean: {}", "azure: {}"},
	{"digitalocean: {}", "digitalocean: {}, github: { repository: a/b }"},
	{"weight: 2.5", "weight: heavy"},
	{"weight: 2.5", "weight: -1"},
	{"item: suite", "item: the suite"},
	{"item: shown, ", ""},
	{"item: shown,", "item: shown, titel: A,"},
	{"every: 15m", "every: 15"},
	{"max_age: 1.5d", "max_age: a day"},
	{"owner: lead,", "owner: { role: lead },"},
	{"junit:", "jnuit:"},
	{"junit: { files: [a/*.xml, b/*.xml], ", "junit: { "},
	{`tests: ">= 134"`, `tests: ">= 134 tests"`},
	{`tests: ">= 134"`, `tests: ">= 80%"`},
	{`duration: "< 2m"`, `duration: "< 2"`},
	{`overall: ">= 80%"`, `overall: ">= 80"`},
	{"{target.url}/\", status", "target/\", status"},
	{"status: 200", "status: ok"},
	{"status: 200", "status: [200, created]"},
	{"requests: 20", "requests: 0"},
	{"requests: 20", "method: get"},
	{"every: 0", "every: 5"},
	{`p95: "< 3s"`, `p95: "< 3"`},
	{"connection: db, value", "value"},
	{`"= on"`, `""`},
	{`"P95 < 100ms"`, `"P42 < 100ms"`},
	{"runs: \"${RUNS}\"", "runs: many"},
	{"{ sale: any }", "sale"},
	{"address: shop.example", "adress: shop.example"},
	{"min_version: 1.2", "min_version: TLS"},
	{"type: a,", "type: aa,"},
	{"want: 192.0.2.1", "wants: 192.0.2.1"},
	{", { dns: { name: shop.example, type: a, want: 192.0.2.1 } }]", "]"},
	{"{ title: One, tls:", "{ title: [One], tls:"},
	{"run: [make, test]", "run: make test"},
	{"run: [make, test]", "run: []"},
	{"by: [lead]", "by: lead"},
	{"by: [lead]", "by: []"},
	{"evidence: link", "evidence: photo"},
	{"manual: { by: [lead], evidence: link, max_age: 7d }, ", ""},
	{"manual: { by: [lead]", "gate: { http: { url: https://example.com } }, manual: { by: [lead]"},
	{"self_approval: false", "self_approval: never"},
	{"roles: [lead], ", ""},
	{"roles: [lead]", "roles: []"},
	{"steps: [{ run: [./reindex], timeout: 30m }]", "steps: []"},
	{"timeout: 30m", "timeout: 30"},
	{"url: https://staging.example.com\n", "url: staging.example.com\n"},
	{"version_as: { image_tag: web }", "version: web"},
	{"consecutive: 3, every: 10s", "consecutive: 0, every: 10s"},
	{"mode: ask", "mode: never"},
	{"smoke: login, gate", "gate"},
	{`limit: "> 5%"`, "limit: high"},
	{"no_data: warn", "no_data: warning"},
	{"http: { url: \"{target.url}/\" } }\n        - { trigger: told", "http: { uri: \"{target.url}/\" } }\n        - { trigger: told"},
	{", alert: { severity: critical }", ""},
	{"alerts: { token: \"${ALERT_TOKEN}\", ", "alerts: { "},
	{"alerts: { token: \"${ALERT_TOKEN}\", ", "alerts: { token: token-of-this-test, "},
	{"[deployment.environment.name]", "[]"},
	{"mention: false", "mention: maybe"},
	{", token: \"${ALERT_TOKEN}\" } }", ", token: token-of-this-test } }"},
	{"holds: [page]", "holds: page"},
	{"freeze: weekend, ", ""},
	{"environments: [production], from", "environments: [], from"},
	{"environments: [production], from", "from"},
	{"from: Fri 16:00, ", ""},
	{"Fri 16:00", "Fri"},
	{"Fri 16:00", "16:00"},
	{"Fri 16:00", "Fri at 16:00"},
	{"2026-12-18", "18.12.2026"},
	{", to: 2027-01-03", ""},
	{"Asia/Manila", "+08:00"},
	{"labels: [gate]", "labels: gate"},
	{"milestone: tested, ", ""},
	{"title: Day 1, ", ""},
	{"within: 24h", "within: soon"},
}

// sampled is of how many replacements for a word one is tried.
func sampled() int {
	switch {
	case suite.Long:
		return 5
	case suite.Full:
		return 15
	}
	return 45
}

// What a word of the file may be replaced by, so that the file is still read, is
// taken by the schema. Each word has one in so many replacements.
func TestSchemaTakesWhatIsRead(t *testing.T) {
	t.Parallel()
	s := schema(t)
	scalar := regexp.MustCompile(`(: |[\[,] )("[^"]*"|[A-Za-z0-9.*/_-]+)`)
	others := []string{`0`, `1`, `3`, `1.5`, `"3"`, `true`, `yes`, `on`, `""`, `word`, `"${RUNS}"`, `"${WANTED}"`, `15m`, `"< 3s"`, `">= 80%"`, `"P95 < 1s"`, `0x10`,
		`[]`, `[word]`, `{}`, `https://example.com`, `"{target.url}"`, `A`, `C0X`, `U0X`, `a.b`, `a/b`, `UTC`, `"1.3"`, `none`, `ask`, `127.0.0.1:0`}
	read := 0
	for i, at := range scalar.FindAllStringSubmatchIndex(soundFile, -1) {
		for j, other := range others {
			if (i+j)%sampled() > 0 {
				continue
			}
			text := soundFile[:at[4]] + other + soundFile[at[5]:]
			if _, err := Parse("gonogo.yml", []byte(text), schemaEnviron); err != nil {
				continue
			}
			read++
			if err := s.Validate(asJSON(t, []byte(text))); err != nil {
				t.Errorf("%s in the place of %s is read, and the schema says %v", other, soundFile[at[0]:at[1]], err)
			}
		}
	}
	if read < 500/sampled() {
		t.Errorf("only %d files were read", read)
	}
}

// TestEditorsComplete holds what yaml-language-server needs to offer keys: that
// nothing beside the properties of a mapping bounds how many it has.
func TestEditorsComplete(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	mappings := 0
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			if _, bounded := value["maxProperties"]; value["properties"] != nil {
				mappings++
				if bounded {
					t.Errorf("%s bounds its properties, so editors offer none of them", path)
				}
			}
			for key, child := range value {
				walk(path+"/"+key, child)
			}
		case []any:
			for i, child := range value {
				walk(fmt.Sprintf("%s/%d", path, i), child)
			}
		}
	}
	walk("#", root)
	if mappings < 30 {
		t.Errorf("%d mappings were looked at, which are not all", mappings)
	}
}

// Every way to deploy is known to the schema, by its example.
func TestSchemaTakesEveryStrategy(t *testing.T) {
	const rolling = "rolling: { connection: cloud, app: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90, version_as: { image_tag: web } }"
	s := schema(t)
	for _, kind := range deploy.Kinds() {
		text := strings.Replace(soundFile, rolling, kind.Name+": "+kind.Example, 1)
		if err := s.Validate(asJSON(t, []byte(text))); err != nil || !strings.Contains(text, kind.Example) {
			t.Errorf("%s: %v", kind.Name, err)
		}
	}
}
