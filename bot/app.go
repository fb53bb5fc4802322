package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"gonogo/bot/chat"
	"gonogo/bot/chat/slackerr"
	"gonogo/bot/chat/socket"
	"gonogo/bot/config"
	"gonogo/bot/web"
	"gonogo/commands"
	"gonogo/gates/program"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/runs/commits"
	"gonogo/runs/incidents"
	"gonogo/runs/issues"
	"gonogo/runs/reviews"
	"gonogo/runs/runbook"
	"gonogo/storage"
)

// firstRelease is the release that opens by itself in a new ledger.
const firstRelease = "next"

// app is the bot with all its rooms, connected and ready to run.
type app struct {
	log    storage.Log
	list   *checklist.Checklist
	ledger *storage.Ledger
	runs   *runs.Runs
	bot    *commands.Bot
	named  func() string // which gonogo this is
	chat   *chat.Chat
	web    *web.Server
	others []func(context.Context) error // background work besides those: issues, triggers, look-ups
	logger *slog.Logger
}

// slackAccess is how to reach Slack.
type slackAccess struct{ BotToken, AppToken, APIURL string }

// slackFrom reads the access from the environment.
func slackFrom(environ func(string) (string, bool)) (slackAccess, error) {
	var s slackAccess
	for name, into := range map[string]*string{"SLACK_BOT_TOKEN": &s.BotToken, "SLACK_APP_TOKEN": &s.AppToken} {
		value, _ := environ(name)
		if value == "" {
			return s, exit{2, fmt.Errorf("%s is not set: put the app's token there (xoxb-… for SLACK_BOT_TOKEN, xapp-… for SLACK_APP_TOKEN)", name)}
		}
		*into = value
	}
	s.APIURL, _ = environ("SLACK_API_URL")
	return s, nil
}

// newApp opens the ledger and connects the rooms. It starts nothing; Run closes the
// ledger.
func newApp(ctx context.Context, cfg *config.Config, slack slackAccess, sys system, logger *slog.Logger) (*app, error) {
	log, err := cfg.Storage.Open(ctx)
	if err != nil {
		return nil, err
	}
	if sys.Disk != nil {
		log = sys.Disk(log)
	}
	files := cfg.Storage.Files()
	if err := files.Prepare(); err != nil {
		logger.Warn("gonogo's own files are not all where they belong", "folder", files.Folder, "error", err)
	}
	metrics := web.NewMetrics(chat.Methods, slackerr.Outcomes, socket.Reasons)
	secrets := append(slices.Clone(cfg.Secrets), slack.BotToken, slack.AppToken)
	clean := cleaner(cfg, secrets)
	ledger, err := storage.OpenLedger(ctx, log, storage.Options{Now: time.Now, Log: logger, Name: processName(), Observe: metrics.Wrote, Clean: clean,
		Reserve:   cfg.Storage.Reserve(),
		Snapshots: &storage.Snapshots{Path: files.Snapshot(), Program: thisProgram()}})
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	work := runs.New(runs.Options{Ledger: ledger, Checklist: cfg.Checklist, Gates: cfg.Gates, Targets: cfg.Targets,
		Environments: cfg.Environments, Obstacles: cfg.Obstacles, Visible: sys.Visible, LookWithin: sys.LookWithin, Secrets: secrets, Now: time.Now, Log: logger,
		Runbooks: cfg.Runbooks, Outputs: files.Output(), Environ: cfg.Environ})
	instance := instanceOf(log, logger)
	workspace := chat.NewWorkspace(chat.Options{
		BotToken: slack.BotToken, AppToken: slack.AppToken, APIURL: slack.APIURL, Connections: cfg.Slack.Connections,
		Roles: cfg.Checklist.People(), MembersFile: files.Members(), Location: cfg.Location, Log: logger, Meter: metrics, Instance: instance, Rate: sys.SlackRate,
	})
	cfg.OnCall.Open(workspace.Present)
	bot := commands.New(commands.Options{
		Ledger: ledger, Runs: work, Commits: commitLookup(cfg, secrets, logger), Checklist: cfg.Checklist, Members: workspace, Links: workspace.Link, Releases: cfg.Slack.Releases, OnCall: cfg.Slack.OnCall,
		Obstacles: cfg.Obstacles, NotYet: cfg.NotYet, Zone: cfg.Location, Mention: cfg.Alerts.Mention, EnvironmentLabels: cfg.Alerts.EnvironmentLabels, CanSilence: len(cfg.Alerts.Alertmanagers) > 0, Welcome: sys.Welcome, Past: past(log, ledger), Now: time.Now, Log: logger, Clean: clean,
	})
	talk := chat.New(workspace, bot)
	alerts := incidents.NewAlerts(incidents.AlertOptions{Ledger: ledger, Checklist: cfg.Checklist, Environments: cfg.Environments,
		EnvironmentLabels: cfg.Alerts.EnvironmentLabels, Sources: alertSources(cfg), Now: time.Now, Log: logger, Clean: clean})
	self := &watched{cfg: cfg, ledger: ledger, talk: talk, bot: bot, runs: work}
	self.begin(secrets, sys.Watch, logger)
	server := web.New(web.Options{Listen: cfg.Listen, Socket: files.Socket(), Health: self.health, Reader: reader{bot, log}, Log: logger,
		Alive: ledger.Answers, Metrics: metrics, View: func() readiness.View {
			return readiness.View{Checklist: cfg.Checklist, State: ledger.State(), Now: time.Now()}
		},
		AlertToken: cfg.Alerts.Token, Alerts: alerts, Probes: cfg.Alerts.Path, Reviews: inbox(cfg, ledger), WaitToken: cfg.WaitToken})
	self.web = server
	a := &app{named: instance, log: log, list: cfg.Checklist, ledger: ledger, runs: work, bot: bot, chat: talk, web: server, logger: logger}
	a.others = append(a.watchers(cfg, secrets), alerts.Run, self.watch.Run)
	return a, nil
}

