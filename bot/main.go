// Command bot is gonogo: a Slack bot that takes a release from "is it ready?"
// to "it is live, and we can go back".
//
// main only wires. Each subcommand has a file that reads its flags and calls what does
// the work; app.go connects the rooms, and app_test.go runs the same app against the
// practice world.
//
// Exit codes: 0 success, or GO; 1 NO-GO, or the command failed; 2 the configuration or
// the ledger can't be used; 3 waiting timed out; 64 the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/storage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], system{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.LookupEnv, Browse: browse})
	stop()
	os.Exit(code)
}

// system is what a subcommand uses of the process and the machine it runs on.
type system struct {
	In         io.Reader // where people type; nil: there is no input
	Out, Err   io.Writer
	Environ    func(string) (string, bool)
	Visible    time.Duration // how long a write without a response may take to become visible; 0: the default
	LookWithin time.Duration // how long a rollback waits for the platform's list of versions; 0: the default

	SlackRate float64 // how many times Slack's usual rates the bot may call; 0: 1

	Watch watchPace // how often the bot checks itself

	Disk func(storage.Log) storage.Log // what the ledger's log is written through; nil: nothing else

	Welcome bool // the bot introduces itself in the releases channel, where nobody knows it yet

	Browse func(url string) // opens a page in the person's browser; nil: there is none

	Listening func(address string) // is called with the address for alerts once the bot listens; nil: not called
}

// run is the whole program except for the process itself.
func run(ctx context.Context, args []string, s system) int {
	out := &output{to: s.Out}
	s.Out, s.Err = out, &output{to: s.Err}
	err := newRoot(args, s).ExecuteContext(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	return exitCode(out.outcome(err), s.Err)
}

// newRoot is the root command, with all others below it.
func newRoot(args []string, s system) *cobra.Command {
	root := groupCommand("gonogo", "Takes a release from \"is it ready?\" to \"it is live, and we can go back\"",
		serveCommand(s), demoCommand(s), playgroundCommand(s), checkCommand(s), configCommand(s), doctorCommand(s), statusCommand(s),
		timelineCommand(s), historyCommand(s), reportCommand(s), ledgerCommand(s), rollbackCommand(s), rehearseCommand(s), waitCommand(s), importTasksCommand(s), initCommand(s), versionCommand(s))
	root.SilenceUsage, root.SilenceErrors = true, true
	root.Version = thisBuild().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetArgs(args)
	withUsage(root, args)
	return root
}

// errInterrupted is what a person sees who stopped a subcommand.
var errInterrupted = errors.New("interrupted before it was done")

// groupCommand is a command that only has others below it. A misspelt one is an error,
// since a script that checks a configuration must not pass without a check.
func groupCommand(name, short string, below ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  takesCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(below...)
	return cmd
}

// exit is an error that chooses the exit code. Without a cause nothing is printed: the
// command has printed everything already.
type exit struct {
	code  int
	cause error
}

// Error implements error.
func (e exit) Error() string { return fmt.Sprint(e.cause) }

// Unwrap gives the cause.
func (e exit) Unwrap() error { return e.cause }

// exitCode prints an error for the person at the terminal and turns it into
// the exit code.
func exitCode(err error, out io.Writer) int {
	if err == nil {
		return 0
	}
	var chosen exit
	if errors.As(err, &chosen) && chosen.cause == nil {
		return chosen.code
	}
	fmt.Fprintln(out, err)
	var faults config.Faults
	var unusable *storage.Unusable
	switch {
	case errors.As(err, &chosen):
		return chosen.code
	case errors.As(err, &faults), errors.As(err, &unusable):
		return 2
	}
	return 1
}
