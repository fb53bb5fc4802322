package config

import (
	"cmp"
	"errors"
	"strings"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/clients/github"
	"gonogo/deploy"
	"gonogo/deploy/workflow"
)

type reviewsPart struct {
	strictyaml.Pos
	Connection  val[string] `yaml:"connection" require:"the GitHub connection of the repository whose workflow runs wait"`
	Environment val[string] `yaml:"environment" require:"the name of the environment at GitHub, of which gonogo's token is a required reviewer"`
	Rule        val[bool]   `yaml:"protection_rule"` // whether gonogo's GitHub App is a deployment protection rule of the environment, instead of a required reviewer; GitHub then asks it at /github, if GITHUB_WEBHOOK_SECRET is set; default: false
	Live        reviewsLive `yaml:"live"`            // what is recorded as live, where gonogo itself doesn't deploy: true for GitHub's last successful deployment to the environment, or the version that a site shows; default: false
}

// reviewsLive says where it is read what is live: at GitHub, if it is true, or from a site.
type reviewsLive struct {
	strictyaml.Pos
	URL     val[connection.WebURL] `yaml:"url" require:"an address that shows the version that is live"` // an address that shows the version that is live, as the name of its release or its commit; while it can't be read, what is live is unknown, and that is NO-GO
	Version val[string]            `yaml:"version"`                                                      // a path in JSON, such as $.version, or a regular expression with exactly one group; default: all that the address answers
	gitHub  val[bool]
}

// ReadYAML implements [strictyaml.Reader].
func (l *reviewsLive) ReadYAML(d *strictyaml.Decoder, n *strictyaml.Node, what string) {
	if n.Shape == strictyaml.Scalar {
		d.Decode(n, &l.gitHub, what)
		l.Pos = n.Pos
		return
	}
	type plain reviewsLive // without ReadYAML, so that decoding doesn't recurse
	var p plain
	d.Decode(n, &p, what)
	*l = reviewsLive(p)
}

func (l reviewsLive) set() bool { return l.gitHub.V || l.URL.Set }

// Review is an environment whose deployments at GitHub gonogo approves.
type Review struct {
	Environment string         // in the configuration
	Client      *github.Client // nil: there is no token
	Name        string         // of the environment at GitHub
	Rule        bool           // gonogo is a deployment protection rule there
	Live        bool           // what GitHub has deployed there is live

	Site *workflow.SiteVersion // shows what is live; nil: no site does

	connection string // by name
}

// reviews reads which deployments at GitHub wait for the decision of an environment. A
// missing token is reported, and everything else works without it.
func (b *builder) reviews(env val[string], p *reviewsPart, deploys bool) {
	if p == nil {
		return
	}
	if p.Live.set() && deploys {
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
	review := Review{Environment: env.V, Name: name, Rule: p.Rule.V, Live: p.Live.gitHub.V, Site: b.liveSite(p.Live), connection: p.Connection.V}
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

// wholeText matches a text that is the version and nothing else.
const wholeText = `^\s*(\S+)\s*$`

// liveSite is the site that shows what is live, or nil.
func (b *builder) liveSite(p reviewsLive) *workflow.SiteVersion {
	if !p.URL.Set {
		return nil
	}
	version, ok := deploy.NewFinder(cmp.Or(p.Version.V, wholeText))
	if !ok {
		b.Fault(p.Version.Pos, "version is a path in JSON, such as $.version, or a regular expression with exactly one group")
		return nil
	}
	site, err := workflow.NewSiteVersion(string(p.URL.V), version, b.deps.Dialer)
	if err != nil {
		b.Fault(p.URL.Pos, "this isn't a URL that begins with http:// or https://; write it like https://app.example.com/version")
		return nil
	}
	return site
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