// watchers are the background tasks that the configuration asks for.
func (a *app) watchers(cfg *config.Config, secrets []string) []func(context.Context) error {
	all := []func(context.Context) error{
		a.runs.WatchPlatforms,
		a.runs.RollBackByItself,
		runs.Locks{Ledger: a.ledger, Checklist: cfg.Checklist, Now: time.Now, Log: a.logger}.Run,
		runs.Starter{Ledger: a.ledger, Checklist: cfg.Checklist, Gates: cfg.Gates, Runs: a.runs, Permits: a.bot.Permits, Now: time.Now, Log: a.logger}.Run,
		incidents.NewTriggers(incidents.TriggerOptions{Ledger: a.ledger, Environments: cfg.Environments, Obstacles: cfg.Obstacles, Secrets: secrets, Now: time.Now, Log: a.logger}).Run,
		runs.NewSchedule(runs.ScheduleOptions{Ledger: a.ledger, Checklist: cfg.Checklist, Gates: cfg.Gates, Targets: cfg.Targets,
			Secrets: secrets, Now: time.Now, Log: a.logger}).Run,
		runs.Arrivals{Ledger: a.ledger, Checklist: cfg.Checklist, Gates: cfg.Gates, Runs: a.runs, Log: a.logger}.Run,
	}
	if len(cfg.Alerts.Alertmanagers) > 0 {
		all = append(all, a.silences(cfg))
	}
	if cfg.Checklist.Escalation.After > 0 {
		all = append(all, incidents.NewEscalation(incidents.EscalationOptions{Ledger: a.ledger, Checklist: cfg.Checklist, Pager: pager(cfg), Link: a.bot.LinkOf,
			Secrets: secrets, Now: time.Now, Log: a.logger}).Run)
	}
	if cfg.Repository != nil {
		all = append(all, commits.Finder{Ledger: a.ledger, Source: cfg.Repository, Now: time.Now, Log: a.logger}.Run,
			commits.Comparer{Ledger: a.ledger, Source: cfg.Repository, Notable: notable(cfg), Secrets: secrets, Now: time.Now, Log: a.logger}.Run)
	}
	all = append(all, a.reviewers(cfg, secrets)...)
	if cfg.Issues != nil {
		opts := issues.Options{Ledger: a.ledger, Checklist: cfg.Checklist, Repository: cfg.Repository, Runbooks: runFor(cfg.Runbooks),
			Labels: cfg.Issues.Labels, Project: cfg.Project, Thread: a.bot.RunLink, Secrets: secrets, Now: time.Now, Log: a.logger}
		all = append(all, issues.New(opts).Run, issues.NewOverrides(opts).Run)
	}
	return append(all, issues.NewPostmortems(a.postmortemOptions(cfg, secrets)).Run)
}

