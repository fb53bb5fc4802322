package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/gates/gatestest"
)

// The stand-ins of the tools that the examples use. Each takes exactly what an example
// should say, and refuses everything else. What they print was taken from the tools'
// behavior: kubectl 1.32 (whose --local evaluates the same jsonpath), Docker 27 with
// Compose 2.30, flyctl as of August 2026, and doctl 1.141. Version 3.0 exists nowhere.
const (
	kubectl = `#!/bin/sh
cd "$(dirname "$0")"
[ -n "${KUBECONFIG-}" ] || { echo "The connection to the server localhost:8080 was refused - did you specify the right host or port?" >&2; exit 1; }
case "$*" in
"patch deployment/shop --type=strategic --patch {\"metadata\":{\"annotations\":{\"example.com/run\":\""*"\"}},\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"registry.example.com/shop:"*"\"}]}}}}")
	echo "$5" | sed 's/.*"image":"\([^"]*\)".*/\1/' >image
	echo "$5" | sed 's/.*"example.com\/run":"\([^"]*\)".*/\1/' >run
	echo patch >>writes
	echo 'deployment.apps/shop patched' ;;
"rollout status deployment/shop --timeout=15m")
	echo 'Waiting for deployment "shop" rollout to finish: 1 out of 2 new replicas have been updated...'
	case $(cat image) in *:3.0) echo 'error: deployment "shop" exceeded its progress deadline' >&2; exit 1 ;; esac
	echo 'deployment "shop" successfully rolled out' ;;
'get deployment/shop -o=jsonpath={.metadata.generation} {.status.observedGeneration} {.spec.template.spec.containers[?(@.name=="web")].image} {.status.conditions[?(@.type=="Progressing")].reason} {.metadata.annotations.example\.com/run}')
	reason=NewReplicaSetAvailable
	case $(cat image) in *:3.0) reason=ProgressDeadlineExceeded ;; esac
	printf '3 3 %s %s %s' "$(cat image)" "$reason" "$(cat run)" ;;
'get deployment/shop -o=jsonpath={.spec.template.spec.containers[?(@.name=="web")].name}')
	printf web ;;
*)
	echo "error: unknown command $*" >&2; exit 1 ;;
esac
`
	dockerOnServer = `#!/bin/sh
[ "$(basename "$PWD")" = shop ] || [ "$1" = ps ] || { echo "no configuration file provided: not found" >&2; exit 14; }
case "$*" in
"compose --env-file next.env pull --quiet web")
	. ./next.env
	[ "$VERSION" != 3.0 ] || { echo "Error response from daemon: manifest for registry.example.com/shop:3.0 not found: manifest unknown: manifest unknown" >&2; exit 1; } ;;
"compose up --detach --wait --wait-timeout 300 web")
	. ./.env
	echo up >>../writes
	printf 'image=registry.example.com/shop:%s run=%s state=Up 2 seconds (healthy)\n' "$VERSION" "$RUN" >../container
	echo ' Container shop-web-1  Healthy' >&2 ;;
'ps --filter label=com.docker.compose.project=shop --filter label=com.docker.compose.service=web --format image={{.Image}} run={{.Label "gonogo.run"}} state={{.Status}}')
	cat container ;;
*)
	echo "unknown docker command: $*" >&2; exit 1 ;;
esac
`
	fly = `#!/bin/sh
cd "$(dirname "$0")"
[ "${FLY_API_TOKEN-}" = canary-of-fly ] || { echo "Error: no access token available. Please login with 'flyctl auth login'" >&2; exit 1; }
case "$*" in
"deploy --app shop --image registry.fly.io/shop:3.0 --env GONOGO_RUN="*" --wait-timeout 10m --yes")
	echo "Error: failed to fetch an image or build from source: Could not find image \"registry.fly.io/shop:3.0\"" >&2; exit 1 ;;
"deploy --app shop --image registry.fly.io/shop:"*" --env GONOGO_RUN="*" --wait-timeout 10m --yes")
	echo deploy >>writes
	echo "${5#*:}" >version; echo "${7#*=}" >run
	echo "Visit your newly deployed app at https://shop.fly.dev/" ;;
"status --app shop --json")
	machine='{"id": "%s", "state": "started", "image_ref": {"registry": "registry.fly.io", "repository": "shop", "tag": "%s"}, "config": {"env": {"GONOGO_RUN": "%s"}, "image": "registry.fly.io/shop:%s"}}'
	v=$(cat version) r=$(cat run)
	printf '{"AppURL": "https://shop.fly.dev", "Deployed": true, "ID": "shop", "Machines": ['"$machine, $machine"'], "Status": "deployed", "Version": 12}\n' 17811953c92e18 "$v" "$r" "$v" 080e374a211e08 "$v" "$r" "$v" ;;
*)
	echo "Error: unknown command \"$*\" for \"flyctl\"" >&2; exit 1 ;;
esac
`
)

