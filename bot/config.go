package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
)

func configCommand(s system) *cobra.Command {
	return groupCommand("config", "Checks a configuration, and describes its format", configCheckCommand(s), configSchemaCommand(s))
}

func configCheckCommand(s system) *cobra.Command {
	var file string
	var ledger bool
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Lists every fault of a configuration, with line and column",
		Long: "Lists every fault of a configuration, with line and column.\n\n" +
			"With --ledger it also lists what loading the configuration would end: answers to items that have\n" +
			"changed, and the waivers and approvals that depend on them; and what is open on environments that it no\n" +
			"longer has: runs, locks, freezes, pins and incidents.",
		Args: takes("at most one file", "gonogo.yml", func(n int) bool { return n <= 1 }),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				file = args[0]
			}
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			describe(s, file, cfg)
			if ledger {
				return describeEndings(cmd.Context(), s, cfg)
			}
			return nil
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&ledger, "ledger", false, "also list the answers, waivers and approvals that the configuration would end")
	return cmd
}

// describeEndings lists which answers and approvals in the ledger the configuration
// ends.
func describeEndings(ctx context.Context, s system, cfg *config.Config) error {
	state, opened, err := readState(ctx, cfg)
	if err != nil {
		return err
	}
	var endings []readiness.Ending
	view := readiness.View{Checklist: cfg.Checklist, State: state, Now: time.Now().UTC()}
	if opened {
		endings = readiness.Endings(view)
	}
	for _, e := range endings {
		fmt.Fprintf(s.Out, "ends in %s: %s: %s\n", reply.Printable(e.Release), reply.Printable(e.What), reply.Printable(e.Why))
	}
	switch {
	case !opened:
		fmt.Fprintln(s.Out, "There is no ledger with a release yet, so it ends nothing.")
	case len(endings) == 0:
		fmt.Fprintln(s.Out, "It ends no answer, waiver or approval in the ledger.")
	}
	describeStranded(s, view)
	return nil
}

// describeStranded lists what the ledger has about environments that are not in the
// configuration.
func describeStranded(s system, view readiness.View) {
	for _, it := range view.Stranded() {
		fmt.Fprintf(s.Out, "environment %s is no longer configured: %s: %s\n", reply.Printable(it.Environment), reply.Printable(it.What), reply.Printable(it.Then))
	}
}

func configSchemaCommand(s system) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Prints the JSON Schema of the configuration, for editors",
		Long: "Prints the JSON Schema of the configuration. Save it next to the file, and name it in the file's first line:\n\n" +
			"  gonogo config schema > gonogo.schema.json\n" +
			"  # yaml-language-server: $schema=gonogo.schema.json",
		Args: takesNothing,
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.Out, "%s\n", schema)
			return err
		},
	}
}

// describe summarises a valid configuration, with its warnings.
func describe(s system, file string, cfg *config.Config) {
	items, gated := 0, 0
	for _, sections := range [][]checklist.Section{cfg.Checklist.Sections, cfg.Checklist.Afterwards} {
		for _, section := range sections {
			for _, it := range section.Items {
				items++
				if it.Gate != nil {
					gated++
				}
			}
		}
	}
	fmt.Fprintf(s.Out, "%s is valid: %s, %s, %d of them measured by gates, %s.\n",
		file, cfg.Project, phrase.Count(items, "item"), gated, phrase.Count(len(cfg.Checklist.Environments), "environment"))
	for _, what := range cfg.NotYet {
		fmt.Fprintf(s.Out, "not working yet: %s\n", what)
	}
	for _, warning := range cfg.Warnings {
		fmt.Fprintf(s.Out, "warning: %s\n", warning)
	}
}
