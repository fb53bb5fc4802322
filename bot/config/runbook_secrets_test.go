package config

import (
	"slices"
	"testing"
)

// TestRunbookSecrets hides what runbooks see in variables, unless that would blank
// what is no secret.
func TestRunbookSecrets(t *testing.T) {
	const file = `
project: shop
slack: { releases: C0RELEASES }
storage: { bolt: gonogo.db }
roles: { lead: { users: [U0TL] } }
permissions: { fix: [lead] }
environments:
  staging: { url: "${SITE_URL}", variables: { DB_NAME: "shop-staging-db" } }
runbooks:
  mend: { environments: [staging], env: [DB_NAME, LOGIN, API_TOKEN, STAGE, PORT, INDEX, SITE_URL, PAGE, ELSEWHERE, ELSEWHERE_TOO, WEBHOOK, LOGIN_URL, QUERY, UNSET], steps: [{ run: [make] }] }
checklist: [{ section: a, items: [{ item: x, fix: mend, gate: { http: { url: "${PAGE}/health" } } }, { item: y, gate: { http: { url: "https://index.example.com/x" } } }] }]
`
	values := map[string]string{"LOGIN": "alice:swordfish", "API_TOKEN": "t0k3", "STAGE": "production", "PORT": "8069", "INDEX": "https://index.example.com",
		"SITE_URL": "https://staging.example.com", "PAGE": "https://page.example.com", "DB_NAME": "shop-main-db", "ELSEWHERE": "http://127.0.0.1:4655", "ELSEWHERE_TOO": "https://code.example.com/",
		"WEBHOOK": "https://chat.example.com/hooks/B0X", "LOGIN_URL": "https://alice:pa55@code.example.com", "QUERY": "https://code.example.com?key=k3y"}
	c, err := Parse("x.yml", []byte(file), func(name string) (string, bool) {
		value, set := values[name]
		return value, set
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"alice:swordfish", "https://alice:pa55@code.example.com", "https://chat.example.com/hooks/B0X", "https://code.example.com?key=k3y", "shop-main-db", "t0k3"}; !slices.Equal(c.Secrets, want) {
		t.Errorf("secrets %q, want %q", c.Secrets, want)
	}
}
