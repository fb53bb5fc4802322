package config

import (
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