// doctl keeps an app in a folder of its ID: its spec, and each of its deployments.
const doctl = `#!/bin/sh
cd "$(dirname "$0")"
[ "${DIGITALOCEAN_ACCESS_TOKEN-}" = canary-of-doctl ] || { echo "Error: Unable to initialize DigitalOcean API client: access token is required. (hint: run 'doctl auth init')" >&2; exit 1; }
[ -d "$3" ] || [ -d "$4" ] || { echo "Error: GET https://api.digitalocean.com/v2/apps/$3: 404 app not found" >&2; exit 1; }
case "$*" in
"apps spec get "*" --deployment "*)
	cat "$4/$6" ;;
"apps spec get "????????-????-????-????-????????????)
	cat "$4/spec" ;;
"apps update "*" --spec - --http-retry-max 0 --format ID --no-header")
	cat >"$3/spec"
	grep -q '^name: ' "$3/spec" || { echo "Error: POST https://api.digitalocean.com/v2/apps: 400 spec is required" >&2; exit 1; }
	echo update >>writes
	n=$(wc -l <"$3/phases"); cp "$3/spec" "$3/d$n"
	case $(cat "$3/spec") in
	*3.0*) echo "d$n ERROR" ;;
	*) echo "d$n ACTIVE" ;;
	esac >"$3/next"
	grep -q ERROR "$3/next" || sed -i 's/ACTIVE/SUPERSEDED/' "$3/phases"
	cat "$3/phases" >>"$3/next"; mv "$3/next" "$3/phases"
	echo "Notice: App updated" >&2
	echo "$3" ;;
"apps list-deployments "*" --format ID,Phase --no-header")
	cat "$3/phases" ;;
*)
	echo "Error: unknown command \"$*\" for \"doctl\"" >&2; exit 1 ;;
esac
`

// tool is what an example of a way to deploy needs around it.
type tool struct {
	variables map[string]string
	begin     func(t *testing.T, dir, bin string) (writes string) // puts version 1.0 out, and tells where the writes are counted
	refused   string                                              // why 3.0 can't be deployed
	before    bool                                                // whether staging comes before production
}

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