// postmortemOptions are those of the postmortems of rollbacks, which have issues where failed
// gates have some.
func (a *app) postmortemOptions(cfg *config.Config, secrets []string) issues.Options {
	opts := issues.Options{Ledger: a.ledger, Project: cfg.Project, Secrets: secrets, Now: time.Now, Log: a.logger}
	if cfg.Issues != nil {
		opts.Repository, opts.Labels = cfg.Repository, cfg.Issues.Labels
	}
	return opts
}

// reviewers answer the deployments at GitHub that wait for an environment, and follow what
// sites show as live there.
func (a *app) reviewers(cfg *config.Config, secrets []string) (all []func(context.Context) error) {
	for _, place := range reviewPlaces(cfg) {
		all = append(all, reviews.New(reviews.Options{Ledger: a.ledger, Checklist: cfg.Checklist, Secrets: secrets, Now: time.Now, Log: a.logger, Place: place}).Run)
	}
	for _, review := range cfg.Reviews {
		if review.Site != nil {
			all = append(all, reviews.Site{Ledger: a.ledger, Environment: review.Environment, Shown: review.Site, Secrets: secrets, Log: a.logger}.Run)
		}
	}
	return all
}

// reviewPlaces are the environments whose deployments at GitHub gonogo can answer.
func reviewPlaces(cfg *config.Config) (places []reviews.Place) {
	for _, review := range cfg.Reviews {
		if review.Client != nil {
			places = append(places, reviews.Place{Environment: review.Environment, Repository: review.Client, Name: review.Name, Rule: review.Rule, Live: review.Live})
		}
	}
	return places
}

// inbox takes what GitHub sends to gonogo's protection rules. If it knows no secret, it is
// nil, not an empty inbox.
func inbox(cfg *config.Config, ledger *storage.Ledger) web.Reviews {
	places := slices.DeleteFunc(reviewPlaces(cfg), func(p reviews.Place) bool { return !p.Rule })
	for _, review := range cfg.Reviews {
		if review.Client == nil || !review.Rule {
			continue
		}
		if _, webhook := review.Client.IsApp(); webhook {
			return reviews.Inbox{Ledger: ledger, Places: places}
		}
	}
	return nil
}

// runFor lists, by runbook ID, the environments that each runbook can be run for.
func runFor(books []runbook.Runbook) map[string][]string {
	environments := map[string][]string{}
	for _, book := range books {
		environments[book.ID] = book.Environments
	}
	return environments
}

// source is the repository that releases are made from. Without one it is nil, not a
// nil client.
func source(cfg *config.Config) commits.Source {
	if cfg.Repository == nil {
		return nil
	}
	return cfg.Repository
}

// commitLookup asks the repository about commits.
func commitLookup(cfg *config.Config, secrets []string, logger *slog.Logger) commits.Lookup {
	return commits.Lookup{Source: source(cfg), Notable: notable(cfg), Secrets: secrets, Log: logger}
}

