package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/bot/chat"
	"gonogo/bot/config"
	"gonogo/bot/watch"
	"gonogo/bot/web"
	"gonogo/clients/github"
	"gonogo/commands"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/storage"
)

// watchPace is how the bot looks at itself; the zero value is the usual pace.
type watchPace struct {
	Every   time.Duration // between two looks at one thing
	Lasting time.Duration // how long a trouble lasts before people are told
}

// watched is what the bot looks at to find out whether it can do its work.
type watched struct {
	cfg    *config.Config
	ledger *storage.Ledger
	talk   *chat.Chat
	bot    *commands.Bot
	runs   *runs.Runs
	web    *web.Server // set before it is asked
	watch  *watch.Watch
}

// health tells what /readyz and /metrics need to know.
func (w *watched) health() web.Health {
	h := w.numbers()
	h.Standing = w.watch.Standing()
	return h
}

// numbers are what the bot knows of itself without looking anywhere.
func (w *watched) numbers() web.Health {
	h := w.talk.Health()
	return web.Health{Ledger: w.ledger.Health(), LedgerSize: w.cfg.Storage.Size(), Sockets: h.Sockets, Draining: h.Draining, Wanted: h.Wanted,
		LastFrame: h.LastInbound, Queue: h.Queued, QueueSize: h.QueueSize, Trouble: h.Trouble, Strays: h.Strays}
}

// own are the troubles that need no look.
func (w *watched) own() []watch.Trouble {
	now := time.Now()
	return slices.Concat(reportedBy(processName(), w.numbers().Own(now)), barredTroubles(w.talk.Health().Barred, w.cfg.Slack.Releases, w.cfg.Slack.OnCall), w.web.Refused(now), platformTroubles(w.cfg, w.ledger.State()), stalledTroubles(w.runs.Stalled()))
}

// reportedBy names this process in a trouble that is about two of them: each reports the
// other, and the message of the one that is stopped stays as it is.
func reportedBy(process string, troubles []watch.Trouble) []watch.Trouble {
	for i, t := range troubles {
		if t.Kind == event.TroubleOtherProcess {
			troubles[i].Why += ". Reported by " + process + "; if that is the one you stop, this message stays as it is"
		}
	}
	return troubles
}

// barredTroubles are what Slack said when something could not be shown in a channel that
// gonogo needs. A look at the channel doesn't find that only some people may post there.
func barredTroubles(barred map[string]string, releases, onCall string) (troubles []watch.Trouble) {
	if mend := barred[releases]; mend != "" {
		troubles = append(troubles, watch.Trouble{Kind: event.TroubleReleasesChannel, Why: "gonogo can't post in the releases channel: " + mend})
	}
	if mend := barred[onCall]; mend != "" && onCall != releases {
		troubles = append(troubles, watch.Trouble{Kind: event.TroubleOnCallChannel, Why: "gonogo can't post in the on-call channel: " + mend})
	}
	return troubles
}

// looks are what others have to be asked.
func (w *watched) looks() []watch.Look {
	looks := w.talk.Looks(w.cfg.Slack.Releases, w.cfg.Slack.OnCall)
	if w.cfg.Repository != nil {
		looks = append(looks, watch.Look{Whether: "GitHub accepts gonogo's credentials", Finds: []event.TroubleKind{event.TroubleGitHub},
			Ask: func(ctx context.Context) ([]watch.Trouble, error) { return githubTroubles(ctx, w.cfg.Repository) }})
	}
	return looks
}

// githubTroubles asks GitHub for the repository.
func githubTroubles(ctx context.Context, repository *github.Client) ([]watch.Trouble, error) {
	_, err := repository.Rights(ctx)
	var refused *github.Refused
	if errors.As(err, &refused) {
		return []watch.Trouble{{Kind: event.TroubleGitHub, Why: "commits can't be looked up and issues can't be kept: " + refused.Error()}}, nil
	}
	return nil, err
}

// platformTroubles are what platforms said when they were last asked, which runs do
// every minute.
func platformTroubles(cfg *config.Config, state *history.State) (troubles []watch.Trouble) {
	for _, env := range slices.Sorted(maps.Keys(cfg.Environments)) {
		said := state.Observed[env]
		switch {
		case said.Problem == "":
		case said.Refused:
			troubles = append(troubles, watch.Trouble{Kind: event.TroublePlatformDenied, Why: fmt.Sprintf("gonogo can't deploy or roll back %s: %s", env, said.Problem)})
		default:
			troubles = append(troubles, watch.Trouble{Kind: event.TroublePlatformSilent, Why: fmt.Sprintf("it is not known what is live on %s: %s", env, said.Problem)})
		}
	}
	return troubles
}

// stalledTroubles are the runs that make no progress, with the reason for each.
func stalledTroubles(stalled map[string]string) (troubles []watch.Trouble) {
	for _, run := range slices.Sorted(maps.Keys(stalled)) {
		troubles = append(troubles, watch.Trouble{Kind: event.TroubleRuns, Why: fmt.Sprintf("run %s: %s", run, strings.TrimSuffix(stalled[run], "."))})
	}
	return troubles
}

// begin makes the watch, and starts nothing.
func (w *watched) begin(secrets []string, pace watchPace, log *slog.Logger) {
	options := watch.Options{Looks: w.looks(), Own: w.own, Ledger: w.ledger, Teller: teller{w.talk, w.bot, w.ledger}, Project: w.cfg.Project, Secrets: secrets, Now: time.Now, Log: log,
		Every: pace.Every, Lasting: pace.Lasting}
	if w.cfg.Pager != nil {
		options.Pager = w.cfg.Pager
	}
	w.watch = watch.New(options)
}

// teller tells people in Slack of what the ledger can't record.
type teller struct {
	talk   *chat.Chat
	bot    *commands.Bot
	ledger *storage.Ledger
}

// Tell implements [watch.Teller].
func (t teller) Tell(ctx context.Context, kind event.TroubleKind, why string, since time.Time) (ts string, err error) {
	return t.talk.Notify(ctx, t.notice(kind), t.bot.UnrecordedTrouble(kind, why, since, t.ledger.Health().TakesRollback()))
}

// Retract implements [watch.Teller].
func (t teller) Retract(ctx context.Context, kind event.TroubleKind, ts string) error {
	return t.talk.Withdraw(ctx, t.notice(kind), ts)
}

func (t teller) notice(kind event.TroubleKind) chat.Notice {
	return chat.Notice{Channel: t.bot.TroubleChannel(kind), Mark: "unrecorded/" + string(kind)}
}
