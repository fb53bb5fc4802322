package github_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
	practice "gonogo/playground/upstream/github"
)

// asRule has a client that is the GitHub App whose protection rule a run waits for.
func asRule(t *testing.T, test func(*testing.T, *github.Client, *practice.Host, practice.App)) {
	t.Helper()
	key := appKey()
	app := practice.App{ID: 7, Installation: 42, Key: &key.PublicKey, Secret: "the webhook's secret"}
	inActions(t, practice.Options{App: app}, func(t *testing.T, _ *github.Client, host *practice.Host) {
		host.SetEnvironments(practice.Environment{Name: "production", Rule: true})
		host.SetRuns([]practice.WorkflowRun{{Workflow: "deploy.yml", Of: newSHA, State: "waiting", By: "ann"}})
		w := &world{}
		w.connect(t, host.Handler(), github.Options{Repository: "acme/shop", App: &github.App{ID: 7, Installation: 42, Key: []byte(pemOf(appKey())), WebhookSecret: []byte("the webhook's secret")}})
		test(t, w.client, host, app)
	})
}

// TestRule reads GitHub's request, reports, and answers.
func TestRule(t *testing.T) {
	asRule(t, func(t *testing.T, c *github.Client, host *practice.Host, _ practice.App) {
		ctx := t.Context()
		if enabled, err := c.ProtectionRule(ctx, "production"); err != nil || !enabled {
			t.Errorf("the rule is enabled: %v, %v", enabled, err)
		}
		sent, err := host.Requested(strings.TrimSuffix(apiBase(c), "/api/v3/"), 1, "d-1")
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.RuleRequest(github.Delivery{ID: "d-1", Signature: sent.Header.Get("X-Hub-Signature-256"), Body: sent.Body})
		if diff := cmp.Diff(github.RuleRequest{Environment: "production", Run: 1, Commit: newSHA}, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if err := c.ReportRule(ctx, 1, "production", "NO-GO"); err != nil {
			t.Error(err)
		}
		if err := c.AnswerRule(ctx, 1, "production", true, "GO"); err != nil {
			t.Error(err)
		}
		given, err := c.GivenReviews(ctx, 1)
		want := []github.GivenReview{{Environments: []string{"production"}, State: "pending", By: "gonogo[bot]", Comment: "NO-GO"}, {Environments: []string{"production"}, State: "approved", By: "gonogo[bot]", Comment: "GO"}}
		if diff := cmp.Diff(want, given); err != nil || diff != "" {
			t.Errorf("given: %v\n%s", err, diff)
		}
		var refused *github.Refused
		if err := c.AnswerRule(ctx, 1, "production", false, "no"); !errors.As(err, &refused) || !strings.Contains(err.Error(), "GitHub refused to reject the deployment of the workflow run 1 in acme/shop") {
			t.Errorf("rejected after it was approved: %v", err)
		}
	})
}

// TestRuleAnswersAreNotRepeated by the client itself.
func TestRuleAnswersAreNotRepeated(t *testing.T) {
	asRule(t, func(t *testing.T, c *github.Client, host *practice.Host, _ practice.App) {
		host.OnCall(func(c practice.Call) practice.Fault {
			if !c.Write {
				return practice.Fault{}
			}
			return practice.Fault{Status: 502, Done: true}
		})
		if err := c.AnswerRule(t.Context(), 1, "production", true, "GO"); !errors.As(err, new(*github.Unsure)) || len(host.Writes()) != 1 {
			t.Errorf("a lost answer: %v, %d writes", err, len(host.Writes()))
		}
	})
}

// TestRuleRequestRefused turns away what isn't signed, and what is about something else.
func TestRuleRequestRefused(t *testing.T) {
	asRule(t, func(t *testing.T, c *github.Client, _ *practice.Host, app practice.App) {
		body := func(change ...string) string {
			return strings.NewReplacer(change...).Replace(fmt.Sprintf(`{"action":"requested","environment":"production","sha":"%s","repository":{"full_name":"Acme/shop"},"installation":{"id":42},"deployment_callback_url":"%srepos/acme/shop/actions/runs/1/deployment_protection_rule"}`, newSHA, apiBase(c)))
		}
		base := apiBase(c)
		for name, tt := range map[string]struct{ body, says string }{
			"as it should be":      {body(), ""},
			"another action":       {body("requested", "withdrawn"), `the action is "withdrawn"`},
			"another repository":   {body("Acme/shop", "acme/other"), `it is about the repository "acme/other"`},
			"another installation": {body(`"id":42`, `"id":43`), "the installation 43"},
			"no environment":       {body(`"production"`, `""`), "the environment or the commit is missing"},
			"no commit":            {body(newSHA, "main"), "the environment or the commit is missing"},
			"a foreign host":       {body(base, "https://evil.example/api/v3/"), "deployment_callback_url isn't an address of this repository"},
			"a host in a user":     {body(base, "https://api.github.com@evil.example/"), "deployment_callback_url isn't"},
			"another path":         {body("/deployment_protection_rule", "/cancel"), "deployment_callback_url isn't"},
			"a path that climbs":   {body("/runs/1/", "/runs/1/../2/"), "deployment_callback_url isn't"},
			"a query":              {body("protection_rule\"", "protection_rule?x=1\""), "deployment_callback_url isn't"},
			"no run":               {body("/runs/1/", "/runs/-1/"), "deployment_callback_url isn't"},
			"no JSON":              {"payload=%7B%7D", "the body isn't JSON"},
		} {
			sent := app.Sign("deployment_protection_rule", "d", []byte(tt.body))
			_, err := c.RuleRequest(github.Delivery{ID: "d", Signature: sent.Header.Get("X-Hub-Signature-256"), Body: sent.Body})
			if tt.says == "" && err != nil || tt.says != "" && (!errors.As(err, new(*github.Misdirected)) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%s: %v, want %q", name, err, tt.says)
			}
		}
		good := app.Sign("deployment_protection_rule", "d", []byte(body())).Header.Get("X-Hub-Signature-256")
		app.Secret = "another"
		forged := app.Sign("deployment_protection_rule", "d", []byte(body())).Header.Get("X-Hub-Signature-256")
		for name, signature := range map[string]string{"none": "", "another secret": forged, "no scheme": strings.TrimPrefix(good, "sha256="), "cut": good[:len(good)-2], "SHA-1": strings.Replace(good, "sha256", "sha1", 1), "no digits": "sha256=zz" + good[9:]} {
			if _, err := c.RuleRequest(github.Delivery{Signature: signature, Body: []byte(body())}); !errors.Is(err, github.ErrNotSigned) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := c.RuleRequest(github.Delivery{Signature: good, Body: []byte(body("production", "staging"))}); !errors.Is(err, github.ErrNotSigned) {
			t.Errorf("a changed body: %v", err)
		}
	})
}

// Without a secret nothing is believed, also what is signed with an empty one.
func TestNoWebhookSecret(t *testing.T) {
	c, err := github.New(github.Options{Repository: "acme/shop", App: &github.App{ID: 7, Installation: 42, Key: []byte(pemOf(appKey()))}})
	if err != nil {
		t.Fatal(err)
	}
	sent := practice.App{}.Sign("deployment_protection_rule", "d", []byte("{}"))
	if c.Signed(github.Delivery{Signature: sent.Header.Get("X-Hub-Signature-256"), Body: []byte("{}")}) {
		t.Error("an empty secret signs")
	}
}

func apiBase(c *github.Client) string {
	api, _ := c.Names()
	return api
}

// FuzzRuleRequest reads whatever has a good signature: what it takes names a run of the
// repository.
func FuzzRuleRequest(f *testing.F) {
	c, err := github.New(github.Options{Repository: "acme/shop", App: &github.App{ID: 7, Installation: 42, Key: []byte(pemOf(appKey())), WebhookSecret: []byte("s")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"action":"requested","environment":"production","sha":"` + newSHA + `","repository":{"full_name":"acme/shop"},"installation":{"id":42},"deployment_callback_url":"https://api.github.com/repos/acme/shop/actions/runs/1/deployment_protection_rule"}`))
	f.Add([]byte(`{"deployment_callback_url":"https://api.github.com/repos/acme/shop/actions/runs/1/deployment_protection_rule"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		sent := practice.App{Secret: "s"}.Sign("deployment_protection_rule", "d", body)
		got, err := c.RuleRequest(github.Delivery{Signature: sent.Header.Get("X-Hub-Signature-256"), Body: body})
		if err == nil && (got.Run < 1 || got.Environment == "" || len(got.Commit) < 40) || errors.Is(err, github.ErrNotSigned) {
			t.Fatalf("took %+v, %v", got, err)
		}
	})
}