// notable is which commits people should see first.
func notable(cfg *config.Config) commits.Notable {
	notable := commits.Notable(cfg.Notable)
	if len(notable.Titles) == 0 {
		notable.Titles = commits.NotableTitles
	}
	return notable
}

// pager is the webhook for escalations. Without one it is nil, not a nil client.
func pager(cfg *config.Config) incidents.Pager {
	if cfg.Pager == nil {
		return nil
	}
	return cfg.Pager
}

// silences keeps silences in the Alertmanagers.
func (a *app) silences(cfg *config.Config) func(context.Context) error {
	var all []incidents.Silencer
	for _, client := range cfg.Alerts.Alertmanagers {
		all = append(all, client)
	}
	return incidents.NewSilences(incidents.SilenceOptions{Ledger: a.ledger, Sources: all, Environments: cfg.Environments, Now: time.Now, Log: a.logger}).Run
}

// alertSources are the Alertmanagers that can be asked for their alerts.
func alertSources(cfg *config.Config) []incidents.AlertSource {
	var all []incidents.AlertSource
	for _, client := range cfg.Alerts.Alertmanagers {
		all = append(all, client)
	}
	return all
}

// processName identifies this process to another gonogo that tries to use the same
// ledger.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	return fmt.Sprintf("gonogo %s on %s, process %d", version, host, os.Getpid())
}

// Run runs the rooms until ctx ends or one of them fails. They stop from the outside
// in: first nothing new is accepted from Slack and HTTP, then the runs stop, and last
// the ledger, so that whatever was begun is recorded.
func (a *app) Run(ctx context.Context) error {
	ledgerCtx, stopLedger := context.WithCancel(context.WithoutCancel(ctx))
	ledgerDone := make(chan error, 1)
	go func() { ledgerDone <- a.ledger.Run(ledgerCtx) }()

	err := a.prepare(ctx)
	if err == nil {
		err = a.runRooms(ctx)
	}
	stopLedger()
	return errors.Join(err, <-ledgerDone, a.log.Close())
}

func (a *app) runRooms(ctx context.Context) error {
	runsCtx, stopRuns := context.WithCancel(context.WithoutCancel(ctx))
	runsDone := make(chan error, 1)
	go func() {
		if n := program.EndOrphans(); n > 0 {
			a.logger.Info("ended processes that were left running when gonogo was killed", "processes", n)
		}
		runsDone <- a.runs.Run(runsCtx)
	}()

	outside, ctx := errgroup.WithContext(ctx)
	outside.Go(func() error { return a.chat.Run(ctx) })
	outside.Go(func() error { return a.web.Run(ctx) })
	for _, run := range a.others {
		outside.Go(func() error { return run(ctx) })
	}
	err := outside.Wait()
	stopRuns()
	return errors.Join(err, <-runsDone)
}

// prepare binds answers that an older gonogo recorded to the configuration's items,
// once, and opens a release in a ledger that has none, so that there is something to
// check from the start.
func (a *app) prepare(ctx context.Context) error {
	_, err := a.ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		var events []event.Event
		if !s.Bound {
			events = append(events, readiness.Bind(readiness.View{Checklist: a.list, State: s, Now: now}))
		}
		if len(s.Releases) == 0 {
			events = append(events, event.ReleaseOpened{Version: firstRelease})
		}
		return events, nil
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("prepare the ledger: %w", err)
	}
	a.named() // from now on there is a first record, and nobody waits for it
	return nil
}

// instanceOf names a gonogo by the first record of its ledger, which is the same after
// each restart, and another one in every other ledger. It is read once.
func instanceOf(log storage.Log, logger *slog.Logger) func() string {
	return sync.OnceValue(func() string {
		for record, err := range log.Read(context.Background(), 0) {
			if err != nil {
				logger.Warn("the first record of the ledger could not be read, so presses on what another gonogo posted are not told apart", "error", err)
				return ""
			}
			return record.Hash[:8]
		}
		return ""
	})
}
