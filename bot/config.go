package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/readiness"
)

func configCommand(s surroundings) *cobra.Command {
	return groupCommand("config", "Looks at a configuration", configCheckCommand(s), configSchemaCommand(s))
}

func configCheckCommand(s surroundings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Names every fault of a configuration, with its line and column",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				file = args[0]
			}
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			describe(s, file, cfg)
			return nil
		},
	}
	configFlag(cmd, &file)
	return cmd
}

func configSchemaCommand(s surroundings) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Prints the JSON Schema of a configuration, by which editors complete",
		Long: "Prints the JSON Schema of a configuration. Write it beside the file and name it in its first line:\n\n" +
			"  gonogo config schema > gonogo.schema.json\n" +
			"  # yaml-language-server: $schema=gonogo.schema.json",
		Args: cobra.NoArgs,
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

// describe says what a sound configuration holds, and what to know about it.
func describe(s surroundings, file string, cfg *config.Config) {
	items, gated := 0, 0
	for _, sections := range [][]readiness.Section{cfg.Checklist.Sections, cfg.Checklist.Afterwards} {
		for _, section := range sections {
			for _, it := range section.Items {
				items++
				if it.Gate != nil {
					gated++
				}
			}
		}
	}
	fmt.Fprintf(s.Out, "%s is sound: %s, %s, %d of them measured by gates, %s.\n",
		file, cfg.Project, counted(items, "item"), gated, counted(len(cfg.Checklist.Environments), "environment"))
	for _, what := range cfg.NotYet {
		fmt.Fprintf(s.Out, "not working yet: %s\n", what)
	}
	for _, warning := range cfg.Warnings {
		fmt.Fprintf(s.Out, "warning: %s\n", warning)
	}
}

// counted is a number of things in words.
func counted[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
