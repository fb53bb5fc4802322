package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/bot/doctor"
	"gonogo/bot/doctor/finding"
	"gonogo/phrase"
	"gonogo/readiness/history"
)

func doctorCommand(s system) *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Checks everything that gonogo needs, and says how to fix each problem",
		Long: "Checks tokens and scopes, channels, user groups and people, the ledger, and every connection of the\n" +
			"configuration, and says how to fix each problem. It is read-only, and can run while the bot is running.\n\n" +
			"Exit codes: 0 no problem was found; 1 a problem was found; 2 the configuration can't be used;\n" +
			"64 the command line is wrong.",
		Args: takesNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			found := doctor.Examine(cmd.Context(), doctor.Options{Config: cfg, Socket: cfg.Storage.Files().Running(), Environ: s.Environ, Now: time.Now,
				State: func(ctx context.Context) (*history.State, error) {
					state, _, err := readState(ctx, cfg)
					return state, err
				}})
			if err := show(s, found, asJSON); err != nil {
				return err
			}
			if slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Level == finding.Faulty }) {
				return exit{code: 1}
			}
			return nil
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of a table")
	return cmd
}

// show prints what was found, without any secret.
func show(s system, found []finding.Finding, asJSON bool) error {
	if asJSON {
		type line struct {
			Subject string        `json:"subject"`
			Level   finding.Level `json:"level"`
			Says    string        `json:"says"`
		}
		lines := make([]line, len(found))
		for i, f := range found {
			lines[i] = line(f)
		}
		return json.NewEncoder(s.Out).Encode(lines)
	}
	marks := map[finding.Level]string{finding.Sound: "✓", finding.Warning: "⚠", finding.Faulty: "✗", finding.Unchecked: "–"}
	t := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	counts := map[finding.Level]int{}
	for _, f := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\n", marks[f.Level], f.Subject, f.Says)
		counts[f.Level]++
	}
	fmt.Fprintf(t, "\n%s: %s, %s.\n", phrase.Count(len(found), "check"), phrase.Count(counts[finding.Faulty], "problem"), phrase.Count(counts[finding.Warning], "warning"))
	return t.Flush()
}
