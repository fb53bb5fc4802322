package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/bot/doctor"
	"gonogo/bot/web"
	"gonogo/storage"
	"gonogo/storage/store"
)

func ledgerCommand(s system) *cobra.Command {
	return groupCommand("ledger", "Verifies, exports, imports and backs up the ledger", verifyCommand(s), exportCommand(s), importCommand(s), backupCommand(s))
}

// ledgerFlags name the ledger: its file, or the configuration that names it.
type ledgerFlags struct{ file, ledger string }

func (f *ledgerFlags) add(cmd *cobra.Command) {
	configFlag(cmd, &f.file)
	cmd.Flags().StringVar(&f.ledger, "ledger", "", "the ledger's file (default: the one in the configuration)")
}

// store is where the ledger is kept.
func (f *ledgerFlags) store(s system) (store.Store, error) {
	if f.ledger != "" {
		return store.Store{Bolt: f.ledger}, nil
	}
	cfg, err := config.Load(f.file, s.Environ)
	if err != nil {
		return store.Store{}, err
	}
	return cfg.Storage, nil
}

func verifyCommand(s system) *cobra.Command {
	var flags ledgerFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verifies the hash chain, and names the first record that was altered",
		Args:  takesNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kept, err := flags.store(s)
			if err != nil {
				return err
			}
			report, err := verifyAt(cmd, kept)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.Out, "%s is intact: %s\n", kept, told(report))
			return nil
		},
	}
	flags.add(cmd)
	return cmd
}

func verifyAt(cmd *cobra.Command, kept store.Store) (storage.Report, error) {
	if client, ok := web.Dial(kept.Files().Running()); ok {
		report, err := client.Verify(cmd.Context())
		if lost := doctor.Lost(kept); err == nil && lost != nil {
			err = exit{2, lost}
		}
		return report, err
	}
	log, err := kept.OpenReadOnly(cmd.Context())
	if err != nil {
		return storage.Report{}, exit{2, err}
	}
	defer log.Close()
	report, err := storage.Verify(cmd.Context(), log)
	if err != nil {
		return report, exit{2, err}
	}
	return report, nil
}

func exportCommand(s system) *cobra.Command {
	var flags ledgerFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Writes the ledger as JSON Lines, one event per line",
		Args:  takesNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kept, err := flags.store(s)
			if err != nil {
				return err
			}
			return exportAt(cmd.Context(), kept, s.Out)
		},
	}
	flags.add(cmd)
	return cmd
}

// exportAt writes a ledger as JSON Lines, from the running bot or from where it is
// kept.
func exportAt(ctx context.Context, kept store.Store, out io.Writer) error {
	if client, ok := web.Dial(kept.Files().Running()); ok {
		return client.Export(ctx, out)
	}
	log, err := kept.OpenReadOnly(ctx)
	if err != nil {
		return exit{2, err}
	}
	defer log.Close()
	return storage.Export(ctx, log, out)
}
