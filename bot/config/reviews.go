package config

import (
	"errors"
	"strings"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/clients/github"
)

type reviewsPart struct {
	strictyaml.Pos
	Connection  val[string] `yaml:"connection" require:"the GitHub connection of the repository whose workflow runs wait"`
	Environment val[string] `yaml:"environment" require:"the name of the environment at GitHub, of which gonogo's token is a required reviewer"`
	Rule        val[bool]   `yaml:"protection_rule"` // whether gonogo's GitHub App is a deployment protection rule of the environment, instead of a required reviewer; GitHub then asks it at /github, if GITHUB_WEBHOOK_SECRET is set; default: false
	Live        val[bool]   `yaml:"live"`            // whether GitHub's last successful deployment to the environment is recorded as what is live, where gonogo itself doesn't deploy; default: false
}

// Review is an environment whose deployments at GitHub gonogo approves.
type Review struct {
	Environment string         // in the configuration
	Client      *github.Client // nil: there is no token
	Name        string         // of the environment at GitHub
	Rule        bool           // gonogo is a deployment protection rule there
	Live        bool           // what GitHub has deployed there is live

	connection string // by name
}

// reviews reads which deployments at GitHub wait for the decision of an environment. A
// missing token is reported, and everything else works without it.
func (b *builder) reviews(env val[string], p *reviewsPart, deploys bool) {
	if p == nil {
		return
	}
	if p.Live.V && deploys {
		b.Fault(p.Live.Pos, "what is live on %s is what its deploy says; remove live from reviews", env.V)
	}
	b.connected(p.Connection, "github")
	name := strings.TrimSpace(p.Environment.V)
	if p.Environment.Set && name == "" {
		b.Fault(p.Environment.Pos, "environment is empty; write the name of the environment at GitHub, such as production")
	}
	for _, other := range b.config.Reviews {
		if other.Name != "" && strings.EqualFold(other.Name, name) && other.connection == p.Connection.V {
			b.Fault(p.Environment.Pos, "%s already answers the reviews of %s; one environment at GitHub has one decision", other.Environment, name)
		}
	}
	review := Review{Environment: env.V, Name: name, Rule: p.Rule.V, Live: p.Live.V, connection: p.Connection.V}
	if c, err := b.find(p.Connection.V, "github"); err == nil {
		if review.Client, err = connection.Client[*github.Client](c); err == nil && review.Rule {
			err = b.protectionRule(&review)
		}
		if err != nil {
			b.later(p.Pos, "the deployment reviews of %s: %s", env.V, err)
		}
	}
	b.config.Reviews = append(b.config.Reviews, review)
}

// protectionRule checks that gonogo can be a protection rule, and warns if GitHub can't ask
// it.
func (b *builder) protectionRule(review *Review) error {
	app, webhook := review.Client.IsApp()
	switch {
	case !app:
		review.Client = nil
		return errors.New("protection_rule needs a GitHub App; set GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and GITHUB_APP_PRIVATE_KEY, and unset GITHUB_TOKEN")
	case !webhook:
		b.warning("GITHUB_WEBHOOK_SECRET is not set, so GitHub can't ask gonogo about deployments to %s; gonogo asks GitHub every 15 s which runs wait", review.Environment)
	case b.config.Listen == "":
		b.warning("GITHUB_WEBHOOK_SECRET is set, but nothing listens for GitHub; set listen, such as 127.0.0.1:8080")
	}
	return nil
}

// warnOfReviews warns of what can't be judged where a workflow deploys: who started it
// is known at GitHub only.
func (b *builder) warnOfReviews() {
	for _, review := range b.config.Reviews {
		if rule, asked := b.config.Checklist.SignOff(review.Environment); asked && !rule.SelfApproval {
			b.warning("self_approval of %s is false, but who starts a workflow at GitHub is not known in Slack, so an approver may have started it; write self_approval: true in its sign_offs if that is meant", review.Environment)
		}
	}
}
