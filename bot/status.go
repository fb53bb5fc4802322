package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
)

func statusCommand(s surroundings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "status [SECTION or ITEM]",
		Short: "Shows what /ready status shows, from the running bot or from the ledger",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			reply, err := lookup(cmd.Context(), cfg, strings.Join(append([]string{"ready status"}, args...), " "))
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
