package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gonogo/commands/reply"
)

const rehearseHelp = `Rehearses a rollback through the bot that is running on this host, as /rollback ENV --rehearsal does in Slack:
it goes back for real, with the health checks and smoke gates of any rollback, and then returns by itself
to the version that it left. The environment is unavailable or on the earlier version meanwhile.

It shows the plan and asks you to type the environment's name, then follows the rehearsal to its end. If no
bot is running, it does nothing.

Of the variables in the configuration it needs only those in storage, which says where the bot's
socket is.

Exit codes: 0 it went back and out again, and all checks passed; 1 something failed, or nothing was done;
2 no bot is running and the configuration can't be used; 64 the command line is wrong.`

func rehearseCommand(s system) *cobra.Command {
	var file, to, reason string
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:   "rehearse ENV",
		Short: "Rehearses a rollback: back for real, and out again by itself",
		Long:  rehearseHelp,
		Args:  takes("one environment", "staging", one),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := newHost(s, file)
			if err != nil {
				return err
			}
			h.flags = givenConfig(cmd, file)
			return h.rollBack(cmd.Context(), reply.Act{Verb: "rollback", Environment: args[0], To: to, Text: reason, DryRun: dryRun, Rehearsal: true}, yes)
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().StringVar(&to, "to", "", "the version to go back to (default: the last good one)")
	cmd.Flags().StringVar(&reason, "reason", "", "the reason, which everybody sees")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask for confirmation")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show each step with its outside calls, and do nothing")
	return cmd
}

// notRehearsed says why nothing was begun, and that it takes the bot.
func (h *host) notRehearsed(environment, why string) error {
	if h.faults != nil {
		fmt.Fprintf(h.s.Err, "%v\n\n", h.faults)
	} else if err := h.known(environment); err != nil {
		return err
	}
	fmt.Fprintf(h.s.Err, "%s\nOnly the bot can rehearse a rollback. See that it is running, with gonogo serve%s, then run this again: %s\n", why, h.flags, h.again(environment))
	if h.faults != nil && h.client == nil {
		return exit{code: 2}
	}
	return exit{code: 1}
}
