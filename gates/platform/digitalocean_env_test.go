package platform

import (
	"encoding/json"
	"testing"

	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	cloud "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/answer"
)

const (
	envID   = "c0b86a3e-7d53-4a0c-8f4e-6e2b7d9c4f02"
	envSpec = `{"name": "vars", "envs": [{"key": "TZ", "value": "` + gatestest.Canary + `"}, {"key": "DSN", "value": "` + gatestest.Canary + `", "type": "SECRET"}, {"key": "NODE_ENV", "value": "x", "scope": "BUILD_TIME"},
		{"key": "ADMIN_PASSWORD", "value": "` + gatestest.Canary + `", "type": "SECRET"}],
		"services": [{"name": "web", "image": {"registry_type": "GHCR", "repository": "shop/odoo", "tag": "1"}, "envs": [
			{"key": "DATABASE", "value": "shop"}, {"key": "EMPTY", "value": ""}, {"key": "ADMIN_PASSWORD", "value": "` + gatestest.Canary + `"}, {"key": "API_TOKEN", "value": "` + gatestest.Canary + `", "type": "SECRET", "scope": "RUN_TIME"}]}],
		"static_sites": [{"name": "site", "github": {"repo": "acme/site", "branch": "main"}}]}`
)

func TestDigitalOceanEnv(t *testing.T) {
	a := newAccount(t)
	if err := a.Seed(cloud.App{ID: envID, Name: "vars", Spec: json.RawMessage(envSpec)}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`set: [TZ], secrets: [DSN]`, answer.Passed, "2 variables set for the whole app, 1 as secrets"},
		{`set: [DSN]`, answer.Passed, ""},
		{`set: [DATABASE]`, answer.Failed, "DATABASE isn't set for the whole app"},
		{`secrets: [TZ]`, answer.Failed, "TZ is set for the whole app, but not as a secret; encrypt it and replace its value"},
		{`set: [NODE_ENV]`, answer.Failed, "NODE_ENV is there for the whole app only while it is built"},
		{`components: {web: {set: [DATABASE, TZ], secrets: [API_TOKEN, DSN]}}`, answer.Passed, "4 variables set for web, 2 as secrets"},
		{`components: {web: {set: [EMPTY]}}`, answer.Failed, "EMPTY is empty for web"},
		{`components: {web: {set: [NODE_ENV]}}`, answer.Failed, "NODE_ENV is there for web only while it is built"},
		{`components: {site: {set: [NODE_ENV]}}`, answer.Passed, ""},
		{`components: {site: {set: [DATABASE]}}`, answer.Failed, "DATABASE isn't set for site"},
		{`components: {web: {secrets: [ADMIN_PASSWORD]}}`, answer.Failed, "ADMIN_PASSWORD is set for web, but not as a secret"}, // its own wins over that of the app
		{`components: {web: {set: [MORE, DATABASE, LESS]}}`, answer.Failed, "MORE isn't set for web; LESS isn't set for web"},
		{`components: {wbe: {set: [DATABASE]}}`, answer.Failed, `the live app has no component "wbe"; it has web, site`},
		{`secret_names: "PASSWORD|TOKEN"`, answer.Failed, "1 secret in plain text: ADMIN_PASSWORD of web"},
		{`secret_names: "TOKEN|DSN"`, answer.Passed, "2 variables with the name of a secret, all encrypted"},
		{`secret_names: "^KEY$"`, answer.NotConfigured, "no variable of the app has a name that secret_names matches"},
		{`set: [TZ], secret_names: "PASSWORD"`, answer.Failed, "1 secret in plain text"},
		{`set: [TZ], connection: wrong`, answer.Errored, "the token is wrong or has expired"},
	} {
		if said := kindtest.Odd(a.measure(t, DigitalOceanEnv, "app: "+envID+", "+tt.settings), tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", tt.settings, said)
		}
	}
}

func TestDigitalOceanEnvFaults(t *testing.T) {
	a := newAccount(t)
	for settings, want := range map[string]string{
		`{connection: cloud, app: ` + shopID + `}`:                                        "there is nothing to look for; name variables under set or secrets, or under components, or write secret_names",
		`{connection: cloud, app: ` + shopID + `, components: {web: {}}}`:                 "there is nothing to look for; name variables under set or secrets, or under components, or write secret_names",
		`{connection: cloud, set: [A]}`:                                                   "app is missing; write the app's ID, which doctl apps list shows",
		`{connection: cloud, app: ` + shopID + `, components: {web: {secrets: ["A=b"]}}}`: "variables have letters, digits and _ in their names; write names alone, without values",
		`{connection: cloud, app: ` + shopID + `, secret_names: "("}`:                     "secret_names must be a regular expression in Go's syntax: missing closing ): `(`",
	} {
		if got := kindtest.Faulty(t, DigitalOceanEnv, settings, a.deps); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", settings, got, want)
		}
	}
}
