package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"gonogo/bot/doctor"
	"gonogo/phrase"
	"gonogo/storage"
	"gonogo/storage/store"
)

func importCommand(s system) *cobra.Command {
	var flags ledgerFlags
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Creates a new ledger from an export; - reads standard input",
		Long: "Creates a new ledger from the output of ledger export, with the same records and hashes.\n" +
			"The chain is verified, and an existing ledger is never overwritten.",
		Args: takes("one file", "ledger.jsonl", one),
		RunE: func(cmd *cobra.Command, args []string) error {
			kept, err := flags.store(s)
			if err != nil {
				return err
			}
			report, err := importFrom(cmd, args[0], kept)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.Out, "%s is made: %s\n", kept, told(report))
			return nil
		},
	}
	flags.add(cmd)
	return cmd
}

// importFrom creates a ledger from an export.
func importFrom(cmd *cobra.Command, name string, into store.Store) (storage.Report, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return storage.Report{}, unreadable(name, err)
		}
		defer file.Close()
		in = file
	}
	report, err := into.Build(cmd.Context(), false, func(to storage.Log) (storage.Report, error) {
		copied, err := storage.Copy(cmd.Context(), to, storage.Lines(in))
		if err == nil && copied.Records == 0 {
			err = errNothing
		}
		return copied, err
	})
	return report, notImported(name, err)
}

// errNothing keeps a failed export, or a pipe whose other end failed, from becoming an
// empty ledger.
var errNothing = errors.New("it holds no records")

// notImported words the error of an export that is at fault itself.
func notImported(name string, err error) error {
	var damage *storage.Damage
	var misread *storage.Misread
	var unusable *storage.Unusable
	var fault *os.PathError
	switch {
	case errors.As(err, &unusable): // the new ledger is at fault, not the export
	case errors.As(err, &damage), errors.As(err, &misread), errors.Is(err, errNothing):
		return exit{2, fmt.Errorf("%s cannot be imported: %w; export the ledger again, or restore a backup", name, err)}
	case errors.As(err, &fault):
		return unreadable(name, err)
	}
	return err
}

func unreadable(name string, err error) error {
	return fmt.Errorf("%s cannot be read; name a file that gonogo ledger export wrote: %w", name, plain(err))
}

// plain is an error about a file without the file's name.
func plain(err error) error {
	var fault *os.PathError
	if errors.As(err, &fault) {
		return fault.Err
	}
	return err
}

// told summarizes what a ledger contains.
func told(r storage.Report) string {
	if r.Records == 0 {
		return "no records"
	}
	return fmt.Sprintf("%s, the last has hash %s", phrase.Count(r.Records, "record"), r.LastHash)
}

func backupCommand(s system) *cobra.Command {
	var flags ledgerFlags
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copies the ledger, even while the bot is running, and verifies the copy",
		Long: "Copies the ledger to a file that gonogo can start from. While the bot is running, the copy holds the\n" +
			"ledger as it was at one moment during the copy. The copy is verified before it gets its name.\n\n" +
			"Exit codes: 0 the copy is sound, even if a warning says that something is wrong with the ledger itself;\n" +
			"1 there is no copy; 2 nothing was copied because of the ledger or the name; 64 the command line is wrong.",
		Args: takes("one file", "gonogo-backup.db", one),
		RunE: func(cmd *cobra.Command, args []string) error {
			kept, err := flags.store(s)
			if err != nil {
				return err
			}
			report, err := backUp(cmd.Context(), kept, args[0], force)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.Out, "%s is a sound copy of %s: %s\n", args[0], kept, told(report))
			if lost := doctor.Lost(kept); lost != nil {
				fmt.Fprintf(s.Err, "Warning: the copy holds what the running gonogo has, but %v\n", lost)
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "replace an existing file")
	return cmd
}

// backUp copies a ledger record by record, as an export and import in
// one. A copy of the file's pages would need a transaction that stays open as
// long as the copying takes, and the bot could not let its file grow meanwhile.
func backUp(ctx context.Context, kept store.Store, copied string, force bool) (storage.Report, error) {
	if err := fit(kept, copied, force); err != nil {
		return storage.Report{}, err
	}
	lines, written := io.Pipe()
	exported := make(chan error, 1)
	go func() {
		err := exportAt(ctx, kept, written)
		written.CloseWithError(err)
		exported <- err
	}()
	report, err := store.Store{Bolt: copied}.Build(ctx, force, func(to storage.Log) (storage.Report, error) {
		return storage.Copy(ctx, to, storage.Lines(lines))
	})
	lines.CloseWithError(errGivenUp)
	if failed := <-exported; failed != nil && !errors.Is(failed, errGivenUp) {
		return storage.Report{}, failed
	}
	var damage *storage.Damage
	if errors.As(err, &damage) {
		return storage.Report{}, &storage.Unusable{Path: kept.String(), Problem: "is damaged: " + damage.Error(), NextStep: "keep the backups that you have", Cause: err}
	}
	return report, err
}

// fit refuses a file name that can't be used for a backup.
func fit(kept store.Store, copied string, force bool) error {
	if copied == "" {
		return exit{2, errors.New("the backup has no name; run gonogo ledger backup FILE")}
	}
	if same(kept.Bolt, copied) {
		return exit{2, fmt.Errorf("%s is the ledger itself; name another file for its backup", copied)}
	}
	if kept.Files().Hold(copied) {
		return exit{2, fmt.Errorf("%s is a name that gonogo uses itself; name another file for the backup", copied)}
	}
	if _, err := os.Lstat(copied); err == nil && !force {
		return exit{2, fmt.Errorf("%s already exists; name another file, or add --force to replace it", copied)}
	}
	return nil
}

// errGivenUp ends an export when its copy can't be written.
var errGivenUp = errors.New("the copy was given up")

// same reports whether two names are those of one file.
func same(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return a == b
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
