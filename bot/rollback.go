package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/bot/web"
	"gonogo/commands/reply"
	"gonogo/readiness/work"
)

const rollbackHelp = `Goes back to an earlier version through the bot that is running on this host. It doesn't need Slack:
the bot acts in the name of the user who runs this command. Anyone who can open the socket next to the
ledger may use it.

It shows the plan and asks you to type the environment's name, then follows the rollback until it asks
whether to keep the version or to return. If no bot is running, it does nothing and shows the steps for
the platform's console instead.

Of the variables in the configuration it needs only those in storage, which says where the bot's
socket is.

Exit codes: 0 the version is live again; 1 it isn't, or nothing was done; 2 no bot is running and the
configuration can't be used; 64 the command line is wrong.`

func rollbackCommand(s system) *cobra.Command {
	var file, to, reason string
	var yes, dryRun, rehearsal bool
	cmd := &cobra.Command{
		Use:   "rollback ENV",
		Short: "Rolls back to an earlier version, without Slack",
		Long:  rollbackHelp,
		Args:  oneEnvironment,
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := newHost(s, file)
			if err != nil {
				return err
			}
			h.flags = givenConfig(cmd, file)
			return h.rollBack(cmd.Context(), reply.Act{Verb: "rollback", Environment: args[0], To: to, Text: reason, DryRun: dryRun, Rehearsal: rehearsal}, yes)
		},
	}
	cmd.PersistentFlags().StringVarP(&file, "config", "c", "gonogo.yml", "the configuration")
	cmd.Flags().StringVar(&to, "to", "", "the version to go back to (default: the last good one)")
	cmd.Flags().StringVar(&reason, "reason", "", "the reason, which everybody sees")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask for confirmation")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show each step with its outside calls, and do nothing")
	cmd.Flags().BoolVar(&rehearsal, "rehearsal", false, "rehearse it: back for real, without a hold afterwards")
	for _, d := range decisions {
		cmd.AddCommand(decisionCommand(s, d, &file))
	}
	return cmd
}

// decision is an answer that people can give to a rollback on the host.
type decision struct {
	word, verb, usage, short string
	args                     cobra.PositionalArgs
	without                  string // why there is nothing to do by hand when no bot runs; empty: there is something
}

// decisions are the answers to the question that a rollback asks, and the ways out
// after one has failed.
var decisions = []decision{
	{work.ChooseKeep, "rollback keep", "keep ENV", "Keeps the version that a rollback brought back", oneEnvironment, ""},
	{work.ChooseReturn, "rollback return", "return ENV REASON", "Returns to the version that a rollback left", environmentAndReason, ""},
	{work.ChooseContinue, "deploy continue", "continue ENV", "Lets a rollback that is waiting for an answer look again and continue", oneEnvironment,
		"Only the bot can look again and continue; the platform's console can't do it."},
	{work.ChooseAbandon, "deploy abandon", "abandon ENV", "Ends a rollback that is waiting for an answer, and leaves the environment as it is", oneEnvironment,
		"It ends the rollback in the ledger only; there is nothing to do in the platform's console."},
	{"by-hand", "rollback by-hand", "by-hand ENV", "Shows the steps in the platform's console, for when gonogo can't roll back", oneEnvironment, ""},
	{"record", "rollback record", "record ENV", "After a rollback by hand, asks the platform what is live and records it", oneEnvironment,
		"Only the bot can ask the platform and record what is live; there is nothing to do in the platform's console."},
}

// How many arguments subcommands take.
var (
	oneEnvironment       = takes("one environment", "production", one)
	environmentAndReason = takes("an environment and a reason", `production "the fault was the database's"`, func(n int) bool { return n > 1 })
)

func decisionCommand(s system, d decision, file *string) *cobra.Command {
	return &cobra.Command{
		Use:   d.usage,
		Short: d.short,
		Args:  d.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := newHost(s, *file)
			if err != nil {
				return err
			}
			h.flags = givenConfig(cmd, *file)
			act := reply.Act{Verb: d.verb, Environment: args[0], Text: strings.Join(args[1:], " ")}
			client, ok := web.Dial(h.cfg.Storage.Files().Running())
			switch {
			case !ok && d.without != "":
				return h.without(d, act)
			case !ok:
				return h.byHand(cmd.Context(), act, h.silent())
			}
			h.client = client
			return h.do(cmd.Context(), newKey(), act, true)
		},
	}
}

// newKey is a once-only key for one act on the host.
func newKey() string { return "host/" + rand.Text() }

// host is the command line of a person on the bot's host.
type host struct {
	s      system
	cfg    *config.Config // where the configuration has faults, only its ledger is set
	faults error          // why the configuration can't be used; the running bot doesn't need it
	client *web.Client
	typed  *bufio.Reader
	flags  string // ends each command that is suggested: the --config that was given, after a space

	rehearsal bool // what was asked for is only a rehearsal

	patience patience
	writing  sync.Mutex // lines about a run and lines about the bot come from two goroutines
}

// newHost finds the ledger, next to which the running bot has its socket. In a shell
// without the bot's variables, storage is all that is used of the
// configuration.
func newHost(s system, file string) (*host, error) {
	cfg, faults := config.Load(file, s.Environ)
	if faults != nil {
		kept, ok := config.FindLedger(file, s.Environ)
		if !ok {
			return nil, exit{2, fmt.Errorf("%w\nNothing was done: without storage, which says where the ledger is, the running bot cannot be found", faults)}
		}
		cfg = &config.Config{}
		cfg.Storage = kept
	}
	if s.In == nil {
		s.In = strings.NewReader("")
	}
	return &host{s: s, cfg: cfg, faults: faults, typed: bufio.NewReader(s.In), patience: hostPatience}, nil
}

