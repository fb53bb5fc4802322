package config

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestReviews builds what answers the reviews of an environment, and warns that nobody
// can be kept from approving what they started at GitHub.
func TestReviews(t *testing.T) {
	const text = `connections: { repo: { github: { repository: acme/shop } } }
environments: { staging: {}, production: { reviews: { connection: repo, environment: " Live " } } }
sign_offs: { production: { roles: [lead] } }
`
	c, err := Parse("gonogo.yml", []byte(replace(text)), func(name string) (string, bool) {
		if name == "GITHUB_TOKEN" {
			return "t0ken", true
		}
		return variables(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Reviews) != 1 || c.Reviews[0].Environment != "production" || c.Reviews[0].Name != "Live" || c.Reviews[0].Client == nil {
		t.Errorf("reviews: %+v", c.Reviews)
	}
	if warned := strings.Join(c.Warnings, "\n"); !strings.Contains(warned, "self_approval of production is false, but who starts a workflow at GitHub is not known in Slack") {
		t.Errorf("warnings: %s", warned)
	}
	c, err = Parse("gonogo.yml", []byte(replace(text)), variables)
	if err != nil {
		t.Fatal(err)
	}
	if later := strings.Join(c.NotYet, "\n"); c.Reviews[0].Client != nil || !strings.Contains(later, "the deployment reviews of production: neither GITHUB_TOKEN nor GITHUB_APP_PRIVATE_KEY is set") {
		t.Errorf("without a token: %s", later)
	}
}

// TestProtectionRule needs a GitHub App, and says what keeps GitHub from asking it.
func TestProtectionRule(t *testing.T) {
	const text = `connections: { repo: { github: { repository: acme/shop } } }
environments: { staging: {}, production: { reviews: { connection: repo, environment: live, protection_rule: true } } }
`
	key := pemKey(t)
	for name, tt := range map[string]struct {
		set            map[string]string
		later, warning string
	}{
		"a token":   {map[string]string{"GITHUB_TOKEN": "t0ken"}, "protection_rule needs a GitHub App; set GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and GITHUB_APP_PRIVATE_KEY, and unset GITHUB_TOKEN", ""},
		"no secret": {map[string]string{"GITHUB_APP_ID": "7", "GITHUB_APP_INSTALLATION_ID": "42", "GITHUB_APP_PRIVATE_KEY": key}, "", "GITHUB_WEBHOOK_SECRET is not set, so GitHub can't ask gonogo about deployments to production"},
		"no listen": {map[string]string{"GITHUB_APP_ID": "7", "GITHUB_APP_INSTALLATION_ID": "42", "GITHUB_APP_PRIVATE_KEY": key, "GITHUB_WEBHOOK_SECRET": "s3cret-of-the-test"}, "", "nothing listens for GitHub; set listen"},
	} {
		c, err := Parse("gonogo.yml", []byte(replace(text)), func(name string) (string, bool) {
			if value, ok := tt.set[name]; ok {
				return value, true
			}
			return variables(name)
		})
		if err != nil {
			t.Fatal(err)
		}
		later, warned := strings.Join(c.NotYet, "\n"), strings.Join(c.Warnings, "\n")
		if !strings.Contains(later, tt.later) || !strings.Contains(warned, tt.warning) || (tt.later == "") != (c.Reviews[0].Client != nil) || !c.Reviews[0].Rule {
			t.Errorf("%s: %+v, later %s, warned %s", name, c.Reviews[0], later, warned)
		}
		if secret := tt.set["GITHUB_WEBHOOK_SECRET"]; secret != "" && !slices.Contains(c.Secrets, secret) {
			t.Errorf("%s: the secret isn't hidden", name)
		}
	}
}

// TestReviewsSayWhatIsLive only where gonogo doesn't deploy.
func TestReviewsSayWhatIsLive(t *testing.T) {
	const text = `connections: { repo: { github: { repository: acme/shop } } }
environments:
  staging: {}
  production:
    reviews: { connection: repo, environment: live, live: true }
`
	c, err := Parse("gonogo.yml", []byte(replace(text)), variables)
	if err != nil || !c.Reviews[0].Live {
		t.Fatalf("%v, %+v", err, c)
	}
	const deploys = text + "    deploy: { script: { deploy: { run: [./deploy.sh] }, status: { run: [./status.sh], version: $.version } } }\n"
	if _, err := Parse("gonogo.yml", []byte(replace(deploys)), variables); err == nil || !strings.Contains(err.Error(), "what is live on production is what its deploy says; remove live from reviews") {
		t.Errorf("beside deploy: %v", err)
	}
}

// TestReviewsSiteSaysWhatIsLive takes a version over HTTP, and makes the environment one
// that has to be asked.
func TestReviewsSiteSaysWhatIsLive(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version": "1.2"}`) }))
	defer site.Close()
	text := func(live string) string {
		return "connections: { repo: { github: { repository: acme/shop } } }\nenvironments:\n  staging: {}\n  production:\n    reviews: { connection: repo, environment: live, live: " + live + " }\n"
	}
	const deploys = "    deploy: { script: { deploy: { run: [./deploy.sh] }, status: { run: [./status.sh], version: $.version } } }\n"
	for _, tt := range []struct{ live, more, want string }{
		{"{ url: " + site.URL + ", version: $.version }", "", "1.2"},
		{"{ url: " + site.URL + ` , version: '"(\d+\.\d+)"' }`, "", "1.2"},
		{"{ url: " + site.URL + " }", "", "the version can't be read from what 127.0.0.1 answers: nothing in it matches"},
		{"{ url: " + site.URL + ", version: plain }", "", "version is a path in JSON, such as $.version, or a regular expression with exactly one group"},
		{"{ version: $.version }", "", "live needs the field url: an address that shows the version that is live"},
		{"{ url: shop.example }", "", "url"},
		{"maybe", "", "live must be true or false"},
		{"{ url: " + site.URL + " }", deploys, "what is live on production is what its deploy says; remove live from reviews"},
	} {
		c, err := Parse("gonogo.yml", []byte(replace(text(tt.live)+tt.more)), variables)
		got := fmt.Sprint(err)
		if err == nil {
			if got, err = c.Reviews[0].Site.Read(t.Context()); err != nil {
				got = err.Error()
			}
			if env, _ := c.Checklist.Environment("production"); !env.Site || c.Reviews[0].Live {
				t.Errorf("%s: %+v, %+v", tt.live, env, c.Reviews[0])
			}
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %q", tt.live, got, tt.want)
		}
	}
}

// pemKey is an App's private key.
func pemKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}
