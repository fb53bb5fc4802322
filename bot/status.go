package main

import (
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/commands"
	"gonogo/commands/reply"
)

func statusCommand(s system) *cobra.Command {
	return lookCommand(s, "status", "Shows what /ready status shows, from the running bot or from the ledger", words("database"))
}

func timelineCommand(s system) *cobra.Command {
	return lookCommand(s, "timeline", "Shows when each milestone will be reached, as /ready timeline does", takesNothing)
}

func historyCommand(s system) *cobra.Command {
	return lookCommand(s, "history", "Shows what happened and who did it, as /ready history does", words("tests-pass"))
}

func reportCommand(s system) *cobra.Command {
	return showCommand(s, "report", "", "Writes the whole checklist with its evidence as Markdown", takesNothing, reply.Reply.Markdown)
}

// words are the arguments after a verb, as they are typed in Slack.
func words(example string) cobra.PositionalArgs {
	return takes("at most 3 words", example, func(n int) bool { return n <= 3 })
}

// lookCommand is a command for a read-only verb, with the verb's arguments.
func lookCommand(s system, verb, short string, arguments cobra.PositionalArgs) *cobra.Command {
	return showCommand(s, verb, commands.Usage("ready "+verb), short, arguments, reply.Reply.Print)
}

// showCommand is a command for a read-only verb that prints the answer in a given way.
func showCommand(s system, verb, usage, short string, args cobra.PositionalArgs, write func(reply.Reply, io.Writer, *time.Location)) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   strings.TrimSpace(verb + " " + usage),
		Short: short,
		Args:  args,
		RunE: func(cmd *cobra.Command, said []string) error {
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			r, err := lookup(cmd.Context(), cfg, strings.Join(append([]string{"ready " + verb}, said...), " "))
			if err != nil {
				return err
			}
			if r.Refused {
				r.Print(s.Err, cfg.Location)
				return exit{code: 1}
			}
			write(r, s.Out, cfg.Location)
			return nil
		},
	}
	configFlag(cmd, &file)
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		cfg, err := config.Load(file, s.Environ)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return commands.Completions("ready "+verb, cfg.Checklist), cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}