// zone is the project's time zone for printing: UTC if the configuration can't be used.
func (h *host) zone() *time.Location { return cmp.Or(h.cfg.Location, time.UTC) }

// silent says that no bot answers, and why.
func (h *host) silent() string {
	return web.Silence(h.cfg.Storage.Files().Running()) + ", so nothing was done."
}

// rollBack shows the plan, asks for confirmation and rolls back.
func (h *host) rollBack(ctx context.Context, act reply.Act, yes bool) error {
	h.rehearsal = act.Rehearsal
	client, ok := web.Dial(h.cfg.Storage.Files().Running())
	if !ok {
		return h.notPlanned(ctx, act, h.silent())
	}
	h.client = client
	plan, err := h.act(ctx, newKey(), act)
	if err != nil {
		return h.notPlanned(ctx, act, "The running bot did not plan it, so nothing was done: "+err.Error()+".")
	}
	if act.DryRun && !plan.Refused {
		h.print(h.s.Out, plan)
		return nil
	}
	start, ok := startOf(plan)
	if plan.Refused || !ok {
		return h.refused(ctx, act, plan, yes)
	}
	h.print(h.s.Out, plan)
	question := "\nType %s to roll it back: "
	if h.rehearsal {
		question = "\nType %s to rehearse it: "
	}
	if !yes && h.ask(fmt.Sprintf(question, act.Environment)) != act.Environment {
		fmt.Fprintln(h.s.Out, "\nNothing was done.")
		return exit{code: 1}
	}
	return h.do(ctx, newKey(), start, yes)
}

// notPlanned says why nothing was begun. A rollback can be made by hand instead; a
// rehearsal by hand would prove nothing.
func (h *host) notPlanned(ctx context.Context, act reply.Act, why string) error {
	if h.rehearsal {
		return h.notRehearsed(act.Environment, why)
	}
	return h.byHand(ctx, act, why)
}

// startOf finds the act in a plan that starts exactly what was shown.
func startOf(plan reply.Reply) (reply.Act, bool) {
	for _, part := range plan.Parts {
		actions, _ := part.(reply.Actions)
		for _, button := range actions {
			if button.Act.Verb == "rollback start" {
				return button.Act, true
			}
		}
	}
	return reply.Act{}, false
}

// ask prints a question and reads a line; at the end of the input it returns "".
func (h *host) ask(question string) string {
	fmt.Fprint(h.s.Out, question)
	line, _ := h.typed.ReadString('\n') // on an error, what was typed before it counts
	return strings.TrimSpace(line)
}

// errReasonTooLong is why an act was not sent.
var errReasonTooLong = errors.New("the reason is too long; write at most 300 characters")

// do sends an act to the bot, and follows the run that it concerns.
func (h *host) do(ctx context.Context, key string, act reply.Act, quiet bool) error {
	r, err := h.act(ctx, key, act)
	if errors.Is(err, errReasonTooLong) {
		fmt.Fprintf(h.s.Err, "Nothing was done: %s.\n", err)
		return exit{code: 1}
	}
	if err != nil {
		return h.byHand(ctx, act, "It is not known whether this was begun: "+err.Error()+". Look at the platform first.")
	}
	switch {
	case r.Refused:
		return h.refused(ctx, act, r, quiet)
	case r.Run == "":
		h.print(h.s.Out, r)
		return nil
	}
	fmt.Fprintf(h.s.Out, "\n%s\n", r.Title)
	return h.follow(ctx, act.Environment, r.Run, quiet)
}

// refused shows why nothing was done. A run that is in the way is followed: the
// terminal that started it may be gone, and Slack out of reach. That run may go to
// another version than the requested one, or be no rehearsal, which then is not a success.
func (h *host) refused(ctx context.Context, act reply.Act, r reply.Reply, quiet bool) error {
	h.print(h.s.Err, r)
	if r.Run == "" {
		return exit{code: 1}
	}
	fmt.Fprintln(h.s.Out)
	err := h.follow(ctx, act.Environment, r.Run, quiet)
	if err == nil && (act.To != "" || act.Rehearsal) {
		return exit{code: 1}
	}
	return err
}

// act sends an act to the bot once, under one key: while the bot restarts, it is sent
// again under that key.
func (h *host) act(ctx context.Context, key string, act reply.Act) (reply.Reply, error) {
	what, ok := act.Encode()
	if !ok {
		return reply.Reply{}, errReasonTooLong
	}
	for {
		var r reply.Reply
		err := h.attend(ctx, act.Environment, func(ctx context.Context) (err error) {
			r, err = h.client.Act(ctx, key, what)
			return err
		})
		if err == nil || !gone(err) {
			return r, err
		}
		if !h.redial(ctx) {
			return r, err
		}
	}
}

// gone reports whether an error means that the bot is no longer running.
func gone(err error) bool {
	return web.HungUp(err) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE) || errors.Is(err, fs.ErrNotExist)
}

// lookEvery is how often to check whether a bot that stopped is back.
const lookEvery = 200 * time.Millisecond

// redial waits for a bot that has stopped to start again.
func (h *host) redial(ctx context.Context) bool {
	fmt.Fprintln(h.s.Err, "The bot has stopped. Waiting for it to start again; nothing is done twice.")
	ctx, cancel := context.WithTimeout(ctx, h.patience.restart)
	defer cancel()
	for {
		if client, ok := web.Dial(h.cfg.Storage.Files().Running()); ok {
			h.client = client
			return true
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return false
		}
	}
}
