package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
)

func statusCommand(s surroundings) *cobra.Command {
	return lookCommand(s, "status", "[SECTION or ITEM]", "Shows what /ready status shows, from the running bot or from the ledger")
}

func timelineCommand(s surroundings) *cobra.Command {
	return lookCommand(s, "timeline", "", "Shows when each milestone is reached, as /ready timeline does")
}

func historyCommand(s surroundings) *cobra.Command {
	return lookCommand(s, "history", "[ITEM] [before NUMBER]", "Shows what happened and who did it, as /ready history does")
}

// lookCommand says a verb that only looks.
func lookCommand(s surroundings, verb, usage, short string) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   strings.TrimSpace(verb + " " + usage),
		Short: short,
		Args:  cobra.MaximumNArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			reply, err := lookup(cmd.Context(), cfg, strings.Join(append([]string{"ready " + verb}, args...), " "))
			if err != nil {
				return err
			}
			reply.Print(s.Out, time.Local)
			if reply.Refused {
				return exit{code: 1}
			}
			return nil
		},
	}
	configFlag(cmd, &file)
	return cmd
}