var tools = map[string]tool{
	"kubernetes": {map[string]string{"KUBECONFIG": "/etc/kubeconfig"}, func(t *testing.T, _, bin string) string {
		put(t, bin, "kubectl", kubectl)
		put(t, bin, "image", "registry.example.com/shop:1.0\n")
		put(t, bin, "run", "")
		return put(t, bin, "writes", "")
	}, "exceeded its progress deadline", false},
	"fly": {map[string]string{"FLY_API_TOKEN": "canary-of-fly"}, func(t *testing.T, _, bin string) string {
		put(t, bin, "fly", fly)
		put(t, bin, "version", "1.0\n")
		put(t, bin, "run", "")
		return put(t, bin, "writes", "")
	}, "./deploy.sh ended with exit code 1: Error: failed to fetch an image or build from source", false},
	"compose": {nil, func(t *testing.T, dir, _ string) string {
		login, server := gatestest.SSHLogin(t, map[string]string{"docker": dockerOnServer, "container": "image=registry.example.com/shop:1.0 run= state=Up 3 days (healthy)\n", "writes": ""})
		if err := os.Mkdir(filepath.Join(server, "shop"), 0o777); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"shop", "container", "writes"} {
			if err := os.Chmod(filepath.Join(server, name), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		put(t, dir, "known_hosts", login.HostKey)
		config, err := os.ReadFile(filepath.Join(dir, "ssh_config"))
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, "ssh_config", strings.NewReplacer("shop.example.com", fmt.Sprintf("127.0.0.1\n\tPort %d", login.Port), "User deploy", "User "+login.User, "id_ed25519", login.Key).Replace(string(config)))
		return filepath.Join(server, "writes")
	}, "./deploy.sh ended with exit code 1: Error response from daemon: manifest", false},
	"insightpulse-scripts": {map[string]string{"DIGITALOCEAN_ACCESS_TOKEN": "canary-of-doctl", "STAGING_APP_ID": blueApp, "PRODUCTION_APP_ID": greenApp}, func(t *testing.T, _, bin string) string {
		put(t, bin, "doctl", doctl)
		for _, app := range []string{blueApp, greenApp} {
			if err := os.Mkdir(filepath.Join(bin, app), 0o777); err != nil {
				t.Fatal(err)
			}
			const spec = "name: odoo\nservices:\n- image:\n    registry_type: GHCR\n    repository: odoo\n    tag: \"1.0\"\n  name: web\nworkers:\n- image:\n    repository: odoo\n    tag: \"1.0\"\n  name: mail\n"
			put(t, bin, app+"/spec", spec)
			put(t, bin, app+"/d0", spec)
			put(t, bin, app+"/phases", "d0 ACTIVE\n")
		}
		return put(t, bin, "writes", "")
	}, "the app did not take 3.0; it has version=2.0 state=active", true},
}

// TestScriptExamples deploys with each example of programs for a platform, rolls back, and
// deploys a version that the platform doesn't have, all in Slack.
func TestScriptExamples(t *testing.T) {
	t.Parallel()
	for name, tool := range tools {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, bin := t.TempDir(), t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", name)).(fs.ReadDirFS)); err != nil {
				t.Fatal(err)
			}
			writes := tool.begin(t, dir, bin)
			p := newPractice(t)
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "1.0, 2.0") }))
			defer site.Close()
			text, err := os.ReadFile(filepath.Join(dir, "gonogo.yml"))
			if err != nil {
				t.Fatal(err)
			}
			p.config = put(t, dir, "gonogo.yml", strings.NewReplacer("https://staging.shop.example.com", site.URL, "https://shop.example.com", site.URL, "      smoke:\n", "      health: { consecutive: 1, every: 1s }\n      smoke:\n").Replace(string(text)))
			p.variables = map[string]string{"PATH": bin + ":" + os.Getenv("PATH")}
			for name, value := range tool.variables {
				p.variables[name] = value
			}
			p.start()
			p.openRelease("2.0 0a1b2c3d")
			expect(t, p.say("U0DEV", "/deploy adopt production"), "1.0 counts as live on production")
			expect(t, p.say("U0DEV", "/ready check changelog"), ": checked")
			want := 2
			if tool.before {
				want++
				expect(t, p.say("U0DEV", "/deploy adopt staging"), "1.0 counts as live on staging")
				p.tell("U0DEV", "/deploy start staging 2.0 --plan=1233")
				p.seen("2.0 to staging: live and verified")
			}
			p.tell("U0DEV", "/deploy start production 2.0 --plan=1234")
			p.seen("2.0 to production: live and verified")
			p.tell("U0DEV", "/rollback start production because it is slow")
			p.press("U0DEV", p.offered("C0ONCALL", "Keep 1.0"), "Keep 1.0")
			p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
			if got, err := os.ReadFile(writes); err != nil || strings.Count(string(got), "\n") != want {
				t.Errorf("the platform saw %q, %v; want %d writes", got, err, want)
			}
			p.openRelease("3.0 0b1c2d3e")
			expect(t, p.say("U0DEV", "/ready check changelog"), ": checked")
			p.tell("U0DEV", "/deploy start "+map[bool]string{true: "staging", false: "production"}[tool.before]+" 3.0 --plan=1235")
			p.seen(tool.refused)
			if strings.Contains(p.export(), "canary-of-") {
				t.Error("a secret is in the ledger")
			}
		})
	}
}
