package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/web"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
)

const waitHelp = `Waits until the decision for an environment is GO, as a step of a pipeline that deploys by itself. It asks
the bot that is running on this host, through the socket next to the ledger, or another one with --server, and
records nothing.

It prints what blocks, and each change as a line: what no longer blocks, and what blocks now. Name the release with
--version or --commit; in GitHub Actions: gonogo wait --env production --commit "$GITHUB_SHA". A release that
isn't open yet is waited for, and so is a bot that is restarted meanwhile.

Of the variables in the configuration it needs only those in storage, which says where the bot's
socket is. From another host, name the bot's web address with --server, and set GONOGO_WAIT_TOKEN to the token
that its configuration has under wait; then no configuration is needed.

Exit codes: 0 GO; 1 NO-GO for good, because the release is closed or is another commit; 2 no bot is running, it
refuses the token, or the configuration can't be used; 3 NO-GO until --timeout was over; 64 the command line is wrong, or it isn't clear
which release is meant.`

// exitTimedOut says that the decision was still NO-GO when the time was over.
const exitTimedOut = 3

func waitCommand(s system) *cobra.Command {
	var file string
	w := waiting{}
	cmd := &cobra.Command{
		Use:   "wait --env ENV",
		Short: "Waits until the decision for an environment is GO",
		Long:  waitHelp,
		Args:  takesNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.misused(cmd); err != nil {
				return err
			}
			if w.server != "" {
				return w.runRemote(cmd.Context(), s)
			}
			h, err := newHost(s, file)
			if err != nil {
				return err
			}
			w.host = h
			return w.run(cmd.Context())
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().StringVar(&w.asked.Environment, "env", "", "the environment to wait for")
	cmd.Flags().StringVar(&w.asked.Release, "version", "", "the release (default: the only one that is open)")
	cmd.Flags().StringVar(&w.asked.Commit, "commit", "", "the release's commit, at least 7 digits")
	cmd.Flags().DurationVar(&w.timeout, "timeout", 30*time.Minute, "how long to wait")
	cmd.Flags().StringVar(&w.server, "server", "", "the web address of a bot on another host, such as https://gonogo.example.com")
	cmd.Flags().BoolVar(&w.asJSON, "json", false, "print a line of JSON for each change")
	return cmd
}

// waiting is one run of gonogo wait.
type waiting struct {
	host    *host
	asked   commands.Awaited
	server  string // the bot's web address; empty: it runs on this host
	timeout time.Duration
	asJSON  bool
	last    *commands.Decided // what was printed last; nil: nothing yet
}

// commitName is a commit as a person or a pipeline writes it.
var commitName = regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`)

func emptyVersion(cmd *cobra.Command) error {
	return misused("%s got an empty --version; leave it out, or check the variable that it came from", cmd.CommandPath())
}

func badCommit(cmd *cobra.Command, commit string) error {
	return misused("%s can't take %q for --commit: a commit is 7 to 64 hex digits", cmd.CommandPath(), commit)
}

// misused says what is wrong with the flags.
func (w *waiting) misused(cmd *cobra.Command) error {
	switch {
	case w.asked.Environment == "":
		return misused("%s needs an environment, such as: %s --env production", cmd.CommandPath(), cmd.CommandPath())
	case cmd.Flags().Changed("version") && w.asked.Release == "":
		return emptyVersion(cmd)
	case cmd.Flags().Changed("commit") && !commitName.MatchString(w.asked.Commit):
		return badCommit(cmd, w.asked.Commit)
	case cmd.Flags().Changed("server") && (w.server == "" || cmd.Flags().Changed("config")):
		return misused("%s takes either --config, for the bot on this host, or --server with an address", cmd.CommandPath())
	case w.timeout <= 0:
		return misused("%s can't take a --timeout of %s: it must be more than 0", cmd.CommandPath(), w.timeout)
	}
	return nil
}

// run waits, also for a bot that stops meanwhile.
func (w *waiting) run(ctx context.Context) error {
	client, ok := web.Dial(w.host.cfg.Storage.Files().Running())
	if !ok {
		return exit{2, errors.New(w.host.silent())}
	}
	w.host.client, w.host.patience.restart = client, w.timeout
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	for {
		last, err := w.host.client.Await(ctx, w.asked, w.tell)
		switch {
		case err == nil:
			return w.ended(last)
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return w.timedOut()
		case ctx.Err() != nil:
			return ctx.Err()
		case !gone(err):
			return exit{2, err}
		}
		w.host.redial(ctx) // until ctx ends, which Await reports
	}
}

// tell prints what is new in a decision. The release that was found first is the one
// that is waited for: another one may be opened meanwhile.
func (w *waiting) tell(now commands.Decided) {
	w.asked.Release = cmp.Or(w.asked.Release, now.Release)
	was := w.last
	w.last = &now
	if w.asJSON {
		_ = json.NewEncoder(w.host.s.Out).Encode(now)
		return
	}
	if now.Over != "" || now.Unclear != "" {
		return
	}
	if was == nil {
		was = &commands.Decided{}
		if !now.Go {
			w.print("NO-GO: %s, %s; waiting up to %s", subjectOf(now), phrase.Count(len(now.Blockers), "blocker"), readiness.Span(w.timeout))
		}
	}
	for _, gone := range without(was.Blockers, now.Blockers) {
		w.print("no longer blocks: %s", gone.Title)
	}
	for _, b := range now.Blockers {
		if !slices.Contains(was.Blockers, b) { // it is new, or its reason is
			w.print("blocks: %s", b.Line())
		}
	}
	for _, o := range now.Overridden {
		if !slices.Contains(was.Overridden, o) {
			w.print("overridden: %s", o.Line())
		}
	}
}

func (w *waiting) print(format string, args ...any) {
	fmt.Fprintln(w.host.s.Out, reply.Printable(fmt.Sprintf(format, args...)))
}

// ended prints how the wait ended.
func (w *waiting) ended(last commands.Decided) error {
	switch {
	case last.Unclear != "":
		return exit{exitUsage, errors.New(last.Unclear)}
	case last.Over != "":
		return exit{1, fmt.Errorf("NO-GO: %s: %s", subjectOf(last), last.Over)}
	case !w.asJSON:
		w.print("GO: %s", subjectOf(last))
	}
	return nil
}

// timedOut says what blocked until the end.
func (w *waiting) timedOut() error {
	if w.last == nil {
		return exit{exitTimedOut, fmt.Errorf("timed out after %s: the bot never said what the decision is", readiness.Span(w.timeout))}
	}
	var titles []string
	for _, b := range w.last.Blockers {
		titles = append(titles, b.Title)
	}
	return exit{exitTimedOut, fmt.Errorf("timed out after %s: still NO-GO: %s, blocked by %s", readiness.Span(w.timeout), subjectOf(*w.last), reply.Printable(strings.Join(titles, ", ")))}
}

// subjectOf is what a decision is about.
func subjectOf(d commands.Decided) string {
	what := d.Release
	if what == "" && d.Commit != "" {
		what = "commit " + d.Commit
	}
	return cmp.Or(what, "no release") + " for " + d.Environment
}

// without lists the blockers of one decision that another doesn't have.
func without(all, others []commands.Blocked) []commands.Blocked {
	return slices.DeleteFunc(slices.Clone(all), func(b commands.Blocked) bool {
		return slices.ContainsFunc(others, func(other commands.Blocked) bool {
			return b.Kind == other.Kind && b.Name == other.Name && b.Title == other.Title
		})
	})
}
