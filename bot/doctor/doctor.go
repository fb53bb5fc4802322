// Package doctor checks everything that gonogo needs, before anybody needs it: Slack,
// the ledger and its disk, the address to listen on, the programs of runbooks, every
// connection of the configuration, and the platforms of the environments.
//
// [Examine] makes all checks side by side, each within a time limit, and returns one
// or more [finding.Finding] for each. It writes nothing, opens no socket to Slack, and
// doesn't disturb a running gonogo. What can't be found out is reported as a fault or
// as not checked, never as fine.
package doctor

import (
	"context"
	"slices"
	"sync"
	"time"

	"gonogo/bot/chat/examine"
	"gonogo/bot/config"
	"gonogo/bot/doctor/finding"
	"gonogo/readiness/history"
	"gonogo/redact"
)

// Options are what an examination needs. All of them must be set.
type Options struct {
	Config  *config.Config
	Socket  string                           // where a running gonogo can be reached
	Environ func(name string) (string, bool) // the environment variables that gonogo would have
	Now     func() time.Time
	State   func(context.Context) (*history.State, error) // what the ledger says, from the running gonogo or from the file
}

type examiner struct{ Options }

const (
	within      = 10 * time.Second // limits each check of something outside
	slackWithin = time.Minute      // bounds all questions to Slack, which are asked one after another
)

// Examine checks everything concurrently, and returns the findings in a fixed order and
// without any secret of the configuration.
func Examine(ctx context.Context, opts Options) []finding.Finding {
	x := examiner{opts}
	looks := []func(context.Context) []finding.Finding{x.slack, x.running, x.ledger, x.disk, x.listen, x.alerts, x.secondReceiver, x.runbooks}
	for _, probe := range x.Config.Probes {
		looks = append(looks, func(ctx context.Context) []finding.Finding { return x.probe(ctx, probe) })
	}
	if x.Config.Repository != nil {
		looks = append(looks, x.repository)
	}
	if x.Config.Pager != nil {
		looks = append(looks, x.webhook)
	}
	for _, env := range x.Config.Checklist.Environments {
		looks = append(looks, func(ctx context.Context) []finding.Finding { return x.environment(ctx, env.Name) })
	}
	for _, review := range x.Config.Reviews {
		if review.Client != nil {
			looks = append(looks, func(ctx context.Context) []finding.Finding { return x.reviews(ctx, review) })
		}
		if review.Site != nil {
			looks = append(looks, func(ctx context.Context) []finding.Finding { return x.liveSite(ctx, review) })
		}
	}
	found := make([][]finding.Finding, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		all.Go(func() { found[i] = look(ctx) })
	}
	all.Wait()
	flat := slices.Concat(found...)
	for i := range flat {
		flat[i].Says = redact.Line(flat[i].Says, x.Config.Secrets)
	}
	return flat
}

func (x examiner) slack(ctx context.Context) []finding.Finding {
	ctx, cancel := context.WithTimeout(ctx, slackWithin)
	defer cancel()
	read := func(name string) string { value, _ := x.Environ(name); return value }
	channels := []string{x.Config.Slack.Releases}
	if x.Config.Slack.OnCall != "" && x.Config.Slack.OnCall != x.Config.Slack.Releases {
		channels = append(channels, x.Config.Slack.OnCall)
	}
	return examine.Workspace(ctx, examine.Access{BotToken: read("SLACK_BOT_TOKEN"), AppToken: read("SLACK_APP_TOKEN"), APIURL: read("SLACK_API_URL")},
		channels, x.Config.Checklist.People())
}
