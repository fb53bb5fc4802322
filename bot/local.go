package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"time"

	"gonogo/bot/config"
	"gonogo/bot/web"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/storage"
	"gonogo/storage/store"
)

// reader gives the command line access to the running bot through the local socket,
// since only one process can open the ledger's file.
type reader struct {
	bot *commands.Bot
	log storage.Log
}

// Read implements [web.Reader]. The request has no user, so only verbs that show
// something are answered.
func (r reader) Read(ctx context.Context, text string) reply.Reply {
	return r.bot.Handle(ctx, commands.Request{Text: text})
}

// Act implements [web.Reader].
func (r reader) Act(ctx context.Context, user, key, what string) reply.Reply {
	return r.bot.Handle(ctx, commands.Request{Key: key, Pressed: what, Host: user, Channel: r.bot.OnCall()})
}

// Follow implements [web.Reader].
func (r reader) Follow(ctx context.Context, run string, tell func(commands.RunStanding) error) error {
	changes, stop := r.bot.Changes()
	defer stop()
	for said := ""; ; {
		now, ok := r.bot.RunStanding(run)
		if !ok {
			return fmt.Errorf("there is no deployment or rollback %s", run)
		}
		if line := fmt.Sprint(now.Line, now.Steps, now.Open, now.Choices); line != said {
			said = line
			if err := tell(now); err != nil {
				return err
			}
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitEvery is how often a decision that is waited for is made again without an event:
// a deadline may have passed.
const awaitEvery = 10 * time.Second

// Await implements [web.Reader].
func (r reader) Await(ctx context.Context, a commands.Awaited, tell func(commands.Decided) error) error {
	changes, stop := r.bot.Changes()
	defer stop()
	deadlines := time.NewTicker(awaitEvery)
	defer deadlines.Stop()
	for said := ""; ; {
		now := r.bot.Decided(a)
		if line := fmt.Sprint(now); line != said {
			said = line
			if err := tell(now); err != nil {
				return err
			}
		}
		select {
		case <-changes:
		case <-deadlines.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Export implements [web.Reader].
func (r reader) Export(ctx context.Context, out io.Writer) error {
	return storage.Export(ctx, r.log, out)
}

// Verify implements [web.Reader].
func (r reader) Verify(ctx context.Context) (storage.Report, error) {
	return storage.Verify(ctx, r.log)
}

// readState is the state for a terminal, read without affecting anybody: the running
// bot's if there is one, otherwise the ledger file's, otherwise that of an empty
// ledger. opened reports whether anybody has opened a release.
func readState(ctx context.Context, cfg *config.Config) (state *history.State, opened bool, err error) {
	state = history.NewState()
	for record, err := range records(ctx, cfg) {
		if err != nil {
			return nil, false, err
		}
		event, err := record.Event()
		if err != nil {
			return nil, false, storage.Damaged(cfg.Storage.String(), err)
		}
		state.Apply(record.At, event)
	}
	if len(state.Releases) > 0 {
		return state, true, nil
	}
	state.Apply(time.Now().UTC(), event.ReleaseOpened{Version: firstRelease})
	return state, false, nil
}

// records reads the ledger, wherever that is possible, as far as its chain is intact: a
// terminal must not show or decide anything from records that the bot would refuse. A
// ledger that doesn't exist yet has none.
func records(ctx context.Context, cfg *config.Config) iter.Seq2[storage.Record, error] {
	return func(yield func(storage.Record, error) bool) {
		for record, err := range storage.Chained(found(ctx, cfg)) {
			if !yield(record, storage.Damaged(cfg.Storage.String(), err)) {
				return
			}
		}
	}
}

// found reads the records without verifying them.
func found(ctx context.Context, cfg *config.Config) iter.Seq2[storage.Record, error] {
	return func(yield func(storage.Record, error) bool) {
		client, log, err := awaitLedger(ctx, cfg)
		if client != nil {
			exported(ctx, client, yield)
			return
		}
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(storage.Record{}, err)
			return
		}
		defer log.Close()
		for record, err := range log.Read(ctx, 0) {
			if !yield(record, err) {
				return
			}
		}
	}
}

// stoppingFor is how long to wait for a bot that has the ledger open and does not
// answer: it is starting or stopping.
const stoppingFor = 5 * time.Second

// awaitLedger finds a source for the records: the running bot, or the ledger's file
// once nobody has it open.
func awaitLedger(ctx context.Context, cfg *config.Config) (*web.Client, storage.Log, error) {
	within, cancel := context.WithTimeout(ctx, stoppingFor)
	defer cancel()
	for {
		if client, ok := web.Dial(cfg.Storage.Files().Running()); ok {
			return client, nil, nil
		}
		log, err := cfg.Storage.OpenReadOnly(ctx) // OpenReadOnly itself waits for a while
		if !store.InUse(err) || within.Err() != nil {
			return nil, log, cfg.Storage.Silent(err)
		}
	}
}

// exported reads records from a running bot.
func exported(ctx context.Context, client *web.Client, yield func(storage.Record, error) bool) {
	var text bytes.Buffer
	if err := client.Export(ctx, &text); err != nil {
		yield(storage.Record{}, fmt.Errorf("read the running bot's ledger: %w", err))
		return
	}
	for lines := json.NewDecoder(&text); lines.More(); {
		var record storage.Record
		err := lines.Decode(&record)
		if !yield(record, err) || err != nil {
			return
		}
	}
}

// lookup answers a read-only command from a terminal when no bot runs, from the
// ledger's file.
func lookup(ctx context.Context, cfg *config.Config, text string) (reply.Reply, error) {
	if client, ok := web.Dial(cfg.Storage.Files().Running()); ok {
		return client.Say(ctx, text)
	}
	state, _, err := readState(ctx, cfg)
	if err != nil {
		return reply.Reply{}, err
	}
	work := lookingRuns(cfg)
	observe(ctx, cfg, state, work)
	bot := commands.New(commands.Options{Ledger: frozen{state}, Checklist: cfg.Checklist, Members: written{}, Obstacles: cfg.Obstacles,
		Runs: work, Releases: cfg.Slack.Releases, EnvironmentLabels: cfg.Alerts.EnvironmentLabels, NotYet: cfg.NotYet, Zone: cfg.Location,
		Past: once(records(ctx, cfg)),
		Now:  time.Now, Log: slog.New(slog.DiscardHandler), Clean: cleaner(cfg, cfg.Secrets)})
	return bot.Handle(ctx, commands.Request{Text: text}), nil
}

// lookingRuns is a Runs that starts and writes nothing.
func lookingRuns(cfg *config.Config) *runs.Runs {
	return runs.New(runs.Options{Checklist: cfg.Checklist, Environments: cfg.Environments, Obstacles: cfg.Obstacles, Runbooks: cfg.Runbooks,
		Secrets: cfg.Secrets, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// observe asks the platforms what is live, and adds that to a state that was read from
// a ledger, which only has the answers that a running bot got. If a bot runs now, its
// last answer is used for a platform that can't be reached from here.
func observe(ctx context.Context, cfg *config.Config, state *history.State, work *runs.Runs) {
	_, running := web.Dial(cfg.Storage.Files().Running())
	for _, said := range work.Observed(ctx, state) {
		if _, asked := cfg.Environments[said.Environment]; asked || !running {
			state.Apply(time.Now().UTC(), said)
		}
	}
}

// written knows who holds a role from the configuration alone: it doesn't ask Slack who
// is in a user group.
type written struct{}

var errGroup = errors.New("who is in the user group is not known without Slack")

// Members implements [roster.Members].
func (written) Members(role checklist.Role) ([]string, error) {
	if role.Usergroup != "" {
		return nil, errGroup
	}
	return role.Users, nil
}

// past reads the history from a log while the ledger works on it.
func past(log storage.Log, ledger *storage.Ledger) commands.Past {
	return func(ctx context.Context, before uint64, n int) ([]storage.Record, error) {
		if end := ledger.Seq() + 1; before == 0 || before > end {
			before = end
		}
		return stretch(log.Read(ctx, before-1-min(before-1, uint64(n))), before, n)
	}
}

// once reads the history from records that can be read only once, however many parts of
// it are asked for.
func once(records iter.Seq2[storage.Record, error]) commands.Past {
	var all []storage.Record
	return func(_ context.Context, before uint64, n int) ([]storage.Record, error) {
		if all == nil {
			for record, err := range records {
				if err != nil {
					return nil, err
				}
				all = append(all, record)
			}
		}
		last := len(all)
		if before > 0 && before <= uint64(last) {
			last = int(before - 1)
		}
		return all[max(0, last-n):last], nil
	}
}

// stretch is the last n records before a number; 0 means the end.
func stretch(records iter.Seq2[storage.Record, error], before uint64, n int) ([]storage.Record, error) {
	var last []storage.Record
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		if before > 0 && record.Seq >= before {
			break
		}
		if last = append(last, record); len(last) > 2*n {
			last = append(last[:0], last[len(last)-n:]...)
		}
	}
	return last[max(0, len(last)-n):], nil
}

// frozen is a ledger that can only be read.
type frozen struct{ state *history.State }

var errFrozen = errors.New("a terminal only looks")

// State implements [commands.Ledger].
func (f frozen) State() *history.State { return f.state }

// Update implements [commands.Ledger] by refusing.
func (frozen) Update(context.Context, storage.Decide) (storage.Receipt, error) {
	return storage.Receipt{}, errFrozen
}

// Once implements [commands.Ledger] by refusing.
func (frozen) Once(context.Context, string, storage.Decide) (storage.Receipt, error) {
	return storage.Receipt{}, errFrozen
}

// Hangs implements [commands.Ledger]: nothing is written.
func (frozen) Hangs() time.Duration { return 0 }

// Watch implements [commands.Ledger]: nothing ever changes.
func (frozen) Watch() (<-chan struct{}, func()) { return nil, func() {} }
