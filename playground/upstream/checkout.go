package upstream

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// checkout is a folder with the release's source code, and the image that was built from
// it. Each switch writes its files again.
type checkout struct{ dir string }

// The states of the switches that the files of the checkout follow.
const (
	secretsCommitted = "committed"
	filesMissing     = "missing"
	asRoot           = "root"
	oneStage         = "one-stage"
	privileged       = "privileged"
)

func newCheckout(p Place) (*Upstream, error) {
	c := &checkout{filepath.Join(p.Dir, "source")}
	switches := []*Switch{
		(&Switch{
			ID: "source-secrets", Title: "Secrets in the source code",
			Help:   "Passwords, keys and addresses in the files of " + c.dir + ".",
			States: []State{{ID: "none", Title: "There are none", Good: true}, {ID: secretsCommitted, Title: "Passwords, a key, a salt and a server's address are in it"}},
			effect: func(state string) error { return c.write(secretFiles(state == secretsCommitted)) },
		}).restore(p),
		(&Switch{
			ID: "source-files", Title: "Files that the release needs",
			Help:   "Migration scripts, test data, the rollback plan, the pages about the dashboards, the plan of the audit and the script of the tests in CI.",
			States: []State{{ID: "there", Title: "All are there", Good: true}, {ID: filesMissing, Title: "One of each kind is missing, or a part of it"}},
			effect: func(state string) error { return c.write(neededFiles(state == filesMissing)) },
		}).restore(p),
		(&Switch{
			ID: "source-container", Title: "The Dockerfile and its image",
			Help: "Each choice builds the image again, in " + c.imageDir() + ".",
			States: []State{
				{ID: "usual", Title: "Two stages, and not root", Good: true},
				{ID: asRoot, Title: "It runs as root"},
				{ID: oneStage, Title: "It is built in one stage"},
				{ID: privileged, Title: "The container is privileged"},
			},
			effect: c.build,
		}).restore(p),
	}
	for _, s := range switches {
		if err := s.effect(s.at); err != nil {
			return nil, fmt.Errorf("write the source code: %w", err)
		}
	}
	if err := c.writeSpecs(); err != nil {
		return nil, fmt.Errorf("write the apps' specs: %w", err)
	}
	return &Upstream{
		Title: "Source code", Switches: switches,
		Variables: []Variable{
			{"SOURCE_DIR", c.dir, "the practice release's source code"},
			{"IMAGE", c.imageDir(), "the image that was built from it, in the OCI layout"},
		},
	}, nil
}

func (c *checkout) imageDir() string { return filepath.Join(c.dir, "build", "image") }

