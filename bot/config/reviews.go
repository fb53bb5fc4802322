package config

import (
	"strings"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/clients/github"
)

type reviewsPart struct {
	strictyaml.Pos
	Connection  val[string] `yaml:"connection" require:"the GitHub connection of the repository whose workflow runs wait"`
	Environment val[string] `yaml:"environment" require:"the name of the environment at GitHub, of which gonogo's token is a required reviewer"`
}

// Review is an environment whose deployments at GitHub gonogo approves.
type Review struct {
	Environment string         // in the configuration
	Client      *github.Client // nil: there is no token
	Name        string         // of the environment at GitHub

	connection string // by name
}

// reviews reads which deployments at GitHub wait for the decision of an environment. A
// missing token is reported, and everything else works without it.
func (b *builder) reviews(env val[string], p *reviewsPart) {
	if p == nil {
		return
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
	review := Review{Environment: env.V, Name: name, connection: p.Connection.V}
	if c, err := b.find(p.Connection.V, "github"); err == nil {
		if review.Client, err = connection.Client[*github.Client](c); err != nil {
			b.later(p.Pos, "the deployment reviews of %s: %s", env.V, err)
		}
	}
	b.config.Reviews = append(b.config.Reviews, review)
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
