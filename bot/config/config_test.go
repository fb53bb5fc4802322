package config

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonogo/deploy"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// sampleVariables is what testdata/sample.yml reads.
var sampleVariables = map[string]string{
	"ODOO_DATABASE_URL": "postgres://reader:p%40ss-word@db.example:6543/odoo", "PROMETHEUS_URL": "http://prometheus.example",
	"SUPERSET_URL": "https://superset.example", "SUPERSET_PASSWORD": "superset-secret",
	"STAGING_URL": "https://staging.example", "STAGING_HOST": "staging.example", "STAGING_APP_ID": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e91",
	"BLUE_APP_ID": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e92", "GREEN_APP_ID": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e93", "ALERT_WEBHOOK_TOKEN": "webhook-secret",
}

func from(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func loadSample(t *testing.T, variables map[string]string) *Config {
	t.Helper()
	c, err := Load("testdata/sample.yml", from(variables))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// measuredBy lists the answers that gates give.
func measuredBy(c *Config) []string {
	var list []string
	for key := range c.Gates {
		list = append(list, key.String())
	}
	slices.Sort(list)
	return list
}

func TestSample(t *testing.T) {
	c := loadSample(t, sampleVariables)
	if c.Project != "InsightPulse Odoo 19.0" || c.Location.String() != "Asia/Manila" || c.Listen != "127.0.0.1:8080" {
		t.Errorf("got project %q, zone %s, listen %q", c.Project, c.Location, c.Listen)
	}
	if c.Slack.Releases != "C0RELEASES" || c.Slack.OnCall != "C0ONCALL" || c.Slack.Connections != 2 {
		t.Errorf("got slack %+v", c.Slack)
	}
	if want := filepath.Join("testdata", "gonogo.db"); c.Storage.Bolt != want {
		t.Errorf("ledger at %q, want it beside the configuration at %q", c.Storage.Bolt, want)
	}
	for name, pair := range map[string]struct{ want, got any }{
		"not yet": {[]string{
			"deploying to staging: DIGITALOCEAN_TOKEN is not set (line 111)",
			"deploying to production: DIGITALOCEAN_TOKEN is not set (line 120)", "the triggers of production, which gonogo doesn't deploy to (line 129)",
			"issues for failed gates: neither GITHUB_TOKEN nor GITHUB_APP_PRIVATE_KEY is set (line 144)",
		}, c.NotYet},
		"warnings": {[]string{
			"U0TL may approve production as technical_lead and also deploy as deployer; self_approval is false, so someone else must approve deployments that they start",
			"login-page does not block staging: a result that is measured once the version is live blocks only the environments after it; write scope: release to measure before the deployment",
		}, c.Warnings},
		"secrets":   {[]string{"p%40ss-word", "p@ss-word", "postgres://reader:p%40ss-word@db.example:6543/odoo", "superset-secret", "webhook-secret"}, c.Secrets},
		"targets":   {map[string]string{"staging": "https://staging.example", "production": "https://app.insightpulse.ai"}, c.Targets},
		"gates":     {[]string{"certificate", "coverage", "login-page@staging", "modules-installed", "oca-dependencies", "staging-live", "suite-passes"}, measuredBy(c)},
		"sign-offs": {[]checklist.SignOffRule{{Environment: "production", Roles: []string{"product_owner", "technical_lead", "security_officer", "project_manager"}, Expires: 24 * time.Hour}}, c.Checklist.SignOffs},
		"environments": {[]checklist.Environment{{Name: "staging", URL: "https://staging.example", After: []string{}, App: "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e91/web"}, {Name: "production", URL: "https://app.insightpulse.ai", After: []string{"staging"},
			App: "blue_green:6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e92+6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e93/web"}}, c.Checklist.Environments},
		"milestones": {[]checklist.Milestone{
			{ID: "installed", Title: "Modules installed", Sections: []string{"modules"}}, {ID: "tested", Title: "Tests passed", Sections: []string{"tests"}},
			{ID: "live", Title: "In production", Sections: []string{}, Environment: "production", Estimate: 20 * time.Minute},
		}, c.Checklist.Milestones},
		"who may lock": {[]string{"deployer", "on_call"}, c.Checklist.Permissions["lock"]},
		"a role":       {checklist.Role{ID: "deployer", Title: "Deployer", Users: []string{"U0TL", "U0DEV"}}, c.Checklist.Roles[4]},
	} {
		if diff := cmp.Diff(pair.want, pair.got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

func TestSampleItems(t *testing.T) {
	c := loadSample(t, sampleVariables)
	item := func(id string) checklist.Item {
		it, ok := c.Checklist.Item(id)
		if !ok {
			t.Fatalf("there is no item %s", id)
		}
		return *it
	}
	both := []string{"staging", "production"}
	for _, want := range []checklist.Item{
		{ID: "modules-installed", Title: "All ten modules are installed", Section: "modules", Needs: []string{"oca-dependencies"}, Blocks: both, Estimate: time.Hour, MaxAge: 24 * time.Hour},
		{ID: "oca-dependencies", Title: "OCA dependencies are installed", Section: "modules", Needs: []string{}, Blocks: both, Estimate: 45 * time.Minute, Fix: "install-oca"},
		{ID: "fixtures-ready", Title: "Test data is prepared", Section: "tests", Needs: []string{}, Blocks: both, Owner: "technical_lead", MaxAge: 30 * 24 * time.Hour, Manual: &checklist.Manual{By: []string{"technical_lead"}, Evidence: checklist.NeedsLink}},
		{ID: "openai-key", Title: "The OpenAI key is set", Section: "tests", Needs: []string{}, Blocks: both, Off: true, Manual: &checklist.Manual{By: []string{"deployer"}, Evidence: checklist.NeedsNothing}},
		{ID: "login-page", Title: "The login page loads in time", Section: "site", Needs: []string{}, Blocks: []string{"production"}, Every: 15 * time.Minute, Environments: []string{"staging"},
			Scope: answer.DeploymentScope, BlocksAfter: map[string][]string{"staging": {"production"}}, BlockedBefore: both},
		{ID: "staging-live", Title: "This version is live and verified on staging", Section: "site", Needs: []string{}, Blocks: []string{"production"}},
		{ID: "backups-on", Title: "Database backups are enabled", Section: "day-1", Needs: []string{}, Manual: &checklist.Manual{By: []string{"technical_lead"}, Evidence: checklist.NeedsNothing}},
	} {
		got := item(want.ID)
		got.Gate, got.Definition = nil, ""
		want.Scope = answer.Scope(orRelease(string(want.Scope)))
		if len(want.Environments) == 0 {
			want.Environments = []string{}
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(checklist.Item{})); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", want.ID, diff)
		}
	}
	if gate := item("staging-live").Gate; gate.Kind != "deployed" || gate.Condition.Deployed != "staging" {
		t.Errorf("staging-live has the gate %+v", gate)
	}
	if section, _ := c.Checklist.Section("tests"); section.Weight != 20 {
		t.Errorf("tests weighs %v, want 20", section.Weight)
	}
	if section, _ := c.Checklist.Section("site"); section.Weight != 1 {
		t.Errorf("site weighs %v, want 1 where nothing is said", section.Weight)
	}
	if after := c.Checklist.Afterwards[1]; after.ID != "week-1" || after.Within != 7*24*time.Hour {
		t.Errorf("the second part afterwards is %s within %s", after.ID, after.Within)
	}
}

func TestWhen(t *testing.T) {
	for value, off := range map[string]bool{"true": false, "1": false, "Yes": false, "": true, "false": true, "0": true, "no": true} {
		set := maps.Clone(sampleVariables)
		set["AI_FEATURES"] = value
		it, _ := loadSample(t, set).Checklist.Item("openai-key")
		if it.Off != off {
			t.Errorf("when %q: off is %t, want %t", value, it.Off, off)
		}
	}
}

// TestBlocks checks whose `blocks` counts: the item's, the section's, all.
func TestBlocks(t *testing.T) {
	c, err := Parse("x.yml", []byte(replace(`checklist: [{ section: a, blocks: [production], items: [{ item: section, manual: {} }, { item: own, blocks: [staging], manual: {} }, { item: none, blocks: [], manual: {} }] }, { section: b, items: [{ item: every, manual: {} }] }]`)), variables)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, s := range c.Checklist.Sections {
		for _, it := range s.Items {
			got[it.ID] = it.Blocks
		}
	}
	want := map[string][]string{"section": {"production"}, "own": {"staging"}, "none": {}, "every": {"staging", "production"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// TestWarnings is what is allowed and perhaps not meant.
func TestWarnings(t *testing.T) {
	text := `project: P
slack: { releases: C0RELEASES }
roles:
  lead: { users: [U0TL] }
  safety: { users: [U0TL] }
  ghost: {}
  ops: { usergroup: S0OPS }
runbooks:
  restart: { steps: [{ run: [systemctl, restart, odoo] }, { run: [/usr/bin/sudo, systemctl, restart, odoo] }] }
  allowed: { steps: [{ run: [sudo, "true"] }], new_privileges: true }
permissions: { run: [lead], check: [ops], release: [lead], fix: [lead], waive: [lead], deploy: [ops], lock: [ghost], rollback: [] }
environments: { production: {} }
sign_offs: { production: { roles: [lead, safety, ops] } }
checklist:
  - section: a
    figures: { in all: 10, added up: 9, and again: 10 }
    items:
      - { item: a, figures: { one: "5", other: 5 }, manual: {} }
      - { item: b, gate: { command: { run: [sudo, "true"] } } }
`
	want := []string{
		"the command gate (line 19) runs sudo, which can't gain privileges; set new_privileges: true if it should",
		"nobody is in the role ghost (line 6); give it users or a usergroup",
		"under permissions, nobody is listed for lock, rollback and alerts; add the roles that may do this",
		"U0TL is the only member of both lead and safety, and counts once, so the sign-off for production can never be complete",
		"S0OPS may approve production as ops and also deploy as ops; self_approval is false, so someone else must approve deployments that they start",
		"only U0TL may lift the hold on a version that was rolled back (permissions.release); add another person",
		"the runbook restart (line 9) runs sudo, which can't gain privileges; set new_privileges: true if it should",
		`"a" is the name of an item (line 18) and of a section (line 15); commands will use the item`,
		"the figures of section a differ: in all: 10; added up: 9; and again: 10",
	}
	c, err := Parse("x.yml", []byte(text), variables)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// TestUnseenVersions warns where a cutover could leave the earlier version at the public
// name unnoticed.
func TestUnseenVersions(t *testing.T) {
	const text = `connections: { cloud: { digitalocean: {} } }
environments:
  staging: {}
  production:
    deploy:
      blue_green:
        connection: cloud
        apps: { blue: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e92, green: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e93 }
        version_as: { image_tag: web }
        cutover: { domain: shop.example }
        # version
      smoke: [{ smoke: a, gate: { http: { url: "https://shop.example/version", status: 200 } } }]
`
	const warning = "after the cutover of production, nothing looks which version its public name shows; add version to blue_green (line 7) with an address at that name, or a smoke gate with {release.version}"
	for change, want := range map[string]bool{"": true, "status: 200|body: '{release.version}'": false, "# version|version: { url: https://shop.example/version }": false,
		"# version|version: { url: https://blue.shop.example/version }": true} {
		before, after, _ := strings.Cut(change, "|")
		c, err := Parse("gonogo.yml", []byte(replace(strings.Replace(text, before, after, 1))), func(name string) (string, bool) {
			if name == "DIGITALOCEAN_TOKEN" {
				return "t0ken", true
			}
			return variables(name)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(c.Warnings, warning); got != want {
			t.Errorf("%q: warned %t, want %t: %q", change, got, want, c.Warnings)
		}
	}
}

// TestNoSecretInFaults breaks settings through variables that hold secrets.
func TestNoSecretInFaults(t *testing.T) {
	secret := "s3cret-pw"
	environ := func(string) (string, bool) { return "postgres//u:" + secret + "@", true }
	for _, line := range []string{
		`connections: { db: { postgres: { url: "${DB_PASSWORD}" } } }`,
		`listen: "${DB_TOKEN}"`,
		`timezone: "${DB_SECRET}"`,
		`checklist: [{ section: a, items: [{ item: a, estimate: "${TOKEN}", gate: { http: { url: "${TOKEN}", p95: "< ${TOKEN}" } } }] }]`,
	} {
		_, err := Parse("x.yml", []byte(replace(line)), environ)
		if err == nil {
			t.Errorf("%s has no fault", line)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("the secret stands in: %v", err)
		}
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yml"): "there is no such file; name the configuration with --config FILE",
		dir:                            "the file cannot be read: is a directory",
	} {
		_, err := Load(path, os.LookupEnv)
		var faults Faults
		if !errors.As(err, &faults) || err.Error() != path+": "+want {
			t.Errorf("got %v, want %s: %s", err, path, want)
		}
	}
}

// FuzzParse checks that nothing that is fed to Parse makes it panic, and that
// whatever it refuses has a place.
func FuzzParse(f *testing.F) {
	sample, err := os.ReadFile("testdata/sample.yml")
	if err != nil {
		f.Fatal(err)
	}
	items, err := os.ReadFile("testdata/items.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	for _, c := range strings.Split(string(items), "\n\n") {
		f.Add([]byte(frame + strings.ReplaceAll(c, "\n", "\n      ")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("x.yml", data, variables)
		if err == nil {
			if c == nil || c.Checklist == nil {
				t.Fatal("neither a configuration nor a fault")
			}
			return
		}
		var faults Faults
		if !errors.As(err, &faults) || len(faults) == 0 {
			t.Fatalf("the error is no Faults: %v", err)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Problem == "" {
				t.Fatalf("a fault without a place: %+v", fault)
			}
		}
	})
}

// TestSecrets lists which of the values that variables put in are shown nowhere.
func TestSecrets(t *testing.T) {
	environ := func(name string) (string, bool) {
		if strings.HasPrefix(name, "GITHUB_") {
			return "", false
		}
		switch name {
		case "PLACE":
			return "http://site.example", true
		case "WORD":
			return "production", true
		case "DB":
			return "postgres://reader@db.example/odoo", true
		}
		return "value-of-" + strings.ToLower(name), true
	}
	for item, want := range map[string]string{
		`gate: { http: { url: "${PLACE}/page" } }`:                                                                       "",
		`gate: { http: { url: "https://${HOST}/page" } }`:                                                                "",
		`gate: { http: { url: "https://site.example/hooks/${HOOK}" } }`:                                                  "value-of-hook",
		`gate: { http: { url: "${PLACE}/page?key=${HOOK}" } }`:                                                           "value-of-hook",
		`gate: { http: { url: "{target.url}/${HOOK}" } }`:                                                                "value-of-hook",
		`gate: { http: { url: "http://x", headers: { X-Any: "${ANY}", Y: "${WORD}" } } }`:                                "value-of-any",
		`gate: { http: { url: "http://x", cookies: { session: "${ANY}" } } }`:                                            "value-of-any",
		`gate: { command: { run: [make, "KEY=${ANY}"] } }`:                                                               "value-of-any",
		`gate: { junit: { files: "${FOLDER}/*.xml", failed: 0 } }`:                                                       "",
		`gate: { postgres: { connection: db, query: "select '${ANY}'", value: "= 1" } }`:                                 "value-of-any",
		`gate: { http: { url: "https://user:${PASS_WORD}@site.example/page" } }`:                                         "value-of-pass_word",
		`gate: { junit: { files: "${SECRET_FOLDER}/*.xml", failed: 0 } }`:                                                "value-of-secret_folder",
		`gate: { http: { url: "https://${DB_PASS}/page" } }`:                                                             "value-of-db_pass",
		`gate: { http: { url: "https://${DB_PW}/page" } }`:                                                               "value-of-db_pw",
		`gate: { http: { url: "https://${SIGNING_KEY}/page" } }`:                                                         "value-of-signing_key",
		`gate: { http: { url: "https://${KEYBOARD}/page" } }`:                                                            "",
		`gate: { junit: { files: "${PWD}/*.xml", failed: 0 } }`:                                                          "",
		`gate: { http: { url: "http://x", body: "in ${WORD}" } }`:                                                        "",
		`gate: { any_of: { gates: [{ http: { url: "http://x", send: "of ${ANY}" } }, { http: { url: "http://y" } }] } }`: "value-of-any",
	} {
		c, err := Parse("g.yml", []byte(frame+"      - { item: a, "+item+" }\n"), environ)
		if err != nil {
			t.Errorf("%s: %v", item, err)
			continue
		}
		if want == "" && len(c.Secrets) > 0 || want != "" && !slices.Contains(c.Secrets, want) {
			t.Errorf("%s: secrets %q, want %q", item, c.Secrets, want)
		}
	}
	for _, shown := range []string{`title: "About ${MY_TOKEN}"`, `figures: { ours: "${MY_TOKEN}" }`} {
		if _, err := Parse("g.yml", []byte(frame+"      - { item: a, "+shown+", manual: {} }\n"), environ); err == nil || !strings.Contains(err.Error(), "this is shown to everybody, but MY_TOKEN") {
			t.Errorf("%s: %v", shown, err)
		}
	}
}

// orRelease is the scope that an item has where it names none and measures no place.
func orRelease(scope string) string {
	if scope == "" {
		return string(answer.ReleaseScope)
	}
	return scope
}

// Two components of one app may be two environments. Each is asked about by its
// own name, also where the platform cannot be asked for want of a token.
func TestTwoComponentsOfOneApp(t *testing.T) {
	c, err := Parse("gonogo.yml", []byte(replace(`connections: { cloud: { digitalocean: {} } }
environments: { web: { deploy: { rolling: { connection: cloud, app: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90, version_as: { image_tag: web } } } }, api: { deploy: { rolling: { connection: cloud, app: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90, version_as: { git_ref: api } } } }, docs: {} }
`)), variables)
	if err != nil {
		t.Fatal(err)
	}
	apps := map[string]string{}
	for _, e := range c.Checklist.Environments {
		apps[e.Name] = e.App
	}
	if diff := cmp.Diff(map[string]string{"web": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90/web", "api": "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90/api", "docs": ""}, apps); diff != "" {
		t.Errorf("what is asked (-want +got):\n%s", diff)
	}
	if got := c.Checklist.Sharing("web"); !slices.Equal(got, []string{"api"}) {
		t.Errorf("web shares its app with %q, want api", got)
	}
	if why := c.Obstacles["web"]; why != "DIGITALOCEAN_TOKEN is not set" {
		t.Errorf("the obstacle is %q", why)
	}
}

// TestAuto builds automatic rollbacks: where nothing says within what time, it is that of
// the bake.
func TestAuto(t *testing.T) {
	for settings, want := range map[string]deploy.Auto{
		`{ control: "https://status.example" }`: {Countdown: time.Minute, Within: time.Hour, TargetMaxAge: 30 * 24 * time.Hour},
		`{ control: "https://status.example", countdown: 0s, within: 5m, target_max_age: 14d, not_past: one_way }`: {Within: 5 * time.Minute, TargetMaxAge: 14 * 24 * time.Hour},
	} {
		c, err := Parse("gonogo.yml", []byte(replace(`environments: { staging: { deploy: { script: { deploy: { run: [a, "{release.version}"] }, status: { run: [b], version: "$.v" } }, bake: [5m, 1h] }, rollback: { mode: { auto: `+settings+` }, triggers: [{ trigger: a, http: { url: "https://shop.example", max: "> 5s" }, hard: true }] } } }`)), variables)
		if err != nil {
			t.Fatal(err)
		}
		env := c.Environments["staging"]
		got := *env.Auto
		if got.Control == nil || !env.Triggers[0].Hard {
			t.Errorf("%s: control %v, hard %t", settings, got.Control, env.Triggers[0].Hard)
		}
		if got.Control = nil; got != want {
			t.Errorf("%s: got %+v, want %+v", settings, got, want)
		}
	}
}