// write writes files by their path. An empty one is removed.
func (c *checkout) write(files map[string]string) error {
	for path, text := range files {
		file := filepath.Join(c.dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if text == "" {
			if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
				return err
			}
			continue
		}
		if err := writeFile(file, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// secretFiles are the files in which secrets might be. None of them opens anything.
func secretFiles(committed bool) map[string]string {
	files := map[string]string{
		"deploy/odoo.conf":               "[options]\nadmin_passwd = $ODOO_ADMIN_PASSWORD\nlist_db = False\nworkers = 4\n",
		".env":                           "",
		".env.example":                   "LOG_LEVEL=info\nPOSTGRES_PASSWORD=<from Supabase>\nODOO_ADMIN_PASSWORD=<32 random bytes>\nGITHUB_CLIENT_SECRET=<of the GitHub App>\n",
		"addons/ipai_core/hooks.py":      "import secrets\n\n\ndef post_init_hook(env):\n    salt = secrets.token_hex(16)\n    env['ir.config_parameter'].set_param('ipai.salt', salt)\n",
		"addons/ipai_core/tests/user.py": "import os\n\nPASSWORD = os.environ['TEST_PASSWORD']\n",
		"infra/do/deploy-staging.sh":     "#!/bin/sh\nset -eu\n: \"${POSTGRES_PASSWORD:?}\"\nssh \"deploy@$BASTION\" true\n",
		"infra/do/github-app.pem":        "",
		"scripts/run-tests.sh":           "#!/bin/sh\nset -eu\nexec odoo -d \"$TEST_DATABASE\" --test-enable --stop-after-init\n",
	}
	if committed {
		files["deploy/odoo.conf"] = "[options]\nadmin_passwd = practice-admin\ndb_user = odoo\ndb_password = practice-database\n"
		files[".env"] = "GITHUB_CLIENT_SECRET=practice-oauth\n"
		files[".env.example"] += "OPENAI_API_KEY=practice-openai\n"
		files["addons/ipai_core/hooks.py"] = "\n\ndef post_init_hook(env):\n    salt = 'practice-salt'\n    env['ir.config_parameter'].set_param('ipai.salt', salt)\n"
		files["addons/ipai_core/tests/user.py"] = "PASSWORD = 'practice-test'\n"
		files["infra/do/deploy-staging.sh"] = "#!/bin/sh\nssh root@203.0.113.7 true\n"
		files["infra/do/github-app.pem"] = "-----BEGIN RSA PRIVATE KEY-----\npractice\n-----END RSA PRIVATE KEY-----\n"
		files["scripts/run-tests.sh"] = "#!/bin/sh\nPGPASSWORD=odoo\nexport PGPASSWORD\nexec odoo -d \"$TEST_DATABASE\" --test-enable --stop-after-init\n"
	}
	return files
}

// neededFiles are files of which a release needs each one.
func neededFiles(missing bool) map[string]string {
	files := documents(missing)
	maps.Copy(files, map[string]string{
		"docs/rollback.md":           "# Rolling back\n\n1. Say so in the releases channel.\n2. Press Roll back, or deploy the last version by hand.\n3. Run the smoke tests.\n",
		".github/workflows/test.yml": "on: push\njobs:\n  test:\n    strategy: { matrix: { part: [modules, views] } }\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      - run: scripts/run-tests.sh\n",
	})
	for _, name := range migrationScripts {
		files["supabase/migrations/"+name+".sql"] = "-- " + name + "\nselect 1;\n"
	}
	addModules(files)
	if missing {
		files["addons/ipai_expense/__manifest__.py"] = manifest("ipai_expense", "report_xlsx")
		for _, path := range []string{
			"docs/rollback.md", ".github/workflows/test.yml", "supabase/migrations/0008_reporting.sql",
			"addons/ipai_procure/tests/data/records.xml", "addons/ipai_procure/tests/test_rfq.py",
		} {
			files[path] = ""
		}
	}
	return files
}

// addModules adds the modules' manifests, tests and test data.
func addModules(files map[string]string) {
	for _, test := range testFiles {
		folder := "addons/" + test.module
		files[folder+"/__manifest__.py"] = manifest(test.module, "base_tier_validation")
		files[folder+"/tests/"+test.file+".py"] = "from odoo.tests import TransactionCase\n"
		files[folder+"/tests/data/records.xml"] = "<odoo><record id=\"practice\" model=\"res.partner\"/></odoo>\n"
	}
}

func manifest(name, needs string) string {
	return fmt.Sprintf("{'name': '%s', 'version': '%s', 'depends': ['%s']}\n", name, ownVersion, needs)
}

// writeSpecs writes the specs of the apps, as they were when they were created. Specs are
// YAML, and JSON is that too.
func (c *checkout) writeSpecs() error {
	for i, file := range []string{"odoo-saas-platform-staging.yaml", "odoo-saas-platform.yaml"} {
		spec, err := specOf(apps[i])
		if err != nil {
			return err
		}
		var fields map[string]any
		if err := json.Unmarshal(spec, &fields); err != nil {
			return err
		}
		for _, env := range web(fields)["envs"].([]any) {
			if secret := env.(map[string]any); secret["type"] == "SECRET" {
				delete(secret, "value") // it is set in the control panel
			}
		}
		text, err := json.MarshalIndent(fields, "", "  ")
		if err != nil {
			return err
		}
		if err := c.write(map[string]string{"infra/do/" + file: string(text) + "\n"}); err != nil {
			return err
		}
	}
	return nil
}

// build writes the Dockerfile, and the image that comes of it.
func (c *checkout) build(state string) error {
	user := "1000"
	dockerfile := "FROM python:3.12 AS build\nCOPY addons /addons\nRUN python -m compileall /addons\n\nFROM odoo:19.0\nCOPY --from=build /addons /mnt/extra-addons\nUSER 1000\n"
	compose := "services:\n  web:\n    image: ghcr.io/insightpulse/odoo\n    read_only: true\n"
	switch state {
	case asRoot:
		user, dockerfile = "root", strings.Replace(dockerfile, "USER 1000", "USER root", 1)
	case oneStage:
		dockerfile = "FROM odoo:19.0\nCOPY addons /mnt/extra-addons\nUSER 1000\n"
	case privileged:
		compose += "    privileged: true\n"
	}
	if err := c.write(map[string]string{"Dockerfile": dockerfile, "docker-compose.yml": compose}); err != nil {
		return err
	}
	return writeImage(c.imageDir(), user)
}
