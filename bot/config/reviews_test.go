package config

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
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

// pemKey is an App's private key.
func pemKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}
